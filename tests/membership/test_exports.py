"""Lists that leave the house: for a purpose, with the fewest columns, no live cell, gone again; and only for whom they are."""

import csv
import io
import uuid
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from common import sheets
from common.values import clean_text
from membership import columns, exporting, importing, tasks
from membership.models import CustomField, Export, ExportPurpose, FieldValue, ListImport, Member, MemberTag, Reading, Tag
from outbox.models import LocalMail, Message
from outbox.relay import relay
from tests import factories as make

BACKEND = "django.contrib.auth.backends.ModelBackend"
NOW = timezone.now()
HOSTILE = ["=1+1", "+49 170", "-2", "@SUM(A1)", "\t=1+1", "\r=2", "'=x", "＝1", 'say "hi"; now', "\u202eevil\u202c", "line\nbreak", "a;b", "\\."]


@pytest.fixture
def as_user(db):
    def enter(person):
        client = Client()
        client.force_login(person, backend=BACKEND)
        return client

    return enter


@pytest.fixture
def purpose(tree):
    return ExportPurpose.objects.filter(party=tree.district).first()


@pytest.fixture
def people(tree):
    return [
        make.member("Anna Arndt", tree.a, number="A1", email="anna@example.org", street="Hof 1", city="Stadt", postcode="01099"),
        make.member("Bert Busch", tree.a, number="A2", mobile="0170 1"),
        make.member("Berta Berg", tree.b, number="B1", email="berta@example.org"),
    ]


def form(**changes):
    day = timezone.localdate() + timedelta(days=10)
    fields = {"words": "Sommerfest", "columns": ["given_name", "family_name", "email"], "format": "csv", "expires_on": day, "key": uuid.uuid4()}
    return fields | changes


def take(client, purpose, query="all=1", **changes):
    """(answer, newest export) of handing in the form."""
    answer = client.post(f"{reverse('membership:export_add')}?purpose={purpose.pk}&{query}", form(**changes))
    return answer, Export.objects.first()


def fetch(client, export):
    answer = client.get(reverse("membership:export_download", args=[export.pk]))
    return answer.status_code, b"".join(answer.streaming_content) if answer.streaming else answer.content


def made(user, unit, purpose, names, format="csv", **fields):
    """A list of everybody in `unit`, written."""
    fields = {"words": "Test", "language": "de", "expires_on": timezone.localdate() + timedelta(days=5), "columns": names} | fields
    export = Export.objects.create(by=user, unit=unit, purpose=purpose, format=format, created_at=timezone.now(), **fields)
    exporting.write(export, timezone.now())
    export.refresh_from_db()
    return export


def content(export):
    return b"".join(exporting.pieces(export))


def cells(export):
    sheet = sheets.read(content(export))
    return sheet.header, [row for _line, row in sheet.rows]


# --- making one ---


def test_export_add_asks_for_the_purpose_and_proposes_its_fewest_columns(tree, cast, as_user, people, purpose):
    client = as_user(cast.secretary_a)
    first = client.get(reverse("membership:export_add"), {"all": 1})
    assert first.context["purposes"][0]["label"] == "Einladung" and first.context["count"] == 2
    second = client.get(reverse("membership:export_add"), {"all": 1, "purpose": purpose.pk})
    assert second.context["form"].initial["columns"] == ["given_name", "family_name", "email", "street", "postcode", "city"]


def test_a_list_of_nobody_asks_for_no_purpose_but_leads_to_the_members(cast, as_user, people, purpose):
    page = as_user(cast.secretary_a).get(reverse("membership:export_add")).content.decode()
    assert str(purpose) not in page and f'href="{reverse("membership:member_list")}"' in page.split("<main")[1]


def test_a_list_tells_whose_it_is_what_for_and_until_when_on_every_sheet(tree, cast, as_user, people, purpose):
    client = as_user(cast.secretary_a)
    for format in ("csv", "xlsx", "pdf"):
        answer, export = take(client, purpose, format=format)
        assert answer.status_code == 302
        if format == "pdf":
            tasks.write_export(export.pk)
        status, whole = fetch(client, export)
        assert status == 200
        if format == "csv":
            text = whole.decode("utf-8-sig")
        elif format == "xlsx":
            from openpyxl import load_workbook

            sheet = load_workbook(io.BytesIO(whole)).active
            text = "\n".join(str(row[0]) for row in sheet.iter_rows(values_only=True)) + sheet.oddFooter.left.text
            assert sheet.oddFooter.left.text.count("Aylin Kaya") == 1
        else:
            pages = [page.extract_text() for page in PdfReader(io.BytesIO(whole)).pages]
            text = min(pages, key=lambda page: page.count("Aylin Kaya"))
        until = export.expires_on.strftime("%d.%m.%Y").lstrip("0")
        assert "Aylin Kaya" in text and "Einladung" in text and "Sommerfest" in text and until.split(".")[2] in text
        assert "Anna" in text or format != "csv"


