"""A member list from the file to the journeys, by the jobs themselves and by the command."""

import json
from datetime import date, timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.db.utils import OperationalError
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from branches.models import Unit
from common import sheets
from membership import importing, search, sections
from membership.duplicates import search as search_duplicates
from membership.models import Change, ColumnMapping, ListImport, Member, Membership, SectionRule, StagedRow
from onboarding import intake, journeys, list_parts
from onboarding.models import Contact, Journey, JourneyStep
from tests import factories as make

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
HEADER = "Mitgliedsnr.;Vorname;Name;Geb.-Datum;Geschlecht;Telefon;E-Mail;Straße;Eintritt;OV;Status"
RECENT = (TODAY - timedelta(days=20)).strftime("%d.%m.%Y")


def person(number, given, family, born="01.02.1960", unit="Altdorf", joined="03.04.1999", status="Mitglied", phone="", mail="", street=""):
    return f"{number};{given};{family};{born};w;{phone};{mail};{street};{joined};{unit};{status}"


FIRST = [
    person("0001", "Anna", "Ahrens", mail="anna@example.org"),
    person("0002", "Bela", "Brandt", unit="Bergheim"),
    person("0003", "Cora", "Czerny", phone="0351 123"),
    person("0004", "Dora", "Dietz", status="Gastmitglied"),
    person("0005", "Emil", "Ernst", born="29.02.1964"),
]
SECOND = [
    person("0001", "Anna", "Ahrens", mail="anna@example.org"),
    person("0002", "Bela", "Brandt"),
    person("0003", "Cora", "Czerny-Kühn", phone="0351 123"),
    person("0004", "Dora", "Dietz"),
    person("9005", "Emil", "Ernst", born="29.02.1964"),
    person("0006", "Fee", "Fuchs", joined=RECENT, mail="fee@example.org"),
]


def listed(tree, rows, by=None, header=HEADER, day=TODAY, encoding="utf-8", **decisions):
    """A list that is read and compared."""
    content = "\r\n".join([header, *rows, f"Summe: {len(rows)};;;"]).encode(encoding)
    names = sheets.read(content).header
    row = ListImport.objects.create(
        unit=tree.district, by=by, file_name="list.csv", content=content, list_date=day, header=names,
        mapping=importing.mapping_for(tree.district, names), decisions=decisions,
    )  # fmt: skip
    importing.stage(row)
    row.figures, row.state = importing.compare(row), ListImport.State.COMPARED
    row.save()
    return row


def numbers(row, outcome):
    return sorted(row.rows.filter(outcome=outcome).values_list("number", flat=True))


def apply(row):
    started = intake.apply_list(row, row.by, NOW, TODAY)
    row.refresh_from_db()
    return started


def snapshot():
    """Every row of members, periods, journeys and steps, as text."""
    tables = (Member, Membership, Journey, JourneyStep, Change)
    with connection.cursor() as cursor:
        found = {}
        for model in tables:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {model._meta.db_table} t ORDER BY id")
            found[model.__name__] = [line for (line,) in cursor.fetchall()]
    return found


@pytest.fixture
def loaded(tree, cast):
    row = listed(tree, FIRST, cast.admin)
    apply(row)
    return row


def test_a_first_load_of_old_members_starts_no_journeys_and_keeps_leading_zeros(tree, loaded):
    assert loaded.figures["joined"] == 5 and not Journey.objects.exists()
    anna = Member.objects.get(number="0001")
    assert (anna.name, anna.home_unit, anna.joined_on, anna.email) == ("Anna Ahrens", tree.a, date(1999, 4, 3), "anna@example.org")
    assert list(anna.memberships.values_list("unit", "kind", "starts_on", "ends_on")) == [(tree.a.pk, "full", date(1999, 4, 3), None)]
    assert Member.objects.get(number="0004").status == "guest"


def test_the_second_list_is_shown_as_a_difference_and_nothing_is_saved(tree, cast, loaded):
    before = snapshot()
    row = listed(tree, SECOND, cast.admin)
    assert numbers(row, "joined") == ["0006"]
    assert numbers(row, "moved") == ["0002"]
    assert numbers(row, "changed") == ["0003", "0004"]
    assert numbers(row, "look") == ["9005"]
    assert numbers(row, "same") == ["0001"]
    assert not importing.gone(row).exists(), "whom a new number may be is not gone"
    assert snapshot() == before


