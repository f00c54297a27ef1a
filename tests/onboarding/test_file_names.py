"""Names of files that come in and go out: no way to another folder, no kind that the content is not, nothing hidden."""

import re
import unicodedata
from email.message import Message
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from membership.models import ListImport
from onboarding import intake
from tests import factories as make
from tests.access import build_world
from tests.branches.test_account_attacks import BACKEND, every_address

LIST = "Mitgliedsnr.;Vorname;Name;OV\n0001;Anna;Ahrens;Altdorf\n"
NAMES = [
    "../../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/cron.d/x.csv", "C:\\Users\\liste.csv", "liste.csv.exe", "liste.html", "liste.svg.csv",
    "liste\u202evsc.exe", "a\u200f\u2066b.csv", "liste\0.csv", "liste\r\nSet-Cookie: a=b.csv", "<script>alert(1)</script>.csv", ".", "..", "x" * 400 + ".csv", "list.csv/",
]  # fmt: skip
KINDS = {
    "pdf": "application/pdf", "ics": "text/calendar", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "csv": "text/csv", "json": "application/json", "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip

SHOWN = ("text/html", "text/css", "text/javascript", "image/svg+xml", "application/json", "text/plain", "text/calendar", "")


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_list_keeps_no_path_and_nothing_hidden_in_its_name_and_its_content_says_what_it_is(tree, cast, sign_in, name):
    file = SimpleUploadedFile("list.csv", LIST.encode(), content_type="text/html")
    file._name = name  # as the sender writes it, past what the class for uploads would clean
    client = sign_in(cast.officer)
    answer = client.post("/lists/add/", {"unit": tree.district.slug, "file": file, "list_date": timezone.localdate()})
    row = ListImport.objects.first()
    if row is None:
        assert answer.status_code == 422
        return
    assert not re.search(r"[/\\\x00-\x1f]", row.file_name) and row.file_name not in (".", "..") and len(row.file_name) <= 200
    assert not any(unicodedata.category(letter) in ("Cf", "Cc") for letter in row.file_name)
    intake.work(row.pk, timezone.now(), timezone.localdate())
    row.refresh_from_db()
    assert row.header == ["Mitgliedsnr.", "Vorname", "Name", "OV"]
    assert "<script>alert" not in client.get(f"/lists/{row.pk}/").text


def given_name(header):
    """The file name a browser takes from Content-Disposition, and how it is to be shown."""
    told = Message()
    told["content-disposition"] = header
    name = told.get_filename() or ""
    if match := re.search(r"filename\*=utf-8''([^;]+)", header, re.I):
        name = unquote(match[1])
    return told.get_content_disposition(), name


def test_every_file_that_goes_out_is_saved_under_a_plain_name_of_its_kind(tree, cast):
    tree.a.name = "../../<b>Alt\u202edorf</b>.html"
    tree.a.save()
    type(tree.a).objects.filter(pk=tree.a.pk).update(slug="..-alt..dorf.exe")
    world = build_world(tree, cast)
    client, found = Client(), set()
    client.force_login(world.cast.officer, backend=BACKEND)
    for name, address, row in every_address(world):
        answer = client.get(address, row.query if row else {})
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        if "Content-Disposition" not in answer.headers:
            assert answer.streaming or kind in SHOWN, name
            continue
        found.add(name)
        shown, file_name = given_name(answer.headers["Content-Disposition"])
        stem, _dot, end = file_name.rpartition(".")
        assert shown == "attachment" and answer.headers["X-Content-Type-Options"] == "nosniff", name
        # What people handed in goes out as bytes: nothing opens it by what it claims to be.
        assert KINDS.get(end) == kind or (kind == "application/octet-stream" and end), (name, file_name)
        assert stem and not re.search(r"[/\\<>\x00-\x1f\u202a-\u202e]|\.\w+$", stem), (name, file_name)
    assert found, "nothing was downloaded: the test proves nothing"


def test_a_unit_whose_name_is_a_path_gets_an_address_of_plain_letters(tree, cast, sign_in):
    kind = make.UnitKind.objects.get(slug="branch")
    sign_in(cast.officer).post(f"/units/{tree.district.slug}/add/", {"name": "../../etc/pass\u202ewd.exe", "kind": kind.pk})
    assert re.fullmatch(r"[\w-]+", tree.district.get_children().latest("pk").slug)
