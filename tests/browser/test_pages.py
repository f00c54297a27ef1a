"""Every page for everybody: axe in three languages, light and dark; a keyboard; a small screen; a slow line."""

from urllib.parse import urlencode
from zlib import crc32

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Error as PlaywrightError

from branches.models import Office, Unit, User
from membership.models import ListImport
from onboarding import links, mentoring_links
from onboarding.models import Journey, JourneyStep, Pairing, Pool
from planning import filling, volunteer_mails
from planning.models import AgendaItem, BudgetRule, Election, ElectionTemplate, Filling, Idea, Plan, Project, Request, Volunteer
from tests import access
from tests.axe import findings
from tests.browser.conftest import LAPTOP, PHONE
from tests.browser.lists import show_the_difference

SECRETARY, OFFICER = "aylin.kaya@dresden.example.org", "clemens.brueckner@dresden.example.org"
NOWHERE = "/members/999999999/"
OPEN_PAGES = ["account_login", "account_request_login_code", "common:help", "common:privacy", "common:accessibility", "outbox:inbox"]


def open_pages():
    """{name: address} of what everybody may open, a link from a mail among them."""
    secretary = User.objects.get(email=SECRETARY)
    step = JourneyStep.objects.open().in_charge(secretary).first()
    today = timezone.localdate()
    pairing = Pairing.objects.first()
    return {name: reverse(name) for name in OPEN_PAGES} | {
        "link_pair": mentoring_links.address("link_pair", pairing.pk, "mentor", today),
        "link_mentor": mentoring_links.address("link_mentor", pairing.mentor_id, "", today),
        "link_mentee": mentoring_links.address("link_mentee", pairing.mentee_id, "", today),
        "link_complaint": mentoring_links.address("link_complaint", pairing.pk, "mentee", today),
        "link_step": links.address("link_step", secretary, step, today),
        "link_escalation": links.address("link_escalation", secretary, step, today),
        "link_volunteer": volunteer_mails.LINK.address(Volunteer.objects.order_by("-state", "pk").first().pk),
    }


PATTERNS = (
    *("cockpit:today", "cockpit:search", "cockpit:report_list", "cockpit:member_detail", "onboarding:journey_list", "onboarding:contact_log"),
    *("onboarding:standard", "onboarding:list_detail", "onboarding:list_rows", "membership:member_list", "membership:member_edit"),
    *("branches:unit_list", "branches:unit_detail", "branches:unit_settings", "branches:appointment_add", "cockpit of the district"),
)


def life(officer):
    """{name: address} of pages of the life of units whose addresses say more than what they are; the proposal that fills shifts is among them."""
    plan = Plan.objects.filter(unit__in=Unit.objects.visible_to(officer), activities__isnull=False, goals__isnull=False).exclude(state="submitted").first()
    rule = BudgetRule.objects.visible_to(officer).exclude(state="approved").first()
    idea, project = Idea.objects.editable_by(officer).first(), Project.objects.editable_by(officer).first()
    asked = Request.objects.visible_to(officer).filter(state="open").first()
    item = AgendaItem.objects.visible_to(officer).filter(event__minutes=None).first()
    election, now = Election.objects.get(), timezone.now()
    proposal = Filling.objects.create(election=election, unit=election.unit, by=officer, asked_at=now)
    filling.work(proposal, now)
    of_plan, of_rule = [plan.unit.slug, plan.year], [rule.unit.slug, rule.year]
    args = {
        "plan_detail": of_plan, "plan_copy": of_plan, "activity_add": of_plan, "activity_edit": [*of_plan, plan.activities.first().pk],
        "goal_add": of_plan, "goal_edit": [*of_plan, plan.goals.first().pk], "budget_detail": of_plan, "spending_add": of_plan,
        "rule_add": of_rule, "rule_detail": [*of_rule, rule.pk], "rule_edit": [*of_rule, rule.pk], "unit_meter": [plan.unit.slug],
        "idea_detail": [idea.pk], "idea_edit": [idea.pk], "project_detail": [project.pk], "project_edit": [project.pk], "project_report": [project.pk],
        "milestone_add": [project.pk], "project_cost_add": [project.pk], "request_detail": [asked.pk], "request_forward": [asked.pk],
        "meeting": [item.event_id], "agenda_edit": [item.event_id], "invite": [item.event_id], "minutes_edit": [item.event_id], "decision_add": [item.pk],
        "office_fill": [election.unit.slug, Office.objects.get(slug="secretary").pk], "filling_detail": [proposal.pk],
    }  # fmt: skip
    return {f"planning:{name}": reverse(f"planning:{name}", args=values) for name, values in args.items()}


