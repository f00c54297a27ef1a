"""Who takes which shift: every rule is asked again under the locks of the member and the shift, so two requests at once break none."""

from collections import defaultdict
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from membership.models import ACTIVE, Member
from planning import cover
from planning.models import Availability, Duty, Shift, Volunteer

WORDS = {
    "state": _("has not said that they help"),
    "there": _("is there already"),
    "full": _("nobody is missing there any more"),
    "place": _("is at another place at that time"),
    "way": _("has too little time to get there from another post"),
    "night": _("would have too short a night"),
    "hours": _("would have too many hours on that day"),
    "times": _("cannot come at that time"),
    "gone": _("this shift is settled already"),
}
AROUND = timedelta(days=2)  # duties further away than this have no bearing on a shift


class Refused(ValidationError):
    """They cannot take it; the message is one of WORDS, the code its key."""

    def __init__(self, reason):
        super().__init__(WORDS[reason], code=reason)


def rules_of(election):
    return cover.Rules(election.minutes_between, election.night_rest_hours, election.most_hours)


def span_of(row, post):
    return cover.span(post, row.starts_at, row.ends_at)


def why_not(shift, volunteers, starts_at=None, ends_at=None, instead_of=None):
    """{volunteer pk: why they cannot take `shift` (or the part of it): a key of WORDS}; who can has no entry. Three queries for all `volunteers`.

    instead_of: a Duty of that shift whose place it is about.
    """
    wanted = cover.span(shift.post_id, starts_at or shift.starts_at, ends_at or shift.ends_at)
    found, members = {}, [one.member_id for one in volunteers]
    own, rules = _own(members, wanted, shift.post.election)
    times = defaultdict(list)
    for row in Availability.objects.filter(volunteer__in=[one.pk for one in volunteers]):
        times[row.volunteer_id].append((row.starts_at, row.ends_at))
    duties = [duty for duty in shift.duties.live() if duty != instead_of]
    there, full = {duty.member_id for duty in duties}, not _missing(shift, duties, wanted)
    for one in volunteers:
        mine = own[one.member_id]
        if one.state != Volunteer.State.YES or one.member.status not in ACTIVE:
            reason = "state"
        elif one.member_id in there and any(cover.clash(wanted, span, rules[one.member_id]) == "place" for span in mine):
            reason = "there"
        elif full:
            reason = "full"
        else:
            reason = cover.why_not(wanted, mine, times[one.pk], rules[one.member_id])
        if reason:
            found[one.pk] = reason
    return found


def _own(members, wanted, election):
    """({member pk: their Spans near the Span `wanted`}, {member pk: the Rules that hold for them}): the strictest of all elections they help in then."""
    near = Duty.objects.live().filter(member__in=members, starts_at__lt=wanted.ends + AROUND, ends_at__gt=wanted.starts - AROUND)
    own, rules = defaultdict(list), defaultdict(lambda: [rules_of(election)])
    for duty in near.select_related("shift__post__election"):
        own[duty.member_id].append(span_of(duty, duty.shift.post_id))
        rules[duty.member_id].append(rules_of(duty.shift.post.election))
    return own, {pk: cover.strictest(rules[pk]) for pk in members}


def _missing(shift, duties, wanted):
    """Whether somebody is missing at any time of `wanted`."""
    open_now = cover.holes([(shift.starts_at, shift.ends_at, shift.needed)], [(duty.starts_at, duty.ends_at) for duty in duties])
    return any(hole.starts < wanted.ends and hole.ends > wanted.starts for hole in open_now)


def lock(members):
    """Whoever changes where `members` (keys) are waits for each other here: members first, then shifts, then duties, so that nobody waits in a circle."""
    list(Member.objects.filter(pk__in=members).order_by("pk").select_for_update(of=("self",), no_key=True))


def _locked(shift_pk, members):
    """The Shift, locked after the members. Raises Refused when it is gone."""
    lock(members)
    shift = Shift.objects.select_related("post__election").select_for_update(of=("self",)).filter(pk=shift_pk).first()
    if shift is None:
        raise Refused("gone")
    return shift


def _plan(shift, volunteer, now, by, starts_at, ends_at):
    starts_at, ends_at = starts_at or shift.starts_at, ends_at or shift.ends_at
    volunteer = Volunteer.objects.select_related("member").get(pk=volunteer.pk)
    if volunteer.election_id != shift.post.election_id or not shift.starts_at <= starts_at < ends_at <= shift.ends_at:
        raise ValueError("another election, or not a part of the shift")
    if reason := why_not(shift, [volunteer], starts_at, ends_at).get(volunteer.pk):
        raise Refused(reason)
    return Duty.objects.create(
        shift=shift, volunteer=volunteer, member_id=volunteer.member_id, starts_at=starts_at, ends_at=ends_at, by=by, at=now, state_by=by, state_at=now
    )  # fmt: skip


@transaction.atomic
def assign(shift, volunteer, now, by=None, starts_at=None, ends_at=None):
    """Plan the Volunteer for the Shift, or for the part of it that is given. Returns the Duty.

    Raises Refused with the reason where a rule speaks against it, ValueError for a volunteer of another election or times outside the shift.
    """
    return _plan(_locked(shift.pk, [volunteer.member_id]), volunteer, now, by, starts_at, ends_at)


@transaction.atomic
def hand_over(duty, volunteer, now, by=None):
    """`volunteer` takes the whole `duty` over. Returns their new Duty. Raises Refused, and then nothing has changed."""
    shift = _locked(duty.shift_id, [duty.member_id, volunteer.member_id])
    duty = Duty.objects.get(pk=duty.pk)
    if not duty.decline(now, by):
        raise Refused("gone")
    return _plan(shift, volunteer, now, by, duty.starts_at, duty.ends_at)
