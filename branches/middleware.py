"""What every request gets: one try to sign in at a time; for a signed-in person the own language and nothing kept by the browser;
a fresh proof before a new way to sign in."""

import time
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from psycopg.errors import LockNotAvailable

NEW_WAYS_IN = {"mfa_activate_totp", "mfa_add_webauthn", "account_set_password"}
PROVEN = 15 * 60  # seconds: as long as a mailed code counts


def one_try_at_a_time(get_response):
    """Let the POSTs of one session to the sign-in pages pass one after the other.

    Wrong codes are counted in the session, which is read at the beginning of a request and written at its end: fifty at once would
    count as one. The lock of PostgreSQL is held around the whole request, so this stands before the session's middleware. Whoever
    waits longer than `lock_timeout` is told to try later.
    """

    def middleware(request):
        session = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if request.method != "POST" or not session or not request.path.startswith("/accounts/"):
            return get_response(request)
        name = [f"sign-in:{session}"]
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", name)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                return HttpResponse(_("Too many tries at once. Please wait a little."), "text/plain; charset=utf-8", 429)
            raise
        try:
            return get_response(request)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)

    return middleware


def at_home(get_response):
    """Activate the user's language; signed-in pages are never stored (back button after sign-out), only what is public is."""

    def middleware(request):
        user = request.user
        if user.is_authenticated:
            if user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                translation.activate(user.language)
                request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            if "public" not in response.get("Cache-Control", ""):
                add_never_cache_headers(response)
            return response
        return get_response(request)

    return middleware


def proof_first(get_response):
    """Ask for a fresh mailed code before a way to sign in is added to an account that has no other proof.

    The library asks again for a password or second factor where there is one, and nobody else: whoever found a session open could make
    it their own for good. A session opened within the last PROVEN seconds is proof enough (see branches.adapter).
    """

    def middleware(request):
        return get_response(request)

    def process_view(request, view, args, kwargs):
        adds = request.resolver_match.url_name in NEW_WAYS_IN and request.user.is_authenticated
        if adds and time.time() - request.session.get("signed_in_at", 0) > PROVEN and not get_reauthentication_flows(request.user):
            return redirect(f"{reverse('branches:prove_again')}?{urlencode({'next': request.path})}")
        return None

    middleware.process_view = process_view
    return middleware
