from outbox.models import LocalMail
from tests.access import PUBLIC, row


def local_mail(o):
    return [LocalMail.objects.create(message_id="<1@localhost>", to="aylin@example.org", subject="Code", text="123", html="<p>123</p>").pk]


# A trial inbox belongs to whoever uses the machine; elsewhere it does not exist (tests/outbox/test_inbox.py).
ROWS = [
    row("outbox:inbox", get=PUBLIC),
    row("outbox:inbox_mail", local_mail, get=PUBLIC),
    row("outbox:inbox_html", local_mail, get=PUBLIC),
]
