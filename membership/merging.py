"""Two records become one: what each field becomes, what moves over, and the way back for thirty days.

A merged record is no row among the members any more, so nothing can list, count, find or write to it. What stays is the Merge: its
number and address lead to the survivor, and the journal holds every row that was changed, as it was and as it became.

Every table that points at members has a treatment (`treat`): rows move to the survivor as they are, or a function of the room unites
them first. A row that the survivor cannot take, because it has the same (a tag, a value of a field), is laid into the journal.
"""

import json
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from branches.models import Unit
from branches.scope import Right
from membership import search
from membership.correcting import as_text
from membership.models import (
    ACTIVE,
    GONE,
    Application,
    Ask,
    BulkRow,
    Change,
    Errand,
    FieldValue,
    GuestTerm,
    Member,
    Membership,
    MemberTag,
    Merge,
    Notice,
    Pair,
    Proposal,
    Question,
    StagedRow,
    Status,
    Trace,
    Transfer,
)
from membership.models.merging import UNDO_FOR

# Fields the user chooses one by one, those of an address and of a membership together.
CHOICES = {
    "given_name": ("given_name",),
    "family_name": ("family_name",),
    "title": ("title",),
    "gender": ("gender",),
    "birth_date": ("birth_date",),
    "number": ("number",),
    "email": ("email",),
    "mobile": ("mobile",),
    "phone": ("phone",),
    "address": ("street", "postcode", "city", "country"),
    "language": ("language",),
    "membership": ("status", "left_on", "home_unit_id"),
}
NEWER = ("email", "mobile", "phone", "address", "language")  # of these the record that was changed last is right, of others the survivor


class Treatment(NamedTuple):
    """How the rows of one table follow their member.

    path: from the row to its member. unite: function (survivor, gone, now) called before the rows move. words: "%(n)s contact" and its
    plural, for the preview. quiet: a row changed by others since does not hinder undo and is not told of; derived: rows can be made anew.
    """

    model: type
    path: str
    words: object = None
    unite: object = None
    quiet: bool = False
    derived: bool = False


_treated: dict[tuple[str, str], Treatment] = {}


def treat(model, path="member", words=None, **how):
    """Register how rows of `model` follow a merged member. Rooms above do so in their AppConfig.ready."""
    _treated[model._meta.label, path] = Treatment(model, path, words, **how)


def relations():
    """{(model label, field): relation} of every field in any room that points at members."""
    fields = Member._meta.get_fields(include_hidden=True)
    return {(f.related_model._meta.label, f.field.name): f for f in fields if f.auto_created and not f.concrete}


def treatments():
    """All of them, those that unite first; a relation nobody has registered moves as it is."""
    unknown = {key: Treatment(relation.related_model, key[1]) for key, relation in relations().items() if key not in _treated}
    return sorted((_treated | unknown).values(), key=lambda one: one.unite is None)


class Refused(ValidationError):
    """It cannot be merged or undone; the message says why."""


def newer_of(a, b):
    """Which of two members was worked on last."""
    return max(
        a, b, key=lambda member: (member.changes.order_by("-at").values_list("at", flat=True).first() or member.created_at, member.pk)
    )


def survivor_of_two(a, b):
    """Which of two members stays unless somebody chooses otherwise: who is a member, joined first, has the lower id."""
    return min(a, b, key=lambda member: (member.status not in ACTIVE, member.joined_on, member.pk))


def proposal(survivor, gone):
    """The names in CHOICES whose value is better taken from the record that goes: it is the only one, the fuller name, the newer address."""
    newer = newer_of(survivor, gone)
    taken = set()
    for name, fields in CHOICES.items():
        mine, theirs = ([as_text(getattr(member, field)) for field in fields] for member in (survivor, gone))
        if mine == theirs or not any(theirs):
            continue
        if name == "membership":
            better = survivor.status not in ACTIVE and gone.status in ACTIVE
        elif not any(mine):
            better = True
        elif name in NEWER:
            better = newer == gone
        else:
            better = name == "given_name" and len(theirs[0]) > len(mine[0]) and theirs[0].startswith(mine[0].rstrip("."))
        if better:
            taken.add(name)
    return taken | {name for name, mine, theirs in clashes(survivor, gone) if theirs.set_at > mine.set_at}


