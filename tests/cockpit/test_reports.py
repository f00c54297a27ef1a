"""Reports: the same figures on paper, in three languages, for those who may see them at the moment they do."""

import io
import uuid
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pypdf import PdfReader

from branches.models import Unit
from cockpit import figures, printing, reports, tasks
from cockpit.models import Report
from config.celery import app
from tests import factories as make
from tests.cockpit import world


@pytest.fixture
def on():
    return timezone.localdate()


@pytest.fixture
def people(tree, on):
    world.populate(2, [tree.a, tree.b], [tree.youth], 60, on)
    return tree


def text_of(content):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def form(on, **changes):
    return {"since": on - timedelta(days=90), "until": on, "language": "de", "key": uuid.uuid4(), **changes}


@pytest.fixture
def ordered(client, cast, people, on, sign_in):
    """A report of the district ordered by the officer and not yet written."""
    sign_in(cast.officer).post("/cockpit/musterstadt/report/", form(on))
    return Report.objects.get()


def test_a_small_report_comes_at_once(sign_in, cast, people, on):
    answer = sign_in(cast.secretary_a).post("/cockpit/altdorf/report/", form(on))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Altdorf" in text_of(answer.content)
    assert not Report.objects.exists()


def test_a_large_report_is_written_by_a_worker_and_kept_for_who_ordered_it(sign_in, cast, ordered):
    client = sign_in(cast.officer)
    waiting = client.get(f"/reports/{ordered.pk}/")
    assert "wird geschrieben" in waiting.content.decode()
    assert client.get(f"/reports/{ordered.pk}/download/").status_code == 404
    tasks.write_report(ordered.pk)
    fragment = client.get(f"/reports/{ordered.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert f"/reports/{ordered.pk}/download/" in fragment and "<html" not in fragment
    content = client.get(f"/reports/{ordered.pk}/download/").content
    assert "Musterstadt" in text_of(content) and "Bergheim" in text_of(content)
    assert "Musterstadt" in client.get("/reports/").content.decode()


def test_a_double_click_orders_one_report(sign_in, cast, people, on):
    client, data = sign_in(cast.officer), form(on)
    first = client.post("/cockpit/musterstadt/report/", data)
    second = client.post("/cockpit/musterstadt/report/", data)
    assert first.url == second.url
    assert Report.objects.count() == 1


def test_the_key_of_another_persons_form_opens_nothing_of_theirs(sign_in, cast, people, on, ordered):
    answer = sign_in(cast.admin).post("/cockpit/musterstadt/report/", form(on, key=ordered.key))
    assert answer.url != f"/reports/{ordered.pk}/"


def test_a_report_is_written_with_the_rights_at_that_moment(ordered, cast, on):
    cast.officer.appointments.update(ends_on=on)
    tasks.write_report(ordered.pk)
    ordered.refresh_from_db()
    assert ordered.state == Report.State.REFUSED
    assert ordered.content is None


def test_a_report_shrinks_with_the_rights(ordered, cast, on):
    cast.officer.appointments.update(below=False)
    tasks.write_report(ordered.pk)
    ordered.refresh_from_db()
    assert "Altdorf" not in text_of(ordered.content)


@pytest.mark.parametrize("change", [{"ends_on": "today"}, {"starts_on": date(2090, 1, 1)}])
def test_a_written_report_closes_when_the_role_is_lost(sign_in, cast, ordered, on, change):
    tasks.write_report(ordered.pk)
    cast.officer.appointments.update(**{field: on if value == "today" else value for field, value in change.items()})
    client = sign_in(cast.officer)
    for path in (f"/reports/{ordered.pk}/", f"/reports/{ordered.pk}/download/"):
        assert client.get(path).status_code == 404
    assert "Musterstadt" not in client.get("/reports/").content.decode().partition("<main")[2]


@pytest.mark.parametrize("other", ["admin", "secretary_a", "foreign_officer", "stranger"])
def test_a_forwarded_link_to_a_report_opens_for_nobody_else(sign_in, cast, ordered, other):
    tasks.write_report(ordered.pk)
    client = sign_in(getattr(cast, other))
    assert client.get(f"/reports/{ordered.pk}/download/").status_code == 404
    assert client.get(f"/reports/{ordered.pk}/").status_code == 404


def test_a_report_is_gone_after_a_week(sign_in, cast, ordered):
    tasks.write_report(ordered.pk)
    Report.objects.update(expires_at=timezone.now())
    assert sign_in(cast.officer).get(f"/reports/{ordered.pk}/download/").status_code == 404
    tasks.drop_old_reports()
    assert not Report.objects.exists()


def test_an_order_survives_a_broker_that_is_away(sign_in, cast, people, on, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app, "_pool", None)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        answer = sign_in(cast.officer).post("/cockpit/musterstadt/report/", form(on))
    assert callbacks and answer.status_code == 302
    tasks.write_due_reports()
    assert Report.objects.get().state == Report.State.READY


def test_a_report_of_a_killed_worker_is_written_by_the_next(ordered):
    now = timezone.now()
    assert ordered.claim(now)
    assert not ordered.claim(now + timedelta(minutes=1))
    printing.write(ordered, now + timedelta(minutes=1))
    ordered.refresh_from_db()
    assert ordered.state == Report.State.DUE
    printing.write(ordered, now + Report.LEASE)
    ordered.refresh_from_db()
    assert ordered.state == Report.State.READY


def test_a_report_that_kills_every_worker_is_given_up(ordered):
    now = timezone.now()
    for attempt in range(Report.ATTEMPTS):
        assert ordered.claim(now + attempt * Report.LEASE)
    assert not ordered.claim(now + Report.ATTEMPTS * Report.LEASE)
    ordered.refresh_from_db()
    assert ordered.state == Report.State.FAILED


def test_a_written_report_is_not_written_again(ordered):
    tasks.write_report(ordered.pk)
    attempts = Report.objects.get().attempts
    tasks.write_report(ordered.pk)
    tasks.write_due_reports()
    assert Report.objects.get().attempts == attempts


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"until": "2099-01-01"}, "Dieser Tag kommt erst noch."),
        ({"since": "2026-10-02", "until": "2026-10-01"}, "Das Ende liegt vor dem Anfang."),
        ({"since": "1990-01-01"}, "höchstens fünf Jahre"),
        ({"since": "yesterday"}, "Datum"),
        ({"language": "xx"}, "xx"),
    ],
)
def test_a_wrong_time_is_answered_beside_the_field(sign_in, cast, people, on, changes, message):
    answer = sign_in(cast.officer).post("/cockpit/musterstadt/report/", form(on, **changes))
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Report.objects.exists()