def test_applying_writes_the_difference_and_starts_the_joiners_journey(tree, cast, loaded):
    row = listed(tree, SECOND, cast.admin)
    assert apply(row) == 1
    fee = Member.objects.get(number="0006")
    assert fee.journeys.get().list_import == row
    bela = Member.objects.get(number="0002")
    assert list(bela.memberships.order_by("starts_on").values_list("unit", "ends_on")) == [(tree.b.pk, TODAY), (tree.a.pk, None)]
    dora = Member.objects.get(number="0004")
    assert list(dora.memberships.order_by("starts_on").values_list("kind", "ends_on")) == [("guest", TODAY), ("full", None)]
    cora = Member.objects.get(number="0003")
    assert cora.family_name == "Czerny-Kühn"
    change = cora.changes.get()
    assert (change.before, change.after, change.by) == ({"family_name": "Czerny"}, {"family_name": "Czerny-Kühn"}, cast.admin)
    wanted = search.keys(cora.family_name, cora.given_name, cora.number, cora.email, (cora.phone, cora.mobile))
    assert {key: getattr(cora, key) for key in wanted} == wanted
    assert Member.objects.get(number="0005").status == "full", "who needs a look stays as they are until somebody looked"


def test_the_same_list_again_writes_nothing(tree, cast, loaded):
    apply(listed(tree, SECOND, cast.admin))
    before = snapshot()
    again = listed(tree, SECOND, cast.admin)
    assert again.figures["same"] == 5 and again.figures["look"] == 1
    assert apply(again) == 0
    assert snapshot() == before


def test_a_double_click_applies_once(tree, cast, loaded):
    row = listed(tree, SECOND, cast.admin)
    apply(row)
    before = snapshot()
    assert apply(row) == 0
    assert snapshot() == before


def test_undo_restores_every_row(tree, cast, loaded):
    before = snapshot()
    row = listed(tree, SECOND, cast.admin, look={"9005": "same"})
    apply(row)
    assert Member.objects.get(number="9005").given_name == "Emil"
    assert not intake.undo_list(row, NOW, TODAY)
    assert snapshot() == before


def test_undo_takes_the_steps_away_that_a_move_had_brought(tree, cast, loaded):
    make.step(tree.a, "coffee", count=60)
    bela = Member.objects.filter(number="0002")
    bela.update(joined_on=TODAY - timedelta(days=20))
    journeys.start(bela, TODAY)
    before = snapshot()
    rows = [FIRST[0], person("0002", "Bela", "Brandt"), *FIRST[2:]]
    row = listed(tree, rows, cast.admin)
    apply(row)
    assert bela.get().journeys.get().steps.filter(step__slug="coffee", state="open").exists()
    assert not intake.undo_list(row, NOW, TODAY)
    assert snapshot() == before


def test_a_list_brings_people_into_their_sections_and_undo_takes_that_back(tree, cast, loaded):
    rule = SectionRule.objects.create(unit=tree.youth, age_from=60, since=date(2020, 1, 1))
    women = make.unit("Frauen", "section", tree.a)
    SectionRule.objects.create(unit=women, genders=["f"], since=date(2020, 1, 1))
    sections.run(TODAY, NOW - timedelta(days=1))
    assert Membership.objects.filter(rule=rule).count() == 5 and women.memberships.count() == 4
    before = snapshot()
    row = listed(tree, SECOND, cast.admin, all_gone="left")
    apply(row)
    assert women.memberships.filter(member__number__in=["0002", "0006"], ends_on=None).count() == 2, "one moved in, one joined"
    assert tree.youth.memberships.filter(member__number="0006", ends_on=None).exists()
    assert not intake.undo_list(row, NOW, TODAY)
    assert snapshot() == before


