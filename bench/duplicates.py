"""The search for records that may be one person, over everybody as after the first list, and again when a hundred have changed."""

import os
import threading
from time import perf_counter

from django.db import connection, transaction
from django.utils import timezone

from bench import figure
from membership import duplicates
from membership.models import Member, Pair, Trace

MEBI = 2**20


def memory():
    """Bytes this process holds now."""
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class _Watch(threading.Thread):
    """The most memory held while the search runs, above what was held before."""

    def __init__(self):
        super().__init__(daemon=True)
        self.before = self.most = memory()
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            self.most = max(self.most, memory())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.join()


def everybody():
    """(seconds, bytes) of a search over all members; what it wrote is gone again."""
    with transaction.atomic():
        Pair.objects.all()._raw_delete(using=connection.alias)
        Trace.objects.all()._raw_delete(using=connection.alias)
        with _Watch() as watch:
            started = perf_counter()
            duplicates.search(timezone.now())
            taken = perf_counter() - started
        transaction.set_rollback(True)
    return taken, watch.most - watch.before


@figure("duplicates.search", unit="s", bar=75)
def search_per_100_000(run):
    """Seconds for each 100,000 members: 400,000 take at most five minutes."""
    return everybody()[0] / run.members * 100_000


@figure("duplicates.memory", unit="MiB", bar=200)
def search_memory(run):
    return everybody()[1] / MEBI


@figure("duplicates.nightly", unit="s", bar=10)
def nightly_per_100_000(run):
    """Seconds for each 100,000 members when a hundred of them have changed."""
    duplicates.search(timezone.now())
    with transaction.atomic():
        some = Member.objects.order_by("-pk").values("pk")[:100]
        Member.objects.filter(pk__in=some).update(given_name="Änne")
        started = perf_counter()
        duplicates.search(timezone.now())
        taken = perf_counter() - started
        transaction.set_rollback(True)
    return taken / run.members * 100_000
