"""People of partners: given an account by those who lead the party, told by mail how to sign in, and ended again."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy, gettext_noop

from branches import appointing
from education.models import Partner, PartnerAccount
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

KIND = "partner_invitation"
LABEL = gettext_lazy("How to sign in, for a partner")
ENDED = gettext_noop("This account of the partner has ended.")


@transaction.atomic
def invite(partner, email, given_name, family_name, by, now):
    """Let somebody act for `partner` and write the mail that says how to sign in. Returns the PartnerAccount; one that runs stays as it is."""
    user = appointing.account(email, given_name, family_name, partner.party)
    fields = {"partner": partner, "user": user, "ended_at": None}
    account, new = PartnerAccount.objects.get_or_create(**fields, defaults={"by": by, "created_at": now})
    if new:
        enqueue([Message(kind=KIND, key=f"{KIND}:{account.pk}", payload={"account": account.pk}, recipient_id=user.pk, due_at=now)])
    return account


def load(messages, now):
    found = PartnerAccount.objects.running().select_related("user", "partner__party")
    return found.in_bulk([message.payload["account"] for message in messages])


def build(message, accounts, now):
    account = accounts.get(message.payload["account"])
    if account is None:
        return kinds.Skip(ENDED)
    user, partner = account.user, account.partner
    context = {"partner": partner, "recipient_name": user.given_name, "email": user.email, "sign_in_url": f"{settings.BASE_URL}/accounts/login/"}
    return kinds.render(KIND, context, user.language or partner.party.setting("language"), to=user.email)


def partners_of(user):
    """The partners `user` acts for, with their party; kept for the life of this object: one request."""
    if "_partners" not in user.__dict__:
        user._partners = list(Partner.objects.acted_for_by(user).select_related("party"))
    return user._partners


def places(user):
    """What the navigation shows somebody without an office who acts for a partner; [] for everybody else."""
    if not partners_of(user):
        return []
    return [("education:partner_home", gettext_lazy("Your offers"), gettext_lazy("Offers"), "academic-cap")]
