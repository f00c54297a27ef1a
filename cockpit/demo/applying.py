"""Who applies, which postcodes belong to which branch, and a transfer under way, for the hand-made part of a demo party."""

from collections import Counter
from datetime import timedelta

from branches.models import Appointment, Unit
from cockpit.demo.people import latin
from membership import admission, areas, transfers
from membership.models import Application, Member, Transfer

AGES = range(17, 70)
DAYS_AGO = (1, 3, 6, 11, 18, 24, 27, 29)
REASON = {"de": "Zieht um und möchte vor Ort mitmachen.", "he": "מעבר דירה, ורצון לפעול במקום החדש.", "en": "Moves house and wants to take part there."}
HANDOVER = {"de": "Backt gern für das Sommerfest.", "he": "אוהב/ת לאפות לאירוע הקיץ.", "en": "Likes to bake for the summer fair."}


def furnish(root, party, rng, on):
    """Give `root` areas, applications in every week of the term, two to sort, and a transfer as of the day `on`. Writes no message."""
    branches = list(Unit.objects.below(root).open(on).filter(kind__leads_members=True).select_related("kind"))
    lived = Counter(Member.objects.filter(home_unit__in=branches).exclude(postcode="").values_list("postcode", "home_unit"))
    most = {}
    for (postcode, unit), _count in lived.most_common():
        most.setdefault(postcode, unit)
    areas.replace({branch: [(code, code) for code, unit in sorted(most.items()) if unit == branch.pk] for branch in branches})
    postcodes = sorted(most)
    for number, days in enumerate(DAYS_AGO):
        _apply(branches[number % len(branches)], party, rng, on, days, postcodes)
    for days in (2, 9):
        _apply(root, party, rng, on, days, ["99999"])
    member = Member.objects.active().filter(home_unit=branches[0]).order_by("pk").first()
    by = Appointment.objects.active(on).filter(unit=branches[0], right=3).select_related("user").order_by("pk").first()
    if member and by and len(branches) > 1:
        texts = {"reason": REASON[party.language], "handover": HANDOVER[party.language], "by_member": True}
        transfers.ask(Transfer(member=member, to_unit=branches[1], moves_on=on + timedelta(days=10), **texts), by.user, on)


def _apply(unit, party, rng, on, days, postcodes):
    names = party.words.communities[0]
    young = rng.choice(AGES)
    given, family = rng.choice((names.women if rng.random() < 0.5 else names.men)[young < 50]), rng.choice(names.families)
    application = Application(
        unit=unit, source=Application.Source.FORM, given_name=given, family_name=family, email=f"{latin(given)}.{latin(family)}@example.org",
        birth_date=on - timedelta(days=365 * young + rng.randrange(365)), postcode=rng.choice(postcodes or ["99999"]), language=party.language,
        street=f"{rng.choice(party.words.streets)} {rng.randrange(1, 90)}", kind="guest" if days == 11 else "full",
    )  # fmt: skip
    return admission.receive(application, on - timedelta(days=days))