def clashes(survivor, gone):
    """[(name, FieldValue of the survivor, that of the one that goes)] of the own fields in which the two differ; their names stand beside those in CHOICES."""
    theirs = {value.field_id: value for value in gone.custom_values.all()}
    both = survivor.custom_values.filter(field__in=theirs).select_related("field").order_by("field__unit__path", "field")
    return [(f"own_{mine.field_id}", mine, theirs[mine.field_id]) for mine in both if mine.value != theirs[mine.field_id].value]


def filling(survivor, gone):
    """The names in CHOICES the survivor has nothing for: all that is taken from a record its unit does not lead."""
    empty = {
        name for name, fields in CHOICES.items()
        if not any(getattr(survivor, field) for field in fields) and any(getattr(gone, field) for field in fields)
    }  # fmt: skip
    return empty | ({"membership"} if survivor.status not in ACTIVE and gone.status in ACTIVE else set())


def moving(members):
    """{pk: ["3 contacts", ..]} of what moves over when one of `members` (Members) is the one that goes. One query."""
    ways = [one for one in treatments() if one.words]
    counts = [
        one.model.objects.filter(**{f"{one.path}__in": members}).order_by().values_list(one.path).annotate(way=Value(place), n=Count("pk"))
        for place, one in enumerate(ways)
    ]
    found = {member.pk: [] for member in members}
    for pk, place, count in sorted(counts[0].union(*counts[1:], all=True)):
        found[pk].append(ways[place].words % {"n": count})
    return found


def stamp(a, b):
    """What a merge was shown for: it is refused when somebody has worked on one of the two since."""
    return f"{a.pk}.{a.version}-{b.pk}.{b.version}"


@transaction.atomic
def merge(survivor, gone, by, now, taken=None, shown=None):
    """The member `gone` becomes part of `survivor` (pks); returns the Merge. A second call for the same pair returns the first one.

    taken: the names in CHOICES, and of clashes, whose value comes from the one that goes (default: proposal). shown: the stamp of the page. The older
    join date stays. Raises Refused.
    """
    locked = {
        m.pk: m
        for m in Member.objects.select_for_update(of=("self",)).select_related("home_unit").filter(pk__in=(survivor, gone)).order_by("pk")
    }
    if done := Merge.objects.standing().filter(gone=gone, into=survivor).first():
        return done
    if len(locked) < 2:
        raise Refused(_("One of the two records is gone already. Please look again."))
    keep, other = locked[survivor], locked[gone]
    if keep.party_id != other.party_id:
        raise Refused(_("These records belong to different organisations."))
    if shown and shown not in (stamp(keep, other), stamp(other, keep)):
        raise Refused(_("Somebody has changed one of the two records meanwhile. Please look again."))
    own = {name: (mine, theirs) for name, mine, theirs in clashes(keep, other)}
    taken = proposal(keep, other) if taken is None else set(taken) & (CHOICES.keys() | own.keys())
    before = _rows(keep, other)
    changed = _fields(keep, other, taken & CHOICES.keys())
    for field, (_old, new) in changed.items():
        setattr(keep, field, new)
    told = {"gone": other.name, "gone_number": other.number, "gone_joined_on": as_text(other.joined_on)}
    left_on = keep.left_on if keep.status in GONE else None
    told["periods"] = _unite_homes(*((other, keep) if "membership" in taken else (keep, other)), keep, left_on)
    _unite_sections(keep, other)
    for mine, theirs in (own[name] for name in taken & own.keys()):
        FieldValue.objects.filter(pk=mine.pk).update(value=theirs.value, set_by=theirs.set_by_id, set_at=theirs.set_at)
    if left_on:
        sections = Membership.objects.filter(member=keep, home=False, ends_on=None)
        sections.filter(starts_on__gte=left_on).delete()
        sections.update(ends_on=left_on, end_reason=Membership.End.LEFT)
    told["note"] = " · ".join(filter(None, (other.name, other.number, as_text(other.joined_on), *told["periods"])))
    left_out = {}
    for treatment in treatments():
        if treatment.unite:
            treatment.unite(keep, other, now)
        if "__" not in treatment.path and (count := _move(treatment, keep, other)):
            left_out[treatment.model._meta.label] = count
    _delete(other)
    keys = search.keys(keep.family_name, keep.given_name, keep.number, keep.email, (keep.phone, keep.mobile))
    for column, value in keys.items():
        setattr(keep, column, value)
    keep.version += 1
    keep.save(update_fields=[*(field.removesuffix("_id") for field in changed), *keys, "version"])  # triggers may have written the rest
    after = _rows(keep, None, before)
    record = Merge.objects.create(
        party=keep.party, gone=gone, into=survivor, survivor=keep, number=other.number, at=now, by=by, journal=_journal(before, after),
    )  # fmt: skip
    Change.objects.create(
        member=keep, kind=Change.Kind.MERGED, at=now, by=by,
        before={name: as_text(old) for name, (old, _new) in changed.items()},
        after={name: as_text(new) for name, (_old, new) in changed.items()} | told | ({"left_out": left_out} if left_out else {}),
    )  # fmt: skip
    return record


