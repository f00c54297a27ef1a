"""Events, offers, tracks and what they need. An installation gets the usual kinds; what a party renames or adds later stays as it is."""

import uuid

from django.conf import settings
from django.db import migrations, models
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone

from common.migrating import Together
import common.labels
import education.models.qualifications

def install(apps, schema_editor):
    from education import kinds

    kinds.install(apps.get_model("education", "EventKind"))


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('branches', '0001_initial'),
        ('branches', '0001_initial'),
        ('membership', '0001_initial'),
        ('outbox', '0001_initial'),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='EventKind',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('slug', models.SlugField(unique=True)),
                    ('counts', models.BooleanField(default=False, verbose_name='counts as a meeting of the unit')),
                    ('confirms', models.BooleanField(default=False, verbose_name='who attended gets a confirmation')),
                    ('position', models.PositiveSmallIntegerField(default=0)),
                ],
                options={
                    'ordering': ['position', 'slug'],
                },
            ),
            migrations.CreateModel(
                name='Place',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='event_places', to='branches.unit')),
                    ('name', models.CharField(max_length=120, verbose_name='name')),
                    ('street', models.CharField(blank=True, max_length=160, verbose_name='street')),
                    ('postcode', models.CharField(blank=True, max_length=20, verbose_name='postcode')),
                    ('city', models.CharField(blank=True, max_length=120, verbose_name='city')),
                    ('seats', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='seats')),
                    ('cost_cents', models.PositiveIntegerField(default=0, verbose_name='cost a day')),
                    ('access', models.CharField(blank=True, choices=[('', 'not known'), ('free', 'step-free'), ('help', 'with help'), ('steps', 'only by steps')], default='', max_length=10, verbose_name='access')),
                    ('transport', models.CharField(blank=True, max_length=300, verbose_name='how to get there')),
                    ('key_holder', models.CharField(blank=True, max_length=200, verbose_name='who has the key')),
                    ('note', models.TextField(blank=True, max_length=2000, verbose_name='note')),
                    ('retired_on', models.DateField(editable=False, null=True)),
                ],
                options={
                    'ordering': ['name', 'pk'],
                    'indexes': [models.Index(models.F('name'), models.F('id'), name='place_order')],
                },
            ),
            migrations.CreateModel(
                name='Partner',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('name', models.CharField(max_length=120, verbose_name='name')),
                    ('url', models.URLField(blank=True, verbose_name='website')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                    ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                    ('ended_on', models.DateField(blank=True, null=True, verbose_name='no new offers from')),
                ],
                options={
                    'ordering': ['name', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Event',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='education.eventkind', verbose_name='kind')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='branches.unit', verbose_name='unit in charge')),
                    ('partner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='education.partner', verbose_name='partner')),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('series', models.UUIDField(blank=True, null=True)),
                    ('state', models.CharField(choices=[('draft', 'draft'), ('open', 'announced'), ('cancelled', 'called off'), ('closed', 'held and settled')], default='draft', max_length=10)),
                    ('audience', models.CharField(choices=[('public', 'everybody'), ('members', 'members of the party')], default='members', max_length=10, verbose_name='for whom')),
                    ('titles', common.labels.LabelsField(verbose_name='title')),
                    ('texts', models.JSONField(blank=True, default=dict, verbose_name='what it is about')),
                    ('agendas', models.JSONField(blank=True, default=dict, verbose_name='agenda')),
                    ('language', models.CharField(blank=True, max_length=5, verbose_name='language')),
                    ('starts_at', models.DateTimeField()),
                    ('ends_at', models.DateTimeField()),
                    ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to='education.place', verbose_name='place')),
                    ('place_text', models.CharField(blank=True, max_length=300, verbose_name='place, in words')),
                    ('online_url', models.URLField(blank=True, max_length=500, verbose_name='online link')),
                    ('seats', models.PositiveIntegerField(blank=True, null=True, verbose_name='seats')),
                    ('fairness', models.JSONField(blank=True, default=list)),
                    ('asks_approval', models.BooleanField(default=False, verbose_name='the unit of the member approves first')),
                    ('approval_days', models.PositiveSmallIntegerField(default=7, verbose_name='days to approve')),
                    ('guests', models.BooleanField(default=False, verbose_name='guests may register')),
                    ('registers_until', models.DateTimeField(blank=True, null=True, verbose_name='registration until')),
                    ('cancels_until', models.DateTimeField(blank=True, null=True, verbose_name='free cancellation until')),
                    ('offer_hours', models.PositiveSmallIntegerField(default=48, verbose_name='hours to take a place that became free')),
                    ('fee_cents', models.PositiveIntegerField(default=0, verbose_name='fee')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('published_at', models.DateTimeField(null=True)),
                    ('cancelled_at', models.DateTimeField(null=True)),
                    ('cancel_reason', models.CharField(blank=True, max_length=300, verbose_name='why it is called off')),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                ],
                options={
                    'indexes': [models.Index(models.F('starts_at'), models.F('id'), models.F('ends_at'), name='event_order_end'), models.Index(models.F('starts_at'), models.F('id'), condition=models.Q(('state', 'draft')), name='event_drafts'), models.Index(models.F('unit'), models.F('starts_at'), name='event_of_unit'), models.Index(models.F('series'), condition=models.Q(('series__isnull', False)), name='event_of_series')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='event_ends_after_start')],
                },
            ),
            migrations.CreateModel(
                name='EventDate',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dates', to='education.event')),
                    ('starts_at', models.DateTimeField(verbose_name='from')),
                    ('ends_at', models.DateTimeField(verbose_name='until')),
                    ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ],
                options={
                    'ordering': ['starts_at', 'pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='event_date_ends_after_start'), models.UniqueConstraint(models.F('event'), models.F('starts_at'), name='event_date_once')],
                },
            ),
            migrations.CreateModel(
                name='Carrier',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='carriers', to='education.event')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='carried', to='branches.unit')),
                    ('share', models.PositiveSmallIntegerField(default=1, verbose_name='parts of the costs')),
                ],
                options={
                    'indexes': [models.Index(models.F('unit'), models.F('event'), name='carrier_of_unit')],
                    'constraints': [models.UniqueConstraint(models.F('event'), models.F('unit'), name='carrier_once')],
                },
            ),
            migrations.CreateModel(
                name='Document',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='education.event')),
                    ('name', models.CharField(max_length=200, verbose_name='name')),
                    ('content', models.BinaryField()),
                    ('size', models.PositiveIntegerField()),
                    ('is_public', models.BooleanField(default=False, verbose_name='also for those who are no members')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['name', 'pk'],
                    'constraints': [models.UniqueConstraint(models.F('event'), models.F('name'), name='event_document_once')],
                },
            ),
            migrations.CreateModel(
                name='Registration',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='registrations', to='education.event')),
                    ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='registrations', to='membership.member')),
                    ('name', models.CharField(blank=True, max_length=160, verbose_name='name')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                    ('phone', models.CharField(blank=True, max_length=60, verbose_name='phone')),
                    ('language', models.CharField(blank=True, max_length=5)),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('state', models.CharField(choices=[('asked', 'asked, waits for approval'), ('waiting', 'on the waiting list'), ('offered', 'a place is offered'), ('confirmed', 'confirmed'), ('declined', 'declined'), ('cancelled', 'cancelled'), ('attended', 'attended'), ('missed', 'missed')], max_length=10)),
                    ('asked_at', models.DateTimeField()),
                    ('approve_until', models.DateField(null=True)),
                    ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('approved_at', models.DateTimeField(null=True)),
                    ('approval_told_at', models.DateTimeField(null=True)),
                    ('approval_reminded_at', models.DateTimeField(null=True)),
                    ('offered_until', models.DateTimeField(null=True)),
                    ('why', models.JSONField(default=dict)),
                    ('note', models.CharField(blank=True, max_length=300, verbose_name='what we should know')),
                ],
                options={
                    'indexes': [models.Index(models.F('event'), models.F('state'), models.F('asked_at'), models.F('id'), name='registration_order'), models.Index(models.F('member'), models.OrderBy(models.F('asked_at'), descending=True), name='registration_of_member'), models.Index(models.F('offered_until'), condition=models.Q(('state', 'offered')), name='registration_offers'), models.Index(models.F('event'), condition=models.Q(('state', 'waiting')), name='registration_waits'), models.Index(models.F('approve_until'), condition=models.Q(('state', 'asked')), name='registration_asked')],
                    'constraints': [models.UniqueConstraint(models.F('event'), models.F('member'), condition=models.Q(('member__isnull', False)), name='registration_of_member_once'), models.UniqueConstraint(models.F('event'), django.db.models.functions.text.Lower('email'), condition=models.Q(('member', None), models.Q(('email', ''), _negated=True)), name='registration_of_guest_once'), models.CheckConstraint(condition=models.Q(('member__isnull', False), models.Q(('name', ''), _negated=True), _connector='OR'), name='registration_names_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'offered'), _negated=True), ('offered_until__isnull', False), _connector='OR'), name='registration_offer_ends')],
                },
            ),
            migrations.CreateModel(
                name='RegistrationChange',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('registration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='education.registration')),
                    ('state', models.CharField(choices=[('asked', 'asked, waits for approval'), ('waiting', 'on the waiting list'), ('offered', 'a place is offered'), ('confirmed', 'confirmed'), ('declined', 'declined'), ('cancelled', 'cancelled'), ('attended', 'attended'), ('missed', 'missed')], max_length=10)),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('why', models.JSONField(default=dict)),
                ],
                options={
                    'ordering': ['at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='RegistrationAsk',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asks', to='education.event')),
                    ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                    ('name', models.CharField(blank=True, max_length=160, verbose_name='name')),
                    ('language', models.CharField(max_length=5)),
                    ('at', models.DateTimeField(db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name='Tick',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('registration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ticks', to='education.registration')),
                    ('date', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ticks', to='education.eventdate')),
                    ('present', models.BooleanField()),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('received_at', models.DateTimeField()),
                    ('seen', models.BigIntegerField(default=0)),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                ],
                options={
                    'ordering': ['registration', 'at', 'pk'],
                    'indexes': [models.Index(models.F('date'), models.F('registration'), models.F('at'), models.F('id'), name='tick_order')],
                },
            ),
            migrations.CreateModel(
                name='Headcount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('date', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='headcount', to='education.eventdate')),
                    ('present', models.PositiveIntegerField(verbose_name='number of people present')),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('present__lte', 100000)), name='headcount_possible')],
                },
            ),
            migrations.CreateModel(
                name='RegistrationBatch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='education.event')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('filter', models.CharField(blank=True, max_length=2000)),
                    ('made', models.JSONField(default=list)),
                    ('placed', models.PositiveIntegerField(default=0)),
                    ('left_out', models.JSONField(default=list)),
                    ('stayed', models.PositiveIntegerField(default=0)),
                    ('at', models.DateTimeField()),
                    ('undone_at', models.DateTimeField(null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('by', 'key'), name='registration_batch_once_per_form')],
                },
            ),
            migrations.CreateModel(
                name='CalendarFeed',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feeds', to=settings.AUTH_USER_MODEL)),
                    ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feeds', to='membership.member')),
                    ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit', verbose_name='unit')),
                    ('below', models.BooleanField(default=False, verbose_name='with the units below')),
                    ('language', models.CharField(max_length=5)),
                    ('created_at', models.DateTimeField()),
                    ('read_at', models.DateTimeField(null=True)),
                    ('revoked_at', models.DateTimeField(null=True)),
                    ('kinds', models.ManyToManyField(blank=True, related_name='+', to='education.eventkind', verbose_name='kinds')),
                ],
                options={
                    'ordering': ['-created_at', '-pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('user__isnull', True), ('member__isnull', True), _connector='XOR'), name='calendar_feed_one_owner'), models.CheckConstraint(condition=models.Q(('member', None), ('unit', None), _connector='OR'), name='calendar_feed_of_member_is_own')],
                },
            ),
            migrations.CreateModel(
                name='CostLine',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cost_lines', to='education.event')),
                    ('stage', models.CharField(choices=[('planned', 'planned'), ('real', 'real')], max_length=10, verbose_name='planned or real')),
                    ('kind', models.CharField(choices=[('room', 'room and equipment'), ('food', 'food and drinks'), ('speakers', 'speakers'), ('travel', 'travel and nights'), ('print', 'print, post, advertising'), ('other', 'other costs'), ('fees', 'fees of participants'), ('partner', 'contribution of a partner'), ('fund', 'contribution of a fund')], max_length=10, verbose_name='kind')),
                    ('text', models.CharField(max_length=200, verbose_name='what for')),
                    ('cents', models.IntegerField()),
                    ('receipt', models.BinaryField(null=True)),
                    ('receipt_name', models.CharField(blank=True, max_length=200)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['pk'],
                    'indexes': [models.Index(models.F('event'), models.F('id'), name='cost_line_of_event')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('cents__lt', 0), ('kind__in', ('fees', 'partner', 'fund'))), models.Q(models.Q(('kind__in', ('fees', 'partner', 'fund')), _negated=True), ('cents__gt', 0)), _connector='OR'), name='cost_line_sign')],
                },
            ),
            migrations.CreateModel(
                name='Settlement',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='settlements', to='education.event')),
                    ('settled_at', models.DateTimeField()),
                    ('settled_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reopened_at', models.DateTimeField(null=True)),
                    ('reopened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-pk'],
                    'constraints': [models.UniqueConstraint(models.F('event'), condition=models.Q(('reopened_at', None)), name='settlement_one_standing')],
                },
            ),
            migrations.CreateModel(
                name='SettledShare',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('settlement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='education.settlement')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('kind', models.CharField(choices=[('room', 'room and equipment'), ('food', 'food and drinks'), ('speakers', 'speakers'), ('travel', 'travel and nights'), ('print', 'print, post, advertising'), ('other', 'other costs'), ('fees', 'fees of participants'), ('partner', 'contribution of a partner'), ('fund', 'contribution of a fund')], max_length=10)),
                    ('cents', models.IntegerField()),
                ],
                options={
                    'indexes': [models.Index(models.F('unit'), models.F('settlement'), name='settled_share_of_unit')],
                    'constraints': [models.UniqueConstraint(models.F('settlement'), models.F('unit'), models.F('kind'), name='settled_share_once')],
                },
            ),
            migrations.CreateModel(
                name='DevelopmentCard',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='development', to='membership.member')),
                    ('goal', models.CharField(blank=True, max_length=1000, verbose_name='goal')),
                    ('wants', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='branches.office', verbose_name='next office')),
                    ('wants_unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='branches.unit', verbose_name='in the unit')),
                    ('consented_on', models.DateField(null=True, verbose_name='may be named as a candidate since')),
                    ('withdrawn_on', models.DateField(null=True, verbose_name='withdrawn on')),
                    ('changed_at', models.DateTimeField()),
                    ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                ],
                options={
                    'indexes': [models.Index(models.F('wants'), models.F('consented_on'), condition=models.Q(('consented_on__isnull', False)), name='development_candidates')],
                },
            ),
            migrations.CreateModel(
                name='DevelopmentStep',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('card', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='education.developmentcard')),
                    ('text', models.CharField(max_length=300, verbose_name='agreed next step')),
                    ('due_on', models.DateField(verbose_name='until')),
                    ('agreed_on', models.DateField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('done_on', models.DateField(null=True)),
                ],
                options={
                    'ordering': [models.OrderBy(models.F('done_on'), descending=True, nulls_first=True), 'due_on', 'pk'],
                    'indexes': [models.Index(models.F('due_on'), models.F('id'), condition=models.Q(('done_on', None)), name='development_step_due')],
                },
            ),
            migrations.CreateModel(
                name='PartnerAccount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='accounts', to='education.partner')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='partner_accounts', to=settings.AUTH_USER_MODEL)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField()),
                    ('ended_at', models.DateTimeField(null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('partner'), models.F('user'), condition=models.Q(('ended_at', None)), name='partner_account_once')],
                },
            ),
            migrations.CreateModel(
                name='Track',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('texts', models.JSONField(blank=True, default=dict, verbose_name='what it is for')),
                    ('retired_on', models.DateField(null=True)),
                ],
                options={
                    'ordering': ['pk'],
                },
            ),
            migrations.CreateModel(
                name='TrackLevel',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('track', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='levels', to='education.track')),
                    ('position', models.PositiveSmallIntegerField(verbose_name='place in the order')),
                ],
                options={
                    'ordering': ['position', 'pk'],
                    'constraints': [models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('track', 'position'), name='track_level_position_once')],
                },
            ),
            migrations.CreateModel(
                name='Offer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='education.partner', verbose_name='partner')),
                    ('state', models.CharField(choices=[('draft', 'draft'), ('submitted', 'handed in'), ('returned', 'returned'), ('accepted', 'accepted'), ('open', 'announced'), ('closed', 'over'), ('withdrawn', 'withdrawn')], default='draft', max_length=10)),
                    ('titles', common.labels.LabelsField(verbose_name='title')),
                    ('texts', models.JSONField(blank=True, default=dict, verbose_name='what it is about')),
                    ('depth', models.CharField(choices=[('basic', 'for beginners'), ('advanced', 'with some experience'), ('expert', 'for those who train others')], default='basic', max_length=10, verbose_name='level')),
                    ('level', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='offers', to='education.tracklevel', verbose_name='level of a track')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit', verbose_name='for members of')),
                    ('language', models.CharField(max_length=5, verbose_name='language')),
                    ('place', models.CharField(blank=True, max_length=300, verbose_name='place')),
                    ('online', models.BooleanField(default=False, verbose_name='online')),
                    ('seats', models.PositiveIntegerField(blank=True, null=True, verbose_name='seats')),
                    ('cost_cents', models.PositiveIntegerField(default=0, verbose_name='cost')),
                    ('deadline', models.DateField(blank=True, null=True, verbose_name='register until')),
                    ('url', models.URLField(blank=True, max_length=500, verbose_name='page of the partner')),
                    ('access_note', models.CharField(blank=True, max_length=300, verbose_name='access')),
                    ('remark', models.CharField(blank=True, max_length=500, verbose_name='remark')),
                    ('event', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='offer', to='education.event')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('submitted_at', models.DateTimeField(null=True)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('tell_at', models.DateTimeField(null=True)),
                    ('matched_on', models.DateField(editable=False, null=True)),
                    ('tell_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('tags', models.ManyToManyField(blank=True, related_name='offers', to='membership.tag', verbose_name='interests and skills it fits')),
                    ('offices', models.ManyToManyField(blank=True, related_name='+', to='branches.office', verbose_name='offices it fits')),
                ],
                options={
                    'ordering': ['deadline', 'pk'],
                    'indexes': [models.Index(models.F('partner'), models.F('state'), name='offer_of_partner'), models.Index(models.F('state'), models.F('deadline'), models.F('id'), name='offer_order'), models.Index(models.F('tell_at'), condition=models.Q(('state', 'open'), ('tell_at__isnull', False)), name='offer_to_tell')],
                },
            ),
            migrations.CreateModel(
                name='QualificationKind',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('months', models.PositiveSmallIntegerField(blank=True, help_text='Empty: for good.', null=True, verbose_name='months valid')),
                    ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office', verbose_name='office that is told before it runs out')),
                    ('retired_on', models.DateField(null=True)),
                    ('event_kinds', models.ManyToManyField(blank=True, related_name='+', to='education.eventkind', verbose_name='kinds of events that give it')),
                    ('offers', models.ManyToManyField(blank=True, related_name='+', to='education.offer', verbose_name='offers of partners that give it')),
                ],
                options={
                    'ordering': ['pk'],
                },
            ),
            migrations.CreateModel(
                name='ConfirmationTerms',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='confirmation_terms', to='education.event')),
                    ('minutes', models.PositiveIntegerField(blank=True, null=True, verbose_name='length as stated')),
                    ('office', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='branches.office', verbose_name='office that signs')),
                    ('gives', models.ManyToManyField(blank=True, related_name='+', to='education.qualificationkind', verbose_name='qualifications it gives')),
                ],
            ),
            migrations.CreateModel(
                name='Confirmation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('registration', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='confirmations', to='education.registration')),
                    ('number', models.CharField(default=education.models.qualifications.new_number, max_length=20, unique=True)),
                    ('name', models.CharField(max_length=200)),
                    ('minutes', models.PositiveIntegerField()),
                    ('signer', models.CharField(blank=True, max_length=200)),
                    ('office', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='branches.office')),
                    ('issued_at', models.DateTimeField()),
                    ('issued_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('withdrawn_at', models.DateTimeField(null=True)),
                    ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['name', 'pk'],
                    'constraints': [models.UniqueConstraint(models.F('registration'), condition=models.Q(('withdrawn_at', None)), name='confirmation_one_valid')],
                },
            ),
            migrations.CreateModel(
                name='Qualification',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='given', to='education.qualificationkind', verbose_name='qualification')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='qualifications', to='membership.member')),
                    ('got_on', models.DateField(verbose_name='got on')),
                    ('until', models.DateField(blank=True, null=True, verbose_name='valid until before')),
                    ('event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='qualifications', to='education.event')),
                    ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                    ('told_at', models.DateTimeField(null=True)),
                    ('revoked_at', models.DateTimeField(null=True)),
                    ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-got_on', '-pk'],
                    'indexes': [models.Index(models.F('until'), models.F('id'), condition=models.Q(('revoked_at', None), ('until__isnull', False)), name='qualification_end'), models.Index(models.F('member'), models.F('kind'), models.F('got_on'), name='qualification_of_member'), models.Index(models.OrderBy(models.F('got_on'), descending=True), models.OrderBy(models.F('id'), descending=True), name='qualification_order')],
                    'constraints': [models.UniqueConstraint(models.F('member'), models.F('kind'), models.F('got_on'), condition=models.Q(('revoked_at', None)), name='qualification_once_a_day'), models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('got_on')), _connector='OR'), name='qualification_ends_after_start')],
                },
            ),
            migrations.CreateModel(
                name='TrackNeed',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('level', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='needs', to='education.tracklevel')),
                    ('kind', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='education.eventkind', verbose_name='kind of event')),
                    ('qualification', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='education.qualificationkind', verbose_name='qualification')),
                    ('count', models.PositiveSmallIntegerField(default=1, verbose_name='how many')),
                ],
                options={
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(models.F('level'), models.F('kind'), condition=models.Q(('kind__isnull', False)), name='track_need_kind_once'), models.UniqueConstraint(models.F('level'), models.F('qualification'), condition=models.Q(('qualification__isnull', False)), name='track_need_qualification_once'), models.UniqueConstraint(models.F('level'), condition=models.Q(('kind', None), ('qualification', None)), name='track_need_offers_once'), models.CheckConstraint(condition=models.Q(('kind', None), ('qualification', None), _connector='OR'), name='track_need_is_one'), models.CheckConstraint(condition=models.Q(('count__gte', 1)), name='track_need_counts')],
                },
            ),
            migrations.CreateModel(
                name='TrackMember',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('track', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='education.track')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tracks', to='membership.member')),
                    ('since', models.DateField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'indexes': [models.Index(models.F('track'), models.F('member'), name='track_members')],
                    'constraints': [models.UniqueConstraint(models.F('member'), models.F('track'), name='track_member_once')],
                },
            ),
            migrations.CreateModel(
                name='LevelDone',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('level', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='done', to='education.tracklevel')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='levels_done', to='membership.member')),
                    ('on', models.DateField()),
                ],
                options={
                    'indexes': [models.Index(models.F('level'), models.F('member'), name='level_done_members')],
                    'constraints': [models.UniqueConstraint(models.F('member'), models.F('level'), name='level_done_once')],
                },
            ),
            migrations.CreateModel(
                name='OfferDate',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('offer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dates', to='education.offer')),
                    ('starts_at', models.DateTimeField(verbose_name='from')),
                    ('ends_at', models.DateTimeField(verbose_name='until')),
                ],
                options={
                    'ordering': ['starts_at', 'pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='offer_date_ends_after_start'), models.UniqueConstraint(models.F('offer'), models.F('starts_at'), name='offer_date_once')],
                },
            ),
            migrations.CreateModel(
                name='OfferMail',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offer_mails', to='membership.member')),
                    ('week', models.DateField()),
                    ('message', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='outbox.message')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('member'), models.F('week'), name='offer_mail_once_a_week')],
                },
            ),
            migrations.CreateModel(
                name='OfferNotice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('offer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='education.offer')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='offer_notices', to='membership.member')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('why', models.CharField(choices=[('track', 'track'), ('office', 'office'), ('interest', 'interest'), ('skill', 'skill')], max_length=10)),
                    ('tag', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='membership.tag')),
                    ('found_at', models.DateTimeField()),
                    ('mail', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notices', to='education.offermail')),
                    ('opened_at', models.DateTimeField(null=True)),
                ],
                options={
                    'indexes': [models.Index(models.F('member'), condition=models.Q(('mail', None)), name='offer_notice_waiting'), models.Index(models.F('offer'), models.F('unit'), name='offer_notice_units')],
                    'constraints': [models.UniqueConstraint(models.F('offer'), models.F('member'), name='offer_notice_once')],
                },
            ),
            migrations.CreateModel(
                name='Unsubscribed',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unsubscribed', to='membership.member')),
                    ('purpose', models.CharField(choices=[('offers', 'offers of education partners')], max_length=20)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('member'), models.F('purpose'), name='unsubscribed_once')],
                },
            ),
        ]),
        migrations.RunPython(install, migrations.RunPython.noop),
    ]
