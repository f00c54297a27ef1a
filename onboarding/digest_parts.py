"""Parts of the weekly digest that rooms above add, such as late activities of the work plan.

A part is two functions. waiting(on, today) gives [(user pk, unit pk)] of those it has something for, which alone brings them a digest; load(users, on,
today) gives {user pk: {"title": lazy words, "lines": [{"text", "day", "unit", "url"}], "total": how many there are}} of `users`; the mail is built in
the language of its reader. day may be None; "coming" in a line says that it is not over.
"""

_parts: list = []


def add(waiting, load):
    _parts.append((waiting, load))


def waiting(on, today):
    return [pair for waits, _load in _parts for pair in waits(on, today)]


def load(users, on, today):
    """{user pk: [part, ..]} of those that have something for them."""
    found: dict = {}
    for _waits, loads in _parts:
        for user, part in loads(users, on, today).items():
            found.setdefault(user, []).append(part)
    return found
