from django.urls import URLPattern

from planning import budget_urls, election_urls, idea_urls, meeting_urls, meter_urls, outlook_urls, plan_urls, request_urls, volunteer_urls

app_name = "planning"
urlpatterns: list[URLPattern] = [
    *plan_urls.urlpatterns,
    *budget_urls.urlpatterns,
    *idea_urls.urlpatterns,
    *meter_urls.urlpatterns,
    *meeting_urls.urlpatterns,
    *request_urls.urlpatterns,
    *outlook_urls.urlpatterns,
    *election_urls.urlpatterns,
    *volunteer_urls.urlpatterns,
]
