"""Taking in a list of 100,000 members: reading, checking, comparing and saving, beside the bare COPY of what came out of it."""

import io
import random
from contextlib import contextmanager
from functools import cache
from time import perf_counter

from django.db import connection, transaction
from django.utils import timezone

from bench import figure
from branches.models import Unit, UnitKind
from common.sheets import read
from membership import importing
from membership.models import ListImport, Member, Membership
from onboarding import intake, standards

ROWS = 100_000
BRANCHES = 40
WRITTEN = ("membership_member", "membership_membership", "membership_change", "onboarding_journey", "onboarding_journeystep")
HEADER = "Mitgliedsnr.;Titel;Vorname;Name;Straße;PLZ;Ort;Geb.-Datum;Geschlecht;Telefon;Mobil;E-Mail;Eintritt;OV;Status"
HEADS = "Mül Schnei Fisch We Mey Wag Be Schul Hoff Schä Ko Bau Rich Klei Wolf Schrö Leh Krau Hart Zim".split()
TAILS = "ler der er ber ner cker ze mann fer ch ter n ff ding bach stein".split()
GIVEN = "Eva Ute Jürgen Hans Maria Peter Änne Klaus Ruth Aylin Mehmet Lena Paul Emma Noah Ingrid Günter Heike Uwe Petra".split()


@cache
def content():
    """A list as a membership system gives it, the same in every run."""
    chance = random.Random(7)
    lines = [HEADER]
    for n in range(ROWS):
        name = "-".join(chance.choice(HEADS) + chance.choice(TAILS) for _part in range(1 + (n % 9 == 0)))
        birth = f"{chance.randrange(1, 29):02}.{chance.randrange(1, 13):02}.{chance.randrange(1938, 2008)}"
        joined = f"{chance.randrange(1, 29):02}.{chance.randrange(1, 13):02}.{chance.randrange(1960, 2026)}"
        reach = f"0351 {chance.randrange(10**6)};0170 {chance.randrange(10**7)};m{n}@example.org"
        place = f"{name}weg {n % 90};{chance.randrange(1000, 99999):05};Musterstadt"
        lines.append(f"9{n:08};;{chance.choice(GIVEN)};{name};{place};{birth};{'wm'[n % 2]};{reach};{joined};Zweig {n % BRANCHES};Mitglied")
    return "\n".join(lines).encode("cp1252")


@contextmanager
def party():
    """A party of its own with branches, gone again afterwards."""
    with transaction.atomic():
        leads = UnitKind.objects.get(slug="branch")
        root = Unit.objects.add_root({"name": "Messung", "slug": "bench-lists", "kind": UnitKind.objects.get(slug="district")})
        for n in range(BRANCHES):
            Unit.objects.add_child(root, {"name": f"Zweig {n}", "slug": f"bench-lists-{n}", "kind": leads})
            root.refresh_from_db()
        standards.install(root)
        yield root
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as PostgreSQL does by itself within minutes: what was rolled back would slow down the figures after it


def take_in(root):
    """Hand in, read, compare and save the list, the constraints checked as at the end of a transaction. Returns the ListImport."""
    today = timezone.localdate()
    row = ListImport.objects.create(unit=root, file_name="list.csv", content=content(), list_date=today, header=read(content()).header)
    row.mapping = importing.guess(row.header)
    importing.stage(row)
    row.figures = importing.compare(row)
    row.save(update_fields=["mapping", "figures"])
    intake.apply_list(row, None, timezone.now(), today)
    check()
    return row


def check():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def seconds(job, *given):
    begun = perf_counter()
    job(*given)
    return perf_counter() - begun


def finished(model, chosen):
    """The rows of `model` that a condition names, as COPY writes them, and the columns."""
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    out = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(f"COPY (SELECT {columns} FROM {model._meta.db_table} WHERE {chosen}) TO STDOUT") as copy:
        for data in copy:
            out.write(data)
    return model._meta.db_table, columns, out.getbuffer()


def copy_in(tables):
    """The least that puts these rows into these tables: bare COPY, with their indexes and constraints."""
    with connection.cursor() as cursor:
        for table, columns, data in tables:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for start in range(0, len(data), 131_072):
                    copy.write(data[start : start + 131_072])
    check()


@figure("membership.import_new", unit="ratio", bar=0.3, at_least=True)
def import_new(run):
    """Bare COPY of the members and periods that come out, by the whole import of the file they come from."""
    content()
    with party() as root:
        whole = seconds(take_in, root)
        inside = f"home_unit_id IN (SELECT id FROM branches_unit WHERE path LIKE '{root.path}%')"
        tables = [
            finished(Member, inside),
            finished(Membership, f"member_id IN (SELECT id FROM membership_member WHERE {inside})"),
        ]
        with connection.cursor() as cursor:
            for table in ("onboarding_journeystep", "onboarding_journey", "membership_change", "membership_membership"):
                cursor.execute(f"DELETE FROM {table} WHERE " + (
                    f"journey_id IN (SELECT id FROM onboarding_journey WHERE member_id IN (SELECT id FROM membership_member WHERE {inside}))"
                    if table == "onboarding_journeystep"
                    else f"member_id IN (SELECT id FROM membership_member WHERE {inside})"
                ))  # fmt: skip
            cursor.execute(f"DELETE FROM membership_member WHERE {inside}")
        check()
        bare = seconds(copy_in, tables)
    return bare / whole


@figure("membership.import_again", unit="count", bar=0)
def import_again(run):
    """Rows written about members when the same file comes again."""
    with party() as root:
        take_in(root)
        before = written()
        take_in(root)
        return written() - before


def written():
    """Rows of the tables about people written so far in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)", [list(WRITTEN)]
        )
        return int(cursor.fetchone()[0])
