"""The rules a district shares its money out by: written, calculated for all units, compared, approved."""

from datetime import date

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, OuterRef, Subquery
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import UnitKind
from branches.scope import Right
from common.keyset import page_of
from common.money import money
from common.toasts import say
from planning import budgets, plans
from planning.budget_forms import RuleForm
from planning.budget_views import PAGE, keeper, kinds_by_pk
from planning.models import BudgetRule, BudgetShare

FORM = ["GET", "HEAD", "POST"]


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
        theirs = BudgetShare.objects.filter(rule=other, unit=OuterRef("unit"))
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
    if rule.remove():
        say(request, _("Removed: %(line)s.") % {"line": rule})
    return redirect(f"{reverse('planning:budget_list')}?year={year}")
