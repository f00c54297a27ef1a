"""Addresses of work plans."""

from django.urls import path

from planning import line_views, plan_views

PLAN = "plans/<word:slug>/<int:year>/"
urlpatterns = [
    path("plans/", plan_views.plan_list, name="plan_list"),
    path(PLAN, plan_views.plan_detail, name="plan_detail"),
    path(PLAN + "pdf/", plan_views.plan_pdf, name="plan_pdf"),
    path(PLAN + "copy/", plan_views.plan_copy, name="plan_copy"),
    path(PLAN + "submit/", plan_views.plan_submit, name="plan_submit"),
    path(PLAN + "withdraw/", plan_views.plan_withdraw, name="plan_withdraw"),
    path(PLAN + "answer/", plan_views.plan_answer, name="plan_answer"),
    path(PLAN + "activities/add/", line_views.activity_add, name="activity_add"),
    path(PLAN + "activities/<int:pk>/", line_views.activity_edit, name="activity_edit"),
    path(PLAN + "activities/<int:pk>/turn/", line_views.activity_turn, name="activity_turn"),
    path(PLAN + "activities/<int:pk>/remove/", line_views.activity_remove, name="activity_remove"),
    path(PLAN + "goals/add/", line_views.goal_add, name="goal_add"),
    path(PLAN + "goals/<int:pk>/", line_views.goal_edit, name="goal_edit"),
    path(PLAN + "goals/<int:pk>/reach/", line_views.goal_reach, name="goal_reach"),
    path(PLAN + "goals/<int:pk>/remove/", line_views.goal_remove, name="goal_remove"),
]
