"""The list of members: presets, filter, pages, and what it tells to whom."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from common import prepared
from membership.models import Membership
from tests import factories as make

LIST = "/members/"


@pytest.fixture
def names(client, cast):
    """names(person, query) gives the names shown, in order."""

    def shown(person, query=""):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        response = client.get(LIST + query)
        assert response.status_code == 200
        return [f"{member.given_name} {member.family_name}".strip() for member in response.context["page"].rows]

    return shown


def test_member_list_shows_whom_one_may_see_in_the_order_of_names(tree, cast, names):
    for name in ("Anna Öztürk", "Bert Zander", "Cora Ohm", "Dora Ostermann"):
        make.member(name, tree.a)
    make.member("Emil Fremd", tree.b)
    make.member("Fritz Weg", tree.a, status="left", left_on=date(2020, 1, 1))
    assert names(cast.secretary_a) == ["Cora Ohm", "Dora Ostermann", "Anna Öztürk", "Bert Zander"]
    assert len(names(cast.officer)) == 5
    assert names(cast.stranger) == [] == names(cast.foreign_officer)


def test_who_holds_single_units_shares_a_statement_and_sees_their_own(tree, cast, names):
    make.member("Anna Arndt", tree.a)
    make.member("Bert Berg", tree.b)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    prepared._names.clear()
    for _again in range(2):
        assert (names(cast.secretary_a), names(cast.secretary_b), names(cast.officer)) == (["Anna Arndt"], ["Bert Berg"], ["Anna Arndt", "Bert Berg"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%membership_member%'")
        assert cursor.fetchone() == (2,)


def test_presets_count_and_choose(tree, cast, client, names):
    today = timezone.localdate()
    make.member("Alt Eingesessen", tree.a, email="alt@example.org")
    make.member("Neu Dabei", tree.a, today - timedelta(days=29), email="neu@example.org")
    make.member("Fast Neu", tree.a, today - timedelta(days=30), phone="0351 1")
    make.member("Gisela Gast", tree.a, status="guest", email="gast@example.org")
    make.member("Otto Brief", tree.a)
    make.member("Ute Weg", tree.a, status="left", left_on=today)
    moved = make.member("Ulla Umzug", tree.a, email="ulla@example.org")
    moved.memberships.all().delete()
    day = today - timedelta(days=3)
    Membership.objects.create(member=moved, unit=tree.b, starts_on=moved.joined_on, ends_on=day, end_reason="moved")
    Membership.objects.create(member=moved, unit=tree.a, starts_on=day)
    expected = {
        "all": 6, "new": ["Neu Dabei"], "unreachable": ["Otto Brief"], "guests": ["Gisela Gast"], "moved": ["Ulla Umzug"], "left": ["Ute Weg"],
    }  # fmt: skip
    for preset, people in expected.items():
        found = names(cast.secretary_a, f"?show={preset}")
        assert found == people if preset != "all" else len(found) == people
    assert 'hx-get="?show=all&amp;counts=1"' in client.get(LIST).text
    presets = {preset["url"].partition("show=")[2]: preset["count"] for preset in client.get(LIST + "?counts=1").context["presets"]}
    assert presets == {
        "all": "6", "new": "1", "no_contact": "0", "no_mentor": "0", "stalled": "0", "unreachable": "1", "moved": "1", "moved_out&unit=altdorf": "0",
        "returned": "0", "quiet": "4", "guests": "1", "left": "1",
    }  # fmt: skip


def test_filters_narrow_and_combine(tree, cast, names):
    today = timezone.localdate()
    make.member("Jung Jahr", tree.a, birth_date=today.replace(year=today.year - 20), mobile="0170 1")
    make.member("Mitte Jahr", tree.a, birth_date=date(today.year - 45, 1, 1), email="m@example.org", joined_on=date(2020, 5, 1))
    make.member("Senior Jahr", tree.b, birth_date=date(today.year - 70, 1, 1))
    assert names(cast.officer, "?age=14-35") == ["Jung Jahr"]
    assert names(cast.officer, "?age=60") == ["Senior Jahr"]
    assert names(cast.officer, "?reach=mail") == ["Mitte Jahr"]
    assert names(cast.officer, "?reach=phone") == ["Jung Jahr"]
    assert names(cast.officer, "?reach=letter") == ["Senior Jahr"]
    assert names(cast.officer, "?joined_from=2020-05-01&joined_to=2020-05-01") == ["Mitte Jahr"]
    assert names(cast.officer, f"?unit={tree.b.slug}") == ["Senior Jahr"]
    assert names(cast.officer, f"?q=jahr&unit={tree.a.slug}&age=14-35") == ["Jung Jahr"]


@pytest.mark.parametrize("day, band", [(date(2026, 2, 28), "14-35"), (date(2026, 3, 1), "36-59")])
def test_age_bands_change_on_the_birthday_also_on_29_february(tree, cast, day, band):
    from membership.forms import MemberFilter

    make.member("Schalt Jahr", tree.a, birth_date=date(1990, 3, 1))  # turns 36 on 1 March 2026
    for asked in ("14-35", "36-59"):
        form = MemberFilter({"age": asked}, cast.officer, None)
        found = form.found(day)
        assert bool(found.count()) == (asked == band)


def test_someone_born_on_29_february_is_older_from_1_march(tree, cast):
    from membership.forms import MemberFilter

    make.member("Schalt Tag", tree.a, birth_date=date(1992, 2, 29))
    young = MemberFilter({"age": "14-35"}, cast.officer, None)
    days = [date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29), date(2029, 2, 28)]
    assert [young.found(day).exists() for day in days] == [True, True, False, False]


def test_a_filter_that_makes_no_sense_is_told_beside_its_field(tree, cast, sign_in):
    make.member("Anna Arndt", tree.a)
    response = sign_in(cast.secretary_a).get(LIST + f"?unit={tree.b.slug}&joined_from=gestern&age=99&status=king&reach=pigeon&show=odd&after=~&before=x~y~z")
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"unit", "joined_from", "age", "status", "reach"}
    assert [member.family_name for member in response.context["page"].rows] == ["Arndt"]


@pytest.mark.parametrize("query", ["?q=%00", "?unit=%00", "?after=%00~1", "?q=%25_%5C'\"", "?q=" + "a" * 5000, "?after=x~99999999999999999999"])
def test_odd_addresses_do_not_break_the_list(query, cast, sign_in):
    assert sign_in(cast.secretary_a).get(LIST + query).status_code == 200


def test_pages_go_forth_and_back_over_everybody_once(tree, cast, client):
    for number in range(120):
        make.member(f"Kim Gleich{number % 3}", tree.a)
    client.force_login(cast.secretary_a, backend="django.contrib.auth.backends.ModelBackend")
    seen, address, pages = [], LIST, []
    while address:
        page = client.get(address).context["page"]
        seen += [member.pk for member in page.rows]
        pages.append([member.pk for member in page.rows])
        address = page.next_url and LIST + page.next_url
    assert len(seen) == len(set(seen)) == 120 and len(pages) == 3
    back = client.get(LIST + page.previous_url).context["page"]
    assert [member.pk for member in back.rows] == pages[1]


@pytest.mark.parametrize("many", [1, 3, 300])
def test_the_list_asks_the_same_number_of_questions_for_any_length(many, tree, cast, sign_in, django_assert_num_queries):
    for number in range(many):
        make.member(f"Kim Nummer{number}", tree.a)
    client = sign_in(cast.secretary_a)
    with django_assert_num_queries(6):  # session, user, appointments; chosen unit, units beside it, page
        client.get(LIST + "?unit=altdorf")
    with django_assert_num_queries(7):  # the same, counts and saved views instead of the page
        client.get(LIST + "?unit=altdorf&counts=1")


def test_who_only_sees_gets_no_contact_and_can_neither_filter_nor_search_by_it(tree, cast, sign_in, names):
    make.member("Anna Arndt", tree.a, email="geheim@example.org", mobile="0170 5556677")
    make.member("Bert Brief", tree.a)
    html = sign_in(cast.treasurer_a).get(LIST).text
    assert "geheim" not in html and "5556677" not in html and "reach" not in html and "unreachable" not in html
    everybody = ["Anna Arndt", "Bert Brief"]
    assert names(cast.treasurer_a, "?reach=mail") == names(cast.treasurer_a, "?show=unreachable") == everybody
    assert names(cast.treasurer_a, "?q=01705556677") == names(cast.treasurer_a, "?q=geheim@example.org") == []
    assert names(cast.secretary_a, "?q=01705556677") == names(cast.secretary_a, "?q=geheim@example.org") == ["Anna Arndt"]


def test_contact_filters_reach_only_whom_one_cares_for_when_rights_differ(tree, cast, names):
    make.appoint(cast.secretary_b, "treasurer", tree.a)  # sees A, cares for B
    make.member("Anna Arndt", tree.a, email="a@example.org")
    make.member("Berta Busch", tree.b, email="b@example.org")
    assert names(cast.secretary_b) == ["Anna Arndt", "Berta Busch"]
    assert names(cast.secretary_b, "?reach=mail") == names(cast.secretary_b, "?q=@example.org") == ["Berta Busch"]


def test_a_section_lead_sees_the_section_without_address(tree, cast, sign_in):
    inside = make.member("Jana Jung", tree.b, mobile="0170 1", street="Gartenweg 5")
    make.member("Otto Alt", tree.b)
    Membership.objects.create(member=inside, unit=tree.youth, home=False, starts_on=inside.joined_on)
    client = sign_in(cast.section_lead)
    html = client.get(LIST).text
    assert "Jana Jung" in html and "tel:01701" in html and "Otto Alt" not in html
    assert "Gartenweg" not in client.get(reverse("cockpit:member_detail", args=[inside.pk])).text
    assert "street" not in client.get(reverse("membership:member_edit", args=[inside.pk])).context["form"].fields


def test_the_name_of_a_member_is_shown_as_text(tree, cast, sign_in):
    make.member("<script>alert(1)</script> <b>Fett</b>", tree.a, number="<i>7</i>", title="<u>Dr</u>")
    html = sign_in(cast.secretary_a).get(LIST).text
    assert "<script>alert" not in html and "<b>Fett" not in html and "<i>7" not in html
