"""Signing in: code by mail, password; in the words of the house."""

import re

import pytest
from django.core import mail
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_a_code_by_mail_signs_in(cast, client):
    page = client.get(reverse("account_login")).text
    assert f'action="{reverse("account_request_login_code")}"' in page
    client.post(reverse("account_request_login_code"), {"email": cast.secretary_a.email})
    letter = mail.outbox[-1]
    code = re.search(r"Dein Anmeldecode: (\S+)", letter.subject)[1]
    assert code in letter.body and "Antworte" not in letter.subject
    entry = client.get(reverse("account_confirm_login_code")).text
    assert 'autocomplete="one-time-code"' in entry and cast.secretary_a.email in entry
    assert client.post(reverse("account_confirm_login_code"), {"code": code}).status_code == 302
    assert client.session["_auth_user_id"] == str(cast.secretary_a.pk)


def test_a_wrong_code_is_said_beside_the_field_and_on_top(cast, client):
    client.post(reverse("account_request_login_code"), {"email": cast.secretary_a.email})
    html = client.post(reverse("account_confirm_login_code"), {"code": "XXXXXX"}).text
    assert 'class="errors"' in html and 'aria-describedby="id_code_error"' in html


def test_an_unknown_address_gets_the_same_page_and_a_mail_without_sign_up(client):
    answer = client.post(reverse("account_request_login_code"), {"email": "niemand@example.org"})
    assert answer.url == reverse("account_confirm_login_code")
    letter = mail.outbox[-1]
    assert letter.subject == "Kein Zugang unter dieser Adresse" and "signup" not in letter.body


def test_a_password_signs_in_and_a_wrong_one_opens_the_fold_again(cast, client):
    cast.secretary_a.set_password("ein langer Satz mit Ort")
    cast.secretary_a.save()
    wrong = client.post(reverse("account_login"), {"login": cast.secretary_a.email, "password": "falsch"}).text
    assert 'class="fold mb-0" open' in wrong and 'class="errors"' in wrong
    client.post(reverse("account_login"), {"login": cast.secretary_a.email, "password": "ein langer Satz mit Ort"})
    assert client.session["_auth_user_id"] == str(cast.secretary_a.pk)


def test_nobody_signs_up(client):
    html = client.get(reverse("account_signup")).text
    assert "Der Zugang kommt mit dem Amt" in html and '<form method="post" action="/accounts/signup' not in html


@pytest.mark.parametrize(
    "name", ["mfa_activate_totp", "mfa_add_webauthn", "account_set_password", "usersessions_list", "mfa_index"]
)
@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_every_page_about_the_own_sign_in_opens_in_the_shell(cast, client, name, language):
    client.post(reverse("account_request_login_code"), {"email": cast.secretary_a.email})
    code = re.search(r"(\S+)$", mail.outbox[-1].subject)[1]
    client.post(reverse("account_confirm_login_code"), {"code": code})
    client.cookies["django_language"] = language
    html = client.get(reverse(name)).text
    assert "in-house" in html and "<h1" in html and " Sie " not in html
