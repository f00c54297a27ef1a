"""The ledger of every message: due, claimed, sent, skipped (why), failed. Rooms above write rows; the relay sends them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One message to one person. `key` names what it is about: the unique constraint is what makes "never twice".

    payload: ids only; text, address and language are worked out when it is sent (outbox.kinds), so a late message is still true.
    """

    class State(models.TextChoices):
        DUE = "due", _("due")
        CLAIMED = "claimed", _("being sent")
        SENT = "sent", _("sent")
        SKIPPED = "skipped", _("skipped")
        FAILED = "failed", _("failed, will be tried again")
        DEAD = "dead", _("given up")

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField(default=dict)
    due_at = models.DateTimeField()
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
        indexes = [models.Index("due_at", condition=Q(state__in=["due", "claimed", "failed"]), name="message_waiting")]

    def __str__(self):
        return self.key


class LocalMail(models.Model):
    """A mail kept on the local inbox page instead of being sent (EMAIL_URL=inbox://)."""

    message_id = models.CharField(max_length=200)
    to = models.CharField(max_length=300)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at", "-pk"]
