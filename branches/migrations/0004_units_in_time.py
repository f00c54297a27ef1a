"""Where a unit lay in the tree and when, written by triggers; plans to merge, split, move or close one; deputies."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

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
PLACES = """
    INSERT INTO branches_unitplace (unit_id, parent_id)
    SELECT unit.id, parent.id FROM branches_unit unit LEFT JOIN branches_unit parent ON parent.path = left(unit.path, -4)
"""
EVENTS = {"insert": "NEW TABLE AS new_rows", "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows"}
TRIGGERS = [
    f"CREATE TRIGGER branches_place_{event} AFTER {event} ON branches_unit REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION branches_place()"
    for event, rows in EVENTS.items()
]
DROPPED = [*(f"DROP TRIGGER branches_place_{event} ON branches_unit" for event in EVENTS), "DROP FUNCTION branches_place", "DROP FUNCTION branches_today"]


class Migration(migrations.Migration):

    dependencies = [
        ('branches', '0003_encrypt_secrets'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reorganisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('merge', 'merge'), ('split', 'split'), ('move', 'move'), ('close', 'close')], max_length=10)),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('chosen', models.JSONField(default=dict)),
                ('on', models.DateField(verbose_name='on')),
                ('state', models.CharField(choices=[('planned', 'planned'), ('done', 'done'), ('cancelled', 'called off'), ('undone', 'taken back'), ('refused', 'could not be done')], default='planned', max_length=10)),
                ('remark', models.CharField(blank=True, max_length=300)),
                ('effects', models.JSONField(default=dict)),
                ('key', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('done_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='UnitPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(null=True)),
                ('ends_on', models.DateField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='appointment',
            name='deputy_alone',
            field=models.BooleanField(default=False, verbose_name='the mails of the office go to the deputy alone'),
        ),
        migrations.AddField(
            model_name='appointment',
            name='deputy_for',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deputies', to='branches.appointment'),
        ),
        migrations.AddConstraint(
            model_name='appointment',
            constraint=models.CheckConstraint(condition=models.Q(('deputy_for', None), ('ends_on__isnull', False), _connector='OR'), name='appointment_deputy_ends'),
        ),
        migrations.AddField(
            model_name='reorganisation',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reorganisation',
            name='target',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit'),
        ),
        migrations.AddField(
            model_name='reorganisation',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reorganisations', to='branches.unit'),
        ),
        migrations.AddField(
            model_name='unitplace',
            name='parent',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit'),
        ),
        migrations.AddField(
            model_name='unitplace',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='branches.unit'),
        ),
        migrations.AddConstraint(
            model_name='reorganisation',
            constraint=models.UniqueConstraint(models.F('unit'), condition=models.Q(('state', 'planned')), name='reorganisation_one_planned'),
        ),
        migrations.AddConstraint(
            model_name='reorganisation',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['close', 'split']), ('target__isnull', False), _connector='OR'), name='reorganisation_target'),
        ),
        migrations.AddConstraint(
            model_name='unitplace',
            constraint=models.UniqueConstraint(models.F('unit'), condition=models.Q(('ends_on', None)), name='unit_place_one_now'),
        ),
        migrations.AddConstraint(
            model_name='unitplace',
            constraint=models.CheckConstraint(condition=models.Q(('starts_on', None), ('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='unit_place_period'),
        ),
        migrations.RunSQL([TODAY, PLACE, PLACES, *TRIGGERS], DROPPED),
    ]
