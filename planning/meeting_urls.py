from django.urls import path

from planning import meeting_views as views

urlpatterns = [
    path("minutes/decisions/", views.decision_list, name="decision_list"),
    path("minutes/decisions/<int:pk>/", views.decision_turn, name="decision_turn"),
    path("minutes/items/<int:pk>/", views.item_write, name="item_write"),
    path("minutes/items/<int:pk>/decide/", views.decision_add, name="decision_add"),
    path("minutes/<int:pk>/", views.meeting, name="meeting"),
    path("minutes/<int:pk>/agenda/", views.agenda_edit, name="agenda_edit"),
    path("minutes/<int:pk>/invite/", views.invite, name="invite"),
    path("minutes/<int:pk>/letters/", views.invite_letters, name="invite_letters"),
    path("minutes/<int:pk>/write/", views.minutes_edit, name="minutes_edit"),
    path("minutes/<int:pk>/items/add/", views.item_add, name="item_add"),
    path("minutes/<int:pk>/turn/", views.minutes_turn, name="minutes_turn"),
    path("minutes/<int:pk>/pdf/", views.minutes_pdf, name="minutes_pdf"),
    path("m/<uuid:key>/", views.minutes_page, name="minutes_page"),
]
