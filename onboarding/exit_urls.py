from django.urls import path

from onboarding import exit_views

urlpatterns = [
    path("members/<int:pk>/exit/", exit_views.exit_add, name="exit_add"),
    path("exits/", exit_views.exit_list, name="exit_list"),
    path("exits/<int:pk>/", exit_views.exit_detail, name="exit_detail"),
    path("exits/<int:pk>/take-back/", exit_views.exit_take_back, name="exit_take_back"),
    path("units/<word:slug>/exits/", exit_views.exit_figures, name="exit_figures"),
    path("units/<word:slug>/exits/reasons/", exit_views.exit_reasons, name="exit_reasons"),
    path("units/<word:slug>/exits/checklist/", exit_views.exit_checklist, name="exit_checklist"),
]
