"""The request box: from the form to the answer, who has to answer, the clock, and the mails that go with it."""

from collections import defaultdict
from datetime import timedelta

from allauth.core.internal import ratelimit
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from branches.models import Appointment, ancestor_paths
from branches.scope import Right
from common.templatetags.mails import isolate
from membership.models import ACTIVE, Member
from onboarding import reminders
from outbox import kinds
from outbox.cap import BEYOND
from outbox.models import Message
from outbox.relay import enqueue
from planning.models import Request, RequestEntry

LIMITS = {"request": "20/h/ip,60/d/ip", "request_address": "5/d/key"}
UNCONFIRMED_KEPT = timedelta(days=3)
BEFORE, LATE, ABOVE = -3, 1, 7  # days after the day of the answer: a word in time, late, to those above
FEWEST = 5  # requests a figure is shown from
ASKER = ("request_confirm", "request_answer")
LABELS = {
    "request_confirm": gettext_lazy("Request: confirm the address"),
    "request_answer": gettext_lazy("Request: answer"),
    "request_new": gettext_lazy("Request: to be answered"),
    "request_due": gettext_lazy("Request: the day comes"),
    "request_late": gettext_lazy("Request: late"),
    "request_above": gettext_lazy("Request: late, told above"),
}
SETTLED = gettext_noop("It was answered or passed on meanwhile.")
GONE = gettext_noop("The request is not there any more.")
Kind, State = RequestEntry.Kind, Request.State
FIGURES = """
SELECT unit_id, count(*), count(answered_on), percentile_cont(0.5) WITHIN GROUP (ORDER BY answered_on - asked_on)
FROM planning_request WHERE state <> 'new' AND asked_on > %s AND unit_id = ANY(%s) GROUP BY unit_id
"""


# --- from the question to the answer -----------------------------------------------------------------------------------


def may_send(request, email):
    """Whether one may send the form from here and for this address now; counts the try."""
    by_place = ratelimit.consume(request, app="planning", action="request", config=LIMITS)
    return bool(by_place) and bool(ratelimit.consume(request, app="planning", action="request_address", config=LIMITS, key=email.lower()))


@transaction.atomic
def send(row, text, now):
    """Keep the request `row` of somebody without account, unconfirmed, and send the link to its address."""
    row.state, row.created_at = State.UNCONFIRMED, now
    row.save()
    RequestEntry.objects.create(request=row, kind=Kind.QUESTION, text=text, at=now)
    enqueue([Message(kind="request_confirm", key=f"request_confirm:{row.pk}", payload={"request": row.pk}, due_at=now)])


@transaction.atomic
def ask(row, text, by, now):
    """An officer asks: nobody has to confirm the address."""
    row.by, row.created_at = by, now
    row.save()
    RequestEntry.objects.create(request=row, kind=Kind.QUESTION, text=text, by=by, at=now)
    confirm(row, now)


@transaction.atomic
def confirm(row, now):
    """The clock begins: who has to answer is told. False when it was confirmed before."""
    on = timezone.localdate(now)
    member = None if row.by_id else _member_of(row)
    if not row.turn([State.UNCONFIRMED], state=State.OPEN, asked_on=on, due_on=_due(row.unit, on), member=member):
        return False
    _tell(row, row.entries.first(), now)
    return True


def _due(unit, on):
    return on + timedelta(days=unit.setting("request_days"))


def _member_of(row):
    """The member of the party with this address, when there is exactly one."""
    known = Member.objects.filter(search_contact__contains=row.email.lower(), email__iexact=row.email)  # the first condition is what an index answers
    found = known.filter(party__path=row.unit.root_path, status__in=ACTIVE)[:2]
    return found[0] if len(found) == 1 else None


@transaction.atomic
def answer(row, text, by, version, now):
    """Answer it and tell whoever asked. False when somebody changed it since `version`."""
    fields = {"state": State.ANSWERED} | ({} if row.answered_on else {"answered_on": timezone.localdate(now)})
    if not row.turn([State.OPEN, State.ANSWERED], version, **fields):
        return False
    entry = RequestEntry.objects.create(request=row, kind=Kind.ANSWER, text=text, by=by, at=now)
    payload = {"request": row.pk, "entry": entry.pk} | ({"member": row.member_id} if row.member_id else {})
    enqueue([Message(kind="request_answer", key=f"request_answer:{entry.pk}", payload=payload, recipient_id=row.by_id, due_at=now)])
    return True


