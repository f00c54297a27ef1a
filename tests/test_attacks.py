"""Attacks that go across rooms. What attacks one room alone stands with that room, what attacks accounts in tests/branches."""

import csv
import io
import logging
import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from celery import current_app
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from branches import appointing
from branches.models import Appointment, Unit, User
from cockpit.models import Report
from common.logs import OneLineFormatter
from membership import importing
from membership.models import ColumnMapping, ListImport, Member, Membership
from onboarding import duties, intake, reminders
from onboarding.models import Contact, JourneyStep, Standard, Step
from outbox.models import LocalMail, Message
from outbox.relay import relay
from tests import access
from tests import factories as make

BACKEND = "django.contrib.auth.backends.ModelBackend"
HEADER = "Mitgliedsnummer;Nachname;Vorname;Straße;E-Mail"


@pytest.fixture
def world(tree, cast):
    return access.build_world(tree, cast)


@pytest.fixture
def as_user(db):
    """as_user(person) gives a client of their own, so that two people can be at it."""

    def enter(person):
        client = Client()
        client.force_login(person, backend=BACKEND)
        return client

    return enter


def hand_in(client, unit, *lines, header=HEADER, name="liste.csv"):
    """Upload a list for `unit`; the answer, and the list if there is one."""
    file = SimpleUploadedFile(name, "\n".join((header, *lines)).encode(), "text/csv")
    answer = client.post(reverse("onboarding:list_add"), {"unit": unit.pk, "file": file, "list_date": timezone.localdate()})
    return answer, ListImport.objects.order_by("-pk").first()


def work(row):
    intake.work(row.pk, timezone.now(), timezone.localdate())
    row.refresh_from_db()
    return row.state


def compared(client, unit, *lines, header=HEADER):
    """A list of `unit` up to its difference."""
    _answer, row = hand_in(client, unit, *lines, header=header)
    work(row)
    row.read_with(importing.guess(row.header), row.decisions)
    assert work(row) == ListImport.State.COMPARED, row.trouble
    return row


def apply(client, row, **answers):
    stamp = client.get(reverse("onboarding:list_detail", args=[row.pk])).context["stamp"]
    return client.post(reverse("onboarding:list_apply", args=[row.pk]), {"stamp": stamp, **answers})


# --- what one may not see is told by no search, count, order or page either ---


@pytest.fixture
def hidden(tree, cast):
    """Seen by the treasurer of A without contact data; and somebody of B and of another party, not seen at all."""
    make.member(
        "Anna Arndt",
        tree.a,
        email="verborgen@example.org",
        mobile="0170 5556677",
        street="Hinterhof 9",
        birth_date=make.TODAY.replace(year=1990),
    )
    make.member("Bruno Bergmann", tree.b, email="bruno@example.org", number="B-4711")
    make.member("Frieda Fremd", tree.foreign_branch, number="F-4712")
    return tree


