from django.urls import path

from cockpit import person, today

app_name = "cockpit"
urlpatterns = [
    path("", today.today, name="today"),
    path("members/<int:pk>/", person.member_detail, name="member_detail"),
]
