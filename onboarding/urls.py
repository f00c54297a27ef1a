from django.urls import path

from onboarding import ledger, links, list_views, views

app_name = "onboarding"
urlpatterns = [
    path("new-members/", views.journey_list, name="journey_list"),
    path("journeys/<int:pk>/end/", views.journey_end, name="journey_end"),
    path("journeys/<int:pk>/resume/", views.journey_resume, name="journey_resume"),
    path("steps/<int:pk>/tick/", views.step_tick, name="step_tick"),
    path("steps/<int:pk>/undo/", views.step_undo, name="step_undo"),
    path("steps/<int:pk>/not-needed/", views.step_not_needed, name="step_not_needed"),
    path("steps/<int:pk>/wait/", views.step_wait, name="step_wait"),
    path("members/<int:pk>/contact/", views.contact_log, name="contact_log"),
    path("contacts/<int:pk>/undo/", views.contact_undo, name="contact_undo"),
    path("units/<word:slug>/standard/", views.standard, name="standard"),
    path("units/<word:slug>/standard/steps/add/", views.step_add, name="step_add"),
    path("units/<word:slug>/standard/steps/<int:pk>/", views.step_edit, name="step_edit"),
    path("units/<word:slug>/standard/steps/<int:pk>/retire/", views.step_retire, name="step_retire"),
    path("units/<word:slug>/standard/steps/<int:pk>/restore/", views.step_restore, name="step_restore"),
    path("units/<word:slug>/standard/steps/<int:pk>/move/", views.step_move, name="step_move"),
    path("units/<word:slug>/standard/steps/<int:pk>/leave-out/", views.step_leave_out, name="step_leave_out"),
    path("lists/", list_views.list_list, name="list_list"),
    path("lists/add/", list_views.list_add, name="list_add"),
    path("lists/<int:pk>/", list_views.list_detail, name="list_detail"),
    path("lists/<int:pk>/columns/", list_views.list_columns, name="list_columns"),
    path("lists/<int:pk>/rows/<word:outcome>/", list_views.list_rows, name="list_rows"),
    path("lists/<int:pk>/decide/", list_views.list_decide, name="list_decide"),
    path("lists/<int:pk>/apply/", list_views.list_apply, name="list_apply"),
    path("lists/<int:pk>/undo/", list_views.list_undo, name="list_undo"),
    path("lists/<int:pk>/drop/", list_views.list_drop, name="list_drop"),
    path("lists/<int:pk>/refused/", list_views.list_refused, name="list_refused"),
    path("link/step/<word:token>/", links.link_step, name="link_step"),
    path("link/escalation/<word:token>/", links.link_escalation, name="link_escalation"),
    path("steps/<int:pk>/escalation/", ledger.step_escalation, name="step_escalation"),
    path("messages/", ledger.message_list, name="message_list"),
    path("messages/<int:pk>/retry/", ledger.message_retry, name="message_retry"),
]
