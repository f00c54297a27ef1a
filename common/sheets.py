"""Reading member lists as people have them (CSV in any usual form, XLSX, XLS, ODS) and writing sheets that hold nothing live."""

import codecs
import csv
import io
import re
import resource
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, repeat

from django.utils.translation import gettext_lazy as _

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 2_000_000, 500, 10_000
MAX_BYTES = 2**28
# A workbook is opened in a child process with these limits, whatever its file claims about itself.
MAX_SECONDS, MAX_MEMORY, MAX_UNPACKED, MAX_TEXT = 120, 3 * 2**30, 2**30, 2**30
DELIMITERS = ";,\t|"
HEADER_WITHIN = 30
SUM_WORDS = re.compile(r"^\W*(summe|gesamt|gesamtsumme|anzahl|total|sum|סה.?כ|סך הכל)\b", re.I)
LIVE = re.compile(r"^[=+\-@\t\r\n＝＋－＠']")

csv.field_size_limit(1_000_000)


class SheetError(Exception):
    """The file as a whole cannot be read. `message` is for people, `line` counts as their program shows it."""

    def __init__(self, message, line=None):
        super().__init__(message)
        self.message, self.line = message, line


@dataclass
class Sheet:
    """header: the column names as they stand in `header_line`; rows: (line, cells) of what follows, read as one goes."""

    header: list[str]
    header_line: int
    rows: Iterator[tuple[int, list[str]]]


