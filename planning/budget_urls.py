"""Addresses of budgets, bookings and rules."""

from django.urls import path

from planning import budget_views as views

YEAR = "budgets/<word:slug>/<int:year>/"
RULE = YEAR + "rules/<int:pk>/"
urlpatterns = [
    path("budgets/", views.budget_list, name="budget_list"),
    path(YEAR, views.budget_detail, name="budget_detail"),
    path(YEAR + "pdf/", views.budget_pdf, name="budget_pdf"),
    path(YEAR + "close/", views.budget_close, name="budget_close"),
    path(YEAR + "book/", views.spending_add, name="spending_add"),
    path(YEAR + "take/", views.spending_take, name="spending_take"),
    path(YEAR + "bookings/<int:pk>/reverse/", views.spending_reverse, name="spending_reverse"),
    path(YEAR + "bookings/<int:pk>/receipt/", views.spending_receipt, name="spending_receipt"),
    path(YEAR + "rules/add/", views.rule_add, name="rule_add"),
    path(RULE, views.rule_detail, name="rule_detail"),
    path(RULE + "edit/", views.rule_edit, name="rule_edit"),
    path(RULE + "calculate/", views.rule_calculate, name="rule_calculate"),
    path(RULE + "approve/", views.rule_approve, name="rule_approve"),
    path(RULE + "copy/", views.rule_copy, name="rule_copy"),
    path(RULE + "remove/", views.rule_remove, name="rule_remove"),
]
