"""What happens around a meeting beside its pages: who is invited and how, and what becomes of decisions when the minutes are finished."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from branches.models import Unit, settings_of
from common import pdf
from common.labels import localized
from common.languages import spoken
from common.templatetags.mails import isolate
from education.calendars import where_of
from education.models import Event
from membership.models import ACTIVE, Member
from membership.own_data import NO_ADDRESS, NO_MEMBER, refused_mail
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue
from planning import plans
from planning.models import AgendaItem, Decision, Invitation, Minutes

KIND = "meeting_invitation"
LABEL = gettext_lazy("Invitation to a meeting")
AT_ONCE = 500  # mails written while one waits; more are written by a worker
MOST_LETTERS = 400  # in one file
OVER = gettext_noop("The meeting is over or was called off.")


def members_of(event, user):
    """Active members of the units that carry `event`, those below included, as far as `user` cares for them."""
    belong = Q(pk__in=[])
    for unit in Unit.objects.filter(carried__event=event).select_related("kind"):
        belong |= Q(pk__in=Member.objects.in_unit(unit).values("pk"))
    return Member.objects.editable_by(user).active().filter(belong)


@dataclass
class Recipients:
    """Whom an invitation goes to: by mail, by letter; and how many have one already."""

    mails: object
    letters: object
    before: int

    def counts(self):
        return {"mail": self.mails.count(), "letter": self.letters.count(), "before": self.before}


def recipients(event, user):
    """The Recipients among those `user` may invite to `event` now."""
    members = members_of(event, user)
    told = {key.rpartition(":")[2] for key in Message.objects.filter(kind=KIND, key__startswith=f"{KIND}:{event.pk}:").values_list("key", flat=True)}
    told = {int(pk) for pk in told}
    by_mail = members.exclude(email="").exclude(refused_mail())
    fresh = by_mail.exclude(pk__in=told) if told else by_mail
    return Recipients(fresh, members.filter(Q(email="") | refused_mail()), by_mail.filter(pk__in=told).count() if told else 0)


def invite(event, user, key, note, now):
    """Order the invitation to `event`; returns the Invitation, the same for the same form. Small ones are in the ledger at once."""
    found = recipients(event, user)
    invitation, created = Invitation.objects.get_or_create(
        key=key, defaults={"event": event, "note": note, "counts": found.counts(), "by": user, "at": now}
    )
    if created and invitation.counts["mail"] <= AT_ONCE:
        write(invitation, now)
    return invitation


@transaction.atomic
def write(invitation, now):
    """Write the mails of an invitation into the ledger, with the rights its author has now. Safe to call twice: nobody gets two."""
    event = invitation.event
    members = recipients(event, invitation.by).mails.values_list("pk", flat=True)
    payload = {"event": event.pk, "invitation": invitation.pk}
    new = enqueue([Message(kind=KIND, key=f"{KIND}:{event.pk}:{pk}", payload=payload | {"member": pk}, due_at=now) for pk in members])
    invitation.done_at = now
    invitation.save(update_fields=["done_at"])
    return len(new)


def load(messages, now):
    """(members, events with their agenda, notes of the invitations, languages of units) for a batch."""
    members = Member.objects.select_related("home_unit").in_bulk({message.payload["member"] for message in messages})
    events = Event.objects.select_related("unit__kind", "place", "kind").prefetch_related("agenda_items").in_bulk({m.payload["event"] for m in messages})
    notes = dict(Invitation.objects.filter(pk__in={m.payload["invitation"] for m in messages}).values_list("pk", "note"))
    return members, events, notes, settings_of({m.home_unit for m in members.values()}, "language")


def language_of(member, languages):
    """The language `member` reads: their own where we speak it, else that of their unit."""
    return spoken(member.language, spoken(languages[member.home_unit_id], settings.LANGUAGE_CODE))


def build(message, loaded, now):
    members, events, notes, languages = loaded
    member, event = members.get(message.payload["member"]), events.get(message.payload["event"])
    if event is None or event.state != Event.State.OPEN or event.is_over(now):
        return kinds.Skip(OVER)
    if member is None or member.status not in ACTIVE:
        return kinds.Skip(NO_MEMBER)
    if not member.email:
        return kinds.Skip(NO_ADDRESS)
    language = language_of(member, languages)
    with translation.override(language):
        context = facts(event, language) | {"note": notes.get(message.payload["invitation"], ""), "recipient_name": member.given_name}
        context["words"] = _("Invitation: %(title)s, %(day)s") % {"title": isolate(context["title"]), "day": date_format(timezone.localtime(event.starts_at), "SHORT_DATE_FORMAT")}
        context["why"] = _("You get this mail because you are a member of %(unit)s.") % {"unit": isolate(event.unit.full_name)}
    return kinds.render("meeting_invitation", context, language, to=member.email)


def facts(event, language):
    """What mail and letter say about `event`, in the active `language` as far as its texts exist."""
    calendar = reverse("education:event_page_ics", args=[event.key])
    return {
        "event": event, "title": localized(event.titles, language), "about": localized(event.texts, language), "where": where_of(event),
        "items": list(event.agenda_items.all()), "url": event.get_public_url(language), "calendar_url": f"{settings.BASE_URL}{calendar}",
    }  # fmt: skip


def letters(event, members, note, on):
    """The invitation as letters for `members` (at most MOST_LETTERS), each in the language of its reader, as PDF bytes. Raises pdf.TooLarge."""
    members = list(members.select_related("home_unit").order_by("postcode", "sort_key", "pk")[:MOST_LETTERS])
    languages = settings_of({member.home_unit for member in members}, "language")
    pages = []
    for member in members:
        language = language_of(member, languages)
        with translation.override(language):
            rtl = translation.get_language_bidi()
            pages.append({"member": member, "language": language, "rtl": rtl, **facts(event, language)})
    language = event.unit.setting("language")
    return pdf.render("pdf/meeting_letters.html", {"event": event, "pages": pages, "note": note, "day": on}, language)


@transaction.atomic
def finish(minutes, by, now):
    """The minutes are written: what was decided with an office and a day becomes a line of that unit's work plan. False when they were before."""
    if not minutes.finish(by, now):
        return False
    for decision in Decision.objects.filter(event=minutes.event, activity=None, state=Decision.State.OPEN, office__isnull=False, due_on__isnull=False):
        decision.activity = plans.add_from_decision(decision.unit, decision.text, decision.office, decision.due_on, by, now)
        decision.save(update_fields=["activity"])
    return True


