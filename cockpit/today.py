"""Today: what is due for the one who looks, and the next action each."""

from collections import Counter
from datetime import timedelta
from operator import itemgetter

from dateutil.relativedelta import relativedelta
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from branches.scope import Right
from branches.terms import AHEAD
from cockpit.models import UnitFigures
from common import prepared
from common.context import home_of, place_of
from common.presets import counted, counting
from membership.models import Application, Errand, Transfer
from membership.rows import errand_row
from onboarding import rows
from onboarding.models import Contact, Journey, JourneyStep
from planning import meter, meter_words

MOST = 60  # rows on the page; who has more goes through the list of new members
LATER = 5  # steps shown of those that come after this week
MOST_COUNTED = 99
WEEK = timedelta(days=7)
LATELY = timedelta(days=60)


@login_required
@require_safe
def today(request):
    """Overdue, this week, waiting for others and what comes then, for the office one acts in."""
    now = timezone.localtime()
    on = now.date()
    place = place_of(request)
    context = {"on": on, "date": date_in_words(on), "greeting": greeting(now.hour), "place": place}
    if place is None:
        if home := home_of(request.user):
            return redirect(home)
        return render(request, "cockpit/today.html", context)
    if place.right >= Right.CARE:
        context |= work(request.user, place, on)
    context |= terms_of(request.user, on) | {"meter": meter_of(place.unit, now)}
    context |= {"new": new_members(request.user, place, on)} | waiting(request.user, place, on)
    return render(request, "cockpit/today.html", context)


def terms_of(user, on):
    """One's own terms that end soon, and those that began lately, with work to take over."""
    own = [term for term in user.appointments_now if not term.deputy_for_id]
    return {
        "ending": [term for term in own if term.ends_on and term.ends_on <= on + AHEAD],
        "begun": [term for term in user.appointments_now if (term.held_back or term.right) >= Right.CARE and term.starts_on > on - LATELY],
    }


def meter_of(unit, now):
    """How many of its meetings `unit` has held this year and by when to invite, in two statements; None where none are asked for."""
    standing = meter.standing(unit, now.year, now)
    return meter_words.row(standing, now.date()) if standing.of else None


def errands(user, until):
    """What `user` (a pk) is asked to do up to the day `until`, the next first."""
    found = Errand.objects.open().filter(to=user, due_on__lte=until).select_related("member")
    return found.only("text", "due_on", "member__given_name", "member__family_name").order_by("due_on", "pk")[:MOST]


def date_in_words(on):
    return dateformat.format(on, pgettext("date format of Today", "l, j F"))


def greeting(hour):
    return _("Good morning") if hour < 11 else _("Good day") if hour < 18 else _("Good evening")


def work(user, place, on):
    """Sections of rows for the office `place`, each in the order of their days."""
    def mine(unit, office):
        steps = JourneyStep.objects.open().editable_by(user).filter(duty_unit=unit, duty_office=office)
        return steps.for_today().order_by("due_on", "pk")[: MOST + 1]

    steps = prepared.fetch(("steps of an office", user.reach), mine, [place.unit_id, place.office_id])
    until = on + WEEK
    last = Contact.objects.latest(user, on, until, {step.journey.member_id for step in steps})

    sections: dict = {"late": [], "week": [], "waiting": [], "later": []}
    shown = set()
    for step in steps[:MOST]:
        waits = step.state == JourneyStep.State.WAITING
        section = "waiting" if waits else "late" if step.due_on < on else "week" if step.due_on <= until else "later"
        if section != "later" or len(sections["later"]) < LATER:
            sections[section].append(rows.today(step, on, last.get(step.journey.member_id)))
        if section != "later":
            shown.add(step.journey.member_id)
    for contact in last.values():
        if contact.by_id == user.pk and contact.next_on and contact.next_on <= until and contact.member_id not in shown:
            sections["late" if contact.next_on < on else "week"].append(rows.follow_up(contact, on))
    for errand in prepared.fetch("errands of a person", errands, [user.pk, until]):
        sections["late" if errand.due_on < on else "week"].append(errand_row(errand))
    for section in ("late", "week"):
        sections[section].sort(key=itemgetter("due"))
    return {
        "sections": sections,
        "more": len(steps) > MOST,
        "next_on": sections["later"][0]["due"] if sections["later"] else None,
        "works": True,
    }


def new_members(user, place, on):
    """Who came, how many of them had their first contact in time, still wait within it, or are late.

    For an office that counts also below: the figures of the cockpit, kept for twelve months. Else counted now, for six.
    """
    if place.below and not place.unit.kind.is_section:
        found = prepared.fetch("figures of a unit", lambda unit: UnitFigures.objects.filter(unit=unit).defer("series"), [place.unit_id])
        if not found:
            return None
        kept = found[0]
        share = kept.share("contact")
        return {"months": 12, "total": kept.count("joined"), "in_time": share.part, "parts": [(share.part, "ok"), (share.missed, "late")]}

    def joined(since):
        journeys = Journey.objects.visible_to(user).in_unit(place.unit).filter(started_on__gte=since, reason=Journey.Reason.JOINED)
        return journeys.values_list("first_contact_on", "contact_due_on")

    tones = Counter()
    for reached_on, due_on in prepared.fetch(("joined lately", user.reach, place.unit.path), joined, [on - relativedelta(months=6)]):
        tones["" if due_on is None else "late" if (reached_on or on) > due_on else "ok" if reached_on else "amber"] += 1
    parts = [(tones[tone], tone) for tone in ("ok", "amber", "late")]
    return {"months": 6, "total": tones.total(), "in_time": tones["ok"], "parts": parts}


def waiting(user, place, on):
    """{"elsewhere": what is due within the week for one's other offices, "decisions": what waits for a word of this one}, in one statement."""
    others = [appointment for appointment in user.appointments_now if appointment != place and appointment.right >= Right.CARE]
    own = ("open", "sorting", "transfers") if place.right >= Right.LEAD else ()
    if not others and not own:
        return {"elsewhere": [], "decisions": {}}

    def wanted(on, until):
        steps = JourneyStep.objects.open().editable_by(user).filter(due_on__lte=until)
        found = [steps.filter(duty_unit=appointment.unit_id, duty_office=appointment.office_id) for appointment in others]
        applications = Application.objects.filter(unit=place.unit_id)
        decisions = [applications.open(), applications.sorting(), Transfer.objects.waiting_for(user, on)] if own else []
        return counting(found + decisions, MOST_COUNTED)

    key = ("waits for", user.reach, tuple((a.unit_id, a.office_id) for a in (place, *others)))
    counts = counted([*others, *own], *prepared.filled(key, wanted, [on, on + WEEK]), MOST_COUNTED)
    return {
        "elsewhere": [{"appointment": appointment, "count": counts[appointment]} for appointment in others if counts[appointment] != "0"],
        "decisions": {name: counts[name] for name in own if counts[name] != "0"},
    }
