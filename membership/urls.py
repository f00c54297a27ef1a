from django.urls import path

from membership import export_views, own_views, quality_views, views

app_name = "membership"
urlpatterns = [
    path("members/", views.member_list, name="member_list"),
    path("members/add/", views.member_add, name="member_add"),
    path("members/<int:pk>/edit/", views.member_edit, name="member_edit"),
    path("members/<int:pk>/sections/add/", views.section_add, name="section_add"),
    path("sections/<int:pk>/end/", views.section_end, name="section_end"),
    path("exports/", export_views.export_list, name="export_list"),
    path("exports/add/", export_views.export_add, name="export_add"),
    path("exports/purposes/", export_views.purpose_list, name="purpose_list"),
    path("exports/purposes/add/", export_views.purpose_add, name="purpose_add"),
    path("exports/purposes/<int:pk>/", export_views.purpose_edit, name="purpose_edit"),
    path("exports/<int:pk>/", export_views.export_detail, name="export_detail"),
    path("exports/<int:pk>/download/", export_views.export_download, name="export_download"),
    path("exports/<int:pk>/delete/", export_views.export_delete, name="export_delete"),
    path("link/export/<word:token>/", export_views.export_deleted, name="export_deleted"),
    path("members/<int:pk>/seen-by/", own_views.member_seen_by, name="member_seen_by"),
    path("members/<int:pk>/ask/", own_views.own_data_ask, name="own_data_ask"),
    path("own/<word:token>/", own_views.own_record, name="own_record"),
    path("own/<word:token>/seen-by/", own_views.own_seen_by, name="own_seen_by"),
    path("proposals/", own_views.proposal_list, name="proposal_list"),
    path("proposals/<int:pk>/", own_views.proposal_decide, name="proposal_decide"),
    path("quality/", quality_views.data_quality, name="data_quality"),
    path("quality/ask/", quality_views.data_quality_ask, name="data_quality_ask"),
]
