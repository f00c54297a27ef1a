"""Files that are handed in: what is refused and why, and the name a file is kept under."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from common.files import BEGINS, MB, RECEIPTS, Upload, UploadField, download


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def handed_in(name, content, **field):
    file = SimpleUploadedFile("x", content)
    file._name = name  # as the sender writes it, past what the class for uploads would clean
    return UploadField(**{"kinds": tuple(BEGINS), "largest": MB, **field}).clean(file)


@pytest.mark.parametrize("kind", BEGINS)
def test_a_file_that_is_what_its_name_says_is_taken(kind):
    assert handed_in(f"Plan.{kind.upper()}", BEGINS[kind] + b"rest") == Upload(f"Plan.{kind.upper()}", BEGINS[kind] + b"rest")


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("seite.html", b"<script>alert(1)</script>", "Files of this kind"),
        ("bild.svg", b"<svg onload=alert(1)>", "Files of this kind"),
        ("rechnung.pdf.exe", b"MZ", "Files of this kind"),
        ("leer", b"%PDF-", "Files of this kind"),
        ("pdf", b"%PDF-", "Files of this kind"),
        ("\u202egpj.fdp", b"x", "Files of this kind"),
        ("falsch.pdf", b"<html>", "not what its name says"),
        ("tabelle.xlsx", b"%PDF-", "not what its name says"),
        ("text.txt", b"a\0b", "not what its name says"),
        ("bild.png", b"\xff\xd8\xff", "not what its name says"),
        ("gross.pdf", b"%PDF-" + b" " * MB, "larger than 1 MB"),
        ("nichts.pdf", b"", "empty"),
    ],
)
def test_each_refusal_has_one_sentence(name, content, why):
    with pytest.raises(ValidationError) as refused:
        handed_in(name, content)
    (said,) = refused.value.messages
    assert why in said


def test_a_receipt_is_a_pdf_or_a_picture_and_the_page_says_so():
    field = UploadField(kinds=RECEIPTS, largest=5 * MB)
    assert field.widget.attrs["accept"] == ".pdf,.jpg,.jpeg,.png" and str(field.help_text) == "PDF, JPG, PNG, up to 5 MB."
    with pytest.raises(ValidationError):
        handed_in("a.txt", b"text", kinds=RECEIPTS)


def test_whoever_reads_the_content_themselves_asks_for_the_size_alone():
    assert handed_in("liste", b"\0\1", kinds=None).content == b"\0\1"
    with pytest.raises(ValidationError):
        handed_in("liste", b"abc", kinds=None, largest=2)


def test_no_file_is_none():
    assert UploadField(kinds=RECEIPTS, largest=MB, required=False).clean(None) is None


@pytest.mark.parametrize(
    "name, kept",
    [
        ("../..\\\u202eAblauf <1>.pdf", "_Ablauf _1_.pdf"), ("/etc/passwd.txt", "passwd.txt"), ("..hidden.pdf", "hidden.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ],
)  # fmt: skip
def test_the_name_is_plain(name, kept):
    kind = kept.rpartition(".")[2]
    assert handed_in(name, BEGINS[kind] + b"x").name == kept


def test_what_was_handed_in_goes_out_as_a_download_without_a_kind():
    answer = download("a.pdf", b"%PDF-")
    assert answer["Content-Type"] == "application/octet-stream" and answer["Content-Disposition"] == 'attachment; filename="a.pdf"'
    assert b"".join(download("a.zip", iter([b"a", b"b"]), "application/zip")) == b"ab"
