"""Pages by signed link: what a token holds, what opens, what is too old, in whose language."""

from datetime import date, timedelta

import pytest
from django.core.signing import Signer
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.test import RequestFactory
from django.utils import timezone, translation

from branches.models import User
from common.links import Found, Link

DAY = timedelta(days=1)
LINK = Link("onboarding:link_step", 30 * DAY)
pytestmark = pytest.mark.django_db


def found(now, pk):
    user = get_object_or_404(User, pk=pk)
    return Found((user,), user.language, user.is_active, {"whose": user})


@LINK.opens(found, "onboarding/link_closed.html")
def shown(request, user, now):
    return HttpResponse(f"{user.pk} {translation.get_language()}")


def opened(token, method="get", **cookies):
    request = getattr(RequestFactory(), method)("/")
    request.LANGUAGE_CODE, request.COOKIES = "de", cookies
    return shown(request, token)


def test_a_link_opens_for_its_days_and_says_then_that_it_is_over(cast):
    today = timezone.localdate()
    assert opened(LINK.token(cast.admin.pk, on=today - 30 * DAY)).status_code == 200
    for method in ("get", "head", "post"):
        assert opened(LINK.token(cast.admin.pk, on=today - 31 * DAY), method).status_code == 410


def test_what_is_over_for_another_reason_says_so_too(cast):
    User.objects.filter(pk=cast.admin.pk).update(is_active=False)
    assert opened(LINK.token(cast.admin.pk, on=timezone.localdate())).status_code == 410


def test_nothing_is_kept_by_the_browser_and_other_methods_are_refused(cast):
    token = LINK.token(cast.admin.pk, on=timezone.localdate())
    assert "no-store" in opened(token)["Cache-Control"] and opened(token, "put").status_code == 405


def test_the_page_speaks_the_language_of_whom_the_link_is_for_unless_another_was_chosen(cast):
    User.objects.filter(pk=cast.admin.pk).update(language="he")
    token = LINK.token(cast.admin.pk, on=timezone.localdate())
    assert opened(token).content.decode() == f"{cast.admin.pk} he"
    assert opened(token, django_language="de").content.decode() == f"{cast.admin.pk} de"


@pytest.mark.parametrize("bad", ["", "x", "x.y", "WzEsMl0", "a" * 3000])
def test_what_was_not_signed_here_does_not_exist(bad, cast):
    for token in (bad, Link("onboarding:link_escalation", 30 * DAY).token(cast.admin.pk, on=timezone.localdate()), LINK.signer.sign("no object")):
        with pytest.raises(Http404):
            opened(token)


@pytest.mark.parametrize("sign", [lambda s: s.sign("17"), lambda s: s.sign_object(17), lambda s: s.sign_object([17])])
def test_links_of_former_versions_still_open(sign):
    assert Link("membership:own_record", salt="membership.own_data").read(sign(Signer(salt="membership.own_data", sep="."))) == ([17], None)


def test_the_address_is_a_full_one_with_numbers_alone(settings):
    settings.BASE_URL = "https://example.org"
    address = LINK.address(1, 2, on=date(2026, 11, 22))
    assert address.startswith("https://example.org/link/step/")
    assert LINK.read(address.split("/")[-2]) == ([1, 2], date(2026, 12, 22).toordinal())