def _fields(keep, other, taken):
    """{field: (old, new)} of what changes about the survivor."""
    wanted = {field: getattr(other, field) for name in taken for field in CHOICES[name]}
    first = min(keep, other, key=lambda member: (member.joined_on, member.joined_estimated))
    wanted |= {"joined_on": first.joined_on, "joined_estimated": first.joined_estimated}
    if other.user_id and not keep.user_id:
        wanted["user_id"] = other.user_id
    return {field: (getattr(keep, field), value) for field, value in wanted.items() if getattr(keep, field) != value}


def _unite_homes(first, second, keep, left_on):
    """Lay the home periods of `second` beside those of `first`, which stay as they are: only days `first` has none for. They become `keep`'s.

    left_on: from this day on there are none, when the membership that counts has ended. Returns in words what the survivor does not show any more: "Altdorf 2015-03-01 – 2020-01-01".
    """
    stay = list(first.memberships.filter(home=True).order_by("starts_on"))
    taken_up = [(one.starts_on, one.ends_on) for one in stay] + ([(left_on, None)] if left_on else [])
    dropped, rows = [], []
    for period in second.memberships.filter(home=True).select_related("unit").order_by("starts_on"):
        parts = _without(period.starts_on, period.ends_on, taken_up)
        if parts != [(period.starts_on, period.ends_on)]:
            dropped.append(f"{period.unit} {period.starts_on} – {period.ends_on or ''}".strip())
        rows.append((period, parts))
    # First all that shrinks, then all that moves: the database lets no two homes overlap at any moment.
    for period, parts in rows:
        if not parts:
            Membership.objects.filter(pk=period.pk).delete()
            continue
        start, end = parts[0]
        reason = period.end_reason if end == period.ends_on else _why(period, stay, end)
        Membership.objects.filter(pk=period.pk).update(starts_on=start, ends_on=end, end_reason=reason)
        period.starts_on, period.ends_on, period.end_reason = start, end, reason
    Membership.objects.filter(member__in=(first, second), home=True).exclude(member=keep).update(member=keep)
    for period, parts in rows:
        for start, end in parts[1:]:
            reason = period.end_reason if end is None else _why(period, stay, end)
            Membership.objects.create(member=keep, unit=period.unit, kind=period.kind, starts_on=start, ends_on=end, end_reason=reason)
    _join_neighbours(keep)
    return dropped


def _without(start, end, others):
    """The parts of [start, end) outside the periods `others` (in order); end None: still running."""
    parts = []
    for from_, to in others:
        if to is not None and to <= start:
            continue
        if end is not None and from_ >= end:
            break
        if from_ > start:
            parts.append((start, from_))
        if to is None:
            return parts
        start = max(start, to)
    if end is None or start < end:
        parts.append((start, end))
    return parts


def _why(period, stay, end):
    following = next((one for one in stay if one.starts_on == end), None)
    if following is None:
        return Membership.End.LEFT
    return Membership.End.MOVED if following.unit_id != period.unit_id else Membership.End.STATUS


def _join_neighbours(member):
    """Home periods of one unit and kind that follow each other without a gap become one."""
    before = None
    for period in member.memberships.filter(home=True).order_by("starts_on"):
        if before and before.ends_on == period.starts_on and (before.unit_id, before.kind) == (period.unit_id, period.kind):
            Membership.objects.filter(pk=period.pk).delete()
            Membership.objects.filter(pk=before.pk).update(ends_on=period.ends_on, end_reason=period.end_reason)
            before.ends_on, before.end_reason = period.ends_on, period.end_reason
        else:
            before = period


