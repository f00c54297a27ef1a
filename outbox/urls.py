from django.urls import path

from outbox import views

app_name = "outbox"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("<int:pk>/", views.inbox_mail, name="inbox_mail"),
    path("<int:pk>/html/", views.inbox_html, name="inbox_html"),
]
