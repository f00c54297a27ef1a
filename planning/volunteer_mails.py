"""Mails about helping in an election: the question, shifts that were planned, reminders, swaps, and what the office hears.

Everything is checked again when it is sent. Each run writes what is due and not yet in the ledger, so a second one adds nothing.
"""

from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from branches.models import User, settings_of
from branches.scope import Right
from common.links import Link
from common.templatetags.mails import isolate
from membership.models import ACTIVE
from membership.own_data import NO_ADDRESS, NO_MEMBER
from onboarding import reminders
from outbox import kinds
from outbox.cap import BEYOND
from outbox.models import Message
from outbox.relay import enqueue
from planning import posting, volunteer_asking, volunteer_swaps
from planning.meetings import language_of
from planning.models import Duty, Election, Swap, Volunteer

PLANNED, REMINDER = "duty_planned", "duty_reminder"
LABELS = {
    volunteer_asking.KIND: gettext_lazy("Election: will you help?"),
    PLANNED: gettext_lazy("Election: shifts planned"),
    REMINDER: gettext_lazy("Election: your shift comes"),
    volunteer_swaps.ASK: gettext_lazy("Election: who takes this shift?"),
    "duty_news": gettext_lazy("Election: a shift changed hands"),
    volunteer_swaps.NEWS: gettext_lazy("Election: news for the office"),
}
SETTLED = gettext_noop("It was answered or settled meanwhile.")
BEFORE = (3, 1)  # days before a shift
State = Volunteer.State

LINK = Link("planning:link_volunteer")  # a volunteer's own page for one election


# --- what is due -------------------------------------------------------------------------------------------------------


@transaction.atomic
def write(now):
    """Write the mails about planned shifts and the reminders that are due at `now`; returns how many. Safe to run twice."""
    return len(enqueue([*_planned(now), *_reminders(now)]))


def _planned(now):
    """A mail to each volunteer whose shifts somebody planned, when that has come to rest; the last one planned names it, whatever became of it."""
    planned = Duty.objects.filter(by__isnull=False, volunteer__state=State.YES)
    waiting = planned.filter(state=Duty.State.PLANNED, starts_at__gt=now).values("volunteer")
    rows = planned.filter(volunteer__in=waiting).order_by().values("volunteer", "member")
    for row in rows.annotate(last=Max("pk"), at=Max("at")):
        if row["at"] <= now - volunteer_swaps.QUIET:
            payload = {"volunteer": row["volunteer"], "member": row["member"]}
            yield Message(kind=PLANNED, key=f"{PLANNED}:{row['volunteer']}:{row['last']}", payload=payload, due_at=now)


def _reminders(now):
    """A mail three days and one day before each day with shifts; what was missed before is not made up for."""
    on = timezone.localdate(now)
    soon = Duty.objects.filter(state__in=Duty.OPEN, starts_at__gt=now, starts_at__lt=now + timedelta(days=max(BEFORE) + 1))
    for volunteer, member, starts_at in soon.values_list("volunteer", "member", "starts_at"):
        day = timezone.localdate(starts_at)
        if (away := (day - on).days) in BEFORE:
            payload = {"volunteer": volunteer, "member": member, "day": day.isoformat()}
            yield Message(kind=REMINDER, key=f"{REMINDER}:{volunteer}:{day}:{away}", payload=payload, due_at=now)


# --- sending -----------------------------------------------------------------------------------------------------------


def load(messages, now):
    """({volunteer pk: Volunteer}, {volunteer pk: [Duty to come, ..]}, {unit pk: language}) of a batch."""
    pks = {message.payload["volunteer"] for message in messages}
    found = Volunteer.objects.select_related("member__home_unit", "election__unit__kind").in_bulk(pks)
    to_come = defaultdict(list)
    for duty in Duty.objects.filter(volunteer__in=pks, state__in=Duty.OPEN, starts_at__gt=now).select_related("shift__post"):
        to_come[duty.volunteer_id].append(duty)
    return found, to_come, settings_of({row.member.home_unit for row in found.values()}, "language")


def load_swaps(messages, now):
    swaps = Swap.objects.select_related("duty__shift__post", "duty__volunteer__member").in_bulk({message.payload["swap"] for message in messages})
    return swaps, load(messages, now)


