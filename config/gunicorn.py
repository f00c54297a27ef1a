"""How the web server runs, on a laptop as on a server. WEB_CONCURRENCY sets the number of processes."""

import gc
import os

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Browsers keep spare connections open; without threads two of them would occupy both processes.
threads = 4
preload_app = True
timeout = 60
graceful_timeout = 15
max_requests = 20_000
max_requests_jitter = 2_000


def when_ready(_server):
    """Leave what is loaded by now out of the search for what can be freed, and search less often: it took a tenth of the time of a page.

    Runs once before the processes are made, so they also share that memory for good.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