def pages():
    """{name: address} of every page that somebody who leads can open: those of the access table as far as their address says of what they are."""
    officer = User.objects.get(email=OFFICER)
    member = Journey.objects.without_contact().visible_to(officer).first().member_id
    handed_in = ListImport.objects.get().pk
    pool = Pool.objects.get()
    mentoring = {
        "mentoring/<int:pk>/": [pool.pk], "mentoring/mentors/<int:pk>/": [pool.mentors.first().pk], "mentoring/pairs/<int:pk>/": [pool.pairings.first().pk],
    }  # fmt: skip
    ours = mentoring | {"members/<int:pk>/": [member], "lists/<int:pk>/": [handed_in], "appointments/<int:pk>/": [officer.appointments.get().pk]}
    election = Election.objects.get()
    post = election.posts.filter(shifts__starts_at__gt=timezone.now()).first()
    ours |= {
        "elections/<int:pk>/": [election.pk], "elections/posts/<int:pk>/": [post.pk], "elections/shifts/<int:pk>/": [post.shifts.last().pk],
        "elections/milestones/<int:pk>/": [election.milestones.first().pk], "elections/templates/<int:pk>/": [ElectionTemplate.objects.get().pk],
        "election-day/<int:pk>/": [election.pk], "elections/of/<word:slug>/": ["dresden"],
    }  # fmt: skip
    routes, found = access.addresses(), {}
    for row in access.rows():
        if row.get in (None, access.PUBLIC):
            continue
        beginning, blank, _end = routes[row.name].partition(">")
        asked = f"?{urlencode(row.query)}" if row.query else ""
        if not blank:
            found[row.name] = reverse(row.name) + asked
        elif "<" not in _end:
            args = ours.get(beginning + ">/") or (["pieschen"] if beginning in ("units/<word:slug", "cockpit/<word:slug") else None)
            if args:
                found[row.name] = reverse(row.name, args=args) + asked
    return found | life(officer) | {
        "branches:kind_edit": reverse("branches:kind_edit", args=["branch"]),
        "onboarding:list_rows": reverse("onboarding:list_rows", args=[handed_in, "joined"]),
        "cockpit of the district": reverse("cockpit:cockpit", args=["dresden"]),
        "cockpit:cases": reverse("cockpit:cases", args=["dresden"]) + "?figure=contact:missed",
        "education:batch_add": reverse("education:batch_add") + "?" + urlencode({"of": "unit=pieschen&show=new", "all": 1}),
        "late journeys": reverse("onboarding:journey_list") + "?show=late",
        "found": reverse("cockpit:search") + "?q=re",
        "mfa_index": reverse("mfa_index"),
        "usersessions_list": reverse("usersessions_list"),
        "not found": NOWHERE,
    }


def page_at(one, address):
    """The page at the address; None for a file (PDF, sheet, picture) and for what this unit has not got at all: a branch has no rule of a section."""
    try:
        answer = one.page.goto(address)
    except PlaywrightError as error:
        if "Download is starting" not in str(error):
            raise
        return None
    if not answer.headers.get("content-type", "").startswith("text/html") or (answer.status == 404 and address != NOWHERE):
        return None
    assert answer.ok or address == NOWHERE, f"{address}: {answer.status}"
    return one.page


def visit(one, check, wanted):
    """Call check(name, page) for every page that is `wanted`, first as a stranger, then as the officer."""
    for name, address in open_pages().items():
        if wanted(name):
            check(name, one.open(address))
    one.as_user(OFFICER)
    show_the_difference(one)
    for name, address in pages().items():
        if wanted(name) and (page := page_at(one, address)):
            check(name, page)
    one.problems = [problem for problem in one.problems if "404" not in problem]


LANGUAGES = ["de", "he", "en"]


def dealt(name):
    """The languages a page is looked at in: patterns in all, every other page in that of the longest words or in that from right to left."""
    return LANGUAGES if ":" not in name or name in PATTERNS else [LANGUAGES[crc32(name.encode()) % 2]]


