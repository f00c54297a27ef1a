from django.urls import path

from cockpit import handover, information_views, person, quality_views, reorganise_views, search, stock, today, views

app_name = "cockpit"
urlpatterns = [
    path("", today.today, name="today"),
    path("search/", search.search, name="search"),
    path("members/<int:pk>/", person.member_detail, name="member_detail"),
    path("members/<int:pk>/information/", information_views.member_information, name="member_information"),
    path("cockpit/", views.cockpit, name="cockpit"),
    path("cockpit/<word:slug>/", views.cockpit, name="cockpit"),
    path("cockpit/<word:slug>/cases/", views.cases, name="cases"),
    path("cockpit/<word:slug>/stock/", stock.stock, name="stock"),
    path("cockpit/<word:slug>/quality/", quality_views.quality_page, name="quality_page"),
    path("cockpit/<word:slug>/quality/cases/", quality_views.quality_cases, name="quality_cases"),
    path("cockpit/<word:slug>/growth/", quality_views.growth, name="growth"),
    path("cockpit/<word:slug>/report/", views.report_order, name="report_order"),
    path("units/<word:slug>/reorganise/<slug:kind>/", reorganise_views.unit_reorganise, name="unit_reorganise"),
    path("reorganisations/<int:pk>/", reorganise_views.reorganisation_detail, name="reorganisation_detail"),
    path("reorganisations/<int:pk>/call-off/", reorganise_views.reorganisation_call_off, name="reorganisation_call_off"),
    path("reorganisations/<int:pk>/undo/", reorganise_views.reorganisation_undo, name="reorganisation_undo"),
    path("appointments/<int:pk>/handover/", handover.handover, name="handover"),
    path("reports/", views.report_list, name="report_list"),
    path("reports/<int:pk>/", views.report_detail, name="report_detail"),
    path("reports/<int:pk>/download/", views.report_download, name="report_download"),
    path("reports/runs/<int:pk>/", views.report_run, name="report_run"),
    path("reports/runs/<int:pk>/change/", views.report_run_change, name="report_run_change"),
    path("reports/runs/<int:pk>/download/", views.report_run_download, name="report_run_download"),
]
