"""Mails of the membership system: read whatever comes, proposed as a change, taken over once."""

from datetime import UTC, date, datetime
from email.message import EmailMessage

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from membership import notices
from membership.models import Member, Notice, NoticePattern
from membership.notices import confirm, found_by, propose, read, recognise, take_in
from tests import factories as make

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = date(2026, 11, 22)
BORN = date(1990, 2, 14)
ADD = "/notices/add/"


@pytest.fixture
def eva(tree):
    return make.member("Eva Sommer", tree.a, date(2020, 1, 1), number="4711", birth_date=BORN, email="old@example.org")


def handed_in(unit, *lines, by=None):
    return take_in(unit, "\n".join(lines).encode(), by, as_mail=False)[0]


def taken_over(notice, by):
    return confirm(notice.pk, by, NOW, propose(notice, TODAY).stamp)


@pytest.mark.parametrize("name, kind, contains, labels, example", notices.BUILT_IN, ids=[row[0] for row in notices.BUILT_IN])
def test_a_built_in_pattern_reads_its_own_example(name, kind, contains, labels, example):
    known = [row[:4] for row in notices.BUILT_IN]
    assert recognise(notices._tidy(example), known) == (kind, found_by(example, contains, labels))
    assert len(found_by(example, contains, labels)) >= 4


def test_a_mail_tells_of_somebody_new(tree, cast):
    notice = handed_in(tree.district, "Neues Mitglied", "Mitgliedsnummer: 99", "Vorname: Nora", "Nachname: Neu", "Geburtsdatum: 14.02.1990", "Eintritt: 01.11.2026", "Ortsverein: Altdorf", "E-Mail: nora@example.org")  # fmt: skip
    assert not Member.objects.exists(), "a proposal changes nothing"
    member = taken_over(notice, cast.officer)
    assert (member.name, member.number, member.home_unit, member.joined_on, member.birth_date) == ("Nora Neu", "99", tree.a, date(2026, 11, 1), BORN)
    assert member.memberships.get().starts_on == date(2026, 11, 1) and member.changes.get().kind == "joined"
    notice.refresh_from_db()
    assert (notice.state, notice.member, notice.decided_by) == ("done", member, cast.officer)


def test_a_mail_tells_of_a_change_and_keeps_what_it_does_not_name(tree, cast, eva):
    notice = handed_in(tree.district, "Änderung von Mitgliedsdaten", "Mitgliedsnummer: 4711", "Nachname: Sommer-Winter", "E-Mail: new@example.org", "Mobil: 0170 1234567")
    rows = {row["label"]: (row["old"], row["new"]) for row in notices.shown(propose(notice, TODAY))}
    assert ("old@example.org", "new@example.org") in rows.values() and ("Sommer", "Sommer-Winter") in rows.values() and len(rows) == 3
    taken_over(notice, cast.officer)
    eva.refresh_from_db()
    assert (eva.family_name, eva.email, eva.given_name, eva.birth_date) == ("Sommer-Winter", "new@example.org", "Eva", BORN)
    assert "winter" in eva.search_name and eva.changes.get().before["email"] == "old@example.org"


def test_a_mail_tells_of_a_move(tree, cast, eva):
    notice = handed_in(tree.district, "Wechsel", "Mitgliedsnummer: 4711", "Ortsverein neu: Bergheim", "Gültig ab: 01.11.2026", "PLZ: 01067")
    taken_over(notice, cast.officer)
    eva.refresh_from_db()
    assert (eva.home_unit, eva.postcode) == (tree.b, "01067")
    assert [(p.unit, p.starts_on, p.ends_on) for p in eva.memberships.order_by("starts_on")] == [(tree.a, date(2020, 1, 1), date(2026, 11, 1)), (tree.b, date(2026, 11, 1), None)]
    assert set(eva.changes.values_list("kind", flat=True)) == {"moved", "changed"}


@pytest.mark.parametrize("lines, status", [(["Austritt", "Austritt zum: 01.11.2026"], "left"), (["Austritt", "Austritt zum: 01.11.2026", "Grund: verstorben"], "deceased")])
def test_a_mail_tells_that_somebody_left(lines, status, tree, cast, eva):
    taken_over(handed_in(tree.district, *lines, "Mitgliedsnummer: 4711"), cast.officer)
    eva.refresh_from_db()
    assert (eva.status, eva.left_on, eva.joined_on) == (status, date(2026, 11, 1), date(2020, 1, 1))


