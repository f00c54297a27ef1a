"""Signing in as people do it: with codes read from the mail and computed from the second factor's secret."""

import re
import time

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

PASSWORD = "ein langer Satz mit Ort"


@pytest.fixture
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def with_password(cast, quick_passwords):
    """A secretary who has a password."""
    cast.secretary_a.set_password(PASSWORD)
    cast.secretary_a.save()
    return cast.secretary_a


@pytest.fixture
def second_factor():
    """second_factor(user) gives them an authenticator app; called without argument, the result is its code now."""

    def activate(user):
        secret = generate_totp_secret()
        TOTP.activate(user, secret)
        RecoveryCodes.activate(user)
        return lambda: format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    return activate


@pytest.fixture
def no_tries():
    """The counted tries are in a table of no model, which a test that commits has to empty by itself."""
    yield
    cache.clear()


def mailed_code():
    return re.search(r"(\S+)$", mail.outbox[-1].subject)[1]


def ask_for_code(client, user, **headers):
    client.post(reverse("account_request_login_code"), {"email": user.email}, **headers)
    return mailed_code()


def by_code(client, user):
    code = ask_for_code(client, user)
    return client.post(reverse("account_confirm_login_code"), {"code": code})


def by_password(client, user, password=PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": user.email, "password": password}, **extra)


def prove_again(client):
    """What is asked for before the ways to sign in can be changed."""
    return client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def signed_in(client):
    return client.session.get("_auth_user_id")
