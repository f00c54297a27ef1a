"""Adding a member by hand and correcting one, so that nobody's work is overwritten unseen."""

from django.db import connection, transaction

from branches.models import Unit
from membership import duplicates
from membership.models import Change, Member
from membership.periods import begin, home_of
from membership.search import keys


class Clash(Exception):
    """Somebody else changed the same fields meanwhile; `fields` are their names, `member` the row as it is now."""

    def __init__(self, member, fields):
        self.member, self.fields = member, fields


class Known(Exception):
    """Somebody of this name is in the unit already: `member`."""

    def __init__(self, member):
        self.member = member


def as_text(value):
    """A field's value as it is kept in changes and compared: dates as 2026-11-22, nothing as ""."""
    return "" if value is None else str(value)


def picture(member, names):
    """{field: text} of what a form shows, to be sent back with it."""
    return {name: as_text(getattr(member, name)) for name in names}


@transaction.atomic
def correct(pk, values, picture, by, now):
    """Write what differs between `values` and the `picture` it was corrected from; returns the Change, None without a difference.

    What others changed in other fields meanwhile stays. Raises Clash when they changed the same field to something else.
    """
    member = Member.objects.select_for_update().get(pk=pk)
    wanted = {name: value for name, value in values.items() if as_text(value) != picture.get(name)}
    now_there = {name: as_text(getattr(member, name)) for name in wanted}
    clashes = [name for name, value in wanted.items() if now_there[name] not in (picture.get(name), as_text(value))]
    if clashes:
        raise Clash(member, clashes)
    changed = {name: value for name, value in wanted.items() if as_text(value) != now_there[name]}
    if not changed:
        return None
    for name, value in changed.items():
        setattr(member, name, value)
    _index(member)
    member.version += 1
    member.save()
    return Change.objects.create(
        member=member, kind=Change.Kind.NUMBER if changed.keys() == {"number"} else Change.Kind.CHANGED, at=now, by=by,
        before={name: now_there[name] for name in changed}, after={name: as_text(value) for name, value in changed.items()},
    )  # fmt: skip


@transaction.atomic
def add(member, by, now, another=False, note=""):
    """Save `member` (not saved yet, with home unit) with its first period. Raises Known for a namesake in the unit unless `another`.

    A supporter whose home unit is given as a section belongs to that section alone (membership.periods).
    note: words for the history. Two clicks at once count as one: the second finds the namesake.
    """
    unit, member.home_unit = member.home_unit, home_of(member.home_unit)
    _index(member)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{member.home_unit_id} {member.sort_key}"])
    known = Member.objects.filter(home_unit=member.home_unit, sort_key=member.sort_key).first()
    if known and not another:
        raise Known(known)
    member.party = Unit.objects.get(path=member.home_unit.root_path)
    member.save()
    begin(member, unit, member.joined_on)
    Change.objects.create(
        member=member, kind=Change.Kind.JOINED, at=now, by=by,
        after={"status": member.status, "joined_on": as_text(member.joined_on), "home_unit": unit.slug} | ({"note": note} if note else {}),
    )  # fmt: skip
    duplicates.leave_trace(member)
    return member


def _index(member):
    for column, value in keys(member.family_name, member.given_name, member.number, member.email, (member.phone, member.mobile)).items():
        setattr(member, column, value)
