"""The verbs that change what somebody is: left, deceased, returned, full member, guest, supporter. Each writes periods and one Change.

Journeys follow in the room above (onboarding.standing), in the same transaction, or with its next run.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from branches.models import Unit
from membership.correcting import as_text
from membership.models import GONE, Change, GuestTerm, Member, Membership, Status
from membership.periods import begin, home_of

FIELDS = ("status", "left_on", "joined_on", "joined_estimated", "home_unit_id")
PERIOD = ("member_id", "unit_id", "kind", "home", "starts_on", "ends_on", "end_reason", "list_import_id")


@transaction.atomic
def leave(pk, on, by, now, reason="", deceased=False):
    """The membership of member `pk` ends: `on` is the first day without. Home and sections end with it. Returns the Change.

    Raises ValidationError for somebody who is no member, and for a day that cannot be.
    """
    member = _lock(pk)
    if member.status not in Membership.Kind.values:
        raise ValidationError(_("%(name)s is no member.") % {"name": member.name})
    _check_day(on, now, _last_day(member))
    taking = _Taking(member)
    taking.end(member.memberships.filter(ends_on=None), on, Membership.End.DECEASED if deceased else Membership.End.LEFT)
    member.status, member.left_on = (Status.DECEASED if deceased else Status.LEFT), on
    return taking.write(Change.Kind.GONE, by, now, reason)


@transaction.atomic
def become(pk, kind, on, by, now, unit=None, note=""):
    """Member `pk` becomes full member, guest or supporter (`kind`) on the day `on`, at home in `unit` (default: where they are).

    Covers who changes the kind, who returns and applicants. A supporter of a section belongs to it alone. Days as guest or
    supporter do not count for seniority: whoever becomes a full member for the first time has joined that day; every other
    join date stays. Returns the Change. Raises ValidationError where there is nothing to change or the day cannot be.
    """
    member = _lock(pk)
    unit = unit or member.home_unit
    if member.status == kind:
        raise ValidationError(_("%(name)s is that already.") % {"name": member.name})
    returns, applies = member.status in GONE, member.status == Status.APPLICANT
    _check_day(on, now, None if applies else _last_day(member))
    taking = _Taking(member)
    was_full = member.memberships.filter(kind=Membership.Kind.FULL).exists()
    own = member.memberships.filter(ends_on=None, kind=member.status) if member.status == Status.SUPPORTER else member.memberships.none()
    taking.end(member.memberships.filter(ends_on=None, home=True) | own, on, Membership.End.STATUS)
    if applies or (kind == Status.FULL and not returns and not was_full):
        member.joined_on, member.joined_estimated = on, False
    member.status, member.left_on = kind, None
    member.home_unit = home_of(unit)
    taking.opened = begin(member, unit, on)
    if kind == Status.FULL:
        # The section a supporter came by stays theirs, now as a full member.
        taking.opened += [member.memberships.create(unit=period.unit, home=False, starts_on=on) for period in own_sections(taking.ended, unit)]
    word = Change.Kind.JOINED if applies else Change.Kind.RETURNED if returns else Change.Kind.STATUS
    return taking.write(word, by, now, note)


def own_sections(ended, unit):
    return [period for period in ended if not period.home and period.unit_id != unit.pk]


@transaction.atomic
def take_back(change, by, now):
    """Undo what leave or become wrote, as long as nothing else has happened to the member since. False when it has, or was undone before.

    Both entries stay in the history.
    """
    member = _lock(change.member_id)
    was = change.restore or {}
    if was.get("status_of_version") != member.version:
        return False
    before = {name: as_text(getattr(member, name)) for name in FIELDS}
    Membership.objects.filter(pk__in=was["opened"]).delete()
    for period in was["periods"]:
        Membership.objects.update_or_create(pk=period.pop("id"), defaults=period)
    for name, value in was["fields"].items():
        setattr(member, name, Member._meta.get_field(name).to_python(value) if value != "" else None)
    if member.status == Status.GUEST:
        member.guest_terms.filter(ended=True, pk=was["guest_term"]).update(ended=False)
    member.guest_terms.filter(ended=False).exclude(pk=was["guest_term"]).delete()
    member.version += 1
    member.save()
    after = {name: as_text(getattr(member, name)) for name in FIELDS}
    Change.objects.create(
        member=member, kind=Change.Kind.STATUS, at=now, by=by, **_told(before, after, _("Taken back: it was a mistake.")),
    )  # fmt: skip
    return True


def last_verb(member):
    """The last Change of status of `member` that can still be taken back, None without one."""
    return member.changes.filter(restore__status_of_version=member.version).order_by("-pk").first()


class _Taking:
    """A member as they were, and what a verb did to the periods: for the Change and for taking it back."""

    def __init__(self, member):
        self.member = member
        self.before = {name: as_text(getattr(member, name)) for name in FIELDS}
        self.ended, self.opened, self.rows = [], [], []
        term = member.guest_terms.filter(ended=False).first()
        self.guest_term = term and term.pk

    def end(self, periods, on, reason):
        """End `periods` on the day `on`; one that would never have begun is dropped."""
        for period in periods.select_related("unit__kind"):
            self.rows.append({"id": period.pk} | {name: _plain(getattr(period, name)) for name in PERIOD})
            self.ended.append(period)
            if period.starts_on >= on:
                Membership.objects.filter(pk=period.pk).delete()
            else:
                Membership.objects.filter(pk=period.pk).update(ends_on=on, end_reason=reason)
        GuestTerm.objects.filter(pk=self.guest_term).update(ended=True)

    def write(self, kind, by, now, note):
        member = self.member
        member.version += 1
        member.save()
        after = {name: as_text(getattr(member, name)) for name in FIELDS}
        restore = {
            "status_of_version": member.version, "fields": self.before, "periods": self.rows,
            "opened": [period.pk for period in self.opened], "guest_term": self.guest_term,
        }  # fmt: skip
        return Change.objects.create(member=member, kind=kind, at=now, by=by, restore=restore, **_told(self.before, after, note))


def _told(before, after, note):
    """before and after of what differs, the unit by its slug, and the words that go with it."""
    changed = {name for name in before if before[name] != after[name]}

    def told(values):
        found = {name: values[name] for name in changed - {"home_unit_id"}}
        return found | ({"home_unit": Unit.objects.get(pk=values["home_unit_id"]).slug} if "home_unit_id" in changed else {})

    return {"before": told(before), "after": told(after) | ({"note": note} if note else {})}


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def _lock(pk):
    return Member.objects.select_for_update(of=("self",)).select_related("home_unit__kind").get(pk=pk)


def _last_day(member):
    """The last day on which something began or ended for `member`: nothing may happen before it."""
    days = member.memberships.filter(Q(home=True) | Q(kind=Membership.Kind.SUPPORTER)).aggregate(Max("starts_on"), Max("ends_on"))
    return max(day for day in (member.joined_on, member.left_on, *days.values()) if day)


def _check_day(on, now, since):
    if on > timezone.localdate(now):
        raise ValidationError({"on": _("This day is still to come.")})
    if since and on < since:
        day = formats.date_format(since, "SHORT_DATE_FORMAT")
        raise ValidationError({"on": _("This day lies before %(day)s, when the last change was.") % {"day": day}})