def load_news(messages, now):
    """Duties by key with the volunteers they belong to, and the users who are told."""
    duties = Duty.objects.select_related("shift__post__unit__kind", "volunteer__member__home_unit", "volunteer__election").in_bulk({m.payload["duty"] for m in messages})
    users = User.objects.in_bulk({message.recipient_id for message in messages if message.recipient_id})
    return duties, users, settings_of({duty.volunteer.member.home_unit for duty in duties.values()}, "language")


def _trouble(volunteer):
    """A Skip when no mail may go to this volunteer."""
    if volunteer is None or volunteer.member.status not in ACTIVE:
        return kinds.Skip(NO_MEMBER)
    return None if volunteer.member.email else kinds.Skip(NO_ADDRESS)


def _mail(volunteer, language, **context):
    """The mail to a volunteer with the link to their page."""
    context |= {"url": LINK.address(volunteer.pk), "recipient_name": volunteer.member.given_name}
    return kinds.render("mentoring", context, language, to=volunteer.member.email)


def when(duty):
    """ "Saturday, 12 September 2026, 10:00–13:00, Market square" in the active language."""
    low, high = timezone.localtime(duty.starts_at), timezone.localtime(duty.ends_at)
    post = duty.shift.post
    times = f"{date_format(low, 'TIME_FORMAT')}–{date_format(high, 'TIME_FORMAT')}"
    return ", ".join(filter(None, (date_format(low, "l"), date_format(low, "DATE_FORMAT"), isolate(times), isolate(post.name), post.address and isolate(post.address))))


def build_ask(message, loaded, now):
    found, _to_come, languages = loaded
    row = found.get(message.payload["volunteer"])
    if trouble := _trouble(row):
        return trouble
    over = row.election.state == Election.State.DONE or row.election.day < timezone.localdate(now)
    if row.state != State.ASKED or over:
        return kinds.Skip(SETTLED)
    language = language_of(row.member, languages)
    with translation.override(language):
        day = date_format(row.election.day, "DATE_FORMAT")
        lines = [_("%(election)s is on %(day)s, and every hand counts: at the information stand, door to door, on the day itself. Will you help?") % {"election": isolate(row.election.title), "day": day}]
        lines += [message.payload["note"]] if message.payload.get("note") else []
        lines += [_("One tap says yes or no, and when you have time. Nobody has to give a reason.")]
        return _mail(
            row, language, words=_("Will you help? %(election)s, %(day)s") % {"election": isolate(row.election.title), "day": day}, lines=lines,
            label=_("Say yes or no"), why=_("You get this mail once for this election because you are a member of %(unit)s.") % {"unit": isolate(row.member.home_unit)},
        )  # fmt: skip


def build_planned(message, loaded, now):
    found, to_come, languages = loaded
    row = found.get(message.payload["volunteer"])
    if trouble := _trouble(row):
        return trouble
    mine = [duty for duty in to_come[row.pk] if duty.state == Duty.State.PLANNED]
    if not mine or row.state != State.YES:
        return kinds.Skip(SETTLED)
    language = language_of(row.member, languages)
    with translation.override(language):
        lines = [_("thank you for helping! These shifts are planned for you:"), *(when(duty) for duty in mine), _("Please say whether that suits you.")]
        words = ngettext("%(n)s shift for you", "%(n)s shifts for you", len(mine)) % {"n": len(mine)}
        return _mail(row, language, words=words, lines=lines, label=_("Look and confirm"), why=_helps(row))


def _helps(row):
    return _("You get this mail because you help in %(election)s.") % {"election": isolate(row.election.title)}


def build_reminder(message, loaded, now):
    found, to_come, languages = loaded
    row = found.get(message.payload["volunteer"])
    if trouble := _trouble(row):
        return trouble
    mine = [duty for duty in to_come[row.pk] if timezone.localdate(duty.starts_at).isoformat() == message.payload["day"]]
    if not mine:
        return kinds.Skip(SETTLED)
    language = language_of(row.member, languages)
    with translation.override(language):
        contacts = {(duty.shift.post.contact, duty.shift.post.contact_phone) for duty in mine if duty.shift.post.contact}
        lines = [_("your shift comes:") if len(mine) == 1 else _("your shifts come:"), *(when(duty) for duty in mine)]
        lines += [_("Questions: %(name)s %(phone)s") % {"name": isolate(name), "phone": isolate(phone)} for name, phone in sorted(contacts)]
        lines += [_("If something comes up, please say so on your page right away: then somebody else can be found.")]
        words = _("Your shift on %(day)s") % {"day": date_format(timezone.localtime(mine[0].starts_at), "DATE_FORMAT")}
        return _mail(row, language, words=words, lines=lines, label=_("Your shifts"), why=_helps(row))