def read(content: bytes) -> Sheet:
    """The sheet in `content`. Title lines above the header, empty lines and sum lines are left out; cells are texts.

    Dates of a workbook come as yyyy-mm-dd, whole numbers without a decimal point. Raises SheetError, also while rows are read.
    """
    if not content.strip():
        raise SheetError(_("The file is empty."))
    if len(content) > MAX_BYTES:
        raise SheetError(_("The file is larger than %(n)s MB.") % {"n": MAX_BYTES // 2**20})
    if content[:2] == b"PK" or content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        lines = ((int(line), cells) for _line, (line, *cells) in _checked(csv.reader(_workbook(content))))
    else:
        lines = _text_lines(content)
    return _with_header(lines)


def _with_header(lines):
    first = list(islice(lines, HEADER_WITHIN))
    filled = [sum(bool(cell.strip()) for cell in cells) for _line, cells in first]
    if max(filled, default=0) < 2:
        raise SheetError(_("No table was found: each line has only one column."))
    fitting = (i for i, (_line, cells) in enumerate(first) if filled[i] >= max(2, 0.6 * max(filled)) and _names(cells))
    place = next(fitting, None)
    if place is None:
        raise SheetError(_("No line with the names of the columns was found."))
    line, cells = first[place]
    header = [" ".join(cell.replace("\0", "").split()) for cell in cells]
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise SheetError(_("The list has more than %(n)s columns.") % {"n": MAX_COLUMNS}, line)
    rows = _data(chain(first[place + 1 :], lines))
    begin = list(islice(rows, 1))
    if not begin:
        raise SheetError(_("The list has the names of its columns and nobody below them."))
    return Sheet(header, line, chain(begin, rows))


def _names(cells):
    """Whether these look like column names: none of the filled cells is a number, date or address."""
    return not any(re.search(r"^[\d\s./:+-]+$|@.+\.", cell.strip()) for cell in cells if cell.strip())


def _data(lines):
    for count, (line, cells) in enumerate(lines):
        if count >= MAX_ROWS:
            raise SheetError(_("The list has more than %(n)s rows.") % {"n": MAX_ROWS}, line)
        filled = [cell for cell in cells if cell.strip()]
        if filled and not (len(filled) <= 3 and SUM_WORDS.match(filled[0])):
            yield line, cells


def _checked(reader):
    """(line on which the row begins, cells) of a csv.reader, with its errors as SheetError."""
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise SheetError(_("This line cannot be read: a quotation mark may be missing or a cell is far too long."), line) from None
        except UnicodeDecodeError:
            raise SheetError(_("This line has characters that are broken."), line) from None
        if len(cells) > MAX_COLUMNS * 4:
            raise SheetError(_("The list has more than %(n)s columns.") % {"n": MAX_COLUMNS}, line)
        # The sums say at once that nothing is wrong with nearly every row.
        long = sum(map(len, cells)) > MAX_CELL and max(map(len, cells)) > MAX_CELL
        if long or (reader.line_num - line > 20 and any(cell.count("\n") > 20 for cell in cells)):
            raise SheetError(_("A cell is far too long: a quotation mark may be missing."), line)
        yield line, cells
        line = reader.line_num + 1


# Text files


def _text_lines(content):
    encoding = guess_encoding(content)
    sample = "".join(islice(io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace", newline=""), 200))
    delimiter, width = _guess_delimiter(sample), 0
    for line, cells in _checked(csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding, newline=""), delimiter=delimiter)):
        if width > 2 and any("\n" in cell and max(map(str.count, cell.splitlines(), repeat(delimiter))) >= width - 1 for cell in cells):
            raise SheetError(_("A cell swallows the lines after it: a quotation mark may be missing."), line)
        width = len(cells)
        # Programs that protect formulas put an apostrophe before them; write_csv does so too.
        yield line, [cell[1:] if cell[:1] == "'" and LIVE.match(cell[1:]) else cell for cell in cells]


def guess_encoding(content):
    """Name of the encoding of `content`: by its mark, as UTF-8 where that fits, else Hebrew or Western by how letters stand together.

    Raises SheetError for what is no text, and for UTF-8 with broken places.
    """
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return name
    sample = content[:20_000]
    # In UTF-16 every digit, blank and separator has its NUL on the same side, whatever the language.
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if even + odd > max(3, len(sample) / 25) and max(even, odd) > 5 * min(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    strange = len(re.findall(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]", sample))
    if strange > max(3, len(sample) / 50) or sample.lstrip()[:1] == b"<" or sample[:5] == b"%PDF-":
        raise SheetError(_("This is not a list. Please save it as CSV or XLSX and choose that file."))
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        start = error.start
    sample = content[start : start + 20_000]
    text = sample.decode("utf-8", errors="replace")
    if len(re.findall("[\x80-\ufffc]", content[:start].decode() + text)) > 10 * text.count("\ufffd"):
        raise SheetError(_("This line has characters that are broken."), content.count(b"\n", 0, start) + 1)
    # Hebrew words are rows of bytes from E0 to FA; a German umlaut mostly stands alone among plain letters.
    high = re.findall(rb"[\x80-\xff]+", sample)
    together = sum(len(run) for run in high if len(run) > 1 and all(0xE0 <= byte <= 0xFA for byte in run))
    if together > sum(map(len, high)) / 2:
        return "cp1255"
    try:
        content.decode("cp1252")
        return "cp1252"
    except UnicodeDecodeError:
        return "iso-8859-15"


def _guess_delimiter(sample):
    """The delimiter that parts most lines of the sample into the same number of cells."""

    def score(delimiter):
        counts = Counter(len(row) for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if any(row))
        width, lines = max(counts.items(), key=lambda item: (item[0] > 1, item[1] * item[0]), default=(1, 0))
        return lines * (width - 1)

    try:
        return max(DELIMITERS, key=score)
    except csv.Error:
        return max(DELIMITERS, key=sample.count)


# Workbooks


def _workbook(content):
    """The first sheet with content as CSV in a temporary file, the line before each row, made by a child that may not take too much."""
    if content[:2] == b"PK":
        try:
            unpacked = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(content)).infolist())
        except (zipfile.BadZipFile, ValueError, OSError):
            raise SheetError(_("The file is damaged and cannot be opened.")) from None
        if unpacked > MAX_UNPACKED:
            raise SheetError(_("Unpacked, the file would be far too large."))
    out = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 (rows are read from it as one goes)
    try:
        command = [sys.executable, "-P", __file__, *map(str, (MAX_SECONDS, MAX_MEMORY, MAX_TEXT))]
        child = subprocess.run(
            command, input=content, stdout=out, stderr=subprocess.DEVNULL, timeout=MAX_SECONDS, check=False, env={}
        )
    except subprocess.TimeoutExpired:
        raise SheetError(_("The file takes far too long to open.")) from None
    if child.returncode == 3:
        raise SheetError(_("The file has no sheet with content."))
    if child.returncode == 4:
        raise SheetError(_("The list has more than %(n)s columns.") % {"n": MAX_COLUMNS})
    if child.returncode:
        raise SheetError(_("The file cannot be opened: it is damaged, has a password, or takes too much memory."))
    out.seek(0)
    return out


def _cell(value):
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("T00:00:00", "")
    return "" if value is None else str(value)


def _child():
    """Read a workbook from standard input, write the filled rows of its first sheet with content as CSV to standard output."""
    for kind, most in zip((resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE), map(int, sys.argv[1:]), strict=True):
        resource.setrlimit(kind, (most, most))
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    writer = csv.writer(sys.stdout)
    for about in book.sheets_metadata:
        if about.visible == SheetVisibleEnum.Visible:
            sheet = book.get_sheet_by_name(about.name)
            if sheet.width > MAX_COLUMNS * 4:
                sys.exit(4)
            if sheet.height:
                for line, row in enumerate(sheet.iter_rows(), 1):
                    if any(value != "" for value in row):
                        writer.writerow([line, *(_cell(value).replace("\0", "") for value in row)])
                return
    sys.exit(3)


# Writing


def guarded(value):
    """`value` as the text of a CSV cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if LIVE.match(text) else text


# What turns writing around or breaks the line: a cell holds one line that reads as it is written.
HIDDEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")
BREAKS = re.compile(r"[\r\n\t\v\f]")


def one_line(text):
    """`text` as one line without marks that turn writing around and without blanks at its ends."""
    return HIDDEN.sub("", BREAKS.sub(" ", text)).strip(" ")


# Bytes that make a row worth a closer look: what is escaped, the first ones of hidden marks, blanks at the ends of cells.
ODD = (b"\\", b";", b'"', b"\xe2", b"\xd8", b"\t ", b" \t", b"\n ", b" \n")
LIVE_BYTES = re.compile(rb"([\t\n])(?=[=+\-@']|\xef\xbc[\x9d\x8b\x8d\xa0])")
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "N": ""}


def csv_of_copy(block, keys):
    """CSV bytes like those of write_csv for whole lines of PostgreSQL's text form of COPY, each cell on one line (see one_line).

    The last column is a whole number that goes to the list `keys` and not into the file.
    """
    lines = [line.rpartition(b"\t") for line in block.split(b"\n")[:-1]]
    keys += [int(key) for _cells, _tab, key in lines]
    text, parts, done = b"\n".join([b"", *(cells for cells, _tab, _key in lines), b""]), [], 0
    for start in sorted({start for odd in ODD for start in _odd_lines(text, odd)}):
        end = text.index(b"\n", start)
        parts += _plain_lines(text[done:start]), _odd_line(text[start:end])
        done = end
    return b"".join([*parts, _plain_lines(text[done:])])[1:]


def _odd_lines(text, odd):
    """Where the lines of `text` begin that hold `odd`; looked for by find, which is faster than a pattern by far."""
    place = text.find(odd)
    while place >= 0:
        yield text.rfind(b"\n", 0, place + 1) + 1
        place = text.find(odd, text.index(b"\n", place + 1))


def _plain_lines(lines):
    """All of them at once: apostrophes before what looks like a formula, and another separator. `lines` begins with the end of the line before."""
    return LIVE_BYTES.sub(rb"\1'", lines).replace(b"\t", b";")


def _odd_line(line):
    cells = (re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), cell) for cell in line.decode().split("\t"))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="").writerow([guarded(one_line(cell)) for cell in cells])
    return out.getvalue().encode()


def write_csv(header, rows):
    """Bytes of a CSV that German Excel opens well; no cell is a live formula, and `read` gives the same texts back."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    for row in chain([header], rows):
        writer.writerow(map(guarded, row))
    return codecs.BOM_UTF8 + out.getvalue().encode()


def write_xlsx(header, rows, right_to_left=False, notice=()):
    """Bytes of an XLSX with all cells as plain texts. notice: lines above the header and at the foot of every printed page."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.sheet_view.rightToLeft = right_to_left
    sheet.oddFooter.left.text = "\n".join(notice).replace("&", "&&")[:200]
    above = [*([line] for line in notice), []] if notice else []
    for row in chain(above, [header], rows):
        cells = []
        for value in row:
            # A workbook writes a character XXXX as _xXXXX_: one that already looks so is told apart, and carriage returns are kept.
            text = re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", ILLEGAL_CHARACTERS_RE.sub("", str(value))).replace("\r", "_x000D_")
            cell = WriteOnlyCell(sheet, text)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


if __name__ == "__main__":
    _child()
