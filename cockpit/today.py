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

from branches import scope
from branches.scope import Right
from branches.terms import AHEAD
from cockpit.models import UnitFigures
from common import prepared
from common.context import home_of, place_of
from common.presets import counting, told_counts
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
    on, user, place = now.date(), request.user, place_of(request)
    context = {"on": on, "date": date_in_words(on), "greeting": greeting(now.hour), "place": place}
    if place is None:
        if home := home_of(user):
            return redirect(home)
        return render(request, "cockpit/today.html", context)
    cares = place.right >= Right.CARE
    others = [appointment for appointment in user.appointments_now if appointment != place and appointment.right >= Right.CARE]
    # All that can be asked at once goes to the database in one go.
    steps, errands, came, waits, *meetings = prepared.together(
        scope.question(user, "steps of an office", steps_of, [place.unit_id, place.office_id]) if cares else prepared.NOTHING,
        prepared.question("errands of a person", errands_of, [user.pk, on + WEEK]) if cares else prepared.NOTHING,
        newcomers(user, place, on),
        waiting_for(user, place, others, on),
        *meter.questions([place.unit], now.year, now),
    )
    if cares:
        context |= work(user, on, steps, errands)
    standing = meter.standings_from([place.unit], now.year, meetings)[place.unit_id]
    context |= terms_of(user, on) | {"meter": meter_words.row(standing, on) if standing.of else None}
    context |= {"new": new_members(place, on, came)} | waiting(place, others, waits)
    return render(request, "cockpit/today.html", context)


def terms_of(user, on):
    """One's own terms that end soon, and those that began lately, with work to take over."""
    own = [term for term in user.appointments_now if not term.deputy_for_id]
    return {
        "ending": [term for term in own if term.ends_on and term.ends_on <= on + AHEAD],
        "begun": [term for term in user.appointments_now if (term.held_back or term.right) >= Right.CARE and term.starts_on > on - LATELY],
    }


def steps_of(user, unit, office):
    """What is open for an office of a unit, as far as `user` cares for the members, one more than is shown."""
    steps = JourneyStep.objects.open().editable_by(user).filter(duty_unit=unit, duty_office=office)
    return steps.for_today().order_by("due_on", "pk")[: MOST + 1]


def errands_of(user, until):
    """What `user` (a pk) is asked to do up to the day `until`, the next first."""
    found = Errand.objects.open().filter(to=user, due_on__lte=until).select_related("member")
    return found.only("text", "due_on", "member__given_name", "member__family_name").order_by("due_on", "pk")[:MOST]


def date_in_words(on):
    return dateformat.format(on, pgettext("date format of Today", "l, j F"))


def greeting(hour):
    return _("Good morning") if hour < 11 else _("Good day") if hour < 18 else _("Good evening")


def work(user, on, steps, errands):
    """Sections of rows for `steps` and `errands`, each in the order of their days."""
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
    for errand in errands:
        sections["late" if errand.due_on < on else "week"].append(errand_row(errand))
    for section in ("late", "week"):
        sections[section].sort(key=itemgetter("due"))
    return {
        "sections": sections,
        "more": len(steps) > MOST,
        "next_on": sections["later"][0]["due"] if sections["later"] else None,
        "works": True,
    }


def newcomers(user, place, on):
    """The prepared.Question whose answer `new_members` tells: the kept figures of the cockpit, or who joined in the last six months."""
    if counts_below(place):
        return prepared.question("figures of a unit", lambda unit: UnitFigures.objects.filter(unit=unit).defer("series"), [place.unit_id])

    def joined(user, unit, since):
        journeys = Journey.objects.visible_to(user).filter(started_on__gte=since, reason=Journey.Reason.JOINED)
        if place.unit.kind.is_section:
            journeys = journeys.filter(member__memberships__unit=unit, member__memberships__home=False, member__memberships__ends_on=None)
        else:
            journeys = journeys.filter(member__home_unit=unit)
        return journeys.values_list("first_contact_on", "contact_due_on")

    name = f"joined lately {'section' if place.unit.kind.is_section else 'home'}"
    return scope.question(user, name, joined, [place.unit_id, on - relativedelta(months=6)])


def counts_below(place):
    return place.below and not place.unit.kind.is_section


def new_members(place, on, found):
    """Who came, how many of them had their first contact in time, still wait within it, or are late.

    For an office that counts also below: the figures of the cockpit, kept for twelve months. Else counted now, for six.
    """
    if counts_below(place):
        if not found:
            return None
        share = found[0].share("contact")
        parts = [(share.part, "ok"), (share.missed, "late")]
        return {"months": 12, "total": found[0].count("joined"), "in_time": share.part, "due": share.whole, "parts": parts, "late": found[0].count("late")}
    tones = Counter()
    for reached_on, due_on in found:
        tones["" if due_on is None else "late" if (reached_on or on) > due_on else "ok" if reached_on else "amber"] += 1
    parts = [(tones[tone], tone) for tone in ("ok", "amber", "late")]
    return {"months": 6, "total": tones.total(), "in_time": tones["ok"], "due": sum(n for n, _tone in parts), "parts": parts}


DECISIONS = ("open", "sorting", "transfers")


def waiting_for(user, place, others, on):
    """The prepared.Question that counts what is due within the week for the appointments `others`, and what waits for a word of `place`."""
    decides = place.right >= Right.LEAD
    if not others and not decides:
        return prepared.NOTHING

    def wanted(user, on, until, unit, *offices):
        steps = JourneyStep.objects.open().editable_by(user).filter(due_on__lte=until)
        found = [steps.filter(duty_unit=of, duty_office=office) for of, office in zip(offices[::2], offices[1::2], strict=True)]
        applications = Application.objects.filter(unit=unit)
        decisions = [applications.open(), applications.sorting(), Transfer.objects.waiting_for(user, on)] if decides else []
        return counting(found + decisions, MOST_COUNTED)

    offices = [key for appointment in others for key in (appointment.unit_id, appointment.office_id)]
    return scope.question(user, f"waits {decides:d} {len(others)}", wanted, [on, on + WEEK, place.unit_id, *offices])


def waiting(place, others, found):
    """{"elsewhere": what is due for one's other offices, "decisions": what waits for this one}, from the answer to `waiting_for`."""
    names = [*others, *(DECISIONS if place.right >= Right.LEAD else ())]
    counts = told_counts(names, found[0], MOST_COUNTED) if found else {}
    return {
        "elsewhere": [{"appointment": appointment, "count": counts[appointment]} for appointment in others if counts[appointment] != "0"],
        "decisions": {name: counts[name] for name in DECISIONS if counts.get(name, "0") != "0"},
    }
