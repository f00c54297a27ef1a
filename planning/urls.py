from django.urls import URLPattern

from planning import budget_urls, plan_urls

app_name = "planning"
urlpatterns: list[URLPattern] = [
    *plan_urls.urlpatterns,
    *budget_urls.urlpatterns,
]
