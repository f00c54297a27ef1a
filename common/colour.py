"""The party's one colour, made legible: WCAG 2.2 contrast of at least 4.5:1 wherever text meets it."""

import re

ENOUGH = 4.6  # 4.5:1 with room for rounding
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
LIGHT_SURFACE, DARK_SURFACE = WHITE, (29, 34, 38)


def parse(text):
    """(red, green, blue) of "#c4122f". Raises ValueError for anything else."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(f"not a colour like #c4122f: {text!r}")
    return tuple(int(text[i : i + 2], 16) for i in (1, 3, 5))


def as_hex(rgb):
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def luminance(rgb):
    """Relative luminance 0..1 (WCAG 2.2)."""
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    """Contrast ratio 1..21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(rgb, other, share):
    """`rgb` with `share` (0..1) of `other`."""
    return tuple(round(a + (b - a) * share) for a, b in zip(rgb, other, strict=True))


def legible(rgb, towards, *grounds):
    """`rgb`, moved towards black or white only as far as it needs to be read on (or under text of) every ground."""
    steps = (mix(rgb, towards, step / 50) for step in range(51))
    return next((c for c in steps if all(contrast(c, ground) >= ENOUGH for ground in grounds)), towards)


def palette(colour):
    """The accent's roles from one colour: {"light": {role: "#rrggbb"}, "dark": {..}}."""
    fill = legible(colour, BLACK, WHITE)
    soft, dark_soft = mix(colour, WHITE, 0.9), mix(colour, DARK_SURFACE, 0.75)
    common = {"accent": fill, "accent-strong": mix(fill, BLACK, 0.18), "on-accent": WHITE}
    light = common | {"accent-ink": legible(fill, BLACK, LIGHT_SURFACE, soft), "accent-soft": soft}
    dark = common | {"accent-ink": legible(colour, WHITE, DARK_SURFACE, dark_soft), "accent-soft": dark_soft}
    return {
        name: {role: as_hex(rgb) for role, rgb in roles.items()} for name, roles in (("light", light), ("dark", dark))
    }
