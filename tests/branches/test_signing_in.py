"""Each way in: what it asks for, what it ends, in which words it writes."""

import re
import time
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core import mail
from django.test import Client
from django.urls import reverse

from branches import signing_in
from branches.models import User
from tests.branches.conftest import PASSWORD, ask_for_code, by_code, by_password, mailed_code, prove_again, signed_in

pytestmark = pytest.mark.django_db


def by_link(client, user):
    return client.post(signing_in.address(user))


@pytest.mark.parametrize("way", [by_code, by_password, by_link], ids=lambda way: way.__name__)
def test_every_way_in_asks_for_the_second_factor_of_those_who_have_one(way, with_password, second_factor, client):
    code = second_factor(with_password)
    assert way(client, with_password).url == reverse("mfa_authenticate")
    assert not signed_in(client)
    assert client.get("/").status_code == 302 and client.get(reverse("branches:profile")).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": code()})
    assert signed_in(client) == str(with_password.pk)


@pytest.mark.parametrize("way", [by_code, by_password, by_link], ids=lambda way: way.__name__)
def test_without_a_second_factor_each_way_leads_in(way, with_password, client):
    way(client, with_password)
    assert signed_in(client) == str(with_password.pk)


@pytest.mark.parametrize("way", [by_code, by_password, by_link], ids=lambda way: way.__name__)
def test_nobody_closed_out_comes_in_by_any_way(way, with_password, client):
    User.objects.filter(pk=with_password.pk).update(is_active=False)
    with_password.refresh_from_db()
    if way is by_code:
        client.post(reverse("account_request_login_code"), {"email": with_password.email})
        assert mail.outbox[-1].subject == "Kein Zugang unter dieser Adresse"
    else:
        way(client, with_password)
    assert not signed_in(client)


def test_a_closed_account_is_out_with_the_next_request(cast, client):
    by_code(client, cast.secretary_a)
    assert client.get("/").status_code == 200
    User.objects.filter(pk=cast.secretary_a.pk).update(is_active=False)
    assert client.get("/").url.startswith(reverse("account_login"))


def test_a_new_password_ends_all_other_sessions(with_password, client):
    elsewhere = Client()
    by_password(elsewhere, with_password)
    by_password(client, with_password)
    new = "ein anderer Satz mit Fluss"
    key = client.session.session_key
    answer = client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.url == reverse("mfa_index")
    assert client.get("/").status_code == 200 and client.session.session_key != key
    assert elsewhere.get("/").status_code == 302
    assert mail.outbox[-1].to == [with_password.email]  # and its owner is told


def test_a_reset_password_ends_all_sessions_and_signs_nobody_in(with_password, client):
    elsewhere = Client()
    by_password(elsewhere, with_password)
    client.post(reverse("account_reset_password"), {"email": with_password.email})
    link = re.search(r"http\S+", mail.outbox[-1].body)[0]
    page = client.get(link, follow=True)
    new = "ein anderer Satz mit Fluss"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    with_password.refresh_from_db()
    assert with_password.check_password(new)
    assert not signed_in(client) and elsewhere.get("/").status_code == 302
    assert client.get(link, follow=True).context["token_fail"]  # the link is used up


def test_a_second_factor_that_is_taken_away_keeps_the_session(with_password, second_factor, client):
    code = second_factor(with_password)
    by_password(client, with_password)
    client.post(reverse("mfa_authenticate"), {"code": code()})
    prove_again(client)
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=with_password).exists()
    assert client.get("/").status_code == 200


def test_taking_the_second_factor_away_asks_again_who_it_is(cast, second_factor, sign_in):
    second_factor(cast.secretary_a)
    answer = sign_in(cast.secretary_a).post(reverse("mfa_deactivate_totp"))
    assert reverse("mfa_reauthenticate") in answer.url or reverse("account_reauthenticate") in answer.url
    assert Authenticator.objects.filter(user=cast.secretary_a, type="totp").exists()


