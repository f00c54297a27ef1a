"""Members look at their own data by a signed link from a mail, without an account.

What is harmless applies at once, names, birth date, mail address and gender wait for an office: whoever gets hold of somebody's mail
could otherwise become that person. One answer per link; one mail per person and month.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import BigIntegerField, Case, Exists, OuterRef, Q, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from common.links import Link
from membership import correcting
from membership.models import ACTIVE, Ask, Change, Member, Proposal
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

DAYS = timedelta(days=30)  # a link is good, and nobody is asked again
AT_ONCE = frozenset({"phone", "mobile", "street", "postcode", "city", "country", "language"})
WAITING = frozenset({"given_name", "family_name", "title", "gender", "birth_date", "email"})
MOST_ASKED = 200  # by one click
KIND = "own_data"

NO_MEMBER = gettext_noop("The person is no member any more.")
NO_ADDRESS = gettext_noop("There is no mail address any more.")
ANSWERED = gettext_noop("The member has answered meanwhile.")

# Why somebody is not asked.
WHY_NOT = {
    "no_mail": _("has no mail address"),
    "refused": _("the mail comes back"),
    "lately": _("was asked within the last 30 days"),
    "gone": _("is no member any more"),
}

LINK = Link("membership:own_record", salt="membership.own_data")


def address(ask, name="own_record"):
    """The full address of the page `name` for the link of `ask`."""
    return LINK.address(ask.pk, name=f"membership:{name}")


def language_of(member):
    """The language a member reads: their own where we speak it, else that of their unit."""
    spoken = [code for code, _name in settings.LANGUAGES]
    return next((code for code in (member.language, member.home_unit.setting("language")) if code in spoken), settings.LANGUAGE_CODE)


# --- asking ------------------------------------------------------------------------------------------------------------


def refused_mail():
    """Q: a mail to the address of now came back for good: one to their account, or one whose payload names the member or their Ask.

    Each set is worked out once, not for every member.
    """
    dead, corrected = Message.objects.filter(state=Message.State.DEAD), Change.objects.filter(after__has_key="email")
    asked = Ask.objects.filter(message__state=Message.State.DEAD)
    asked = asked.exclude(Exists(corrected.filter(member=OuterRef("member"), at__gt=OuterRef("message__created_at"))))
    named = dead.annotate(about=Cast(KT("payload__member"), BigIntegerField())).filter(about__isnull=False)
    named = named.exclude(Exists(corrected.filter(member=OuterRef("about"), at__gt=OuterRef("created_at"))))
    held = dead.filter(recipient__isnull=False)
    held = held.exclude(Exists(corrected.filter(member__user=OuterRef("recipient"), at__gt=OuterRef("created_at"))))
    return ~Q(email="") & (Q(pk__in=asked.values("member")) | Q(pk__in=named.values("about")) | Q(user__in=held.values("recipient")))


def with_reasons(members, now):
    """`members` annotated with `why` they are not asked at `now`: a key of WHY_NOT, "" for those who are."""
    lately = Ask.objects.filter(member=OuterRef("pk"), at__gt=now - DAYS)
    why = Case(
        When(~Q(status__in=ACTIVE), then=Value("gone")), When(email="", then=Value("no_mail")),
        When(refused_mail(), then=Value("refused")), When(Exists(lately), then=Value("lately")), default=Value(""),
    )  # fmt: skip
    return members.annotate(why=why)


@transaction.atomic
def ask(pks, by, now):
    """Ask the members `pks` in the name of `by`; returns how many mails go out. Who was asked within a month is left out, also by two at once."""
    locked = [member.pk for member in Member.objects.select_for_update().filter(pk__in=pks).order_by("pk")]
    wanted = with_reasons(Member.objects.filter(pk__in=locked), now).filter(why="").values_list("pk", flat=True)
    until = timezone.localdate(now) + DAYS
    asks = Ask.objects.bulk_create(Ask(member_id=pk, by=by, at=now, until=until) for pk in wanted)
    keys = enqueue([Message(kind=KIND, key=f"{KIND}:{row.pk}", payload={"ask": row.pk}, due_at=now) for row in asks])
    for row in asks:
        row.message_id = keys[f"{KIND}:{row.pk}"]
    Ask.objects.bulk_update(asks, ["message"])
    return len(asks)


def load_asks(messages, now):
    """{ask pk: Ask} with member and home, for a batch of mails."""
    return Ask.objects.select_related("member__home_unit").in_bulk([message.payload["ask"] for message in messages])


def build_ask(message, loaded, now):
    row = loaded.get(message.payload["ask"])
    if row is None or row.member.status not in ACTIVE:
        return kinds.Skip(NO_MEMBER)
    if not row.member.email:
        return kinds.Skip(NO_ADDRESS)
    if row.answered_at:
        return kinds.Skip(ANSWERED)
    context = {"recipient_name": row.member.given_name, "unit": row.member.home_unit, "url": address(row), "until": row.until}
    return kinds.render(KIND, context, language_of(row.member), to=row.member.email)


# --- answering ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def answer(ask, values, picture, now):
    """Take what the member wrote: `values` {field: value} beside the `picture` it was corrected from. False when the link was used before.

    Raises correcting.Clash when an office changed the same harmless field meanwhile; then nothing is written.
    """
    row = Ask.objects.select_for_update().get(pk=ask.pk)
    if row.answered_at:
        return False
    row.change = correcting.correct(row.member_id, {k: v for k, v in values.items() if k in AT_ONCE}, picture, None, now)
    wanted = {name: text for name in sorted(WAITING & values.keys()) if (text := correcting.as_text(values[name])) != picture.get(name)}
    member = Member.objects.get(pk=row.member_id)
    Proposal.objects.waiting().filter(member=member, field__in=wanted).update(state=Proposal.State.REPLACED, decided_at=now)
    Proposal.objects.bulk_create(
        Proposal(ask=row, member=member, field=name, before=correcting.as_text(getattr(member, name)), after=text, at=now)
        for name, text in wanted.items()
        if text != correcting.as_text(getattr(member, name))
    )
    row.answered_at = now
    row.save(update_fields=["answered_at", "change"])
    return True


@transaction.atomic
def accept(proposal, shown, by, now):
    """Write what the member proposed, in the name of `by`. False when it was decided before.

    shown: the value that stood beside it. Raises correcting.Clash when the member's record says something else by now.
    """
    row = Proposal.objects.select_for_update().get(pk=proposal.pk)
    if row.state != Proposal.State.WAITING:
        return False
    value = Member._meta.get_field(row.field).to_python(row.after or None)
    correcting.correct(row.member_id, {row.field: "" if value is None and row.field != "birth_date" else value}, {row.field: shown}, by, now)
    return _decide(row, Proposal.State.ACCEPTED, by, now)


@transaction.atomic
def refuse(proposal, by, now):
    """Leave the record as it is. False when it was decided before."""
    row = Proposal.objects.select_for_update().get(pk=proposal.pk)
    return row.state == Proposal.State.WAITING and _decide(row, Proposal.State.REFUSED, by, now)


def _decide(row, state, by, now):
    row.state, row.decided_at, row.decided_by = state, now, by
    row.save(update_fields=["state", "decided_at", "decided_by"])
    return True
