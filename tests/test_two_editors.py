"""Two people have one row open: the first one saves, the second one reads what the first one wrote and may then save over it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from branches.models import Office
from education.models import ConfirmationTerms, CostLine, EventKind, Partner, QualificationKind
from membership.models import CustomField, ExportPurpose, NoticePattern, SectionRule, Tag
from onboarding.models import Standard, Step
from tests import factories as make
from tests.education import offering


def cost_line(tree, cast):
    event = make.event(tree.a)
    return [CostLine.objects.create(event=event, stage="planned", kind="room", text="Saal", cents=5000, by=cast.secretary_a, at=timezone.now()).pk]


def partner(tree, cast):
    return Partner.objects.create(party=tree.district, name="Stiftung Weitblick")


def own_field(tree, cast):
    return [CustomField.objects.create(unit=tree.a, labels={"de": "T-Shirt"}, type="text", purpose="Fest", right=1, days=30, created_at=timezone.now()).pk]


def terms(tree, cast):
    event = make.event(tree.a)
    ConfirmationTerms.objects.create(event=event, minutes=450)
    return [event.pk]


def own_step(tree, cast):
    standard, _created = Standard.objects.get_or_create(unit=tree.a)
    office = Office.objects.get(slug="secretary")
    step = Step.objects.create(standard=standard, slug="own", labels={"de": "Anruf"}, due="days", count=9, office=office, reasons=["joined"])
    return [tree.a.slug, step.pk]


def event_kind(tree, cast):
    """Kinds belong to all parties."""
    make.appoint(cast.officer, "membership_officer", tree.foreign)
    return [EventKind.objects.get(slug="course").pk]


def section_rule(tree, cast):
    SectionRule.objects.create(unit=tree.youth, age_from=14, since="2020-01-01")
    return [tree.youth.slug]


CASES = {
    "education:cost_edit": (cost_line, "amount", "75,00", "80,00"),
    "education:place_edit": (lambda tree, cast: [make.place(tree.a).pk], "cost", "25,00", "30,00"),
    "education:partner_edit": (lambda tree, cast: [partner(tree, cast).pk], "phone", "0351 11", "0351 22"),
    "education:offer_edit": (lambda tree, cast: [offering.offer(partner(tree, cast), cast.admin, state="draft").pk], "text_de", "Mit Pausen.", "Ohne Pausen."),
    "education:track_edit": (lambda tree, cast: [offering.track(tree.district, "Weg").pk], "name_de", "Weg in den Rat", "Weg ins Amt"),
    "education:level_edit": (lambda tree, cast: [offering.track(tree.district, "Weg").levels.first().pk], "trainings", "3", "4"),
    "education:confirmation_terms": (terms, "hours", "6,5", "7"),
    "education:event_kind_edit": (event_kind, "label_de", "Kurs am Abend", "Abendkurs"),
    "education:qualification_kind_edit": (
        lambda tree, cast: [QualificationKind.objects.create(party=tree.district, labels={"de": "Ersthilfe"}, office=Office.objects.get(slug="secretary")).pk],
        *("months", "24", "36"),
    ),
    "membership:tag_edit": (lambda tree, cast: [Tag.objects.create(party=tree.district, kind="skill", labels={"de": "Foto"}).pk], "label_de", "Fotos", "Bilder"),
    "membership:field_edit": (own_field, "purpose", "Für das Fest.", "Für den Versand."),
    "membership:purpose_edit": (lambda tree, cast: ExportPurpose.objects.filter(party=tree.district).values_list("pk")[0], "days", "14", "21"),
    "membership:pattern_edit": (
        lambda tree, cast: [NoticePattern.objects.create(unit=tree.district, name="Austritt", kind="left", contains="x", labels={"number": "Nr"}).pk],
        *("label_number", "Nummer", "Mitgliedsnummer"),
    ),
    "membership:section_rule": (section_rule, "age_to", "30", "35"),
    "onboarding:step_edit": (own_step, "count", "10", "12"),
}


def filled_in(page):
    """What a browser would send of the forms of a page."""
    form, dates = page.context["form"], page.context.get("dates")
    fields = [*form, *(dates.management_form if dates else ()), *(field for one in dates or () for field in one)]
    values = {field.html_name: field.value() for field in fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def as_typed(page, name, text=None):
    """What field `name` of a page says, or would say with `text`."""
    bound = page.context["form"][name]
    return bound.field.to_python(bound.value() if text is None else text)


@pytest.mark.parametrize("name", CASES)
def test_of_two_who_have_a_row_open_the_second_reads_what_the_first_wrote(name, tree, cast, sign_in):
    of, field, first, second = CASES[name]
    address, client = reverse(name, args=of(tree, cast)), sign_in(cast.officer)
    opened = client.get(address)
    assert opened.status_code == 200 and f'value="{opened.context["form"].stamp}"' in opened.content.decode()
    sent = filled_in(opened)

    def save(value, page=opened):
        """The answer to saving; a page that first shows what would change is answered again."""
        answer = client.post(address, sent | {field: value, "version": page.context["form"]["version"].value()})
        return client.post(address, filled_in(answer)) if answer.status_code == 200 else answer

    assert save(first).status_code == 302
    late = save(second)
    assert late.status_code == 422
    text = late.content.decode()
    assert f"Jetzt steht da: {first}" in text and "Jemand anderes hat das inzwischen geändert." in text
    assert as_typed(client.get(address), field) == as_typed(opened, field, first)
    assert save(second, late).status_code == 302
    assert as_typed(client.get(address), field) == as_typed(opened, field, second)


def test_what_nobody_else_changed_is_saved_at_once(tree, cast, sign_in):
    """Other rows, and what is not in the form, may change as they like."""
    place, client = make.place(tree.a), sign_in(cast.officer)
    address = reverse("education:place_edit", args=[place.pk])
    sent = filled_in(client.get(address))
    make.place(tree.a, name="Garten")
    place.retire(timezone.localdate())
    assert client.post(address, sent | {"seats": 40}).status_code == 302
    place.refresh_from_db()
    assert (place.seats, place.retired_on) == (40, timezone.localdate())


def test_a_choice_that_somebody_made_is_read_in_words(tree, cast, sign_in):
    place, client = make.place(tree.a), sign_in(cast.officer)
    address = reverse("education:place_edit", args=[place.pk])
    sent = filled_in(client.get(address))
    assert client.post(address, sent | {"access": "free"}).status_code == 302
    late = client.post(address, sent | {"access": "none"}).content.decode()
    assert f"Jetzt steht da: {place.Access('free').label}" in late
