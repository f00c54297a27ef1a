from django.urls import path

from common import views

app_name = "common"
urlpatterns = [
    path("party.css", views.party_css, name="party_css"),
    path("party-logo/", views.party_logo, name="party_logo"),
    path("place/", views.place_choose, name="place_choose"),
    path("help/", views.help, name="help"),
    path("privacy/", views.privacy, name="privacy"),
    path("accessibility/", views.accessibility, name="accessibility"),
]
