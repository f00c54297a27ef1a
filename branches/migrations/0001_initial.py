"""Units, offices, accounts; the cache of sign-in limits; triggers that write where a unit lay in the tree and when."""

import uuid

from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text

from common.migrating import Together
import branches.models
import common.labels

# The table of the default cache: how often somebody tried to sign in, and which one-time codes are used.
LIMITS = """
    CREATE TABLE sign_in_limits (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
    CREATE INDEX sign_in_limits_expires ON sign_in_limits (expires);
"""
# The local day, in the zone each connection names (config.settings). Not now(): a long transaction may pass midnight.
# ankommen.today stands for it in tests that live through years.
TODAY = """
    CREATE FUNCTION branches_today() RETURNS date LANGUAGE sql VOLATILE AS $$
        SELECT coalesce(
            nullif(current_setting('ankommen.today', true), '')::date,
            (clock_timestamp() AT TIME ZONE coalesce(nullif(current_setting('ankommen.time_zone', true), ''), current_setting('timezone')))::date
        )
    $$
"""
# A tree is moved by rewriting paths; whose unit above stays the same has not moved. What changes again on the same day was never so.
PLACE = """
    CREATE FUNCTION branches_place() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        moved record;
        today date := branches_today();
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO branches_unitplace (unit_id, parent_id)
            SELECT unit.id, parent.id FROM new_rows unit LEFT JOIN branches_unit parent ON parent.path = left(unit.path, -4);
            RETURN NULL;
        END IF;
        FOR moved IN
            SELECT place.id, place.starts_on, unit.id AS unit_id, parent.id AS parent_id
            FROM new_rows unit JOIN old_rows USING (id) JOIN branches_unitplace place ON place.unit_id = unit.id AND place.ends_on IS NULL
            LEFT JOIN branches_unit parent ON parent.path = left(unit.path, -4)
            WHERE unit.path <> old_rows.path AND place.parent_id IS DISTINCT FROM parent.id
        LOOP
            IF moved.starts_on >= today THEN
                UPDATE branches_unitplace SET parent_id = moved.parent_id WHERE id = moved.id;
            ELSE
                UPDATE branches_unitplace SET ends_on = today WHERE id = moved.id;
                INSERT INTO branches_unitplace (unit_id, parent_id, starts_on) VALUES (moved.unit_id, moved.parent_id, today);
            END IF;
        END LOOP;
        RETURN NULL;
    END $$
"""
EVENTS = {"insert": "NEW TABLE AS new_rows", "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows"}
TRIGGERS = [
    f"CREATE TRIGGER branches_place_{event} AFTER {event} ON branches_unit REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION branches_place()"
    for event, rows in EVENTS.items()
]
DROPPED = [*(f"DROP TRIGGER branches_place_{event} ON branches_unit" for event in EVENTS), "DROP FUNCTION branches_place", "DROP FUNCTION branches_today"]


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        Together([
            migrations.CreateModel(
                name='UnitKind',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('slug', models.SlugField(unique=True)),
                    ('plural_labels', models.JSONField(default=dict)),
                    ('leads_members', models.BooleanField(default=True, help_text='Members have their home here.', verbose_name='leads members')),
                    ('is_section', models.BooleanField(default=False, help_text='Members belong beside their home unit.', verbose_name='section')),
                    ('meetings_per_year', models.PositiveSmallIntegerField(default=6, verbose_name='meetings a year')),
                    ('admission_days', models.PositiveSmallIntegerField(default=30, verbose_name='days to decide on an application')),
                    ('office_days', models.PositiveSmallIntegerField(default=730, verbose_name='term of office in days')),
                ],
                options={
                    'abstract': False,
                },
            ),
            migrations.CreateModel(
                name='Unit',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('depth', models.PositiveIntegerField()),
                    ('numchild', models.PositiveIntegerField(default=0)),
                    ('path', models.CharField(db_collation='C', max_length=255, unique=True)),
                    ('slug', models.SlugField(allow_unicode=True, max_length=80, unique=True)),
                    ('name', models.CharField(max_length=120, verbose_name='name')),
                    ('kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='branches.unitkind', verbose_name='kind')),
                    ('settings', models.JSONField(blank=True, default=dict)),
                    ('closed_on', models.DateField(blank=True, null=True, verbose_name='closed on')),
                ],
                options={
                    'indexes': [models.Index(django.db.models.functions.text.Lower('name'), name='unit_name_lower'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Lower('name'), 'gin_trgm_ops'), name='unit_name_parts'), models.Index(models.F('depth'), models.F('path'), name='unit_level')],
                },
            ),
            migrations.CreateModel(
                name='UnitPlace',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='branches.unit')),
                    ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('starts_on', models.DateField(null=True)),
                    ('ends_on', models.DateField(null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(models.F('unit'), condition=models.Q(('ends_on', None)), name='unit_place_one_now'), models.CheckConstraint(condition=models.Q(('starts_on', None), ('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='unit_place_period')],
                },
            ),
            migrations.CreateModel(
                name='User',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('password', models.CharField(max_length=128, verbose_name='password')),
                    ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                    ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail')),
                    ('given_name', models.CharField(max_length=80, verbose_name='given name')),
                    ('family_name', models.CharField(blank=True, max_length=80, verbose_name='family name')),
                    ('language', models.CharField(blank=True, max_length=5, verbose_name='language')),
                    ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                    ('shows_phone', models.BooleanField(db_default=False, default=False, verbose_name='new members may have my phone number')),
                    ('shows_email', models.BooleanField(db_default=False, default=False, verbose_name='new members may have my mail address')),
                    ('is_active', models.BooleanField(default=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_lower')],
                },
            ),
            migrations.CreateModel(
                name='Reorganisation',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('merge', 'merge'), ('split', 'split'), ('move', 'move'), ('close', 'close')], max_length=10)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reorganisations', to='branches.unit')),
                    ('target', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                    ('chosen', models.JSONField(default=dict)),
                    ('on', models.DateField(verbose_name='on')),
                    ('state', models.CharField(choices=[('planned', 'planned'), ('done', 'done'), ('cancelled', 'called off'), ('undone', 'taken back'), ('refused', 'could not be done')], default='planned', max_length=10)),
                    ('remark', models.CharField(blank=True, max_length=300)),
                    ('effects', models.JSONField(default=dict)),
                    ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('done_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['-on', '-pk'],
                    'constraints': [models.UniqueConstraint(models.F('unit'), condition=models.Q(('state', 'planned')), name='reorganisation_one_planned'), models.CheckConstraint(condition=models.Q(('kind__in', ['close', 'split']), ('target__isnull', False), _connector='OR'), name='reorganisation_target')],
                },
            ),
            migrations.CreateModel(
                name='Office',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('slug', models.SlugField(unique=True)),
                    ('right', models.PositiveSmallIntegerField(choices=[(1, 'see'), (2, 'care'), (3, 'lead')], default=1, verbose_name='right')),
                    ('below', models.BooleanField(default=False, verbose_name='with the units below')),
                    ('falls_to', models.ForeignKey(blank=True, help_text='Office of the same unit that stands in while this one is vacant.', null=True, on_delete=django.db.models.deletion.SET_NULL, to='branches.office')),
                    ('position', models.PositiveSmallIntegerField(default=0)),
                    ('keeps_money', models.BooleanField(default=False, help_text='Books what the unit spends.', verbose_name='keeps the money')),
                ],
                options={
                    'ordering': ['position', 'slug'],
                },
            ),
            migrations.CreateModel(
                name='Appointment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to=settings.AUTH_USER_MODEL, verbose_name='person')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='branches.unit', verbose_name='unit')),
                    ('office', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='appointments', to='branches.office', verbose_name='office')),
                    ('right', models.PositiveSmallIntegerField(choices=[(1, 'see'), (2, 'care'), (3, 'lead')], verbose_name='right')),
                    ('below', models.BooleanField(default=False, verbose_name='with the units below')),
                    ('starts_on', models.DateField(verbose_name='from')),
                    ('ends_on', models.DateField(blank=True, null=True, verbose_name='until')),
                    ('deputy_for', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deputies', to='branches.appointment')),
                    ('deputy_alone', models.BooleanField(default=False, verbose_name='the mails of the office go to the deputy alone')),
                    ('held_back', models.PositiveSmallIntegerField(choices=[(1, 'see'), (2, 'care'), (3, 'lead')], editable=False, null=True)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='appointment_ends_after_start'), models.CheckConstraint(condition=models.Q(('deputy_for', None), ('ends_on__isnull', False), _connector='OR'), name='appointment_deputy_ends'), models.CheckConstraint(condition=models.Q(('held_back', None), ('right', 1), _connector='OR'), name='appointment_held_back_sees'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('user', '='), ('unit', '='), ('office', '='), (branches.models.Period('starts_on', 'ends_on', django.contrib.postgres.fields.ranges.RangeBoundary()), '&&')], name='appointment_no_overlap', violation_error_message='This person already holds this office in this time.')],
                },
            ),
            migrations.CreateModel(
                name='PledgeText',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pledge_texts', to='branches.unit')),
                    ('version', models.PositiveSmallIntegerField()),
                    ('texts', models.JSONField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                ],
                options={
                    'ordering': ['-version'],
                    'constraints': [models.UniqueConstraint(fields=('unit', 'version'), name='pledge_text_once')],
                },
            ),
            migrations.CreateModel(
                name='Pledge',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pledges', to=settings.AUTH_USER_MODEL)),
                    ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pledges', to='branches.pledgetext')),
                    ('at', models.DateTimeField()),
                    ('name', models.CharField(max_length=160)),
                    ('language', models.CharField(max_length=5)),
                    ('text', models.TextField()),
                ],
                options={
                    'ordering': ['-at'],
                    'constraints': [models.UniqueConstraint(fields=('user', 'form'), name='pledge_once')],
                },
            ),
        ]),
        migrations.RunSQL(LIMITS, "DROP TABLE sign_in_limits"),
        migrations.RunSQL([TODAY, PLACE, *TRIGGERS], DROPPED),
    ]
