"""Lists that leave the house: ordered for a purpose, written with the rights of that moment, fetched, and asked to be deleted.

Whose list it is, for what and until when stands on every sheet and page. A table is written by PostgreSQL itself (COPY), so
memory stays flat however long it is; what is kept are pieces of a megabyte.
"""

import csv
import io
import logging
import tempfile
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from branches import scope
from branches.models import Unit, User
from branches.scope import Right
from common import pdf, sheets
from common.links import Link
from membership import columns, reading
from membership.choosing import choose
from membership.models import Export, ExportPart, Reading
from outbox.kinds import Skip, render
from outbox.models import Message
from outbox.relay import enqueue

logger = logging.getLogger(__name__)
Format = Export.Format

SOON = 2000  # members up to which a table is written while one waits
MOST = {Format.XLSX: 100_000, Format.PDF: 1000, Format.LABELS: 1000, Format.LETTERS: 300}
PIECE = 2**20
ADDRESS = ("title", "given_name", "family_name", "street", "postcode", "city", "country")
ON_PAPER = (Format.LABELS, Format.LETTERS)


class TooMany(Exception):
    """More members than the format takes; `most` is how many it does."""

    def __init__(self, most):
        self.most = most


def whom(user, unit, address, picks, format, on, counted=True):
    """The Choice an export of this format is about; counted and raises as choosing.choose."""
    choice = choose(user, address, picks, on, unit, counted)
    if format in ON_PAPER:
        choice.keep(choice.members.cared_for_by(user).exclude(street="").exclude(city=""), "no_address")
    return choice


def order(user, unit, key, now, **fields):
    """The Export of this form: a new one to be written, or the one that the same form (`key`) ordered before."""
    row, _created = Export.objects.get_or_create(key=key, by=user, defaults={"unit": unit, "created_at": now, **fields})
    return row


def rights(user):
    """What `user` cares for at this moment, in a form that can be kept and compared."""
    return [
        [list(pair) for pair in scope.scopes(user, right, sections)] for right in (Right.CARE, Right.LEAD) for sections in (False, True)
    ]


def write(export, now):
    """Write an ordered list with the rights its owner has at this moment, not those of the moment it was ordered.

    Safe to call at any time and twice: one at a time writes, and a written one stays as it is.
    """
    if not export.claim(now):
        return
    user = User.objects.filter(pk=export.by_id, is_active=True).first()
    unit = user and Unit.objects.visible_to(user, Right.CARE).filter(pk=export.unit_id).first()
    if unit is None:
        export.refuse()
        return
    try:
        with translation.override(export.language), tempfile.TemporaryFile() as file, transaction.atomic():
            count = _write(export, user, unit, file, now)
            file.seek(0)
            for position, content in enumerate(iter(lambda: file.read(PIECE), b"")):
                ExportPart.objects.create(export=export, position=position, content=content)
            export.finish(count, rights(user))
    except ValidationError:
        export.refuse()
    except (TooMany, pdf.TooLarge):
        logger.warning("export %s is too large", export.pk)
        export.fail()


def _write(export, user, unit, file, now):
    """Write the file of `export` into `file`; returns how many members are on it."""
    on = timezone.localdate(now)
    chosen = whom(user, unit, export.filter, export.picks, export.format, on, counted=False).members
    found = columns.offered(user, on, unit)
    names = ADDRESS if export.format in ON_PAPER else export.columns
    taken = [found[name] for name in names if name in found]
    most = MOST.get(export.format)
    if most and chosen.count() > most:
        raise TooMany(most)
    rows = chosen.order_by("sort_key", "pk").annotate(**{f"cell_{place}": column.cell for place, column in enumerate(taken)})
    rows = rows.values_list(*(f"cell_{place}" for place in range(len(taken))), "pk")
    pks: list[int] = []
    WRITERS[export.format](export, [column.label for column in taken], rows, file, pks)
    reading.note(user, pks, Reading.What.LETTER if export.format in ON_PAPER else Reading.What.EXPORT, now)
    return len(pks)


def notice(export):
    """The lines that stand on every sheet and page: who took it out, for what, until when."""
    made, until = (formats.date_format(day, "SHORT_DATE_FORMAT") for day in (timezone.localdate(export.created_at), export.expires_on))
    return [
        _("Taken out by %(name)s on %(day)s: %(unit)s") % {"name": export.by, "day": made, "unit": export.unit},
        _("For this purpose only. To be deleted by %(day)s.") % {"day": until},
        _("Purpose: %(purpose)s. %(words)s") % {"purpose": export.purpose, "words": export.words},
    ]