SECRETS = [
    "verborgen@example.org",
    "verborgen",
    "@example.org",
    "01705556677",
    "0170 5556677",
    "5556677",
    "Hinterhof 9",
    "Hinterhof",
    "B-4711",
    "4711",
    "F-4712",
    "Bergmann",
    "Bruno",
    "Frieda",
    "Bergheim",
    "Fremdorf",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_search_tells_who_only_sees_what_is_hidden(text, hidden, cast, as_user):
    client = as_user(cast.treasurer_a)
    answer = client.get(reverse("cockpit:search"), {"q": text})
    assert not answer.context["members"] and not answer.context["units"]
    assert not client.get(reverse("cockpit:search"), {"q": text}, headers={"HX-Request": "true"}).context["members"]
    listed = client.get(reverse("membership:member_list"), {"q": text})
    assert not listed.context["page"].rows


def test_what_is_hidden_from_who_only_sees_is_found_by_who_cares(hidden, cast, as_user):
    client = as_user(cast.secretary_a)
    for text in ("verborgen@example.org", "01705556677"):
        assert [hit.name for hit in client.get(reverse("cockpit:search"), {"q": text}).context["members"]] == ["Anna Arndt"]


ORACLES = [
    {"reach": "mail"}, {"reach": "letter"}, {"show": "unreachable"}, {"sort": "email"}, {"order": "birth_date"}, {"birth_date": "1990-11-22"},
    {"email": "verborgen@example.org"}, {"search_contact__contains": "5556677"}, {"home_unit__path__startswith": "0001"},
]  # fmt: skip


@pytest.mark.parametrize("asked", ORACLES, ids=str)
def test_no_filter_order_or_count_tells_who_only_sees_what_is_hidden(asked, hidden, cast, as_user):
    make.member("Berta Brief", hidden.a)  # reached by letter only
    client = as_user(cast.treasurer_a)

    def shown(asked):
        listed = client.get(reverse("membership:member_list"), asked).context["page"].rows
        counted = client.get(reverse("membership:member_list"), asked | {"counts": 1}).context["presets"]
        return [member.family_name for member in listed], [preset["count"] for preset in counted]

    assert shown(asked) == shown({}) and len(shown({})[0]) == 2


def test_counts_of_a_unit_one_may_not_see_are_those_of_no_unit(hidden, cast, as_user):
    client = as_user(cast.treasurer_a)
    for name in ("membership:member_list", "onboarding:journey_list"):
        foreign, nowhere = (
            [preset["count"] for preset in client.get(reverse(name), {"unit": slug, "counts": 1}).context["presets"]]
            for slug in ("bergheim", "nirgends")
        )
        assert foreign == nowhere


@pytest.mark.parametrize("key", ["zz~1", "~", "~~", "a~b", "' OR 1=1 --~1", "\0~1", "x" * 5000 + "~1", "9" * 400 + "~" + "9" * 400])
def test_a_forged_place_in_a_list_shows_nobody_else(key, hidden, cast, as_user):
    client = as_user(cast.treasurer_a)
    for way in ("after", "before"):
        answer = client.get(reverse("membership:member_list"), {way: key})
        assert answer.status_code == 200
        assert {member.family_name for member in answer.context["page"].rows} <= {"Arndt"}


# --- a form takes what it offers and nothing else ---


def test_a_contact_is_logged_for_the_member_of_the_address_in_ones_own_name(world, as_user):
    own, sister = world.places["own"], world.places["sister"]
    data = {
        "kind": "call", "result": "reached", "on": timezone.localdate(), "note": "da", "member": sister.member.pk, "member_id": sister.member.pk,
        "by": world.cast.officer.pk, "by_id": world.cast.officer.pk, "id": sister.contact.pk, "pk": sister.contact.pk, "created_at": "2001-01-01",
    }  # fmt: skip
    before = Contact.objects.values().get(pk=sister.contact.pk)
    as_user(world.cast.secretary_a).post(reverse("onboarding:contact_log", args=[own.member.pk]), data)
    logged = Contact.objects.order_by("pk").last()
    assert (logged.member, logged.by, logged.created_at.date()) == (own.member, world.cast.secretary_a, timezone.now().date())
    assert Contact.objects.values().get(pk=sister.contact.pk) == before


def test_the_key_of_another_form_logs_a_contact_of_its_own(world, as_user):
    own, sister = world.places["own"], world.places["sister"]
    data = {"kind": "visit", "result": "later", "on": timezone.localdate(), "key": str(sister.contact.key)}
    as_user(world.cast.secretary_a).post(reverse("onboarding:contact_log", args=[own.member.pk]), data)
    assert own.member.contacts.filter(by=world.cast.secretary_a, kind="visit").count() == 1


STEP = {"label_de": "Brief", "due": "days", "count": "9", "done_by": "hand", "reasons": ["joined"]}


def step_data(**fields):
    return STEP | {"office": Appointment.objects.first().office.pk, "done_by": Step.DoneBy.values[0]} | fields


def test_a_step_stays_in_the_standard_of_the_address(world, as_user):
    client, sister = as_user(world.cast.secretary_a), world.places["sister"]
    theirs = make.step(sister.unit, "theirs")
    foreign = {
        "standard": theirs.standard_id,
        "standard_id": theirs.standard_id,
        "unit": sister.unit.pk,
        "id": theirs.pk,
        "pk": theirs.pk,
        "slug": "theirs",
    }
    answer = client.post(reverse("onboarding:step_add", args=["altdorf"]), step_data(**foreign))
    assert answer.status_code == 302
    added = Step.objects.latest("pk")
    assert (added.standard.unit, added.slug) == (world.tree.a, "brief")
    for name in ("step_edit", "step_retire", "step_restore", "step_move"):
        assert client.post(reverse(f"onboarding:{name}", args=["altdorf", theirs.pk]), step_data()).status_code == 404
    theirs.refresh_from_db()
    assert theirs.labels == {"de": "theirs"} and theirs.standard == Standard.objects.get(unit=sister.unit)


def test_a_step_of_a_sister_cannot_be_left_out_through_ones_own_unit(world, as_user):
    theirs = make.step(world.tree.b, "theirs")
    assert as_user(world.cast.secretary_a).post(reverse("onboarding:step_leave_out", args=["altdorf", theirs.pk])).status_code == 404


@pytest.mark.parametrize(
    "field", ["home_unit", "home_unit_id", "party", "status", "left_on", "version", "user", "first_list", "search_contact", "id"]
)
def test_no_form_moves_a_member_or_writes_what_it_does_not_offer(field, world, as_user):
    own, sister = world.places["own"].member, world.places["sister"].member
    client, value = (
        as_user(world.cast.secretary_a),
        {"status": "left", "left_on": "2020-01-01", "search_contact": "x"}.get(field, sister.home_unit_id),
    )
    form = client.get(reverse("membership:member_edit", args=[own.pk])).context["form"]
    data = {name: form[name].value() or "" for name in form.fields} | {"email": "neu@example.org", field: value}
    kept = ("home_unit_id", "party_id", "status", "left_on", "user_id", "first_list_id", "search_contact", "id")
    before = Member.objects.values(*kept).get(pk=own.pk)
    assert client.post(reverse("membership:member_edit", args=[own.pk]), data).status_code == 302
    after = Member.objects.values(*kept, "email").get(pk=own.pk)
    assert after.pop("email") == "neu@example.org" and after.pop("search_contact").startswith("neu@") and before.pop("search_contact")
    assert after == before


def test_an_appointment_goes_to_the_unit_of_the_address_and_gives_nothing_but_itself(world, as_user):
    office = Appointment.objects.get(user=world.cast.secretary_a).office
    data = {
        "email": "neu@example.org", "given_name": "Nele", "office": office.pk, "right": 1, "starts_on": timezone.localdate(),
        "unit": world.tree.b.pk, "user": world.cast.officer.pk, "is_staff": "on", "is_superuser": "on", "is_active": "", "password": "geheim-geheim",
    }  # fmt: skip
    as_user(world.cast.secretary_a).post(reverse("branches:appointment_add", args=["altdorf"]), data)
    given = Appointment.objects.latest("pk")
    assert (given.unit, given.user.email, given.right, given.below) == (world.tree.a, "neu@example.org", 1, False)
    assert given.user.is_active and not given.user.has_usable_password()


def test_who_gives_an_office_to_a_known_address_changes_nothing_of_that_account(world, as_user):
    office = Appointment.objects.get(user=world.cast.secretary_a).office
    before = User.objects.values().get(pk=world.cast.foreign_officer.pk)
    data = {
        "email": before["email"].upper(),
        "given_name": "Anders",
        "family_name": "Neu",
        "office": office.pk,
        "right": 1,
        "starts_on": timezone.localdate(),
    }
    as_user(world.cast.secretary_a).post(reverse("branches:appointment_add", args=["altdorf"]), data)
    assert Appointment.objects.filter(user=world.cast.foreign_officer, unit=world.tree.a).exists()
    assert User.objects.values().get(pk=world.cast.foreign_officer.pk) == before


def test_the_section_of_a_foreign_unit_cannot_be_joined(world, as_user):
    circle = make.unit("Fremder Kreis", "section", world.tree.foreign)
    member = world.places["own"].member
    for unit in (circle, world.tree.b, world.tree.foreign_branch):
        for value in (unit.pk, unit.slug):
            answer = as_user(world.cast.officer).post(
                reverse("membership:section_add", args=[member.pk]), {"unit": value, "starts_on": timezone.localdate()}
            )
            assert answer.status_code == 422
    assert not Membership.objects.filter(member=member, unit=circle).exists()


# --- lists ---


@pytest.mark.parametrize("place", ["sister", "parent", "section", "foreign"])
def test_a_list_is_handed_in_for_a_unit_one_leads_only(place, world, as_user):
    answer, row = hand_in(as_user(world.cast.secretary_a), world.places[place].unit, "1;Neu;Nele;;")
    assert answer.status_code == 422 and row is None


@pytest.mark.parametrize("person", ["treasurer_a", "section_lead", "stranger", "former", "coming"])
def test_who_leads_no_unit_hands_in_no_list(person, world, as_user):
    answer, row = hand_in(as_user(getattr(world.cast, person)), world.tree.a, "1;Neu;Nele;;")
    assert answer.status_code == 403 and row is None


LIST_PAGES = [("list_detail", ()), ("list_columns", ()), ("list_rows", ("joined",)), ("list_rows", ("refused",)), ("list_refused", ())]
LIST_VERBS = ["list_decide", "list_apply", "list_undo", "list_drop"]


@pytest.mark.parametrize("person", ["treasurer_a", "secretary_b", "section_lead", "foreign_officer", "stranger", "former", "coming"])
def test_a_list_opens_for_who_leads_its_unit_only(person, world, as_user):
    row = compared(as_user(world.cast.secretary_a), world.tree.a, "1;Neu;Nele;;", ";Ohne;Nummer;;")
    client = as_user(getattr(world.cast, person))
    for name, more in LIST_PAGES:
        assert client.get(reverse(f"onboarding:{name}", args=[row.pk, *more])).status_code == 404, name
    for name in LIST_VERBS:
        assert client.post(reverse(f"onboarding:{name}", args=[row.pk])).status_code == 404, name
    before, after = row.state, ListImport.objects.get(pk=row.pk).state
    assert before == after
    listed = client.get(reverse("onboarding:list_list"))
    assert listed.status_code == 403 or row.file_name not in listed.text


def test_lists_close_with_the_role_also_for_who_handed_them_in(world, as_user):
    client = as_user(world.cast.secretary_a)
    row = compared(client, world.tree.a, "1;Neu;Nele;;", ";Ohne;Nummer;;")
    refused = reverse("onboarding:list_refused", args=[row.pk])
    assert "Ohne" in client.get(refused).content.decode("utf-8-sig")
    world.cast.secretary_a.appointments.update(ends_on=timezone.localdate())
    for address in (refused, refused + "?form=xlsx", *(reverse(f"onboarding:{name}", args=[row.pk, *more]) for name, more in LIST_PAGES)):
        assert client.get(address).status_code == 404
    assert client.post(reverse("onboarding:list_apply", args=[row.pk])).status_code == 404


def test_a_list_is_read_with_the_rights_of_that_moment(world, as_user):
    _answer, row = hand_in(as_user(world.cast.secretary_a), world.tree.a, "1;Neu;Nele;;")
    world.cast.secretary_a.appointments.update(ends_on=timezone.localdate())
    assert work(row) == ListImport.State.FAILED and not row.rows.exists() and not row.header


def test_a_list_is_saved_with_the_rights_of_that_moment(world, as_user):
    client = as_user(world.cast.secretary_a)
    row = compared(client, world.tree.a, "1;Neu;Nele;;")
    apply(client, row)
    world.cast.secretary_a.appointments.update(right=2)
    assert work(row) == ListImport.State.FAILED and not Member.objects.filter(number="1").exists()


def test_a_list_is_taken_back_with_the_rights_of_that_moment(world, as_user):
    client = as_user(world.cast.secretary_a)
    row = compared(client, world.tree.a, "1;Neu;Nele;;")
    apply(client, row)
    assert work(row) == ListImport.State.APPLIED
    client.post(reverse("onboarding:list_undo", args=[row.pk]))
    world.cast.secretary_a.appointments.update(right=2)
    work(row)
    assert Member.objects.filter(number="1").exists()


def test_saving_twice_saves_once(world, as_user):
    client = as_user(world.cast.secretary_a)
    row = compared(client, world.tree.a, "1;Neu;Nele;;")
    stamp = client.get(reverse("onboarding:list_detail", args=[row.pk])).context["stamp"]
    for _click in range(2):
        assert client.post(reverse("onboarding:list_apply", args=[row.pk]), {"stamp": stamp}).status_code == 302
        work(row)
    assert row.state == ListImport.State.APPLIED
    assert Member.objects.get(number="1").changes.count() <= 1 and Membership.objects.filter(member__number="1").count() == 1


def test_answers_about_a_list_reach_neither_foreign_units_nor_foreign_people(world, as_user):
    client, foreign = as_user(world.cast.secretary_a), world.places["foreign"]
    sister = world.places["sister"].member
    row = compared(client, world.tree.a, "1;Neu;Nele;Irgendwo", header="Mitgliedsnummer;Nachname;Vorname;Ortsverein")
    for unit in (world.tree.b, foreign.unit, world.tree.district):
        data = {
            "unit-Irgendwo": unit.pk,
            f"gone-{sister.number}": "deceased",
            f"look-{sister.number}": "same",
            f"gone-{foreign.member.number}": "left",
        }
        client.post(reverse("onboarding:list_decide", args=[row.pk]), data)
        work(row)
        assert not any(row.decisions.get(name) for name in ("units", "gone", "look"))
    row.refresh_from_db()
    apply(client, row, **{"unit-Irgendwo": world.tree.b.pk, "all_gone": "deceased"})
    work(row)
    assert not Member.objects.filter(number="1").exists()
    for member in (sister, foreign.member):
        member.refresh_from_db()
        assert member.status == "full"


def test_a_list_that_names_members_of_a_sister_neither_shows_nor_changes_them(world, as_user):
    client, sister = as_user(world.cast.secretary_a), world.places["sister"].member
    Member.objects.filter(pk=sister.pk).update(birth_date=make.TODAY.replace(year=1980))
    lines = [f"{sister.number};Neu;Nele;Neue Straße 1;neu@example.org", f"999;{sister.family_name};{sister.given_name};;"]
    row = compared(client, world.tree.a, *lines)
    pages = [client.get(reverse("onboarding:list_detail", args=[row.pk])).text]
    pages += [
        client.get(reverse("onboarding:list_rows", args=[row.pk, name])).text for name in ("refused", "changed", "look", "gone", "moved")
    ]
    hidden = [access.canary(name, "sister") for name in ("email", "phone", "mobile", "street", "postcode", "city")] + ["Bergheim", "1980"]
    assert not [token for token in hidden if token in " ".join(pages)]
    apply(client, row, all_gone="left")
    work(row)
    before, sister = sister, Member.objects.get(pk=sister.pk)
    assert (sister.family_name, sister.email, sister.home_unit, sister.status) == (before.family_name, before.email, world.tree.b, "full")


def test_who_leads_a_unit_without_those_below_reaches_nobody_below_by_a_list(world, as_user):
    """A list of the district shows and changes the members of its branches."""
    make.appoint(person := make.user("Dora Bezirk"), "secretary", world.tree.district)
    answer, row = hand_in(as_user(person), world.tree.district, "1;Neu;Nele;;")
    assert answer.status_code == 422 and row is None
    row = compared(as_user(world.cast.officer), world.tree.district, "1;Neu;Nele;;")
    for name, more in LIST_PAGES:
        assert as_user(person).get(reverse(f"onboarding:{name}", args=[row.pk, *more])).status_code == 404


def test_a_list_is_closed_when_its_unit_is_left_without_those_below(world, as_user):
    row = compared(as_user(world.cast.officer), world.tree.district, "1;Neu;Nele;;")
    apply(as_user(world.cast.officer), row, all_gone="deceased")
    world.cast.officer.appointments.update(below=False)
    assert work(row) == ListImport.State.FAILED and not Member.objects.filter(status="deceased").exists()


def test_who_may_not_add_units_adds_none_by_a_list(world, as_user):
    client = as_user(world.cast.secretary_a)
    row = compared(client, world.tree.a, "1;Neu;Nele;Neudorf", header="Mitgliedsnummer;Nachname;Vorname;Ortsverein")
    client.post(reverse("onboarding:list_decide", args=[row.pk]), {"unit-Neudorf": "create"})
    work(row)
    if row.state == ListImport.State.COMPARED:
        apply(client, row)
        work(row)
    assert not Unit.objects.filter(name="Neudorf").exists()


def test_units_of_a_list_are_added_with_the_rights_of_who_saves_it(world, as_user):
    officer, secretary = as_user(world.cast.officer), as_user(world.cast.secretary_a)
    row = compared(secretary, world.tree.a, "1;Neu;Nele;Neudorf", header="Mitgliedsnummer;Nachname;Vorname;Ortsverein")
    officer.post(reverse("onboarding:list_decide", args=[row.pk]), {"unit-Neudorf": "create"})
    assert work(row) == ListImport.State.COMPARED and row.rows.filter(values__new_unit="Neudorf").exists()
    apply(secretary, row)
    assert work(row) == ListImport.State.FAILED and not Unit.objects.filter(name="Neudorf").exists()


# --- failures ---


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_while_a_list_is_saved_leaves_no_row_or_all(tree, cast, as_user):
    client = as_user(cast.secretary_a)
    row = compared(client, tree.a, *(f"{n};Neu;Nele {n};;" for n in range(50)))
    apply(client, row)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pull_the_plug() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
        )
        cursor.execute("CREATE TRIGGER plug AFTER INSERT ON membership_membership EXECUTE FUNCTION pull_the_plug()")
    try:
        with pytest.raises(OperationalError):
            work(row)
        connection.close()
        assert (Member.objects.count(), Membership.objects.count()) == (0, 0)
        row.refresh_from_db()
        assert row.state == ListImport.State.APPLYING
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION pull_the_plug CASCADE")
    assert work(row) == ListImport.State.APPLIED and Member.objects.count() == 50


