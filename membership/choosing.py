"""Whom an action on a list is about: members chosen one by one or a whole filter, asked again whenever it is shown and when it is done."""

from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from branches.scope import Right
from membership.forms import MemberFilter
from membership.models import Member, reached_by

MOST_PICKS = 500
MOST_NAMED = 20  # of those left out for one reason; more are only counted
REASONS = {
    "foreign": ngettext_lazy("%(n)s is not there any more, or not one of yours", "%(n)s are not there any more, or not among yours", "n"),
    "changed": ngettext_lazy("%(n)s left or changed meanwhile and no longer fits this list", "%(n)s left or changed meanwhile and no longer fit this list", "n"),
    "elsewhere": ngettext_lazy("%(n)s belongs to another unit", "%(n)s belong to other units", "n"),
    "rights": ngettext_lazy("%(n)s you may see, but not take care of", "%(n)s you may see, but not take care of", "n"),
    "no_address": ngettext_lazy("%(n)s has no postal address, or you may not see it", "%(n)s have no postal address, or you may not see it", "n"),
    "has_it": ngettext_lazy("%(n)s has it already", "%(n)s have it already", "n"),
    "has_not": ngettext_lazy("%(n)s does not have it", "%(n)s do not have it", "n"),
    "not_theirs": ngettext_lazy("%(n)s is not one of those this person may take care of", "%(n)s are not among those this person may take care of", "n"),
    "has_errand": ngettext_lazy("%(n)s: this person is asked already", "%(n)s: this person is asked already", "n"),
}  # fmt: skip


@dataclass
class Choice:
    """`members` an action may touch; `left_out` {reason: how many} of those it may not (see REASONS), unless nobody asks (`counted`)."""

    members: QuerySet
    counted: bool = True
    left_out: dict = field(default_factory=dict)
    parted: list = field(default_factory=list)  # (reason, those there were, those kept of them)

    def keep(self, members, reason):
        """Go on with `members`, a part of those there are; the others are left out for `reason`."""
        if self.counted:
            self.leave(reason, self.members.count() - members.count())
            self.parted.append((reason, self.members, members))
        self.members = members

    def leave(self, reason, count):
        if count > 0:
            self.left_out[reason] = self.left_out.get(reason, 0) + count

    @property
    def words(self):
        return said(self.left_out)

    @property
    def told(self):
        """[(sentence, names)] of those left out; names of a few only, and never of somebody who is not there for the user."""
        return [(sentence, self._names(reason)) for reason, sentence in zip(self.left_out, self.words, strict=True)]

    def _names(self, reason):
        if self.left_out[reason] > MOST_NAMED:
            return []
        gone = [before.exclude(pk__in=kept.values("pk")) for why, before, kept in self.parted if why == reason]
        rows = sorted({row for members in gone for row in members.order_by().values_list("sort_key", "given_name", "family_name", "pk")})
        return [f"{given} {family}".strip() for _key, given, family, _pk in rows]


def said(left_out):
    """The sentences for {reason: how many}."""
    return [REASONS[reason] % {"n": count} for reason, count in left_out.items() if reason in REASONS]


def choose(user, address, picks, on, unit=None, counted=True):
    """The Choice of those `user` cares for on the day `on`; address: of the list, without "?"; picks: pks chosen on it, None for all of it.

    unit: only those who belong to it or below. Raises ValidationError for a filter that makes no sense any more: it would mean everybody.
    """
    form = MemberFilter(QueryDict(address), user, None)
    if form.errors:
        raise ValidationError(_("This list is no longer what it was. Please open it again."))
    members = form.found(on)
    choice = Choice(Member.objects.visible_to(user).filter(pk__in=picks) if picks is not None else members, counted)
    if picks is not None:
        choice.leave("foreign", len(picks) - choice.members.count())
        choice.keep(members.filter(pk__in=picks), "changed")
    if unit is not None:
        choice.keep(choice.members.in_unit(unit), "elsewhere")
    choice.keep(choice.members.filter(reached_by(user, Right.CARE)), "rights")
    return choice


def picks_of(params):
    """(address of the list, picks or None) of what the bulk bar sends: `of`, `pick` (several), `all`."""
    picks = None if params.get("all") else [int(pk) for pk in params.getlist("pick") if pk.isdecimal() and len(pk) < 18][:MOST_PICKS]
    return params.get("of", "").replace("\0", "")[:2000], picks


def address_of(params):
    """The address of a list (a QueryDict) without the place in it: what a view of it or an action on it is kept by."""
    kept = params.copy()
    for name in ("after", "before", "counts", "page"):
        kept.pop(name, None)
    return kept.urlencode()[:2000]
