"""Every kind of message of the lower rooms, as the kill campaign sends it, is one that really goes out."""

import pytest
from django.utils import timezone

from outbox.models import Message
from outbox.relay import relay
from tests.outbox import all_kinds


@pytest.mark.django_db
def test_of_every_kind_a_message_is_due_and_goes_out(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    kinds = set(all_kinds.fill(2))
    assert not all_kinds.covered() - kinds, "please add them to tests/outbox/all_kinds.py"
    relay(timezone.now())
    assert not Message.objects.exclude(state=Message.State.SENT).values_list("kind", "state", "reason")
    assert set(Message.objects.values_list("kind", flat=True)) >= kinds
