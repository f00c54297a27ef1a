import os
import time
import urllib.request

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
        except (OSError, redis.RedisError) as error:
            raise CommandError(f"{part}: {error}") from error
        if not well:
            raise CommandError(f"{part} was not seen on this host")


def web_answers(port):
    """Ask under the first allowed host name: the server refuses names it was not told."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz/", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=5) as answer:  # nosec B310: the address is written here
        return answer.status == 200
