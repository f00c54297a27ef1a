"""Member lists as nobody should send them, made from a seed: the same seed gives the same file."""

import codecs
import io
import random
import struct
import zipfile
from datetime import date, timedelta

from openpyxl import Workbook

HEADERS = [
    ["Mitgliedsnr.", "Vorname", "Name", "Geb.-Datum", "Geschlecht", "Telefon", "E-Mail", "Eintritt", "OV", "Status"],
    ["Nr", "Name", "Gliederung", "Mitglied seit"],
    ["מספר חבר", "שם פרטי", "שם משפחה", "תאריך לידה", "סניף", "נייד"],
    ["Member no", "Full name", "Branch", "Joined on", "Birth date", "Email"],
]
NAMES = ["Anna Ahrens", "Jürgen Größe", "Ødegård", "דוד כהן", "محمد", "李小龍", "O'Brien", 'Paul "Paule" M', "von der Leyen, Ida", "Zoë\u0301", "👩‍🚀"]
UNITS = ["Altdorf", "Bergheim", "Ortsverein Altdorf", "altdorf ", "Atlantis", "", "=Altdorf", "Alt\u00addorf"]
DATES = [
    "01.02.1960", "1960-02-01", "1/2/60", "29.02.1964", "29.02.1965", "31.02.1980", "00.00.0000", "0000-00-00", "9999-12-31", "1.1.1", "21946", "-1",
    "1e9", "heute", "1 Januar 1999", "ב1 במרץ 1999", "2020-01-01T00:00:00+02:00", "99999999", "12.13.2014", "1960-02-01\u200f", "１９６０-02-01", "NaN", "∞",
]  # fmt: skip
WORDS = [
    "", " ", "=1+1", "+49 351", "-5", "@SUM(A1)", "=cmd|'/c calc'!A1", "=HYPERLINK(\"http://x\")", "'=1", "\t=1", "<script>alert(1)</script>", "{{ 7*7 }}", "%s%n",
    "'; DROP TABLE membership_member; --", "\\N", "\\.", "NULL", "null", "\u202eevil", "\u200f\u200e", "a\0b", "\x1b[31m", "\ufeff", "\ufffd", "\x85", "\u2028", "a\nb",
    "a\r\nb", '"', '""', '"a', 'a"', "\\", "0", "007", "1.0", "1e5", "9" * 30, "x" * 300, "ß" * 200, "\U0001f600" * 50, "A\u0300" * 60, "../../etc/passwd", "weiblich", "Mitglied", "verstorben",
    "a@b", "anna@example.org", "anna@example.org\nBcc: x@y.z", "ä@ö.ü", "@", "a" * 250 + "@example.org",
]  # fmt: skip
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp1255", "iso-8859-8", "iso-8859-15", "utf-32", "utf-7", "cp437", "latin-1", "mac-roman"]
ENDS = ["\n", "\r\n", "\r", "\n\r", "\n\n", "\x85", "\u2028"]
MARKS = [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF8 * 2, b"\xfe", b"\xff\xfe\xff\xfe"]
NO_LISTS = [
    b"", b"\n\n\n", b"\0" * 2000, b"<html><body><table><tr><td>1</td></tr></table>", b"%PDF-1.7\n1;2;3\n", b"{\"members\": [1, 2]}", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18,
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, b"\x1f\x8b\x08" + b"junk" * 50, b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"From: a@b\nSubject: c\n\nd;e\n", b";;;;\n;;;;\n", b"a" * 5000,
]  # fmt: skip


def table(chance):
    """(header, rows) with hostile cells here and there."""
    header = list(chance.choice(HEADERS))
    rows = []
    for number in range(chance.randint(0, 12)):
        row = [str(number), chance.choice(NAMES), chance.choice(NAMES)] + [chance.choice(WORDS + DATES + UNITS) for _ in header[3:]]
        row = row[: len(header)] + [""] * (len(header) - len(row))
        for _ in range(chance.randint(0, 3)):
            row[chance.randrange(len(row))] = chance.choice(WORDS + DATES)
        if chance.random() < 0.1:
            row += [chance.choice(WORDS) for _ in range(chance.choice([1, 3, 2500]))]
        if chance.random() < 0.1:
            row = row[: chance.randint(0, len(row))]
        if chance.random() < 0.03 and row:
            row[0] = "y" * chance.choice([9_999, 10_001, 200_000])
        rows.append(row)
    twist = chance.random()
    if twist < 0.1:
        header[chance.randrange(len(header))] = header[0]
    elif twist < 0.2:
        header[chance.randrange(len(header))] = chance.choice(WORDS)
    elif twist < 0.25:
        header += [f"Spalte {n}" for n in range(chance.choice([100, 600, 10_000]))]
    elif twist < 0.3:
        header, rows = (rows[0] if rows else []), rows
    elif twist < 0.35:
        rows.append(["Summe", str(len(rows)), ""])
    return header, rows


