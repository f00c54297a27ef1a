"""Reports of all units below as one run: each unit once and none left out, whoever is killed or stops it, and memory stays flat."""

import gc
import io
import os
import subprocess
import sys
import time
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pypdf import PdfReader

from cockpit import printing, report_runs, tasks
from cockpit.models import Report, ReportRun
from common import zips
from tests import factories as make

TODAY = timezone.localdate()
State = Report.State


def units(tree, number):
    """`number` branches more below the district."""
    return [make.unit(f"Stadtteil {n:03}", "branch", tree.district) for n in range(number)]


def order(user, unit, **changes):
    wanted = {"since": TODAY - timedelta(days=90), "until": TODAY, "language": "de", "key": uuid.uuid4(), "kind": "annual", "thanks": "Danke!"}
    return report_runs.order(user, unit, now=timezone.now(), **wanted | changes)


def asked(**changes):
    return {"kind": "annual", "since": TODAY - timedelta(days=90), "until": TODAY, "language": "de", "thanks": "Danke!", "below": "on", "key": uuid.uuid4(), **changes}


def unpacked(run, user):
    """{name: bytes} of the ZIP."""
    packed = zipfile.ZipFile(io.BytesIO(b"".join(report_runs.content(run, user))))
    assert packed.testzip() is None
    return {name: packed.read(name) for name in packed.namelist()}


def text_of(content):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_each_unit_below_gets_an_accessible_report_of_its_own(sign_in, tree, cast):
    client = sign_in(cast.officer)
    assert "Für jede der 3 Gliederungen darunter" in client.get("/cockpit/musterstadt/report/").text
    answer = client.post("/cockpit/musterstadt/report/", asked())
    run = ReportRun.objects.get()
    assert answer.url == f"/reports/runs/{run.pk}/" and run.counts()["due"] == 3
    assert "0 von 3" in client.get(answer.url).text
    assert client.get(f"{answer.url}download/").status_code == 404
    tasks.write_report_run(run.pk)
    page = client.get(answer.url).text
    assert "3 Berichte sind fertig" in page and "load delay:3s" not in page
    download = client.get(f"{answer.url}download/")
    assert download["Content-Type"] == "application/zip" and "attachment" in download["Content-Disposition"]
    found = unpacked(run, cast.officer)
    assert sorted(name.partition("-20")[0] for name in found) == ["altdorf", "bergheim", "jusos"]
    for name, content in found.items():
        assert PdfReader(io.BytesIO(content)).trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert name.partition("-20")[0].capitalize() in text_of(content) and "Danke!" in text_of(content)
    assert "Musterstadt" in client.get("/reports/").text


def test_each_unit_may_have_its_own_language(tree, cast):
    tree.b.settings = {"language": "he"}
    tree.b.save()
    run = order(cast.officer, tree.district, language="own")
    assert dict(run.reports.values_list("unit__slug", "language")) == {"altdorf": "de", "bergheim": "he", "jusos": "de"}


def test_a_double_click_orders_one_run(sign_in, tree, cast):
    client, data = sign_in(cast.officer), asked()
    urls = {client.post("/cockpit/musterstadt/report/", data).url for _time in range(2)}
    assert len(urls) == 1 and Report.objects.count() == 3


def test_who_sees_no_unit_below_is_not_offered_a_run(sign_in, tree, cast):
    cast.officer.appointments.update(below=False)
    client = sign_in(cast.officer)
    assert 'name="below"' not in client.get("/cockpit/musterstadt/report/").text
    assert "/runs/" not in client.post("/cockpit/musterstadt/report/", asked()).url
    assert not ReportRun.objects.exists()


def test_closed_units_and_those_without_meetings_are_left_out(tree, cast):
    tree.b.closed_on = TODAY
    tree.b.save()
    type(tree.youth.kind).objects.filter(pk=tree.youth.kind_id).update(meetings_per_year=0)
    assert [str(unit) for unit in report_runs.units(cast.officer, tree.district, TODAY)] == ["Altdorf"]


def test_too_many_units_are_told_beside_the_field(sign_in, tree, cast, monkeypatch):
    monkeypatch.setattr("cockpit.forms.MOST", 2)
    answer = sign_in(cast.officer).post("/cockpit/musterstadt/report/", asked())
    assert answer.status_code == 422 and "mehr als 2 Gliederungen" in answer.text


