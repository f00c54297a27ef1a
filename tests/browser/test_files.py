"""Forms that answer with a file leave the page as it is: what is on it still works."""

from django.urls import reverse

from membership.models import Member
from tests.browser.conftest import LAPTOP
from tests.browser.test_small_screen import OFFICER


def test_after_one_file_the_next_can_be_fetched(browse, dresden):
    member = Member.objects.filter(home_unit__slug="pieschen", status="full").first()
    page = browse("de", LAPTOP).as_user(OFFICER).open(reverse("cockpit:member_information", args=[member.pk]))
    for shape in ("json", "json"):
        with page.expect_download(timeout=10_000) as file:
            page.locator(f"main button[value={shape}]").click()
        assert file.value.suggested_filename.endswith(shape)
        page.wait_for_timeout(4100)  # as long as a second click counts as the first
