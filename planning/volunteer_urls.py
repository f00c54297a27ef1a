"""Addresses of the volunteers' side of an election plan. What lies below election-day/ is the scope of its service worker."""

from django.urls import path

from planning import duty_views, hour_views, sheet_views, volunteer_links, volunteer_views

urlpatterns = [
    path("elections/<int:pk>/ask/", volunteer_views.volunteer_ask, name="volunteer_ask"),
    path("elections/<int:pk>/answer/", volunteer_views.volunteer_note, name="volunteer_note"),
    path("elections/<int:pk>/hours/", hour_views.election_hours, name="election_hours"),
    path("elections/<int:pk>/hours/sheet/", hour_views.election_hours_sheet, name="election_hours_sheet"),
    path("elections/<int:pk>/sheets/", sheet_views.duty_sheets_all, name="duty_sheets_all"),
    path("elections/posts/<int:pk>/sheet/", sheet_views.duty_sheet, name="duty_sheet"),
    path("election-day/<int:pk>/", duty_views.election_day, name="election_day"),
    path("election-day/<int:pk>/send/", duty_views.election_day_send, name="election_day_send"),
    path("election-day/<int:pk>/change/", duty_views.election_day_change, name="election_day_change"),
    path("election-day/worker.js", duty_views.election_day_worker, name="election_day_worker"),
    path("election-day/offline/", duty_views.election_day_offline, name="election_day_offline"),
    path("volunteer/<word:token>/", volunteer_links.link_volunteer, name="link_volunteer"),
    path("volunteer/<word:token>/shifts.ics", volunteer_links.link_volunteer_calendar, name="link_volunteer_calendar"),
]
