import pytest
from django.urls import reverse

from common import colour


def test_contrast_is_that_of_the_guideline():
    assert colour.contrast(colour.BLACK, colour.WHITE) == pytest.approx(21)
    assert colour.contrast(colour.parse("#767676"), colour.WHITE) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("party", ["#c4122f", "#ffed00", "#009ee0", "#ffffff", "#000000", "#1aa037", "#1f3aa8"])
def test_any_party_colour_stays_legible_in_light_and_dark(party):
    for mode, surface in (("light", colour.LIGHT_SURFACE), ("dark", colour.DARK_SURFACE)):
        roles = {name: colour.parse(value) for name, value in colour.palette(colour.parse(party))[mode].items()}
        assert colour.contrast(roles["on-accent"], roles["accent"]) >= 4.5
        assert colour.contrast(roles["on-accent"], roles["accent-strong"]) >= 4.5
        assert colour.contrast(roles["accent-ink"], surface) >= 4.5
        assert colour.contrast(roles["accent-ink"], roles["accent-soft"]) >= 4.5


def test_a_colour_that_is_legible_already_is_kept():
    assert colour.palette(colour.parse("#c4122f"))["light"]["accent"] == "#c4122f"


@pytest.mark.parametrize("text", ["red", "#fff", "#12345g", "#c4122f;}"])
def test_something_else_than_a_colour_is_refused(text):
    with pytest.raises(ValueError, match="not a colour"):
        colour.parse(text)


def test_party_logo_shows_the_picture_of_the_settings_or_a_letter(client, settings):
    assert client.get(reverse("common:party_logo")).status_code == 404
    settings.PARTY_LOGO = str(settings.BASE_DIR / "static" / "icon.svg")
    response = client.get(reverse("common:party_logo"))
    assert response.headers["Content-Type"] == "image/svg+xml" and b"<svg" in b"".join(response)


def test_party_css_gives_the_accent_to_anyone_and_may_be_kept(client, settings):
    settings.PARTY_COLOUR = "#009ee0"
    response = client.get(reverse("common:party_css"))
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response.headers["Cache-Control"]
    assert "--accent:" in response.text and "prefers-color-scheme:dark" in response.text
