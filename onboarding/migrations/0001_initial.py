"""Standards, journeys and their work; triggers that keep with a member when they were last reached, so that a list of the quiet ones costs what any other does."""

import uuid

from django.conf import settings
from django.db import migrations, models
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion

from common.migrating import Together
import common.labels
import onboarding.models.arriving
import onboarding.models.mentoring

SET = """
CREATE FUNCTION onboarding_last_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE membership_member member SET last_contact_on = found.last
    FROM (
        SELECT touched.member_id, (SELECT max(contact."on") FROM onboarding_contact contact
                                   WHERE contact.member_id = touched.member_id AND contact.result = 'reached') AS last
        FROM (SELECT DISTINCT member_id FROM {rows}) touched
    ) found
    WHERE member.id = found.member_id AND member.last_contact_on IS DISTINCT FROM found.last;
    RETURN NULL;
END $$
"""
# A trigger names its transition tables for one event only, so each event has a function of its own.
EVENTS = {
    "insert": ("NEW TABLE AS new_rows", "new_rows"),
    "delete": ("OLD TABLE AS old_rows", "old_rows"),
    "update": ("OLD TABLE AS old_rows NEW TABLE AS new_rows", "(SELECT member_id FROM old_rows UNION SELECT member_id FROM new_rows) changed"),
}
FORWARDS = [
    statement
    for event, (tables, rows) in EVENTS.items()
    for statement in (
        SET.replace("{rows}", rows).replace("onboarding_last_contact", f"onboarding_last_contact_{event}"),
        f"CREATE TRIGGER onboarding_last_contact_{event} AFTER {event} ON onboarding_contact REFERENCING {tables}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION onboarding_last_contact_{event}()",
    )
]
BACKWARDS = [
    statement
    for event in EVENTS
    for statement in (
        f"DROP TRIGGER onboarding_last_contact_{event} ON onboarding_contact",
        f"DROP FUNCTION onboarding_last_contact_{event}()",
    )
]


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('branches', '0001_initial'),
        ('membership', '0001_initial'),
        ('outbox', '0001_initial'),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='StandardVersion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('standard', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='onboarding.standard')),
                    ('number', models.PositiveIntegerField()),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('content', models.JSONField()),
                ],
                options={
                    'ordering': ['-number'],
                    'constraints': [models.UniqueConstraint(fields=('standard', 'number'), name='standard_version_once')],
                },
            ),
            migrations.CreateModel(
                name='Step',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('standard', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='onboarding.standard')),
                    ('slug', models.SlugField()),
                    ('texts', models.JSONField(blank=True, default=dict)),
                    ('member_texts', models.JSONField(blank=True, default=dict)),
                    ('goes_with', models.CharField(blank=True, choices=[('', 'nothing'), ('mail', 'the welcome mail; a letter for those without e-mail'), ('letter', 'the welcome letter, on paper for everybody'), ('book', 'the membership book or card')], db_default='', default='', max_length=10, verbose_name='what goes with it')),
                    ('due', models.CharField(choices=[('days', 'days after joining'), ('month_end', 'end of the month, counted from the month of joining')], default='days', max_length=10, verbose_name='due')),
                    ('count', models.PositiveSmallIntegerField(verbose_name='number of days or months')),
                    ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='branches.office', verbose_name='office in charge')),
                    ('done_by', models.CharField(choices=[('tick', 'somebody ticks it'), ('contact', 'a contact that reached the member'), ('sent', 'what goes with it has gone out')], default='tick', max_length=10, verbose_name='counts as done when')),
                    ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=10), default=onboarding.models.arriving.default_reasons, size=None)),
                    ('locked', models.BooleanField(default=False, verbose_name='locked')),
                    ('position', models.PositiveSmallIntegerField(default=0)),
                    ('retired_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['position', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('standard', 'slug'), name='step_slug_once')],
                },
            ),
            migrations.CreateModel(
                name='Standard',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='standard', to='branches.unit')),
                    ('version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='onboarding.standardversion')),
                    ('left_out', models.ManyToManyField(related_name='left_out_by', to='onboarding.step')),
                ],
            ),
            migrations.CreateModel(
                name='Journey',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='journeys', to='membership.member')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='journeys', to='branches.unit')),
                    ('reason', models.CharField(choices=[('joined', 'joined'), ('returned', 'returned'), ('moved_in', 'moved in'), ('exit', 'left')], default='joined', max_length=10)),
                    ('state', models.CharField(choices=[('running', 'running'), ('done', 'completed'), ('ended', 'ended early')], default='running', max_length=10)),
                    ('started_on', models.DateField(help_text='Day the due dates count from.')),
                    ('ended_on', models.DateField(blank=True, null=True)),
                    ('first_contact_on', models.DateField(blank=True, null=True)),
                    ('contact_due_on', models.DateField(editable=False, help_text='Day until which the first contact counts as in time.', null=True)),
                    ('next_due_on', models.DateField(editable=False, help_text='Earliest day an open step is due.', null=True)),
                    ('list_import', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='journeys', to='membership.listimport')),
                    ('moved_on', models.DateField(editable=False, null=True)),
                    ('handover', models.TextField(blank=True, db_default='', editable=False)),
                    ('gave_feedback', models.BooleanField(db_default=False, default=False, editable=False)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'indexes': [models.Index(models.F('unit'), models.F('started_on'), name='journey_of_unit'), models.Index(models.F('next_due_on'), models.F('id'), condition=models.Q(('state', 'running')), name='journey_running'), models.Index(models.F('contact_due_on'), models.F('id'), condition=models.Q(('contact_due_on__isnull', False), ('first_contact_on', None), ('state', 'running')), name='journey_waiting'), models.Index(models.OrderBy(models.F('ended_on'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('state', 'done')), name='journey_completed')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('member',), name='journey_one_running'), models.UniqueConstraint(fields=('member', 'started_on'), name='journey_once_per_start')],
                },
            ),
            migrations.CreateModel(
                name='Contact',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='membership.member')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('on', models.DateField(verbose_name='on')),
                    ('kind', models.CharField(choices=[('call', 'call'), ('visit', 'visit'), ('meeting', 'met'), ('message', 'message'), ('mail', 'mail'), ('letter', 'letter')], default='call', max_length=10, verbose_name='kind')),
                    ('result', models.CharField(choices=[('reached', 'reached'), ('not_reached', 'not reached'), ('later', 'asked to call later'), ('wrong', 'contact data wrong')], default='reached', max_length=12, verbose_name='result')),
                    ('next_on', models.DateField(blank=True, null=True, verbose_name='next on')),
                    ('note', models.TextField(blank=True, max_length=2000, verbose_name='note')),
                    ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['-on', '-pk'],
                    'indexes': [models.Index(models.F('by'), models.F('next_on'), condition=models.Q(('next_on__isnull', False)), name='contact_to_follow_up')],
                },
            ),
            migrations.CreateModel(
                name='JourneyStep',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('journey', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='onboarding.journey')),
                    ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='journey_steps', to='onboarding.step')),
                    ('version', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.standardversion')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office')),
                    ('duty_unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('duty_office', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office')),
                    ('due_on', models.DateField()),
                    ('state', models.CharField(choices=[('open', 'not started'), ('waiting', 'waiting'), ('done', 'done'), ('not_needed', 'not needed'), ('before', 'before Ankommen'), ('dropped', 'no longer due')], default='open', max_length=10)),
                    ('done_on', models.DateField(blank=True, null=True)),
                    ('closed_at', models.DateTimeField(blank=True, null=True)),
                    ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                    ('waiting_for', models.CharField(blank=True, db_default='', max_length=200, verbose_name='waiting for')),
                    ('contact', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='closed_steps', to='onboarding.contact')),
                    ('escalation_stopped_at', models.DateTimeField(blank=True, null=True)),
                    ('escalation_stopped_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['due_on', 'pk'],
                    'indexes': [models.Index(models.F('unit'), models.F('due_on'), condition=models.Q(('state__in', ['open', 'waiting'])), name='journey_step_open_unit'), models.Index(models.F('duty_unit'), models.F('duty_office'), models.F('due_on'), condition=models.Q(('state__in', ['open', 'waiting'])), name='journey_step_open_duty'), models.Index(models.F('due_on'), condition=models.Q(('state__in', ['open', 'waiting'])), name='journey_step_open_due')],
                    'constraints': [models.UniqueConstraint(fields=('journey', 'step'), name='journey_step_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('done_on__isnull', False), _connector='OR'), name='journey_step_done_has_day'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'not_needed'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='journey_step_not_needed_has_reason')],
                },
            ),
            migrations.CreateModel(
                name='Escalation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('journey_step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='escalations', to='onboarding.journeystep')),
                    ('level', models.PositiveSmallIntegerField()),
                    ('office', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office')),
                    ('skipped', models.CharField(blank=True, db_default='', max_length=200)),
                    ('told_at', models.DateTimeField()),
                    ('messages', models.ManyToManyField(related_name='escalations', to='outbox.message')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('journey_step', 'level'), name='escalation_once_per_level')],
                },
            ),
            migrations.CreateModel(
                name='Book',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='books', to='membership.member')),
                    ('step', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='book', to='onboarding.journeystep')),
                    ('state', models.CharField(choices=[('wanted', 'to order'), ('ordered', 'ordered'), ('here', 'here'), ('handed', 'handed over'), ('lost', 'lost'), ('dropped', 'no longer needed')], default='wanted', max_length=10)),
                    ('due_on', models.DateField()),
                    ('ordered_on', models.DateField(null=True)),
                    ('ordered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('arrived_on', models.DateField(null=True)),
                    ('arrived_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('handed_on', models.DateField(null=True)),
                    ('handed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('lost_on', models.DateField(null=True)),
                ],
                options={
                    'indexes': [models.Index(models.F('due_on'), models.F('id'), condition=models.Q(('state__in', ['wanted', 'ordered', 'here'])), name='book_pending'), models.Index(models.F('handed_on'), models.F('id'), condition=models.Q(('state', 'handed')), name='book_handed')],
                    'constraints': [models.UniqueConstraint(models.F('member'), condition=models.Q(('state__in', ['wanted', 'ordered', 'here'])), name='book_one_pending'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'handed'), _negated=True), ('handed_on__isnull', False), _connector='OR'), name='book_handed_has_day')],
                },
            ),
            migrations.CreateModel(
                name='BookAct',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('verb', models.CharField(choices=[('order', 'ordered'), ('arrive', 'arrived'), ('hand_over', 'handed over'), ('lose', 'lost')], max_length=10)),
                    ('at', models.DateTimeField()),
                    ('books', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                    ('before', models.JSONField(default=list)),
                    ('undone_at', models.DateTimeField(null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('by', 'key'), name='book_act_once_per_form')],
                },
            ),
            migrations.CreateModel(
                name='BookCount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='book_counts', to='branches.unit')),
                    ('number', models.IntegerField()),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('note', models.CharField(blank=True, max_length=200)),
                    ('act', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='counts', to='onboarding.bookact')),
                ],
                options={
                    'indexes': [models.Index(models.F('unit'), models.OrderBy(models.F('id'), descending=True), name='book_count_of_unit')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('number', 0), _negated=True), name='book_count_not_zero')],
                },
            ),
            migrations.CreateModel(
                name='ExitReason',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('party', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exit_reasons', to='branches.unit')),
                    ('slug', models.SlugField()),
                    ('position', models.PositiveSmallIntegerField(default=0)),
                    ('retired_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['position', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('party', 'slug'), name='exit_reason_once')],
                },
            ),
            migrations.CreateModel(
                name='Exit',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exits', to='membership.member')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('on', models.DateField(verbose_name='leaves on')),
                    ('reason', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='exits', to='onboarding.exitreason', verbose_name='reason')),
                    ('note', models.CharField(blank=True, max_length=300, verbose_name='in their own words')),
                    ('no_contact', models.BooleanField(default=False, verbose_name='asked not to be contacted any more')),
                    ('state', models.CharField(choices=[('planned', 'coming'), ('gone', 'gone'), ('won_back', 'won back'), ('returned', 'returned later'), ('taken_back', 'taken back')], default='planned', max_length=10)),
                    ('returned_on', models.DateField(null=True)),
                    ('change', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='membership.change')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'indexes': [models.Index(models.F('member'), models.F('on'), name='exit_of_member'), models.Index(models.F('on'), models.F('unit'), name='exit_of_unit')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'planned')), fields=('member',), name='exit_one_planned')],
                },
            ),
            migrations.CreateModel(
                name='Answer',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('half', models.DateField()),
                    ('welcome', models.PositiveSmallIntegerField()),
                    ('informed', models.PositiveSmallIntegerField()),
                    ('belonging', models.PositiveSmallIntegerField()),
                ],
                options={
                    'indexes': [models.Index(models.F('half'), name='answer_of_half')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('belonging__range', (1, 5)), ('informed__range', (1, 5)), ('welcome__range', (1, 5))), name='answer_one_to_five')],
                },
            ),
            migrations.CreateModel(
                name='Pool',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mentoring', to='branches.unit')),
                    ('complaint_office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office', verbose_name='complaints go to')),
                    ('ordered_at', models.DateTimeField(null=True)),
                    ('made_at', models.DateTimeField(null=True)),
                    ('figures', models.JSONField(default=dict)),
                ],
            ),
            migrations.CreateModel(
                name='Conduct',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('pool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='conducts', to='onboarding.pool')),
                    ('version', models.PositiveSmallIntegerField()),
                    ('texts', models.JSONField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['-version'],
                    'constraints': [models.UniqueConstraint(fields=('pool', 'version'), name='conduct_version_once')],
                },
            ),
            migrations.CreateModel(
                name='Mentor',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)s', to='membership.member')),
                    ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), default=onboarding.models.mentoring.some_language, size=None)),
                    ('conduct', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.conduct')),
                    ('conduct_at', models.DateTimeField(null=True)),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                    ('pool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentors', to='onboarding.pool')),
                    ('state', models.CharField(choices=[('invited', 'invited'), ('declared', 'to be confirmed'), ('confirmed', 'confirmed'), ('retired', 'no longer a mentor')], default='invited', max_length=10)),
                    ('places', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MaxValueValidator(3)], verbose_name='places')),
                    ('reach', models.CharField(choices=[('unit', 'my unit or my postcode'), ('near', 'my area: units beside mine, postcodes that begin alike'), ('anywhere', 'anywhere')], default='near', max_length=10, verbose_name='how far')),
                    ('paused_until', models.DateField(blank=True, null=True, verbose_name='pause until before')),
                    ('minors', models.BooleanField(default=False, verbose_name='may accompany minors')),
                    ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('confirmed_at', models.DateTimeField(null=True)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('places__lte', 3)), name='mentor_most_places')],
                },
            ),
            migrations.CreateModel(
                name='Mentee',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='%(class)s', to='membership.member')),
                    ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), default=onboarding.models.mentoring.some_language, size=None)),
                    ('conduct', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.conduct')),
                    ('conduct_at', models.DateTimeField(null=True)),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                    ('pool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentees', to='onboarding.pool')),
                    ('state', models.CharField(choices=[('offered', 'asked whether they want a mentor'), ('waiting', 'waits for a mentor'), ('served', 'has or had a mentor'), ('declined', 'wants none')], default='offered', max_length=10)),
                    ('since', models.DateField(verbose_name='waiting since')),
                    ('shares_email', models.BooleanField(default=True, verbose_name='my mentor may have my mail address')),
                    ('shares_phone', models.BooleanField(default=False, verbose_name='my mentor may have my phone number')),
                    ('why_not', models.CharField(blank=True, max_length=20)),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='PairRule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('mentor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='onboarding.mentor')),
                    ('mentee', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='onboarding.mentee')),
                    ('kind', models.CharField(choices=[('pin', 'pinned'), ('forbid', 'never')], max_length=10)),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('mentor', 'mentee'), name='pair_rule_once'), models.UniqueConstraint(condition=models.Q(('kind', 'pin')), fields=('mentee',), name='pair_rule_one_pin')],
                },
            ),
            migrations.CreateModel(
                name='Suggestion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('pool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='suggestions', to='onboarding.pool')),
                    ('mentee', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='suggestion', to='onboarding.mentee')),
                    ('mentor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='suggestions', to='onboarding.mentor')),
                    ('was', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='onboarding.mentor')),
                    ('changed', models.BooleanField(default=True)),
                    ('pinned', models.BooleanField(default=False)),
                    ('score', models.SmallIntegerField()),
                    ('facts', models.JSONField()),
                ],
                options={
                    'indexes': [models.Index(models.F('pool'), models.OrderBy(models.F('score'), descending=True), models.F('id'), name='suggestion_of_pool')],
                },
            ),
            migrations.CreateModel(
                name='Pairing',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('pool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pairings', to='onboarding.pool')),
                    ('mentor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pairings', to='onboarding.mentor')),
                    ('mentee', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pairings', to='onboarding.mentee')),
                    ('state', models.CharField(choices=[('asked', 'mentor asked'), ('agreed', 'mentor agreed, mentee asked'), ('running', 'running'), ('paused', 'paused'), ('ended', 'ended')], default='asked', max_length=10)),
                    ('facts', models.JSONField(default=dict)),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('asked_on', models.DateField()),
                    ('answer_until', models.DateField()),
                    ('agreed_on', models.DateField(null=True)),
                    ('started_on', models.DateField(null=True)),
                    ('last_sign_on', models.DateField(null=True)),
                    ('silence_asked_on', models.DateField(null=True)),
                    ('ended_on', models.DateField(null=True)),
                    ('ended', models.CharField(blank=True, choices=[('done', 'completed'), ('mentor_no', 'the mentor has no room now'), ('mentee_no', 'the mentee would rather have somebody else'), ('no_answer', 'no answer'), ('rematch', 'did not fit, without blame'), ('badly', 'ended badly'), ('left', 'somebody left the party')], max_length=10)),
                ],
                options={
                    'indexes': [models.Index(models.F('pool'), models.F('state'), models.OrderBy(models.F('asked_on'), descending=True), name='pairing_of_pool')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'agreed', 'running', 'paused'])), fields=('mentee',), name='pairing_one_open'), models.CheckConstraint(condition=models.Q(('state', 'ended'), ('ended', ''), _connector='XOR'), name='pairing_says_why_it_ended')],
                },
            ),
            migrations.CreateModel(
                name='CheckIn',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('pairing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='check_ins', to='onboarding.pairing')),
                    ('side', models.CharField(choices=[('mentor', 'mentor'), ('mentee', 'mentee')], max_length=6)),
                    ('occasion', models.CharField(max_length=20)),
                    ('asked_on', models.DateField()),
                    ('answer', models.CharField(blank=True, choices=[('good', 'We are in touch and it goes well'), ('slow', 'We are in touch, it could be better'), ('not_yet', 'We have not met yet'), ('help', 'Please get in touch with me'), ('end', 'It does not fit, please look for somebody else')], max_length=10)),
                    ('text', models.CharField(blank=True, max_length=1000)),
                    ('answered_on', models.DateField(null=True)),
                ],
                options={
                    'ordering': ['asked_on', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('pairing', 'side', 'occasion'), name='check_in_once')],
                },
            ),
            migrations.CreateModel(
                name='Complaint',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('pairing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='complaints', to='onboarding.pairing')),
                    ('side', models.CharField(choices=[('mentor', 'mentor'), ('mentee', 'mentee')], max_length=6)),
                    ('text', models.TextField(max_length=4000)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office')),
                    ('key', models.UUIDField(unique=True)),
                    ('at', models.DateTimeField()),
                    ('note', models.TextField(blank=True, max_length=4000)),
                    ('closed_at', models.DateTimeField(null=True)),
                    ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-at'],
                },
            ),
            migrations.CreateModel(
                name='MentoringMail',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mentoring', to='outbox.message')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentoring_mails', to='membership.member')),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'indexes': [models.Index(models.F('member'), models.F('at'), name='mentoring_mail_of_member')],
                },
            ),
            migrations.CreateModel(
                name='Practice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='practices', to='branches.unit')),
                    ('title', models.CharField(max_length=80, verbose_name='title')),
                    ('what', models.TextField(max_length=2000, verbose_name='what we do')),
                    ('step', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='onboarding.step', verbose_name='helps with which step')),
                    ('effort', models.CharField(choices=[('small', 'little: minutes per new member'), ('medium', 'some: an hour or two per new member'), ('large', 'a lot: an evening, several people')], default='small', max_length=10, verbose_name='effort')),
                    ('template', models.JSONField(null=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField()),
                    ('withdrawn_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['-created_at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='Adoption',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('practice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='adoptions', to='onboarding.practice')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='onboarding.step')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('practice', 'unit'), name='practice_adopted_once')],
                },
            ),
            migrations.CreateModel(
                name='Rollout',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('standard', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rollouts', to='onboarding.standard')),
                    ('version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.standardversion')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                    ('undone_at', models.DateTimeField(null=True)),
                    ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('counts', models.JSONField(default=list)),
                    ('stayed', models.PositiveIntegerField(default=0)),
                ],
                options={
                    'ordering': ['-pk'],
                },
            ),
            migrations.CreateModel(
                name='RolloutRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('rollout', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='onboarding.rollout')),
                    ('journey_step', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='onboarding.journeystep')),
                    ('what', models.CharField(choices=[('added', 'new'), ('changed', 'changed'), ('dropped', 'no longer due')], max_length=10)),
                    ('before', models.JSONField(null=True)),
                    ('after', models.JSONField()),
                ],
            ),
            migrations.CreateModel(
                name='OfficeStep',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='office_steps', to='branches.unit')),
                    ('slug', models.SlugField()),
                    ('office', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.office', verbose_name='office')),
                    ('days', models.PositiveSmallIntegerField(default=14, verbose_name='days after taking office')),
                    ('position', models.PositiveSmallIntegerField(default=0)),
                    ('retired_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['position', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('unit', 'slug'), name='office_step_once')],
                },
            ),
            migrations.CreateModel(
                name='Takeover',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('appointment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='takeover', to='branches.appointment')),
                    ('predecessor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='branches.appointment')),
                    ('started_on', models.DateField()),
                    ('done_on', models.DateField(null=True)),
                    ('asked_on', models.DateField(null=True)),
                    ('notes', models.TextField(blank=True, max_length=8000)),
                    ('noted_at', models.DateTimeField(null=True)),
                ],
                options={
                    'indexes': [models.Index(models.F('started_on'), condition=models.Q(('done_on', None)), name='takeover_open')],
                },
            ),
            migrations.CreateModel(
                name='TakeoverStep',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('takeover', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='onboarding.takeover')),
                    ('kind', models.CharField(choices=[('pledge', 'Accept the confidentiality form'), ('handover', 'Read the hand-over and talk to whoever held the office before'), ('introduction', 'Introduction'), ('access', 'Check that the rights fit the office')], max_length=12)),
                    ('asked', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='onboarding.officestep')),
                    ('due_on', models.DateField()),
                    ('done_on', models.DateField(null=True)),
                    ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['due_on', 'pk'],
                    'indexes': [models.Index(models.F('due_on'), condition=models.Q(('done_on', None)), name='takeover_step_open')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('kind', 'introduction'), _negated=True), fields=('takeover', 'kind'), name='takeover_step_of_kind_once'), models.UniqueConstraint(fields=('takeover', 'asked'), name='takeover_step_once')],
                },
            ),
            migrations.CreateModel(
                name='LetterText',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='letter_text', to='branches.unit')),
                    ('subjects', models.JSONField(blank=True, default=dict)),
                    ('bodies', models.JSONField(blank=True, default=dict)),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='PrintRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('state', models.CharField(choices=[('due', 'being written'), ('ready', 'ready'), ('refused', 'not allowed any more'), ('failed', 'could not be written'), ('taken_back', 'taken back')], default='due', max_length=10)),
                    ('count', models.PositiveIntegerField(default=0)),
                    ('done', models.PositiveIntegerField(default=0)),
                    ('leased_until', models.DateTimeField(null=True)),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('created_at', models.DateTimeField()),
                    ('written_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['-pk'],
                    'constraints': [models.UniqueConstraint(fields=('by', 'key'), name='print_run_once_per_form')],
                },
            ),
            migrations.CreateModel(
                name='PrintPart',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='onboarding.printrun')),
                    ('position', models.PositiveIntegerField()),
                    ('content', models.BinaryField()),
                ],
                options={
                    'ordering': ['position'],
                    'constraints': [models.UniqueConstraint(fields=('run', 'position'), name='print_part_once')],
                },
            ),
            migrations.CreateModel(
                name='Welcome',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('journey', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='welcome', to='onboarding.journey')),
                    ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='welcome', to='outbox.message')),
                    ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='welcomes', to='onboarding.printrun')),
                    ('printed_at', models.DateTimeField(null=True)),
                    ('printed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
            ),
        ]),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
