"""Addresses of confirmations and qualifications."""

from django.urls import path

from education import confirmation_views, qualification_views

urlpatterns = [
    path("events/<int:pk>/confirmations/", confirmation_views.confirmation_list, name="confirmation_list"),
    path("events/<int:pk>/confirmations/terms/", confirmation_views.confirmation_terms, name="confirmation_terms"),
    path("events/<int:pk>/confirmations/issue/", confirmation_views.confirmation_issue, name="confirmation_issue"),
    path("events/<int:pk>/confirmations/pdf/", confirmation_views.confirmation_run, name="confirmation_run"),
    path("confirmations/<int:pk>/pdf/", confirmation_views.confirmation_pdf, name="confirmation_pdf"),
    path("confirmations/<int:pk>/withdraw/", confirmation_views.confirmation_withdraw, name="confirmation_withdraw"),
    path("check/", confirmation_views.confirmation_ask, name="confirmation_ask"),
    path("check/<word:number>/", confirmation_views.confirmation_check, name="confirmation_check"),
    path("link/confirmation/<word:token>/", confirmation_views.link_confirmation, name="link_confirmation"),
    path("qualifications/", qualification_views.qualification_list, name="qualification_list"),
    path("qualifications/kinds/", qualification_views.qualification_kind_list, name="qualification_kind_list"),
    path("qualifications/kinds/add/", qualification_views.qualification_kind_add, name="qualification_kind_add"),
    path("qualifications/kinds/<int:pk>/", qualification_views.qualification_kind_edit, name="qualification_kind_edit"),
    path("qualifications/kinds/<int:pk>/retire/", qualification_views.qualification_kind_retire, name="qualification_kind_retire"),
    path("qualifications/<int:pk>/revoke/", qualification_views.qualification_revoke, name="qualification_revoke"),
    path("members/<int:pk>/qualifications/", qualification_views.member_qualifications, name="member_qualifications"),
]
