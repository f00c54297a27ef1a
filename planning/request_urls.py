from django.urls import path

from planning import request_views as views

urlpatterns = [
    path("ask/<word:slug>/", views.request_ask, name="request_ask"),
    path("ask/<word:slug>/sent/", views.request_sent, name="request_sent"),
    path("asked/<uuid:key>/", views.request_own, name="request_own"),
    path("requests/", views.request_list, name="request_list"),
    path("requests/add/", views.request_add, name="request_add"),
    path("requests/<int:pk>/", views.request_detail, name="request_detail"),
    path("requests/<int:pk>/answer/", views.request_answer, name="request_answer"),
    path("requests/<int:pk>/again/", views.request_again, name="request_again"),
    path("requests/<int:pk>/forward/", views.request_forward, name="request_forward"),
    path("requests/<int:pk>/close/", views.request_close, name="request_close"),
    path("requests/<int:pk>/reopen/", views.request_reopen, name="request_reopen"),
]
