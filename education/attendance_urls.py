"""Addresses of attendance. What lies below attendance/ is the scope of its service worker."""

from django.urls import path

from education import attendance_views as views

urlpatterns = [
    path("events/<int:pk>/attendance/", views.attendance_dates, name="attendance_dates"),
    path("events/<int:pk>/attendance/finish/", views.attendance_finish, name="attendance_finish"),
    path("events/dates/<int:pk>/arrive/", views.attendance_arrive, name="attendance_arrive"),
    path("events/dates/<int:pk>/count/", views.attendance_count, name="attendance_count"),
    path("events/dates/<int:pk>/paper/", views.attendance_paper, name="attendance_paper"),
    path("attendance/<int:pk>/", views.attendance_list, name="attendance_list"),
    path("attendance/<int:pk>/send/", views.attendance_send, name="attendance_send"),
    path("attendance/worker.js", views.attendance_worker, name="attendance_worker"),
    path("attendance/offline/", views.attendance_offline, name="attendance_offline"),
    path("check-in/<word:token>/", views.check_in, name="check_in"),
]
