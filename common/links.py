"""Pages opened by a signed link, mostly from a mail: no account, and nothing about anybody in the address but numbers.

Opening one changes nothing, since mail scanners open them too; the page has a button, which posts. A link that was not signed here is 404, one
that is good no more a page that says so, 410.
"""

from functools import wraps
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods


class Found(NamedTuple):
    """What a link leads to: what its view gets, the language of whom it is for, whether it is still good, and what the page says when not."""

    rows: tuple = ()
    language: str = ""
    is_open: bool = True
    told: dict = {}


class Link:
    """The links to the page `name` ("room:view"). good_for: a timedelta; None where something else ends them."""

    def __init__(self, name, good_for=None, salt=None):
        self.name, self.good_for = name, good_for
        # Links in mails that went out die with another salt.
        self.signer = Signer(salt=salt or name.replace(":", "."), sep=".")

    def token(self, *about, on=None):
        """The signed numbers and short words `about`. on: the day that `good_for` begins with."""
        return self.signer.sign_object([*about, (on + self.good_for).toordinal()] if self.good_for else about)

    def address(self, *about, on=None, name=None):
        """The full address about `about`; name: another page that opens by the same links."""
        return settings.BASE_URL + self.path(*about, on=on, name=name)

    def path(self, *about, on=None, name=None):
        """The same without the host, for pages."""
        return reverse(name or self.name, args=[self.token(*about, on=on)])

    def read(self, token):
        """(about, the last day as an ordinal or None) of a token. Raises Http404 for one that was not signed here."""
        try:
            signed = self.signer.unsign(token)
            # A bare number is what some links of former versions hold.
            about = int(signed) if signed.isdecimal() else self.signer.unsign_object(token)
        except (BadSignature, ValueError):
            raise Http404 from None
        about = about if isinstance(about, list) else [about]
        return (about[:-1], about[-1]) if self.good_for else (about, None)

    def opens(self, find, closed):
        """Decorates view(request, *rows, now), drawn in the language of whom the link is for unless another was chosen in this browser.

        find(now, *about): the Found; raises Http404. closed: the template of the page for links that are good no more, with `expired` and what
        Found tells.
        """

        def decorate(view):
            @never_cache
            @require_http_methods(["GET", "HEAD", "POST"])
            @wraps(view)
            def opened(request, token):
                now = timezone.now()
                about, until = self.read(token)
                found = find(now, *about)
                chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
                with translation.override(request.LANGUAGE_CODE if chosen or not found.language else found.language):
                    expired = until is not None and timezone.localdate(now).toordinal() > until
                    if expired or not found.is_open:
                        return render(request, closed, {"closed": True, "expired": expired, **found.told}, status=410)
                    return view(request, *found.rows, now)

            return opened

        return decorate