def test_an_authenticator_app_is_set_up_with_its_first_code(with_password, client):
    by_password(client, with_password)
    prove_again(client)
    page = client.get(reverse("mfa_activate_totp"))
    secret = client.session["mfa.totp.secret"]
    assert secret in page.text and page["Cache-Control"].count("no-store")
    client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert not Authenticator.objects.filter(user=with_password).exists()
    client.post(reverse("mfa_activate_totp"), {"code": format_hotp_value(hotp_value(secret, int(time.time()) // 30))})
    assert set(Authenticator.objects.filter(user=with_password).values_list("type", flat=True)) == {"totp", "recovery_codes"}


def test_a_code_of_the_app_counts_once(with_password, second_factor, client):
    code = second_factor(with_password)()
    by_password(client, with_password)
    client.post(reverse("mfa_authenticate"), {"code": code})
    other = Client()
    by_password(other, with_password)
    for same in (code, f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}"):
        other.post(reverse("mfa_authenticate"), {"code": same})
    assert signed_in(client) and not signed_in(other)


def test_a_recovery_code_counts_once(with_password, second_factor, client):
    second_factor(with_password)
    code = RecoveryCodes(Authenticator.objects.get(user=with_password, type="recovery_codes")).get_unused_codes()[0]
    clients = [client, Client()]
    for one in clients:
        by_password(one, with_password)
        one.post(reverse("mfa_authenticate"), {"code": code})
    assert [bool(signed_in(one)) for one in clients] == [True, False]


def test_a_mailed_code_counts_once_and_only_in_the_window_that_asked(cast, client):
    code = ask_for_code(client, cast.secretary_a)
    other = Client()
    other.post(reverse("account_confirm_login_code"), {"code": code})
    assert not signed_in(other)
    client.post(reverse("account_confirm_login_code"), {"code": code})
    client.post(reverse("account_logout"))
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert not signed_in(client)


def test_a_mailed_code_may_be_pasted_with_blanks_and_in_small_letters(cast, client):
    code = ask_for_code(client, cast.secretary_a)
    client.post(reverse("account_confirm_login_code"), {"code": f"  {code.lower()} "})
    assert signed_in(client)


def test_signing_in_gives_a_new_session_key(cast, client):
    ask_for_code(client, cast.secretary_a)
    before = client.session.session_key
    client.post(reverse("account_confirm_login_code"), {"code": mailed_code()})
    assert client.session.session_key != before


@pytest.mark.parametrize(
    ("language", "page", "subject", "direction"),
    [
        ("de", "he", "Dein Anmeldecode", "ltr"),
        ("he", "de", "קוד", "rtl"),
        ("en", "de", "Your sign-in code", "ltr"),
    ],
)
def test_a_code_comes_in_the_language_of_its_reader_whatever_the_page_speaks(cast, client, language, page, subject, direction):
    User.objects.filter(pk=cast.secretary_a.pk).update(language=language)
    client.cookies["django_language"] = page
    ask_for_code(client, cast.secretary_a)
    letter = mail.outbox[-1]
    html = letter.alternatives[0][0]
    assert subject in letter.subject and f'dir="{direction}"' in html and f'lang="{language}"' in html
    assert re.search(r"(\S+)$", letter.subject)[1] in html


@pytest.mark.parametrize(("page", "direction"), [("de", "ltr"), ("he", "rtl")])
def test_an_unknown_address_is_answered_in_the_language_of_the_page(client, page, direction):
    client.cookies["django_language"] = page
    client.post(reverse("account_request_login_code"), {"email": "niemand@example.org"})
    assert f'dir="{direction}"' in mail.outbox[-1].alternatives[0][0]


def test_a_notice_about_ones_sign_in_comes_in_ones_language(with_password, client):
    User.objects.filter(pk=with_password.pk).update(language="he")
    by_password(client, with_password)
    new = "ein anderer Satz mit Fluss"
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    letter = mail.outbox[-1]
    assert re.search("[א-ת]", letter.subject) and 'dir="rtl"' in letter.alternatives[0][0]


NEW_WAYS = ["mfa_activate_totp", "mfa_add_webauthn", "account_set_password"]


@pytest.mark.parametrize("name", NEW_WAYS)
def test_a_new_way_in_needs_a_code_of_the_last_quarter_of_an_hour(name, cast, client):
    by_code(client, cast.secretary_a)
    assert client.get(reverse(name)).status_code == 200
    with time_machine.travel(time.time() + 16 * 60):
        asked = client.get(reverse(name))
        assert asked.url == f"{reverse('branches:prove_again')}?next={quote(reverse(name), safe='')}"
        assert client.post(reverse(name), {"code": "000000"}).url == asked.url
        page = client.get(asked.url).text.partition("<main")[2].partition("</main>")[0]
        fields = dict(re.findall(r'name="(email|next)" value="([^"]*)"', page))
        answer = client.post(reverse("branches:prove_again"), fields, follow=True)
        assert not signed_in(client) and answer.status_code == 200
        assert client.post(answer.request["PATH_INFO"], {"code": mailed_code(), "next": fields["next"]}).url == reverse(name)
        assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", NEW_WAYS)
def test_a_found_session_adds_no_way_in(name, cast, sign_in):
    client = sign_in(cast.secretary_a)
    assert client.get(reverse(name)).url.startswith(reverse("branches:prove_again"))


def test_where_there_is_a_password_the_library_asks_for_it(with_password, sign_in):
    assert sign_in(with_password).get(reverse("mfa_activate_totp")).url.startswith(reverse("account_reauthenticate"))


def test_secrets_of_second_factors_lie_encrypted_and_work(with_password, second_factor, client):
    code = second_factor(with_password)
    kept = Authenticator.objects.get(user=with_password, type="totp")
    secret = kept.data["secret"]
    assert secret.startswith("gAAAA") and get_adapter().decrypt(secret) not in str(kept.data)
    seed = Authenticator.objects.get(user=with_password, type="recovery_codes").data["seed"]
    assert seed.startswith("gAAAA")
    by_password(client, with_password)
    client.post(reverse("mfa_authenticate"), {"code": code()})
    assert signed_in(client)


def test_an_older_key_still_reads_secrets_and_a_lost_one_fits_no_code(with_password, second_factor, client, settings):
    code = second_factor(with_password)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    kept = TOTP(Authenticator.objects.get(user=with_password, type="totp"))
    assert kept.validate_code(code())
    settings.SECRET_KEY_FALLBACKS = []
    assert not kept.validate_code(code()) and not kept.validate_code(format_hotp_value(hotp_value("", int(time.time()) // 30)))


def test_a_new_passkey_signs_in_by_itself_unless_one_says_otherwise(cast, client):
    by_code(client, cast.secretary_a)
    assert re.search(r'<input[^>]*name="passwordless"[^>]* checked', client.get(reverse("mfa_add_webauthn")).text)
