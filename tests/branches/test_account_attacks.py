"""Attacks on accounts: guessing, listening, forging, stealing.

There is no invitation that could be stolen or used twice: the mail about a new office holds no key, only the address of the sign-in page.
"""

import logging
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest
from django.conf import settings as project
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone

from branches import appointing, signing_in
from branches.middleware import one_try_at_a_time
from branches.models import User
from common.logs import OneLineFormatter
from config.urls import urlpatterns as real_urlpatterns
from tests import access
from tests.branches.conftest import PASSWORD, ask_for_code, by_code, by_password, mailed_code, signed_in

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def boom(request):
    raise RuntimeError("boom")


def slow(request):
    return HttpResponse()


urlpatterns = [path("boom/", boom), *real_urlpatterns]  # for the page of an error

TOO_MANY = "Zu viele"


# Who is there?


class CountedHasher(PBKDF2PasswordHasher):
    iterations = 1
    runs = 0

    def encode(self, *args, **kwargs):
        CountedHasher.runs += 1
        return super().encode(*args, **kwargs)


def shape(response):
    """What can be told from an answer, the address typed in and the tokens left out."""
    text = re.sub(r'csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"|[\w.]+@example\.org', "", response.text)
    return response.status_code, response.headers.get("Location"), sorted(response.cookies), text


@pytest.mark.parametrize("name", ["account_request_login_code", "account_reset_password"])
def test_asking_for_a_code_or_a_reset_tells_nobody_who_has_an_account(cast, name, django_assert_max_num_queries):
    answers, questions, letters = [], [], []
    User.objects.filter(pk=cast.chair_a.pk).update(is_active=False)
    for email in (cast.secretary_a.email, "niemand@example.org", cast.chair_a.email):
        client = Client()
        with django_assert_max_num_queries(100) as asked:
            first = client.post(reverse(name), {"email": email})
        answers.append((shape(first), shape(client.get(first.url))))
        questions.append(len(asked))
        letters.append(len(mail.outbox))
    assert answers[0] == answers[1] == answers[2]
    assert letters == [1, 2, 3]  # a mail goes out in any case and takes its time
    assert max(questions) - min(questions) <= 6, questions


