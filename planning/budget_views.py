"""Budgets: the list of units, the money of one unit and year with its bookings, and the rules it comes by."""

import uuid
from datetime import date

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, OuterRef, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit, UnitKind, settings_of
from branches.scope import Right, books, keeps_money, to_change
from common import pdf, prepared
from common.files import PDF, download
from common.keyset import page_of
from common.money import money
from common.toasts import say
from education.models import EventKind
from planning import budgets, plans, spending
from planning.budget_forms import RuleForm, SpendingForm
from planning.choosing import page_of_units, row_of, unit_and_year, year_of, years_around, years_beside
from planning.models import Activity, Budget, BudgetRule, BudgetShare, Receipt, Spending, YearClosed
from planning.plan_views import LANGUAGES

FORM = ["GET", "HEAD", "POST"]
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
        return BudgetRule.objects.visible_to(request.user).filter(year=year).select_related("unit__kind").order_by("unit__path", "-pk")[:20]

    def ruling(today):
        kept = Unit.objects.visible_to(request.user).open(today).filter(keeps_money(request.user, "path"), numchild__gt=0)
        return kept.select_related("kind").order_by("depth", "path")[:5]

    numbers = [{"label": label, "kind": "number"} for label in (_("Share"), _("Planned"), _("Spent"))]
    context = {
        "page": page,
        "rows": _rows(page.rows, year),
        "columns": [{"label": _("Unit")}, *numbers, {"label": _("Spent of what is there")}],
        "year": year,
        "years": years_around(year),
        "name": request.GET.get("q", ""),
        "rules": prepared.fetch(("rules", request.user.reach, year), rules, [today]),
        "ruling": prepared.fetch(("ruling", request.user.reach, frozenset((a.unit.path, a.below) for a in request.user.appointments_now if books(a))), ruling, [today]),
    }
    context["drawn_from"] = (
        *(year, context["name"], tuple((one.pk, one.name, one.state, one.unit.full_name) for one in context["rules"])),
        tuple((one.slug, one.full_name) for one in context["ruling"]),
    )
    return render(request, "planning/budget_list.html", context)


def _rows(units, year):
    """Rows of a table of units for `units` (values): what each gets, plans and has spent."""
    sums, currencies = spending.sums([unit.pk for unit in units], year), settings_of(units, "currency")
    base, language, overrun = reverse("planning:budget_list"), get_language(), (_("overrun"), "late")
    rows = []
    for unit in units:
        found, currency = sums[unit.pk], currencies[unit.pk]
        whole, spent = found["planned"] if found["share"] is None else found["share"], found["spent"]
        bar = {"kind": "bar", "part": spent, "whole": whole or spent, "tone": spending.tone(spent, whole), "pill": overrun if spent > whole else None}
        cells = [{"text": money(cents, currency) or "–"} for cents in found.values()]
        rows.append(row_of(unit, base, year, [*cells, bar if whole or spent else {}], language))
    return rows