def build_swap(message, loaded, now):
    swaps, (found, _to_come, languages) = loaded
    swap, row = swaps.get(message.payload["swap"]), found.get(message.payload["volunteer"])
    if trouble := _trouble(row):
        return trouble
    if swap is None or swap.state != Swap.State.OPEN or swap.duty.state not in Duty.OPEN or swap.duty.starts_at <= now or row.state != State.YES:
        return kinds.Skip(SETTLED)
    duty = swap.duty
    if posting.why_not(duty.shift, [row], duty.starts_at, duty.ends_at, instead_of=duty):
        return kinds.Skip(SETTLED)
    language = language_of(row.member, languages)
    with translation.override(language):
        lines = [_("%(name)s cannot come and asks who takes this shift:") % {"name": isolate(duty.volunteer.member.given_name)}, when(duty)]
        lines += [swap.note] if swap.note else []
        lines += [_("You are asked by name, nobody else is.") if swap.to_id else _("Who takes it first has it.")]
        return _mail(row, language, words=_("Can you take this shift?"), lines=lines, label=_("Look and take it"), why=_helps(row))


def build_member_news(message, loaded, now):
    duties, _users, languages = loaded
    duty = duties.get(message.payload["duty"])
    row = duty and duty.volunteer
    if trouble := _trouble(row):
        return trouble
    language = language_of(row.member, languages)
    with translation.override(language):
        said = {
            ("swapped", True): (_("The shift is yours"), _("you have this shift now. Thank you for stepping in!")),
            ("swapped", False): (_("Your shift is taken over"), _("somebody has taken your shift over. You need not come:")),
            ("refused", True): (_("Your shift stays yours"), _("whoever you asked cannot take your shift. It stays yours; on your page you can ask others, or cancel:")),
            ("removed", False): (_("You need not come"), _("the office has planned anew. You need not come to this shift:")),
        }.get((message.payload["what"], duty.state in Duty.LIVE))
        if said is None or duty.starts_at <= now:
            return kinds.Skip(SETTLED)
        words, line = said
        return _mail(row, language, words=words, lines=[line, when(duty)], label=_("Your shifts"), why=_helps(row))


def build_office_news(message, loaded, now):
    duties, users, _languages = loaded
    duty, user = duties.get(message.payload["duty"]), users.get(message.recipient_id)
    if user is None or not user.is_active or duty is None or user.right_on(duty.shift.post.unit) < Right.CARE:
        return kinds.Skip(reminders.NO_OFFICE)
    if duty.starts_at <= now:
        return kinds.Skip(SETTLED)
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language):
        name = duty.volunteer.member.name  # known to whoever keeps the post, see DutyQuerySet.naming
        if message.payload["what"] == "swapped":
            words, line = _("A shift changed hands"), _("%(name)s takes over this shift:") % {"name": isolate(name)}
        else:
            words, line = _("A place became free"), _("%(name)s cannot come, the place is free again:") % {"name": isolate(name)}
        url = settings.BASE_URL + reverse("planning:shift_fill", args=[duty.shift_id])
        context = {"words": words, "lines": [line, when(duty)], "label": _("To the shift"), "url": url, "recipient_name": user.given_name}
        context["why"] = _("You get this mail because you look after the posts of %(unit)s.") % {"unit": isolate(duty.shift.post.unit)}
    return kinds.render("mentoring", context, language, to=user.email)


def register():
    from onboarding.ledger import KINDS

    builders = {
        volunteer_asking.KIND: (build_ask, load), PLANNED: (build_planned, load), REMINDER: (build_reminder, load),
        volunteer_swaps.ASK: (build_swap, load_swaps), "duty_news": (build_member_news, load_news), volunteer_swaps.NEWS: (build_office_news, load_news),
    }  # fmt: skip
    for name, (build, loader) in builders.items():
        kinds.register(name, build, loader)
    KINDS.update(LABELS)
    BEYOND.update(
        {
            REMINDER: "a shift one has promised begins within three days",
            volunteer_swaps.ASK: "a shift of the coming days that somebody cannot take",
            "duty_news": "who has to come to a shift and who need not",
            volunteer_swaps.NEWS: "a place at a post that is free again, for whoever has to fill it",
        }
    )