def _unite_sections(keep, other):
    """Periods in one section that overlap or touch become one; others move as they are."""
    for period in other.memberships.filter(home=False).order_by("starts_on"):
        same = [one for one in keep.memberships.filter(home=False, unit=period.unit_id) if _touch(one, period)]
        if same:
            both = [*same, period]
            Membership.objects.filter(pk__in=[one.pk for one in both[1:]]).delete()
            last = max(both, key=lambda one: one.ends_on or date.max)
            start = min(one.starts_on for one in both)
            Membership.objects.filter(pk=same[0].pk).update(starts_on=start, ends_on=last.ends_on, end_reason=last.end_reason)
        else:
            Membership.objects.filter(pk=period.pk).update(member=keep)


def _touch(a, b):
    return (a.ends_on is None or b.starts_on <= a.ends_on) and (b.ends_on is None or a.starts_on <= b.ends_on)


def _move(treatment, keep, other):
    """Let the rows of one table point at the survivor. Returns how many it could not take: they are in the journal alone."""
    rows, left_out = treatment.model.objects.filter(**{treatment.path: other.pk}), 0
    if treatment.derived:
        rows._raw_delete(using=connection.alias)
        return 0
    for pk in list(rows.values_list("pk", flat=True)):
        row = treatment.model.objects.filter(pk=pk)
        try:
            with transaction.atomic():
                row.update(**{treatment.path: keep.pk})
        except IntegrityError:
            row._raw_delete(using=connection.alias)
            left_out += 1
    return left_out


def _delete(other):
    """Take the row out. Never by cascade: whatever still points at it must stop the merge."""
    Member.objects.filter(pk=other.pk)._raw_delete(using=connection.alias)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise Refused(_("Both records have something under way that cannot be merged: please settle it on one of them first.")) from error


# The journal: {(table, primary key): row as JSON text} before and after; texts, because they compare exactly.


def _tables():
    """{table: (primary key column, [Treatment])} of what the journal holds."""
    tables = {}
    for one in treatments():
        if not one.derived:
            tables.setdefault(one.model._meta.db_table, (one.model._meta.pk.column, []))[1].append(one)
    return tables


def _rows(keep, other, also=()):
    """The rows of both members in every table, and those of the keys `also`; a row that is not there is left out."""
    pks = [member.pk for member in (keep, other) if member]
    found = _read("membership_member", "id", [*pks, *(pk for table, pk in also if table == "membership_member")])
    for table, (column, ways) in _tables().items():
        known = [pk for name, pk in also if name == table]
        for way in ways:
            known += way.model.objects.filter(**{f"{way.path}__in": pks}).values_list("pk", flat=True)
        if known:
            found |= _read(table, column, known)
    return found


def _read(table, column, pks):
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {quote(column)}, to_jsonb(kept)::text FROM {quote(table)} kept WHERE {quote(column)} = ANY(%s)", [sorted(set(pks))]
        )
        return {(table, pk): text for pk, text in cursor.fetchall()}


def _journal(before, after):
    return [[*key, before.get(key), after.get(key)] for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key)]


def worked_on(merge):
    """What somebody has changed since in rows the merge moved: [(model, primary key)]; quiet tables left out."""
    return [(_model(table), pk) for table, pk, _before, after, now in _compared(merge) if now != after and not _quiet(table)]


def _compared(merge):
    tables, found = _tables(), {}
    for table in {row[0] for row in merge.journal}:
        column = "id" if table == "membership_member" else tables[table][0]
        found |= _read(table, column, [pk for name, pk, *_rest in merge.journal if name == table])
    return [(table, pk, before, after, found.get((table, pk))) for table, pk, before, after in merge.journal]


def _quiet(table):
    return any(one.quiet for one in _tables()[table][1]) if table != "membership_member" else False


def _model(table):
    return Member if table == "membership_member" else _tables()[table][1][0].model


