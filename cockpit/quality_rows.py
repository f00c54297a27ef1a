"""How quality looks on a page: shares with their cases and intervals, units beside each other, in the reader's language."""

from urllib.parse import quote

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cockpit import quality
from cockpit.models import Share
from cockpit.rows import END, LEFT_TO_RIGHT, day, days, number, percent, words
from onboarding.models import Step


class Table:
    """Draws rows of QualityMonth beside `whole`, the unit they are part of; steps: {pk: Step} that are named."""

    def __init__(self, whole, month, steps):
        self.whole, self.month, self.steps, self.say = whole, month, steps, words()

    def link(self, unit, key):
        return f"{reverse('cockpit:quality_cases', args=[quote(unit.slug)])}?figure={key}&month={self.month.first:%Y-%m}"

    def share(self, row, name, part, label, good=True):
        """A share with its cases and its interval; what lies apart from the whole says so, few cases are marked.

        good: whether more is better.
        """
        share, of = row.share(name, part), self.whole.share(name, part)
        if not share.whole:
            return {"kind": "", "label": label, "text": "–"}
        low, high = quality.wilson(*share)
        notes = [
            _("%(part)s of %(whole)s") % {"part": number(share.part), "whole": number(share.whole)},
            _("%(low)s to %(high)s %%")
            % {"low": f"{LEFT_TO_RIGHT}{round(100 * low)}{END}", "high": f"{LEFT_TO_RIGHT}{round(100 * high)}{END}"},
        ]
        word = "" if row is self.whole else quality.verdict(*share, of)
        if share.whole < quality.FEW:
            notes.append(_("few cases"))
        elif word:
            notes.append(_("clearly more than the whole") if word == "better" else _("clearly less than the whole"))
        tone = "calm" if not word else "ok" if (word == "better") == good else "late"
        url = self.link(row.unit, f"{name}:all")
        return {
            "kind": "share", "label": label, "parts": [(share.part, tone), (share.missed, "rest")],
            "text": percent(share, self.say), "sub": " · ".join(notes), "url": url,
        }  # fmt: skip

    def median(self, row, label):
        """Median days to the first contact of all who were owed one, with its interval."""
        middle, low, high = quality.median_days(row.counts)
        cases = row.counts.get("contact:all", 0)
        if not cases:
            return {"kind": "", "label": label, "text": "–"}
        span = {"low": self.days(low), "high": self.days(high), "cases": number(cases)}
        sub = ngettext("%(cases)s case", "%(cases)s cases", cases) % span + " · " + _("%(low)s to %(high)s") % span
        if cases < quality.FEW:
            sub += " · " + _("few cases")
        text = _("more than half not reached") if middle is None else days(middle, self.say)
        return {"kind": "", "label": label, "text": text, "sub": sub, "url": self.link(row.unit, "contact:all")}

    def days(self, value):
        return _("not reached") if value is None else number(value)

    def left(self, row, label):
        """The step most often left undone."""
        found = quality.most_left(row.counts)
        if not found or found[0] not in self.steps:
            return {"kind": "", "label": label, "text": "–"}
        pk, part, whole = found
        sub = _("%(percent)s, %(part)s of %(whole)s") % {
            "percent": percent(Share(part, whole), self.say), "part": number(part), "whole": number(whole),
        }  # fmt: skip
        if whole < quality.FEW:
            sub += " · " + _("few cases")
        return {"kind": "", "label": label, "text": str(self.steps[pk]), "sub": sub, "url": self.link(row.unit, f"left:{pk}:open")}

    def _table(self, rows, order, heads, cells):
        """Units beside each other, the whole first: {columns, rows}; cells(row) draws those of a unit."""
        month = f"{self.month.first:%Y-%m}"
        found = [
            {
                "name": row.unit.name,
                "url": f"{reverse('cockpit:quality_page', args=[quote(row.unit.slug)])}?month={month}",
                "cells": cells(row),
            }
            for row in [self.whole, *sorted(rows, key=order)]
        ]
        return {"columns": [{"label": _("Unit")}, *({"label": head} for head in heads)], "rows": found}

    def arriving(self, rows, order):
        heads = [_("First contact in time"), _("Days to the first contact"), _("Most often left undone")]
        return self._table(
            rows, order, heads,
            lambda row: [self.share(row, "contact", "in_time", heads[0]), self.median(row, heads[1]), self.left(row, heads[2])],
        )  # fmt: skip

    def staying(self, rows, order):
        heads = [stays(12), stays(24), _("Nobody reached for a year")]
        return self._table(
            rows, order, heads,
            lambda row: [
                self.share(row, "stay12", "still", heads[0]), self.share(row, "stay24", "still", heads[1]),
                self.share(row, "quiet", "quiet", heads[2], good=False),
            ],
        )  # fmt: skip

    def by_step(self, rows, order):
        """Done in time per locked step, units beside each other; None without such a step."""
        pks = [pk for pk, step in self.steps.items() if step.locked and f"step:{pk}:all" in self.whole.counts]
        if not pks:
            return None
        heads = [str(self.steps[pk]) for pk in pks]
        return self._table(
            rows, order, heads, lambda row: [self.share(row, f"step:{pk}", "in_time", head) for pk, head in zip(pks, heads, strict=True)]
        )

    def cohorts(self):
        """Still member after 12 and 24 months, by whether the journey was done and whether there was a mentor."""
        names = {
            "stay": _("All who joined"),
            "done": _("Journey done after seven months"),
            "undone": _("Journey not done after seven months"),
            "mentor": _("With a mentor"),
            "alone": _("Without a mentor"),
        }
        heads = [{"label": _("Who")}, *({"label": stays(months)} for months in quality.MONTHS)]
        rows = [
            {
                "name": words_of,
                "url": "",
                "cells": [self.share(self.whole, f"{name}{months}", "still", stays(months)) for months in quality.MONTHS],
            }
            for name, words_of in names.items()
        ]
        return {"columns": heads, "rows": rows}