OLD_ORDERS = [
    "onboarding.tasks.work_list",
    "onboarding.tasks.work_lists",
    "onboarding.tasks.start_journeys",
    "cockpit.tasks.write_report",
    "outbox.tasks.relay",
]


@pytest.mark.parametrize("name", OLD_ORDERS)
def test_a_message_of_another_version_does_no_harm(name, world):
    before = Member.objects.count(), Report.objects.count(), Message.objects.count()
    current_app.tasks[name].apply(args=[987654321], kwargs={"of_another_version": True})
    current_app.tasks[name].apply(args=["keine Zahl"])
    assert (Member.objects.count(), Report.objects.count(), Message.objects.count()) == before


def test_an_order_of_another_version_is_found_again_by_the_next_round(world, as_user):
    _answer, row = hand_in(as_user(world.cast.secretary_a), world.tree.a, "1;Neu;Nele;;")
    current_app.tasks["onboarding.tasks.work_list"].apply(kwargs={"list_pk_of_an_older_version": row.pk})
    row.refresh_from_db()
    assert row.state == ListImport.State.UPLOADED
    current_app.tasks["onboarding.tasks.work_lists"].apply()
    row.refresh_from_db()
    assert row.state == ListImport.State.COLUMNS


# --- markup in every text is text on every page and in every mail ---

