"""One row for one form, however often and from wherever it is sent."""

from django.db import IntegrityError, transaction


def once(rows, key, make):
    """What the form `key` made before, if it is one of `rows` (a queryset); else what make() makes, which two at the same moment do once."""
    if done := rows.filter(key=key).first():
        return done
    try:
        with transaction.atomic():
            return make()
    except IntegrityError:
        if done := rows.filter(key=key).first():
            return done
        raise
