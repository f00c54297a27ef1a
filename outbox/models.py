"""The ledger of every message: due, claimed, sent, skipped (why), failed. Rooms above write rows; the relay sends them."""

import hashlib
from email.utils import parseaddr

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Message(models.Model):
    """One message to one person. `key` names what it is about: the unique constraint is what makes "never twice".

    payload: ids only; text, address and language are worked out when it is sent (outbox.kinds), so a late message is still true.
    recipient: whom it goes to, as far as they have an account. Rows above that a message is about point here themselves
    (as onboarding.Escalation does): that is how a person's page finds the messages about them.
    reason: why it was skipped (an English msgid, shown translated) or what the mail server said.
    """

    class State(models.TextChoices):
        DUE = "due", pgettext_lazy("message", "due")
        CLAIMED = "claimed", _("being sent")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("skipped")
        FAILED = "failed", _("failed, will be tried again")
        DEAD = "dead", _("given up")

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField(default=dict)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="messages")
    due_at = models.DateTimeField(help_text="When it may be sent; after a failure, when it may be tried again.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempt_id = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    to = models.EmailField(blank=True)
    subject = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index("due_at", "id", condition=Q(state__in=["due", "claimed", "failed"]), name="message_waiting"),
            models.Index("recipient", models.F("id").desc(), name="message_of_recipient"),
            models.Index("id", condition=Q(state="dead"), name="message_given_up"),
            models.Index(Lower("to"), condition=Q(state__in=["claimed", "sent"]), name="message_of_address"),
        ]

    def __str__(self):
        return self.key

    @property
    def message_id(self):
        """The Message-ID header: the same at every attempt, so that a mail sent twice is recognised as one."""
        digest = hashlib.sha256(f"{self.pk} {self.key}".encode()).hexdigest()[:32]
        return f"<{digest}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2]}>"

    def retry(self, now):
        """Send a given-up message after all. False when it was not given up."""
        return bool(
            Message.objects.filter(pk=self.pk, state=self.State.DEAD).update(
                state=self.State.DUE, attempts=0, attempt_id=None, due_at=now, reason=""
            )
        )


class Installation(models.Model):
    """The one row that says which installation sends the ledger (outbox.installation)."""

    place = models.CharField(max_length=300)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="installation_is_one")]

    def __str__(self):
        return self.place


class LocalMail(models.Model):
    """A mail kept on the local inbox page instead of being sent (EMAIL_URL=inbox://)."""

    message_id = models.CharField(max_length=200, db_index=True)
    to = models.CharField(max_length=300)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return self.subject
