"""When a member was last reached stands with the member, so that a list of the quiet ones costs what any other does."""

from django.db import migrations

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
FILL = """
UPDATE membership_member member SET last_contact_on = found.last
FROM (SELECT member_id, max("on") AS last FROM onboarding_contact WHERE result = 'reached' GROUP BY member_id) found
WHERE member.id = found.member_id
"""


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0004_escalation"), ("membership", "0014_last_contact")]

    operations = [migrations.RunSQL([*FORWARDS, FILL], BACKWARDS)]
