"""Real authenticators: a passkey from registration to sign-in, and an app that computes codes."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.urls import reverse

from branches.models import User
from tests.browser.conftest import LAPTOP, PHONE

SECRETARY = "aylin.kaya@dresden.example.org"


@pytest.fixture
def house(house, settings):
    """The same server under a name: passkeys belong to a name, an address of numbers is none."""
    settings.BASE_URL = house.replace("127.0.0.1", "localhost")
    settings.CSRF_TRUSTED_ORIGINS = [settings.BASE_URL]
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    return settings.BASE_URL


def plug_in_authenticator(one):
    """Chromium's own authenticator: it keeps keys and says that its owner was there and was recognised."""
    devtools = one.context.new_cdp_session(one.page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in_by_code(one, code_for):
    page = one.open("/")
    page.get_by_label(one.say("Your e-mail address")).fill(SECRETARY)
    page.get_by_role("button", name=one.say("Mail me a code")).click()
    page.locator("#id_code").wait_for()
    page.locator("#id_code").fill(code_for(SECRETARY))
    page.get_by_role("button", name=one.say("Sign in"), exact=True).click()


def sign_out(one):
    page = one.open(reverse("account_logout"))
    page.locator("main").get_by_role("button", name=one.say("Sign out")).click()
    page.wait_for_load_state()
    one.open(reverse("branches:profile"))
    assert reverse("account_login") in page.url


@pytest.mark.parametrize(("language", "screen"), [("de", LAPTOP), ("he", PHONE)])
def test_a_passkey_is_made_and_signs_in_by_itself(dresden, browse, code_for, language, screen):
    User.objects.filter(email=SECRETARY).update(language=language)
    one = browse(language, screen)
    plug_in_authenticator(one)
    sign_in_by_code(one, code_for)
    page = one.page
    page.wait_for_url(one.house + "/")
    page = one.open(reverse("mfa_add_webauthn"))
    page.locator("#id_name").fill("Laptop")
    page.locator("#id_passwordless").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: reverse("mfa_add_webauthn") not in url)
    assert Authenticator.objects.filter(user__email=SECRETARY, type="webauthn").count() == 1
    sign_out(one)
    page.locator("#passkey_login").click()
    page.wait_for_url(lambda url: reverse("account_login") not in url)
    one.open(reverse("branches:profile"))
    assert page.url.endswith(reverse("branches:profile")) and SECRETARY in page.content()


def test_a_passkey_is_also_asked_for_after_a_mailed_code(dresden, browse, code_for):
    one = browse("de", LAPTOP)
    plug_in_authenticator(one)
    sign_in_by_code(one, code_for)
    one.page.wait_for_url(one.house + "/")
    page = one.open(reverse("mfa_add_webauthn"))
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: reverse("mfa_add_webauthn") not in url)
    sign_out(one)
    sign_in_by_code(one, code_for)
    page.wait_for_url(re.compile(reverse("mfa_authenticate")))
    page.locator("#mfa_webauthn_authenticate").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    one.open(reverse("branches:profile"))
    assert SECRETARY in page.content()


@pytest.mark.parametrize(("language", "screen"), [("de", LAPTOP), ("he", PHONE)])
def test_an_app_is_set_up_and_its_code_asked_for(dresden, browse, code_for, language, screen):
    User.objects.filter(email=SECRETARY).update(language=language)
    one = browse(language, screen)
    sign_in_by_code(one, code_for)
    one.page.wait_for_url(one.house + "/")
    page = one.open(reverse("mfa_activate_totp"))
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.content())[0]
    page.locator("input[name=code]").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.locator("main form button.btn-primary, main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: reverse("mfa_activate_totp") not in url)
    assert Authenticator.objects.filter(user__email=SECRETARY, type="totp").exists()
    sign_out(one)
    sign_in_by_code(one, code_for)
    page.wait_for_url(re.compile(reverse("mfa_authenticate")))
    cache.clear()  # as if half a minute had passed: setting up has used this one's code
    page.locator("input[name=code]").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.locator("input[name=code]").press("Enter")
    page.wait_for_url(lambda url: "/accounts/" not in url)
    one.open(reverse("branches:profile"))
    assert SECRETARY in page.content()