def test_a_double_click_takes_out_one_list(cast, as_user, people, purpose):
    client, key = as_user(cast.secretary_a), uuid.uuid4()
    first, _export = take(client, purpose, key=key)
    second, _export = take(client, purpose, key=key)
    assert first.url == second.url and Export.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"expires_on": "2020-01-01"}, {"expires_on": "2099-01-01"}, {"words": ""}, {"columns": ["password"]}, {"format": "exe"}, {"columns": []}]
)
def test_a_form_that_makes_no_sense_takes_nothing_out(wrong, cast, as_user, people, purpose):
    answer, export = take(as_user(cast.secretary_a), purpose, **wrong)
    assert answer.status_code == 422 and export is None


def test_a_list_that_makes_no_sense_any_more_is_not_everybody(cast, as_user, people, purpose):
    answer, export = take(as_user(cast.secretary_a), purpose, query="all=1&of=status%3Dking")
    assert answer.status_code == 422 and export is None


def test_the_filter_of_the_list_is_the_list(tree, cast, as_user, people, purpose):
    _answer, export = take(as_user(cast.secretary_a), purpose, query="all=1&of=q%3DAnna")
    assert [row[0] for row in cells(export)[1]] == ["Anna"]


# --- whose rights ---


def test_a_foreign_member_in_the_selection_is_left_out_and_told(tree, cast, as_user, people, purpose):
    anna, _bert, berta = people
    client, query = as_user(cast.secretary_a), f"pick={anna.pk}&pick={berta.pk}"
    shown = client.get(f"{reverse('membership:export_add')}?purpose={purpose.pk}&{query}")
    assert shown.context["count"] == 1 and len(shown.context["left_out"]) == 1 and "Berta" not in shown.text
    _answer, export = take(client, purpose, query=query)
    assert export.count == 1 and [row[0] for row in cells(export)[1]] == ["Anna"]


def test_who_left_between_the_preview_and_the_writing_is_not_on_the_list(tree, cast, people, purpose):
    anna, bert, _berta = people
    export = Export.objects.create(
        by=cast.secretary_a, unit=tree.a, purpose=purpose, format="csv", created_at=NOW, columns=["given_name", "number"], picks=[anna.pk, bert.pk],
        language="de", expires_on=timezone.localdate() + timedelta(days=2), words="x",
    )  # fmt: skip
    Member.objects.filter(pk=bert.pk).update(status="left", left_on=timezone.localdate())
    exporting.write(export, timezone.now())
    assert [row[0] for row in cells(export)[1]] == ["Anna"]


def test_a_list_is_written_with_the_rights_at_that_moment(tree, cast, people, purpose):
    on = timezone.localdate()
    cast.secretary_a.appointments.update(ends_on=on)
    export = made(cast.secretary_a, tree.a, purpose, ["given_name", "number"])
    assert export.state == Export.State.REFUSED and not export.parts.exists()


def test_a_written_list_closes_when_the_rights_change(tree, cast, as_user, people, purpose):
    client = as_user(cast.officer)
    export = made(cast.officer, tree.district, purpose, ["given_name", "number"])
    assert fetch(client, export)[0] == 200
    cast.officer.appointments.update(below=False)
    assert fetch(client, export)[0] == 403
    cast.officer.appointments.update(ends_on=timezone.localdate())
    assert fetch(client, export)[0] == 404


def test_only_its_owner_fetches_a_list_and_those_who_lead_the_unit_see_that_it_is_outside(tree, cast, as_user, people, purpose):
    export = made(cast.secretary_a, tree.a, purpose, ["given_name", "number"])
    assert fetch(as_user(cast.secretary_a), export)[0] == 200
    assert fetch(as_user(cast.officer), export)[0] == 404 and fetch(as_user(cast.secretary_b), export)[0] == 404
    listed = as_user(cast.officer).get(reverse("membership:export_list"))
    assert "Aylin Kaya" in listed.text and "Einladung" in listed.text
    assert not as_user(cast.secretary_b).get(reverse("membership:export_list")).context["page"].rows
    assert as_user(cast.treasurer_a).get(reverse("membership:export_list")).status_code == 403


