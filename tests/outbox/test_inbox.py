import pytest
from django.core import mail

from outbox.models import LocalMail

pytestmark = pytest.mark.django_db


@pytest.fixture
def letter(settings):
    """A mail with text and HTML in the inbox of this machine."""
    settings.EMAIL_BACKEND = "outbox.inbox.InboxBackend"
    text = "Hallo\n\nAbhaken: http://testserver/link/step/abc.def/\n<b>kein HTML</b>"
    html = (
        "<!doctype html><html><head><title>x</title></head><body><script>alert(1)</script><a href='http://testserver/'>da</a></body></html>"
    )
    mail.send_mail("Betreff <i>", text, None, ["aylin@example.org"], html_message=html)
    return LocalMail.objects.get()


def test_inbox_is_there_only_for_a_trial_on_one_machine(client, settings, letter):
    pages = ["/inbox/", f"/inbox/{letter.pk}/", f"/inbox/{letter.pk}/html/"]
    assert [client.get(page).status_code for page in pages] == [200] * 3
    assert [client.post(page).status_code for page in pages] == [405] * 3
    settings.LOCAL_INBOX = False
    assert [client.get(page).status_code for page in pages] == [404] * 3


def test_inbox_lists_mails_and_finds_them_by_address(client, letter):
    text = client.get("/inbox/").content.decode()
    assert "Betreff &lt;i&gt;" in text and "aylin@example.org" in text
    assert "Betreff &lt;i&gt;" not in client.get("/inbox/?q=bernd").content.decode()
    assert client.get("/inbox/?after=nonsense").status_code == 200


def test_inbox_mail_shows_the_text_with_links_that_work(client, letter):
    text = client.get(f"/inbox/{letter.pk}/").content.decode()
    assert 'href="http://testserver/link/step/abc.def/"' in text and "&lt;b&gt;kein HTML" in text


def test_inbox_html_runs_nothing_and_belongs_to_no_origin(client, letter):
    page = client.get(f"/inbox/{letter.pk}/html/")
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "script-src" not in policy
    assert "allow-scripts" not in policy and "allow-same-origin" not in policy
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    frame = client.get(f"/inbox/{letter.pk}/")
    assert "frame-src 'self'" in frame["Content-Security-Policy"]
    assert "allow-scripts" not in frame.content.decode() and "alert(1)" not in frame.content.decode()
