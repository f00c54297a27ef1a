"""Addresses of budgets, bookings and rules."""

from django.urls import path

from planning import budget_views, rule_views, spending_views

YEAR = "budgets/<word:slug>/<int:year>/"
RULE = YEAR + "rules/<int:pk>/"
urlpatterns = [
    path("budgets/", budget_views.budget_list, name="budget_list"),
    path(YEAR, budget_views.budget_detail, name="budget_detail"),
    path(YEAR + "pdf/", budget_views.budget_pdf, name="budget_pdf"),
    path(YEAR + "close/", budget_views.budget_close, name="budget_close"),
    path(YEAR + "book/", spending_views.spending_add, name="spending_add"),
    path(YEAR + "take/", spending_views.spending_take, name="spending_take"),
    path(YEAR + "bookings/<int:pk>/reverse/", spending_views.spending_reverse, name="spending_reverse"),
    path(YEAR + "bookings/<int:pk>/receipt/", spending_views.spending_receipt, name="spending_receipt"),
    path(YEAR + "rules/add/", rule_views.rule_add, name="rule_add"),
    path(RULE, rule_views.rule_detail, name="rule_detail"),
    path(RULE + "edit/", rule_views.rule_edit, name="rule_edit"),
    path(RULE + "calculate/", rule_views.rule_calculate, name="rule_calculate"),
    path(RULE + "approve/", rule_views.rule_approve, name="rule_approve"),
    path(RULE + "copy/", rule_views.rule_copy, name="rule_copy"),
    path(RULE + "remove/", rule_views.rule_remove, name="rule_remove"),
]
