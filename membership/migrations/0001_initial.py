"""Members and their lists; a log of reading that nobody changes; the book of movements, written by triggers from periods of membership."""

import uuid

from django.conf import settings
from django.db import migrations, models
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison

from common.migrating import Together
import branches.models
import common.labels

KEEP_READING = """
CREATE FUNCTION membership_keep_reading() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '365 days' THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'the log of reading is not changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER membership_keep_reading BEFORE UPDATE OR DELETE ON membership_reading
FOR EACH ROW EXECUTE FUNCTION membership_keep_reading();
"""
PERIOD = "id, member_id, unit_id, home, kind, starts_on, ends_on, end_reason"
COLUMNS = "unit_id, home, status, gender, birth_date, what, effective_on"


def lines(periods, persons):
    """The lines that `periods` amount to: one where a period begins, one where it ends. `persons` have gender and birth_date, and may repeat."""
    return f"""
        SELECT period.unit_id, period.home, period.kind AS status, person.gender, person.birth_date, line.what, line.effective_on,
            line.number, person.id AS member_id
        FROM (
            SELECT *, lag(ends_on) OVER earlier AS ended_on, lag(end_reason) OVER earlier AS ended_why FROM {periods} all_periods
            WINDOW earlier AS (PARTITION BY member_id, home, CASE WHEN NOT home THEN unit_id END ORDER BY starts_on)
        ) period
        JOIN {persons} person ON person.id = period.member_id
        CROSS JOIN LATERAL (VALUES
            (period.starts_on, 1, CASE
                WHEN ended_on IS NULL THEN 'joined' WHEN ended_on < starts_on THEN 'returned' WHEN ended_why = 'moved' THEN 'moved_in'
                WHEN ended_why IN ('status', 'unit') THEN ended_why ELSE 'returned' END),
            (period.ends_on, -1, CASE end_reason
                WHEN 'moved' THEN 'moved_out' WHEN 'status' THEN 'status' WHEN 'unit' THEN 'unit' WHEN 'deceased' THEN 'deceased' ELSE 'left' END)
        ) line (effective_on, number, what)
        WHERE line.effective_on IS NOT NULL
    """


def book(source, number="number"):
    """Write the lines of `source`, equal ones together; what cancels out leaves none."""
    return f"""
        INSERT INTO membership_movement ({COLUMNS}, number, booked_on)
        SELECT {COLUMNS}, sum({number}), (SELECT branches_today()) FROM {source} GROUP BY {COLUMNS} HAVING sum({number}) <> 0
    """


def of_periods(changed, before):
    """Book what the periods of the members `changed` amount to now, less what they did before the statement."""
    return f"""EXECUTE $book$
        WITH changed AS MATERIALIZED ({changed}),
        now AS MATERIALIZED (SELECT {PERIOD} FROM membership_membership WHERE member_id IN (SELECT member_id FROM changed)),
        was AS MATERIALIZED ({before})
        {book(f"({lines('now', 'membership_member')} UNION ALL SELECT {COLUMNS}, -number, member_id FROM ({lines('was', 'membership_member')}) lost) line")
            .strip()}
    $book$;"""


# The periods of a member say together what each of them is (a return, a move), so all of them are looked at.
OTHERS = f"SELECT {PERIOD} FROM now WHERE NOT EXISTS (SELECT FROM new_rows WHERE new_rows.id = now.id)"
# A table that has just been filled looks small to the planner, and a loop over it takes hours; few rows are looked up one by one.
# Hence also EXECUTE, which plans anew: a plan made for one row must not serve a list of a hundred thousand.
SETTINGS = "SET enable_nestloop = on"


def by_hash(rows):
    return f"IF (SELECT count(*) FROM {rows}) > 2000 THEN SET LOCAL enable_nestloop = off; END IF;"


