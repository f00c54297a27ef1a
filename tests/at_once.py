"""Several people at the same moment, each with a connection of their own; who hangs fails the test instead of holding up the run."""

from threading import Barrier, Thread

from django.db import connection

PATIENCE = 60  # seconds


def at_once(*calls):
    """Begin `calls` together, each in a thread. Returns what each gave, or the exception it raised, in their order."""
    start, said = Barrier(len(calls), timeout=PATIENCE), {}

    def run(place, call):
        try:
            connection.ensure_connection()
            start.wait()
            said[place] = call()
        except Exception as trouble:
            start.abort()
            said[place] = trouble
        finally:
            connection.close()

    threads = [Thread(target=run, args=each, daemon=True) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(said) == len(calls), "somebody waits for ever"
    return [said[place] for place in range(len(calls))]