def test_a_stopped_run_keeps_what_it_has_and_goes_on_with_the_rest(sign_in, tree, cast):
    client, run = sign_in(cast.officer), order(cast.officer, tree.district)
    first, second, _third = run.reports.order_by("pk")
    printing.write(first, timezone.now())
    assert second.claim(timezone.now())  # a worker is at the second one when it is stopped
    client.post(f"/reports/runs/{run.pk}/change/", {"do": "stop"})
    second.finish(b"%PDF of before")
    tasks.write_report_run(run.pk)
    tasks.write_due_report_runs()
    assert run.counts() == {"due": 0, "ready": 1, "refused": 0, "failed": 0, "stopped": 2}
    page = client.get(f"/reports/runs/{run.pk}/").text
    assert "Angehalten. 1 von 3" in page and 'value="go_on"' in page
    assert len(unpacked(run, cast.officer)) == 1
    kept = bytes(Report.objects.get(pk=first.pk).content)
    client.post(f"/reports/runs/{run.pk}/change/", {"do": "go_on"})
    tasks.write_due_report_runs()
    assert run.counts()["ready"] == 3
    assert bytes(Report.objects.get(pk=first.pk).content) == kept and Report.objects.get(pk=first.pk).attempts == 1
    assert b"%PDF of before" not in unpacked(run, cast.officer).values()
    assert client.post(f"/reports/runs/{run.pk}/change/", {"do": "x"}).status_code == 404


def test_a_run_makes_room_for_other_work_and_comes_back(tree, cast):
    run = order(cast.officer, tree.district)
    assert report_runs.write(run, timedelta(0)) and run.counts()["ready"] == 0
    assert not report_runs.write(run) and run.counts()["ready"] == 3


def test_a_unit_that_kills_every_worker_does_not_hold_up_the_others(tree, cast, sign_in):
    run = order(cast.officer, tree.district)
    heavy = run.reports.get(unit=tree.a)
    run.reports.filter(pk=heavy.pk).update(attempts=Report.ATTEMPTS)
    report_runs.write(run)
    assert run.counts() | {"ready": 2, "failed": 1} == run.counts()
    assert "Altdorf" in sign_in(cast.officer).get(f"/reports/runs/{run.pk}/").text.partition("Für diese Gliederungen")[2]


def test_rights_are_asked_when_a_report_is_written_and_again_when_it_is_fetched(tree, cast, sign_in):
    run = order(cast.officer, tree.district)
    report_runs.write(run)
    cast.officer.appointments.update(unit=tree.b)
    again = type(cast.officer).objects.get(pk=cast.officer.pk)
    assert [name[:8] for name in unpacked(run, again)] == ["bergheim"]
    assert sign_in(again).get(f"/reports/runs/{run.pk}/download/").status_code == 404  # the unit it was ordered for is out of sight
    cast.officer.appointments.update(unit=tree.district, below=False)
    late = order(cast.officer, tree.district)  # its user still has the rights of before in memory
    report_runs.write(late)
    assert late.counts() | {"refused": 3, "ready": 0} == late.counts()


@pytest.mark.parametrize("other", ["admin", "secretary_a", "foreign_officer", "stranger"])
def test_a_run_is_for_who_ordered_it_alone(tree, cast, sign_in, other):
    run = order(cast.officer, tree.district)
    report_runs.write(run)
    client = sign_in(getattr(cast, other))
    asked = [client.get(f"/reports/runs/{run.pk}/"), client.get(f"/reports/runs/{run.pk}/download/"), client.post(f"/reports/runs/{run.pk}/change/", {"do": "stop"})]
    assert [answer.status_code for answer in asked] == [404, 404, 404]


def test_a_run_is_gone_after_a_week(tree, cast):
    order(cast.officer, tree.district)
    ReportRun.objects.update(expires_at=timezone.now())
    tasks.drop_old_reports()
    assert not Report.objects.exists() and not ReportRun.objects.exists()


def test_the_page_of_a_run_asks_as_many_questions_for_many_units_as_for_few(tree, cast, sign_in, django_assert_max_num_queries):
    units(tree, 30)
    client, run = sign_in(cast.officer), order(cast.officer, tree.district)
    with django_assert_max_num_queries(10):
        client.get(f"/reports/runs/{run.pk}/")
    with django_assert_max_num_queries(10):
        order(cast.officer, tree.district)


