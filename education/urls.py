from django.urls import URLPattern

from education import attendance_urls, event_urls, registration_urls

app_name = "education"
urlpatterns: list[URLPattern] = [
    *event_urls.urlpatterns,
    *attendance_urls.urlpatterns,
    *registration_urls.urlpatterns,
]