@transaction.atomic
def undo(merge, by, now):
    """Make two records of one again, row by row as they were. Returns (member, what stayed because somebody worked on it since).

    What came after the merge stays with the survivor. Raises Refused after thirty days, when the survivor was merged again, when periods
    have changed since, or when something only one can have (a number) is in use elsewhere.
    """
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at:
        return Member.objects.get(pk=merge.gone), []
    if not merge.can_be_undone(now):
        raise Refused(_("A merge can be undone for %(days)s days. This one is older.") % {"days": UNDO_FOR.days})
    if Merge.objects.standing().filter(Q(gone=merge.into) | Q(into=merge.into, pk__gt=merge.pk)).exists():
        raise Refused(_("The record was merged with another one since. Please undo that merge first."))
    Member.objects.select_for_update().get(pk=merge.into)
    rows = _compared(merge)
    if _into_closed_units(rows, timezone.localdate(now)):
        raise Refused(_("The unit the record belonged to is closed by now. Please enter the record anew where it belongs."))
    if any(now_ != after for table, _pk, _before, after, now_ in rows if table == Membership._meta.db_table):
        raise Refused(_("Moves, sections or the status have changed since. Please undo these first, or correct the records by hand."))
    stays = []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            _restore(cursor, rows, merge.into, stays)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError as error:
        raise Refused(
            _("The number or something else of the merged record is in use elsewhere by now, so the merge cannot be undone.")
        ) from error
    both = Member.objects.filter(pk__in=(merge.gone, merge.into))
    # A period begun since the merge stays, and with it the home: who had left before and returned to the same unit as the other one.
    running = Membership.objects.filter(member=OuterRef("pk"), home=True, ends_on=None).values("unit")
    both.update(home_unit=Coalesce(Subquery(running), F("home_unit")))
    search.refresh(both)
    merge.undone_at, merge.undone_by, merge.journal = now, by, []
    merge.save(update_fields=["undone_at", "undone_by", "journal"])
    for member in both:
        Change.objects.create(member=member, kind=Change.Kind.UNMERGED, at=now, by=by)
    return Member.objects.get(pk=merge.gone), stays


def _into_closed_units(rows, on):
    """Whether undo would bring a member home into a unit that is closed by the day `on`."""
    homes = []
    for table, _pk, before, after, _now in rows:
        if table == "membership_member" and before:
            old, new = json.loads(before), json.loads(after or "{}")
            if old["status"] in ACTIVE and old["home_unit_id"] != new.get("home_unit_id"):
                homes.append(old["home_unit_id"])
    return Unit.objects.filter(pk__in=homes).exclude(pk__in=Unit.objects.open(on).values("pk")).exists()


def _restore(cursor, rows, into, stays):
    """Write the rows of `rows` (table, pk, before, after, now) back; in `stays` what others have worked on since."""
    order = ["membership_member", Membership._meta.db_table]
    rows = sorted(rows, key=lambda row: order.index(row[0]) if row[0] in order else len(order))
    # The survivor first: it gives back the number. Then the one that was gone, then everything that points at them.
    for table, pk, before, after, now in sorted(rows, key=lambda row: (row[0], row[1]) != ("membership_member", into)):
        column = "id" if table == "membership_member" else _tables()[table][0]
        if table == Membership._meta.db_table:
            continue
        if before and after and now:
            kept = _set_back(cursor, table, column, pk, before, after, now)
            if not kept and not _quiet(table):
                stays.append((_model(table), pk))
        elif before and not after and not now:
            _insert(cursor, table, before)
        elif after and not before and now == after:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)} WHERE {connection.ops.quote_name(column)} = %s", [pk])
        elif now != before and not _quiet(table):
            stays.append((_model(table), pk))
    periods = [row for row in rows if row[0] == Membership._meta.db_table]
    Membership.objects.filter(pk__in=[pk for _table, pk, *_rest in periods])._raw_delete(using=connection.alias)
    for table, _pk, before, _after, _now in periods:
        if before:
            _insert(cursor, table, before)


def _set_back(cursor, table, column, pk, before, after, now):
    """Give a row (JSON texts) back what the merge changed of it. False when somebody has changed the row since: their values stay."""
    old, ours, theirs = map(json.loads, (before, after, now))
    names = ", ".join(connection.ops.quote_name(name) for name in old if old[name] != ours.get(name) == theirs.get(name))
    if names:
        table, column = connection.ops.quote_name(table), connection.ops.quote_name(column)
        cursor.execute(
            f"UPDATE {table} SET ({names}) = (SELECT {names} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)) WHERE {column} = %s",
            [before, pk],
        )
    return now == after