def test_a_password_is_refused_alike_and_as_slowly_whether_or_not_there_is_an_account(cast, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountedHasher"]
    cast.secretary_a.set_password(PASSWORD)
    cast.secretary_a.save()
    closed = cast.chair_a
    closed.set_password(PASSWORD)
    closed.is_active = False
    closed.save()
    answers, runs = [], []
    for email in (cast.secretary_a.email, cast.secretary_b.email, closed.email, "niemand@example.org"):  # with, without, closed, none
        CountedHasher.runs = 0
        response = Client().post(reverse("account_login"), {"login": email, "password": "falsch"})
        answers.append(shape(response))
        runs.append(CountedHasher.runs)
    assert answers.count(answers[0]) == 4
    assert len(set(runs)) == 1 and runs[0] > 0, runs


def test_nobody_makes_an_account_by_signing_up(client, db):
    for address in filter(
        None, map(address_of, ("account_signup", "socialaccount_signup", "account_signup_by_passkey", "mfa_signup_webauthn"))
    ):
        client.post(address, {"email": "neu@example.org", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.filter(email="neu@example.org").exists() and not signed_in(client)


def test_there_is_no_other_door():
    """No admin site, no password reset or sign-in of Django's own, no interface for programs that signs in."""
    routes = access.addresses()
    assert not [name for name in routes if name.startswith("admin:") or name in ("login", "password_reset")]
    assert "django.contrib.admin" not in project.INSTALLED_APPS and "allauth.headless" not in project.INSTALLED_APPS
    doors = {route for route in routes.values() if re.search(r"\b(login|sign|auth|api)", route) and not route.startswith("accounts/")}
    assert doors == {"sign-in/<word:token>/"}


# Guessing


def test_a_forged_forwarding_header_gives_no_new_tries(cast, quick_passwords, settings):
    assert project.ALLAUTH_TRUSTED_PROXY_COUNT == 0
    said = [
        Client().post(
            reverse("account_login"), {"login": f"person{n}@example.org", "password": "x"}, headers={"x-forwarded-for": f"203.0.113.{n}"}
        )
        for n in range(12)
    ]
    assert [TOO_MANY in answer.text for answer in said] == [False] * 10 + [True] * 2


@pytest.mark.parametrize(("header", "limited"), [("203.0.113.{n}, 198.51.100.7", True), ("198.51.100.7, 203.0.113.{n}", False)])
def test_behind_one_proxy_the_right_most_address_counts(cast, quick_passwords, settings, header, limited):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    said = [
        Client().post(
            reverse("account_login"), {"login": f"p{n}@example.org", "password": "x"}, headers={"x-forwarded-for": header.format(n=n)}
        )
        for n in range(11)
    ]
    assert (TOO_MANY in said[-1].text) is limited


def test_five_wrong_passwords_close_the_account_from_everywhere_however_it_is_written(with_password, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for n in range(5):
        email = with_password.email.upper() if n % 2 else with_password.email
        Client().post(reverse("account_login"), {"login": email, "password": "x"}, headers={"x-forwarded-for": f"203.0.113.{n}"})
    client = Client()
    answer = by_password(client, with_password, headers={"x-forwarded-for": "203.0.113.99"})
    assert TOO_MANY in answer.text and not signed_in(client)


def test_another_port_in_the_host_gives_no_new_tries(with_password, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for n in range(6):
        said = by_password(Client(), with_password, "x", headers={"host": f"localhost:{n + 1}", "x-forwarded-for": f"203.0.113.{n}"})
    assert TOO_MANY in said.text


def test_a_code_can_be_asked_for_three_times_a_minute(cast):
    for _n in range(3):
        Client().post(reverse("account_request_login_code"), {"email": cast.secretary_a.email})
    answer = Client().post(reverse("account_request_login_code"), {"email": cast.secretary_a.email.upper()})
    assert TOO_MANY in answer.text and len(mail.outbox) == 3


def test_three_wrong_codes_end_the_window(cast, client):
    code = ask_for_code(client, cast.secretary_a)
    for _n in range(3):
        client.post(reverse("account_confirm_login_code"), {"code": "XXXX-XXXX"})
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert not signed_in(client)


def test_five_wrong_codes_of_the_app_close_the_second_factor(with_password, second_factor, client):
    code = second_factor(with_password)
    by_password(client, with_password)
    for _n in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    other = Client()
    by_password(other, with_password)
    assert TOO_MANY in other.post(reverse("mfa_authenticate"), {"code": code()}).text
    assert not signed_in(other)


def at_once(send, times=50, threads=12):
    """send(number) `times` times, `threads` at a time, each thread with a connection of its own."""
    start = threading.Barrier(threads)
    first = threading.local()

    def one(number):
        if not hasattr(first, "started"):
            first.started = True
            start.wait(20)
        try:
            return send(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(times)))


def with_cookies(client):
    other = Client()
    other.cookies = client.cookies
    return other


@pytest.mark.django_db(transaction=True)
def test_fifty_wrong_passwords_at_once_are_five_tries(with_password, no_tries, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1  # from fifty addresses, so that only the account counts
    said = at_once(lambda n: by_password(Client(), with_password, "falsch", headers={"x-forwarded-for": f"203.0.113.{n}"}))
    assert sum(TOO_MANY not in answer.text for answer in said) <= 5
    client = Client()
    by_password(client, with_password, headers={"x-forwarded-for": "203.0.113.99"})
    assert not signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_address_opened_by_ten_at_once_lets_one_in(cast, no_tries):
    address = signing_in.address(cast.secretary_a)
    clients = [Client() for _ in range(10)]
    said = at_once(lambda n: clients[n].post(address), times=10, threads=10)
    assert sorted(answer.status_code for answer in said) == [302] + [404] * 9
    assert len([client for client in clients if signed_in(client)]) == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_wrong_mailed_codes_at_once_are_three_tries(cast, client, no_tries):
    code = ask_for_code(client, cast.secretary_a)
    said = at_once(lambda n: with_cookies(client).post(reverse("account_confirm_login_code"), {"code": f"XXXX-XX{n:02}"}))
    assert sum(answer.status_code == 200 for answer in said) == 2  # the third ends the window
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert not signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_fifty_wrong_codes_of_the_app_at_once_are_five_tries(with_password, second_factor, client, no_tries, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    code = second_factor(with_password)
    windows = []
    for n in range(12):
        windows.append(Client(headers={"x-forwarded-for": f"203.0.113.{n}"}))
        by_password(windows[-1], with_password)
    said = at_once(
        lambda n: with_cookies(windows[n % 12]).post(
            reverse("mfa_authenticate"), {"code": f"9{n:05}"}, headers={"x-forwarded-for": f"203.0.113.{n}"}
        )
    )
    assert sum(TOO_MANY not in answer.text for answer in said) <= 5
    windows[0].post(reverse("mfa_authenticate"), {"code": code()})
    assert not signed_in(windows[0])


@pytest.mark.django_db(transaction=True)
def test_one_code_of_the_app_used_twice_at_once_lets_one_in(with_password, second_factor, no_tries, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    code = second_factor(with_password)
    windows = [Client(headers={"x-forwarded-for": f"203.0.113.{n}"}) for n in range(4)]
    for window in windows:
        by_password(window, with_password)
    now = code()
    at_once(lambda n: windows[n].post(reverse("mfa_authenticate"), {"code": now}), times=4, threads=4)
    assert sum(bool(signed_in(window)) for window in windows) <= 1


def test_who_waits_too_long_for_the_try_before_is_told_so(transactional_db):
    request = RequestFactory().post("/accounts/login/")
    request.COOKIES[project.SESSION_COOKIE_NAME] = "s" * 32

    def second_try(_request):
        def ask():
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            try:
                return one_try_at_a_time(slow)(request)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(ask).result()

    assert one_try_at_a_time(second_try)(request).status_code == 429
    assert one_try_at_a_time(slow)(request).status_code == 200  # and the lock is free again


def test_the_limits_do_not_need_redis(with_password, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "redis" not in str(project.CACHES).lower()
    for _n in range(5):
        by_password(Client(), with_password, "falsch")
    assert TOO_MANY in by_password(Client(), with_password).text
    assert cache.get("nothing") is None


# Taking over


def test_the_mail_for_a_new_password_leads_to_our_own_address_whatever_host_was_asked(cast, client, settings):
    settings.BASE_URL, settings.ALLOWED_HOSTS = "https://ankommen.example.org", ["*"]
    client.post(reverse("account_reset_password"), {"email": cast.secretary_a.email}, headers={"host": "evil.example"})
    mail_to = mail.outbox[-1]
    assert "https://ankommen.example.org/accounts/password/reset/key/" in mail_to.body
    assert "evil" not in mail_to.body + mail_to.alternatives[0][0]


@pytest.mark.parametrize("data", [{"action_add": "", "email": "amt@example.org"}, {"action_primary": "", "email": "amt@example.org"}])
def test_nobody_gives_themselves_another_address_to_catch_its_office(tree, cast, client, data):
    by_code(client, cast.mentor)
    before = cast.mentor.email
    for address in (reverse("account_email"), reverse("account_email_verification_sent"), reverse("account_confirm_email", args=["x"])):
        assert client.get(address).url == reverse("branches:profile")
        assert client.post(address, data).url == reverse("branches:profile")
    client.post(reverse("branches:profile"), {"given_name": "M", "family_name": "T", "phone": "", "language": "de", **data})
    cast.mentor.refresh_from_db()
    assert cast.mentor.email == before
    assert appointing.account("amt@example.org", "Neu", "Amt", tree.a) != cast.mentor


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example/x", "/\\evil.example", "javascript:alert(1)", "https:evil.example", "\thttps://evil.example"],
)
def test_no_way_in_leads_to_a_foreign_host(with_password, client, target):
    client.post(reverse("account_login"), {"login": with_password.email, "password": PASSWORD, "next": target})
    assert signed_in(client)
    for method, name in [
        ("post", "account_login"),
        ("get", "account_login"),
        ("post", "set_language"),
        ("post", "account_reauthenticate"),
        ("post", "account_logout"),
    ]:
        answer = getattr(client, method)(
            f"{reverse(name)}", {"next": target, "language": "de", "password": PASSWORD}, headers={"referer": target}
        )
        assert "evil" not in answer.get("Location", "") and "javascript" not in answer.get("Location", ""), name


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example/x"])
def test_a_mailed_code_leads_to_no_foreign_host(cast, client, target):
    client.post(reverse("account_request_login_code"), {"email": cast.secretary_a.email, "next": target})
    answer = client.post(reverse("account_confirm_login_code"), {"code": mailed_code(), "next": target})
    assert signed_in(client) and "evil" not in answer.url


def test_a_forged_console_address_opens_nothing(cast, client):
    good = signing_in.address(cast.secretary_a)
    assert client.post(good.replace("sign-in/", "sign-in/x")).status_code == 404
    assert client.post(good[:-2] + "/").status_code == 404
    assert not signed_in(client)


# All addresses


@pytest.fixture
def world(tree, cast):
    return access.build_world(tree, cast)


def every_address(world):
    """(name, address, row) of every address of ours and of every one of the sign-in library that needs no argument.

    What happens between two of them is rolled back.
    """
    place = world.places["own"]
    place.viewer = world.cast.officer
    library = [(name, address, None) for name in access.LIBRARY if (address := address_of(name))]
    for name, args, row in [(row.name, row.of, row) for row in access.rows()] + library:
        with transaction.atomic():
            yield name, reverse(name, args=args(place) if args else []) if row else args, row
            transaction.set_rollback(True)


def address_of(name):
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


@pytest.mark.wide
def test_nothing_is_posted_without_the_token_of_the_page(world):
    """Every address is posted to; of the other methods each gets one: an address is let off the token by its view, whatever the method."""
    client, others = Client(enforce_csrf_checks=True), cycle(("put", "patch", "delete"))
    client.force_login(world.cast.officer, backend=BACKEND)
    open_doors = []
    for (name, address, _row), other in zip(every_address(world), others, strict=False):
        if name == "education:link_unsubscribe":  # RFC 8058: mail programs post without a page; the signed address is the right
            continue
        for method in ("post", other):
            answer = getattr(client, method)(address)
            if answer.status_code != 403 or "403_csrf.html" not in [template.name for template in answer.templates]:
                open_doors.append(f"{method} {name}: {answer.status_code}")
    assert not open_doors


# Sessions, what is counted about tries, figures derived from the rest, and who read what: an export and a calendar remember when they were fetched.
WRITTEN_ON_OPENING = ["django_session", "usersessions_usersession", "sign_in_limits", "cockpit_staleunit", "cockpit_unitfigures", "cockpit_qualitymonth"]
WRITTEN_ON_OPENING += ["membership_reading", "membership_export", "education_calendarfeed"]


def written():
    """{table: rows inserted, changed or deleted in this transaction so far}; what was rolled back counts too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables WHERE NOT relname = ANY(%s)", [WRITTEN_ON_OPENING]
        )
        return dict(cursor.fetchall())


def test_what_is_written_is_counted(tree):
    before = written()
    tree.a.save()
    assert {table for table, rows in written().items() if rows != before[table]} == {"branches_unit"}


POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
    "manifest-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
}  # fmt: skip
# The script and the empty page that open the list of an event or election day without a line; names come from the open tab alone.
WITHOUT_NAMES = ("education:attendance_worker", "education:attendance_offline", "planning:election_day_worker", "planning:election_day_offline")


def wrong_with(name, answer):
    """What no answer to somebody who is signed in may be: kept by the browser, or without the strict policy."""
    if name not in ("common:party_css", "common:party_logo", *WITHOUT_NAMES) and "no-store" not in answer.get("Cache-Control", ""):
        yield "may be kept by the browser"
    policy = set(answer["Content-Security-Policy"].split("; "))
    if name == "outbox:inbox_html":  # a mail as it was sent, locked up in a frame
        if "default-src 'none'" not in policy or not any(part.startswith("sandbox ") and "allow-scripts" not in part for part in policy):
            yield f"policy {policy}"
        return
    if policy != POLICY | ({"frame-src 'self'"} if name == "outbox:inbox_mail" else set()):
        yield f"policy {policy}"
    if answer["X-Frame-Options"] != "DENY" or answer["X-Content-Type-Options"] != "nosniff":
        yield "may be framed or taken for something else"


@pytest.mark.wide
def test_opening_any_address_changes_nothing_is_kept_by_no_browser_and_carries_the_strict_policy(world):
    client = Client()
    client.force_login(world.cast.officer, backend=BACKEND)
    wrong = []
    for name, address, row in every_address(world):
        before = written()
        answer = client.get(address, row.query if row else {})
        wrong += [f"{name}: writes {table}" for table, rows in written().items() if rows != before[table]]
        wrong += [f"{name}: {found}" for found in wrong_with(name, answer)]
    assert not wrong


def test_after_signing_out_every_address_asks_for_a_sign_in(world):
    client = Client()
    client.force_login(world.cast.officer, backend=BACKEND)
    client.post(reverse("account_logout"))
    for name, address, row in every_address(world):
        if row and row.get and row.get != access.PUBLIC:
            assert client.get(address, row.query).url.startswith(reverse("account_login")), name


def test_pages_of_errors_carry_it_too(cast, settings):
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    answers = [
        client.get("/boom/"),
        client.get("/nothing-here/"),
        client.get("/", headers={"host": "evil.example"}),
        client.post(reverse("account_login")),
        client.put("/healthz/"),
    ]
    assert [answer.status_code for answer in answers][:4] == [500, 404, 400, 403]
    for answer in answers:
        assert set(answer["Content-Security-Policy"].split("; ")) == POLICY


# What is left behind


def test_signing_in_leaves_no_address_name_code_or_key_in_logs_or_addresses(with_password, second_factor, client, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(OneLineFormatter("{name} {message}", style="{"))
    person = with_password
    places = []
    code = second_factor(person)
    client.post(reverse("account_login"), {"login": person.email, "password": "falsch"})
    places.append(by_password(client, person).get("Location"))
    places.append(client.post(reverse("mfa_authenticate"), {"code": code()}).get("Location"))
    client.post(reverse("account_logout"))
    mailed = ask_for_code(client, person)
    places.append(client.post(reverse("account_confirm_login_code"), {"code": "XXXX-XXXX"}).get("Location"))
    places.append(client.post(reverse("account_confirm_login_code"), {"code": mailed}).get("Location"))
    places.append(client.post(reverse("account_reset_password"), {"email": person.email}).get("Location"))
    key = re.search(r"reset/key/([^/\s]+)", mail.outbox[-1].body)[1]
    Client(enforce_csrf_checks=True).post(reverse("account_reset_password") + f"key/{key}/")
    token = signing_in.address(person).rsplit("/", 2)[1]
    Client(enforce_csrf_checks=True).post(reverse("branches:sign_in_by_link", args=[token]))
    client.get(reverse("branches:sign_in_by_link", args=[token + "x"]))
    said = "\n".join(line for line in caplog.text.splitlines() if not line.startswith("django.db"))
    assert "Forbidden" in said  # the log does work
    for secret in (person.email, person.family_name, PASSWORD, mailed, key, token):
        assert secret not in said and secret not in " ".join(filter(None, places))


def test_messages_to_the_worker_name_nobody(tree, cast, sign_in, settings, django_capture_on_commit_callbacks):
    from config.celery import app

    sent = []
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(app.conf.task_default_queue)
    with django_capture_on_commit_callbacks(execute=True):
        appointing.invite(tree.a.appointments.first(), timezone.now())
    with app.connection_for_read() as broker:
        queue = broker.SimpleQueue(app.conf.task_default_queue)
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                break
            sent.append(str(message.headers) + str(message.payload))
            message.ack()
    assert sent
    assert not [text for text in sent for person in vars(cast).values() if person.email in text or person.family_name in text]
    assert app.conf.task_ignore_result


# Behind https


def settings_of(**environment):
    """Values of the settings as a process with this environment has them."""
    script = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.LANGUAGE_COOKIE_SECURE, "
        "s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_HTTPONLY, s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS, s.SECURE_PROXY_SSL_HEADER)"
    )
    return run("shell", "-v", "0", "-c", script, **environment).stdout.strip()


def run(*command, **environment):
    base = {**os.environ, "DEBUG": "0", "SECRET_KEY": "k" * 30 + "0123456789abcdefghijklmnopqrstuvwxyz", **environment}
    return subprocess.run([sys.executable, "manage.py", *command], cwd=project.BASE_DIR, env=base, capture_output=True, text=True)


def test_the_deployment_check_finds_nothing_behind_https():
    ran = run("check", "--deploy", "--fail-level", "WARNING", BASE_URL="https://ankommen.example.org", ALLOWED_HOSTS="ankommen.example.org")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(("proxies", "header"), [("0", "None"), ("1", "('HTTP_X_FORWARDED_PROTO', 'https')")])
def test_behind_https_cookies_are_closed_and_only_a_trusted_proxy_says_what_is_https(proxies, header):
    said = settings_of(BASE_URL="https://ankommen.example.org", TRUSTED_PROXY_COUNT=proxies)
    assert said == f"True True True True True True {365 * 24 * 3600} {header}"


def test_behind_https_every_answer_says_so_and_http_is_sent_there(settings, client):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 365 * 24 * 3600
    assert client.get("/accounts/login/").url.startswith("https://")
    assert "max-age=31536000" in client.get("/accounts/login/", secure=True)["Strict-Transport-Security"]


def test_the_session_cookie_is_kept_from_scripts_and_foreign_pages(cast, client):
    by_code(client, cast.secretary_a)
    cookie = client.cookies[project.SESSION_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