def test_undo_leaves_and_names_whom_somebody_has_worked_on_since(tree, cast, loaded):
    row = listed(tree, SECOND, cast.admin)
    apply(row)
    fee, cora = Member.objects.get(number="0006"), Member.objects.get(number="0003")
    Contact.objects.log(fee, cast.secretary_a, TODAY)
    Member.objects.filter(pk=cora.pk).update(phone="0351 999", version=cora.version + 1)
    assert list(intake.undo_list(row, NOW, TODAY)) == [cora, fee]
    cora.refresh_from_db()
    assert (cora.family_name, cora.phone) == ("Czerny-Kühn", "0351 999")
    assert fee.journeys.filter(state="running").exists()
    assert Member.objects.get(number="0002").home_unit == tree.b


def test_gone_are_asked_about_and_never_deleted(tree, cast, loaded):
    kept = listed(tree, SECOND[:1], cast.admin)
    assert kept.figures["gone"] == 4
    apply(kept)
    assert Member.objects.active().count() == 5
    row = listed(tree, SECOND[:1], cast.admin, all_gone="left", gone={"0003": "deceased", "0004": "keep"})
    apply(row)
    row.refresh_from_db()
    [gone] = [figure for figure in list_parts.figures(row, links=False) if figure["label"] == list_parts.TITLES["gone"]]
    assert gone["value"] == 4 and gone["sub"].startswith("1 ")
    states = dict(Member.objects.values_list("number", "status"))
    assert states == {"0001": "full", "0002": "left", "0003": "deceased", "0004": "guest", "0005": "left"}
    assert Member.objects.get(number="0002").joined_on == date(1999, 4, 3)
    assert not Membership.objects.filter(member__number="0002", ends_on=None).exists()


def test_a_returning_member_keeps_the_join_date_and_gets_no_second_welcome(tree, cast, loaded):
    apply(listed(tree, SECOND[:1], cast.admin, all_gone="left", day=TODAY - timedelta(days=40)))
    row = listed(tree, FIRST, cast.admin)
    assert numbers(row, "returned") == ["0002", "0003", "0004", "0005"]
    assert apply(row) == 4
    bela = Member.objects.get(number="0002")
    assert (bela.status, bela.left_on, bela.joined_on) == ("full", None, date(1999, 4, 3))
    assert [step.step.slug for step in bela.journeys.get().steps.all()] == ["first-contact"]
    assert bela.memberships.count() == 2


def test_a_list_without_join_dates_gives_first_seen_on(tree, cast, loaded):
    header = "Nr;Name;Gliederung"
    rows = [f"{m.number};{m.name};{m.home_unit.name}" for m in Member.objects.all()] + ["77;Nora Neu;Altdorf"]
    row = listed(tree, rows, cast.admin, header=header)
    assert numbers(row, "joined") == ["77"] and row.figures["same"] == 5
    assert apply(row) == 1
    nora = Member.objects.get(number="77")
    assert (nora.given_name, nora.family_name, nora.joined_on, nora.joined_estimated) == ("Nora", "Neu", TODAY, True)
    later = listed(tree, [*FIRST, person("77", "Nora", "Neu", joined="01.05.2001")], cast.admin)
    apply(later)
    nora.refresh_from_db()
    assert (nora.joined_on, nora.joined_estimated) == (date(2001, 5, 1), False)


def test_the_join_date_never_becomes_later(tree, cast, loaded):
    row = listed(tree, [person("0001", "Anna", "Ahrens", joined="05.05.2020"), *FIRST[1:]], cast.admin)
    assert row.figures["same"] == 5
    assert row.rows.get(number="0001").remark == "late_join_date"
    apply(row)
    assert Member.objects.get(number="0001").joined_on == date(1999, 4, 3)


def test_an_empty_or_unreadable_cell_leaves_what_is_known(tree, cast, loaded):
    rows = [person("0001", "Anna", "Ahrens", born="31.02.1980", mail="keine@"), *FIRST[1:]]
    row = listed(tree, rows, cast.admin)
    assert row.figures["same"] == 5
    problems = row.rows.get(number="0001").problems
    assert [(p["column"], p["code"], p["refused"]) for p in problems] == [("Geb.-Datum", "bad_date", False), ("E-Mail", "bad_email", False)]