def test_a_hebrew_mail_is_read_like_a_german_one(tree, cast):
    noa = make.member("נועה לוי", tree.a, date(2020, 1, 1), number="7")
    taken_over(handed_in(tree.district, "מעבר בין סניפים", "מספר חבר: 7", "סניף חדש: Bergheim", "החל מ: 01.11.2026"), cast.officer)
    noa.refresh_from_db()
    assert noa.home_unit == tree.b


def test_whoever_left_returns_by_a_mail(tree, cast, eva):
    from membership import status

    status.leave(eva.pk, date(2024, 1, 1), cast.officer, NOW)
    notice = handed_in(tree.district, "Neues Mitglied", "Mitgliedsnummer: 4711", "Vorname: Eva", "Nachname: Sommer", "Eintritt: 01.11.2026", "Ortsverein: Bergheim")
    taken_over(notice, cast.officer)
    eva.refresh_from_db()
    assert (eva.status, eva.home_unit, eva.joined_on) == ("full", tree.b, date(2020, 1, 1)) and Member.objects.count() == 1


@pytest.mark.parametrize(
    "lines, words",
    [
        (["Hallo, wie geht es?"], "No pattern"),
        (["Austritt", "Mitgliedsnummer: 12345"], "Nobody of yours"),
        (["Austritt", "Mitgliedsnummer: 4711", "Austritt zum: 01.12.2026"], "still to come"),
        (["Austritt", "Mitgliedsnummer: 4711", "Austritt zum: irgendwann"], "cannot be read"),
        (["Wechsel", "Mitgliedsnummer: 4711", "Ortsverein neu: Fremdorf"], "none of this name"),
        (["Änderung", "Mitgliedsnummer: 4711", "E-Mail: old@example.org"], "nothing to change"),
        (["Neues Mitglied", "Mitgliedsnummer: 5", "Nachname: Neu", "Ortsverein: Nirgends"], "none of this name"),
    ],
)
def test_what_cannot_be_taken_over_is_told_in_words(lines, words, tree, cast, eva):
    from django.utils.translation import override

    notice = handed_in(tree.district, *lines)
    with override("en"):
        problems = " ".join(map(str, propose(notice, TODAY).problems))
        assert words in problems
        with pytest.raises(ValidationError):
            confirm(notice.pk, cast.officer, NOW, propose(notice, TODAY).stamp)
    assert Notice.objects.get().state == "open" and Member.objects.count() == 1


def test_a_number_of_somebody_else_in_the_party_is_not_taken(tree, cast, eva):
    notice = handed_in(tree.b, "Neues Mitglied", "Mitgliedsnummer: 4711", "Nachname: Neu", "Ortsverein: Bergheim")
    proposal = propose(notice, TODAY)
    assert proposal.member is None and proposal.problems, "the secretary of B does not see who has it"


def test_the_same_mail_twice_is_one(tree, cast, eva):
    lines = ["Austritt", "Mitgliedsnummer: 4711", "Austritt zum: 01.11.2026"]
    first = handed_in(tree.district, *lines)
    assert handed_in(tree.district, *lines, "", "") == first and Notice.objects.count() == 1
    taken_over(first, cast.officer)
    with pytest.raises(ValidationError):
        taken_over(first, cast.officer)
    assert eva.changes.filter(kind="left").count() + eva.changes.filter(kind="gone").count() == 1


def test_what_changed_since_it_was_shown_is_shown_again(tree, cast, eva):
    notice = handed_in(tree.district, "Änderung", "Mitgliedsnummer: 4711", "E-Mail: new@example.org")
    stamp = propose(notice, TODAY).stamp
    Member.objects.filter(pk=eva.pk).update(version=9)
    with pytest.raises(ValidationError):
        confirm(notice.pk, cast.officer, NOW, stamp)
    assert Notice.objects.get().state == "open"