def test_who_only_sees_takes_nothing_out(cast, as_user, people, purpose):
    assert take(as_user(cast.treasurer_a), purpose)[0].status_code == 403
    assert take(as_user(cast.stranger), purpose)[0].status_code == 403
    assert take(as_user(cast.foreign_officer), purpose)[0].status_code == 404  # a purpose of another party


def test_care_that_comes_from_a_section_takes_out_no_address(tree, cast, as_user, people, purpose):
    inside = make.member("Jana Jung", tree.b, street="Geheim 5", city="Ort", mobile="0170 9", birth_date=date(2000, 1, 1))
    inside.memberships.create(unit=tree.youth, home=False, starts_on=inside.joined_on)
    offered = columns.offered(cast.section_lead, timezone.localdate(), tree.youth)
    assert "street" not in offered and "mobile" in offered
    export = made(cast.section_lead, tree.youth, purpose, ["family_name", "street", "birth_date", "mobile"])
    assert "Geheim" not in content(export).decode() and "0170 9" in content(export).decode()


def test_where_rights_differ_the_cell_is_empty_not_the_rule_broken(tree, cast, people, purpose):
    make.appoint(cast.secretary_a, "section_lead", tree.youth)
    inside = make.member("Jana Jung", tree.b, street="Geheim 5", mobile="0170 9")
    inside.memberships.create(unit=tree.youth, home=False, starts_on=inside.joined_on)
    export = made(cast.secretary_a, tree.youth, purpose, ["family_name", "street", "mobile"])
    assert cells(export)[1] == [["Jung", "", "0170 9"]]


def test_another_persons_list_is_deleted_by_nobody_else(tree, cast, as_user, people, purpose):
    export = made(cast.secretary_a, tree.a, purpose, ["given_name"])
    address = reverse("membership:export_delete", args=[export.pk])
    assert as_user(cast.officer).post(address).status_code == 403 and as_user(cast.secretary_b).post(address).status_code == 404
    export.refresh_from_db()
    assert export.deleted_at is None


def test_each_written_list_is_one_entry_of_the_read_log(tree, cast, people, purpose):
    made(cast.secretary_a, tree.a, purpose, ["given_name"])
    entry = Reading.objects.get()
    assert (entry.by, entry.what, set(entry.members)) == (cast.secretary_a, Reading.What.EXPORT, {people[0].pk, people[1].pk})


# --- the cells ---


