"""One row for one form, however often and from wherever it is sent."""

from django.db import IntegrityError, transaction
from django.http import Http404


def once(rows, key, make):
    """What the form `key` made before, if it is one of `rows` (a queryset); else what make() makes, which two at the same moment do once.

    Raises Http404 where the key is that of a row that is none of `rows`: another's form.
    """
    if done := rows.filter(key=key).first():
        return done
    try:
        with transaction.atomic():
            return make()
    except IntegrityError:
        if done := rows.filter(key=key).first():
            return done
        if rows.model.objects.filter(key=key).exists():
            raise Http404 from None
        raise
