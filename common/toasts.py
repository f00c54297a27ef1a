"""A short word about what was just done, with its undo."""

from django.contrib import messages


def say(request, text, undo=""):
    """Show `text` on this or the next page; `undo` is the path a POST takes it back with."""
    messages.success(request, text, extra_tags=undo)
