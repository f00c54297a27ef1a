"""Election day on a phone: ticked without a line, kept over a reload, sent when it is back; and a volunteer's own page by link."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from planning import posting, volunteer_mails
from planning.models import Duty, DutyTick
from tests import factories as make
from tests.browser.conftest import PHONE
from tests.browser.test_attendance import forgive, tick
from tests.planning import elections

NAMES = ["Jona Licht", "Edda Wolf"]


@pytest.fixture
def duties(house, tree, cast):
    """Two members at a stand of today that began a minute ago."""
    now = timezone.now()
    election = elections.election(tree.district, cast.officer, (tree.a,), day=timezone.localdate(now))
    shift = elections.post(election, tree.a).shifts.create(starts_at=now - timedelta(minutes=1), ends_at=now + timedelta(hours=2), needed=3)
    return [posting.assign(shift, elections.volunteer(election, make.member(name, tree.a, mobile="0170 1")), now) for name in NAMES]


def ready(page):
    page.wait_for_function(
        "async () => (await navigator.serviceWorker.getRegistration('/election-day/'))?.active"
        " && (await (await caches.open('election-day')).keys()).some((kept) => kept.url.includes('offline'))"
    )


def test_ticks_of_the_day_are_kept_without_a_line_and_sent_when_it_is_back(browse, duties, cast):
    jona, edda = duties
    one = browse("de", PHONE).as_user(cast.secretary_a.email)
    address = reverse("planning:election_day", args=[jona.volunteer.election_id])
    page = one.open(address)
    tick(page, jona)
    page.wait_for_selector("#line.ok")
    assert DutyTick.objects.count() == 1 and Duty.objects.get(pk=jona.pk).state == Duty.State.DONE
    ready(page)
    page.reload()
    ready(page)
    one.context.set_offline(True)
    tick(page, edda)
    page.wait_for_selector("#line.amber")
    page.reload()
    page.wait_for_selector("#line.amber")
    assert page.inner_text(f"#r{edda.pk} .name") == "Edda Wolf" and page.get_attribute(f"#r{edda.pk} .tick", "aria-pressed") == "true"
    assert page.get_attribute(f"#r{edda.pk} a", "href") == "tel:01701" and not one.scrolls_sideways()
    one.context.set_offline(False)
    page.wait_for_selector("#line.ok")
    forgive(one)
    late = DutyTick.objects.get(duty=edda)
    assert late.at < late.received_at and Duty.objects.get(pk=edda.pk).state == Duty.State.DONE


def test_a_volunteer_confirms_and_says_here_on_their_own_page_in_hebrew(browse, duties):
    jona = duties[0]
    one = browse("he", PHONE)
    page = one.open(volunteer_mails.LINK.path(jona.volunteer_id))
    assert not one.scrolls_sideways() and "0351" not in page.content()
    page.click("button[value=here]")
    page.wait_for_selector("button[value=gone]")
    assert Duty.objects.get(pk=jona.pk).state == Duty.State.DONE
