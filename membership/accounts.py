"""Whose account is whose record: who holds an office is a member too, and the record knows it, so that nobody is told of themselves as of others."""

from collections import defaultdict

from django.db.models.functions import Lower

from branches.models import Appointment, Unit, User
from common.folding import fold
from membership.models import Member


def recognise():
    """Give each account of an office-holder to the record of the same person: in the same party, with the same mail address and the same name.

    Where two fit, a family with one address and one name, neither is taken. Returns how many were recognised; to be called again and again.
    """
    holders = Appointment.objects.filter(user__member=None, user__is_active=True).values_list("user", "unit__path").distinct()
    parties = defaultdict(set)
    for user, path in holders.iterator():
        parties[user].add(path[: Unit.steplen])
    people = {
        (user.email, fold(user.given_name), fold(user.family_name)): user.pk
        for user in User.objects.filter(pk__in=parties).only("email", "given_name", "family_name")
    }
    found = defaultdict(list)
    members = Member.objects.active().filter(user=None).annotate(address=Lower("email"))
    for pk, address, given, family, party in members.filter(address__in={address for address, *_name in people}).values_list(
        "pk", "address", "given_name", "family_name", "party__path"
    ):
        user = people.get((address, fold(given), fold(family)))
        if user and party in parties[user]:
            found[user].append(pk)
    return sum(Member.objects.filter(pk=pks[0], user=None).update(user=user) for user, pks in found.items() if len(pks) == 1)