def stays(months):
    return ngettext("Still member after %(n)s month", "Still member after %(n)s months", months) % {"n": months}


def by_name(row):
    return row.unit.name.casefold()


def by_lower_bound(name, part):
    """Order by what a share is at least, the highest first: a lucky few cases do not lead. Units without cases last."""

    def order(row):
        found = quality.wilson(*row.share(name, part))
        return (-found[0] if found else 1), by_name(row)

    return order


ORDERS = {
    "name": by_name,
    "contact": by_lower_bound("contact", "in_time"),
    "stay12": by_lower_bound("stay12", "still"),
}


def orders(chosen):
    """The ways to order the units: [{"label", "value", "current"}]."""
    labels = {"name": _("by name"), "contact": _("by first contact, what it is at least"), "stay12": _("by staying, what it is at least")}
    return [{"value": value, "label": label, "current": value == chosen} for value, label in labels.items()]


def steps_named(rows):
    """{pk: Step} of all steps that the counts of `rows` name, in the order of their standards."""
    pks = {int(key.split(":")[1]) for row in rows for key in row.counts if key.startswith(("step:", "left:"))}
    found = Step.objects.filter(pk__in=pks).order_by("standard__unit__path", "position", "pk")
    return {step.pk: step for step in found}


def title(key):
    """What the people behind the figure `key` have in common."""
    stem = key.rpartition(":")[0]
    name, _colon, step = stem.partition(":")
    if step:
        step = Step.objects.filter(pk=step).first()
        return str(step) if name == "step" else _("Not done: %(step)s") % {"step": step}
    return {
        "contact": _("First contact"), "quiet": _("Nobody reached for a year"), "stay": _("All who joined"), "done": _("Journey done after seven months"),
        "undone": _("Journey not done after seven months"), "mentor": _("With a mentor"), "alone": _("Without a mentor"),
    }[name.rstrip("0123456789")]  # fmt: skip


def outcomes(key):
    """The parts of a figure: [(outcome, words)]."""
    name = key.split(":")[0].rstrip("0123456789")
    part = {
        "contact": ("in_time", _("In time")),
        "step": ("in_time", _("In time")),
        "left": ("open", _("Not done")),
        "quiet": ("quiet", _("Not reached")),
    }
    missed = {"contact": _("Not in time"), "step": _("Not in time"), "left": _("Done"), "quiet": _("Reached")}
    return [("all", _("All")), part.get(name, ("still", _("Still member"))), ("missed", missed.get(name, _("No longer member")))]


def notes(month):
    """How to read the figures: a sentence each."""
    dates = {"since": day(month.since), "until": day(month.until)}
    return [
        sentence % dates
        for sentence in (
            _(
                "Counted is what fell due from %(since)s to %(until)s, as it was known at the end of %(until)s; it does not change any more."
            ),
            _("People count where they had their home on %(until)s. Sections stand beside: they are not added to the total."),
            _(
                "Behind each share stands from where to where it may lie by chance: in 95 of 100 cases the true value is inside (Wilson's interval)."
            ),
            _("A unit is called clearly more or less only where its interval and that of the whole lie apart, with ten cases at least."),
            _(
                "Days to the first contact: the middle one of all who were owed a contact; who was not reached counts as longer than all others."
            ),
            _("Left undone: not done by %(until)s, or set as not needed."),
            _(
                "Still member: of those known within two months of joining; who died is left out. By journey and mentor: of those still members after seven months."
            ),
        )
    ]
