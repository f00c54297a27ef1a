"""Addresses of the costs of events."""

from django.urls import path

from education import cost_views as views

urlpatterns = [
    path("events/<int:pk>/costs/", views.cost_list, name="cost_list"),
    path("events/<int:pk>/costs/add/", views.cost_add, name="cost_add"),
    path("events/<int:pk>/costs/key/", views.cost_key, name="cost_key"),
    path("events/<int:pk>/costs/settle/", views.cost_settle, name="cost_settle"),
    path("events/<int:pk>/costs/reopen/", views.cost_reopen, name="cost_reopen"),
    path("events/costs/<int:pk>/", views.cost_edit, name="cost_edit"),
    path("events/costs/<int:pk>/remove/", views.cost_remove, name="cost_remove"),
    path("events/costs/<int:pk>/receipt/", views.cost_receipt, name="cost_receipt"),
]
