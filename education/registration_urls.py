"""Addresses of registrations."""

from django.urls import path

from education import batch_views, registration_letter_views, registration_links, registration_views

urlpatterns = [
    path("e/<uuid:key>/register/", registration_links.register, name="register"),
    path("link/registration/<word:token>/", registration_links.registration_own, name="registration_own"),
    path("link/approval/<word:token>/", registration_links.approval_link, name="approval_link"),
    path("events/<int:pk>/registrations/", registration_views.registration_list, name="registration_list"),
    path("events/<int:pk>/registrations/do/", registration_views.registration_bulk, name="registration_bulk"),
    path("events/<int:pk>/registrations/add/", registration_views.registration_add, name="registration_add"),
    path("events/<int:pk>/registrations/rules/", registration_views.registration_rules, name="registration_rules"),
    path("members/many/event/", batch_views.batch_add, name="batch_add"),
    path("members/many/event/<int:pk>/", batch_views.batch_detail, name="batch_detail"),
    path("members/many/event/<int:pk>/undo/", batch_views.batch_undo, name="batch_undo"),
    path("registrations/", registration_views.registration_mine, name="registration_mine"),
    path("registrations/letters/", registration_letter_views.registration_letters, name="registration_letters"),
    path("registrations/letters/pdf/", registration_letter_views.registration_letters_pdf, name="registration_letters_pdf"),
    path("registrations/letters/undo/", registration_letter_views.registration_letters_undo, name="registration_letters_undo"),
    path("registrations/<int:pk>/", registration_views.registration_detail, name="registration_detail"),
    path("registrations/<int:pk>/decide/", registration_views.registration_decide, name="registration_decide"),
    path("members/<int:pk>/registrations/", registration_views.member_registrations, name="member_registrations"),
]