def test_ordering_shows_the_last_twelve_months_first(sign_in, cast, people, on):
    page = sign_in(cast.officer).get("/cockpit/musterstadt/report/").content.decode()
    assert f'value="{on.isoformat()}"' in page
    assert f'value="{figures.Window.year(on).since.isoformat()}"' in page


LANGUAGES = {
    "de": ["Neumitgliederarbeit", "Altdorf", "Längste Wartezeit", "Parteibuch übergeben"],
    "he": ["קליטת חברים חדשים", "Altdorf", "ההמתנה הארוכה ביותר", "מסירת פנקס חבר"],
    "en": ["New-member work", "Altdorf", "Longest wait", "Membership book handed over"],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_speaks_each_language_and_is_accessible(people, on, language):
    window = figures.Window.year(on)
    content = reports.as_pdf(reports.unit_report(people.district, window.since, on, on), language)
    reader = PdfReader(io.BytesIO(content))
    text = text_of(content)
    missing = [word for word in LANGUAGES[language] if word not in text and word[::-1] not in text]
    assert not missing, text
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert root["/StructTreeRoot"]
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    assert "Musterstadt" in reader.metadata.title
    assert len(reader.pages) <= 2


def test_a_report_has_the_figures_of_the_cockpit(people, on):
    district = Unit.objects.select_related("kind").get(pk=people.district.pk)
    window = figures.Window.year(on)
    report = reports.unit_report(district, window.since, on, on)
    kept = figures.read(district, on)
    assert {**report.whole.counts, **report.whole.series} == {**kept.counts, **kept.series}
    text = text_of(reports.as_pdf(report, "en"))
    assert f"{kept.share('contact').percent}%" in text
    assert str(kept.count("joined")) in text


def test_names_with_markup_are_text_in_a_report(people, on):
    make.unit("<b>Fett</b> & Co", "branch", Unit.objects.get(pk=people.district.pk), slug="fett")
    window = figures.Window.year(on)
    district = Unit.objects.select_related("kind").get(pk=people.district.pk)
    assert "<b>Fett</b> & Co" in text_of(reports.as_pdf(reports.unit_report(district, window.since, on, on), "de"))


def test_the_command_writes_a_file(people, tmp_path, capsys):
    out = tmp_path / "bericht.pdf"
    call_command("unit_report", "musterstadt", "--from", "2026-01-01", "--to", "2026-06-30", "--language", "he", "--out", str(out))
    assert out.read_bytes().startswith(b"%PDF")
    assert "bericht.pdf" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nowhere", "--from", "2026-01-01", "--to", "2026-06-30"], "nowhere"),
        (["musterstadt", "--from", "2026-13-01", "--to", "2026-06-30"], "2026-13-01"),
        (["musterstadt", "--from", "2026-07-01", "--to", "2026-06-30"], "The end is before the beginning"),
        (["musterstadt", "--from", "2026-07-01", "--to", "2099-06-30"], "This day is still to come"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_line(people, tmp_path, arguments, words):
    with pytest.raises(CommandError, match=words) as stopped:
        call_command("unit_report", *arguments, "--out", str(tmp_path / "x.pdf"))
    assert stopped.value.returncode == 2
    assert "\n" not in str(stopped.value)
