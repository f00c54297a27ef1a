"""Welcome letters on paper: the text of a unit, what is due, print runs."""

import io
import resource
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from common import pdf
from membership.models import Member, Reading
from onboarding import journeys, letters, welcome
from onboarding.models import Journey, JourneyStep, LetterText, PrintPart, PrintRun, Welcome
from tests import factories as make
from tests.factories import TODAY

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOME = {"street": "Hauptstraße 1", "postcode": "01097", "city": "Dresden"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomers(tree, cast):
    """Two of A and one of B without e-mail, one of A with, one without an address."""
    people = {
        "adam": make.member("Adam Alt", tree.a, joined_on=TODAY, **HOME),
        "dana": make.member("דנה כהן", tree.a, joined_on=TODAY, language="he", **HOME),
        "bea": make.member("Bea Berg", tree.b, joined_on=TODAY, **HOME),
        "mia": make.member("Mia Mail", tree.a, joined_on=TODAY, email="mia@example.org", **HOME),
        "otto": make.member("Otto Ohne", tree.a, joined_on=TODAY),
    }
    journeys.start_due(TODAY)
    return people


def order(user, unit):
    return letters.order(user, unit, uuid.uuid4(), TODAY, NOW)


def text_of(run):
    return [page.extract_text() for page in PdfReader(io.BytesIO(b"".join(letters.pieces(run)))).pages]


# --- text --------------------------------------------------------------------------------------------------------------


def test_placeholders_are_known_in_every_language_and_others_are_named():
    assert letters.unknown("Hallo {Vorname}, {שם מלא} {unit} { Partei }") == []
    assert letters.unknown("Hallo {Vornamen} und {x}, {") == ["{Vornamen}", "{x}", "{"]


def test_the_usual_letters_hold_no_unknown_placeholder():
    assert not [found for subject, body in letters.USUAL.values() for found in letters.unknown(subject + body)]


def test_a_unit_without_a_letter_has_that_of_the_nearest_unit_above_language_by_language(tree):
    LetterText.objects.create(unit=tree.district, subjects={"de": "Bezirk"}, bodies={"de": "Vom Bezirk", "en": "From the district"}, at=NOW)
    LetterText.objects.create(unit=tree.a, subjects={"de": "Altdorf"}, bodies={"de": "Aus Altdorf"}, at=NOW)
    found = letters.texts_at([tree.a.path, tree.b.path])
    assert found[tree.a.path]["de"] == ("Altdorf", "Aus Altdorf") and found[tree.a.path]["en"] == ("", "From the district")
    assert found[tree.b.path]["de"] == ("Bezirk", "Vom Bezirk") and found[tree.b.path]["he"] == letters.USUAL["he"]


def test_the_secretary_writes_the_letter_and_sees_a_preview_first(sign_in, cast, tree):
    client, address = sign_in(cast.secretary_a), reverse("onboarding:letter_text", args=[tree.a.slug])
    data = {"subject_de": "Moin", "body_de": "Hallo {Vorname} aus {Gliederung}"}
    text = client.post(address, data | {"do": "preview"}).content.decode()
    assert "Hallo Mika aus Ortsverein Altdorf" in text and not LetterText.objects.exists()
    client.post(address, data)
    assert LetterText.objects.get().bodies == {"de": "Hallo {Vorname} aus {Gliederung}"}


def test_an_unknown_placeholder_is_told_beside_the_field(sign_in, cast, tree):
    response = sign_in(cast.secretary_a).post(reverse("onboarding:letter_text", args=[tree.a.slug]), {"body_de": "Hallo {Spitzname}"})
    assert response.status_code == 422 and "{Spitzname}" in response.content.decode() and not LetterText.objects.exists()


# --- what is due -------------------------------------------------------------------------------------------------------


def test_letters_are_due_for_new_members_without_mail_but_with_an_address(newcomers, tree, cast):
    found = letters.counts(cast.officer, tree.district, TODAY)
    assert found["total"] == 3 and found["languages"] == [("Deutsch", 2), ("עברית", 1)] and found["units"] == [("Altdorf", 2), ("Bergheim", 1)]
    assert [journey.member.name for journey in found["homeless"]] == ["Otto Ohne"]


def test_a_secretary_of_a_sister_branch_prints_only_their_own(newcomers, tree, cast):
    assert letters.counts(cast.secretary_a, tree.a, TODAY)["total"] == 2
    assert letters.counts(cast.secretary_b, tree.a, TODAY)["total"] == 0


def test_a_step_with_a_letter_is_printed_for_those_with_mail_too_and_for_returning_members_only_if_meant(tree, cast):
    make.step(tree.a, "brief", goes_with="letter", done_by="sent")
    make.member("Mia Mail", tree.a, joined_on=TODAY, email="mia@example.org", **HOME)
    journeys.start_due(TODAY)
    back = make.member("Rita Rück", tree.a, joined_on=TODAY - timedelta(days=4000), **HOME)
    journeys.start(Member.objects.filter(pk=back.pk), TODAY, Journey.Reason.RETURNED)
    assert [journey.member.name for journey in letters.printable(cast.secretary_a, tree.a, TODAY)] == ["Mia Mail"]


# --- runs --------------------------------------------------------------------------------------------------------------


def test_a_run_prints_each_in_their_language_notes_it_and_prints_nobody_twice(newcomers, tree, cast):
    run = order(cast.officer, tree.district)
    letters.write(run, NOW)
    pages = text_of(run)
    assert run.state == "ready" and run.count == 3 and len(pages) == 6
    assert "Adam Alt" in pages[0] and "Hauptstraße 1" in pages[0] and "Herzlich willkommen" in pages[0]
    assert "Parteibuch" in pages[1] and "ברוכים הבאים" in "".join(pages) and "Aylin" in pages[1]
    assert Welcome.objects.filter(printed_at=NOW, printed_by=cast.officer).count() == 3
    assert order(cast.officer, tree.district) is None
    assert Reading.objects.get(what=Reading.What.LETTER).members == sorted(newcomers[name].pk for name in ("adam", "dana", "bea"))


def test_who_joins_after_a_run_is_in_the_next_one(newcomers, tree, cast):
    letters.write(order(cast.secretary_a, tree.a), NOW)
    make.member("Nina Nach", tree.a, joined_on=TODAY, **HOME)
    journeys.start_due(TODAY)
    run = order(cast.secretary_a, tree.a)
    letters.write(run, NOW)
    assert run.count == 1 and "Nina" in text_of(run)[0]


def test_two_runs_ordered_at_once_hold_different_letters(newcomers, tree, cast):
    first, second = order(cast.secretary_a, tree.a), order(cast.officer, tree.district)
    letters.write(second, NOW)
    letters.write(first, NOW)
    assert (first.count, second.count) == (2, 1) and "Bea" in text_of(second)[0]


def test_a_double_click_orders_once(newcomers, tree, cast):
    key = uuid.uuid4()
    assert letters.order(cast.officer, tree.district, key, TODAY, NOW) == letters.order(cast.officer, tree.district, key, TODAY, NOW)
    assert PrintRun.objects.count() == 1


def test_printing_closes_the_step_it_belongs_to_and_taking_back_opens_it(newcomers, tree, cast):
    step = make.step(tree.a, "brief", goes_with="letter", done_by="sent")
    journey = newcomers["adam"].journeys.get()
    own = JourneyStep.objects.create(journey=journey, step=step, unit=tree.a, office=step.office, due_on=TODAY)
    run = order(cast.secretary_a, tree.a)
    letters.write(run, NOW)
    own.refresh_from_db()
    assert own.state == "done" and own.closed_by == cast.secretary_a
    assert letters.take_back(run, TODAY) and not letters.take_back(run, TODAY)
    own.refresh_from_db()
    assert own.state == "open" and letters.counts(cast.secretary_a, tree.a, TODAY)["total"] == 2 and not PrintPart.objects.exists()


def test_a_run_of_somebody_who_lost_the_office_is_refused_and_its_letters_are_due_again(newcomers, tree, cast):
    run = order(cast.secretary_a, tree.a)
    cast.secretary_a.appointments.update(ends_on=timezone.localdate())
    letters.write(run, NOW)
    assert run.state == "refused" and not run.parts.exists()
    assert letters.counts(cast.chair_a, tree.a, TODAY)["total"] == 2


def test_a_lost_worker_is_followed_by_the_next_and_three_lost_ones_give_up(newcomers, tree, cast):
    run = order(cast.secretary_a, tree.a)
    assert run.claim(NOW) and not run.claim(NOW + timedelta(minutes=4))
    assert run.claim(NOW + timedelta(minutes=6)) and run.claim(NOW + timedelta(minutes=12))
    assert not run.claim(NOW + timedelta(minutes=18))
    assert run.state == "failed" and letters.counts(cast.secretary_a, tree.a, TODAY)["total"] == 2


def test_the_same_letters_can_be_written_once_more(newcomers, tree, cast):
    run = order(cast.secretary_a, tree.a)
    letters.write(run, NOW)
    letters.tidy(NOW + timedelta(days=8))
    assert not run.parts.exists() and not run.kept(NOW + timedelta(days=8))
    assert letters.again(run)
    letters.write(run, NOW + timedelta(days=8))
    assert run.state == "ready" and len(text_of(run)) == 4
    assert Welcome.objects.filter(printed_at=NOW).count() == 2


def test_a_failed_layout_leaves_the_letters_due(newcomers, tree, cast, monkeypatch):
    monkeypatch.setattr(pdf, "MAX_TAGS", 1)
    run = order(cast.secretary_a, tree.a)
    letters.write(run, NOW)
    assert run.state == "failed" and letters.counts(cast.secretary_a, tree.a, TODAY)["total"] == 2


def test_the_letter_of_one_member_counts_as_printed(sign_in, newcomers, cast, tree):
    response = sign_in(cast.secretary_a).post(reverse("onboarding:member_welcome_letter", args=[newcomers["adam"].pk]))
    assert response.status_code == 404 if timezone.localdate() > TODAY + welcome.OPEN_FOR else response.content.startswith(b"%PDF")
    assert Welcome.objects.get().printed_by == cast.secretary_a


def test_print_run_pages_show_progress_and_hand_out_the_file(sign_in, newcomers, tree, cast):
    run = order(cast.secretary_a, tree.a)
    run.claim(timezone.now())
    run.advance(1, timezone.now())
    client = sign_in(cast.secretary_a)
    assert 'value="50"' in client.get(reverse("onboarding:print_run", args=[run.pk])).content.decode()
    PrintRun.objects.update(leased_until=None, created_at=timezone.now())
    letters.write(PrintRun.objects.get(), timezone.now())
    content = b"".join(client.get(reverse("onboarding:print_run_download", args=[run.pk])).streaming_content)
    assert len(PdfReader(io.BytesIO(content)).pages) == 4


def test_the_list_of_letters_costs_a_constant_number_of_queries(sign_in, newcomers, tree, cast, django_assert_max_num_queries):
    client, address = sign_in(cast.officer), reverse("onboarding:letter_list")
    for n in range(8):
        make.member(f"Neu {n}", tree.b, joined_on=TODAY, **HOME)
    journeys.start_due(TODAY)
    client.get(address)
    with django_assert_max_num_queries(10):
        client.get(address)


def test_laying_out_letters_takes_a_constant_number_of_queries(newcomers, tree, cast, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    pks = list(Journey.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection, ) as few:
        letters.markup(pks[:1], NOW)
    with CaptureQueriesContext(connection) as many:
        letters.markup(pks, NOW)
    assert len(many) <= len(few) + 1


def test_a_stack_of_documents_is_one_pdf_with_all_pages(tmp_path):
    file = (tmp_path / "stack.pdf").open("wb+")
    stack = pdf.Stack(file)
    for n in range(3):
        stack.add(f"<html><body><p>Blatt {n} (1 0 R) שלום</p><p style='break-before:page'>zweite {n}</p></body></html>")
    stack.close()
    file.seek(0)
    pages = [page.extract_text() for page in PdfReader(file, strict=True).pages]
    assert stack.pages == len(pages) == 6
    assert [f"Blatt {n}" in pages[2 * n] and f"zweite {n}" in pages[2 * n + 1] for n in range(3)] == [True] * 3


def many(unit, count):
    for n in range(count):
        make.member(f"Neu Nummer{n}", unit, joined_on=TODAY, language="he" if n % 3 == 0 else "de", **HOME)
    journeys.start_due(TODAY)


def watched(run, monkeypatch):
    """[(letters done, peak of memory in MB)] as `run` is written."""
    seen, advance = [], PrintRun.advance

    def watch(self, done, now):
        seen.append((done, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
        advance(self, done, now)

    monkeypatch.setattr(PrintRun, "advance", watch)
    letters.write(run, NOW)
    return seen


def test_a_run_is_laid_out_in_parts_and_tells_how_far_it_is(tree, cast, monkeypatch):
    many(tree.a, 60)
    run = order(cast.secretary_a, tree.a)
    assert [done for done, _peak in watched(run, monkeypatch)] == [25, 50, 60]
    pages = text_of(run)
    assert len(pages) == 120 and all(f"Nummer{n}" in "".join(pages[0::2]) for n in range(60))


@pytest.mark.slow
def test_a_thousand_letters_are_one_pdf_with_flat_memory(tree, cast, monkeypatch):
    many(tree.a, 1000)
    run = order(cast.secretary_a, tree.a)
    seen = watched(run, monkeypatch)
    assert run.state == "ready" and len(PdfReader(io.BytesIO(b"".join(letters.pieces(run)))).pages) == 2000
    after_200, at_the_end = (next(peak for done, peak in seen if done >= wanted) for wanted in (200, 1000))
    assert at_the_end - after_200 < 30, seen
    print(seen[0], seen[-1])
