"""The main job from the list to the report, done by hand: in German on a laptop, in Hebrew on a phone, and without JavaScript."""

import io
import re
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from pypdf import PdfReader

from branches.models import User
from membership.models import Member
from onboarding.models import Contact, Journey, JourneyStep
from outbox.models import LocalMail
from tests.browser.conftest import LAPTOP, PHONE
from tests.browser.lists import CHANGED, GONE, JOINED, STATUS, show_the_difference

SECRETARY, OFFICER = "aylin.kaya@dresden.example.org", "clemens.brueckner@dresden.example.org"
HEBREW_SECRETARY = "orna.dagan@sharon.example.org"


def sign_in_by_code(one, email):
    """From the closed door to Today, with the code from the local inbox."""
    page = one.open("/")
    page.get_by_label(one.say("Your e-mail address")).fill(email)
    page.get_by_role("button", name=one.say("Mail me a code")).click()
    inbox = one.context.new_page()
    inbox.goto("/inbox/")
    inbox.locator(".rows a.name").first.click()
    code = re.search(r"^\s*([A-Z0-9]+(?:-[A-Z0-9]+)*)\s*$", inbox.locator(".panel").first.inner_text(), re.MULTILINE)[1]
    inbox.close()
    page.locator("#id_code").fill(code)
    page.get_by_role("button", name=one.say("Sign in"), exact=True).click()
    page.wait_for_url(one.house + "/")
    one.user = User.objects.get(email=email)


def hand_in_the_list(one):
    """File, columns, difference, done; before the last step nothing is saved."""
    page = show_the_difference(one)
    for name in ("joined", "moved", "changed", "gone"):
        rows = page.locator(f"section:has(#{name})").locator("tbody tr, ul.rows > li")
        assert rows.count() == 1, name
    assert JOINED in page.locator("section:has(#joined)").inner_text()
    assert not Member.objects.filter(number="390000001").exists()
    page.locator("form#apply .btn-primary").click()
    page.get_by_role("link", name=one.say("New members")).last.wait_for()
    joined = Member.objects.get(number="390000001")
    assert joined.journeys.get().state == "running"
    assert Member.objects.get(number=CHANGED).email == "neue-adresse@example.org"
    assert Member.objects.get(number=GONE).status in STATUS


def tick_and_undo(one):
    """The first step of Today: done, and taken back."""
    page = one.open("/")
    row = page.locator(".rows > li", has=page.locator(".btn-done")).first
    step = JourneyStep.objects.get(pk=row.get_attribute("id").removeprefix("today-"))
    row.locator(".btn-done").click()
    undo = page.get_by_role("button", name=re.compile(one.say("Undo"))).first
    undo.wait_for()
    step.refresh_from_db()
    assert step.state == "done"
    undo.click()
    page.locator(f"#today-{step.pk} .btn-done").wait_for()
    step.refresh_from_db()
    assert step.state == "open"


def log_a_contact(one):
    """Two taps on a person's page: call, reached. It closes the first contact that was owed."""
    journey = Journey.objects.without_contact().visible_to(one.user).latest("pk")
    page = one.open("/new-members/")
    page.get_by_role("link", name=journey.member.name).first.click()
    page.get_by_role("link", name=one.say("call"), exact=True).click()
    page.locator("button[name=result][value=reached]").click()
    page.wait_for_url(re.compile(rf"/members/{journey.member_id}/"))
    contact = Contact.objects.get(member=journey.member, on=timezone.localdate(), result="reached")
    assert contact.by == one.user
    journey.refresh_from_db()
    assert journey.first_contact_on == timezone.localdate()


def settle_from_the_mail(one, email):
    """The weekly digest brings a link; opening it changes nothing, its button does, without an account."""
    monday = timezone.localdate() + timedelta(days=7 - timezone.localdate().weekday())
    call_command("run_reminders", now=timezone.make_aware(datetime(*monday.timetuple()[:3], 8)), json=True, stdout=io.StringIO())
    mail = LocalMail.objects.filter(to=email, text__contains="/link/step/").latest("at")
    one.context.clear_cookies()
    page = one.open(f"/inbox/{mail.pk}/")
    page.locator("a[href*='/link/step/']").first.click()
    page.wait_for_url(re.compile("/link/step/"))
    button = page.locator("form .btn-primary")
    before = JourneyStep.objects.open().count()
    button.click()
    page.locator(".notice.ok").wait_for()
    assert JourneyStep.objects.open().count() == before - 1
    page.reload()
    assert page.locator("form .btn-primary").count() == 0


def look_at_the_cockpit(one):
    """A row per unit, its numbers lead to people, and the report comes as a file with the same figures."""
    page = one.open("/cockpit/")
    names = page.locator("table[aria-labelledby=units] tbody th").all_inner_texts()
    assert "Pieschen" in names and len(names) == 10
    page.locator("tr", has_text="Pieschen").locator("a.count-link").first.click()
    page.locator("table tbody tr, .empty").first.wait_for()
    assert "/cases/" in page.url


def report(one, slug):
    """The text of the PDF that the browser is given for the unit `slug`."""
    page = one.open(f"/cockpit/{slug}/report/")
    with page.expect_download() as waiting:
        page.locator("main form button[type=submit], main form .btn-primary").first.click()
        if slug == "dresden":
            page.locator("a[href*='/download/']").click()
    file = waiting.value.path()
    return "".join(sheet.extract_text() for sheet in PdfReader(file).pages)


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_the_main_job_in_german_on_a_laptop(browse, dresden, javascript):
    one = browse("de", LAPTOP, javascript=javascript).as_user(OFFICER)
    hand_in_the_list(one)
    one.context.clear_cookies()
    sign_in_by_code(one, SECRETARY)
    assert "Aylin" in one.page.locator("h1").inner_text()
    one.page.get_by_role("link", name=JOINED).first.wait_for()
    tick_and_undo(one)
    log_a_contact(one)
    settle_from_the_mail(one, SECRETARY)
    one.as_user(OFFICER)
    look_at_the_cockpit(one)
    assert "Pieschen" in report(one, "dresden")
    assert "Pieschen" in report(one, "pieschen")


def test_a_secretarys_work_in_hebrew_on_a_phone(browse, sharon):
    one = browse("he", PHONE)
    sign_in_by_code(one, HEBREW_SECRETARY)
    assert one.page.locator("html").get_attribute("dir") == "rtl"
    assert "אורנה" in one.page.locator("h1").inner_text()
    tick_and_undo(one)
    log_a_contact(one)
    settle_from_the_mail(one, HEBREW_SECRETARY)
