"""What a figure may use: the data set, people who sign in, and pages timed beside the floor."""

import http.client
import os
import time
from statistics import median

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from branches.models import Appointment, Unit

FLOOR = "/floor/"


class Run:
    """One run of bin/bench over a data set of `members` members."""

    def __init__(self, members):
        self.members = members
        self.root = Unit.objects.filter(depth=1).first()
        self.cookies = {}

    def holder(self, office, unit=None):
        """The user who holds `office` (a slug) of `unit`, or of the root, today."""
        held = Appointment.objects.active(timezone.localdate()).filter(office__slug=office, unit=unit or self.root)
        return held.select_related("user").first().user

    def officer(self):
        return self.holder("membership_officer")

    def cookie(self, user):
        """The session cookie of a signed-in user."""
        if user.pk not in self.cookies:
            client = Client()
            client.force_login(user, "django.contrib.auth.backends.ModelBackend")
            self.cookies[user.pk] = client.cookies[settings.SESSION_COOKIE_NAME].value
        return self.cookies[user.pk]

    def seconds(self, path, user, headers=None):
        """How long the running web server takes for one page. Raises when the answer is not the page."""
        cookie = f"{settings.SESSION_COOKIE_NAME}={self.cookie(user)}"
        server = http.client.HTTPConnection(os.environ["BENCH_SERVER"], timeout=60)
        started = time.perf_counter()
        server.request("GET", path, headers={"Cookie": cookie, **(headers or {})})
        answer = server.getresponse()
        answer.read()
        taken = time.perf_counter() - started
        server.close()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
        return taken

    def floors(self, path, user=None, rounds=40, headers=None):
        """The median time of a page in F: divided by the floor's, both taken in turns so that noise meets both."""
        user = user or self.officer()
        for _ in range(10):  # every thread of the server connects to the database once
            self.seconds(FLOOR, user)
            self.seconds(path, user, headers)
        pairs = [(self.seconds(FLOOR, user), self.seconds(path, user, headers)) for _ in range(rounds)]
        return median(page for _, page in pairs) / median(floor for floor, _ in pairs)

    def queries(self, path, user=None, **headers):
        """How many statements a page sends to the database, those of session and user included."""
        client = Client(headers={"host": "127.0.0.1"})
        client.cookies[settings.SESSION_COOKIE_NAME] = self.cookie(user or self.officer())
        with CaptureQueriesContext(
            connection,
        ) as sent:
            answer = client.get(path, headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        return len(sent)
