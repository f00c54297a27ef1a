"""Parts of addresses."""

from django.urls.converters import StringConverter


class Word(StringConverter):
    """`<word:slug>`: what a text column may hold. PostgreSQL takes no NUL, so an address with one belongs to nothing: 404."""

    regex = r"[^/\0]+"
