"""An election some sixty days ahead: its plan half done, posts with and without holes, volunteers in all states."""

from datetime import timedelta

from branches.models import Appointment, Unit
from branches.scope import Right
from membership.models import Member
from planning import cover, election_plans, election_templates, posting
from planning.models import Availability, Duty, Election, ElectionMilestone, Post, Shift, Volunteer

# what it is called, day of the week (Monday is 0), notes of volunteers
WORDS = {
    "de": ("Kommunalwahl", 6, ("gern mit Lena zusammen", "kann nicht lange stehen", "habe ein Auto", "")),
    "he": ("הבחירות לרשות המקומית", 1, ("רצוי יחד עם נועה", "לא יכול/ה לעמוד זמן רב", "יש לי רכב", "")),
    "en": ("Local election", 6, ("best together with Lena", "cannot stand for long", "I have a car", "")),
}
UNITS, HELPERS = 6, 54
STREETS = ("Am Markt", "Schulstraße 4", "Bahnhofsvorplatz", "Lindenallee 12")
HEBREW_STREETS = ("כיכר העירייה", "רחוב הגפן 4", "ליד הקניון", "שדרות האלון 12")


def furnish(root, language, rng, on, now):
    """An election of `root` with the first units below it as of the day `on`. Writes no message."""
    lead = Appointment.objects.active(on).filter(unit=root, right=Right.LEAD).order_by("pk").first()
    units = list(Unit.objects.below(root).open(on).filter(kind__leads_members=True)[:UNITS])
    if lead is None or not units:
        return
    title, weekday, notes = WORDS[language]
    day = on + timedelta(days=60)
    day += timedelta(days=(weekday - day.weekday()) % 7)
    fields = {"state": Election.State.RUNNING, "by": lead.user, "created_at": now - timedelta(days=110)}
    election = Election(unit=root, title=f"{title} {day.year}", day=day, **fields)
    election_plans.begin(election, election_templates.install(root), units)
    # What is over is done, but for a few that are late.
    over = list(ElectionMilestone.objects.filter(election=election, due_on__lt=on + timedelta(days=5)).order_by("due_on", "pk"))
    for line in over:
        if line.due_on < on - timedelta(days=40) or rng.random() < 0.7:
            line.done_on, line.done_by = min(line.due_on, on) - timedelta(days=rng.randrange(9)), lead.user
    ElectionMilestone.objects.bulk_update(over, ["done_on", "done_by"])
    places = HEBREW_STREETS if language == "he" else STREETS
    for number, post in enumerate(Post.objects.filter(election=election)):
        Post.objects.filter(pk=post.pk).update(address=places[number % len(places)], access="free" if number % 3 else "steps")
    _help(election, units, notes, rng, now)


def _help(election, units, notes, rng, now):
    found = Member.objects.active().filter(home_unit__in=units).exclude(email="").order_by("pk")
    members = rng.sample(list(found[:600]), min(HELPERS, len(found[:600])))
    volunteers = []
    for member in members:
        state = rng.choice(["yes"] * 7 + ["asked"] * 2 + ["no"])
        asked = now - timedelta(days=rng.randrange(4, 30))
        answered = None if state == "asked" else asked + timedelta(days=rng.randrange(1, 4))
        note = rng.choice(notes) if state == "yes" else ""
        volunteers.append(Volunteer(election=election, member=member, unit_id=member.home_unit_id, state=state, asked_at=asked, answered_at=answered, note=note))
    Volunteer.objects.bulk_create(volunteers)
    ready = [one for one in volunteers if one.state == "yes"]
    shifts = list(Shift.objects.filter(post__election=election).select_related("post").order_by("starts_at", "pk"))
    spans = sorted({(shift.starts_at, shift.ends_at) for shift in shifts})
    times = [Availability(volunteer=one, starts_at=low, ends_at=high) for one in ready[::3] for low, high in rng.sample(spans, min(6, len(spans)))]
    Availability.objects.bulk_create(times)
    of = {one.pk: tuple((row.starts_at, row.ends_at) for row in times if row.volunteer == one) for one in ready}
    people = [cover.Person(one.pk, (), of[one.pk], posting.rules_of(election), one.unit_id) for one in ready]
    # The first weeks are nearly full, election day has holes.
    wanted = [
        cover.Place(shift.pk, cover.span(shift.post_id, shift.starts_at, shift.ends_at), shift.post.unit_id)
        for shift in shifts
        for _place in range(shift.needed)
        if rng.random() < (0.45 if shift.starts_at.date() >= election.day - timedelta(days=2) else 0.8)
    ]
    by_pk, by_shift = {one.pk: one for one in ready}, {shift.pk: shift for shift in shifts}
    duties = [
        Duty(
            shift=by_shift[place.key], volunteer=by_pk[who], member_id=by_pk[who].member_id, starts_at=by_shift[place.key].starts_at,
            ends_at=by_shift[place.key].ends_at, state=rng.choice(["planned", "confirmed", "confirmed"]), at=now, state_at=now,
        )
        for who, place in cover.greedy(people, wanted)
    ]  # fmt: skip
    Duty.objects.bulk_create(duties)
