"""Two records that may be one person: what they are found by, how alike they are, and the search over a whole party.

Each member leaves traces: keys that two spellings of one person share (birth date and the sound of a name, name and most of a birth
date, mail, phone ..). Only members who share a key are compared, and only when something about one of them is new. What people decided
stays: "not the same person" is never asked again.
"""

import hashlib
from collections import defaultdict
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from common.folding import digits, fold, skeleton
from membership.models import Member, Pair, Trace

ENOUGH = 55  # points from which two records are shown as a pair
BATCH = 5000
MOST_SHARING = 60  # a key of more members (the phone of an office) says nothing; so many of them are looked at
SEARCHING = 7341  # advisory lock: one search at a time

REASONS = {
    "number": _("same number"),
    "birth": _("same birth date"),
    "near_birth": _("almost the same birth date"),
    "name": _("same name"),
    "swapped": _("given and family name swapped"),
    "sounds": _("name sounds the same"),
    "short": _("short form of the given name"),
    "part": _("part of the name is the same"),
    "spelled": _("name spelled almost the same"),
    "given": _("same given name"),
    "email": _("same mail address"),
    "phone": _("same phone"),
    "address": _("same address"),
    "place": _("same place"),
}


def told(reasons):
    """ "Same birth date, name sounds the same": reasons in words of the reader's language."""
    text = ", ".join(str(REASONS[code]) for code in reasons)
    return text[:1].upper() + text[1:]


@cache
def short_forms():
    """{folded given name: numbers of the groups of names it may stand for}, from short_forms.txt."""
    groups = defaultdict(set)
    lines = (Path(__file__).parent / "short_forms.txt").read_text("utf-8").splitlines()
    for number, line in enumerate(line for line in lines if line and not line.startswith("#")):
        for name in line.replace(":", ",").split(","):
            groups[fold(name)].add(number)
    return {name: frozenset(numbers) for name, numbers in groups.items()}


class Person(NamedTuple):
    """What is compared of a member, folded."""

    pk: int
    party: int
    number: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    birth: date | None
    email: str
    phones: frozenset
    street: str
    postcode: str
    unit: int | None


FIELDS = (
    "pk",
    "party_id",
    "number",
    "given_name",
    "family_name",
    "birth_date",
    "email",
    "phone",
    "mobile",
    "street",
    "postcode",
    "home_unit_id",
)


def person(pk, party, number, given_name, family_name, birth_date, email, phone, mobile, street, postcode, unit):
    """A Person of the values of FIELDS as they stand in a member."""
    numbers = (digits(phone), digits(mobile))
    return Person(
        pk, party, fold(number).replace(" ", "").lstrip("0"), tuple(fold(given_name).split()), tuple(fold(family_name).split()), birth_date,
        email.strip().lower(), frozenset(phone for phone in numbers if len(phone) > 5), fold(street), postcode.strip(), unit,
    )  # fmt: skip


def _sound(word):
    """How a word sounds, in letters Hebrew and Latin share; the word itself where too little is left to tell."""
    sound = skeleton(word)
    return sound.upper() if len(sound) > 1 else word


def _given_sounds(word):
    return [f"={group}" for group in short_forms().get(word, ())] or [_sound(word)]


def _days(born):
    """Parts of a birth date that stay when one figure of it is wrong, or day and month change places."""
    return (f"{born:%Y-%m}", f"{born:%Y..%d}", f"{born:%m-%d}", f"{born.year} {sorted((born.month, born.day))}")


def traces(person):
    """The keys of a Person, as numbers: whoever shares one may be the same."""
    family = "".join(map(_sound, person.family))
    given = [sound for word in person.given[:3] for sound in _given_sounds(word)]
    found = [f"# {person.number}"] if person.number else []
    found += [f"@ {person.email}"] if person.email else []
    found += [f"+ {phone}" for phone in person.phones]
    if person.birth:
        words = {*given, *(sound for word in person.family for sound in (_sound(word), *_given_sounds(word)))}
        found += [f"* {person.birth} {word}" for word in words]
        found += [f"~ {family} {word} {days}" for word in given for days in _days(person.birth)]
    places = [f"p{person.postcode}"] if person.postcode else []
    places += [f"u{person.unit}"] if person.unit else []
    found += [f"! {family} {word} {place}" for word in given for place in places]
    return [_number(f"{person.party} {key}") for key in dict.fromkeys(found)]


def _number(text):
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True)


