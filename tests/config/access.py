from tests.access import PUBLIC, row

ROWS = [
    row("healthz", get=PUBLIC, post=PUBLIC),
    row("set_language", get=PUBLIC, post=PUBLIC),
]
