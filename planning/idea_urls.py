"""Addresses of ideas and projects."""

from django.urls import path

from planning import idea_views as ideas
from planning import project_views as projects

PROJECT = "projects/<int:pk>/"
urlpatterns = [
    path("ideas/", ideas.idea_list, name="idea_list"),
    path("ideas/add/<word:slug>/", ideas.idea_add, name="idea_add"),
    path("ideas/<int:pk>/", ideas.idea_detail, name="idea_detail"),
    path("ideas/<int:pk>/edit/", ideas.idea_edit, name="idea_edit"),
    path("ideas/<int:pk>/support/", ideas.idea_support, name="idea_support"),
    path("ideas/<int:pk>/adopt/", ideas.idea_adopt, name="idea_adopt"),
    path("ideas/<int:pk>/withdraw/", ideas.idea_withdraw, name="idea_withdraw"),
    path("projects/", projects.project_list, name="project_list"),
    path("projects/add/<word:slug>/", projects.project_add, name="project_add"),
    path(PROJECT, projects.project_detail, name="project_detail"),
    path(PROJECT + "edit/", projects.project_edit, name="project_edit"),
    path(PROJECT + "turn/", projects.project_turn, name="project_turn"),
    path(PROJECT + "report/", projects.project_report, name="project_report"),
    path(PROJECT + "pdf/", projects.project_pdf, name="project_pdf"),
    path(PROJECT + "milestones/add/", projects.milestone_add, name="milestone_add"),
    path(PROJECT + "milestones/<int:line>/", projects.milestone_edit, name="milestone_edit"),
    path(PROJECT + "milestones/<int:line>/done/", projects.milestone_done, name="milestone_done"),
    path(PROJECT + "costs/add/", projects.project_cost_add, name="project_cost_add"),
    path(PROJECT + "costs/<int:line>/", projects.project_cost_edit, name="project_cost_edit"),
]
