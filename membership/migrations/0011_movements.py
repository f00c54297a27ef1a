"""The book of movements: the table, and the triggers that write it from periods of membership, gender and birth date."""

import django.db.models.deletion
from django.db import migrations, models

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
# What the book would say if it were written in one go: for the first opening, and to check it by.
VIEW = f"CREATE VIEW membership_line AS {lines('membership_membership', 'membership_member')}"
KEEP = [
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


class Migration(migrations.Migration):

    dependencies = [
        ('branches', '0004_units_in_time'),
        ('membership', '0010_admission_and_transfers'),
    ]

    operations = [
        migrations.AlterField(
            model_name='membership',
            name='end_reason',
            field=models.CharField(blank=True, choices=[('moved', 'moved to another unit'), ('status', 'status changed'), ('left', 'left'), ('deceased', 'deceased'), ('gone', 'no longer on the list'), ('unit', 'unit reorganised')], max_length=10),
        ),
        migrations.CreateModel(
            name='Movement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('home', models.BooleanField()),
                ('status', models.CharField(choices=[('full', 'full member'), ('guest', 'guest member'), ('supporter', 'supporter')], max_length=10)),
                ('gender', models.CharField(blank=True, choices=[('f', 'female'), ('m', 'male'), ('d', 'diverse'), ('', 'not stated')], max_length=1)),
                ('birth_date', models.DateField(null=True)),
                ('what', models.CharField(choices=[('joined', 'joined'), ('returned', 'returned'), ('moved_in', 'moved in'), ('moved_out', 'moved out'), ('unit', 'unit reorganised'), ('status', 'status changed'), ('left', 'left'), ('deceased', 'deceased')], max_length=10)),
                ('number', models.IntegerField()),
                ('effective_on', models.DateField()),
                ('booked_on', models.DateField()),
                ('unit', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='branches.unit')),
            ],
            options={
                'indexes': [models.Index(models.F('unit'), models.F('booked_on'), name='movement_of_unit')],
                'constraints': [models.CheckConstraint(condition=models.Q(('number', 0), _negated=True), name='movement_counts')],
            },
        ),
        migrations.RunSQL([BOOK_PERIODS, BOOK_MEMBERS, VIEW, book("membership_line"), *KEEP, *TRIGGERS], DROPPED),
    ]
