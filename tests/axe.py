"""Accessibility as axe sees it, in a page of Playwright."""

from axe_playwright_python.base import AXE_SCRIPT

# What is not reported stays in the browser: a page has some fifty kilobytes of it.
RUN = """async (options) => (await axe.run(document, {resultTypes: ["violations"], ...options})).violations
    .filter((rule) => ["serious", "critical"].includes(rule.impact))
    .flatMap((rule) => rule.nodes.map((node) => `${rule.id} (${rule.impact}): ${node.target[0]} ${node.html.slice(0, 120)}`))"""


def findings(page):
    """Serious and critical findings on what `page` shows, light and dark: ["scheme: rule (impact): selector html"]."""
    page.evaluate(AXE_SCRIPT)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(RUN, {})
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(RUN, {"runOnly": ["color-contrast"]})  # colours are all that differs in the dark
    return [*(f"light: {found}" for found in light), *(f"dark: {found}" for found in dark)]
