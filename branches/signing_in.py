"""One-time sign-in addresses for an administrator at the console."""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from branches.models import User

SALT = "branches.signing_in"
SECONDS = 15 * 60


def _seen(user):
    return user.last_login.isoformat() if user.last_login else ""


def address(user):
    """Address that signs `user` in once within 15 minutes; signing in by any way uses it up (see use)."""
    token = signing.dumps({"user": user.pk, "seen": _seen(user)}, salt=SALT)
    return settings.BASE_URL + reverse("branches:sign_in_by_link", args=[token])


def use(user, now):
    """Use up the address `user` came by; False when somebody did so since. Of many at once, one succeeds."""
    return bool(User.objects.filter(pk=user.pk, last_login=user.last_login).update(last_login=now))


def user_of(token):
    """The active user a token is for; None when it is forged, too old or used."""
    try:
        content = signing.loads(token, salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=content["user"], is_active=True).first()
    return user if user and _seen(user) == content["seen"] else None