def test_padding_case_of_words_and_direction_marks_are_no_change(tree, cast, loaded):
    rows = [" 0001 ;  Anna ; Ahrens\u200f ;  01.02.1960 ; W ;; anna@example.org ;; 03.04.1999 ; altdorf ; MITGLIED", *FIRST[1:]]
    assert listed(tree, rows, cast.admin).figures["same"] == 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_same_people_in_any_encoding_are_the_same(tree, cast, loaded, encoding):
    assert listed(tree, FIRST, cast.admin, encoding=encoding).figures["same"] == 5


def test_rows_that_cannot_be_taken_over_are_refused_with_line_and_column(tree, cast):
    rows = [person("", "Ohne", "Nummer"), person("1", "", ""), person("2", "Ohne", "Ort", unit=""), person("3", "In", "Nirgendwo", unit="Atlantis"), person("3x", "Gut", "Gemacht"), person("3x", "Noch", "Einmal")]  # fmt: skip
    row = listed(tree, rows, cast.admin)
    found = [(staged.line, problem["column"], problem["code"]) for staged in row.rows.filter(outcome="refused") for problem in importing.problems_of(staged, row)]  # fmt: skip
    assert found == [(2, "Mitgliedsnr.", "no_number"), (3, "Name", "no_name"), (4, "OV", "no_unit"), (5, "OV", "unknown_unit"), (7, "Mitgliedsnr.", "twice")]  # fmt: skip
    assert not Unit.objects.filter(name="Atlantis").exists()


def test_unknown_units_are_created_only_when_somebody_says_so(tree, cast):
    row = listed(tree, [person("3", "In", "Nirgendwo", unit="Atlantis")], cast.admin, units={"Atlantis": "create"})
    assert row.figures["joined"] == 1 and not Unit.objects.filter(name="Atlantis").exists()
    apply(row)
    assert Member.objects.get(number="3").home_unit == Unit.objects.get(name="Atlantis")
    other = listed(tree, [person("4", "Auch", "Dort", unit="Atlantide")], cast.admin, units={"Atlantide": tree.b.pk})
    apply(other)
    assert Member.objects.get(number="4").home_unit == tree.b


def test_the_mapping_is_remembered_for_the_unit_and_those_below(tree, cast, loaded):
    header = loaded.header
    ColumnMapping.objects.filter(unit=tree.district).update(
        mapping=loaded.mapping | {"mobile": loaded.mapping["phone"], "phone": loaded.mapping["street"]}
    )
    assert importing.mapping_for(tree.a, header)["mobile"] == loaded.mapping["phone"]
    assert "mobile" not in importing.mapping_for(tree.foreign, header)


def test_a_number_that_lives_elsewhere_in_the_party_is_refused_without_a_name(tree, cast, loaded):
    row = ListImport.objects.create(unit=tree.a, by=cast.chair_a, file_name="a.csv", content=loaded.content, list_date=TODAY, header=loaded.header, mapping=loaded.mapping)  # fmt: skip
    importing.stage(row)
    importing.compare(row)
    staged = row.rows.get(number="0002")
    assert (staged.outcome, staged.member_id) in [("refused", None), ("refused", Member.objects.get(number="0002").pk)]
    assert not any("Bela" in importing.message(problem) for problem in importing.problems_of(staged, row))


def test_what_was_shown_is_what_is_written_or_it_is_shown_again(tree, cast, loaded):
    row = listed(tree, SECOND, cast.admin)
    Member.objects.filter(number="0003").update(family_name="Schon-Anders", version=2)
    row.state = ListImport.State.APPLYING
    row.save()
    intake.work(row.pk, NOW, TODAY)
    row.refresh_from_db()
    assert (row.state, bool(row.trouble)) == ("compared", True)
    assert Member.objects.get(number="0003").family_name == "Schon-Anders"


