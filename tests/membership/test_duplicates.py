"""Two records that may be one person: how alike they are, the search over a party, and the pairs people work on."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from membership import correcting, duplicates
from membership.duplicates import ENOUGH, candidates, compare, distance, person, search
from membership.models import Member, Pair, Trace
from tests import factories as make

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
BORN = date(1980, 2, 14)


def somebody(name, birth=BORN, number="", email="", phone="", street="", postcode="", unit=1):
    given, _, family = name.rpartition(" ")
    return person(1, 1, number, given, family, birth, email, phone, "", street, postcode, unit)


def alike(one, other):
    score, reasons = compare(one, other)
    assert (score, reasons) == compare(other, one), "the order does not matter"
    return reasons if score >= ENOUGH else None


@pytest.mark.parametrize(
    "one, other, reasons",
    [
        ("Jürgen Müller", "Juergen Mueller", ["birth", "name"]),
        ("David Cohen", "דוד כהן", ["birth", "sounds"]),
        ("Moshe Levi", "משה לוי", ["birth", "sounds"]),
        ("Michael Kohn", "מיכאל כהן", ["birth", "sounds", "short"]),
        ("Hans Meier", "Johannes Mayer", ["birth", "sounds", "short"]),
        ("Yossi Mizrahi", "יוסף מזרחי", ["birth", "sounds"]),
        ("Müller Jürgen", "Jürgen Müller", ["birth", "swapped"]),
        ("כהן דוד", "David Cohen", ["birth", "swapped"]),
        ("Anna Schmidt", "Anna Schmitd", ["birth", "spelled"]),
        ("Anna Pfeiffer", "Anna Preiffer", ["birth", "spelled"]),
        ("Anna Maria Huber", "Maria Huber", ["birth", "part"]),
        ("Anna Vogel", "Anna Teichert-Vogel", ["birth", "part"]),
        ("A. Lindner", "Anna Lindner", ["birth", "part"]),
        ("Tom Lindner", "Thomas Lindner", ["birth", "short"]),
    ],
)
def test_one_person_in_two_spellings_is_recognised_by_the_birth_date(one, other, reasons):
    found = alike(somebody(one), somebody(other, unit=2))
    assert found is not None and set(found) >= {"birth"} and set(found) & set(reasons[1:])


@pytest.mark.parametrize(
    "one, other",
    [
        (somebody("Anna Weber"), somebody("Eva Weber", email="weber@example.org", phone="0351 123456")),
        (somebody("Anna Weber", email="w@example.org", phone="0351 123456", street="Ring 1", postcode="01067"),
         somebody("Eva Weber", email="w@example.org", phone="0351 123456", street="Ring 1", postcode="01067")),
        (somebody("Thomas Müller"), somebody("Thomas Müller", date(1955, 7, 3), unit=2)),
        (somebody("Karl Vogt", street="Ring 1", postcode="01067", phone="0351 123456"),
         somebody("Karl Vogt", date(1951, 9, 30), street="Ring 1", postcode="01067", phone="0351 123456")),
        (somebody("Anna Weber"), somebody("Anna Schuster", unit=2)),
        (somebody("Omar Benali"), somebody("Amira Benali")),
        (somebody("Uwe Lang", None), somebody("Eva Lang", None)),
        (somebody("Thomas Müller"), somebody("Thomas Müller", date(1980, 2, 24), unit=2)),
        (somebody("", None, email="x@example.org"), somebody("", None, phone="0351 1234567")),
    ],
    ids=["sisters", "twins in one household", "namesakes", "father and son", "one given name", "two given names", "short sounds", "near birthday elsewhere", "nobody"],
)  # fmt: skip
def test_two_people_are_not_taken_for_one(one, other):
    assert alike(one, other) is None


@pytest.mark.parametrize(
    "one, other, reason",
    [
        (somebody("Anna Weber", phone="0170 1234567"), somebody("Anna Schuster", phone="+49 170 1234567", unit=2), "phone"),
        (somebody("Thomas Müller"), somebody("Thomas Müller", date(1980, 2, 24)), "near_birth"),
        (somebody("Thomas Müller", date(1980, 4, 2)), somebody("Thomas Müller", date(1980, 2, 4)), "near_birth"),
        (somebody("Thomas Müller", None), somebody("Thomas Müller"), "place"),
        (somebody("Tom Müller", None, email="TM@example.org"), somebody("Thomas Müller", unit=2, email="tm@example.org"), "email"),
        (somebody("Thomas Müller", None, number="A-0088"), somebody("Thomas Müller", None, number="a 0088", unit=2), "number"),
    ],
)
def test_other_signs_make_up_for_what_is_missing(one, other, reason):
    assert reason in alike(one, other)


def test_reasons_are_told_in_words():
    with override("en"):
        told = duplicates.told(["birth", "sounds", "phone"])
    assert told == "Same birth date, name sounds the same, same phone"


@pytest.mark.parametrize("one, other, steps", [("anna", "anna", 0), ("anna", "nana", 1), ("maier", "maire", 1), ("a", "", 1), ("huber", "hubert", 1), ("abc", "xyzabc", 3), ("aaaa", "bbbbbbbbb", 4)])
def test_distance_counts_letters(one, other, steps):
    assert distance(one, other) == distance(other, one) == steps


def test_whoever_is_alike_shares_a_trace():
    """What the comparison would recognise, the search must meet."""
    pairs = [("David Cohen", "דוד כהן"), ("Hans Meier", "Johannes Mayer"), ("Müller Jürgen", "Jürgen Müller"), ("Anna Schmidt", "Anna Schmitd"), ("A. Lindner", "Anna Lindner"), ("Michael Kohn", "מיכאל כהן")]
    for one, other in pairs:
        assert set(duplicates.traces(somebody(one))) & set(duplicates.traces(somebody(other))), (one, other)


@pytest.fixture
def people(tree):
    return {
        "a": make.member("Jürgen Müller", tree.a, birth_date=BORN, number="1"),
        "b": make.member("Juergen Mueller", tree.b, birth_date=BORN, number="2"),
        "other": make.member("Jürgen Müller", tree.b, birth_date=date(1950, 1, 1), number="3"),
        "foreign": make.member("Jürgen Müller", tree.foreign_branch, birth_date=BORN, number="1"),
    }


def found():
    return {(pair.low_id, pair.high_id): pair for pair in Pair.objects.all()}


def test_the_search_finds_pairs_within_a_party_once(people):
    assert search(NOW) == 4
    assert found().keys() == {(people["a"].pk, people["b"].pk)}
    assert search(NOW) == 0 and len(found()) == 1


def test_only_what_is_new_is_compared_again(people):
    search(NOW)
    Member.objects.filter(pk=people["other"].pk).update(birth_date=BORN)
    assert search(NOW) == 1
    assert len(found()) == 3


def test_whom_people_found_to_be_two_is_never_asked_about_again(people, cast):
    search(NOW)
    Pair.objects.get().not_same(cast.officer, NOW)
    Member.objects.filter(pk=people["b"].pk).update(given_name="Jürgen", family_name="Müller", email="x@example.org")
    search(NOW)
    assert Pair.objects.get().state == Pair.State.NOT_SAME


def test_a_pair_that_is_corrected_apart_is_gone(people):
    search(NOW)
    Member.objects.filter(pk=people["b"].pk).update(given_name="Annegret", birth_date=date(1999, 9, 9))
    search(NOW)
    assert not Pair.objects.exists()


def test_a_search_that_broke_off_is_made_good_by_the_next(people, monkeypatch):
    with connection.cursor() as cursor:
        duplicates._trace(cursor, 0)
    assert Trace.objects.filter(fresh=True).count() == 4 and not Pair.objects.exists()
    assert search(NOW) == 0 and len(found()) == 1
    assert not Trace.objects.filter(fresh=True).exists()


def test_a_phone_that_many_share_pairs_nobody(tree, monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_SHARING", 3)
    for number in range(4):
        make.member(f"Anna Nummer{number}", tree.a, phone="0351 999999", birth_date=BORN, email="office@example.org")
    with CaptureQueriesContext(connection) as sent:
        search(NOW)
    assert not Pair.objects.exists() and len(sent) <= 28


def test_candidates_are_known_before_the_first_search(tree, people):
    hits = candidates(tree.district, given_name="Jürgen", family_name="Müller", birth_date=BORN)
    assert [(member.pk, reasons) for member, _score, reasons in hits] == [(people["a"].pk, ["birth", "name"]), (people["b"].pk, ["birth", "name"])]


def test_candidates_are_found_across_scripts_and_by_short_forms_after_a_search(tree):
    david = make.member("דוד כהן", tree.a, birth_date=BORN)
    search(NOW)
    (hit,) = candidates(tree.district, given_name="Dudi", family_name="Cohen", birth_date=BORN, email="d@example.org")
    assert hit[0] == david and "birth" in hit[2]
    assert candidates(tree.foreign, given_name="David", family_name="Cohen", birth_date=BORN) == []
    assert candidates(tree.district, given_name="", family_name="") == []


def test_who_was_added_by_hand_is_found_at_once_and_compared_at_night(tree, cast):
    fields = {"birth_date": BORN, "mobile": "0171 555555", "joined_on": make.TODAY, "home_unit": tree.a}
    first = correcting.add(Member(given_name="Jette", family_name="Wolkenstein", **fields), cast.secretary_a, NOW)
    (hit,) = candidates(tree.district, given_name="Jette", family_name="Wolkensteyn", birth_date=BORN, phones=["0171 555555"])
    assert hit[0] == first
    correcting.add(Member(given_name="Jette", family_name="Wolkensteyn", **fields), cast.secretary_a, NOW)
    assert not Pair.objects.exists() and search(NOW) == 2 and len(found()) == 1 and search(NOW) == 0


def test_candidates_cost_the_same_for_many(tree):
    for number in range(30):
        make.member(f"Anna{number} Weber", tree.a, birth_date=BORN, phone="0351 777777")
    search(NOW)
    with CaptureQueriesContext(connection) as sent:
        candidates(tree.district, given_name="Anna", family_name="Weber", birth_date=BORN, phones=["0351 777777"])
    assert len(sent) <= 7


def listed(tree, user, lines):
    from membership import importing
    from membership.models import ListImport

    content = "Mitgliedsnummer;Vorname;Nachname;Geburtsdatum;Ortsverein\n" + "\n".join(lines)
    row = ListImport.objects.create(unit=tree.district, by=user, file_name="list.csv", list_date=date(2026, 11, 1), content=content.encode())
    row.header = content.splitlines()[0].split(";")
    row.mapping = importing.guess(row.header)
    importing.stage(row)
    row.figures = importing.compare(row)
    row.save()
    return row


def test_a_joiner_on_a_list_who_may_be_known_is_looked_at(tree, cast):
    known = make.member("דוד כהן", tree.a, birth_date=BORN, number="1")
    make.member("Anna Weber", tree.a, birth_date=BORN, number="2")
    search(NOW)
    row = listed(tree, cast.officer, ["2;Anna;Weber;14.02.1980;Altdorf", "9;David;Cohen;14.02.1980;Bergheim", "8;Eva;Weber;14.02.1980;Altdorf"])
    assert dict(row.rows.values_list("number", "outcome")) == {"2": "same", "9": "look", "8": "joined"}
    assert row.rows.get(number="9").candidate == known


def test_the_number_of_a_merged_record_means_the_survivor(tree, cast):
    from membership import importing, merging

    one = make.member("Jürgen Müller", tree.a, birth_date=BORN, number="17")
    two = make.member("Juergen Mueller", tree.b, birth_date=BORN, number="4711")
    record = merging.merge(one.pk, two.pk, cast.officer, NOW)
    row = listed(tree, cast.officer, ["4711;Jürgen;Müller-Lüdenscheid;14.02.1980;Altdorf"])
    assert row.rows.get().outcome == "changed" and row.rows.get().member == one and row.figures["gone"] == 0
    importing.apply(row, cast.officer, NOW)
    one.refresh_from_db()
    assert (one.family_name, one.number) == ("Müller-Lüdenscheid", "17")
    both = listed(tree, cast.officer, ["4711;Juergen;Mueller;14.02.1980;Bergheim", "17;Jürgen;Müller-Lüdenscheid;14.02.1980;Altdorf"])
    assert set(both.rows.values_list("number", "outcome", "member")) == {("4711", "same", one.pk), ("17", "same", one.pk)}
    again = listed(tree, cast.officer, ["4711;Jürgen;Müller;14.02.1980;Bergheim"])
    merging.undo(record, cast.officer, NOW)
    assert importing.compare(again)["gone"] == 1 and again.rows.get().member == Member.objects.get(number="4711")


def test_a_list_that_was_merged_over_is_not_undone_on_the_survivor(tree, cast):
    from membership import importing, merging

    one = make.member("Jürgen Müller", tree.a, birth_date=BORN, number="17")
    make.member("Juergen Mueller", tree.b, birth_date=BORN, number="4711")
    row = listed(tree, cast.officer, ["17;Jürgen;Müller;14.02.1980;Altdorf", "4711;Jochen;Mueller;14.02.1980;Bergheim"])
    importing.apply(row, cast.officer, NOW)
    merging.merge(one.pk, Member.objects.get(number="4711").pk, cast.officer, NOW)
    assert importing.undo(row, NOW) == [one.pk]
    one.refresh_from_db()
    assert one.given_name == "Jürgen" and one.family_name == "Müller"
