"""Units, offices and appointments: who may give what, and both boundary days of a term."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from branches import appointing, signing_in
from branches.models import Appointment, Unit, User
from membership.models import Member
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make

TODAY = timezone.localdate()


def fresh(user):
    """The user as the next request sees them."""
    return User.objects.get(pk=user.pk)


def appointment_data(**changes):
    data = {
        "email": "neu@example.org",
        "given_name": "Nele",
        "family_name": "Neu",
        "office": "",
        "right": 2,
        "starts_on": TODAY.isoformat(),
        "ends_on": "",
    }
    return data | changes


@pytest.fixture
def office(tree):
    from branches.models import Office

    return {office.slug: office for office in Office.objects.all()}


@pytest.mark.parametrize(("day", "allowed"), [(-1, False), (0, True), (29, True), (30, False)])
def test_access_begins_and_ends_with_the_term_at_midnight(tree, day, allowed):
    start = date(2026, 3, 1)
    person = make.user("Vera Zeitung")
    make.appoint(person, "secretary", tree.a, starts_on=start, ends_on=start + timedelta(days=30))
    member = make.member("Mia Muster", tree.a)
    with time_machine.travel(f"{start + timedelta(days=day)}T12:00:00+01:00", tick=False):
        assert Member.objects.visible_to(fresh(person)).filter(pk=member.pk).exists() is allowed


@pytest.mark.parametrize(("moment", "allowed"), [("2026-02-28T23:59:59+01:00", False), ("2026-03-01T00:00:00+01:00", True), ("2026-03-30T23:59:59+02:00", True), ("2026-03-31T00:00:00+02:00", False)])  # fmt: skip
def test_a_term_turns_at_the_minute_of_local_midnight(tree, moment, allowed):
    person = make.user("Vera Zeitung")
    make.appoint(person, "secretary", tree.a, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31))
    with time_machine.travel(moment, tick=False):
        assert bool(fresh(person).appointments_now) is allowed


def test_a_right_with_those_below_reaches_new_and_moved_units_at_once(tree, cast):
    branch = make.unit("Neudorf", "branch", Unit.objects.get(pk=tree.district.pk))
    member = make.member("Nora Neu", branch)
    assert Member.objects.visible_to(fresh(cast.officer)).filter(pk=member.pk).exists()
    Unit.objects.move(branch, Unit.objects.get(pk=tree.foreign.pk), "last-child")
    assert not Member.objects.visible_to(fresh(cast.officer)).filter(pk=member.pk).exists()
    assert Member.objects.visible_to(fresh(cast.foreign_officer)).filter(pk=member.pk).exists()


def test_the_appointments_of_a_page_are_those_the_database_has_field_by_field(tree, cast):
    make.appoint(cast.chair_a, "secretary", tree.district, right=3, below=True)
    make.appoint(cast.chair_a, "treasurer", tree.b, ends_on=TODAY)
    expected = cast.chair_a.appointments.active(TODAY).select_related("unit__kind", "office").order_by("-right", "unit__path")
    held = Appointment.held_by(cast.chair_a, TODAY)
    assert len(held) == 2
    for got, wanted in zip(held, expected, strict=True):
        for mine, theirs in ((got, wanted), (got.unit, wanted.unit), (got.unit.kind, wanted.unit.kind), (got.office, wanted.office)):
            assert {f.name: getattr(mine, f.attname) for f in mine._meta.fields} == {
                f.name: getattr(theirs, f.attname) for f in theirs._meta.fields
            }
    assert held[0].user is cast.chair_a


def test_a_unit_cannot_move_below_itself(tree):
    from treebeard.exceptions import InvalidMoveToDescendant

    with pytest.raises(InvalidMoveToDescendant):
        Unit.objects.move(Unit.objects.get(pk=tree.district.pk), Unit.objects.get(pk=tree.a.pk), "last-child")


def test_a_chair_gives_an_office_and_the_person_is_told_how_to_sign_in(tree, cast, office, sign_in, mailoutbox):
    client = sign_in(cast.chair_a)
    answer = client.post("/units/altdorf/appointments/add/", appointment_data(office=office["secretary"].pk))
    assert answer.status_code == 302
    given = Appointment.objects.get(user__email="neu@example.org")
    assert (given.unit, given.right, given.below) == (tree.a, 2, False)
    assert not given.user.has_usable_password()
    relay(timezone.now())
    assert [mail.to for mail in mailoutbox] == [["neu@example.org"]]
    assert "Altdorf" in mailoutbox[0].body and "/accounts/login/" in mailoutbox[0].body
    assert Message.objects.get(kind="invitation").state == "sent"


def test_nobody_gives_a_reach_they_do_not_have(tree, cast, office, sign_in):
    client = sign_in(cast.chair_a)
    answer = client.post("/units/altdorf/appointments/add/", appointment_data(office=office["secretary"].pk, below="on"))
    assert answer.status_code == 422
    assert not User.objects.filter(email="neu@example.org").exists(), "a refused form leaves no account behind"


def test_nobody_appoints_in_a_sister_branch_whatever_the_form_says(tree, cast, office, sign_in):
    client = sign_in(cast.chair_a)
    data = appointment_data(office=office["secretary"].pk, unit=tree.b.pk, unit_id=tree.b.pk)
    assert client.post("/units/bergheim/appointments/add/", data).status_code == 404
    client.post("/units/altdorf/appointments/add/", data)
    assert not Appointment.objects.filter(user__email="neu@example.org", unit=tree.b).exists()


def test_a_form_field_that_is_not_offered_changes_nothing(tree, cast, office, sign_in):
    held = cast.treasurer_a.appointments.get()
    data = appointment_data(
        office=office["treasurer"].pk, right=1, user=cast.stranger.pk, unit=tree.b.pk, is_active="", email="x@example.org"
    )
    assert sign_in(cast.chair_a).post(f"/appointments/{held.pk}/", data).status_code == 302
    held.refresh_from_db()
    assert (held.user, held.unit) == (cast.treasurer_a, tree.a)


def test_a_chair_of_a_branch_cannot_touch_an_appointment_that_reaches_below(tree, cast, sign_in):
    wide = make.appoint(cast.mentor, "membership_officer", tree.a)
    assert sign_in(cast.chair_a).post(f"/appointments/{wide.pk}/end/").status_code == 403
    wide.refresh_from_db()
    assert wide.ends_on is None


def test_ending_a_term_takes_the_right_with_the_next_request(tree, cast, sign_in, client):
    held = cast.secretary_a.appointments.get()
    member = make.member("Mia Muster", tree.a)
    assert sign_in(cast.officer).post(f"/appointments/{held.pk}/end/").status_code == 302
    held.refresh_from_db()
    assert held.ends_on == TODAY
    assert sign_in(cast.secretary_a).get(f"/members/{member.pk}/").status_code == 404


def test_a_term_that_has_not_begun_is_taken_back_altogether(tree, cast):
    coming = make.appoint(cast.mentor, "secretary", tree.b, starts_on=TODAY + timedelta(days=9))
    appointing.end(coming, TODAY)
    assert not Appointment.objects.filter(pk=coming.pk).exists()


def test_the_last_who_leads_the_whole_cannot_be_ended(tree, cast):
    officer, admin = cast.officer.appointments.get(), cast.admin.appointments.get()
    appointing.end(officer, TODAY)
    with pytest.raises(ValidationError):
        appointing.end(admin, TODAY)
    admin.refresh_from_db()
    assert admin.ends_on is None


def test_the_same_office_twice_at_a_time_is_refused_beside_the_form(tree, cast, office, sign_in):
    data = appointment_data(office=office["secretary"].pk, email=cast.secretary_a.email)
    answer = sign_in(cast.chair_a).post("/units/altdorf/appointments/add/", data)
    assert answer.status_code == 422
    assert cast.secretary_a.appointments.count() == 1


def test_a_term_that_ends_before_it_begins_is_refused(tree, cast, office, sign_in):
    data = appointment_data(office=office["secretary"].pk, ends_on=(TODAY - timedelta(days=1)).isoformat())
    assert sign_in(cast.chair_a).post("/units/altdorf/appointments/add/", data).status_code == 422


def test_an_officer_adds_a_unit_with_an_address_of_its_own(tree, cast, sign_in):
    client = sign_in(cast.officer)
    for _time in range(2):
        assert client.post("/units/musterstadt/add/", {"name": "Neu Ort", "kind": tree.a.kind_id}).status_code == 302
    assert list(Unit.objects.filter(name="Neu Ort").values_list("slug", flat=True)) == ["neu-ort", "neu-ort-2"]


def test_a_setting_is_inherited_until_a_unit_sets_its_own(tree, cast, sign_in):
    client = sign_in(cast.officer)
    client.post("/units/musterstadt/settings/", {"language": "he", "first_level": "5"})
    assert Unit.objects.get(pk=tree.a.pk).setting("language") == "he"
    assert Unit.objects.get(pk=tree.a.pk).setting("escalation") == [[5, "secretary"], [14, "chair"], [21, "membership_officer"]]
    client.post("/units/altdorf/settings/", {"language": "en"})
    assert Unit.objects.get(pk=tree.a.pk).setting("language") == "en"
    client.post("/units/altdorf/settings/", {})
    assert Unit.objects.get(pk=tree.a.pk).setting("language") == "he"
    assert client.post("/units/altdorf/settings/", {"first_level": "30"}).status_code == 422


def test_a_kind_is_data_with_labels_in_three_languages(tree, cast, sign_in):
    data = {
        "label_de": "Regionalverband",
        "label_he": "מרחב",
        "meetings_per_year": 4,
        "admission_days": 90,
        "office_days": 730,
        "leads_members": "on",
    }
    make.appoint(cast.admin, "administrator", tree.foreign)
    assert sign_in(cast.admin).post("/kinds/add/", data).status_code == 302
    assert sign_in(cast.admin).get("/kinds/regionalverband/").status_code == 200
    assert sign_in(cast.admin).post("/kinds/add/", data | {"label_de": "", "label_he": ""}).status_code == 422


def test_kinds_are_of_all_parties_and_changed_by_nobody_who_does_not_lead_them_all(tree, cast, sign_in):
    client = sign_in(cast.admin)
    for address in ("/kinds/", "/kinds/add/", "/kinds/branch/", "/kinds/nothing/"):
        assert client.get(address).status_code == 403
    assert client.post("/kinds/branch/", {"label_de": "Zelle"}).status_code == 403
    assert not client.get("/units/").context["administrator"]
    Unit.objects.filter(pk=tree.foreign.pk).update(closed_on=TODAY)
    assert client.get("/kinds/branch/").status_code == 200, "a party that is closed has no say"


def test_a_sign_in_address_works_once_and_only_by_its_button(tree, cast, client, capsys):
    call_command("sign_in_link", cast.secretary_a.email.upper())
    path = "/" + capsys.readouterr().out.strip().split("/", 3)[3]
    assert client.get(path).status_code == 200
    assert "_auth_user_id" not in client.session, "opening an address changes nothing"
    client.post(path)
    assert client.session["_auth_user_id"] == str(cast.secretary_a.pk)
    client.logout()
    assert client.post(path).status_code == 404


def test_a_sign_in_address_runs_out_and_cannot_be_forged(tree, cast, client):
    address = signing_in.address(cast.secretary_a)
    token = address.rsplit("/", 2)[1]
    assert signing_in.user_of(token) == cast.secretary_a
    assert signing_in.user_of(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert signing_in.user_of(token) is None
    User.objects.filter(pk=cast.secretary_a.pk).update(is_active=False)
    assert signing_in.user_of(token) is None


def test_an_unknown_e_mail_gives_one_clear_line(tree):
    with pytest.raises(CommandError, match="niemand"):
        call_command("sign_in_link", "niemand@example.org")


def test_the_unit_page_asks_the_same_number_of_questions_for_1_and_30_offices(tree, cast, sign_in):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = sign_in(cast.officer)

    def queries():
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/units/altdorf/").status_code == 200
        return len(seen)

    client.get("/units/altdorf/")
    few = queries()
    for number in range(30):
        make.appoint(make.user(f"Person{number} Nummer"), "board", tree.a)
        make.unit(f"Unter {number}", "branch", Unit.objects.get(pk=tree.a.pk))
    assert queries() == few <= 14


def test_my_profile_changes_my_language_and_nothing_else(tree, cast, sign_in):
    client = sign_in(cast.secretary_a)
    data = {"given_name": "Aylin", "family_name": "Kaya", "language": "he", "phone": "", "email": "boese@example.org", "is_active": ""}
    assert client.post("/profile/", data).status_code == 302
    person = fresh(cast.secretary_a)
    assert (person.language, person.email, person.is_active) == ("he", "aylin.kaya@example.org", True)
    assert 'dir="rtl"' in client.get("/profile/").content.decode()


def test_near_a_unit_are_those_above_beside_and_below_and_near_a_root_no_other_party(tree):
    def near(unit):
        return {found.slug for found in Unit.objects.nearby(unit)}

    assert near(tree.a) == {"musterstadt", tree.a.slug, tree.b.slug, tree.youth.slug}
    assert near(tree.district) == {"musterstadt", tree.a.slug, tree.b.slug, tree.youth.slug}
    assert near(tree.foreign) == {"fremdstadt", tree.foreign_branch.slug}


def test_who_leads_one_unit_and_only_sees_another_appoints_and_ends_nobody_there(tree, cast, sign_in):
    make.appoint(cast.secretary_a, "treasurer", tree.b, right=1)
    client, theirs = sign_in(cast.secretary_a), cast.secretary_b.appointments.get()
    for name, args in (("appointment_edit", [theirs.pk]), ("appointment_end", [theirs.pk]), ("appointment_add", [tree.b.slug])):
        assert client.post(reverse(f"branches:{name}", args=args), {}).status_code == 403, name
    assert appointing.leads_below(cast.officer, tree.b) and not appointing.leads_below(cast.officer, tree.foreign_branch)