def everywhere(name):
    return LANGUAGES


@pytest.mark.parametrize("spoken", [dealt, pytest.param(everywhere, marks=pytest.mark.slow)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious_on_any_page_and_none_scrolls_sideways_on_a_phone(browse, dresden, language, spoken):
    User.objects.update(language=language)
    one = browse(language)
    found = {}

    def check(name, page):
        found[name] = findings(page)
        # Style and scripts ask for the width alone: a page made narrow is as one opened on a phone.
        page.set_viewport_size(PHONE)
        if one.scrolls_sideways():
            found[name].append("scrolls sideways")
        page.set_viewport_size(LAPTOP)

    visit(one, check, lambda name: language in spoken(name))
    assert not {name: wrong for name, wrong in found.items() if wrong}


def test_no_page_scrolls_sideways_on_a_phone_in_german(browse, dresden):
    """The words are the longest there; those that the test above has seen in German are left out."""
    User.objects.update(language="de")
    one = browse("de", PHONE)
    wide = []

    def check(name, page):
        if one.scrolls_sideways():
            wide.append(name)

    visit(one, check, lambda name: "de" not in dealt(name))
    assert not wide


def test_what_a_thumb_taps_is_large_enough(browse, dresden):
    """Targets of a secretary's pages measure at least 44 px, or stand alone in their line of text."""
    one = browse("de", PHONE).as_user(SECRETARY)
    step = JourneyStep.objects.open().in_charge(User.objects.get(email=SECRETARY)).select_related("journey").first()
    member = [step.journey.member_id]
    addresses = {name: reverse(name) for name in ("cockpit:today", "onboarding:journey_list", "membership:member_list")}
    addresses |= {name: reverse(name, args=member) for name in ("cockpit:member_detail", "onboarding:contact_log")}
    small = {}
    for name in addresses:
        page = one.open(addresses[name])
        small[name] = page.evaluate("""() => [...document.querySelectorAll("main .btn, main button, nav.places a, .preset")]
            .filter((part) => part.offsetParent)
            .map((part) => [part.getBoundingClientRect(), part.outerHTML.slice(0, 90)])
            .filter(([box]) => box.height < 43.5 || box.width < 43.5)
            .map(([box, html]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)""")
    assert not {name: found for name, found in small.items() if found}


@pytest.mark.parametrize(("address", "email"), [("/accounts/login/", None), ("/", SECRETARY)])
def test_the_first_load_is_small(browse, dresden, address, email):
    """Compressed, as it comes over the line with nothing in the cache."""
    one = browse("de", PHONE)
    if email:
        one.as_user(email)
    line = one.context.new_cdp_session(one.page)
    line.send("Network.enable")
    sizes = []
    line.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    one.page.goto(address, wait_until="networkidle")
    assert len(sizes) >= 5
    assert sum(sizes) < 100_000


def test_the_work_can_be_done_with_the_keyboard_alone(browse, dresden):
    one = browse("de").as_user(SECRETARY)
    page = one.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    reached = []
    for _step in range(60):
        page.keyboard.press("Tab")
        # Each stop is seen: it has an outline or shadow of its own and no bar covers it.
        stop = page.evaluate("""() => {
            const part = document.activeElement, box = part.getBoundingClientRect(), style = getComputedStyle(part);
            const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            return {name: (part.getAttribute("aria-label") || part.textContent).trim(), tag: part.tagName,
                seen: style.outlineStyle !== "none" || style.boxShadow !== "none",
                free: !over || part.contains(over) || over.contains(part)};
        }""")
        if stop["tag"] == "BODY":
            break
        reached.append(stop["name"])
        assert stop["seen"], stop
        assert stop["free"], stop
        if stop["tag"] == "BUTTON" and "Jonas Reichelt" in stop["name"]:
            row = page.evaluate("document.activeElement.closest('li').id")
            page.keyboard.press("Enter")
            # The focus waits on the undo, so that a wrong key is taken back by the next one.
            page.locator(f"#{row} .gone button:focus").wait_for()
            page.keyboard.press("Enter")
            page.locator(f"#{row} .btn-done").wait_for()
            return
    pytest.fail(f"never came to the button: {reached}")