LONG, SHORT = """<script>a()</script>"><img src=x onerror=a()>'{{7*7}}""", '"><svg onload=a>'
LABELS = {"de": LONG, "he": LONG, "en": LONG}
ROOMS = ("branches", "membership", "onboarding", "outbox", "cockpit")
# Keys, addresses and what we write ourselves.
NOT_FREE = {
    "path",
    "slug",
    "key",
    "language",
    "password",
    "kind",
    "remark",
    "skipped",
    "number",
    "email",
    "sort_key",
    "given_key",
    "message_id",
}


class Page(HTMLParser):
    """Collects what a browser would run, and the fields of the forms of a page."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.live, self.fields, self.text = [], set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        addresses = [(attrs.get(name) or "").strip().lower() for name in ("href", "src", "action", "formaction", "hx-get", "hx-post")]
        if (
            (tag == "script" and "src" not in attrs and attrs.get("type") != "application/json")
            or attrs.get("src") == "x"
            or tag in ("object", "embed", "base")
            or (tag == "iframe" and "allow-scripts" in attrs.get("sandbox", "allow-scripts"))
            or any(name.startswith("on") for name in attrs)
            or any(address.startswith(("javascript:", "data:", "vbscript:")) for address in addresses)
        ):
            self.live.append(f"{tag} {attrs}")
        if attrs.get("name") and tag in ("input", "textarea", "select"):
            self.fields.add((attrs["name"], attrs.get("type", tag), attrs.get("value", "")))


@pytest.fixture
def hostile(world, as_user):
    """The world with markup in every text somebody can write, by the models: a new field is in it by itself."""
    own, cast = world.places["own"], world.cast
    sheet = io.StringIO()
    rows = [[f"7{SHORT}", LONG, "Nele", SHORT, "Altdorf"], ["", "Ohne", SHORT, "", "Altdorf"], ["8", "Neu", "Nele", "", LONG]]
    csv.writer(sheet, delimiter=";", quoting=csv.QUOTE_ALL).writerows(rows)
    header = "Mitgliedsnummer;Nachname;Vorname;Straße;Ortsverein"
    world.list = compared(as_user(cast.officer), world.tree.district, *sheet.getvalue().splitlines(), header=header)
    duties.settle(timezone.localdate())
    reminders.due(timezone.now())
    own.step.wait("x")
    closed = own.journey.steps.exclude(pk=own.step.pk).first()
    closed.not_needed(cast.secretary_a, "x", timezone.localdate(), timezone.now())
    own.member.changes.create(kind="changed", at=timezone.now(), by=cast.secretary_a, before={"title": SHORT}, after={"title": LONG})
    Message.objects.create(
        kind="digest", key="given up", recipient=cast.secretary_a, due_at=timezone.now(), state="dead", reason="x", to="x@example.org"
    )
    LocalMail.objects.create(message_id="<1@x>", to="x", subject="x", text="x", html="<p>x</p>")
    for model in (model for room in ROOMS for model in apps.get_app_config(room).get_models()):
        fields = {}
        for field in model._meta.fields:
            if isinstance(field, (models.CharField, models.TextField)) and not field.choices and field.name not in NOT_FREE:
                fields[field.name] = LONG if not field.max_length or field.max_length >= len(LONG) else SHORT[: field.max_length]
            elif field.name in ("labels", "plural_labels"):
                fields[field.name] = LABELS
        fields.pop("html", None)  # a mail as it is, shown in a frame that runs nothing (tests/outbox/test_inbox.py)
        if fields:
            model._base_manager.update(**fields)
    for member in Member.objects.all():
        Member.objects.filter(pk=member.pk).update(number=f"{member.pk}{SHORT}", email=f'"<script>a()</script>{member.pk}"@example.org')
    for user in User.objects.all():
        User.objects.filter(pk=user.pk).update(email=f'"<script>a()</script>{user.pk}"@example.org')
    ListImport.objects.update(header=[LONG] * 5, sample=[[LONG] * 5])
    ColumnMapping.objects.all().delete()
    return world


QUERIES = {
    "cockpit:search": [{"q": LONG}, {"q": "<script>"}, {"q": "svg"}],
    "membership:member_list": [
        {"q": LONG},
        {"show": LONG},
        {"unit": LONG},
        {"status": LONG, "joined_from": LONG, "age": LONG},
        {"after": LONG},
    ],
    "onboarding:journey_list": [{"show": "waiting"}, {"unit": LONG}, {"after": LONG}],
    "onboarding:message_list": [{"show": "dead"}],
    "cockpit:cases": [{"figure": "joined"}, {"figure": LONG}],
    "outbox:inbox": [{"to": LONG}, {"q": LONG}],
}


def pages_of(world):
    """(name, address, query) of every page with an object of the own place."""
    place = world.places["own"]
    for row in access.rows():
        if row.get:
            place.viewer = world.cast.officer
            with transaction.atomic():  # what the address is about goes away with it
                address = reverse(row.name, args=row.of(place) if row.of else [])
                for query in [row.query, *QUERIES.get(row.name, [])]:
                    yield row.name, address, query
                transaction.set_rollback(True)
    for name, more in [*LIST_PAGES, *(("list_rows", (outcome,)) for outcome in ("look", "gone", "changed", "warnings", "same"))]:
        yield f"onboarding:{name}", reverse(f"onboarding:{name}", args=[world.list.pk, *more]), {}
    yield "onboarding:list_list", reverse("onboarding:list_list"), {}


@pytest.mark.parametrize("person", ["officer", "secretary_a", "treasurer_a"])
def test_markup_in_any_text_is_text_on_every_page(person, hostile, as_user):
    live, shown = [], set()
    client = as_user(getattr(hostile.cast, person))
    for name, address, query in pages_of(hostile):
        with transaction.atomic():
            answer = client.get(address, query, follow=True)
            transaction.set_rollback(True)
        if answer.status_code == 500:
            live.append(f"{name}: 500")
        if "html" in answer.get("Content-Type", ""):
            live += [f"{name} {query}: {found}" for found in Page(answer.text).live]
            if "&lt;script&gt;a()" in answer.text.partition("<main")[2]:
                shown.add(name)
    assert not live
    assert shown >= {
        "membership:member_list",
        "cockpit:member_detail",
        "branches:unit_detail",
        "onboarding:journey_list",
        "onboarding:standard",
    }
    if person == "officer":
        assert shown >= {
            "cockpit:cockpit",
            "cockpit:cases",
            "onboarding:list_detail",
            "onboarding:list_list",
            "onboarding:list_columns",
            "onboarding:message_list",
        }


def test_markup_sent_with_any_form_comes_back_as_text(world, as_user):
    place, live = world.places["own"], []
    place.viewer = world.cast.officer
    client = as_user(world.cast.officer)
    for row in access.rows():
        if not row.post or row.name == "set_language":
            continue
        for text in (LONG, SHORT):
            with transaction.atomic():
                address = reverse(row.name, args=row.of(place) if row.of else [])
                data = {"reason": text, "waiting_for": text, "do": text, "note": text}
                if row.get:
                    fields = Page(client.get(address).text).fields
                    data |= {name: value if kind in ("hidden", "radio", "date", "number") else text for name, kind, value in fields}
                    data |= {"home_unit": world.tree.a.pk, "right": 1}
                answer = client.post(address, data, follow=True)
                transaction.set_rollback(True)
            if answer.status_code == 500:
                live.append(f"{row.name}: 500")
            if "html" in answer.get("Content-Type", ""):
                live += [f"{row.name}: {found}" for found in Page(answer.text).live]
    assert not live


def test_markup_in_any_text_is_text_in_every_mail(hostile, as_user, mailoutbox, settings):
    Message.objects.all().delete()
    appointing.invite(Appointment.objects.get(user=hostile.cast.secretary_a), timezone.now())
    Member.objects.update(joined_on=make.TODAY - timezone.timedelta(days=200))
    JourneyStep.objects.update(due_on=timezone.localdate() - timezone.timedelta(days=30))
    monday = timezone.now() + timezone.timedelta(days=(7 - timezone.localdate().weekday()) % 7)
    reminders.due(monday)
    relay(monday)
    kinds = set(Message.objects.filter(state="sent").values_list("kind", flat=True))
    assert kinds >= {"invitation", "digest", "escalation"}, list(Message.objects.values_list("kind", "state", "reason"))
    Client().post(reverse("account_request_login_code"), {"email": hostile.cast.officer.email})
    for mail in mailoutbox:
        html = next(content for content, kind in mail.alternatives if kind == "text/html")
        assert not Page(html).live
        assert "\n" not in mail.subject and len(mail.message().as_bytes()) > 100
    assert any("&lt;script&gt;" in mail.alternatives[0][0] for mail in mailoutbox)


# --- logs, addresses and the queue name nobody ---


@pytest.fixture
def written():
    """What the log says while the test runs, as our handler writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLineFormatter("{asctime} {levelname} {name}: {message}", style="{"))
    logging.getLogger().addHandler(handler)
    yield lambda: stream.getvalue()
    logging.getLogger().removeHandler(handler)


