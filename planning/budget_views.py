"""Budgets: the list of units, and the money of one unit and year with its bookings."""

import uuid
from functools import cache

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.models import full_name, setting_question
from branches.scope import books
from common import pdf, prepared
from common.files import PDF, download
from common.keyset import page_of
from common.labels import localized
from common.languages import spoken
from common.money import money
from common.toasts import say
from education.models import EventKind
from planning import budgets, plans, spending
from planning.choosing import page_of_units, row_of, unit_and_year, year_of, years_around, years_beside
from planning.models import Budget, BudgetRule, Spending

PAGE = 30  # bookings and shares on a page


def keeper(request, slug, year):
    """The unit of the address, whose money the person keeps. 404, 403."""
    unit = unit_and_year(request, slug, year)
    if not request.user.keeps_money_at(unit.path):
        raise PermissionDenied
    return unit


@login_required
@require_safe
def budget_list(request):
    """Share, plan and spending of a year of all units one sees; above them the rules one may read."""
    today = timezone.localdate()
    year = year_of(request, today)
    page = page_of_units(request, year, today, ())

    def rules(_today):
        found = BudgetRule.objects.visible_to(request.user).filter(year=year).order_by("unit__path", "-pk")
        return found.values_list("pk", "name", "state", "unit__slug", "unit__name", "unit__kind__labels")[:20]

    units = [unit.pk for unit in page.rows], [unit.path for unit in page.rows]
    sums, currencies, rules = prepared.together(
        spending.sums_question(units[0], year), setting_question(units[1], "currency"), prepared.question(("rules", request.user.reach, year), rules, [today]),
    )  # fmt: skip
    # For others one keeps the money of too, the way leads over their own page.
    ruling = {a.unit for a in request.user.appointments_now if books(a) and not a.unit.is_leaf() and not (a.unit.closed_on and a.unit.closed_on <= today)}
    numbers = [{"label": label, "kind": "number"} for label in (_("Share"), _("Planned"), _("Spent"))]
    context = {
        "page": page,
        "rows": _rows(page.rows, year, sums, currencies),
        "columns": [{"label": _("Unit")}, *numbers, {"label": _("Spent of what is there")}],
        "year": year,
        "years": years_around(year),
        "name": request.GET.get("q", ""),
        "rules": [(pk, name, slug, full_name(unit, localized(labels)), BudgetRule.State(state).label, BudgetRule.TONES[state]) for pk, name, state, slug, unit, labels in rules],
        "ruling": [(unit.slug, unit.full_name) for unit in sorted(ruling, key=lambda unit: unit.path)],
    }
    context["drawn_from"] = (year, context["name"], *context["rules"], *context["ruling"])
    return render(request, "planning/budget_list.html", context)


def _rows(units, year, sums, currencies):
    """Rows of a table of units for `units` (values): what each gets, plans and has spent (spending.sums), in the currency at each path."""
    base, language, overrun = reverse("planning:budget_list"), get_language(), (_("overrun"), "late")
    rows, text = [], cache(lambda cents, currency: {"text": money(cents, currency) or "–"})
    for unit in units:
        found, currency = sums[unit.pk], currencies[unit.path]
        whole, spent = found["planned"] if found["share"] is None else found["share"], found["spent"]
        bar = {"kind": "bar", "part": spent, "whole": whole or spent, "tone": spending.tone(spent, whole), "pill": overrun if spent > whole else None}
        cells = [text(cents, currency) for cents in found.values()]
        rows.append(row_of(unit, base, year, [*cells, bar if whole or spent else {}], language))
    return rows


@login_required
@require_safe
def budget_detail(request, slug, year):
    """What a unit gets and why, what it plans and spent by line, what waits to be booked, and every booking."""
    unit = unit_and_year(request, slug, year)
    keeps = request.user.keeps_money_at(unit.path)
    bookings = Spending.objects.filter(budget__unit=unit, budget__year=year).with_counter()
    bookings = bookings.select_related("kind", "activity", "by", "receipt").defer("receipt__content")
    page = page_of(bookings, ("-on", "-pk"), request.GET, PAGE)
    budget = Budget.objects.filter(unit=unit, year=year).first()
    open_ = budget is None or not budget.closed_at
    context = {
        **overview(unit, year),
        "page": page,
        "budget": budget,
        "keeps": keeps,
        "books": keeps and open_,
        "turns": list(budget.turns.select_related("by")) if budget else [],
        "reopens": not open_ and plans.may_approve(request.user, unit),
        "proposals": spending.proposals(unit, year) if keeps and open_ else [],
        "key": uuid.uuid4(),
        "years": years_beside(year),
        "year_text": f"?year={year}",
        "rules_here": keeps and not unit.is_leaf(),
    }
    return render(request, "planning/budget_detail.html", context)


def overview(unit, year):
    """What page and PDF show of the money of a unit: shares with their lines in words, the lines of the budget, the sums."""
    currency = unit.setting("currency")
    lines, shares = spending.lines_of(unit, year), budgets.allocated(unit, year)
    kinds = kinds_by_pk()
    for share in shares:
        share.words = [budgets.say(line, share.rule, kinds, currency) for line in share.lines]
        share.text = money(share.cents, currency)
    given = sum(share.cents for share in shares) if shares else None
    planned, spent = sum(line["planned"] for line in lines), sum(line["spent"] for line in lines)
    for line in lines:
        line["tone"] = spending.tone(line["spent"], line["planned"])
        line["left"], line["whole"] = line["planned"] - line["spent"], line["planned"] or line["spent"]
    whole = planned if given is None else given
    return {
        "unit": unit,
        "year": year,
        "currency": currency,
        "shares": shares,
        "lines": lines,
        "whole": whole,
        "spent": spent,
        "over": ", ".join(str(line["kind"] or _("everything else")) for line in lines if line["left"] < 0),
        "overrun": money(spent - whole, currency) if spent > whole else "",
        "figures": [
            {"label": _("Share by the rule"), "value": money(given, currency) if shares else "–", "tone": "long"},
            {"label": _("Planned"), "value": money(planned, currency), "tone": "long amber" if given is not None and planned > given else "long"},
            {"label": _("Spent"), "value": money(spent, currency), "tone": "long"},
            {"label": pgettext("money", "Left"), "value": money(whole - spent, currency), "tone": "long late" if spent > whole else "long ok"},
        ],
    }


def kinds_by_pk():
    return {kind.pk: str(kind) for kind in EventKind.objects.all()}


@login_required
@require_safe
def budget_pdf(request, slug, year):
    """The money of a unit with its explanation, in the reader's language or that of `language`."""
    unit = unit_and_year(request, slug, year)
    language = spoken(request.GET.get("language"))
    with translation.override(language):
        context = {**overview(unit, year), "today": timezone.localdate()}
    content = pdf.render("pdf/budget.html", context, language)
    return download(f"{unit.slug}-budget-{year}.pdf", content, PDF)


@login_required
@require_POST
def budget_close(request, slug, year):
    """Close the year: nothing is booked any more. Who leads the unit above opens it again (POST back=1)."""
    unit = unit_and_year(request, slug, year)
    back = bool(request.POST.get("back"))
    if not (plans.may_approve(request.user, unit) if back else request.user.keeps_money_at(unit.path)):
        raise PermissionDenied
    (Budget.reopen if back else Budget.close)(unit, year, request.user, timezone.now())
    say(request, _("The year is open again.") if back else _("The year is closed."))
    return redirect("planning:budget_detail", slug, year)
