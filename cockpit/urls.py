from django.urls import path

from cockpit import information_views, person, search, stock, today, views

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
    path("cockpit/<word:slug>/report/", views.report_order, name="report_order"),
    path("reports/", views.report_list, name="report_list"),
    path("reports/<int:pk>/", views.report_detail, name="report_detail"),
    path("reports/<int:pk>/download/", views.report_download, name="report_download"),
]
