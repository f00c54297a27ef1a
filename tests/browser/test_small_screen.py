"""What gives way on a phone: filters fold, and a bar that scrolls begins where one is. Both without JavaScript."""

from django.urls import reverse

from tests.browser.conftest import LAPTOP, PHONE

OFFICER = "clemens.brueckner@dresden.example.org"
LISTS = [
    "membership:member_list", "education:event_list", "education:event_month", "education:qualification_list", "planning:plan_list",
    "planning:budget_list", "cockpit:quality_page",
]  # fmt: skip


def test_filters_are_folded_on_a_phone_and_open_on_a_laptop(browse, dresden):
    for screen, folded in ((PHONE, True), (LAPTOP, False)):
        one = browse("de", screen, javascript=False).as_user(OFFICER)
        for name in LISTS:
            page = one.open(reverse(name, args=["dresden"] if name == "cockpit:quality_page" else []))
            fold, field = page.locator(".filters > .fold > summary"), page.locator(".filters form .field").locator("select, input").first
            assert (fold.is_visible(), field.is_visible()) == (folded, not folded), (name, screen)
            if folded:
                fold.click()
                assert field.is_visible()


def test_the_bar_of_a_place_shows_the_page_one_is_on(browse, dresden):
    for language, javascript in (("de", True), ("he", True), ("he", False)):
        one = browse(language, PHONE, javascript=javascript).as_user(OFFICER)
        here = one.open(reverse("membership:field_list")).locator("nav.within.scroll [aria-current]").bounding_box()
        assert here["x"] >= 0 and here["x"] + here["width"] <= PHONE["width"], (language, javascript)


def test_two_lines_about_a_person_lie_below_each_other_on_a_phone(browse, dresden):
    for language in ("de", "he"):
        page = browse(language, PHONE).as_user(OFFICER).open(reverse("branches:unit_detail", args=["dresden"]))
        bottom, top = page.locator(".row-line .what").first.evaluate("""line => {
            const next = line.cloneNode(true);
            line.after(next);
            return [line.getBoundingClientRect().bottom, next.getBoundingClientRect().top];
        }""")
        assert top >= bottom - 1, language