REFUSE_CLOSED = """
            IF EXISTS (
                SELECT FROM new_rows JOIN branches_unit unit ON unit.id = new_rows.unit_id AND unit.closed_on < coalesce(new_rows.ends_on, 'infinity')
            ) THEN
                RAISE check_violation USING MESSAGE = 'a closed unit takes no members';
            END IF;
"""
BOOK_PERIODS = f"""
    CREATE FUNCTION membership_book_periods() RETURNS trigger LANGUAGE plpgsql {SETTINGS} AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            {by_hash("new_rows")}
            {REFUSE_CLOSED.strip()}
            {of_periods("SELECT DISTINCT member_id FROM new_rows", OTHERS)}
        ELSIF TG_OP = 'DELETE' THEN
            {by_hash("old_rows")}
            {of_periods("SELECT DISTINCT member_id FROM old_rows", f"SELECT * FROM now UNION ALL SELECT {PERIOD} FROM old_rows")}
        ELSE
            {by_hash("new_rows")}
            {REFUSE_CLOSED.strip()}
            {of_periods("SELECT member_id FROM old_rows UNION SELECT member_id FROM new_rows", f"{OTHERS} UNION ALL SELECT {PERIOD} FROM old_rows")}
        END IF;
        RETURN NULL;
    END $$
"""
BOOK_MEMBERS = f"""
    CREATE FUNCTION membership_book_members() RETURNS trigger LANGUAGE plpgsql {SETTINGS} AS $$
    BEGIN
        {by_hash("new_rows")}
        EXECUTE $book$
        WITH changed AS MATERIALIZED (
            SELECT id, version.* FROM new_rows JOIN old_rows USING (id)
            CROSS JOIN LATERAL (VALUES (new_rows.gender, new_rows.birth_date, 1), (old_rows.gender, old_rows.birth_date, -1))
                version (gender, birth_date, sign)
            WHERE (new_rows.gender, new_rows.birth_date) IS DISTINCT FROM (old_rows.gender, old_rows.birth_date)
        ),
        periods AS MATERIALIZED (SELECT {PERIOD} FROM membership_membership WHERE member_id IN (SELECT id FROM changed))
        {book(f"({lines('periods', '(SELECT * FROM changed WHERE sign > 0)')} UNION ALL SELECT {COLUMNS}, -number, member_id FROM "
              f"({lines('periods', '(SELECT * FROM changed WHERE sign < 0)')}) lost) line").strip()}
        $book$;
        RETURN NULL;
    END $$
"""
# What the book would say if it were written in one go, to check it by.
VIEW = f"CREATE VIEW membership_line AS {lines('membership_membership', 'membership_member')}"
KEEP_BOOK = [
    """
    CREATE FUNCTION membership_keep_book() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'lines of the book of movements stay as they are';
    END $$
    """,
    "CREATE TRIGGER membership_keep_book BEFORE UPDATE OR DELETE ON membership_movement FOR EACH STATEMENT EXECUTE FUNCTION membership_keep_book()",
]
EVENTS = {"insert": "NEW TABLE AS new_rows", "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows"}
TRIGGERS = [
    *(
        f"CREATE TRIGGER membership_book_{event} AFTER {event} ON membership_membership REFERENCING {rows}"
        " FOR EACH STATEMENT EXECUTE FUNCTION membership_book_periods()"
        for event, rows in EVENTS.items()
    ),
    f"CREATE TRIGGER membership_book AFTER UPDATE ON membership_member REFERENCING {EVENTS['update']}"
    " FOR EACH STATEMENT EXECUTE FUNCTION membership_book_members()",
]
DROPPED = [
    "DROP TRIGGER membership_book ON membership_member",
    *(f"DROP TRIGGER membership_book_{event} ON membership_membership" for event in EVENTS),
    "DROP TRIGGER membership_keep_book ON membership_movement",
    *(f"DROP FUNCTION membership_{name}" for name in ("book_periods", "book_members", "keep_book")),
    "DROP VIEW membership_line",
]
# Without more samples the planner takes three letters for rare, and walks a section's handful of members last instead of first.
SAMPLES = "ALTER TABLE membership_member ALTER COLUMN search_name SET STATISTICS {}"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('branches', '0001_initial'),
        ('outbox', '0001_initial'),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='ListImport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='list_imports', to='branches.unit')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('file_name', models.CharField(max_length=200)),
                    ('content', models.BinaryField(null=True)),
                    ('list_date', models.DateField(verbose_name='date of the list')),
                    ('state', models.CharField(choices=[('uploaded', 'uploaded'), ('columns', 'columns to be chosen'), ('reading', 'being read'), ('compared', 'compared, nothing saved yet'), ('applying', 'being saved'), ('applied', 'saved'), ('undoing', 'being undone'), ('undone', 'undone'), ('failed', 'failed')], default='uploaded', max_length=10)),
                    ('header', models.JSONField(default=list)),
                    ('sample', models.JSONField(default=list)),
                    ('mapping', models.JSONField(default=dict)),
                    ('decisions', models.JSONField(default=dict)),
                    ('figures', models.JSONField(default=dict)),
                    ('trouble', models.TextField(blank=True, db_default='')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('applied_at', models.DateTimeField(null=True)),
                    ('undone_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='Member',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('party', models.ForeignKey(help_text='Root of the tree; numbers are unique within it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('number', models.CharField(blank=True, max_length=40, verbose_name='number')),
                    ('given_name', models.CharField(blank=True, max_length=120, verbose_name='given name')),
                    ('family_name', models.CharField(max_length=120, verbose_name='family name')),
                    ('title', models.CharField(blank=True, max_length=60, verbose_name='title')),
                    ('gender', models.CharField(blank=True, choices=[('f', 'female'), ('m', 'male'), ('d', 'diverse'), ('', 'not stated')], default='', max_length=1, verbose_name='gender')),
                    ('birth_date', models.DateField(blank=True, null=True, verbose_name='birth date')),
                    ('joined_on', models.DateField(verbose_name='joined on')),
                    ('joined_estimated', models.BooleanField(default=False, help_text='The list had none: first seen on this day.', verbose_name='join date estimated')),
                    ('left_on', models.DateField(blank=True, null=True, verbose_name='left on')),
                    ('status', models.CharField(choices=[('applicant', 'applicant'), ('full', 'full member'), ('guest', 'guest member'), ('supporter', 'supporter'), ('left', 'left'), ('deceased', 'deceased')], default='full', max_length=10, verbose_name='status')),
                    ('home_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='branches.unit', verbose_name='home unit')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                    ('phone', models.CharField(blank=True, max_length=60, verbose_name='phone')),
                    ('mobile', models.CharField(blank=True, max_length=60, verbose_name='mobile')),
                    ('street', models.CharField(blank=True, max_length=160, verbose_name='street')),
                    ('postcode', models.CharField(blank=True, max_length=20, verbose_name='postcode')),
                    ('city', models.CharField(blank=True, max_length=120, verbose_name='city')),
                    ('country', models.CharField(blank=True, max_length=80, verbose_name='country')),
                    ('language', models.CharField(blank=True, max_length=5, verbose_name='language')),
                    ('last_contact_on', models.DateField(editable=False, null=True)),
                    ('sort_key', models.CharField(db_collation='C', editable=False, max_length=260)),
                    ('given_key', models.CharField(db_collation='C', editable=False, max_length=130)),
                    ('search_name', models.TextField(editable=False)),
                    ('search_contact', models.TextField(blank=True, editable=False)),
                    ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='member', to=settings.AUTH_USER_MODEL)),
                    ('first_list', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='first_members', to='membership.listimport')),
                    ('version', models.PositiveIntegerField(default=1, editable=False)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'indexes': [models.Index(models.F('sort_key'), models.F('id'), include=('home_unit', 'status'), name='member_order'), models.Index(models.F('home_unit'), models.F('sort_key'), models.F('id'), include=('status',), name='member_unit_order'), models.Index(models.F('given_key'), name='member_given'), models.Index(models.F('joined_on'), models.F('id'), include=('home_unit', 'status'), name='member_joined'), models.Index(models.F('status'), models.F('sort_key'), models.F('id'), include=('home_unit',), name='member_status_order'), models.Index(models.F('sort_key'), models.F('id'), condition=models.Q(('email', ''), ('mobile', ''), ('phone', ''), ('status__in', ('full', 'guest', 'supporter'))), include=('home_unit',), name='member_unreachable'), models.Index(models.F('left_on'), models.F('id'), condition=models.Q(('left_on__isnull', False), ('status__in', ('left', 'deceased'))), include=('home_unit',), name='member_left'), models.Index(models.F('sort_key'), models.F('id'), condition=models.Q(('status__in', ['guest', 'supporter'])), include=('home_unit',), name='member_guests'), models.Index(django.db.models.functions.comparison.Coalesce('last_contact_on', 'joined_on'), models.F('id'), condition=models.Q(('status__in', ('full', 'guest', 'supporter'))), include=('home_unit',), name='member_quiet'), django.contrib.postgres.indexes.GinIndex(fields=['search_name'], name='member_search_name', opclasses=['gin_trgm_ops']), django.contrib.postgres.indexes.GinIndex(fields=['search_contact'], name='member_search_contact', opclasses=['gin_trgm_ops'])],
                    'constraints': [models.UniqueConstraint(models.F('party'), models.F('number'), condition=models.Q(('number', ''), _negated=True), name='member_number_once'), models.CheckConstraint(condition=models.Q(('status__in', ['applicant', 'full', 'guest', 'supporter', 'left', 'deceased'])), name='member_status'), models.CheckConstraint(condition=models.Q(('left_on', None), ('left_on__gte', models.F('joined_on')), _connector='OR'), name='member_left_after_joined')],
                },
            ),
            migrations.CreateModel(
                name='SectionRule',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='section_rule', to='branches.unit')),
                    ('age_from', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='from age')),
                    ('from_inclusive', models.BooleanField(default=True, verbose_name='this age is in')),
                    ('age_to', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='to age')),
                    ('to_inclusive', models.BooleanField(default=True, verbose_name='this age is in')),
                    ('genders', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=1), blank=True, default=list, size=None)),
                    ('since', models.DateField()),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('age_from__isnull', False), ('age_to__isnull', False), models.Q(('genders', []), _negated=True), _connector='OR'), name='section_rule_asks_for_something')],
                },
            ),
            migrations.CreateModel(
                name='Membership',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='membership.member')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='branches.unit')),
                    ('kind', models.CharField(choices=[('full', 'full member'), ('guest', 'guest member'), ('supporter', 'supporter')], default='full', max_length=10)),
                    ('home', models.BooleanField(default=True)),
                    ('starts_on', models.DateField()),
                    ('ends_on', models.DateField(blank=True, null=True)),
                    ('end_reason', models.CharField(blank=True, choices=[('moved', 'moved to another unit'), ('status', 'status changed'), ('left', 'left'), ('deceased', 'deceased'), ('gone', 'no longer on the list'), ('unit', 'unit reorganised'), ('rule', 'no longer by its rule'), ('out', 'ended by hand')], max_length=10)),
                    ('list_import', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='membership.listimport')),
                    ('rule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='periods', to='membership.sectionrule')),
                ],
                options={
                    'indexes': [models.Index(models.F('unit'), models.F('member'), condition=models.Q(('ends_on', None), ('home', False)), name='membership_section_now'), models.Index(models.F('ends_on'), models.F('member'), condition=models.Q(('end_reason', 'moved'), ('home', True)), name='membership_moved')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_on', None), ('ends_on__gt', models.F('starts_on')), _connector='OR'), name='membership_ends_after_start'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('home', True)), expressions=[('member', '='), (branches.models.Period('starts_on', 'ends_on', django.contrib.postgres.fields.ranges.RangeBoundary()), '&&')], name='membership_one_home'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('home', False)), expressions=[('member', '='), ('unit', '='), (branches.models.Period('starts_on', 'ends_on', django.contrib.postgres.fields.ranges.RangeBoundary()), '&&')], name='membership_section_once')],
                },
            ),
            migrations.CreateModel(
                name='Change',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='membership.member')),
                    ('kind', models.CharField(choices=[('joined', 'joined'), ('returned', 'returned'), ('moved', 'moved'), ('changed', 'changed'), ('gone', 'left'), ('number', 'number changed'), ('status', 'status changed'), ('section_in', 'came to a section'), ('section_out', 'left a section'), ('reorganised', 'unit reorganised'), ('merged', 'merged with another record'), ('unmerged', 'merge undone')], max_length=20)),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('list_import', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='changes', to='membership.listimport')),
                    ('before', models.JSONField(default=dict)),
                    ('after', models.JSONField(default=dict)),
                    ('restore', models.JSONField(null=True)),
                ],
                options={
                    'indexes': [models.Index(models.F('member'), models.OrderBy(models.F('at'), descending=True), name='change_of_member'), models.Index(models.F('list_import'), condition=models.Q(('list_import__isnull', False)), name='change_of_list'), models.Index(models.F('at'), models.F('member'), condition=models.Q(('kind', 'returned')), name='change_returned')],
                },
            ),
            migrations.CreateModel(
                name='Application',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='applications', to='branches.unit', verbose_name='unit')),
                    ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='applications', to='membership.member')),
                    ('kind', models.CharField(choices=[('full', 'full member'), ('guest', 'guest member'), ('supporter', 'supporter')], default='full', max_length=10, verbose_name='wants to be')),
                    ('state', models.CharField(choices=[('unconfirmed', 'mail address not confirmed'), ('sorting', 'to be sorted'), ('open', 'to be decided'), ('accepted', 'accepted'), ('lapsed', 'accepted by lapse of time'), ('refused', 'refused'), ('revoked', 'admission taken back after an objection'), ('withdrawn', 'withdrawn')], default='open', max_length=12)),
                    ('source', models.CharField(choices=[('form', 'join form'), ('office', 'entered by hand'), ('guest', 'invitation to a guest'), ('list', 'member list')], max_length=10)),
                    ('given_name', models.CharField(blank=True, max_length=120, verbose_name='given name')),
                    ('family_name', models.CharField(blank=True, max_length=120, verbose_name='family name')),
                    ('birth_date', models.DateField(blank=True, null=True, verbose_name='birth date')),
                    ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                    ('phone', models.CharField(blank=True, max_length=60, verbose_name='phone')),
                    ('street', models.CharField(blank=True, max_length=160, verbose_name='street')),
                    ('postcode', models.CharField(blank=True, max_length=20, verbose_name='postcode')),
                    ('city', models.CharField(blank=True, max_length=120, verbose_name='city')),
                    ('language', models.CharField(blank=True, max_length=5, verbose_name='language')),
                    ('message', models.CharField(blank=True, max_length=1000, verbose_name='message')),
                    ('search_name', models.CharField(blank=True, db_default='', default='', help_text='As of Member, until there is one.', max_length=600)),
                    ('received_on', models.DateField(verbose_name='received on')),
                    ('decide_until', models.DateField(help_text='Last day to decide; counts from the day the unit in charge has it.', null=True)),
                    ('decided_on', models.DateField(null=True)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('reason', models.CharField(blank=True, max_length=500, verbose_name='reason')),
                    ('admitted_on', models.DateField(help_text='First day of the membership.', null=True)),
                    ('reminded_on', models.DateField(null=True)),
                    ('decision_mail', models.ForeignKey(help_text='What tells the latest decision.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='outbox.message')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    'ordering': ['decide_until', 'pk'],
                    'indexes': [models.Index(models.F('unit'), models.F('state'), models.F('decide_until'), name='application_of_unit'), models.Index(models.F('decide_until'), condition=models.Q(('state', 'open')), name='application_clock'), django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass('search_name', 'gin_trgm_ops'), condition=models.Q(('search_name', ''), _negated=True), name='application_names')],
                    'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), _negated=True), ('decide_until__isnull', False), _connector='OR'), name='application_open_has_term'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['accepted', 'lapsed']), _negated=True), models.Q(('admitted_on__isnull', False), ('member__isnull', False)), _connector='OR'), name='application_admitted_is_member'), models.UniqueConstraint(models.F('member'), condition=models.Q(('state', 'open')), name='application_one_open')],
                },
            ),
            migrations.CreateModel(
                name='Objection',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='objections', to='membership.application')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('appeal', models.BooleanField(help_text='Against a refusal, by the applicant; else against an admission.')),
                    ('raised_by', models.CharField(max_length=200, verbose_name='by whom')),
                    ('raised_on', models.DateField(verbose_name='received on')),
                    ('reason', models.CharField(max_length=1000, verbose_name='reason')),
                    ('outcome', models.CharField(blank=True, choices=[('', 'to be decided'), ('dismissed', 'dismissed'), ('upheld', 'upheld')], default='', max_length=10)),
                    ('remark', models.CharField(blank=True, max_length=1000, verbose_name='reason')),
                    ('decided_on', models.DateField(null=True)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(models.F('application'), condition=models.Q(('outcome', '')), name='objection_one_open')],
                },
            ),
            migrations.CreateModel(
                name='GuestTerm',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guest_terms', to='membership.member')),
                    ('starts_on', models.DateField()),
                    ('ends_on', models.DateField()),
                    ('renewed_on', models.DateField(null=True)),
                    ('invited_on', models.DateField(null=True)),
                    ('ended', models.BooleanField(default=False)),
                ],
                options={
                    'ordering': ['ends_on', 'pk'],
                    'indexes': [models.Index(models.F('ends_on'), models.F('id'), condition=models.Q(('ended', False)), name='guest_term_running')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='guest_term_period')],
                },
            ),
            migrations.CreateModel(
                name='Area',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='areas', to='branches.unit')),
                    ('first', models.CharField(db_collation='C', max_length=20)),
                    ('last', models.CharField(db_collation='C', max_length=20)),
                    ('length', models.PositiveSmallIntegerField()),
                ],
                options={
                    'ordering': ['first', 'last'],
                    'indexes': [models.Index(models.F('length'), models.F('first'), models.F('last'), name='area_codes')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('last__gte', models.F('first'))), name='area_range')],
                },
            ),
            migrations.CreateModel(
                name='Tag',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('party', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('kind', models.CharField(choices=[('interest', 'interest'), ('skill', 'skill'), ('time', 'time')], max_length=10, verbose_name='kind')),
                    ('retired_on', models.DateField(null=True)),
                    ('merged_into', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='membership.tag')),
                ],
                options={
                    'ordering': ['kind', 'pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('merged_into', None), ('retired_on__isnull', False), _connector='OR'), name='tag_merged_is_retired')],
                },
            ),
            migrations.CreateModel(
                name='MemberTag',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='membership.member')),
                    ('tag', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='membership.tag')),
                    ('source', models.CharField(choices=[('officer', 'noted by an officer'), ('member', 'said by the member')], default='officer', max_length=10)),
                    ('set_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('set_at', models.DateTimeField()),
                ],
                options={
                    'indexes': [models.Index(models.F('tag'), models.F('member'), name='tag_members')],
                    'constraints': [models.UniqueConstraint(fields=('member', 'tag'), name='member_tag_once')],
                },
            ),
            migrations.CreateModel(
                name='BulkRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('kind', models.CharField(choices=[('tag', 'note an interest, a skill or time'), ('untag', 'take an interest, a skill or time away'), ('assign', 'ask somebody to get in touch')], max_length=10)),
                    ('filter', models.CharField(blank=True, max_length=2000)),
                    ('picks', models.JSONField(null=True)),
                    ('tag', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='membership.tag')),
                    ('to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('text', models.CharField(blank=True, max_length=200)),
                    ('due_on', models.DateField(null=True)),
                    ('state', models.CharField(choices=[('due', 'being done'), ('done', 'done'), ('undone', 'taken back')], default='due', max_length=10)),
                    ('count', models.PositiveIntegerField(default=0)),
                    ('left_out', models.JSONField(default=dict)),
                    ('stayed', models.PositiveIntegerField(default=0)),
                    ('created_at', models.DateTimeField()),
                    ('done_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['-pk'],
                    'constraints': [models.UniqueConstraint(fields=('by', 'key'), name='bulk_once_per_form')],
                },
            ),
            migrations.CreateModel(
                name='BulkRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='membership.bulkrun')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='membership.member')),
                    ('before', models.JSONField(null=True)),
                    ('made', models.BigIntegerField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='Errand',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='errands', to='membership.member')),
                    ('to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='errands', to=settings.AUTH_USER_MODEL)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('text', models.CharField(max_length=200)),
                    ('due_on', models.DateField()),
                    ('created_at', models.DateTimeField()),
                    ('done_at', models.DateTimeField(null=True)),
                    ('done_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['due_on', 'pk'],
                    'indexes': [models.Index(models.F('to'), models.F('due_on'), models.F('id'), condition=models.Q(('done_at', None)), name='errand_open'), models.Index(models.F('member'), models.OrderBy(models.F('created_at'), descending=True), name='errand_of_member')],
                },
            ),
            migrations.CreateModel(
                name='CustomField',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='custom_fields', to='branches.unit', verbose_name='unit')),
                    ('type', models.CharField(choices=[('text', 'text'), ('number', 'number'), ('date', 'date'), ('choice', 'one of several'), ('yes_no', 'yes or no')], max_length=10, verbose_name='type')),
                    ('choices', models.JSONField(blank=True, default=list, verbose_name='choices')),
                    ('purpose', models.CharField(max_length=300, verbose_name='purpose')),
                    ('right', models.PositiveSmallIntegerField(choices=[(1, 'see'), (2, 'care'), (3, 'lead')], default=2, verbose_name='who may see it')),
                    ('keep', models.CharField(choices=[('exit', 'days after the member has left'), ('fixed', 'days after it was entered')], default='exit', max_length=10, verbose_name='kept for')),
                    ('days', models.PositiveIntegerField(verbose_name='days')),
                    ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('created_at', models.DateTimeField()),
                    ('retired_on', models.DateField(null=True)),
                ],
                options={
                    'ordering': ['unit__path', 'pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('purpose', ''), _negated=True), name='custom_field_has_purpose'), models.CheckConstraint(condition=models.Q(models.Q(('type', 'choice'), _negated=True), models.Q(('choices', []), _negated=True), _connector='OR'), name='custom_field_has_choices')],
                },
            ),
            migrations.CreateModel(
                name='FieldValue',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('field', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='values', to='membership.customfield')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='custom_values', to='membership.member')),
                    ('value', models.CharField(max_length=500)),
                    ('set_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('set_at', models.DateTimeField()),
                ],
                options={
                    'indexes': [models.Index(models.F('field'), models.F('value'), models.F('member'), name='custom_value_members')],
                    'constraints': [models.UniqueConstraint(fields=('field', 'member'), name='custom_value_once'), models.CheckConstraint(condition=models.Q(('value', ''), _negated=True), name='custom_value_not_empty')],
                },
            ),
            migrations.CreateModel(
                name='Emptied',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('field', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='emptied', to='membership.customfield')),
                    ('on', models.DateField()),
                    ('count', models.PositiveIntegerField()),
                ],
                options={
                    'ordering': ['-on', '-pk'],
                },
            ),
            migrations.CreateModel(
                name='Trace',
                fields=[
                    ('member', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='membership.member')),
                    ('print', models.BigIntegerField()),
                    ('keys', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                    ('fresh', models.BooleanField(db_default=True)),
                ],
                options={
                    'indexes': [django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['keys'], name='trace_of_keys')],
                },
            ),
            migrations.CreateModel(
                name='Pair',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('low', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='membership.member')),
                    ('high', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='membership.member')),
                    ('score', models.PositiveSmallIntegerField()),
                    ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                    ('state', models.CharField(choices=[('open', 'to be decided'), ('later', 'later'), ('not_same', 'not the same person')], default='open', max_length=10)),
                    ('later_until', models.DateField(null=True)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('found_at', models.DateTimeField()),
                ],
                options={
                    'indexes': [models.Index(models.OrderBy(models.F('score'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('state', 'not_same'), _negated=True), name='pair_to_decide')],
                    'constraints': [models.UniqueConstraint(fields=('low', 'high'), name='pair_once'), models.CheckConstraint(condition=models.Q(('low__lt', models.F('high'))), name='pair_in_order')],
                },
            ),
            migrations.CreateModel(
                name='Question',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='membership.member')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                    ('closed_at', models.DateTimeField(null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('member',), name='question_once')],
                },
            ),
            migrations.CreateModel(
                name='ExportPurpose',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('labels', common.labels.LabelsField()),
                    ('party', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('columns', models.JSONField(default=list)),
                    ('days', models.PositiveSmallIntegerField(default=30, verbose_name='days to keep')),
                    ('position', models.PositiveSmallIntegerField(default=0)),
                    ('retired', models.BooleanField(default=False, verbose_name='no longer offered')),
                ],
                options={
                    'ordering': ['position', 'pk'],
                    'constraints': [models.CheckConstraint(condition=models.Q(('days__gte', 1)), name='purpose_keeps_a_day')],
                },
            ),
            migrations.CreateModel(
                name='Export',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('key', models.UUIDField(default=uuid.uuid4, editable=False)),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('purpose', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='membership.exportpurpose', verbose_name='purpose')),
                    ('words', models.CharField(max_length=200, verbose_name='what exactly for')),
                    ('filter', models.CharField(blank=True, max_length=2000)),
                    ('picks', models.JSONField(null=True)),
                    ('columns', models.JSONField(default=list)),
                    ('format', models.CharField(choices=[('xlsx', 'Excel (XLSX)'), ('csv', 'text table (CSV)'), ('pdf', 'list to print (PDF)'), ('labels', 'address labels (PDF)'), ('letters', 'letters (PDF)')], default='xlsx', max_length=10, verbose_name='format')),
                    ('text', models.JSONField(default=dict)),
                    ('language', models.CharField(max_length=5)),
                    ('state', models.CharField(choices=[('due', 'being written'), ('ready', 'ready'), ('refused', 'not allowed any more'), ('failed', 'could not be written')], default='due', max_length=10)),
                    ('progress', models.PositiveSmallIntegerField(default=0)),
                    ('leased_until', models.DateTimeField(null=True)),
                    ('attempts', models.PositiveSmallIntegerField(default=0)),
                    ('rights', models.JSONField(default=list)),
                    ('count', models.PositiveIntegerField(null=True)),
                    ('created_at', models.DateTimeField()),
                    ('expires_on', models.DateField(verbose_name='to be deleted by')),
                    ('fetched_at', models.DateTimeField(null=True)),
                    ('deleted_at', models.DateTimeField(null=True)),
                ],
                options={
                    'ordering': ['-pk'],
                    'indexes': [models.Index(models.F('unit'), models.OrderBy(models.F('id'), descending=True), name='export_of_unit'), models.Index(models.F('expires_on'), condition=models.Q(('deleted_at', None), ('fetched_at__isnull', False)), name='export_outside')],
                    'constraints': [models.UniqueConstraint(fields=('by', 'key'), name='export_once_per_form')],
                },
            ),
            migrations.CreateModel(
                name='ExportPart',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('export', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='membership.export')),
                    ('position', models.PositiveIntegerField()),
                    ('content', models.BinaryField()),
                ],
                options={
                    'ordering': ['position'],
                    'constraints': [models.UniqueConstraint(fields=('export', 'position'), name='export_part_once')],
                },
            ),
            migrations.CreateModel(
                name='ColumnMapping',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit')),
                    ('header', models.JSONField()),
                    ('mapping', models.JSONField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('unit', 'header'), name='mapping_once_per_header')],
                },
            ),
            migrations.CreateModel(
                name='StagedRow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('list_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='membership.listimport')),
                    ('line', models.PositiveIntegerField()),
                    ('outcome', models.CharField(blank=True, choices=[('same', 'unchanged'), ('joined', 'joined'), ('returned', 'returned'), ('moved', 'moved'), ('changed', 'changed'), ('look', 'please look'), ('gone', 'no longer there'), ('refused', 'refused')], max_length=10)),
                    ('member', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='membership.member')),
                    ('candidate', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='membership.member')),
                    ('number', models.CharField(blank=True, max_length=40)),
                    ('remark', models.CharField(blank=True, db_default='', max_length=20)),
                    ('values', models.JSONField(default=dict)),
                    ('problems', models.JSONField(default=list)),
                ],
                options={
                    'ordering': ['line'],
                    'indexes': [models.Index(models.F('list_import'), models.F('outcome'), models.F('line'), name='staged_outcome'), models.Index(models.F('list_import'), models.F('number'), name='staged_number')],
                    'constraints': [models.UniqueConstraint(fields=('list_import', 'line'), name='staged_line_once')],
                },
            ),
            migrations.CreateModel(
                name='Merge',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('party', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('gone', models.BigIntegerField()),
                    ('into', models.BigIntegerField()),
                    ('survivor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='merges', to='membership.member')),
                    ('number', models.CharField(blank=True, max_length=40)),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('journal', models.JSONField(default=list)),
                    ('undone_at', models.DateTimeField(null=True)),
                    ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'indexes': [models.Index(models.F('party'), models.F('number'), condition=models.Q(('undone_at', None)), name='merge_number'), models.Index(models.F('survivor'), models.F('at'), name='merge_of_survivor')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('gone',), name='merge_once')],
                },
            ),
            migrations.CreateModel(
                name='Movement',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('home', models.BooleanField()),
                    ('status', models.CharField(choices=[('full', 'full member'), ('guest', 'guest member'), ('supporter', 'supporter')], max_length=10)),
                    ('gender', models.CharField(blank=True, choices=[('f', 'female'), ('m', 'male'), ('d', 'diverse'), ('', 'not stated')], max_length=1)),
                    ('birth_date', models.DateField(null=True)),
                    ('what', models.CharField(choices=[('joined', 'joined'), ('returned', 'returned'), ('moved_in', 'moved in'), ('moved_out', 'moved out'), ('unit', 'unit reorganised'), ('status', 'status changed'), ('left', 'left'), ('deceased', 'deceased')], max_length=10)),
                    ('number', models.IntegerField()),
                    ('effective_on', models.DateField()),
                    ('booked_on', models.DateField()),
                ],
                options={
                    'indexes': [models.Index(models.F('unit'), models.F('booked_on'), name='movement_of_unit')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('number', 0), _negated=True), name='movement_counts')],
                },
            ),
            migrations.CreateModel(
                name='NoticePattern',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notice_patterns', to='branches.unit')),
                    ('name', models.CharField(max_length=80, verbose_name='name')),
                    ('kind', models.CharField(choices=[('joined', 'joined'), ('left', 'left'), ('moved', 'moved to another unit'), ('changed', 'data changed')], max_length=10, verbose_name='what the mail tells')),
                    ('contains', models.CharField(max_length=200, verbose_name='text the mail contains')),
                    ('labels', models.JSONField(default=dict)),
                    ('example', models.TextField(blank=True, max_length=5000, verbose_name='example')),
                ],
                options={
                    'ordering': ['name', 'pk'],
                },
            ),
            migrations.CreateModel(
                name='Notice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='branches.unit')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('digest', models.CharField(max_length=64)),
                    ('sender', models.CharField(blank=True, max_length=200)),
                    ('subject', models.CharField(blank=True, max_length=200)),
                    ('sent_at', models.DateTimeField(null=True)),
                    ('text', models.TextField()),
                    ('kind', models.CharField(blank=True, choices=[('joined', 'joined'), ('left', 'left'), ('moved', 'moved to another unit'), ('changed', 'data changed')], max_length=10)),
                    ('values', models.JSONField(default=dict)),
                    ('state', models.CharField(choices=[('open', 'to be decided'), ('done', 'taken over'), ('dropped', 'set aside')], default='open', max_length=10)),
                    ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notices', to='membership.member')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'indexes': [models.Index(models.F('unit'), models.F('state'), models.OrderBy(models.F('id'), descending=True), name='notice_of_unit')],
                    'constraints': [models.UniqueConstraint(fields=('unit', 'digest'), name='notice_once')],
                },
            ),
            migrations.CreateModel(
                name='Ask',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asks', to='membership.member')),
                    ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('at', models.DateTimeField()),
                    ('until', models.DateField()),
                    ('message', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='outbox.message')),
                    ('answered_at', models.DateTimeField(null=True)),
                    ('change', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='answer', to='membership.change')),
                ],
                options={
                    'indexes': [models.Index(models.F('member'), models.OrderBy(models.F('at'), descending=True), name='ask_of_member')],
                },
            ),
            migrations.CreateModel(
                name='Proposal',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('ask', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='membership.ask')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='membership.member')),
                    ('field', models.CharField(max_length=20)),
                    ('before', models.CharField(blank=True, max_length=254)),
                    ('after', models.CharField(blank=True, max_length=254)),
                    ('state', models.CharField(choices=[('waiting', 'waiting for an office'), ('accepted', 'accepted'), ('refused', 'refused'), ('replaced', 'replaced by a newer one')], default='waiting', max_length=10)),
                    ('at', models.DateTimeField()),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'indexes': [models.Index(models.F('at'), models.F('id'), condition=models.Q(('state', 'waiting')), name='proposal_waiting')],
                    'constraints': [models.UniqueConstraint(models.F('member'), models.F('field'), condition=models.Q(('state', 'waiting')), name='proposal_one_waiting')],
                },
            ),
            migrations.CreateModel(
                name='Reading',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('what', models.CharField(choices=[('page', 'page of the person'), ('edit', 'form to correct the data'), ('export', 'export'), ('letter', 'letter or certificate'), ('information', 'information about all data')], max_length=12)),
                    ('office', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.office')),
                    ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
                    ('members', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ],
                options={
                    'indexes': [django.contrib.postgres.indexes.BrinIndex(models.F('at'), name='reading_at'), django.contrib.postgres.indexes.GinIndex(fields=['members'], name='reading_members')],
                    'constraints': [models.UniqueConstraint(models.F('by'), models.F('what'), models.F('at'), models.F('members'), condition=models.Q(('what__in', ['page', 'edit'])), name='reading_once_a_minute')],
                },
            ),
            migrations.CreateModel(
                name='Transfer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='transfers', to='membership.member')),
                    ('from_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_out', to='branches.unit', verbose_name='from')),
                    ('to_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_in', to='branches.unit', verbose_name='to')),
                    ('decider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers_to_decide', to='branches.unit')),
                    ('state', models.CharField(choices=[('open', 'asked'), ('granted', 'granted'), ('done', 'done'), ('refused', 'refused'), ('withdrawn', 'withdrawn')], default='open', max_length=10)),
                    ('moves_on', models.DateField(verbose_name='moves on')),
                    ('by_member', models.BooleanField(default=False, verbose_name='The member has asked for it')),
                    ('reason', models.CharField(max_length=500, verbose_name='reason')),
                    ('handover', models.TextField(blank=True, max_length=2000, verbose_name='hand-over note')),
                    ('exception', models.BooleanField(help_text='The member lives in the area of another unit.')),
                    ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('requested_on', models.DateField()),
                    ('answer_until', models.DateField()),
                    ('from_answer', models.CharField(blank=True, choices=[('', 'no answer yet'), ('accept', 'accepts'), ('decline', 'declines')], default='', max_length=10)),
                    ('from_remark', models.CharField(blank=True, max_length=500)),
                    ('from_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('to_answer', models.CharField(blank=True, choices=[('', 'no answer yet'), ('accept', 'accepts'), ('decline', 'declines')], default='', max_length=10)),
                    ('to_remark', models.CharField(blank=True, max_length=500)),
                    ('to_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('decision', models.CharField(blank=True, choices=[('', 'no answer yet'), ('accept', 'accepts'), ('decline', 'declines')], default='', max_length=10)),
                    ('decision_remark', models.CharField(blank=True, max_length=500)),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('closed_on', models.DateField(null=True)),
                ],
                options={
                    'ordering': ['answer_until', 'pk'],
                    'indexes': [models.Index(models.F('answer_until'), condition=models.Q(('state', 'open')), name='transfer_open'), models.Index(models.F('moves_on'), condition=models.Q(('state', 'granted')), name='transfer_granted')],
                    'constraints': [models.UniqueConstraint(models.F('member'), condition=models.Q(('state__in', ['open', 'granted'])), name='transfer_one_running'), models.CheckConstraint(condition=models.Q(('from_unit', models.F('to_unit')), _negated=True), name='transfer_to_another_unit')],
                },
            ),
            migrations.CreateModel(
                name='SavedView',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='branches.unit', verbose_name='for everybody with an office in')),
                    ('name', models.CharField(max_length=80, verbose_name='name')),
                    ('address', models.CharField(max_length=2000)),
                ],
                options={
                    'ordering': ['name', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('by', 'name'), name='saved_view_name_once')],
                },
            ),
        ]),
        migrations.RunSQL(KEEP_READING, "DROP FUNCTION membership_keep_reading() CASCADE"),
        migrations.RunSQL([BOOK_PERIODS, BOOK_MEMBERS, VIEW, *KEEP_BOOK, *TRIGGERS], DROPPED),
        migrations.RunSQL(SAMPLES.format(500), SAMPLES.format(-1)),
    ]
