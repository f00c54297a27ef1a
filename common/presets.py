"""Counts beside the presets of a list."""

from django.core.exceptions import EmptyResultSet
from django.db import connection


def count_each(querysets, most):
    """{name: "12"} for {name: queryset}, in one query; more than `most` are counted as "999+", so that nobody waits for them."""
    parts, params = [], []
    for queryset in querysets.values():
        try:
            sql, own = queryset.order_by().values("pk")[: most + 1].query.sql_with_params()
        except EmptyResultSet:
            sql, own = "SELECT 1 WHERE false", ()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS found)")
        params += own
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        counts = cursor.fetchone()
    return {name: str(n) if n <= most else f"{most}+" for name, n in zip(querysets, counts, strict=True)}
