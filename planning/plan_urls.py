"""Addresses of work plans."""

from django.urls import path

from planning import plan_views as views

PLAN = "plans/<word:slug>/<int:year>/"
urlpatterns = [
    path("plans/", views.plan_list, name="plan_list"),
    path(PLAN, views.plan_detail, name="plan_detail"),
    path(PLAN + "pdf/", views.plan_pdf, name="plan_pdf"),
    path(PLAN + "copy/", views.plan_copy, name="plan_copy"),
    path(PLAN + "submit/", views.plan_submit, name="plan_submit"),
    path(PLAN + "withdraw/", views.plan_withdraw, name="plan_withdraw"),
    path(PLAN + "answer/", views.plan_answer, name="plan_answer"),
    path(PLAN + "activities/add/", views.activity_add, name="activity_add"),
    path(PLAN + "activities/<int:pk>/", views.activity_edit, name="activity_edit"),
    path(PLAN + "activities/<int:pk>/turn/", views.activity_turn, name="activity_turn"),
    path(PLAN + "activities/<int:pk>/remove/", views.activity_remove, name="activity_remove"),
    path(PLAN + "goals/add/", views.goal_add, name="goal_add"),
    path(PLAN + "goals/<int:pk>/", views.goal_edit, name="goal_edit"),
    path(PLAN + "goals/<int:pk>/reach/", views.goal_reach, name="goal_reach"),
    path(PLAN + "goals/<int:pk>/remove/", views.goal_remove, name="goal_remove"),
]
