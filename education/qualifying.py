"""Qualifications of members: given by events or noted by hand, told of before they run out, once and to both: the member and the office in charge."""

from collections import defaultdict

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from branches.models import Appointment, User, ancestor_paths
from branches.scope import Right
from common.templatetags.mails import isolate
from education.models import Qualification, QualificationKind
from membership.models import ACTIVE
from membership.own_data import NO_ADDRESS, NO_MEMBER, language_of
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

TO_MEMBER, TO_OFFICE = "qualification", "qualifications"
LABELS = {TO_MEMBER: gettext_lazy("Qualification runs out"), TO_OFFICE: gettext_lazy("Qualifications run out")}
RENEWED = gettext_noop("It was renewed or taken back meanwhile.")
NO_OFFICE = gettext_noop("The person holds no office any more for which this is meant.")
SHOWN = 20
BATCH = 1000


def give(event, members, by, now):
    """Give `members` what attending `event` gives, from its last day on; what they got that day stays as it is."""
    on, rows = timezone.localdate(event.ends_at), []
    for kind in QualificationKind.objects.given_by(event):
        rows += [
            Qualification(kind=kind, member=member, got_on=on, until=kind.expiry(on), event=event, by=by, at=now) for member in members
        ]
    Qualification.objects.bulk_create(rows, ignore_conflicts=True)


def due(on):
    """Qualifications of active members that run out within three months of the day `on`, that nobody was told of and that were not renewed."""
    return Qualification.objects.expiring(on).filter(told_at=None, member__status__in=ACTIVE)


def remind(now):
    """Write the mails about what runs out soon: one to the member, one to each office in charge with all that is new for it. Returns how many rows."""
    written = 0
    while rows := _remind_some(now):
        written += rows
    return written


@transaction.atomic
def _remind_some(now):
    on = timezone.localdate(now)
    found = due(on).select_for_update(of=("self",), skip_locked=True).select_related("kind", "member__home_unit").order_by("until", "pk")
    rows = list(found[:BATCH])
    messages = [
        Message(kind=TO_MEMBER, key=f"{TO_MEMBER}:{row.pk}", payload={"qualification": row.pk, "member": row.member_id}, due_at=now) for row in rows
    ]
    for user, pks in in_charge(rows, on).items():
        messages.append(Message(kind=TO_OFFICE, key=f"{TO_OFFICE}:{user}:{pks[0]}", recipient_id=user, payload={"qualifications": pks}, due_at=now))
    enqueue(messages)
    Qualification.objects.filter(pk__in=[row.pk for row in rows]).update(told_at=now)
    return len(rows)


def in_charge(rows, on):
    """{user pk: [pk of the Qualification]}: who holds the office that is told, in the member's unit or in the nearest above where somebody does."""
    paths = {path for row in rows for path in ancestor_paths(row.member.home_unit.path)}
    held = defaultdict(set)
    for term in Appointment.objects.told(on).filter(unit__path__in=paths, office__in={row.kind.office_id for row in rows}, right__gte=Right.SEE).select_related("unit"):
        held[term.unit.path, term.office_id].add(term.user_id)
    found = defaultdict(list)
    for row in rows:
        nearest = next((people for path in ancestor_paths(row.member.home_unit.path) if (people := held.get((path, row.kind.office_id)))), ())
        for user in nearest:
            found[user].append(row.pk)
    return found


# --- mails -------------------------------------------------------------------------------------------------------------


def load_member_mails(messages, now):
    rows = Qualification.objects.standing().select_related("kind", "member__home_unit")
    return rows.in_bulk([message.payload["qualification"] for message in messages])


def build_member_mail(message, rows, now):
    row = rows.get(message.payload["qualification"])
    if row is None:
        return kinds.Skip(RENEWED)
    if row.member.status not in ACTIVE:
        return kinds.Skip(NO_MEMBER)
    if not row.member.email:
        return kinds.Skip(NO_ADDRESS)
    language = language_of(row.member)
    with translation.override(language):
        names = {"kind": isolate(str(row.kind)), "day": date_format(row.until, "DATE_FORMAT")}
        lines = [
            _("your qualification “%(kind)s” is valid until before %(day)s.") % names,
            _("If you would like to keep it, please look for a course in time, or ask your unit."),
        ]
        context = {
            "recipient_name": row.member.given_name, "words": _("“%(kind)s” runs out soon") % names, "lines": lines,
            "why": _("You get this mail once for each qualification that runs out."),
        }  # fmt: skip
    return kinds.render("qualification", context, language, to=row.member.email)


def load_office_mails(messages, now):
    """({user pk: User}, {pk: Qualification}) for a batch of mails."""
    users = User.objects.filter(pk__in={message.recipient_id for message in messages}, is_active=True).in_bulk()
    pks = {pk for message in messages for pk in message.payload["qualifications"]}
    return users, Qualification.objects.standing().filter(pk__in=pks, member__status__in=ACTIVE).select_related("kind", "member__home_unit").in_bulk()


def build_office_mail(message, loaded, now):
    users, found = loaded
    user = users.get(message.recipient_id)
    if user is None or not user.appointments_now:
        return kinds.Skip(NO_OFFICE)
    rows = [found[pk] for pk in message.payload["qualifications"] if pk in found]
    # Who moved on or handed the office over is told nothing about members who are theirs no more.
    seen = set(Qualification.objects.visible_to(user).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    rows = [row for row in rows if row.pk in seen]
    if not rows:
        return kinds.Skip(RENEWED)
    with translation.override(user.language or settings.LANGUAGE_CODE):
        lines = [_line(row) for row in rows[:SHOWN]]
        if len(rows) > SHOWN:
            lines.append(ngettext("and %(n)s more", "and %(n)s more", len(rows) - SHOWN) % {"n": len(rows) - SHOWN})
        context = {
            "recipient_name": user.given_name, "words": _("Qualifications that run out soon"), "lines": lines,
            "label": _("See the list"), "url": settings.BASE_URL + reverse("education:qualification_list") + "?show=expiring",
            "why": _("You get this mail because of your office, once for each qualification."),
        }  # fmt: skip
        intro = ngettext("%(n)s qualification in your units runs out within three months. Members with a mail address are told, too.", "%(n)s qualifications in your units run out within three months. Members with a mail address are told, too.", len(rows))
        context["intro"] = intro % {"n": len(rows)}
    return kinds.render("qualification", context, user.language or settings.LANGUAGE_CODE, to=user.email)


def _line(row):
    names = {"name": isolate(row.member.name), "kind": isolate(str(row.kind)), "day": date_format(row.until, "SHORT_DATE_FORMAT")}
    if not row.member.email:
        return _("%(name)s: %(kind)s, until before %(day)s (no mail address, please call)") % names
    return _("%(name)s: %(kind)s, until before %(day)s") % names


def register():
    kinds.register(TO_MEMBER, build_member_mail, load_member_mails)
    kinds.register(TO_OFFICE, build_office_mail, load_office_mails)
