"""Addresses of election plans, seen from the office."""

from django.urls import path

from planning import cover_views, election_views, filling_views, post_views, template_views

ELECTION = "elections/<int:pk>/"
TEMPLATE = "elections/templates/<int:pk>/"
urlpatterns = [
    path("elections/", election_views.election_list, name="election_list"),
    path("elections/of/<word:slug>/add/", election_views.election_add, name="election_add"),
    path(ELECTION, election_views.election_detail, name="election_detail"),
    path(ELECTION + "edit/", election_views.election_edit, name="election_edit"),
    path(ELECTION + "turn/", election_views.election_turn, name="election_turn"),
    path(ELECTION + "milestones/add/", election_views.election_milestone_add, name="election_milestone_add"),
    path("elections/milestones/<int:pk>/", election_views.election_milestone_edit, name="election_milestone_edit"),
    path("elections/milestones/<int:pk>/turn/", election_views.election_milestone_turn, name="election_milestone_turn"),
    path("elections/of/<word:slug>/templates/", template_views.election_template_list, name="election_template_list"),
    path("elections/of/<word:slug>/templates/copy/", template_views.election_template_copy, name="election_template_copy"),
    path(TEMPLATE, template_views.election_template, name="election_template"),
    path(TEMPLATE + "edit/", template_views.election_template_edit, name="election_template_edit"),
    path(TEMPLATE + "milestones/add/", template_views.template_milestone_add, name="template_milestone_add"),
    path(TEMPLATE + "milestones/<int:line>/", template_views.template_milestone_edit, name="template_milestone_edit"),
    path(TEMPLATE + "posts/add/", template_views.template_post_add, name="template_post_add"),
    path(TEMPLATE + "posts/<int:line>/", template_views.template_post_edit, name="template_post_edit"),
    path(ELECTION + "cover/", cover_views.election_cover, name="election_cover"),
    path(ELECTION + "posts/add/", post_views.post_add, name="post_add"),
    path("elections/posts/<int:pk>/", cover_views.post_detail, name="post_detail"),
    path("elections/posts/<int:pk>/edit/", post_views.post_edit, name="post_edit"),
    path("elections/posts/<int:pk>/copy/", post_views.post_copy, name="post_copy"),
    path("elections/posts/<int:pk>/shifts/add/", post_views.shift_add, name="shift_add"),
    path("elections/shifts/<int:pk>/", filling_views.shift_fill, name="shift_fill"),
    path("elections/shifts/<int:pk>/edit/", post_views.shift_edit, name="shift_edit"),
    path("elections/duties/<int:pk>/remove/", filling_views.duty_remove, name="duty_remove"),
    path(ELECTION + "volunteers/", filling_views.volunteer_list, name="volunteer_list"),
    path(ELECTION + "filling/", filling_views.filling_add, name="filling_add"),
    path("elections/fillings/<int:pk>/", filling_views.filling_detail, name="filling_detail"),
    path("elections/fillings/<int:pk>/take/", filling_views.filling_take, name="filling_take"),
]
