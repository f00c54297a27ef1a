"""The meeting meter in words: what stands beside its picture on pages, in mails and in the report."""

from functools import lru_cache

from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _


def counted(standing):
    """ "4 of 6 held, 1 announced"."""
    numbers = {"held": standing.held, "of": standing.of, "planned": standing.planned}
    if standing.planned:
        return ngettext("%(held)s of %(of)s held, %(planned)s announced", "%(held)s of %(of)s held, %(planned)s announced", standing.planned) % numbers
    return _("%(held)s of %(of)s held") % numbers


def outlook(standing, on):
    """ "2 more by December: invite by 14 November", as on the day `on`."""
    return in_language(standing.forecast(on), standing.of, get_language())


@lru_cache(maxsize=10_000)
def in_language(found, of, language):
    """The same of a Forecast in the active language, which is `language`."""
    numbers = {"n": found.missing, "fits": found.fits, "of": of}
    if found.meet_by:
        numbers |= {"meet": day(found.meet_by), "invite": day(found.invite_by)}
    match found.state:
        case "reached":
            return _("All that the year asks for are held.")
        case "planned":
            return _("With those announced the year is full.")
        case "pace":
            return ngettext("%(n)s more this year, by %(meet)s: invite by %(invite)s.", "%(n)s more this year, the next by %(meet)s: invite by %(invite)s.", found.missing) % numbers
        case "behind":
            return ngettext("%(n)s more by December: invite by %(invite)s.", "%(n)s more by December: invite by %(invite)s.", found.missing) % numbers
        case "short" if found.fits:
            return ngettext(
                "%(n)s more are missing, only %(fits)s still fits in: invite by %(invite)s.",
                "%(n)s more are missing, only %(fits)s still fit in: invite by %(invite)s.",
                found.fits,
            ) % numbers
        case "short":
            return ngettext("%(n)s is missing, and it is too late to invite for this year.", "%(n)s are missing, and it is too late to invite for this year.", found.missing) % numbers
    return ngettext("%(n)s was missing.", "%(n)s were missing.", found.missing) % numbers


@lru_cache(maxsize=10_000)
def short_day(value, language):
    """The date in digits, as the active language (which is `language`) writes it."""
    return formats.date_format(value, "SHORT_DATE_FORMAT")


def day(value):
    return formats.date_format(value, "MONTH_DAY_FORMAT")


def row(standing, on):
    """What templates show of a Standing: plain values."""
    found = standing.forecast(on)
    return {
        "unit": standing.unit, "year": standing.year, "held": standing.held, "planned": standing.planned, "of": standing.of, "tone": found.tone,
        "counted": counted(standing), "outlook": outlook(standing, on), "next_at": standing.next_at, "invite_by": found.invite_by,
    }  # fmt: skip
