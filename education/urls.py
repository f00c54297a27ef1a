from django.urls import URLPattern

from education import attendance_urls, cost_urls, event_urls, offer_urls, qualification_urls, registration_urls

app_name = "education"
urlpatterns: list[URLPattern] = [
    *event_urls.urlpatterns,
    *attendance_urls.urlpatterns,
    *qualification_urls.urlpatterns,
    *cost_urls.urlpatterns,
    *registration_urls.urlpatterns,
    *offer_urls.urlpatterns,
]
