"""Addresses of election plans, seen from the office."""

from django.urls import path

from planning import election_views as views
from planning import post_views as posts

ELECTION = "elections/<int:pk>/"
TEMPLATE = "elections/templates/<int:pk>/"
urlpatterns = [
    path("elections/", views.election_list, name="election_list"),
    path("elections/of/<word:slug>/add/", views.election_add, name="election_add"),
    path(ELECTION, views.election_detail, name="election_detail"),
    path(ELECTION + "edit/", views.election_edit, name="election_edit"),
    path(ELECTION + "turn/", views.election_turn, name="election_turn"),
    path(ELECTION + "milestones/add/", views.election_milestone_add, name="election_milestone_add"),
    path("elections/milestones/<int:pk>/", views.election_milestone_edit, name="election_milestone_edit"),
    path("elections/milestones/<int:pk>/turn/", views.election_milestone_turn, name="election_milestone_turn"),
    path("elections/of/<word:slug>/templates/", views.election_template_list, name="election_template_list"),
    path("elections/of/<word:slug>/templates/copy/", views.election_template_copy, name="election_template_copy"),
    path(TEMPLATE, views.election_template, name="election_template"),
    path(TEMPLATE + "edit/", views.election_template_edit, name="election_template_edit"),
    path(TEMPLATE + "milestones/add/", views.template_milestone_add, name="template_milestone_add"),
    path(TEMPLATE + "milestones/<int:line>/", views.template_milestone_edit, name="template_milestone_edit"),
    path(TEMPLATE + "posts/add/", views.template_post_add, name="template_post_add"),
    path(TEMPLATE + "posts/<int:line>/", views.template_post_edit, name="template_post_edit"),
    path(ELECTION + "cover/", posts.election_cover, name="election_cover"),
    path(ELECTION + "posts/add/", posts.post_add, name="post_add"),
    path("elections/posts/<int:pk>/", posts.post_detail, name="post_detail"),
    path("elections/posts/<int:pk>/edit/", posts.post_edit, name="post_edit"),
    path("elections/posts/<int:pk>/copy/", posts.post_copy, name="post_copy"),
    path("elections/posts/<int:pk>/shifts/add/", posts.shift_add, name="shift_add"),
    path("elections/shifts/<int:pk>/", posts.shift_fill, name="shift_fill"),
    path("elections/shifts/<int:pk>/edit/", posts.shift_edit, name="shift_edit"),
    path("elections/duties/<int:pk>/remove/", posts.duty_remove, name="duty_remove"),
    path(ELECTION + "volunteers/", posts.volunteer_list, name="volunteer_list"),
    path(ELECTION + "filling/", posts.filling_add, name="filling_add"),
    path("elections/fillings/<int:pk>/", posts.filling_detail, name="filling_detail"),
    path("elections/fillings/<int:pk>/take/", posts.filling_take, name="filling_take"),
]
