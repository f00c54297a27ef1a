"""The presets of a list and the counts beside them.

The list comes first; its counts follow by a request of their own (templates/partials/_presets.html), so that nobody waits for them.
Without JavaScript the presets stand without counts.
"""

from django.core.exceptions import EmptyResultSet
from django.db import connection

COUNTS = "counts"  # in the address: only the presets, with their counts


def presets_of(request, form, counts=None):
    """What _presets.html takes: each preset of `form` with its address, and its count as far as `counts` {name: text} has it."""
    return [
        {"label": label, "url": request.path + form.address(name), "current": name == form.show_now, "count": counts and counts.get(name)}
        for name, label in form.presets.items()
    ]


def chosen(request, labels, first):
    """The preset that the address asks for, else `first`; labels: {name: label}."""
    show = request.GET.get("show")
    return show if show in labels else first


def as_presets(labels, current, counts=None, more=""):
    """The same for a list without a filter form: {name: label} under `?show=name`; more: what else stands in the address ("&unit=..")."""
    counts = counts or {}
    return [
        {"label": label, "url": f"?show={name}{more}", "current": name == current, "count": counts.get(name)} for name, label in labels.items()
    ]


def count_each(querysets, most):
    """{name: "12"} for {name: queryset}, in one query; more than `most` are counted as "999+", so that nobody waits for them."""
    with connection.cursor() as cursor:
        cursor.execute(*counting(querysets.values(), most))
        return told_counts(querysets, cursor.fetchone(), most)


def told_counts(names, counts, most):
    """What count_each gives for `names`, by the row that the SQL of `counting` gives."""
    return {name: str(n) if n <= most else f"{most}+" for name, n in zip(names, counts, strict=True)}


def counting(querysets, most):
    """SQL and parameters of one row that counts each of `querysets` up to one more than `most`."""
    parts, params = [], []
    for queryset in querysets:
        try:
            sql, own = queryset.order_by().values("pk")[: most + 1].query.sql_with_params()
        except EmptyResultSet:
            sql, own = "SELECT 1 WHERE false", ()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS found)")
        params += own
    return "SELECT " + ", ".join(parts), params
