"""Partners, offers, tracks and development cards."""

from django.urls import path

from education import development_views, offer_links, offer_views, partner_views, track_views, unsubscribing

urlpatterns = [
    path("partners/", partner_views.partner_list, name="partner_list"),
    path("partners/add/", partner_views.partner_add, name="partner_add"),
    path("partners/<int:pk>/", partner_views.partner_detail, name="partner_detail"),
    path("partners/<int:pk>/edit/", partner_views.partner_edit, name="partner_edit"),
    path("partners/<int:pk>/offers/add/", offer_views.offer_add, name="offer_add"),
    path("partners/accounts/<int:pk>/end/", partner_views.partner_account_end, name="partner_account_end"),
    path("partners/home/", partner_views.partner_home, name="partner_home"),
    path("partners/events/<int:pk>/", partner_views.partner_event, name="partner_event"),
    path("offers/", offer_views.offer_list, name="offer_list"),
    path("offers/<int:pk>/", offer_views.offer_detail, name="offer_detail"),
    path("offers/<int:pk>/edit/", offer_views.offer_edit, name="offer_edit"),
    path("offers/<int:pk>/change/", offer_views.offer_change, name="offer_change"),
    path("offers/<int:pk>/tell/", offer_views.offer_tell, name="offer_tell"),
    path("offers/<int:pk>/event/", offer_views.offer_event, name="offer_event"),
    path("link/offers/<word:token>/", offer_links.link_offer, name="link_offer"),
    path("link/offers/<word:token>/stop/", unsubscribing.link_unsubscribe, name="link_unsubscribe"),
    path("tracks/", track_views.track_list, name="track_list"),
    path("tracks/add/", track_views.track_add, name="track_add"),
    path("tracks/<int:pk>/", track_views.track_edit, name="track_edit"),
    path("tracks/<int:pk>/change/", track_views.track_change, name="track_change"),
    path("tracks/<int:pk>/levels/add/", track_views.level_add, name="level_add"),
    path("tracks/levels/<int:pk>/", track_views.level_edit, name="level_edit"),
    path("tracks/levels/<int:pk>/move/", track_views.level_move, name="level_move"),
    path("members/<int:pk>/development/", development_views.development, name="development"),
    path("members/<int:pk>/development/edit/", development_views.development_edit, name="development_edit"),
    path("members/<int:pk>/development/send/", development_views.development_send, name="development_send"),
    path("members/<int:pk>/development/steps/add/", development_views.development_step_add, name="development_step_add"),
    path("tracks/steps/", development_views.development_due, name="development_due"),
    path("tracks/steps/<int:pk>/tick/", development_views.development_step_tick, name="development_step_tick"),
    path("link/development/<word:token>/", development_views.link_development, name="link_development"),
]
