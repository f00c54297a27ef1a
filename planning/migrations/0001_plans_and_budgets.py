"""Plans, budgets and what grows from them; bookings that nobody changes."""

import uuid

from django.conf import settings
from django.db import migrations, models
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.core.validators
import django.db.models.deletion

from common.migrating import Together
import common.labels
import planning.models.elections

KEEP = [
    """
    CREATE FUNCTION planning_keep_spending() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'bookings stay as they are; a mistake is taken back by its opposite';
    END $$
    """,
    "CREATE TRIGGER planning_keep_spending BEFORE UPDATE OR DELETE ON planning_spending FOR EACH ROW EXECUTE FUNCTION planning_keep_spending()",
]


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('branches', '0001_initial'),
        ('branches', '0001_initial'),
        ('education', '0001_events'),
        ('membership', '0001_initial'),
        ('outbox', '0001_initial'),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='Plan',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='branches.unit')),
                    ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                    ('state', models.CharField(choices=[('draft', 'draft'), ('submitted', 'submitted'), ('returned', 'returned'), ('approved', 'approved')], default='draft', max_length=10)),
                    ('approved_at', models.DateTimeField(null=True)),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                ],
                options={
                    'indexes': [models.Index(models.F('year'), models.F('state'), name='plan_state')],
                    'constraints': [models.UniqueConstraint(models.F('unit'), models.F('year'), name='plan_once')],
                },
            ),
            migrations.CreateModel(
                name='PlanStep',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='planning.plan')),
                    ('state', models.CharField(choices=[('draft', 'draft'), ('submitted', 'submitted'), ('returned', 'returned'), ('approved', 'approved')], max_length=10)),
                    ('remark', models.TextField(blank=True, max_length=2000, verbose_name='remark')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Goal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='planning.plan')),
                    ('title', models.CharField(max_length=160, verbose_name='title')),
                    ('text', models.TextField(blank=True, max_length=2000, verbose_name='more about it')),
                    ('approved', models.JSONField(null=True)),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                    ('reached_on', models.DateField(null=True)),
                ],
                options={
                    'ordering': ['pk'],
                    'default_related_name': 'goals',
                },
            ),
            migrations.CreateModel(
                name='Activity',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='planning.plan')),
                    ('title', models.CharField(max_length=160, verbose_name='title')),
                    ('text', models.TextField(blank=True, max_length=2000, verbose_name='more about it')),
                    ('approved', models.JSONField(null=True)),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                    ('kind', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='education.eventkind', verbose_name='kind')),
                    ('goal', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='activities', to='planning.goal', verbose_name='for the goal')),
                    ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office', verbose_name='in charge')),
                    ('due_on', models.DateField(verbose_name='month')),
                    ('people', models.PositiveIntegerField(default=0, verbose_name='expected people')),
                    ('cost_cents', models.BigIntegerField(default=0, verbose_name='planned cost')),
                    ('state', models.CharField(choices=[('planned', 'planned'), ('under_way', 'under way'), ('done', 'done'), ('dropped', 'dropped')], default='planned', max_length=10)),
                    ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                    ('done_on', models.DateField(null=True)),
                    ('event', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='activities', to='education.event', verbose_name='event')),
                    ('origin', models.CharField(blank=True, choices=[('', ''), ('last_year', 'as last year'), ('decision', 'by decision of a meeting'), ('idea', 'from an idea')], default='', max_length=10)),
                ],
                options={
                    'ordering': ['due_on', 'pk'],
                    'default_related_name': 'activities',
                    'indexes': [models.Index(models.F('due_on'), models.F('plan'), condition=models.Q(('state__in', ['planned', 'under_way'])), name='activity_open')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('cost_cents__gte', 0)), name='activity_cost'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'dropped'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='activity_dropped_why')],
                },
            ),
            migrations.CreateModel(
                name='BudgetRule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='budget_rules', to='branches.unit')),
                    ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                    ('name', models.CharField(max_length=80, verbose_name='name')),
                    ('state', models.CharField(choices=[('draft', 'draft'), ('simulated', 'calculated'), ('approved', 'approved')], default='draft', max_length=10)),
                    ('base_cents', models.BigIntegerField(default=0, verbose_name='base for every unit')),
                    ('member_cents', models.BigIntegerField(default=0, verbose_name='for each registered member')),
                    ('statuses', models.JSONField(default=list, verbose_name='who counts as registered')),
                    ('counting_on', models.DateField(verbose_name='counted on')),
                    ('amounts', models.JSONField(default=list)),
                    ('kinds', models.JSONField(default=list, verbose_name='units that get a share')),
                    ('floor_cents', models.BigIntegerField(blank=True, null=True, verbose_name='at least')),
                    ('cap_cents', models.BigIntegerField(blank=True, null=True, verbose_name='at most')),
                    ('step_cents', models.PositiveIntegerField(choices=[(1, '0.01'), (100, '1'), (500, '5'), (1000, '10'), (5000, '50'), (10000, '100')], default=100, verbose_name='rounded to')),
                    ('total_cents', models.BigIntegerField(blank=True, null=True, verbose_name='total')),
                    ('raw_cents', models.BigIntegerField(default=0)),
                    ('simulated_at', models.DateTimeField(null=True)),
                    ('approved_at', models.DateTimeField(null=True)),
                    ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField()),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                ],
                options={
                    'ordering': ['-year', '-created_at', '-pk'],
                    'constraints': [models.UniqueConstraint(models.F('unit'), models.F('year'), condition=models.Q(('state', 'approved')), name='budget_rule_one_approved'), models.CheckConstraint(condition=models.Q(('base_cents__range', (0, 100000000000)), ('member_cents__range', (0, 100000000000)), ('step_cents__gte', 1)), name='budget_rule_amounts'), models.CheckConstraint(condition=models.Q(('floor_cents', None), ('cap_cents', None), ('cap_cents__gte', models.F('floor_cents')), _connector='OR'), name='budget_rule_bounds')],
                },
            ),
            migrations.CreateModel(
                name='BudgetShare',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='planning.budgetrule')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='budget_shares', to='branches.unit')),
                    ('members', models.PositiveIntegerField()),
                    ('cents', models.BigIntegerField()),
                    ('lines', models.JSONField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('rule'), models.F('unit'), name='budget_share_once')],
                },
            ),
            migrations.CreateModel(
                name='Budget',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='budgets', to='branches.unit')),
                    ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                    ('closed_at', models.DateTimeField(null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('unit'), models.F('year'), name='budget_once')],
                },
            ),
            migrations.CreateModel(
                name='YearTurn',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('budget', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='turns', to='planning.budget')),
                    ('opens', models.BooleanField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Spending',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('budget', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='spendings', to='planning.budget')),
                    ('on', models.DateField(verbose_name='day')),
                    ('cents', models.BigIntegerField(verbose_name='amount')),
                    ('text', models.CharField(max_length=200, verbose_name='what for')),
                    ('kind', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='education.eventkind', verbose_name='line')),
                    ('activity', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='spendings', to='planning.activity', verbose_name='activity')),
                    ('event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='spendings', to='education.event')),
                    ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='counter', to='planning.spending')),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['-on', '-pk'],
                    'indexes': [models.Index(models.F('budget'), models.F('on'), name='spending_of_budget')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('cents', 0), _negated=True), name='spending_is_something')],
                },
            ),
            migrations.CreateModel(
                name='Receipt',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('spending', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='receipt', to='planning.spending')),
                    ('name', models.CharField(max_length=120)),
                    ('content', models.BinaryField()),
                ],
            ),
            migrations.CreateModel(
                name='ElectionTemplate',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='election_templates', to='branches.unit')),
                    ('usual', models.BooleanField(default=False, editable=False)),
                ],
                options={
                    'ordering': ['unit__path', 'pk'],
                    'constraints': [models.UniqueConstraint(models.F('unit'), condition=models.Q(('usual', True)), name='election_template_usual_once')],
                },
            ),
            migrations.CreateModel(
                name='TemplateMilestone',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('texts', models.JSONField(blank=True, default=dict)),
                    ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='planning.electiontemplate')),
                    ('days_before', models.SmallIntegerField(help_text='0 is the day itself, -1 the day after it.', validators=[django.core.validators.MaxValueValidator(180), django.core.validators.MinValueValidator(-7)], verbose_name='days before the election')),
                    ('each', models.BooleanField(default=False, verbose_name='each unit that takes part does it')),
                    ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office', verbose_name='in charge')),
                ],
                options={
                    'ordering': ['-days_before', 'pk'],
                    'abstract': False,
                    'default_related_name': 'milestones',
                    'constraints': [models.CheckConstraint(condition=models.Q(('days_before__range', (-7, 180))), name='template_milestone_days')],
                },
            ),
            migrations.CreateModel(
                name='TemplatePost',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('texts', models.JSONField(blank=True, default=dict)),
                    ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='planning.electiontemplate')),
                    ('days_before', models.SmallIntegerField(help_text='0 is the day itself, -1 the day after it.', validators=[django.core.validators.MaxValueValidator(180), django.core.validators.MinValueValidator(-7)], verbose_name='days before the election')),
                    ('each', models.BooleanField(default=False, verbose_name='each unit that takes part does it')),
                    ('kind', models.CharField(choices=[('stand', 'information stand'), ('canvass', 'door to door'), ('leaflets', 'leaflets and posters'), ('polling', 'polling district'), ('phones', 'phone bank'), ('driving', 'driving service'), ('office', 'election office'), ('party', 'evening of the election'), ('other', 'other')], max_length=10, verbose_name='kind')),
                    ('starts', models.TimeField(verbose_name='from')),
                    ('ends', models.TimeField(verbose_name='until')),
                    ('minutes', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(15)], verbose_name='length of a shift in minutes')),
                    ('needed', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(200)], verbose_name='people needed')),
                ],
                options={
                    'ordering': ['-days_before', 'pk'],
                    'abstract': False,
                    'default_related_name': 'posts',
                    'constraints': [models.CheckConstraint(condition=models.Q(('days_before__range', (-7, 180))), name='template_post_days')],
                },
            ),
            migrations.CreateModel(
                name='Election',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='elections', to='branches.unit')),
                    ('title', models.CharField(max_length=120, verbose_name='title')),
                    ('day', models.DateField(verbose_name='election day')),
                    ('state', models.CharField(choices=[('prepared', 'being prepared'), ('running', 'under way'), ('done', 'over')], default='prepared', max_length=10)),
                    ('minutes_between', models.PositiveSmallIntegerField(default=30, help_text='To get from one post to another.', validators=[django.core.validators.MaxValueValidator(600)], verbose_name='minutes between two posts')),
                    ('night_rest_hours', models.PositiveSmallIntegerField(default=11, help_text='Eleven hours are good practice (as in Section 5 of the German Working Hours Act).', validators=[django.core.validators.MaxValueValidator(16)], verbose_name='hours of rest between two days')),
                    ('most_hours', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(24)], verbose_name='most hours on one day')),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField()),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                    ('units', models.ManyToManyField(related_name='elections_shared', to='branches.unit')),
                ],
                options={
                    'ordering': ['-day', '-pk'],
                    'indexes': [models.Index(models.F('unit'), models.F('day'), name='election_of_unit'), models.Index(models.F('day'), models.F('id'), name='election_order')],
                },
            ),
            migrations.CreateModel(
                name='ElectionMilestone',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('texts', models.JSONField(blank=True, default=dict)),
                    ('election', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='milestones', to='planning.election')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='election_milestones', to='branches.unit')),
                    ('group', models.UUIDField(default=uuid.uuid4)),
                    ('due_on', models.DateField(verbose_name='until')),
                    ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office', verbose_name='in charge')),
                    ('done_on', models.DateField(null=True)),
                    ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['due_on', 'pk'],
                    'indexes': [models.Index(models.F('due_on'), condition=models.Q(('done_on', None)), name='election_milestone_open')],
                    'constraints': [models.UniqueConstraint(models.F('election'), models.F('group'), models.F('unit'), name='election_milestone_once')],
                },
            ),
            migrations.CreateModel(
                name='Post',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('election', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='posts', to='planning.election')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='election_posts', to='branches.unit', verbose_name='unit')),
                    ('kind', models.CharField(choices=[('stand', 'information stand'), ('canvass', 'door to door'), ('leaflets', 'leaflets and posters'), ('polling', 'polling district'), ('phones', 'phone bank'), ('driving', 'driving service'), ('office', 'election office'), ('party', 'evening of the election'), ('other', 'other')], default='stand', max_length=10, verbose_name='kind')),
                    ('name', models.CharField(max_length=120, verbose_name='name')),
                    ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                    ('what', models.TextField(blank=True, max_length=1000, verbose_name='what is to be done')),
                    ('contact', models.CharField(blank=True, max_length=120, verbose_name='who answers there')),
                    ('contact_phone', models.CharField(blank=True, max_length=60, verbose_name='their phone')),
                    ('access', models.CharField(blank=True, choices=[('', 'not known'), ('free', 'step-free'), ('help', 'with help'), ('steps', 'only by steps')], default='', max_length=10, verbose_name='access')),
                ],
                options={
                    'ordering': ['name', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Shift',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shifts', to='planning.post')),
                    ('starts_at', models.DateTimeField(verbose_name='from')),
                    ('ends_at', models.DateTimeField(verbose_name='until')),
                    ('needed', models.PositiveSmallIntegerField(default=2, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(200)], verbose_name='people needed')),
                ],
                options={
                    'ordering': ['starts_at', 'pk'],
                    'indexes': [models.Index(models.F('starts_at'), models.F('post'), name='shift_order')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='shift_ends_after_start'), models.UniqueConstraint(models.F('post'), models.F('starts_at'), models.F('ends_at'), name='shift_once')],
                },
            ),
            migrations.CreateModel(
                name='Volunteer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('election', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='volunteers', to='planning.election')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='volunteering', to='membership.member')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('state', models.CharField(choices=[('asked', 'asked'), ('yes', 'helps'), ('no', 'does not help'), ('withdrawn', 'no longer helps')], default='asked', max_length=10)),
                    ('asked_at', models.DateTimeField()),
                    ('answered_at', models.DateTimeField(null=True)),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('note', models.CharField(blank=True, max_length=300, verbose_name='what we should know')),
                    ('leave_alone', models.BooleanField(default=False)),
                ],
                options={
                    'ordering': ['pk'],
                    'indexes': [models.Index(models.F('election'), models.F('state'), name='volunteer_of_election')],
                    'constraints': [models.UniqueConstraint(models.F('election'), models.F('member'), name='volunteer_once')],
                },
            ),
            migrations.CreateModel(
                name='Availability',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('volunteer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='times', to='planning.volunteer')),
                    ('starts_at', models.DateTimeField(verbose_name='from')),
                    ('ends_at', models.DateTimeField(verbose_name='until')),
                ],
                options={
                    'ordering': ['starts_at', 'pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='availability_ends_after_start')],
                },
            ),
            migrations.CreateModel(
                name='Duty',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('shift', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duties', to='planning.shift')),
                    ('volunteer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duties', to='planning.volunteer')),
                    ('member', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='duties', to='membership.member')),
                    ('starts_at', models.DateTimeField(verbose_name='from')),
                    ('ends_at', models.DateTimeField(verbose_name='until')),
                    ('state', models.CharField(choices=[('planned', 'planned'), ('confirmed', 'confirmed'), ('declined', 'does not come'), ('done', 'was there'), ('missed', 'did not come')], default='planned', max_length=10)),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                    ('state_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('state_at', models.DateTimeField()),
                    ('came_at', models.DateTimeField(null=True)),
                    ('left_at', models.DateTimeField(null=True)),
                ],
                options={
                    'verbose_name_plural': 'duties',
                    'ordering': ['starts_at', 'pk'],
                    'indexes': [models.Index(models.F('member'), models.F('starts_at'), name='duty_of_member')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='duty_ends_after_start'), models.CheckConstraint(condition=models.Q(('left_at', None), ('left_at__gte', models.F('came_at')), _connector='OR'), name='duty_left_after_came'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('state__in', ['planned', 'confirmed', 'done'])), expressions=[('member', '='), (planning.models.elections.Span('starts_at', 'ends_at', django.contrib.postgres.fields.ranges.RangeBoundary()), '&&')], name='duty_one_place_at_a_time')],
                },
            ),
            migrations.CreateModel(
                name='Swap',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('duty', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='swaps', to='planning.duty')),
                    ('to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='swaps_asked', to='planning.volunteer')),
                    ('note', models.CharField(blank=True, max_length=200, verbose_name='a word to them')),
                    ('state', models.CharField(choices=[('open', 'waits for an answer'), ('taken', 'taken over'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='open', max_length=10)),
                    ('asked_at', models.DateTimeField()),
                    ('answered_at', models.DateTimeField(null=True)),
                    ('taken_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='planning.volunteer')),
                ],
                options={
                    'ordering': ['-asked_at', '-pk'],
                    'constraints': [models.UniqueConstraint(models.F('duty'), condition=models.Q(('state', 'open')), name='swap_one_open')],
                },
            ),
            migrations.CreateModel(
                name='Filling',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('election', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fillings', to='planning.election')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('on', models.DateField(null=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('asked_at', models.DateTimeField()),
                    ('done_at', models.DateTimeField(null=True)),
                    ('taken_at', models.DateTimeField(null=True)),
                    ('places', models.PositiveIntegerField(default=0)),
                    ('exact', models.BooleanField(default=True)),
                    ('lines', models.JSONField(default=list)),
                ],
                options={
                    'ordering': ['-asked_at', '-pk'],
                    'indexes': [models.Index(models.F('asked_at'), condition=models.Q(('done_at', None)), name='filling_waiting')],
                },
            ),
            migrations.CreateModel(
                name='DutyTick',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('duty', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ticks', to='planning.duty')),
                    ('present', models.BooleanField()),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('received_at', models.DateTimeField()),
                    ('seen', models.BigIntegerField(default=0)),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                ],
                options={
                    'ordering': ['duty', 'at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Idea',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ideas', to='branches.unit')),
                    ('title', models.CharField(max_length=100, verbose_name='in one line')),
                    ('text', models.TextField(max_length=3000, verbose_name='what it is about')),
                    ('wanted', models.CharField(blank=True, max_length=300, verbose_name='what we are still looking for')),
                    ('people', models.PositiveIntegerField(default=0, verbose_name='people it takes')),
                    ('cost_cents', models.BigIntegerField(default=0, verbose_name='cost')),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField()),
                    ('withdrawn_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['-created_at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='IdeaSupport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('idea', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='supports', to='planning.idea')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('idea'), models.F('unit'), name='idea_supported_once')],
                },
            ),
            migrations.CreateModel(
                name='IdeaAdoption',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('idea', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='adoptions', to='planning.idea')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('activity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='idea_adoptions', to='planning.activity')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('idea'), models.F('unit'), name='idea_adopted_once')],
                },
            ),
            migrations.CreateModel(
                name='Minutes',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='minutes', to='education.event')),
                    ('state', models.CharField(choices=[('open', 'being written'), ('written', 'written, not approved yet'), ('approved', 'approved')], default='open', max_length=10)),
                    ('chair', models.CharField(blank=True, max_length=120, verbose_name='led by')),
                    ('keeper', models.CharField(blank=True, max_length=120, verbose_name='minutes taken by')),
                    ('present', models.PositiveIntegerField(blank=True, null=True, verbose_name='people present')),
                    ('opened', models.TimeField(blank=True, null=True, verbose_name='began at')),
                    ('closed', models.TimeField(blank=True, null=True, verbose_name='ended at')),
                    ('remark', models.TextField(blank=True, max_length=4000, verbose_name='further remarks')),
                    ('written_at', models.DateTimeField(null=True)),
                    ('written_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('approved_at_event', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='approved_minutes', to='education.event')),
                    ('approved_on', models.DateField(null=True)),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('shared_at', models.DateTimeField(null=True)),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                ],
                options={
                    'verbose_name_plural': 'minutes',
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), ('approved_on__isnull', False), _connector='OR'), name='minutes_approved_on_a_day'), models.CheckConstraint(condition=models.Q(('shared_at', None), models.Q(('state', 'open'), _negated=True), _connector='OR'), name='minutes_shared_when_written')],
                },
            ),
            migrations.CreateModel(
                name='AgendaItem',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='agenda_items', to='education.event')),
                    ('position', models.PositiveSmallIntegerField(default=0)),
                    ('title', models.CharField(max_length=200, verbose_name='item')),
                    ('minutes', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='minutes')),
                    ('who', models.CharField(blank=True, max_length=120, verbose_name='who')),
                    ('text', models.TextField(blank=True, max_length=20000)),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                ],
                options={
                    'ordering': ['position', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Decision',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='education.event')),
                    ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='decisions', to='planning.agendaitem')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='branches.unit')),
                    ('office', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office', verbose_name='who does it')),
                    ('text', models.CharField(max_length=500, verbose_name='decision')),
                    ('votes', models.CharField(blank=True, max_length=60, verbose_name='votes')),
                    ('due_on', models.DateField(blank=True, null=True, verbose_name='until')),
                    ('activity', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='decision', to='planning.activity')),
                    ('state', models.CharField(choices=[('open', 'open'), ('done', 'done'), ('dropped', 'dropped')], default='open', max_length=10)),
                    ('closed_at', models.DateTimeField(null=True)),
                    ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['pk'],
                    'indexes': [models.Index(models.F('due_on'), models.F('id'), condition=models.Q(('state', 'open')), name='decision_due')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at', None), _connector='OR'), name='decision_open_is_not_closed')],
                },
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='education.event')),
                    ('key', models.UUIDField(unique=True)),
                    ('note', models.TextField(blank=True, max_length=2000, verbose_name='a word of yours')),
                    ('counts', models.JSONField(default=dict)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                    ('done_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['-at', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='MeterReminder',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('year', models.PositiveSmallIntegerField()),
                    ('number', models.PositiveSmallIntegerField()),
                    ('stage', models.CharField(choices=[('pace', 'Pace'), ('last', 'Last')], max_length=4)),
                    ('told_at', models.DateTimeField()),
                    ('messages', models.ManyToManyField(related_name='+', to='outbox.message')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('unit'), models.F('year'), models.F('number'), models.F('stage'), name='meter_reminder_once')],
                },
            ),
            migrations.CreateModel(
                name='Project',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='branches.unit')),
                    ('idea', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='projects', to='planning.idea')),
                    ('title', models.CharField(max_length=160, verbose_name='title')),
                    ('fund', models.CharField(max_length=160, verbose_name='fund')),
                    ('aim', models.TextField(max_length=3000, verbose_name='what it is to reach, and for whom')),
                    ('starts_on', models.DateField(verbose_name='from')),
                    ('ends_on', models.DateField(verbose_name='until')),
                    ('report_due_on', models.DateField(blank=True, null=True, verbose_name='report due on')),
                    ('asked_cents', models.BigIntegerField(default=0, verbose_name='asked for')),
                    ('granted_cents', models.BigIntegerField(default=0, verbose_name='granted')),
                    ('own_cents', models.BigIntegerField(default=0, verbose_name='own share')),
                    ('state', models.CharField(choices=[('prepared', 'being prepared'), ('applied', 'applied for'), ('granted', 'granted, running'), ('refused', 'refused'), ('reported', 'reported to the fund')], default='prepared', max_length=10)),
                    ('done', models.TextField(blank=True, max_length=5000, verbose_name='what was done')),
                    ('reached', models.TextField(blank=True, max_length=5000, verbose_name='what it has changed')),
                    ('learned', models.TextField(blank=True, max_length=5000, verbose_name='what we learned')),
                    ('people', models.PositiveIntegerField(default=0, verbose_name='people reached')),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField()),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                ],
                options={
                    'ordering': ['-starts_on', '-pk'],
                    'indexes': [models.Index(models.F('unit'), models.F('starts_on'), name='project_of_unit')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='project_period'), models.CheckConstraint(condition=models.Q(('asked_cents__gte', 0), ('granted_cents__gte', 0), ('own_cents__gte', 0)), name='project_money')],
                },
            ),
            migrations.CreateModel(
                name='ProjectStep',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='planning.project')),
                    ('state', models.CharField(choices=[('prepared', 'being prepared'), ('applied', 'applied for'), ('granted', 'granted, running'), ('refused', 'refused'), ('reported', 'reported to the fund')], max_length=10)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['at', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Milestone',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='milestones', to='planning.project')),
                    ('title', models.CharField(max_length=160, verbose_name='milestone')),
                    ('due_on', models.DateField(verbose_name='until')),
                    ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office', verbose_name='in charge')),
                    ('done_on', models.DateField(null=True)),
                ],
                options={
                    'ordering': ['due_on', 'pk'],
                    'indexes': [models.Index(models.F('due_on'), condition=models.Q(('done_on', None)), name='milestone_open')],
                },
            ),
            migrations.CreateModel(
                name='ProjectCost',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='costs', to='planning.project')),
                    ('text', models.CharField(max_length=200, verbose_name='what for')),
                    ('planned_cents', models.BigIntegerField(default=0, verbose_name='planned')),
                    ('spent_cents', models.BigIntegerField(default=0, verbose_name='spent')),
                ],
                options={
                    'ordering': ['pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('planned_cents__gte', 0), ('spent_cents__gte', 0)), name='project_cost_money')],
                },
            ),
            migrations.CreateModel(
                name='Request',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='branches.unit', verbose_name='unit')),
                    ('office', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office', verbose_name='office')),
                    ('subject', models.CharField(max_length=120, verbose_name='what it is about')),
                    ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='requests', to='membership.member')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('name', models.CharField(blank=True, max_length=120, verbose_name='your name')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                    ('language', models.CharField(blank=True, max_length=5)),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('state', models.CharField(choices=[('new', 'address not confirmed'), ('open', 'to be answered'), ('answered', 'answered'), ('closed', 'closed')], default='new', max_length=10)),
                    ('created_at', models.DateTimeField()),
                    ('asked_on', models.DateField(null=True)),
                    ('due_on', models.DateField(null=True)),
                    ('answered_on', models.DateField(null=True)),
                    ('closed_at', models.DateTimeField(null=True)),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                ],
                options={
                    'indexes': [models.Index(models.F('due_on'), models.F('id'), condition=models.Q(('state', 'open')), name='request_due'), models.Index(models.F('unit'), models.F('asked_on'), name='request_of_unit'), models.Index(models.F('created_at'), condition=models.Q(('state', 'new')), name='request_unconfirmed')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('by__isnull', False), models.Q(('email', ''), _negated=True), _connector='OR'), name='request_can_be_answered'), models.CheckConstraint(condition=models.Q(('state', 'new'), models.Q(('asked_on__isnull', False), ('due_on__isnull', False)), _connector='OR'), name='request_clock')],
                },
            ),
            migrations.CreateModel(
                name='RequestEntry',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='planning.request')),
                    ('kind', models.CharField(choices=[('question', 'question'), ('answer', 'answer'), ('forward', 'passed on'), ('note', 'note for the office')], max_length=10)),
                    ('text', models.TextField(blank=True, max_length=4000)),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('office', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office')),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['at', 'pk'],
                },
            ),
        ]),
        migrations.RunSQL(KEEP, "DROP FUNCTION planning_keep_spending() CASCADE"),
    ]
