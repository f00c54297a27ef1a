"""A small world of random people for the cockpit, and a second, plain way to count them: one person after the other, in Python."""

import random
from collections import Counter, defaultdict
from datetime import date, timedelta

from branches.models import Unit
from membership.models import Member, Membership, Status
from onboarding.models import Journey, JourneyStep, Step
from onboarding.standards import steps_by_unit
from tests import factories as make

STATUSES = ["full"] * 6 + ["guest", "supporter", "applicant", "left", "left", "deceased"]


def populate(seed, units, sections, members, on):
    """`members` random members with homes in `units`, some also in `sections`, with journeys of every kind around the day `on`."""
    dice = random.Random(seed)
    steps = steps_by_unit(Unit.objects.filter(pk__in=[unit.pk for unit in units]))
    for number in range(members):
        home, status = dice.choice(units), dice.choice(STATUSES)
        joined_on = on - timedelta(days=dice.randrange(900))
        member = make.member(f"Person {number:04d}", home, joined_on, status)
        if status in ("left", "deceased"):
            member.left_on = joined_on + timedelta(days=dice.randrange((on - joined_on).days + 1))
            member.save(update_fields=["left_on"])
        for section in dice.sample(sections, dice.randrange(len(sections) + 1)):
            ends_on = dice.choice([None, None, on])
            Membership.objects.create(member=member, unit=section, home=False, starts_on=joined_on - timedelta(days=1), ends_on=ends_on)
        if dice.random() < 0.8:
            journey(dice, member, steps[home.pk], joined_on, on)


def journey(dice, member, steps, started_on, on):
    """A random journey through `steps`, around the day `on`: any combination of states that the database allows."""
    past = (on - started_on).days
    some_day = lambda: started_on + timedelta(days=dice.randrange(past + 1))  # noqa: E731
    state = dice.choice(Journey.State.values)
    row = Journey.objects.create(
        member=member, unit=member.home_unit, started_on=started_on, state=state, reason=dice.choice(Journey.Reason.values),
        ended_on=None if state == "running" else some_day(), first_contact_on=dice.choice([None, some_day()]),
        contact_due_on=dice.choice([None, started_on + timedelta(days=dice.randrange(70))]),
        next_due_on=dice.choice([None, some_day(), on + timedelta(days=dice.randrange(40))]),
    )  # fmt: skip
    for step in dice.sample(list(steps), dice.randrange(len(steps) + 1)):
        of_step = dice.choice(JourneyStep.State.values)
        JourneyStep.objects.create(
            journey=row, step=step, unit=row.unit, office=step.office, due_on=step.due_on(started_on), state=of_step,
            done_on=some_day() if of_step == "done" else None, reason="asked" if of_step == "not_needed" else "",
        )  # fmt: skip


def years_ago(day, years):
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def recount(unit, on):
    """Counter of the figures of `unit` with all below it on the day `on`, by looking at everybody in turn."""
    return recount_all(unit, on)[unit.path]


def recount_all(root, on):
    """{path: Counter} of `root` and every unit below."""
    since, before = years_ago(on, 1) + timedelta(days=1), years_ago(years_ago(on, 1) + timedelta(days=1), 1)
    counts = defaultdict(Counter)
    sections = set(Unit.objects.filter(kind__is_section=True).values_list("path", flat=True))
    members = Member.objects.select_related("home_unit").prefetch_related("memberships__unit", "journeys__steps__step")
    for member in members.iterator(5000):
        places = above(member.home_unit.path, root.path)
        for period in member.memberships.all():
            if not period.home and period.ends_on is None:
                places |= {path for path in above(period.unit.path, root.path) if path in sections}
        if places:
            counted = of_person(member, on, since, before)
            for row in member.journeys.all():
                if row.reason != Journey.Reason.EXIT:
                    counted += of_journey(row, on, since)
            for path in places:
                counts[path].update(counted)
    return counts


def above(path, root):
    """`path` and the paths above it down from `root`."""
    return {path[:end] for end in range(len(root), len(path) + 1, 4)} if path.startswith(root) else set()


def months_back(day, on):
    return (on.year - day.year) * 12 + on.month - day.month


def of_person(member, on, since, before):
    counts = Counter()
    if member.status in (Status.FULL, Status.LEFT, Status.DECEASED):
        day = member.joined_on
        counts["joined"] = since <= day <= on
        counts["joined_before"] = before <= day <= years_ago(on, 1)
        if day <= on and months_back(day, on) < 24:
            counts[f"joins:{day:%Y-%m}"] += 1
        if member.status != Status.FULL and member.left_on and member.left_on <= on and months_back(member.left_on, on) < 24:
            counts[f"exits:{member.left_on:%Y-%m}"] += 1
    return counts


def of_journey(journey, on, since):
    counts = Counter()
    running, asked, reached = journey.state == "running", journey.contact_due_on, journey.first_contact_on
    counts["open"] = running
    counts["late"] = bool(running and journey.next_due_on and journey.next_due_on < on)
    if asked and reached and since <= journey.started_on <= on:
        counts[f"days:{max((reached - journey.started_on).days, 0)}"] = 1
    if asked and not reached and running:
        counts[f"since:{journey.started_on}"] = counts["waiting"] = 1
        counts["overdue"] = asked < on
        counts["soon"] = on <= asked <= on + timedelta(days=7)
    if asked and asked < on:
        names = ["contact"] if asked >= since else []
        quarter = (asked.month + 2) // 3
        if on.year * 4 + (on.month + 2) // 3 - asked.year * 4 - quarter < 8:
            names.append(f"quarter:{asked.year}-{quarter}")
        for name in names:
            counts[f"{name}:all"] += 1
            counts[f"{name}:in_time"] += bool(reached and reached <= asked)
    for item in journey.steps.all():
        if item.step.locked and since <= item.due_on < on and item.state in ("open", "waiting", "done"):
            counts[f"step:{item.step.slug}:all"] += 1
            counts[f"step:{item.step.slug}:in_time"] += item.state == "done" and item.done_on <= item.due_on
    return counts


def own_step(unit, slug="welcome-evening", days=45, **fields):
    """A step of the unit's own, not locked."""
    from branches.models import Office
    from onboarding.models import Standard

    standard, _created = Standard.objects.get_or_create(unit=unit)
    return Step.objects.create(
        standard=standard, slug=slug, labels={"de": "Kennenlernabend", "en": "Welcome evening", "he": "ערב היכרות"}, due="days",
        count=days, office=Office.objects.get(slug="chair"), reasons=["joined", "returned", "moved_in"], **fields,
    )  # fmt: skip