FORGED = "x\r\n2026-11-22 10:00:00,000 INFO root: all fine\u202e\x1b[2J"


def test_nothing_that_is_sent_forges_a_line_of_the_log(world, as_user, written):
    client = as_user(world.cast.secretary_a)
    Client().post(reverse("account_login"), {"login": FORGED + "@example.org", "password": FORGED}, headers={"User-Agent": FORGED})
    Client().post(reverse("account_request_login_code"), {"email": FORGED}, headers={"User-Agent": FORGED, "Referer": FORGED})
    hand_in(client, world.tree.a, "1;Neu;Nele;;", name=FORGED + ".csv")
    client.get("/nirgends/" + quote(FORGED) + "/", headers={"User-Agent": FORGED, "X-Forwarded-For": FORGED})
    Client(enforce_csrf_checks=True).post("/nirgends/" + quote(FORGED), headers={"Referer": FORGED})
    row = ListImport.objects.latest("pk")
    row.content = b"\x00\xff"
    row.save()
    work(row)
    logging.getLogger("test").warning("%s", FORGED)
    assert "Not Found" in written()  # the log does work
    assert not [line for line in written().splitlines() if line.startswith("2026-11-22 10:00:00") or "\x1b" in line or "\u202e" in line]


def test_a_row_the_database_refuses_leaves_no_personal_data_in_the_log(world, as_user, written):
    """The words of PostgreSQL repeat the whole row."""
    client = as_user(world.cast.secretary_a)
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE membership_member ADD CONSTRAINT no_verena CHECK (title <> 'Verena')")
    member = world.places["own"].member
    form = client.get(reverse("membership:member_edit", args=[member.pk])).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    with transaction.atomic():
        answer = client.post(reverse("membership:member_edit", args=[member.pk]), data | {"title": "Verena"})
        transaction.set_rollback(True)
    assert answer.status_code == 500 and "CheckViolation" in written()
    texts = [access.canary(name, "own") for name in access.MEMBER_TEXTS]
    assert not [text for text in texts if text in written() or text in answer.text]


