"""Triggers that note whose figures a statement may have changed. They see every writer: pages, lists by COPY, the console."""

from django.db import migrations

# Units that count a member: the home, and the sections the member belongs to now (see cockpit.figures).
UNITS_OF_MEMBERS = """
    SELECT home_unit_id FROM membership_member WHERE id IN ({members})
    UNION SELECT unit_id FROM membership_membership WHERE member_id IN ({members}) AND NOT home AND ends_on IS NULL
"""
# table: (columns that figures depend on, the units behind the rows of `changed`)
SOURCES = {
    "membership_member": (
        "id, home_unit_id, status, joined_on, left_on",
        "SELECT home_unit_id FROM changed UNION " + UNITS_OF_MEMBERS.format(members="SELECT id FROM changed"),
    ),
    "membership_membership": ("id, unit_id, member_id, home, ends_on", "SELECT unit_id FROM changed WHERE NOT home"),
    "onboarding_journey": (
        "id, member_id, state, started_on, first_contact_on, contact_due_on, next_due_on, reason",
        UNITS_OF_MEMBERS.format(members="SELECT member_id FROM changed"),
    ),
    "onboarding_journeystep": (
        "id, journey_id, step_id, due_on, state, done_on",
        UNITS_OF_MEMBERS.format(members="SELECT member_id FROM onboarding_journey WHERE id IN (SELECT journey_id FROM changed)"),
    ),
    "onboarding_step": (
        "id, slug, locked",
        "SELECT id FROM branches_unit WHERE EXISTS (SELECT FROM changed JOIN onboarding_journeystep ON step_id = changed.id)",
    ),
    # A unit that moves leaves its old parent wrong as well as its new one.
    "branches_unit": (
        "id, path, kind_id",
        "SELECT unit.id FROM changed JOIN branches_unit unit USING (id) UNION "
        "SELECT parent.id FROM changed JOIN branches_unit parent ON parent.path = left(changed.path, -4) WHERE length(changed.path) > 4",
    ),
    "branches_unitkind": ("id, is_section", "SELECT unit.id FROM changed JOIN branches_unit unit ON unit.kind_id = changed.id"),
}
EVENTS = {"insert": "NEW TABLE AS new_rows", "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows", "delete": "OLD TABLE AS old_rows"}


def create(table, columns, units):
    new, old = (f"SELECT {columns} FROM {rows}" for rows in ("new_rows", "old_rows"))
    # One mark per unit and transaction: nobody else can have removed one's own. Those of others may be on their way out.
    mark = f"""
        WITH changed AS ({{}}), marked (unit_id) AS ({units})
        INSERT INTO cockpit_staleunit (unit_id) SELECT DISTINCT unit_id FROM marked WHERE NOT EXISTS (
            SELECT FROM cockpit_staleunit mine WHERE mine.unit_id = marked.unit_id AND mine.xmin = pg_current_xact_id()::xid
        );
    """
    # A plan made for one row must not serve a list of a hundred thousand, nor the other way round.
    yield f"""
        CREATE FUNCTION cockpit_mark_{table}() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {mark.format(new)}
            ELSIF TG_OP = 'DELETE' THEN {mark.format(old)}
            ELSE {mark.format(f"({old} EXCEPT {new}) UNION ALL ({new} EXCEPT {old})")}
            END IF;
            RETURN NULL;
        END $$
    """
    for event, rows in EVENTS.items():
        yield f"""
            CREATE TRIGGER cockpit_mark_{event} AFTER {event} ON {table} REFERENCING {rows}
            FOR EACH STATEMENT EXECUTE FUNCTION cockpit_mark_{table}()
        """


def drop(table):
    for event in EVENTS:
        yield f"DROP TRIGGER cockpit_mark_{event} ON {table}"
    yield f"DROP FUNCTION cockpit_mark_{table}()"


class Migration(migrations.Migration):
    dependencies = [
        ("cockpit", "0001_initial"),
        ("branches", "0001_initial"),
        ("membership", "0001_initial"),
        ("onboarding", "0001_initial"),
    ]
    operations = [migrations.RunSQL(list(create(table, columns, units)), list(drop(table))) for table, (columns, units) in SOURCES.items()]
