"""How the web server runs, on a laptop as on a server. WEB_CONCURRENCY sets the number of processes."""

import os

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Browsers keep spare connections open; without threads two of them would occupy both processes.
threads = 4
preload_app = True
timeout = 60
graceful_timeout = 15
max_requests = 20_000
max_requests_jitter = 2_000
