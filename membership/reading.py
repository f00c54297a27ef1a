"""The log of reading personal data (Art. 5 (2), Art. 15 (1) c GDPR): one entry for each view or export of others' records.

A view is the page or the correction form of one person; an export is a file with rows of persons, one entry with all of them. Lists of
names and hits of a search are no view: they show nothing that the name behind a link would not.
"""

from branches.models import Unit
from common import prepared
from membership.models import Member, Membership, Reading

# Not waited for until it is on the disk: otherwise every page of a person would wait as long as it takes to be drawn.
NOTE = """
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO membership_reading (at, by_id, what, office_id, unit_id, members)
SELECT %s, %s, %s, %s, %s, %s::bigint[] FROM quick ON CONFLICT DO NOTHING
"""
HOMES = "SELECT DISTINCT unit.id, unit.path FROM branches_unit unit JOIN membership_member member ON member.home_unit_id = unit.id WHERE member.id = ANY(%s)"


def note(user, members, what, now, through=None):
    """Record that `user` reads `members` at `now`: one Member (with home unit) or, of a file, the primary keys of all in it.

    what: a Reading.What. The same page of the same person within one minute is one view. One's own record is no entry.
    through: the Appointment that opened them; found when not given. Costs one statement where the reader's offices lie above the home.
    """
    if isinstance(members, Member):
        prepared.together(entry(user, members, what, now, through))
        return
    own = Member.objects.filter(user=user).values_list("pk", flat=True).first()
    found = sorted({pk for pk in members if pk != own})
    if found:
        prepared.together(_entry(user, found, what, now, through or opened_all_by(user, found)))


def entry(user, member, what, now, through=None):
    """The prepared.Question that records it for one Member, for those who ask more at the same time."""
    if member.user_id == user.pk:
        return prepared.NOTHING
    return _entry(user, [member.pk], what, now, through or opened_by(user, member))


def _entry(user, pks, what, now, through):
    office, unit = (through.office_id, through.unit_id) if through else (None, None)
    # The keys as one text: a list of a million is taken apart by the driver one by one.
    return prepared.Question(NOTE, (now.replace(second=0, microsecond=0), user.pk, what, office, unit, prepared.keys(pks)))


def opened_by(user, member):
    """The Appointment with the widest right through which `user` reads `member`; None without any."""
    held = user.appointments_now
    through = next((a for a in held if a.covers(member.home_unit)), None)
    sections = [a for a in held if a.unit.kind.is_section]
    if through or len(sections) < 2:
        return through or (sections[0] if sections else None)
    paths = set(Membership.objects.filter(member=member, home=False, ends_on=None).values_list("unit__path", flat=True))
    return next((a for a in sections if any(path.startswith(a.unit.path) if a.below else path == a.unit.path for path in paths)), None)


def opened_all_by(user, pks):
    """The Appointment that covers the homes of all members `pks`, else the widest one."""
    held = user.appointments_now
    if len(held) < 2:
        return held[0] if held else None
    homes = list(Unit.objects.raw(HOMES, [pks]))
    return next((a for a in held if all(a.covers(home) for home in homes)), held[0])


def forget(now):
    """Delete the entries whose time is over; returns how many."""
    return Reading.objects.filter(at__lt=now - Reading.KEPT).delete()[0]
