"""Duty sheets on paper: for each post and day the shifts with names and phones, whom to call, and room to sign and remark."""

from collections import defaultdict

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from branches.models import settings_of
from common import pdf
from planning.models import Duty, Shift

MOST = 400  # sheets in one run
BLANK = 2  # lines for whoever comes besides


def sheets(shifts, day=None):
    """[{"post", "day", "shifts": [Shift with its `there`]}] of `shifts` (a queryset), by day, unit and post. Three queries."""
    shifts = list(shifts.select_related("post__unit__kind", "post__election").order_by("starts_at", "pk"))
    there = defaultdict(list)
    for duty in Duty.objects.live().filter(shift__in=shifts).select_related("volunteer__member").order_by("starts_at", "pk"):
        there[duty.shift_id].append(duty)
    found = defaultdict(list)
    for shift in shifts:
        shift.there = there[shift.pk]
        shift.empty = range(max(shift.needed - len(shift.there), 0))
        found[timezone.localdate(shift.starts_at), shift.post.unit.path, shift.post.name, shift.post_id].append(shift)
    rows = [{"day": key[0], "post": rows[0].post, "shifts": rows, "blank": range(BLANK)} for key, rows in sorted(found.items(), key=lambda item: item[0])]
    rows = [row for row in rows if day in (None, row["day"])]
    numbers = settings_of({row["post"].unit for row in rows}, "emergency")
    return [row | {"emergency": numbers[row["post"].unit_id]} for row in rows]


def members_on(rows):
    """Keys of the members named on sheets."""
    return {duty.member_id for row in rows for shift in row["shifts"] for duty in shift.there}


def markup(row, on, language):
    with translation.override(language):
        return render_to_string("pdf/duty_sheet.html", {"party_name": settings.PARTY_NAME, "sheets": [row], "on": on})


def one(rows, on, language):
    """Accessible PDF of the sheets of one post as bytes. Raises pdf.TooLarge."""
    return pdf.render("pdf/duty_sheet.html", {"sheets": rows, "on": on}, language)


class _Sent:
    """A file that is sent while it is written."""

    def __init__(self):
        self.parts, self.length = [], 0

    def write(self, data):
        self.parts.append(bytes(data))
        self.length += len(data)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def tell(self):
        return self.length

    def take(self):
        taken, self.parts = b"".join(self.parts), []
        return taken


def pieces(rows, on, language):
    """All sheets `rows` as one PDF for paper, sheet by sheet: memory holds one of them. Raises pdf.TooLarge."""
    sent = _Sent()
    stack = pdf.Stack(sent)
    for row in rows:
        stack.add(markup(row, on, language))
        yield sent.take()
    stack.close()
    yield sent.take()


def kept_shifts(user, election):
    """Shifts of the posts `user` keeps in `election`."""
    return Shift.objects.editable_by(user).filter(post__election=election)