def text_file(chance):
    header, rows = table(chance)
    delimiter, end = chance.choice(";;;,\t|:"), chance.choice(ENDS[:3] * 3 + ENDS)
    style = chance.choice(["plain", "plain", "quoted", "mixed"])

    def cell(value):
        if style == "plain" or (style == "mixed" and chance.random() < 0.5):
            return value
        return '"' + value.replace('"', '""' if chance.random() < 0.9 else '"') + '"'

    title = [["Mitgliederliste", str(date(2026, 1, 1) + timedelta(days=chance.randrange(300)))]] if chance.random() < 0.2 else []
    text = end.join(delimiter.join(cell(value) for value in row) for row in [*title, header, *rows])
    if chance.random() < 0.05:
        text = text.replace(delimiter, chance.choice([delimiter * 2, " " + delimiter, "\0" + delimiter]))
    content = text.encode(chance.choice(["utf-8"] * 5 + ENCODINGS), errors=chance.choice(["replace", "ignore", "xmlcharrefreplace"]))
    return damaged(chance, content) if chance.random() < 0.4 else content


def damaged(chance, content):
    """`content` with bytes lost, changed, put in or put before it."""
    content = bytearray(content or b"x")
    for _ in range(chance.choice([1, 1, 3, 30])):
        place = chance.randrange(len(content))
        match chance.randrange(6):
            case 0:
                content[place] = chance.randrange(256)
            case 1:
                del content[place : place + chance.choice([1, 2, 50])]
            case 2:
                content[place:place] = chance.choice([b"\0", b"\xff", b'"', b"\xc3", b"\xe2\x80", b"\r", b";" * 600, b"\n" * 40, b"\0" * 300])
            case 3:
                content[:0] = chance.choice(MARKS)
            case 4:
                content[place:place] = content[: chance.randrange(200)]
            case 5:
                content = content[: place + 1]
        content = content or bytearray(b"x")
    return bytes(content)


def workbook(chance):
    header, rows = table(chance)
    if chance.random() < 0.3:
        return opendocument(chance, header, rows)
    book = Workbook()
    for line in [header[:1000], *(row[:1000] for row in rows)]:
        # What openpyxl refuses to write reaches the reader through the damaged bytes instead.
        book.active.append([value if value.isprintable() else "?" for value in (cell[:30_000] for cell in line)])
    out = io.BytesIO()
    book.save(out)
    content = out.getvalue()
    return zip_twisted(chance, content) if chance.random() < 0.8 else content


def opendocument(chance, header, rows):
    cells = "".join(f"<table:table-row>{''.join(f'<table:table-cell><text:p>{len(v)}</text:p></table:table-cell>' for v in row)}</table:table-row>" for row in [header, *rows])
    repeated = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    body = chance.choice([cells, cells + repeated, cells[: chance.randrange(len(cells) + 1)]])
    xml = f'<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:spreadsheet>{body}</office:spreadsheet></office:document-content>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", xml)
    return damaged(chance, out.getvalue()) if chance.random() < 0.3 else out.getvalue()


def zip_twisted(chance, content):
    """A workbook whose parts are missing, damaged, too many, or larger than they say."""
    way = chance.randrange(5)
    if way == 0:
        return damaged(chance, content)
    if way == 1:
        return content[: chance.randrange(len(content))]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            if way == 2 and chance.random() < 0.3:
                continue
            if way == 3 and part.endswith(".xml"):
                data = damaged(chance, data)
            new.writestr(part, data)
        if way == 4:
            for number in range(chance.choice([10, 2000])):
                new.writestr(f"xl/worksheets/../../{number}.xml", b"<x/>")
            new.writestr("xl/media/big.bin", b"\0" * 3_000_000)
    packed = out.getvalue()
    if way == 4:
        return packed.replace(struct.pack("<L", 3_000_000), struct.pack("<L", 4_000_000_000))
    return packed


def file(seed):
    """The hostile file of this seed."""
    chance = random.Random(seed)
    kind = chance.random()
    if kind < 0.03:
        return chance.choice(NO_LISTS)
    if kind < 0.11:
        return workbook(chance)
    if kind < 0.14:
        return chance.randbytes(chance.randint(1, 3000))
    return text_file(chance)
