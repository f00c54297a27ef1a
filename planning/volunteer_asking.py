"""Asking members to help in an election: whom it reaches, who is left out and why, and what they answer."""

from django.db import transaction
from django.db.models import Case, CharField, Count, Q, Value, When
from django.utils.translation import gettext_lazy as _

from membership.models import Member
from membership.own_data import refused_mail
from outbox.models import Message
from outbox.relay import enqueue
from planning import volunteer_swaps
from planning.models import Availability, Duty, Volunteer

KIND = "volunteer_ask"
MOST = 2000  # asked by one click
State = Volunteer.State
# Why somebody is not asked by mail.
WHY_NOT = {
    "yes": _("help already"), "asked": _("are asked already"), "no": _("said no"), "alone": _("do not want to be asked"),
    "no_mail": _("have no mail address"), "dead": _("their mail comes back"),
}  # fmt: skip
CALL = ("no_mail", "dead")


def members_of(election, user, unit=None, tag=None, helped=False):
    """Active members of the units that take part in `election` whom `user` cares for.

    unit: only of this unit and those below; tag: only who has this word; helped: only who was at a shift of an earlier election.
    """
    # Each unit that takes part is named, also those below another; where none is besides the one that runs it, that is all of it.
    belong = Q(home_unit__in=election.units.values("pk"))
    if election.unit.kind.is_section or not election.units.exclude(pk=election.unit_id).exists():
        belong |= Q(pk__in=Member.objects.in_unit(election.unit).values("pk"))
    found = Member.objects.editable_by(user).active().filter(belong)
    if unit:
        found = found.filter(pk__in=Member.objects.in_unit(unit).values("pk"))
    if tag:
        found = found.filter(tags__tag=tag)
    if helped:
        found = found.filter(pk__in=Duty.objects.filter(state=Duty.State.DONE).exclude(shift__post__election=election).values("member"))
    return found


def with_reasons(members, election):
    """`members` annotated with `why` they are not asked by mail: a key of WHY_NOT, "" for those who are."""
    here = Volunteer.objects.filter(election=election)
    of = {name: here.filter(state__in=states).values("member") for name, states in {"yes": [State.YES], "asked": [State.ASKED], "no": [State.NO, State.WITHDRAWN]}.items()}
    alone = Volunteer.objects.filter(leave_alone=True).values("member")
    whens = [When(pk__in=pks, then=Value(name)) for name, pks in of.items()]
    whens += [When(pk__in=alone, then=Value("alone")), When(email="", then=Value("no_mail")), When(refused_mail(), then=Value("dead"))]
    return members.annotate(why=Case(*whens, default=Value(""), output_field=CharField()))


def counts(members):
    """(number who are asked, [(why not in words, number)]) of members with_reasons."""
    found = dict(members.order_by().values_list("why").annotate(n=Count("pk")))
    return found.pop("", 0), [(words, found[name]) for name, words in WHY_NOT.items() if name in found]


@transaction.atomic
def ask(election, members, by, note, now):
    """Ask those of `members` (with_reasons) who may be asked; returns how many. Nobody is asked twice for one election, whoever asks at once."""
    fresh = list(members.filter(why="").order_by("pk").values_list("pk", "home_unit")[:MOST])
    Volunteer.objects.bulk_create(
        [Volunteer(election=election, member_id=pk, unit_id=unit, by=by, asked_at=now) for pk, unit in fresh], ignore_conflicts=True
    )  # fmt: skip
    asked = Volunteer.objects.filter(election=election, member__in=[pk for pk, _unit in fresh], state=State.ASKED)
    payloads = [{"volunteer": pk, "member": member, "note": note} for pk, member in asked.values_list("pk", "member")]
    return len(enqueue([Message(kind=KIND, key=f"{KIND}:{election.pk}:{payload['member']}", payload=payload, due_at=now) for payload in payloads]))


@transaction.atomic
def note_answer(election, member, agrees, by, now):
    """What `member` said when `by` called or met them. Returns the Volunteer."""
    fields = {"unit": member.home_unit, "asked_at": now, "by": by}
    row = Volunteer.objects.get_or_create(election=election, member=member, defaults=fields)[0]
    if agrees:
        row.agree(now, by)
    else:
        volunteer_swaps.withdraw(row, now, by)
    return row


@transaction.atomic
def set_times(volunteer, spans):
    """`volunteer` can come during `spans` [(starts, ends)]; none at all: whenever they are needed."""
    Volunteer.objects.select_for_update(of=("self",)).get(pk=volunteer.pk)
    volunteer.times.all().delete()
    Availability.objects.bulk_create(Availability(volunteer=volunteer, starts_at=starts, ends_at=ends) for starts, ends in spans)