def to_approve(event):
    """Minutes of earlier meetings of the unit in charge that this meeting could approve, the latest first."""
    written = Minutes.objects.filter(state=Minutes.State.WRITTEN, event__unit=event.unit_id, event__starts_at__lt=event.starts_at)
    return written.select_related("event").order_by("-event__starts_at")


def minutes_pdf(minutes, language):
    """The minutes in `language` as PDF bytes; what people wrote stays as they wrote it. Raises pdf.TooLarge."""
    event = minutes.event
    context = {
        "minutes": minutes, "event": event, "items": items_with_decisions(event), "carriers": [c.unit for c in event.carriers.select_related("unit__kind")],
        "where": where_of(event),
    }  # fmt: skip
    return pdf.render("pdf/minutes.html", context, language)


def items_with_decisions(event):
    """The agenda of `event`, each item with `decided`: what was decided there; decisions without an item stand with the last one."""
    items = list(AgendaItem.objects.filter(event=event))
    decided = list(Decision.objects.filter(event=event).select_related("office", "unit__kind", "activity"))
    known = {item.pk for item in items}
    for item in items:
        item.decided = [d for d in decided if d.item_id == item.pk or (item is items[-1] and d.item_id not in known)]
    return items


def register():
    from onboarding.ledger import KINDS

    kinds.register(KIND, build, load)
    KINDS[KIND] = LABEL
