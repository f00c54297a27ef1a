from django.urls import path

from membership import views

app_name = "membership"
urlpatterns = [
    path("members/", views.member_list, name="member_list"),
    path("members/add/", views.member_add, name="member_add"),
    path("members/<int:pk>/edit/", views.member_edit, name="member_edit"),
    path("members/<int:pk>/sections/add/", views.section_add, name="section_add"),
    path("sections/<int:pk>/end/", views.section_end, name="section_end"),
]