@lru_cache(maxsize=50_000)
def distance(one, other, most=3):
    """Letters to change, add, leave out or swap with their neighbour to turn `one` into `other`; `most` + 1 when it is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before, row = [], list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def _mistyped(one, other):
    longer = max(len(one), len(other))
    return longer > 3 and distance(one, other) <= (2 if longer > 8 else 1)


def _hebrew(text):
    return any("א" <= char <= "ת" for char in text)


def _alike_sound(one, other, most=3):
    sound = skeleton(one).replace(" ", "")
    if not sound or sound != skeleton(other).replace(" ", ""):
        return False
    if _hebrew(one) != _hebrew(other):
        return True
    return len(sound) > 1 and distance(one, other) <= most and skeleton(one[0]) == skeleton(other[0])


def _family(one, other):
    """(points, reason) of two family names; (0, "") when they have nothing in common."""
    a, b = " ".join(one), " ".join(other)
    if a == b:
        return 20, "name"
    if _alike_sound(a, b):
        return 16, "sounds"
    if _mistyped(a, b):
        return 13, "spelled"
    if any(len(word) > 2 for word in set(one) & set(other)):
        return 12, "part"
    return 0, ""


def _given(one, other):
    """(points, reason) of two given names; (-80, "") when they are different ones, as those of twins."""
    if not one or not other:
        return 5, ""
    if one == other:
        return 20, "name"
    if set(one) & set(other):
        return 16, "part"
    names = short_forms()
    if any(names.get(a, frozenset()) & names.get(b, frozenset()) for a in one for b in other):
        return 15, "sounds" if _alike_sound(one[0], other[0]) else "short"
    if _alike_sound(one[0], other[0], 1):
        return 15, "sounds"
    if _mistyped(one[0], other[0]):
        return 12, "spelled"
    if one[0][0] == other[0][0] and 1 in (len(one[0]), len(other[0])):
        return 8, "part"
    return -80, ""


def _near(a, b):
    return (a.postcode and a.postcode == b.postcode) or (a.unit and a.unit == b.unit)


ORDER = list(REASONS)


def compare(a, b):
    """(points from 0 to 100, reasons) of two Persons being one; reasons are codes of REASONS."""
    reasons, points = set(), 0
    family, why_family = _family(a.family, b.family)
    given, why_given = _given(a.given, b.given)
    if not family and given > 5:
        points, reasons = 8, {"given"}
    elif family:
        points, reasons = family + given, {why_family, why_given} - {""}
        if len(reasons) > 1:
            reasons.discard("name")
    if points < 20 and a.given and b.given and _family(a.given, b.family)[0] >= 13 and _family(a.family, b.given)[0] >= 13:
        points, reasons = 36, {"swapped"}
    elif not points:
        points = -80  # nothing in common
    if a.birth and b.birth:
        if a.birth == b.birth:
            points, reasons = points + 35, reasons | {"birth"}
        elif set(_days(a.birth)) & set(_days(b.birth)):
            points, reasons = points + (15 if _near(a, b) else 10), reasons | {"near_birth"}
        else:
            points -= 45
    elif _near(a, b):
        points, reasons = points + 15, reasons | {"place"}
    for same, worth, code in (
        (a.number and a.number == b.number, 40, "number"),
        (a.email and a.email == b.email, 25, "email"),
        (a.phones & b.phones, 20, "phone"),
        (a.street and a.street == b.street and a.postcode == b.postcode, 10, "address"),
    ):
        if same:
            points, reasons = points + worth, reasons | {code}
    return max(0, min(points, 100)), sorted(reasons, key=ORDER.index)


def candidates(party, *, given_name, family_name, number="", birth_date=None, email="", phones=(), postcode="", unit=None):
    """Members of `party` (root Unit) who may be the person of these values: [(Member with home unit, score, reasons)], the likeliest first.

    Finds whom the nightly search has met and who was added by hand, and of those who came by a list since everybody of the same folded name. Not limited to what anybody may
    see: who shows the answer filters it by `visible_to`, and tells nothing about the rest.
    """
    phone, mobile = (*phones, "", "")[:2]
    asked = person(0, party.pk, number, given_name, family_name, birth_date, email, phone, mobile, "", postcode, unit and unit.pk)
    found = _sharing([asked])[0]
    key = f"{' '.join(asked.family)}\x01{' '.join(asked.given)}"
    found |= set(Member.objects.filter(party=party, sort_key=key).values_list("pk", flat=True)[:MOST_SHARING])
    results = []
    for member in Member.objects.filter(party=party, pk__in=found).select_related("home_unit"):
        score, reasons = compare(asked, of(member))
        if score >= ENOUGH:
            results.append((member, score, reasons))
    return sorted(results, key=lambda result: (-result[1], result[0].pk))


def look_alikes(user, unit, person, phones, **more):
    """[(Member, why in words)] of the five likeliest `user` may see who may be `person` (an application or a member not saved yet). Of others nothing is told."""
    names = ("given_name", "family_name", "birth_date", "email", "postcode")
    party = Unit.objects.filter(path=unit.root_path).first()
    found = candidates(party, phones=phones, unit=unit, **{name: getattr(person, name) for name in names}, **more)
    seen = set(Member.objects.visible_to(user).filter(pk__in=[member.pk for member, _score, _reasons in found]).values_list("pk", flat=True))
    return [(member, told(reasons)) for member, _score, reasons in found if member.pk in seen][:5]


def likeliest(people, members, enough):
    """{place in `people` (Persons): pk} of the one of `members` (a queryset) who is likeliest the same, with at least `enough` points."""
    sharing = _sharing(people)
    known = {row[0]: person(*row) for row in members.filter(pk__in=set().union(*sharing)).values_list(*FIELDS)}
    best = {}
    for place, (asked, pks) in enumerate(zip(people, sharing, strict=True)):
        points = [(compare(asked, known[pk])[0], -pk) for pk in pks if pk in known]
        if points and max(points)[0] >= enough:
            best[place] = -max(points)[1]
    return best


def _sharing(people):
    """For each Person the pks of members the search has met who share a trace."""
    found = [set() for _person in people]
    keys = [(place, key) for place, asked in enumerate(people) for key in traces(asked)]
    if keys:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(
                _SHARING, {"places": [place for place, _key in keys], "keys": [key for _place, key in keys], "most": MOST_SHARING}
            )
            for place, pk in cursor.fetchall():
                found[place].add(pk)
            cursor.execute("SET LOCAL enable_seqscan = on")
    return found


def of(member):
    """The Person of a Member."""
    return person(*(getattr(member, field) for field in FIELDS))


_SHARING = """
SELECT DISTINCT asked.place, shared.member_id FROM unnest(%(places)s::int[], %(keys)s::bigint[]) AS asked(place, key),
    LATERAL (SELECT member_id FROM membership_trace WHERE keys @> ARRAY[asked.key] LIMIT %(most)s) shared
