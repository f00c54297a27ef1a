"""Registering without an account: the form that asks for a link, one's own page, and the page on which a unit answers. Opening changes nothing."""

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from branches.models import Unit, User
from common.languages import spoken
from common.links import Found
from education import calendars, registering, registration_mails, tracks
from education import registration_approvals as approvals
from education import registration_rules as rules
from education.models import Event, Registration, RegistrationAsk
from education.registration_forms import RegistrationAskForm
from membership.models import ACTIVE, Member
from membership.own_data import language_of
from outbox.tasks import wake

FORM = ["GET", "HEAD", "POST"]
LIMITS = {"register": "20/h/ip,60/d/ip", "register_address": "5/d/key"}
SHOWN = ("unit__kind", "kind", "place", "partner")
State = Registration.State


def _may_send(request, email):
    """Whether one may ask for a link from here and to this address now; counts the try."""
    by_place = ratelimit.consume(request, app="education", action="register", config=LIMITS)
    return bool(by_place) and bool(ratelimit.consume(request, app="education", action="register_address", config=LIMITS, key=email.lower()))


def _shown(event, now):
    """What every page about registering says of the event."""
    free = registering.free_seats(event, now) if event.seats is not None else None
    return {
        "event": event, "dates": list(event.dates.all()), "rules": rules.told(event.fairness, event), "where": registration_mails.place_of(event),
        "fee": registration_mails.fee_of(event) if event.fee_cents else "", "free": max(free, 0) if free is not None else None,
        "held": Registration.SEATED, "takes": event.takes_registrations(now), "cancels_late": event.cancels_until is not None and now >= event.cancels_until,
    }  # fmt: skip


@never_cache
@require_http_methods(FORM)
def register(request, key):
    """Ask for one's link by mail address. The answer is the same whoever that is; what a machine sends is thanked for and forgotten."""
    event = get_object_or_404(Event.objects.told().select_related(*SHOWN), key=key)
    now = timezone.now()
    asked = request.GET.get("lang")
    with translation.override(spoken(asked)):
        form = RegistrationAskForm(request.POST or None, event=event, now=now)
        sent = f"{request.path}?sent=1" + (f"&lang={asked}" if asked == get_language() else "")
        too_many = False
        if request.method == "POST" and form.by_machine:
            return redirect(sent)
        if event.takes_registrations(now) and form.is_valid():
            if _may_send(request, form.cleaned_data["email"]):
                registration_mails.ask(event, form.cleaned_data["email"], form.cleaned_data.get("name", ""), get_language(), now)
                wake()
                return redirect(sent)
            too_many = True
        context = _shown(event, now) | {"form": form, "too_many": too_many, "sent": "sent" in request.GET}
        response = render(request, "education/register.html", context, status=429 if too_many else 422 if form.errors else 200)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response


def _of(what, pks):
    """(event, registration or None, {"member"} or {"guest"}) a link is about; None when that is gone."""
    if what == "r":
        row = Registration.objects.select_related("member__home_unit", *(f"event__{name}" for name in SHOWN)).filter(pk=pks[0]).first()
        who = row and ({"member": row.member} if row.member else {"guest": {"name": row.name, "email": row.email, "language": row.language}})
        return row and (row.event, row, who)
    if what == "a":
        ask = RegistrationAsk.objects.select_related(*(f"event__{name}" for name in SHOWN)).filter(pk=pks[0]).first()
        row = ask and ask.event.registrations.filter(member=None, email__iexact=ask.email).first()
        return ask and (ask.event, row, {"guest": {"name": ask.name, "email": ask.email, "language": ask.language}})
    event = Event.objects.told().select_related(*SHOWN).filter(pk=pks[0]).first()
    member = Member.objects.select_related("home_unit").filter(pk=pks[1]).first()
    row = event and member and event.registrations.filter(member=member).first()
    return event and member and (event, row, {"member": member})


def _found(now, what, *pks):
    found = _of(what, pks)
    if found is None:
        return Found(is_open=False)
    event, _registration, who = found
    member = who.get("member")
    is_open = not event.is_over(now) and (member is None or member.status in ACTIVE)
    return Found(found, language_of(member) if member else who["guest"]["language"], is_open, {"event": event})


@registration_mails.LINK.opens(_found, "education/registration_own.html")
def registration_own(request, event, registration, who, now):
    """One's own registration: register, take a place that is offered, change the note, cancel."""
    if request.method == "POST":
        do, note = request.POST.get("do"), " ".join(request.POST.get("note", "").replace("\0", "").split())[:300]
        if do == "register":
            try:
                registering.register(event.pk, now, note=note, **who)
            except registering.Refused as refused:
                messages.error(request, refused.messages[0])
        elif registration and do == "take":
            if not registering.take(registration, now):
                messages.error(request, _("The time to take this place is over; it went to the next person."))
        elif registration and do == "cancel":
            registering.cancel(registration, now)
        elif registration and do == "note" and registration.is_open:
            Registration.objects.filter(pk=registration.pk).update(note=note)
            messages.success(request, _("Your note is saved."))
        wake()
        return redirect(request.path)
    offer_over = bool(registration) and registration.state == State.OFFERED and registration.offered_until <= now
    member, begins = who.get("member"), registration is None or registration.state in Registration.OVER
    level = tracks.level_of(event) if member and begins else None
    context = _shown(event, now) | {
        "missing": tracks.missing_before([member], level)[member.pk] if level else [],
        "registration": registration, "member": who.get("member"), "guest": who.get("guest"), "offer_over": offer_over,
        "begins": begins,
        "reason": rules.reason(registration.why) if registration else "",
        "calendar": calendars.page_path(who["member"], timezone.localdate(now)) if "member" in who else "",
    }  # fmt: skip
    return render(request, "education/registration_own.html", context)


def _found_approval(now, event_pk, path, user_pk):
    user = get_object_or_404(User, pk=user_pk, is_active=True)
    unit = Unit.objects.filter(path=path).select_related("kind").first()
    event = Event.objects.told().select_related(*SHOWN).filter(pk=event_pk).first()
    return Found((user, unit, event), user.language, bool(unit and event))


@approvals.LINK.opens(_found_approval, "education/approval_link.html")
def approval_link(request, user, unit, event, now):
    """A unit answers for its members, in the name of whom the mail went to: POST pick=number and do=approve or refuse."""
    rows = approvals.waiting_for(user, event, unit.path)
    if request.method == "POST":
        row = next((row for row in rows if str(row.pk) == request.POST.get("pick")), None)
        if row:
            decide(row, request.POST.get("do"), user, now)
        return redirect(request.path)
    answered = Registration.objects.filter(event=event, approved_by=user).exists()
    context = {"event": event, "unit": unit, "rows": rows, "user": user, "answered": answered, "dates": list(event.dates.all())}
    return render(request, "education/approval_link.html", context)


def decide(registration, do, by, now):
    """The answer of a unit. False when there is nothing to answer any more."""
    done = registering.approve(registration, now, by) if do == "approve" else do == "refuse" and registering.refuse_approval(registration, now, by)
    wake()
    return done
