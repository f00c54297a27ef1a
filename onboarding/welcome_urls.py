"""Addresses of welcome, letters and membership books."""

from django.urls import path

from onboarding import book_views, letter_views, welcome_views

urlpatterns = [
    path("link/welcome/<word:token>/", welcome_views.link_welcome, name="link_welcome"),
    path("members/<int:pk>/welcome/", welcome_views.member_welcome, name="member_welcome"),
    path("members/<int:pk>/welcome/letter/", welcome_views.member_welcome_letter, name="member_welcome_letter"),
    path("members/<int:pk>/book/", welcome_views.member_book, name="member_book"),
    path("letters/", letter_views.letter_list, name="letter_list"),
    path("letters/<int:pk>/", letter_views.print_run, name="print_run"),
    path("letters/<int:pk>/download/", letter_views.print_run_download, name="print_run_download"),
    path("letters/<int:pk>/change/", letter_views.print_run_change, name="print_run_change"),
    path("units/<word:slug>/letter/", letter_views.letter_text, name="letter_text"),
    path("units/<word:slug>/letter/preview/", letter_views.letter_preview, name="letter_preview"),
    path("books/", book_views.book_list, name="book_list"),
    path("books/do/", book_views.book_do, name="book_do"),
    path("books/acts/<int:pk>/undo/", book_views.book_undo, name="book_undo"),
    path("books/units/", book_views.book_units, name="book_units"),
]
