from tests.access import PUBLIC, SIGNED_IN, row

ROWS = [
    row("common:party_css", get=PUBLIC),
    row("common:party_logo", get=PUBLIC, fine=(404,)),  # no picture is set
    row("common:help", get=PUBLIC),
    row("common:privacy", get=PUBLIC),
    row("common:accessibility", get=PUBLIC),
    row("common:place_choose", post=SIGNED_IN, data={"appointment": "0"}, fine=(404,)),  # another's office: tests/common/test_shell.py
]
