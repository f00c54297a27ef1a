from django.urls import path

from onboarding import takeover_views

urlpatterns = [
    path("taking-office/", takeover_views.takeover_list, name="takeover_list"),
    path("taking-office/<int:pk>/", takeover_views.takeover_detail, name="takeover_detail"),
    path("taking-office/steps/<int:pk>/", takeover_views.takeover_step, name="takeover_step"),
    path("taking-office/notes/<word:token>/", takeover_views.link_handover, name="link_handover"),
    path("confidentiality/", takeover_views.pledge, name="pledge"),
    path("units/<word:slug>/taking-office/", takeover_views.office_steps, name="office_steps"),
    path("units/<word:slug>/confidentiality/", takeover_views.pledge_text, name="pledge_text"),
]
