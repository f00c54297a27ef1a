from django.urls import path

from planning import outlook_views as views

urlpatterns = [
    path("offices-ahead/", views.office_outlook, name="office_outlook"),
    path("offices-ahead/<word:slug>/<int:pk>/", views.office_fill, name="office_fill"),
]
