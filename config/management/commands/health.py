import os
import time
from http.client import HTTPConnection, HTTPException

import redis
from django.core.management.base import BaseCommand, CommandError

from config import health


class Command(BaseCommand):
    help = "Succeeds when this part runs on this very host: the health check of a container."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("part", choices=["web", "worker", "beat"])
        parser.add_argument("--port", type=int, default=8000, help="of the web server on this host")

    def handle(self, part, port, **options):
        try:
            well = web_answers(port) if part == "web" else health.this(part) in health.seen(time.time())
        except (OSError, HTTPException, redis.RedisError) as error:
            raise CommandError(f"{part}: {error}") from error
        if not well:
            raise CommandError(f"{part} was not seen on this host")


def web_answers(port):
    """Ask under the first allowed host name: the server refuses names it was not told."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/healthz/", headers={"Host": host})
    return connection.getresponse().status == 200
