"""Which installation the ledger belongs to: a restored copy of it sends nothing before somebody says that it is the real one now.

The database server, the database and the table itself have numbers that no dump carries over; the address in mails is the fourth part.
"""

import logging

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_noop

from outbox.models import Installation, Message

logger = logging.getLogger(__name__)

MAYBE_SENT = gettext_noop("Written before the data were restored: it may have gone out. Please ask before you send it again.")
WHERE = """
SELECT format('%%s/%%s/%%s/%%s', (SELECT system_identifier FROM pg_control_system()),
              (SELECT oid FROM pg_database WHERE datname = current_database()), 'outbox_installation'::regclass::oid, %s::text)
"""


def here():
    """What the ledger says when it belongs here."""
    with connection.cursor() as cursor:
        cursor.execute(WHERE, [settings.BASE_URL])
        return cursor.fetchone()[0]


def is_copy():
    """Whether the ledger belongs to another installation. With EMAIL_URL=inbox:// that makes no difference: nothing leaves."""
    return not settings.LOCAL_INBOX and Installation.objects.exclude(place=here()).exists()


def may_send():
    """Whether the relay may send. A ledger that belongs to none yet belongs to the installation that asks first."""
    if is_copy():
        logger.error("the data came from another installation: no mail leaves before `manage.py take_over`, see docs/operations.md")
        return False
    if not settings.LOCAL_INBOX:
        Installation.objects.get_or_create(pk=1, defaults={"place": here()})
    return True


def take_over(until):
    """Make this the installation that sends. What was due up to `until` and not recorded as sent is given up, to be looked at; returns how many.

    until: a moment by which the installation the data came from was silent.
    """
    waiting = Message.objects.filter(~Q(state__in=[Message.State.SENT, Message.State.SKIPPED, Message.State.DEAD]), due_at__lte=until)
    held = waiting.update(state=Message.State.DEAD, reason=MAYBE_SENT, lease_until=None, attempt_id=None)
    Installation.objects.update_or_create(pk=1, defaults={"place": here()})
    return held
