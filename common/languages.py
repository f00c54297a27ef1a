"""The language of a page whose address may ask for one."""

from django.conf import settings
from django.utils.translation import get_language


def spoken(code, otherwise=""):
    """`code` where it is one of our languages; else `otherwise`, or without that the language of the reader."""
    return code if code in dict(settings.LANGUAGES) else otherwise or get_language()