"""
# What a member is compared by, in one number. `member` is the table.
_PRINT = """hashtextextended(concat_ws('|', member.party_id, member.number, member.given_name, member.family_name, member.birth_date,
    member.email, member.phone, member.mobile, member.street, member.postcode, member.home_unit_id), 0)"""
_COLUMNS = "member.id, " + ", ".join(f"member.{field}" for field in FIELDS[1:])
_NEW = f"""
SELECT {_COLUMNS}, {_PRINT} FROM membership_member member LEFT JOIN membership_trace trace ON trace.member_id = member.id
WHERE member.id > %(after)s AND trace.print IS DISTINCT FROM {_PRINT} ORDER BY member.id LIMIT %(batch)s
"""
_KEEP = """
INSERT INTO membership_trace (member_id, print, keys, fresh) SELECT member_id, print, keys, true FROM traced
ON CONFLICT (member_id) DO UPDATE SET print = EXCLUDED.print, keys = EXCLUDED.keys, fresh = true
"""
# Whom the new ones share a key with, and whom they are paired with already; never again who was found to be somebody else.
_TO_COMPARE = """
CREATE TEMP TABLE to_compare AS
WITH fresh AS (SELECT DISTINCT unnest(keys) AS key FROM membership_trace WHERE fresh),
sharing AS (
    SELECT array_agg(member_id) AS members, array_agg(member_id) FILTER (WHERE fresh) AS new
    FROM (SELECT member_id, fresh, unnest(keys) AS key FROM membership_trace) trace JOIN fresh USING (key)
    GROUP BY key HAVING count(*) BETWEEN 2 AND %(most)s
), pairs AS (
    SELECT least(one, other) AS low, greatest(one, other) AS high FROM sharing, unnest(new) one, unnest(members) other WHERE one <> other
    UNION
    SELECT low_id, high_id FROM membership_pair
    WHERE EXISTS (SELECT FROM membership_trace WHERE fresh AND member_id IN (low_id, high_id))
)
SELECT row_number() OVER () AS place, low, high FROM pairs
WHERE NOT EXISTS (SELECT FROM membership_pair decided WHERE decided.low_id = low AND decided.high_id = high AND decided.state = 'not_same')
"""
# Held until the pairs are written, so that nobody is merged away in between.
_PEOPLE = f"SELECT {_COLUMNS} FROM membership_member member WHERE id = ANY(%(pks)s) ORDER BY id FOR KEY SHARE"
_PAIR = """
INSERT INTO membership_pair (low_id, high_id, score, reasons, state, found_at)
SELECT low, high, score, string_to_array(reasons, ' '), 'open', %(now)s
FROM unnest(%(low)s::bigint[], %(high)s::bigint[], %(score)s::int[], %(reasons)s::text[]) AS found(low, high, score, reasons)
ON CONFLICT (low_id, high_id) DO UPDATE SET score = EXCLUDED.score, reasons = EXCLUDED.reasons
WHERE membership_pair.state <> 'not_same'
"""
_UNLIKE = """
DELETE FROM membership_pair pair USING unnest(%(low)s::bigint[], %(high)s::bigint[]) AS unlike(low, high)
WHERE pair.low_id = low AND pair.high_id = high AND pair.state <> 'not_same'
"""


def search(now, progress=lambda done: None):
    """Compare everybody of whom something is new since the last search; returns how many were new. Memory stays flat.

    A search that breaks off is made good by the next. Returns 0 while another one runs.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SEARCHING])
        if not cursor.fetchone()[0]:
            return 0
        try:
            return _search(cursor, now, progress)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SEARCHING])


