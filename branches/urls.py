from django.urls import path

from branches import terms, views

app_name = "branches"
urlpatterns = [
    path("units/", views.unit_list, name="unit_list"),
    path("units/<word:slug>/", views.unit_detail, name="unit_detail"),
    path("units/<word:slug>/add/", views.unit_add, name="unit_add"),
    path("units/<word:slug>/edit/", views.unit_edit, name="unit_edit"),
    path("units/<word:slug>/settings/", views.unit_settings, name="unit_settings"),
    path("units/<word:slug>/appointments/add/", views.appointment_add, name="appointment_add"),
    path("offices/", terms.office_list, name="office_list"),
    path("appointments/<int:pk>/", views.appointment_edit, name="appointment_edit"),
    path("appointments/<int:pk>/deputy/", views.appointment_deputy, name="appointment_deputy"),
    path("appointments/<int:pk>/end/", views.appointment_end, name="appointment_end"),
    path("kinds/", views.kind_list, name="kind_list"),
    path("kinds/add/", views.kind_add, name="kind_add"),
    path("kinds/<slug:slug>/", views.kind_edit, name="kind_edit"),
    path("profile/", views.profile, name="profile"),
    path("profile/prove/", views.prove_again, name="prove_again"),
    path("sign-in/<word:token>/", views.sign_in_by_link, name="sign_in_by_link"),
]