def _csv(export, header, rows, file, pks):
    """PostgreSQL writes its plain text form, one line a row and a tab between cells; what is left to do is done on blocks of it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerows([sheets.guarded(line)] for line in notice(export))
    writer.writerows([[], map(sheets.guarded, header)])
    file.write(b"\xef\xbb\xbf" + out.getvalue().encode())
    sql, params = rows.query.sql_with_params()
    block, size = [], 0
    with connection.cursor() as cursor, cursor.copy(cursor.mogrify(f"COPY ({sql}) TO STDOUT WITH (ENCODING 'UTF8')", params)) as copy:
        for data in copy:
            block.append(data)
            size += len(data)
            if size > PIECE:
                file.write(sheets.csv_of_copy(b"".join(block), pks))
                block, size = [], 0
    file.write(sheets.csv_of_copy(b"".join(block), pks))


def _cells(rows, pks):
    """The cells of `rows`, each on one line; the key at the end of each row goes to `pks`."""
    for *cells, pk in rows.iterator(chunk_size=2000):
        pks.append(pk)
        yield [sheets.one_line(cell) for cell in cells]


def _xlsx(export, header, rows, file, pks):
    right_to_left = translation.get_language_bidi()
    file.write(sheets.write_xlsx(header, _cells(rows, pks), right_to_left, notice(export)))


def _pdf(export, header, rows, file, pks):
    context = {"header": header, "rows": list(_cells(rows, pks))}
    file.write(_on_paper("pdf/export_list.html", export, context))


def _addresses(rows, pks):
    """[{name, lines}] for rows of ADDRESS."""
    for title, given, family, street, postcode, city, country in _cells(rows, pks):
        yield {
            "name": " ".join(filter(None, (title, given, family))),
            "lines": [street, f"{postcode} {city}".strip(), *filter(None, [country])],
        }


def _labels(export, header, rows, file, pks):
    file.write(_on_paper("pdf/export_labels.html", export, {"addresses": list(_addresses(rows, pks))}))


def _letters(export, header, rows, file, pks):
    context = {"addresses": list(_addresses(rows, pks)), **export.text, "day": timezone.localdate(export.created_at)}
    file.write(_on_paper("pdf/export_letters.html", export, context))


def _on_paper(template, export, context):
    return pdf.render(template, {"export": export, "notice": notice(export), **context}, export.language)


WRITERS = {Format.CSV: _csv, Format.XLSX: _xlsx, Format.PDF: _pdf, Format.LABELS: _labels, Format.LETTERS: _letters}


def pieces(export):
    """The file of `export`, piece by piece."""
    for pk in list(export.parts.values_list("pk", flat=True)):
        yield bytes(ExportPart.objects.values_list("content", flat=True).get(pk=pk))


def tidy(now):
    """Drop the files whose week is over; the rows that say who took out what stay."""
    ExportPart.objects.filter(export__created_at__lte=now - Export.KEPT).delete()


# "Please delete it": once, on the day an export should be gone.

LINK = Link("membership:export_deleted")


def deleted_address(export):
    """The full address of the page where its owner says that `export` is deleted; it holds a number and a signature."""
    return LINK.address(export.pk)


DELETED = gettext_noop("The list is deleted already.")
NO_ACCOUNT = gettext_noop("The account is closed.")


def remind(now):
    """Write the mails about lists that should be deleted by today; each list is asked about once. Returns how many are new."""
    due = Export.objects.overdue(timezone.localdate(now)).filter(expires_on__gt=timezone.localdate(now) - timedelta(days=90))
    rows = due.values_list("pk", "by_id").iterator(chunk_size=500)
    messages = [Message(kind="export", key=f"export:{pk}", payload={"export": pk}, recipient_id=by, due_at=now) for pk, by in rows]
    return len(enqueue(messages))


def load_reminders(messages, now):
    found = Export.objects.filter(pk__in=[message.payload["export"] for message in messages])
    return {export.pk: export for export in found.select_related("by", "unit", "purpose")}


def build_reminder(message, exports, now):
    export = exports.get(message.payload["export"])
    if export is None or export.deleted_at:
        return Skip(DELETED)
    if not export.by.is_active:
        return Skip(NO_ACCOUNT)
    context = {"export": export, "recipient_name": export.by.given_name, "deleted_url": deleted_address(export)}
    return render("export_reminder", context, export.by.language or export.unit.setting("language"), to=export.by.email)