def hostile(tree, texts=HOSTILE):
    return [make.member(f"Kim Nr{place}", tree.a, number=f"H{place}", title=text, street=text, city=text) for place, text in enumerate(texts)]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_no_cell_is_live_whatever_a_name_holds(format, tree, cast, purpose):
    hostile(tree)
    whole = content(made(cast.secretary_a, tree.a, purpose, ["number", "title", "street"], format, words="=cmd()"))
    if format == "csv":
        assert b"\xe2\x80\xae" not in whole
        for row in csv.reader(io.StringIO(whole.decode("utf-8-sig")), delimiter=";"):
            assert not [cell for cell in row if cell[:1] in tuple("=+-@\t\r＝＋－＠")]
    else:
        from openpyxl import load_workbook

        book = load_workbook(io.BytesIO(whole))
        assert {cell.data_type for row in book.active.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
        assert not [cell for row in book.active.iter_rows() for cell in row if cell.data_type == "n" and cell.value is not None]


@pytest.mark.parametrize("language", ["de", "he", "en"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_list_taken_out_and_taken_in_again_changes_nothing(language, format, tree, cast, purpose):
    hostile(tree, map(clean_text, HOSTILE))  # as the register holds them
    for status in ("full", "guest", "supporter", "applicant"):
        make.member(
            f"Maria von {status.title()}", tree.a, number=f"00{status}", status=status, gender="f", title="Dr.", birth_date=date(1990, 2, 28),
            email=f"{status}@example.org", phone="+49 351 123", mobile="0170 5", street="Hof 1", postcode="01099", city="Dresden", country="DE", language="he",
        )  # fmt: skip
    names = [name for name in columns.LABELS if name not in ("age", "tags", "left_on")]
    export = made(cast.officer, tree.a, purpose, names, format, language=language)
    whole = content(export)
    header = sheets.read(whole).header
    assert len(importing.guess(header)) == len(names)
    taken = ListImport.objects.create(unit=tree.a, content=whole, list_date=timezone.localdate(), header=header, mapping=importing.guess(header))
    importing.stage(taken)
    figures = importing.compare(taken)
    changed = list(taken.rows.exclude(outcome="same").values_list("outcome", "values", "problems"))
    assert not changed, (figures, changed[:2])
    assert figures["same"] == Member.objects.filter(home_unit=tree.a).exclude(status="left").count() - 1  # the applicant is not on the list


def test_own_fields_and_words_are_columns_for_those_who_may_see_them(tree, cast, people, purpose):
    anna, bert, berta = people
    field = CustomField.objects.create(unit=tree.a, labels={"de": "T-Shirt"}, type="choice", choices=["M", "L"], purpose="Fest", right=3, days=30, created_at=NOW)
    FieldValue.objects.create(field=field, member=anna, value="L", set_at=NOW)
    FieldValue.objects.create(field=field, member=berta, value="M", set_at=NOW)  # of a unit the field is not of
    tag = Tag.objects.create(party=tree.district, kind="skill", labels={"de": "Plakate", "he": "שלטים"})
    MemberTag.objects.create(member=bert, tag=tag, set_at=NOW)
    export = made(cast.officer, tree.district, purpose, ["given_name", "tags", f"field:{field.pk}"])
    assert cells(export) == (["Vorname", "Interessen, Fähigkeiten, Zeit", "T-Shirt"], [["Anna", "", "L"], ["Berta", "", ""], ["Bert", "Plakate", ""]])
    make.appoint(cast.treasurer_a, "section_lead", tree.a)  # cares, does not lead
    assert f"field:{field.pk}" not in columns.offered(cast.treasurer_a, timezone.localdate(), tree.a)


def test_the_page_of_a_list_names_own_fields_among_its_columns(tree, cast, as_user, people, purpose):
    field = CustomField.objects.create(unit=tree.a, labels={"de": "T-Shirt"}, type="text", purpose="Fest", right=3, days=30, created_at=NOW)
    export = made(cast.officer, tree.district, purpose, ["given_name", f"field:{field.pk}"])
    address = reverse("membership:export_detail", args=[export.pk])
    assert as_user(cast.officer).get(address).context["names"] == ["Vorname", "T-Shirt"]
    field.delete()
    assert as_user(cast.officer).get(address).context["names"] == ["Vorname"]


# --- on paper ---


def test_labels_and_letters_leave_out_whom_no_letter_reaches(tree, cast, as_user, people, purpose):
    client = as_user(cast.secretary_a)
    for format, extra in (("labels", {}), ("letters", {"subject": "Einladung!", "body": "Kommt\n\nalle <b>mit</b>"})):
        query = "all=1&format=letters" if extra else "all=1"
        answer, export = take(client, purpose, query=query, format=format, **extra)
        assert answer.status_code == 302, answer.context["form"].errors
        tasks.write_export(export.pk)
        export.refresh_from_db()
        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content(export))).pages)
        assert export.count == 1 and "Hof 1" in text and "Bert" not in text and "Aylin Kaya" in text
        assert not extra or ("Einladung!" in text and "<b>mit</b>" in text)


def test_a_list_too_long_for_paper_is_told_before_it_is_ordered(tree, cast, as_user, people, purpose, monkeypatch):
    monkeypatch.setitem(exporting.MOST, Export.Format.PDF, 1)
    answer, export = take(as_user(cast.secretary_a), purpose, format="pdf")
    assert answer.status_code == 422 and export is None
    assert made(cast.secretary_a, tree.a, purpose, ["given_name"], "pdf").state == Export.State.FAILED


# --- and gone again ---


@pytest.fixture
def expired(tree, cast, as_user, people, purpose):
    export = made(cast.secretary_a, tree.a, purpose, ["given_name", "number"], expires_on=timezone.localdate())
    fetch(as_user(cast.secretary_a), export)
    return export


def test_the_owner_is_asked_once_to_delete_and_says_so_by_one_button(expired, cast, as_user, settings, client):
    settings.EMAIL_BACKEND = "outbox.inbox.InboxBackend"
    tasks.remind_of_exports()
    tasks.remind_of_exports()
    relay(timezone.now())
    mail = LocalMail.objects.get()
    assert mail.to == cast.secretary_a.email and "Einladung" in mail.subject and "Anna" not in mail.text + mail.html
    address = next(word for word in mail.text.split() if "/link/export/" in word).split("/", 3)[3]
    page = client.get(f"/{address}")
    assert page.status_code == 200 and "Anna" not in page.text
    expired.refresh_from_db()
    assert expired.deleted_at is None
    client.post(f"/{address}")
    expired.refresh_from_db()
    assert expired.deleted_at and not expired.parts.exists()
    first = expired.deleted_at
    client.post(f"/{address}")
    expired.refresh_from_db()
    assert expired.deleted_at == first
    assert client.get(f"/{address[:-3]}xy/").status_code == 404