@login_required
@require_safe
def budget_detail(request, slug, year):
    """What a unit gets and why, what it plans and spent by line, what waits to be booked, and every booking."""
    unit = unit_and_year(request, slug, year)
    keeps = request.user.keeps_money_at(unit.path)
    bookings = Spending.objects.visible_to(request.user).filter(budget__unit=unit, budget__year=year).with_counter()
    bookings = bookings.select_related("kind", "activity", "by", "receipt").defer("receipt__content")
    page = page_of(bookings, ("-on", "-pk"), request.GET, PAGE)
    budget = Budget.objects.visible_to(request.user).filter(unit=unit, year=year).first()
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
        line["left"] = line["planned"] - line["spent"]
    whole = planned if given is None else given
    return {
        "unit": unit,
        "year": year,
        "currency": currency,
        "shares": shares,
        "lines": lines,
        "whole": whole,
        "spent": spent,
        "over": [line for line in lines if line["left"] < 0],
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
    language = request.GET.get("language")
    language = language if language in LANGUAGES else translation.get_language()[:2]
    with translation.override(language):
        context = {**overview(unit, year), "today": timezone.localdate()}
    content = pdf.render("pdf/budget.html", context, language)
    return download(f"{unit.slug}-budget-{year}.pdf", content, PDF)


# --- bookings ---------------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(FORM)
def spending_add(request, slug, year):
    unit, today = keeper(request, slug, year), timezone.localdate()
    activities = Activity.objects.filter(plan__unit=unit, plan__year=year).exclude(state=Activity.State.DROPPED)
    instance = Spending(budget=Budget(unit=unit, year=year))
    initial = {"on": today, "activity": request.GET.get("activity")}
    form = SpendingForm(request.POST or None, request.FILES or None, instance=instance, activities=activities, today=today, initial=initial)
    if form.is_valid():
        try:
            booked = form.book(request.user, timezone.now())
            say(request, _("Booked: %(text)s.") % {"text": booked})
            return redirect("planning:budget_detail", slug, year)
        except YearClosed as error:
            form.add_error(None, error)
    return render(request, "planning/spending_form.html", {"unit": unit, "year": year, "form": form}, status=422 if form.errors else 200)


def posted_key(request):
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


@login_required
@require_POST
def spending_take(request, slug, year):
    """Book what a settled event (POST event) costs the unit."""
    unit = keeper(request, slug, year)
    event = request.POST.get("event", "")
    pk = int(event) if event.isascii() and event.isdigit() and len(event) < 19 else 0
    try:
        booked = spending.take(unit, year, pk, request.user, timezone.now(), timezone.localdate(), posted_key(request))
        say(request, _("Booked: %(text)s.") % {"text": booked} if booked else _("There is nothing left to book for this event."))
    except YearClosed as error:
        say(request, " ".join(error.messages))
    return redirect("planning:budget_detail", slug, year)


def booking_of(request, slug, year, pk):
    """A booking of the unit and year of the address, which the person keeps. 404, 403."""
    unit_and_year(request, slug, year)
    return to_change(request.user, Spending.objects.select_related("budget__unit"), pk=pk, budget__unit__slug=slug, budget__year=year)


@login_required
@require_POST
def spending_reverse(request, slug, year, pk):
    """Take a booking back by its opposite, with a reason."""
    booking, why = booking_of(request, slug, year, pk), request.POST.get("reason", "").strip()[:160]
    if booking.reverses_id or not why:
        say(request, _("Please say why it is taken back.") if not why else _("A counter booking stays; book anew instead."))
        return redirect("planning:budget_detail", slug, year)
    try:
        booking.take_back(_("Taken back: %(why)s") % {"why": why}, request.user, timezone.now(), timezone.localdate())
        say(request, _("Taken back by a counter booking: %(text)s.") % {"text": booking})
    except YearClosed as error:
        say(request, " ".join(error.messages))
    return redirect("planning:budget_detail", slug, year)


@login_required
@require_safe
def spending_receipt(request, slug, year, pk):
    """The file behind a booking, for those who keep the money: receipts name people."""
    booking = booking_of(request, slug, year, pk)
    receipt = get_object_or_404(Receipt, spending=booking)
    return download(receipt.name, bytes(receipt.content))


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


# --- rules ------------------------------------------------------------------------------------------------------------


def rule_of(request, slug, year, pk, write=False):
    """A rule of the unit and year of the address. 404; with `write` 403 for who does not keep the unit's money."""
    rules = BudgetRule.objects.visible_to(request.user).select_related("unit__kind", "approved_by")
    rule = get_object_or_404(rules, pk=pk, unit__slug=slug, year=year)
    if write and not request.user.keeps_money_at(rule.unit.path):
        raise PermissionDenied
    return rule


def to_rule(rule):
    return redirect("planning:rule_detail", rule.unit.slug, rule.year, rule.pk)


@login_required
@require_http_methods(FORM)
def rule_add(request, slug, year):
    """Write a rule for the units below."""
    unit = keeper(request, slug, year)
    if unit.is_leaf():
        raise Http404
    today = timezone.localdate()
    counting = date(min(year, today.year), 1, 1)
    new = BudgetRule(unit=unit, year=year, by=request.user, created_at=timezone.now(), counting_on=counting, statuses=["full"])
    below = UnitKind.objects.filter(leads_members=True, is_section=False)
    initial = {"name": _("Budget %(year)s") % {"year": year}, "kinds": [kind.pk for kind in below]}
    return rule_page(request, RuleForm(request.POST or None, instance=new, initial=initial), unit, year)


@login_required
@require_http_methods(FORM)
def rule_edit(request, slug, year, pk):
    rule = rule_of(request, slug, year, pk, write=True)
    if not rule.is_open:
        return to_rule(rule)
    return rule_page(request, RuleForm(request.POST or None, instance=rule), rule.unit, year, rule)


def rule_page(request, form, unit, year, rule=None):
    if form.is_valid() and form.store():
        calculated(request, form.instance)
        return to_rule(form.instance)
    return render(request, "planning/rule_form.html", {"form": form, "unit": unit, "year": year, "rule": rule}, status=422 if form.errors else 200)


def calculated(request, rule):
    """Calculate the shares and say how it went."""
    try:
        budgets.calculate(rule, timezone.now())
        say(request, _("The shares are calculated. Nothing counts before the rule is approved."))
    except budgets.Impossible:
        say(request, _("Between the least and the highest share there is no way to reach the total. Please change one of them."))
    except ValidationError as error:
        say(request, " ".join(error.messages))


@login_required
@require_safe
def rule_detail(request, slug, year, pk):
    """A rule in words, its shares of all units side by side, each explained, beside those of another rule (`with`)."""
    rule, user, today = rule_of(request, slug, year, pk), request.user, timezone.localdate()
    currency, kinds = rule.unit.setting("currency"), kinds_by_pk()
    others = list(BudgetRule.objects.visible_to(user).filter(unit=rule.unit, year__in=(year - 1, year)).exclude(pk=pk).exclude(state="draft")[:20])
    other = next((one for one in others if str(one.pk) == request.GET.get("with")), None)
    other = other or next((one for one in others if one.year == year - 1 and not one.is_open), None)
    shares = BudgetShare.objects.visible_to(user).filter(rule=rule).select_related("unit__kind").annotate(path=F("unit__path"))
    if other:
        theirs = BudgetShare.objects.visible_to(user).filter(rule=other, unit=OuterRef("unit"))
        shares = shares.annotate(other=Subquery(theirs.values("cents")))
    page = page_of(shares, ("path", "pk"), request.GET, PAGE)
    for share in page.rows:
        share.words = [budgets.say(line, rule, kinds, currency) for line in share.lines]
        share.text = money(share.cents, currency)
        if other:
            share.was = money(share.other, currency) or "–"
            share.more = share.cents - (share.other or 0)
            share.difference = budgets.signed(share.more, currency)
    totals = budgets.totals(rule)
    keeps = user.keeps_money_at(rule.unit.path)
    context = {
        "rule": rule,
        "unit": rule.unit,
        "year": year,
        "words": list(budgets.in_words(rule, kinds, {kind.pk: kind for kind in UnitKind.objects.all()}, currency)),
        "page": page,
        "other": other,
        "others": others,
        "figures": rule_figures(rule, totals, other, currency),
        "keeps": keeps and rule.is_open,
        "copies": keeps,
        "approves": rule.is_open and user.right_on(rule.unit) >= Right.LEAD and rule.why_not_approved(today),
        "may_approve": rule.is_open and user.right_on(rule.unit) >= Right.LEAD and not rule.why_not_approved(today),
        "steps": [{"label": _("The rule")}, {"label": _("The shares")}, {"label": _("Approved")}],
        "current": {"draft": 1, "simulated": 2}.get(rule.state, 3),
        "all_seen": user.right_on(rule.unit) >= Right.SEE,
        "year_text": f"?year={year}",
    }
    return render(request, "planning/rule_detail.html", context)


def rule_figures(rule, totals, other, currency):
    figures = [
        {"label": _("Units"), "value": totals["units"]},
        {"label": _("Registered members"), "value": totals["members"], "sub": budgets.counted(rule)},
        {"label": _("All shares together"), "value": money(totals["cents"], currency), "tone": "long"},
    ]
    if rule.total_cents is not None and rule.state != BudgetRule.State.DRAFT:
        figures.append({"label": _("Before scaling"), "value": money(rule.raw_cents, currency), "tone": "long"})
    if other:
        figures.append({"label": str(other), "value": money(budgets.totals(other)["cents"], currency), "tone": "long"})
    return figures


@login_required
@require_POST
def rule_calculate(request, slug, year, pk):
    """Calculate the shares anew: with the plans approved since."""
    rule = rule_of(request, slug, year, pk, write=True)
    calculated(request, rule)
    return to_rule(rule)


@login_required
@require_POST
def rule_approve(request, slug, year, pk):
    """Who leads the unit approves the rule; the shares stay as they are."""
    rule = rule_of(request, slug, year, pk)
    if request.user.right_on(rule.unit) < Right.LEAD:
        raise PermissionDenied
    version = request.POST.get("version", "")
    rule.version = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    try:
        done = rule.approve(request.user, timezone.now(), timezone.localdate())
        say(request, _("The rule is approved, the shares count from now on.") if done else _("The rule changed meanwhile; please look again."))
    except ValidationError as error:
        say(request, " ".join(error.messages))
    return to_rule(rule)


@login_required
@require_POST
def rule_copy(request, slug, year, pk):
    """A variant of the rule to compare it with, or (POST next=1) the rule of the next year."""
    rule = rule_of(request, slug, year, pk, write=True)
    if request.POST.get("next") and year + 1 in plans.YEARS:
        copied = budgets.variant(rule, year + 1, _("Budget %(year)s") % {"year": year + 1}, request.user, timezone.now())
    else:
        copied = budgets.variant(rule, year, _("%(name)s, changed") % {"name": rule}, request.user, timezone.now())
    return redirect(reverse("planning:rule_edit", args=[slug, copied.year, copied.pk]))


@login_required
@require_POST
def rule_remove(request, slug, year, pk):
    """Throw a draft away."""
    rule = rule_of(request, slug, year, pk, write=True)
    if rule.is_open:
        rule.delete()
        say(request, _("Removed: %(line)s.") % {"line": rule})
    return redirect(f"{reverse('planning:budget_list')}?year={year}")