def test_who_no_longer_leads_the_unit_gets_nothing_done(tree, cast, loaded):
    row = listed(tree, SECOND, cast.admin)
    ListImport.objects.filter(pk=row.pk).update(state="applying")
    cast.admin.appointments.update(ends_on=TODAY)
    before = snapshot()
    intake.work(row.pk, NOW, TODAY)
    row.refresh_from_db()
    assert row.state == "failed" and row.trouble
    assert snapshot() == before


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_leaves_no_rows_and_the_rerun_all_of_them(tree, cast):
    row = listed(tree, FIRST + SECOND[5:], cast.admin)
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    address = connection.get_connection_params()
    with pytest.raises(OperationalError), transaction.atomic():
        importing.apply(row, cast.admin, NOW)
        with psycopg.connect(host=address["host"], port=address["port"], dbname=address["dbname"], user=address["user"], password=address.get("password"), autocommit=True) as other:  # fmt: skip
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        Member.objects.count()
    connections.close_all()
    assert not Member.objects.exists()
    assert apply(ListImport.objects.get(pk=row.pk)) == 1
    assert Member.objects.count() == 6


def test_refused_rows_come_back_as_a_sheet_that_can_be_mended_and_loaded(tree, cast, sign_in):
    rows = [person("=1+1", "Mia", "Formel", unit="Altdorf"), person("5", "In", "Nirgendwo", unit="=cmd|'/c calc'!A1")]
    row = listed(tree, rows, cast.admin)
    answer = sign_in(cast.admin).get(f"/lists/{row.pk}/refused/?as=csv")
    body = answer.content if not answer.streaming else b"".join(answer.streaming_content)
    sheet = sheets.read(body)
    ((_line, cells),) = sheet.rows
    assert cells[:11] == rows[1].split(";"), "what was written to protect the cell is taken off when it is read"
    assert b";=cmd" not in body and b"'=cmd" in body


def test_the_command_speaks_json_and_saves_only_with_apply(tree, cast, tmp_path, capsys):
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    first.write_bytes("\n".join([HEADER, *FIRST]).encode("cp1252"))
    second.write_bytes("\n".join([HEADER, *SECOND]).encode("cp1252"))

    def run(file, *words):
        call_command("import_list", str(file), "--unit", "musterstadt", "--json", *words)
        return json.loads(capsys.readouterr().out)

    assert run(first)["joined"] == ["0001", "0002", "0003", "0004", "0005"]
    assert not Member.objects.exists() and not ListImport.objects.exists()
    assert run(first, "--apply", "--by", cast.admin.email)["applied"] is True
    report = run(second, "--apply", "--gone", "left")
    assert report["rows"] == 6 and report["same"] == 1 and report["journeys_started"] == 1
    assert (report["joined"], report["moved"], report["changed"], report["gone"]) == (["0006"], ["0002"], ["0003", "0004"], [])
    assert report["look"] == [{"number": "9005", "reason": "Same birth date, same name", "candidate": "0005"}]
    assert report["refused"] == [] and report["warnings"] == []


def test_the_command_says_each_problem_on_a_line_of_its_own(tree, tmp_path, capsys):
    file = tmp_path / "list.csv"
    file.write_text("\n".join([HEADER, person("1", "Anna", "Ahrens", born="31.02.1960"), person("", "Bela", "Brandt"), person("3", "Cora", "Czerny", unit="Nirgends")]))
    call_command("import_list", str(file), "--unit", "musterstadt")
    said = capsys.readouterr().out.splitlines()
    at = said.index("refused: 2")
    assert [line.partition(":")[0] for line in said[at + 1 : at + 5]] == ["  line 3, Mitgliedsnr.", "  line 4, OV", "warnings", "  line 2, Geb.-Datum"]