@transaction.atomic
def ask_again(row, text, now, by=None):
    """A further question: it is open again, with a new day. False once it is closed."""
    due = _due(row.unit, timezone.localdate(now))
    if not row.turn([State.OPEN, State.ANSWERED], state=State.OPEN, due_on=row.due_on if row.is_open else due):
        return False
    _tell(row, RequestEntry.objects.create(request=row, kind=Kind.QUESTION, text=text, by=by, at=now), now)
    return True


@transaction.atomic
def forward(row, unit, office, note, by, version, now):
    """Pass it on to an office of a unit; the clock runs on. False when somebody changed it since `version`."""
    if not row.turn([State.OPEN, State.ANSWERED], version, unit=unit, office=office, state=State.OPEN):
        return False
    _tell(row, RequestEntry.objects.create(request=row, kind=Kind.FORWARD, text=note, by=by, unit=unit, office=office, at=now), now)
    return True


def close(row, now, version=None):
    """Nothing is left to say. False when it was closed before, or somebody changed it since `version`."""
    return row.turn([State.OPEN, State.ANSWERED], version, state=State.CLOSED, closed_at=now)


def reopen(row):
    """It was closed too early: it waits again where the last word was a question, with its old day. False when it is not closed."""
    last = row.entries.filter(kind__in=(Kind.QUESTION, Kind.ANSWER)).last()
    return row.turn([State.CLOSED], state=State.ANSWERED if last.kind == Kind.ANSWER else State.OPEN, closed_at=None)


def drop_unconfirmed(now):
    """Forget what nobody confirmed."""
    return Request.objects.filter(state=State.UNCONFIRMED, created_at__lt=now - UNCONFIRMED_KEPT).delete()[0]


# --- who has to answer -------------------------------------------------------------------------------------------------


def answerers(rows, today, above=False):
    """{request pk: {user pk, ..}} of those who have to answer on the day `today`, as RequestQuerySet.visible_to lets them read it.

    The holders of its office; while there are none who leads its unit; else the nearest above who leads it with the units below. above: only these.
    """
    paths = {path for row in rows for path in ancestor_paths(row.unit.path)}
    terms = defaultdict(list)
    for term in Appointment.objects.told(today).filter(unit__path__in=paths).select_related("unit", "office"):
        terms[term.unit.path].append(term)
    found = {}
    for row in rows:
        here, *higher = ancestor_paths(row.unit.path)
        users = set()
        if not above:
            users = {t.user_id for t in terms[here] if t.office_id == row.office_id} or {t.user_id for t in terms[here] if t.right >= Right.LEAD}
        for path in higher:
            leading = [t for t in terms[path] if t.right >= Right.LEAD and t.below]
            users = users or {t.user_id for t in leading if t.office.slug == "membership_officer"} or {t.user_id for t in leading}
        found[row.pk] = users
    return found


def _tell(row, entry, now):
    """A mail to each who has to answer that there is something to read."""
    row = Request.objects.select_related("unit").get(pk=row.pk)
    users = answerers([row], timezone.localdate(now))[row.pk] - {entry.by_id}
    payload = {"request": row.pk}
    enqueue([Message(kind="request_new", key=f"request_new:{entry.pk}:{user}", payload=payload, recipient_id=user, due_at=now) for user in sorted(users)])


@transaction.atomic
def remind(now):
    """Remind of the day before it comes, the day after, and a week late tell those above; each once per request and day. Safe to run twice."""
    on, today = reminders.day(now), timezone.localdate(now)
    rows = list(Request.objects.open().filter(due_on__lte=on - timedelta(days=BEFORE)).select_related("unit"))
    here, up = answerers(rows, today), answerers([row for row in rows if (on - row.due_on).days >= ABOVE], today, above=True)
    messages = []
    for row in rows:
        late = (on - row.due_on).days
        # After a pause only the last word that is due is sent.
        wanted = [("request_late" if late >= LATE else "request_due", here[row.pk]), ("request_above", up.get(row.pk, set()) - here[row.pk])]
        for kind, users in wanted:
            payload = {"request": row.pk, "due": row.due_on.isoformat()}
            messages += [Message(kind=kind, key=f"{kind}:{row.pk}:{row.due_on}:{user}", payload=payload, recipient_id=user, due_at=now) for user in sorted(users)]
    return len(enqueue(messages))


# --- figures -----------------------------------------------------------------------------------------------------------