def test_a_task_that_fails_leaves_no_personal_data_in_the_log(db, written):
    words = "Jonas Reichelt jonas@example.org"

    @current_app.task(name="tests.fails")
    def fails():
        raise ValueError(words)

    try:
        fails.apply()
    finally:
        current_app.tasks.pop("tests.fails")
    assert "tests.fails" in written() and "ValueError" in written()
    assert "Jonas" not in written() and "jonas@" not in written()


def test_a_worker_writes_its_log_as_the_web_does():
    """The queue's own way to log would write messages of errors, and more than one line."""
    from celery.signals import setup_logging

    assert setup_logging.receivers


def test_orders_for_the_worker_carry_ids_and_nothing_else(world, as_user, django_capture_on_commit_callbacks):
    app = current_app
    client = as_user(world.cast.officer)
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(app.conf.task_default_queue)
    new = {"given_name": "Verena", "family_name": "Geheim", "joined_on": timezone.localdate(), "home_unit": "altdorf", "status": "full"}
    with django_capture_on_commit_callbacks(execute=True):
        hand_in(client, world.tree.district, "1;Geheim;Verena;Gasse 1;verena@example.org", name="verena-geheim.csv")
        client.post(reverse("membership:member_add"), new)
        order = client.get(reverse("cockpit:report_order", args=[world.tree.district.slug])).context["form"]
        client.post(
            order_address := reverse("cockpit:report_order", args=[world.tree.district.slug]),
            {name: "" if (value := order[name].value()) is None else value for name in order.fields},  # as a browser sends it
        )
        appointing.invite(world.places["own"].appointment, timezone.now())
    assert order_address and Member.objects.filter(family_name="Geheim").exists() and Report.objects.exists()
    sent = []
    with app.connection_for_read() as broker:
        queue = broker.SimpleQueue(app.conf.task_default_queue)
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                break
            sent.append((message.headers["task"], str(message.headers) + str(message.payload)))
            message.ack()
    assert {name for name, _text in sent} >= {
        "onboarding.tasks.work_list",
        "cockpit.tasks.write_report",
        "outbox.tasks.relay",
        "onboarding.tasks.start_journeys",
    }
    assert not [name for name, text in sent if "erena" in text or "Geheim" in text or "geheim" in text or "@example" in text]