def mail(text="Austritt\nMitgliedsnummer: 4711", **headers):
    message = EmailMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def test_an_eml_is_read_with_its_headers(tree):
    message = mail(From="System <system@example.org>", Subject="Änderung: Müller", Message_ID="<1@example.org>", Date="Sun, 22 Nov 2026 09:00:00 +0100")
    found = read(bytes(message))
    assert found.sender == "System <system@example.org>" and found.subject == "Änderung: Müller" and found.sent_at.hour == 9
    assert found.text.startswith("Austritt")


def test_a_forwarded_mail_inside_a_mail_is_found():
    outer = mail("FYI", Subject="WG: Austritt")
    outer.add_attachment(mail(Subject="Austritt"))
    assert "4711" in read(bytes(outer)).text


def test_signs_of_quoting_are_left_out():
    assert found_by(read(b"> Austritt\n> > Mitgliedsnummer:  4711 \n", False).text, "austritt", {"number": "Mitgliedsnummer"}) == {"number": "4711"}


def test_html_is_only_ever_words():
    message = EmailMessage()
    message.set_content("<style>p{}</style><script>alert(1)</script><p>Austritt<p>Mitgliedsnummer: <b>4711</b><img src=x onerror=alert(1)>", subtype="html")
    assert read(bytes(message)).text.split() == ["Austritt", "Mitgliedsnummer:", "4711"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n\n", b"\0\0\0", b"Subject: x\n\n",
        b"Content-Type: text/plain; charset=nonsense\n\n\xff\xfeAustritt",
        b"Content-Type: text/plain; charset=\"\xff\"\n\nAustritt",
        b"Content-Transfer-Encoding: base64\nContent-Type: text/plain\n\n!!!not base64!!!",
        b"Subject: =?utf-8?b?broken\n\ttext?=\nFrom: \xff\xff\nDate: yesterday\n\nAustritt",
        b"Subject: hello\r\nBcc: all@example.org\r\n\r\nAustritt",
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\ntext\n" * 500,
        b"Content-Type: multipart/mixed\n\nno boundary",
        b"Content-Type: message/rfc822\n\n" * 3000 + b"text",
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)) + b"text",
        b"<" * 200_000, b"Mitgliedsnummer: " * 50_000, "‮Austritt‬".encode(),
    ],
)  # fmt: skip
def test_whatever_comes_is_read_or_refused_in_words(content, tree):
    for as_mail in (True, False):
        try:
            notice, _new = take_in(tree.district, content, None, as_mail)
        except ValidationError as error:
            assert error.messages and "Traceback" not in error.messages[0]
        else:
            assert len(notice.text) <= notices.MOST_TEXT and "\0" not in notice.text and "\n" not in notice.subject + notice.sender
            propose(notice, TODAY)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_random_bytes_never_stop_the_reading(content, as_mail):
    try:
        found = read(content, as_mail)
    except ValidationError:
        return
    recognise(found.text, [row[:4] for row in notices.BUILT_IN])


def test_a_mail_that_is_too_large_is_refused():
    with pytest.raises(ValidationError):
        read(b"x" * (notices.MOST_BYTES + 1))


def test_notice_add_and_detail_take_a_mail_over(tree, cast, eva, sign_in):
    client = sign_in(cast.officer)
    text = "Austritt\nMitgliedsnummer: 4711\nAustritt zum: 01.11.2026\n<script>alert(1)</script>"
    answer = client.post(ADD, {"unit": tree.district.slug, "text": text})
    page = client.get(answer["Location"])
    assert "Eva Sommer" in page.content.decode() and "<script>alert" not in page.content.decode()
    assert client.post(answer["Location"], {"shown": page.context["proposal"].stamp})["Location"] == f"/members/{eva.pk}/"
    eva.refresh_from_db()
    assert eva.status == "left"
    assert client.post(answer["Location"], {"shown": "x"}).status_code == 409
    decided = client.get(answer["Location"])
    assert "<h1>Ausgetreten</h1>" in decided.text and f'href="/members/{eva.pk}/"' in decided.text, "what it told, and whom it was about"
    assert client.get("/notices/?show=all").status_code == 200 and client.get("/notices/").context["rows"] == []


