"""Mail backend of one machine without a mail server: mails land on a page inside the app."""

from django.core.mail.backends.base import BaseEmailBackend

from outbox.models import LocalMail


class InboxBackend(BaseEmailBackend):
    def send_messages(self, email_messages):
        for mail in email_messages:
            headers = mail.message()
            html = next((part.content for part in getattr(mail, "alternatives", []) if part.mimetype == "text/html"), "")
            LocalMail.objects.create(
                message_id=headers["Message-ID"],
                to=", ".join(mail.recipients()),
                subject=mail.subject,
                text=mail.body,
                html=html,
            )
        return len(email_messages)

    def accepted(self, message_ids):
        """Those of `message_ids` that are here already (see outbox.relay)."""
        return set(LocalMail.objects.filter(message_id__in=message_ids).values_list("message_id", flat=True))