def figures(units, on):
    """{unit pk: {"asked", "answered", "share", "days"}} of the twelve months up to the day `on`, of those of `units` (pks) with FEWEST requests or more.

    days: the median from the question to the first answer, None without one.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, [on - timedelta(days=365), list(units)])
        rows = cursor.fetchall()
    return {
        pk: {"asked": asked, "answered": answered, "share": (200 * answered + asked) // (2 * asked), "days": days}
        for pk, asked, answered, days in rows
        if asked >= FEWEST
    }


# --- mails -------------------------------------------------------------------------------------------------------------


def own_address(row):
    """Where whoever asked reads it on: by the link, an officer on the page of the request."""
    page = reverse("planning:request_detail", args=[row.pk]) if row.by_id else reverse("planning:request_own", args=[row.key])
    return settings.BASE_URL + page


def load(messages, now):
    rows = Request.objects.filter(pk__in={message.payload["request"] for message in messages})
    rows = rows.select_related("unit__kind", "office", "by").in_bulk()
    entries = RequestEntry.objects.in_bulk({message.payload.get("entry", 0) for message in messages})
    return rows, entries, reminders.recipients(messages, now), answerers(rows.values(), timezone.localdate(now))


def build_for_asker(message, loaded, now):
    row, entry = loaded[0].get(message.payload["request"]), loaded[1].get(message.payload.get("entry"))
    confirming = message.kind == "request_confirm"
    if row is None or (confirming and row.state != State.UNCONFIRMED):
        return kinds.Skip(GONE)
    language = (row.by.language if row.by else row.language) or settings.LANGUAGE_CODE
    with translation.override(language):
        unit, subject = isolate(row.unit.full_name), isolate(row.subject)
        if confirming:
            words, label = _("Please confirm your question"), _("Send it now")
            lines = [_("you asked %(unit)s: “%(subject)s”. One click on the page behind the button and it is on its way.") % {"unit": unit, "subject": subject}]
            why = _("You get this mail because somebody gave this address with a question. If it was not you, do nothing: it is forgotten after three days.")
        else:
            words, label = _("Answer: %(subject)s") % {"subject": subject}, _("Read on or ask again")
            lines = [_("%(unit)s has answered your question:") % {"unit": unit}, *(entry.text.splitlines() if entry else [])]
            why = _("You get this mail because you asked.")
    context = {"words": words, "lines": [line for line in lines if line.strip()], "label": label, "url": own_address(row), "why": why}
    name, to = (row.by.given_name, row.by.email) if row.by else (row.name, row.email)
    return kinds.render("mentoring", context | {"recipient_name": name}, language, to=to)


def build_for_office(message, loaded, now):
    """Says that there is something, from which unit and until when; what it says stands behind the sign-in."""
    rows, _entries, users, here = loaded
    row, user = rows.get(message.payload["request"]), users.get(message.recipient_id)
    if row is None or not row.is_open or message.payload.get("due", row.due_on.isoformat()) != row.due_on.isoformat():
        return kinds.Skip(SETTLED)
    if not user or not user.is_active or not Request.objects.visible_to(user).filter(pk=row.pk).exists():
        return kinds.Skip(reminders.NO_OFFICE)
    if message.kind != "request_above" and user.pk not in here[row.pk]:
        return kinds.Skip(SETTLED)
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language):
        values = {"unit": isolate(row.unit.full_name), "subject": isolate(row.subject), "day": date_format(row.due_on, "DATE_FORMAT")}
        words, line = {
            "request_new": (_("A question for %(unit)s"), _("somebody asks: “%(subject)s”. Please answer by %(day)s; you may as well pass it on.")),
            "request_due": (_("A question waits for an answer"), _("“%(subject)s” (%(unit)s) waits for your answer until %(day)s.")),
            "request_late": (_("A question is still open"), _("“%(subject)s” (%(unit)s) was to be answered by %(day)s. A short word is enough, also that it takes longer.")),
            "request_above": (_("A question has been open for a week too long"), _("“%(subject)s” (%(unit)s) was to be answered by %(day)s. Please see whether they need help.")),
        }[message.kind]
        context = {"words": words % values, "lines": [line % values], "label": _("Read and answer"), "why": _("You get this mail because of your office.")}
    context |= {"url": settings.BASE_URL + reverse("planning:request_detail", args=[row.pk]), "recipient_name": user.given_name}
    return kinds.render("mentoring", context, language, to=user.email)


def register():
    from onboarding.ledger import KINDS

    for kind in LABELS:
        kinds.register(kind, build_for_asker if kind in ASKER else build_for_office, load)
    KINDS.update(LABELS)
    BEYOND["request_confirm"] = "asked for by the person themselves a moment ago, with a link that ends after three days"