def test_a_zip_is_made_entry_by_entry():
    made = []

    def entries():
        for name in ("a", "b", "ג"):
            made.append(name)
            yield name, name.encode() * 1000

    stream = zips.pieces(entries(), timezone.now())
    first = next(stream)
    assert made == ["a"]
    packed = zipfile.ZipFile(io.BytesIO(first + b"".join(stream)))
    assert packed.namelist() == ["a", "b", "ג"] and packed.read("ג") == "ג".encode() * 1000 and packed.testzip() is None


WORKER = "import django; django.setup(); from cockpit import report_runs; from cockpit.models import ReportRun; report_runs.write(ReportRun.objects.get(pk={pk}))"


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_worker_is_killed_in_the_middle_goes_on_where_it_was(tree, cast):
    units(tree, 9)
    run = order(cast.officer, tree.district)
    place = connection.settings_dict
    url = f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{place['NAME']}"
    worker = subprocess.Popen([sys.executable, "-c", WORKER.format(pk=run.pk)], env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"})
    try:
        end = time.monotonic() + 60
        while run.counts()["ready"] < 3:
            assert time.monotonic() < end and worker.poll() is None
            time.sleep(0.02)
    finally:
        worker.kill()
        worker.wait()
    kept = dict(run.reports.filter(state=State.READY).values_list("pk", "attempts"))
    assert 3 <= len(kept) < 12
    run.reports.filter(state=State.DUE).update(leased_until=None)  # five minutes later
    tasks.write_due_report_runs()
    assert run.counts()["ready"] == 12 and len(unpacked(run, cast.officer)) == 12
    assert {pk: attempts for pk, attempts in run.reports.filter(pk__in=kept).values_list("pk", "attempts")} == kept  # none was written twice


def test_two_workers_never_write_one_report_twice(tree, cast):
    run = order(cast.officer, tree.district)
    first = run.reports.order_by("pk").first()
    assert first.claim(timezone.now())
    assert list(report_runs.forsaken(timezone.now())) == []
    report_runs.write(run)
    assert run.counts() | {"due": 1, "ready": 2} == run.counts()
    assert list(report_runs.forsaken(timezone.now() + Report.LEASE)) == [run.pk]


def resident():
    """Memory of this process now, in MB."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def figure(tree, cast, number, settled, monkeypatch):
    """(MB after `settled` reports, MB after all) of a run of `number` reports."""
    units(tree, number - 3)
    run, seen, write = order(cast.officer, tree.district), [], printing.write

    def watch(report, now):
        write(report, now)
        seen.append(resident() if len(seen) + 1 in (settled, number) else 0)

    monkeypatch.setattr(printing, "write", watch)
    report_runs.write(run, timedelta(hours=1))
    assert run.counts()["ready"] == number == len(unpacked(run, cast.officer))
    return seen[settled - 1], seen[number - 1]


def test_memory_stays_flat_over_a_run(tree, cast, monkeypatch):
    before, after = figure(tree, cast, 30, 15, monkeypatch)
    assert after - before < 15, (before, after)


@pytest.mark.slow
def test_four_hundred_reports_are_one_run_with_flat_memory(tree, cast, monkeypatch):
    started = time.monotonic()
    before, after = figure(tree, cast, 400, 100, monkeypatch)
    print(f"400 annual reports in {time.monotonic() - started:.0f} s, {before:.0f} MB after 100, {after:.0f} MB after 400")
    assert after - before < 30, (before, after)


def command(tree, folder, **options):
    out = io.StringIO()
    call_command("unit_report", "musterstadt", **{"since": "2026-01-01", "until": "2026-10-31", "kind": "annual", "below": True, "out": folder, **options}, stdout=out)
    return out.getvalue().splitlines()


def test_the_command_writes_a_file_for_each_unit_and_passes_over_those_that_are_there(tree, tmp_path):
    assert len(command(tree, tmp_path, language="own")) == 3
    (tmp_path / "bergheim-2026-01-01-2026-10-31.pdf").unlink()
    assert [line.partition(":")[0] for line in command(tree, tmp_path)] == [f"2. {tmp_path / 'bergheim-2026-01-01-2026-10-31.pdf'}"]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".pdf"] * 3


def test_the_command_says_when_there_is_no_such_folder(tree, tmp_path):
    with pytest.raises(CommandError):
        command(tree, tmp_path / "nowhere")
