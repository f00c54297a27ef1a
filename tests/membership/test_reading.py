"""The log of reading: one entry for each view or export of others' records, and nobody changes it afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from branches import appointing
from membership import reading
from membership.models import Reading
from membership.tasks import forget_readings
from tests import factories as make

NOW = datetime(2026, 11, 22, 18, 30, 20, tzinfo=UTC)
What = Reading.What


@pytest.fixture
def anna(tree, cast):
    return make.member("Anna Arndt", tree.a)


def test_an_entry_says_who_when_what_and_through_which_office(anna, cast, tree):
    reading.note(cast.secretary_a, anna, What.PAGE, NOW)
    entry = Reading.objects.of(anna).get()
    assert (entry.by, entry.at, entry.what) == (cast.secretary_a, NOW.replace(second=0), "page")
    assert (entry.office.slug, entry.unit) == ("secretary", tree.a)


def test_twice_within_a_minute_is_one_view_the_next_minute_another(anna, cast):
    for seconds in (0, 5, 39):
        reading.note(cast.secretary_a, anna, What.PAGE, NOW + timedelta(seconds=seconds))
    assert Reading.objects.count() == 1
    reading.note(cast.secretary_a, anna, What.PAGE, NOW + timedelta(seconds=40))
    assert Reading.objects.count() == 2


def test_another_person_reader_or_page_is_another_entry(anna, cast, tree):
    reading.note(cast.secretary_a, anna, What.PAGE, NOW)
    reading.note(cast.chair_a, anna, What.PAGE, NOW)
    reading.note(cast.secretary_a, anna, What.EDIT, NOW)
    reading.note(cast.secretary_a, make.member("Bela Brandt", tree.a), What.PAGE, NOW)
    assert Reading.objects.count() == 4 and Reading.objects.of(anna).count() == 3


def test_ones_own_record_makes_no_entry(anna, cast):
    anna.user = cast.secretary_a
    anna.save()
    reading.note(cast.secretary_a, anna, What.PAGE, NOW)
    reading.note(cast.secretary_a, [anna.pk], What.EXPORT, NOW)
    assert not Reading.objects.exists()


def test_an_export_is_one_entry_with_all_in_it(anna, cast, tree):
    anna.user = cast.secretary_a
    anna.save()
    others = [make.member(f"Person {n}", tree.a) for n in range(3)]
    for _twice in range(2):  # each export counts, also within a minute
        reading.note(cast.secretary_a, [m.pk for m in [anna, *others]], What.EXPORT, NOW)
    assert [entry.members for entry in Reading.objects.all()] == [[m.pk for m in others]] * 2
    assert Reading.objects.of(others[1]).count() == 2 and not Reading.objects.of(anna).exists()
    reading.note(cast.secretary_a, [], What.EXPORT, NOW)
    assert Reading.objects.count() == 2


def test_the_office_named_is_the_one_that_opened_the_record(anna, cast, tree):
    both = make.user("Dora Doppel")
    make.appoint(both, "secretary", tree.b)
    make.appoint(both, "treasurer", tree.a)
    reading.note(both, anna, What.PAGE, NOW)
    assert Reading.objects.get().office.slug == "treasurer"
    reading.note(both, [anna.pk], What.EXPORT, NOW)
    assert Reading.objects.get(what="export").office.slug == "treasurer"


def test_a_section_is_named_when_it_opened_the_record(anna, cast, tree):
    women = make.unit("Frauen", "section", tree.district)
    anna.memberships.create(unit=women, home=False, starts_on=anna.joined_on)
    lead = make.user("Lotte Lange")
    make.appoint(lead, "section_lead", tree.youth)
    make.appoint(lead, "section_lead", women)
    reading.note(lead, anna, What.PAGE, NOW)
    assert Reading.objects.get().unit == women


@pytest.mark.parametrize("name", ["member_edit", "member_tags", "member_fields"])
def test_member_edit_is_noted_for_a_get_only(anna, cast, sign_in, name):
    client, address = sign_in(cast.secretary_a), reverse(f"membership:{name}", args=[anna.pk])
    client.head(address)
    assert not Reading.objects.exists()
    client.get(address)
    assert Reading.objects.get().what == "edit"


def test_what_does_not_exist_for_somebody_is_not_noted(anna, cast, sign_in):
    client = sign_in(cast.secretary_b)
    assert client.get(reverse("membership:member_edit", args=[anna.pk])).status_code == 404
    assert not Reading.objects.exists()


def test_a_list_of_names_is_no_view(anna, cast, sign_in):
    assert "Arndt" in sign_in(cast.secretary_a).get("/members/").text
    assert not Reading.objects.exists()


def test_noting_costs_one_statement(anna, cast):
    assert cast.secretary_a.appointments_now
    with CaptureQueriesContext(connection) as queries:
        reading.note(cast.secretary_a, anna, What.PAGE, NOW)
    assert len(queries) == 1


@pytest.mark.parametrize("change", ["UPDATE membership_reading SET by_id = by_id", "DELETE FROM membership_reading"])
def test_nobody_changes_or_deletes_an_entry(change, anna, cast):
    reading.note(cast.secretary_a, anna, What.PAGE, timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert Reading.objects.count() == 1


def test_entries_are_kept_for_a_year(anna, cast):
    now = timezone.now()
    for days in (1, 364, 366, 800):
        reading.note(cast.secretary_a, anna, What.PAGE, now - timedelta(days=days))
    assert reading.forget(now) == 2 and Reading.objects.count() == 2
    forget_readings()
    assert Reading.objects.count() == 2


def test_the_log_outlives_the_record(anna, cast):
    reading.note(cast.secretary_a, anna, What.PAGE, NOW)
    anna.delete()
    assert Reading.objects.count() == 1


def test_reading_list_is_for_administrators_of_the_party(anna, cast, tree, sign_in):
    other = make.member("Fremde Person", tree.foreign_branch)
    reading.note(cast.secretary_a, anna, What.PAGE, NOW)
    reading.note(cast.officer, [anna.pk, make.member("Bela Brandt", tree.a).pk], What.EXPORT, NOW)
    reading.note(cast.foreign_officer, other, What.PAGE, NOW)
    page = sign_in(cast.admin).get("/readings/")
    assert "Aylin Kaya" in page.text and "Arndt" in page.text and "Frida" not in page.text and "Fremde" not in page.text
    assert [len(row.people) for row in page.context["page"].rows] == [2, 1]
    mine = sign_in(cast.admin).get(f"/readings/?member={anna.pk}")
    assert len(mine.context["page"].rows) == 2
    assert sign_in(cast.admin).get(f"/readings/?member={other.pk}").status_code == 404
    for person in (cast.officer, cast.secretary_a, cast.foreign_officer):
        assert (sign_in(person).get("/readings/").status_code == 200) == appointing.is_administrator(person)


def test_reading_list_costs_the_same_with_many_entries(anna, cast, sign_in):
    client, asked = sign_in(cast.admin), []
    for n in (2, 60):
        for minute in range(Reading.objects.count(), n):
            reading.note(cast.secretary_a, anna, What.PAGE, NOW - timedelta(minutes=minute))
        client.get("/readings/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/readings/").context["page"]
        asked.append(len(queries))
    assert len(set(asked)) == 1 and asked[0] <= 10 and page.next_url


def test_an_administrator_reads_no_names_of_members_they_do_not_see(anna, cast, tree, sign_in):
    """The entries of a member who has moved away since stay; whose record it was is not theirs to know any more."""
    client = sign_in(cast.admin)
    reading.note(cast.admin, [anna.pk, make.member("Fritz Fern", tree.foreign_branch).pk], What.EXPORT, timezone.now())
    page = client.get(reverse("membership:reading_list"))
    assert "Anna Arndt" in page.text and "Fritz Fern" not in page.text
    assert client.get(reverse("membership:reading_list"), {"member": anna.pk}).status_code == 200
    assert client.get(reverse("membership:reading_list"), {"member": anna.pk + 1}).status_code == 404


def test_of_several_offices_the_one_over_the_home_is_named(anna, cast, tree):
    make.appoint(cast.secretary_a, "chair", tree.b)
    berta = make.member("Berta Berg", tree.b)
    for member in (anna, berta):
        reading.note(cast.secretary_a, member, What.PAGE, NOW)
        reading.note(cast.secretary_a, [member.pk], What.EXPORT, NOW)
    assert set(Reading.objects.of(anna).values_list("unit", flat=True)) == {tree.a.pk}
    assert set(Reading.objects.of(berta).values_list("unit", flat=True)) == {tree.b.pk}
