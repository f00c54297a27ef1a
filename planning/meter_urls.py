from django.urls import path

from planning import meter_views

urlpatterns = [
    path("meter/", meter_views.meter, name="meter"),
    path("meter/<word:slug>/", meter_views.unit_meter, name="unit_meter"),
]