def test_no_path_names_anybody_and_what_is_asked_for_stays_out_of_the_log(world, as_user, written):
    """What is searched for and the place in a list stand behind the question mark of an address."""
    for number in range(60):
        make.member(f"Verena Geheim{number:02}", world.tree.a)
    client = as_user(world.cast.secretary_a)
    for name in ("membership:member_list", "onboarding:journey_list", "cockpit:today", "cockpit:member_detail"):
        args = [world.places["own"].member.pk] if name.endswith("detail") else []
        page = client.get(reverse(name, args=args)).text
        addresses = [re.split('["?]', part)[0].lower() for part in page.split('href="')[1:] if not part.startswith(("tel:", "mailto:"))]
        assert addresses and not [address for address in addresses if "geheim" in address or "qxown" in address]
    client.get("/nirgends/?q=Geheim")
    client.post(reverse("membership:member_list") + "?q=Geheim")
    assert "/nirgends/" in written() and "Geheim" not in written()


# --- a search that is long or odd is answered at once and literally ---

ODD = [
    "%" * 100_000,
    "_%" * 5_000,
    "%_%_%",
    "a" * 100_000,
    "\\" * 1_000,
    "'" * 999 + ";--",
    "א" * 50_000,
    "1" * 100_000,
    "@" * 50_000,
    "a@" + "%_" * 20_000,
    ("a" * 30 + "!") * 3_000,
    " " * 100_000,
    "\u202e\0\x1b" * 1_000,
    "(a+)+$" * 1_000,
]


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_an_odd_or_endless_search_is_answered_and_asks_the_database_little(text, hidden, cast, as_user):
    for number in range(30):
        make.member(f"Kim {'a' * 30} {number}", hidden.a)
    client = as_user(cast.secretary_a)
    places = [
        ("cockpit:search", "q"),
        ("membership:member_list", "q"),
        ("membership:member_list", "unit"),
        ("onboarding:journey_list", "unit"),
        ("outbox:inbox", "to"),
    ]
    for name, field in places:
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(reverse(name), {field: text})
        assert answer.status_code == 200, (name, answer.status_code)
        if field == "q":  # the others are compared as a whole
            assert max(len(query["sql"]) for query in asked.captured_queries) < 20_000, name


@pytest.mark.parametrize("text", ["%", "_", "%_%_", "____", "A%t", "A_na", "%@%", "____@_______", "\\%"])
def test_signs_of_patterns_are_looked_for_as_they_are(text, hidden, cast, as_user):
    client = as_user(cast.secretary_a)
    answer = client.get(reverse("cockpit:search"), {"q": text})
    assert not answer.context["units"]
    assert not [hit.name for hit in answer.context["members"]]
