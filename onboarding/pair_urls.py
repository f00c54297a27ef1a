from django.urls import path

from onboarding import pair_views

urlpatterns = [
    path("mentoring/<int:pk>/rules/", pair_views.pair_rule_list, name="pair_rule_list"),
    path("mentoring/rules/<int:pk>/lift/", pair_views.pair_rule_lift, name="pair_rule_lift"),
    path("mentoring/waiting/<int:pk>/choose/", pair_views.mentor_choose, name="mentor_choose"),
]