@pytest.mark.parametrize("words", [("--unit", "nowhere"), ("--unit", "musterstadt", "--by", "bernd.lohse@example.org"), ("--unit", "musterstadt", "--by", "nobody@example.org")])  # fmt: skip
def test_the_command_says_in_one_line_what_is_wrong(tree, cast, tmp_path, words):
    file = tmp_path / "list.csv"
    file.write_text("\n".join([HEADER, *FIRST]))
    with pytest.raises(CommandError) as error:
        call_command("import_list", str(file), *words)
    assert error.value.returncode == 2 and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("5", "mapping.json is not a JSON object of field and column names."),
        ("[]", "mapping.json is not a JSON object of field and column names."),
        ("null", "mapping.json is not a JSON object of field and column names."),
        ("{", "mapping.json is not a JSON object of field and column names."),
        ("{}", "Please say which column has the member number."),
        ('{"number": ["Mitgliedsnr."]}', "The list has no column “['Mitgliedsnr.']”."),
        ('{"member": "Mitgliedsnr."}', "There is no field “member”."),
    ],
)
def test_a_mapping_that_is_none_is_refused_in_one_line(tree, tmp_path, mapping, said):
    list_file, mapping_file = tmp_path / "list.csv", tmp_path / "mapping.json"
    list_file.write_text("\n".join([HEADER, *FIRST]))
    mapping_file.write_text(mapping)
    with pytest.raises(CommandError) as error:
        call_command("import_list", str(list_file), "--unit", "musterstadt", "--mapping", str(mapping_file))
    assert error.value.returncode == 2 and str(error.value).removeprefix(f"{tmp_path}/") == said
    assert not ListImport.objects.exists()


def test_who_resembles_somebody_without_the_same_birth_date_is_said_to_for_what_is_the_same(tree, cast, sign_in):
    apply(listed(tree, [person("1", "Emil", "Müller", born="", mail="emil@example.org"), person("2", "Fee", "Fuchs")], cast.admin))
    search_duplicates(NOW)
    row = listed(tree, [person("2", "Fee", "Fuchs"), person("7", "Emil", "Mueller", born="", mail="emil@example.org")], cast.admin)
    (staged,) = row.rows.filter(outcome="look")
    with translation.override("en"):
        assert importing.likeness(staged) == "Same name, same mail address, same place"
    assert "Gleicher Name, gleiche Mailadresse, gleicher Ort" in sign_in(cast.admin).get(f"/lists/{row.pk}/rows/look/").text


PEOPLE = st.lists(
    st.tuples(st.integers(1, 8), st.sampled_from(["Altdorf", "Bergheim"]), st.sampled_from(["Mitglied", "Gastmitglied"]), st.sampled_from(["Ahrens", "Brandt"])),
    max_size=8, unique_by=lambda row: row[0],
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PEOPLE, min_size=1, max_size=4), st.sampled_from(["left", "keep"]))
def test_any_row_of_lists_ends_as_the_last_one_says_and_undo_goes_back_one(tree, cast, months, gone):
    """Against a plain model: who is on the last list is active where it says; periods never overlap; undo is exact."""
    with transaction.atomic():
        seen = {}
        for place, month in enumerate(months):
            before = snapshot()
            day = TODAY - timedelta(days=30 * (len(months) - place))
            rows = [person(str(n), "Kim", name, born=f"0{n}.02.1960", unit=unit, status=status) for n, unit, status, name in month]
            row = listed(tree, rows or ["x;;;;;;;;;;"], cast.admin, day=day, all_gone=gone)
            apply(row)
            if gone == "left":
                seen = {number: None for number in seen}
            seen |= {str(number): (unit, "guest" if status.startswith("Gast") else "full", name) for number, unit, status, name in month}
            active = Member.objects.active().select_related("home_unit")
            assert {m.number: (m.home_unit.name, m.status, m.family_name) for m in active} == {n: v for n, v in seen.items() if v}
            assert set(Member.objects.values_list("joined_on", flat=True)) <= {date(1999, 4, 3)}
            open_homes = Membership.objects.filter(home=True, ends_on=None).count()
            assert open_homes == len([v for v in seen.values() if v])
        with transaction.atomic():
            intake.undo_list(row, NOW, TODAY)
            assert snapshot() == before
            transaction.set_rollback(True)
        transaction.set_rollback(True)


def test_memory_and_statements_do_not_grow_with_the_list(tree, cast, django_assert_max_num_queries):
    rows = [person(str(number), "Kim", f"Muster{number}") for number in range(3000)]
    row = listed(tree, rows, cast.admin)
    with django_assert_max_num_queries(64):
        apply(row)
    assert Member.objects.count() == 3000
    assert StagedRow.objects.filter(list_import=row).count() == 3000
    assert journeys.start_due(TODAY) == 0