def _insert(cursor, table, row):
    name = connection.ops.quote_name(table)
    cursor.execute(f"INSERT INTO {name} SELECT * FROM jsonb_populate_record(NULL::{name}, %s::jsonb)", [row])


def forget(now):
    """Empty the journals of merges that can no longer be undone; the tombstones stay. Returns how many."""
    return Merge.objects.filter(at__lte=now - UNDO_FOR).exclude(journal=[]).update(journal=[])


def survivor_of(pk):
    """The Merge that says who the member `pk` is now; None when there is none."""
    return Merge.objects.standing().filter(gone=pk).select_related("survivor").first()


def may_merge(user, member):
    return user.right_on(member.home_unit) >= Right.LEAD


# How the tables of this room follow.


def _pairs(keep, other, now):
    """What was decided about the one that goes holds for the survivor; open pairs are found anew."""
    for pair in Pair.objects.filter(low=other) | Pair.objects.filter(high=other):
        third = pair.high_id if pair.low_id == other.pk else pair.low_id
        low, high = sorted((third, keep.pk))
        if pair.state == Pair.State.NOT_SAME and third != keep.pk:
            known = Pair.objects.filter(low=low, high=high)
            decision = {name: getattr(pair, name) for name in ("state", "decided_by", "decided_at", "later_until")}
            if not known.update(**decision):
                Pair.objects.filter(pk=pair.pk).update(low=low, high=high)
                continue
        Pair.objects.filter(pk=pair.pk).delete()


def _questions(keep, other, now):
    """What was asked about the one that goes is answered."""
    other.questions.filter(closed_at=None).update(closed_at=now)


def _changes(keep, other, now):
    """What happened to the one that goes becomes history of the survivor, but nobody can take it back there."""
    other.changes.update(restore=None)


def _guest_terms(keep, other, now):
    """One term runs at most, and only for a guest."""
    runs = keep.status == Status.GUEST
    if not runs or keep.guest_terms.filter(ended=False).exists():
        other.guest_terms.filter(ended=False).update(ended=True)
    if not runs:
        keep.guest_terms.filter(ended=False).update(ended=True)


treat(Membership, words=ngettext_lazy("%(n)s period of membership", "%(n)s periods of membership", "n"))
treat(Change, words=ngettext_lazy("%(n)s entry of the history", "%(n)s entries of the history", "n"), unite=_changes)
treat(Application, words=ngettext_lazy("%(n)s application", "%(n)s applications", "n"))
treat(GuestTerm, words=ngettext_lazy("%(n)s year as a guest", "%(n)s years as a guest", "n"), unite=_guest_terms)
treat(Transfer, words=ngettext_lazy("%(n)s transfer", "%(n)s transfers", "n"))
treat(MemberTag, words=ngettext_lazy("%(n)s interest or skill", "%(n)s interests and skills", "n"))
treat(FieldValue, words=ngettext_lazy("%(n)s own field of a unit", "%(n)s own fields of units", "n"))
treat(Errand, words=ngettext_lazy("%(n)s task", "%(n)s tasks", "n"))
treat(BulkRow, words=ngettext_lazy("%(n)s entry of a bulk action", "%(n)s entries of bulk actions", "n"))
treat(Ask, words=ngettext_lazy("%(n)s question to the member", "%(n)s questions to the member", "n"))
treat(Proposal, words=ngettext_lazy("%(n)s correction by the member", "%(n)s corrections by the member", "n"))
treat(Notice, words=ngettext_lazy("%(n)s mail of the membership system", "%(n)s mails of the membership system", "n"))
treat(StagedRow, words=ngettext_lazy("%(n)s row of a list", "%(n)s rows of lists", "n"), quiet=True)
treat(StagedRow, "candidate", quiet=True)
treat(Pair, "low", unite=_pairs, quiet=True)
treat(Pair, "high", quiet=True)
treat(Question, unite=_questions, quiet=True)
treat(Merge, "survivor", words=ngettext_lazy("%(n)s earlier merge", "%(n)s earlier merges", "n"), quiet=True)
treat(Trace, derived=True)
