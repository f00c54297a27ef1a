"""Member lists as people and attackers send them: read rightly, or refused in clear words within bounded time and memory."""

import csv
import io
import struct
import time
import zipfile
from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from common import sheets
from common.sheets import SheetError, read, write_csv, write_xlsx

HEADER = ["Nr", "Name", "Ort"]
LISTS = {
    "de": [HEADER, ["007", "Jürgen Größe", "Köln"], ["008", "Änne Öß", "Gmünd"]],
    "he": [["מספר", 'דוא"ל', "יישוב"], ["007", "דוד כהן", "חיפה"], ["008", "רות לוי", "ת״א"]],
}


def rows(content):
    sheet = read(content)
    return sheet.header, list(sheet.rows)


def refused(content, seconds=20):
    """The SheetError for a file that must be refused, in time."""
    begun = time.monotonic()
    with pytest.raises(SheetError) as caught:
        rows(content)
    assert time.monotonic() - begun < seconds
    assert str(caught.value.message)
    return caught.value


def workbook(lines, **cells):
    book = Workbook()
    for line in lines:
        book.active.append(line)
    for place, value in cells.items():
        book.active[place] = value
    return saved(book)


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def patched(content, change):
    """The workbook `content` with the XML of its sheet changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, change(data) if part == "xl/worksheets/sheet1.xml" else data)
    return out.getvalue()


SMALL = workbook([HEADER, [1, "a", "b"]])


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        *(("de", name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso-8859-15")),
        *(("he", name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1255")),
    ],
)
def test_a_list_is_read_in_any_usual_encoding_and_delimiter(delimiter, language, encoding):
    header, *data = LISTS[language]
    text = "\r\n".join(delimiter.join(row) for row in [header, *data])
    assert rows(text.encode(encoding)) == (header, list(enumerate(data, 2)))


def test_hebrew_in_the_old_iso_encoding_is_read():
    assert rows("מספר;שם\n007;דוד כהן\n".encode("iso-8859-8"))[1] == [(2, ["007", "דוד כהן"])]


def test_one_umlaut_far_down_a_long_list_decides_its_encoding():
    text = "Nr;Name;Ort\n" + "1;Meier;Bonn\n" * 5000 + "9;Müller;Köln\n"
    assert rows(text.encode("cp1252"))[1][-1][1] == ["9", "Müller", "Köln"]


def test_a_list_with_line_ends_of_an_old_mac_is_read():
    assert rows(b"Nr;Name;Ort\r1;a;b\r2;c;d\r")[1] == [(2, ["1", "a", "b"]), (3, ["2", "c", "d"])]


def test_title_lines_empty_lines_and_sums_are_left_out_and_lines_count_as_people_see_them():
    text = "Mitgliederliste;Stand;01.10.2026\n\nNr;Name;Ort\n01;a;b\n;;\n\n02;c;d\nSumme: 2;;\n"
    assert rows(text.encode()) == (HEADER, [(4, ["01", "a", "b"]), (7, ["02", "c", "d"])])


def test_commas_in_the_cells_do_not_make_the_delimiter():
    assert rows(b'Nr;Name;Ort\n1;a, b;"x\ny"\n2;c, d;e\n3;c, d;e\n')[0] == HEADER


def test_a_line_break_in_quotes_stays_in_its_cell_and_counts_as_a_line():
    assert rows(b'Nr;Name;Ort\n1;"a\r\nb";c\n2;d;e\n')[1] == [(2, ["1", "a\r\nb", "c"]), (4, ["2", "d", "e"])]


def test_quotation_marks_inside_a_cell_are_text():
    assert rows(b'Nr;Name;Ort\n1;Paul "Paule" M;5" Rohr\n')[1] == [(2, ["1", 'Paul "Paule" M', '5" Rohr'])]


@pytest.mark.parametrize("after", ["3;e;f\n", "3;e;f\n" * 3000, '3;e;f\n4;"g";h\n'])
def test_a_missing_quotation_mark_is_told_with_its_line_and_swallows_nobody(after):
    assert refused(('Nr;Name;Ort\n1;a;b\n2;"c;d\n' + after).encode()).line == 3


def test_a_nul_in_a_name_does_not_stop_the_list():
    assert rows(b"Nr;Na\0me;Ort\n1;a\0b;c\n") == (HEADER, [(2, ["1", "a\0b", "c"])])


def test_a_broken_place_in_utf8_is_told_with_its_line_instead_of_turning_umlauts_into_signs():
    text = ("Nr;Name;Ort\n" + "1;Müller;Köln\n" * 50).encode() + b"2;M\xfcller;K\xc3\xb6ln\n" + "1;Müller;Köln\n".encode() * 20
    assert refused(text).line == 52


@pytest.mark.parametrize(
    "content",
    [
        b"Nr;Name;Ort\n1;" + b"x" * 10_000_000 + b";c\n",
        b'Nr;Name;Ort\n1;a;b\n2;"' + b"x" * 10_000_000,
        b";".join(b"c%d" % n for n in range(100_000)) + b"\n",
        b"Nr;Name;Ort\n" + b";".join([b"1"] * 100_000) + b"\n",
        b"1;2;3\n4;5;6\n",
        b"Nr;Name;Ort\n",
        b"Nr;Name;Ort\n;;\nSumme;0;\n",
    ],
    ids=["long cell", "endless quote", "many column names", "many cells", "no header", "nobody", "nobody but a sum"],
)
def test_absurd_lists_are_refused(content):
    refused(content)


@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"hello", b"<html><table><tr><td>a</td></tr></table>", b"%PDF-1.4 a;b\nc;d\n", b"PK\x03\x04junk",
     b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1junk", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, b"\0" * 5000, b"\xff\xfe", b"\xff\xfeA"],
)  # fmt: skip
def test_what_is_no_list_is_refused(content):
    refused(content)


def test_lists_beyond_the_caps_are_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 2)
    assert refused(b"Nr;Name;Ort\n1;a;b\n2;a;b\n3;a;b\n").line == 4
    monkeypatch.setattr(sheets, "MAX_BYTES", 10)
    refused(b"Nr;Name;Ort\n1;a;b\n")


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text('abä";\n\r,\t|\0 \'=', max_size=200).map(str.encode)))
def test_no_file_whatever_breaks_the_reader(content):
    with suppress(SheetError):
        rows(content)


# Workbooks


def test_cells_of_a_workbook_become_the_texts_people_see():
    lines = [
        ["Liste"], [], HEADER, ["007", "a", 12345.0], [8.0, "b\nb", date(2020, 2, 3)], [9, "c", datetime(2020, 2, 3, 4, 5)],
        [None, None, None], [10, "d", 1.5], ["Summe: 4"],
    ]  # fmt: skip
    assert rows(workbook(lines)) == (
        HEADER,
        [(4, ["007", "a", "12345"]), (5, ["8", "b\nb", "2020-02-03"]), (6, ["9", "c", "2020-02-03T04:05:00"]), (8, ["10", "d", "1.5"])],
    )


def test_a_table_that_begins_further_down_on_the_second_sheet_is_found():
    book = Workbook()
    second = book.create_sheet()
    for row, line in enumerate([HEADER, [1, "a", "b"]], 3):
        for column, value in enumerate(line, 2):
            second.cell(row, column, value)
    assert rows(saved(book)) == (HEADER, [(4, ["1", "a", "b"])])


def test_merged_cells_give_their_value_once():
    book = Workbook()
    for line in [HEADER, [1, "a", "b"], [2, None, "c"]]:
        book.active.append(line)
    book.active.merge_cells("B2:B3")
    assert rows(saved(book))[1] == [(2, ["1", "a", "b"]), (3, ["2", "", "c"])]


def test_a_small_file_that_claims_a_million_rows_is_read_at_once():
    claims = patched(SMALL, lambda xml: xml.replace(b'ref="A1:C2"', b'ref="A1:XFD1048576"'))
    assert rows(claims)[1] == [(2, ["1", "a", "b"])]
    begun = time.monotonic()
    assert rows(workbook([HEADER, [1, "a", "b"]], A1048576="x"))[1][-1] == (1_048_576, ["x", "", ""])
    assert time.monotonic() - begun < 30


def test_a_cell_in_the_farthest_corner_is_refused():
    refused(workbook([HEADER, [1, "a", "b"]], XFD1048576="x"))


def test_zip_bombs_are_refused_also_when_their_directory_lies():
    bomb = patched(SMALL, lambda xml: xml.replace(b"</worksheet>", b" " * (sheets.MAX_UNPACKED + 1) + b"</worksheet>"))
    assert len(bomb) < 2_000_000
    refused(bomb)
    with zipfile.ZipFile(io.BytesIO(bomb)) as unpacked:
        size = unpacked.getinfo("xl/worksheets/sheet1.xml").file_size
    refused(bomb.replace(struct.pack("<L", size), struct.pack("<L", 900)))


def test_a_workbook_that_would_fill_the_disk_is_refused(monkeypatch):
    long = workbook([HEADER, *([n, "A" * 9000, "b"] for n in range(100))])
    assert len(rows(long)[1]) == 100
    monkeypatch.setattr(sheets, "MAX_TEXT", 100_000)
    refused(long)


def test_a_workbook_that_takes_too_long_or_too_much_memory_is_refused(monkeypatch):
    far = workbook([HEADER, [1, "a", "b"]], T1048576="x")  # 20 million cells
    monkeypatch.setattr(sheets, "MAX_SECONDS", 1)
    refused(far)
    monkeypatch.setattr(sheets, "MAX_SECONDS", 60)
    monkeypatch.setattr(sheets, "MAX_MEMORY", 2**27)
    refused(far)


def test_entities_of_a_workbook_are_neither_multiplied_nor_fetched():
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    dtd = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{laughs}<!ENTITY file SYSTEM "file:///etc/passwd">]>'.encode()
    for entity in (b"&l9;", b"&file;"):
        evil = patched(SMALL, lambda xml, e=entity: dtd + xml[xml.index(b"<worksheet") :].replace(b">a<", b">" + e + b"<"))
        begun = time.monotonic()
        with suppress(SheetError):
            assert b"root:" not in repr(rows(evil)).encode()
        assert time.monotonic() - begun < 20


# Writing

live = st.sampled_from(["=1+1", "+49 351", "-5", "@x", "'=1", "''", "'", "\t=1", "\r=1", "\n=1", "＝1"])
odd = st.sampled_from(["0012", "1.50", "2020-01-01", " a ", "_x000D_", "a;b", "True"])
cells = st.one_of(live, odd, st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=20))
tables = st.lists(st.lists(cells, min_size=3, max_size=3).map(lambda row: ["x", *row]), min_size=1, max_size=5)


@settings(max_examples=200, deadline=None)
@given(tables)
def test_our_own_csv_holds_no_live_formula_and_reads_back_the_same(table):
    content = write_csv(["K", *HEADER], table)
    assert [row for _line, row in rows(content)[1]] == table
    written = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    assert not any(cell.startswith(tuple("=+-@\t\r\n＝＋－＠")) for row in written for cell in row)


@settings(max_examples=10, deadline=None)
@given(tables)
def test_our_own_workbook_holds_only_texts_and_reads_back_the_same(table):
    content = write_xlsx(["K", *HEADER], table, right_to_left=True)
    assert [row for _line, row in rows(content)[1]] == table
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet.sheet_view.rightToLeft
    assert {cell.data_type for row in sheet for cell in row if cell.value} == {"s"}