def _search(cursor, now, progress):
    new, after = 0, 0
    while after is not None:
        with transaction.atomic():
            after, count = _trace(cursor, after)
        new += count
        progress(new)
    cursor.execute("SELECT EXISTS (SELECT FROM membership_trace WHERE fresh)")
    if not cursor.fetchone()[0]:
        return new
    cursor.execute("DROP TABLE IF EXISTS to_compare")
    with transaction.atomic():
        cursor.execute("ANALYZE membership_trace")
        # How many keys an array holds is not known to the planner: it would walk all of them for each key.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(_TO_COMPARE, {"most": MOST_SHARING})
    first, rows = 0, [()]
    while rows:
        with transaction.atomic():  # short ones: whoever decides about a pair meanwhile does not wait
            cursor.execute("SELECT low, high FROM to_compare WHERE place > %s AND place <= %s", [first, first + BATCH])
            rows, first = cursor.fetchall(), first + BATCH
            _compare(cursor, rows, now)
    cursor.execute("DROP TABLE to_compare")
    cursor.execute("UPDATE membership_trace SET fresh = false WHERE fresh")
    return new


def _trace(cursor, after):
    """Trace the next members behind the id `after` that are no longer as they were; (id of the last, how many), (None, 0) at the end."""
    cursor.execute(_NEW, {"after": after, "batch": BATCH})
    rows = cursor.fetchall()
    if not rows:
        return None, 0
    cursor.execute("CREATE TEMP TABLE traced (member_id bigint, print bigint, keys bigint[])")
    with cursor.copy("COPY traced FROM STDIN") as copy:
        for row in rows:
            copy.write_row((row[0], row[-1], traces(person(*row[:-1]))))
    cursor.execute(_KEEP)
    cursor.execute("DROP TABLE traced")
    return rows[-1][0], len(rows)


def _compare(cursor, pairs, now):
    """Keep those of `pairs` (ids) that are alike, and no longer those that were but are not."""
    cursor.execute(_PEOPLE, {"pks": list({pk for pair in pairs for pk in pair})})
    people = {row[0]: person(*row) for row in cursor}
    alike, unlike = [], []
    for low, high in pairs:
        a, b = people.get(low), people.get(high)
        if a and b and a.party == b.party:
            score, reasons = compare(a, b)
            (alike if score >= ENOUGH else unlike).append((low, high, score, " ".join(reasons)))
    for statement, rows in ((_PAIR, alike), (_UNLIKE, unlike)):
        if rows:
            columns = dict(zip(("low", "high", "score", "reasons"), map(list, zip(*rows, strict=True)), strict=True))
            cursor.execute(statement, {**columns, "now": now})


def leave_trace(member):
    """Let `member`, just added, be found by `candidates` at once; the nightly search compares them as everybody new."""
    Trace.objects.create(member=member, print=0, keys=traces(of(member)), fresh=False)  # a print of nobody: to be traced anew


def pair(one, other, now):
    """The Pair of two Members of a party, made when there is none: for people who know what the search does not."""
    low, high = sorted((one, other), key=lambda member: member.pk)
    score, reasons = compare(of(low), of(high))
    found, _new = Pair.objects.get_or_create(low=low, high=high, defaults={"score": score, "reasons": reasons, "found_at": now})
    return found
