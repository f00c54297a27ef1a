"""Addresses of events, places and calendars."""

from django.urls import path

from education import calendar_views, event_pages, event_views, month_views, place_views

urlpatterns = [
    path("events/", event_views.event_list, name="event_list"),
    path("events/month/", month_views.event_month, name="event_month"),
    path("events/add/", event_views.event_add, name="event_add"),
    path("events/kinds/", event_views.event_kind_list, name="event_kind_list"),
    path("events/kinds/add/", event_views.event_kind_add, name="event_kind_add"),
    path("events/kinds/<int:pk>/", event_views.event_kind_edit, name="event_kind_edit"),
    path("events/documents/<int:pk>/drop/", event_views.document_drop, name="document_drop"),
    path("events/<int:pk>/", event_views.event_detail, name="event_detail"),
    path("events/<int:pk>/edit/", event_views.event_edit, name="event_edit"),
    path("events/<int:pk>/repeat/", event_views.event_repeat, name="event_repeat"),
    path("events/<int:pk>/publish/", event_views.event_publish, name="event_publish"),
    path("events/<int:pk>/take-back/", event_views.event_take_back, name="event_take_back"),
    path("events/<int:pk>/cancel/", event_views.event_cancel, name="event_cancel"),
    path("events/<int:pk>/drop/", event_views.event_drop, name="event_drop"),
    path("events/<int:pk>/poster/", event_views.event_poster, name="event_poster"),
    path("events/<int:pk>/documents/add/", event_views.document_add, name="document_add"),
    path("e/<uuid:key>/", event_pages.event_page, name="event_page"),
    path("e/<uuid:key>/event.ics", event_pages.event_page_ics, name="event_page_ics"),
    path("e/<uuid:key>/documents/<int:pk>/", event_pages.event_document, name="event_document"),
    path("places/", place_views.place_list, name="place_list"),
    path("places/add/", place_views.place_add, name="place_add"),
    path("places/<int:pk>/", place_views.place_detail, name="place_detail"),
    path("places/<int:pk>/edit/", place_views.place_edit, name="place_edit"),
    path("places/<int:pk>/retire/", place_views.place_retire, name="place_retire"),
    path("calendars/", calendar_views.calendar_list, name="calendar_list"),
    path("calendars/<int:pk>/revoke/", calendar_views.calendar_revoke, name="calendar_revoke"),
    path("link/calendar/<word:token>/events.ics", calendar_views.link_calendar_feed, name="link_calendar_feed"),
    path("link/mycalendar/<word:token>/", calendar_views.link_calendar, name="link_calendar"),
]