@pytest.mark.parametrize("language, word", [("de", "lösch"), ("he", "למחוק"), ("en", "delete")])
def test_the_reminder_comes_in_the_language_of_its_reader(language, word, expired, cast):
    cast.secretary_a.language = language
    cast.secretary_a.save()
    exporting.remind(timezone.now())
    message = Message.objects.get()
    mail = exporting.build_reminder(message, exporting.load_reminders([message], NOW), NOW)
    assert word in mail.text.lower()


def test_a_list_deleted_or_never_fetched_is_not_asked_about(expired, tree, cast, purpose):
    made(cast.secretary_a, tree.a, purpose, ["given_name"], expires_on=timezone.localdate())
    expired.confirm_deleted(timezone.now())
    assert exporting.remind(timezone.now()) == 0
    message = Message(kind="export", payload={"export": expired.pk})
    assert "deleted" in exporting.build_reminder(message, exporting.load_reminders([message], NOW), NOW).reason


def test_the_file_is_kept_for_a_week_and_the_row_stays(expired, cast, as_user):
    exporting.tidy(timezone.now() + timedelta(days=8))
    Export.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert not expired.parts.exists() and fetch(as_user(cast.secretary_a), expired)[0] == 404
    assert as_user(cast.officer).get(reverse("membership:export_list") + "?show=overdue").context["page"].rows == [expired]


def test_a_lost_worker_loses_no_list_and_writes_none_twice(tree, cast, people, purpose):
    row = Export.objects.create(
        by=cast.secretary_a, unit=tree.a, purpose=purpose, format="csv", created_at=NOW, columns=["given_name"], language="de", words="x",
        expires_on=timezone.localdate() + timedelta(days=2), leased_until=NOW - timedelta(minutes=1), attempts=1,
    )  # fmt: skip
    tasks.write_due_exports()
    before = content(row)
    tasks.write_export(row.pk)
    assert before and content(row) == before and Reading.objects.count() == 1
    Export.objects.filter(pk=row.pk).update(state="due", attempts=3, leased_until=None)
    tasks.write_due_exports()
    row.refresh_from_db()
    assert row.state == Export.State.FAILED


@pytest.mark.parametrize("many", [1, 40])
def test_the_list_of_lists_asks_the_same_number_of_questions_for_any_length(many, tree, cast, as_user, purpose):
    for _ in range(many):
        made(cast.secretary_a, tree.a, purpose, ["given_name"])
    client = as_user(cast.officer)
    client.get(reverse("membership:export_list"))
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("membership:export_list"))
    assert len(asked) == 5  # session, user, appointments; counts, page


def test_purposes_are_kept_by_those_who_lead_the_party(tree, cast, as_user, purpose):
    client = as_user(cast.admin)
    assert "Einladung" in client.get(reverse("membership:purpose_list")).text
    data = {"label_de": "Sommerfest", "columns": ["given_name"], "days": 5}
    assert client.post(reverse("membership:purpose_add"), data).status_code == 302
    assert client.post(reverse("membership:purpose_add"), data | {"days": 0}).status_code == 422
    assert client.post(reverse("membership:purpose_edit", args=[purpose.pk]), data | {"retired": "on"}).status_code == 302
    shown = as_user(cast.secretary_a).get(reverse("membership:export_add"), {"all": 1}).context["purposes"]
    assert "Sommerfest" in [row["label"] for row in shown] and len(shown) == 7
    assert as_user(cast.secretary_a).get(reverse("membership:purpose_list")).status_code == 403
    assert as_user(cast.foreign_officer).get(reverse("membership:purpose_edit", args=[purpose.pk])).status_code == 404


def test_header_names_are_known_to_the_import_in_each_language():
    for language in ("de", "he", "en"):
        with translation.override(language):
            header = [str(label) for name, label in columns.LABELS.items() if name not in ("age", "tags")]
        assert len(importing.guess(header)) == len(header), language


def test_a_list_made_from_an_upload_is_no_door(cast, as_user, purpose):
    file = SimpleUploadedFile("x.csv", b"x")
    assert as_user(cast.secretary_a).post(f"{reverse('membership:export_add')}?purpose=99999999", {"file": file}).status_code == 404