def test_notice_add_takes_a_file_and_says_what_is_wrong(tree, cast, eva, sign_in):
    client = sign_in(cast.secretary_a)
    file = SimpleUploadedFile("../../mail.eml", bytes(mail(Subject="Austritt", Message_ID="<1@example.org>")))
    assert client.post(ADD, {"unit": tree.a.slug, "file": file}).status_code == 302
    assert client.post(ADD, {"unit": tree.a.slug, "text": " "}).status_code == 422
    assert client.post(ADD, {"unit": tree.b.slug, "text": "Austritt"}).status_code == 422, "not one's own unit"
    assert client.post(ADD, {"unit": tree.a.slug, "file": SimpleUploadedFile("x.eml", b"Subject: x\n\n")}).status_code == 422


def test_nobody_else_sees_a_mail(tree, cast, eva, sign_in):
    notice = handed_in(tree.district, "Austritt", "Mitgliedsnummer: 4711")
    for user in (cast.secretary_a, cast.foreign_officer):
        assert sign_in(user).get(f"/notices/{notice.pk}/").status_code == 404
        assert "4711" not in sign_in(user).get("/notices/").content.decode()


def test_notice_drop_sets_aside_once(tree, cast, eva, sign_in):
    notice = handed_in(tree.a, "Hallo")
    client = sign_in(cast.secretary_a)
    for _click in range(2):
        assert client.post(f"/notices/{notice.pk}/drop/").status_code == 302
    assert Notice.objects.get().state == "dropped"


def test_pattern_form_tries_its_example_before_it_is_saved(tree, cast, sign_in):
    client = sign_in(cast.officer)
    data = {"unit": tree.district.slug, "name": "Abgang", "kind": "left", "contains": "verlässt uns", "example": "Eva verlässt uns\nNr: 4711\n", "label_number": "Nr:"}
    page = client.post("/notices/patterns/add/", {**data, "do": "try"})
    assert page.status_code == 200 and not NoticePattern.objects.exists()
    assert [row["value"] for row in page.context["found"]] == ["4711"]
    assert client.post("/notices/patterns/add/", {**data, "label_number": ""}).status_code == 422
    assert client.post("/notices/patterns/add/", data).status_code == 302
    assert NoticePattern.objects.get().labels == {"number": "Nr"}
    eva = make.member("Eva Sommer", tree.a, date(2020, 1, 1), number="4711")
    assert handed_in(tree.district, "Eva verlässt uns", "Nr: 4711").kind == "left"
    assert propose(Notice.objects.get(), TODAY).member == eva


def test_pattern_add_begins_with_a_built_in_one(tree, cast, sign_in):
    client = sign_in(cast.officer)
    assert "Austritt zum" in client.get("/notices/patterns/add/?like=1").content.decode()
    for like in ("99", "x", "-1", "²"):
        assert client.get("/notices/patterns/add/", {"like": like}).status_code == 404


def test_patterns_of_the_unit_come_before_those_above_and_built_in_ones(tree):
    for unit, name in ((tree.district, "above"), (tree.a, "own")):
        NoticePattern.objects.create(unit=unit, name=name, kind="left", contains="x", labels={"number": "Nr"})
    assert [row[0] for row in notices.patterns(tree.a)][:2] == ["own", "above"]
    assert [row[0] for row in notices.patterns(tree.b)][:2] == ["above", notices.BUILT_IN[0][0]]


@pytest.mark.parametrize("many", [1, 60])
def test_notice_list_costs_the_same_for_many(many, tree, cast, sign_in, django_assert_max_num_queries):
    for number in range(many):
        handed_in(tree.a, f"Austritt {number}", "Mitgliedsnummer: 1")
    client = sign_in(cast.secretary_a)
    client.get("/notices/")
    with django_assert_max_num_queries(8):
        client.get("/notices/")


def test_a_number_with_another_name_is_pointed_out(tree, cast, eva):
    for name, told in (("Vorname: Eva", False), ("Vorname: Jörg", True)):
        notice = handed_in(tree.district, "Änderung", "Mitgliedsnummer: 4711", name, "Nachname: Anders", "E-Mail: new@example.org")
        assert bool(propose(notice, TODAY).notes) == told
