"""How sign-in differs from the library's defaults."""

import time
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from branches.models import User
from common.sealing import seal, unseal
from outbox.kinds import INLINER


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        return False

    def login(self, request, user):
        """Note when this session was opened, by whatever way: see branches.middleware.proof_first."""
        super().login(request, user)
        request.session["signed_in_at"] = time.time()

    def get_reset_password_from_key_url(self, key):
        """On our own address: the host of a request is what its sender wrote."""
        return settings.BASE_URL + urlsplit(super().get_reset_password_from_key_url(key)).path

    def get_password_change_redirect_url(self, request):
        return reverse("mfa_index")

    def _get_login_attempts_cache_key(self, request, **credentials):
        """By account alone. The library counts apart by host, which the sender chooses, any port included."""
        return credentials["email"].lower()

    def send_mail(self, template_prefix, email, context):
        """Write in the language of the reader; to an address without account in that of the page."""
        user = User.objects.filter(email=email.lower()).first()
        with translation.override(user.language if user and user.language else translation.get_language()):
            super().send_mail(template_prefix, email, {**context, "current_site": {"name": settings.PARTY_NAME}})

    def render_mail(self, template_prefix, email, context, headers=None):
        """The text, and the same as HTML: only there is Hebrew sure to run from right to left."""
        mail = super().render_mail(template_prefix, email, context, headers)
        page = render_to_string("mail/sign_in.html", {"party_name": settings.PARTY_NAME, "subject": mail.subject, "text": mail.body})
        mail.attach_alternative(INLINER.inline(page), "text/html")
        return mail


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors lie in the database encrypted with a key made from SECRET_KEY: a stolen copy alone computes no codes."""

    def encrypt(self, text):
        return seal(text, "second factor")

    def decrypt(self, encrypted_text):
        """What cannot be read any more (another SECRET_KEY) becomes a secret nobody knows, so that no code fits it."""
        try:
            return unseal(encrypted_text, "second factor")
        except ValueError:
            return generate_totp_secret()
