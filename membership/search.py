"""Search keys of a member and the queries that use them."""

from typing import NamedTuple

from django.db.models import Case, OuterRef, Q, SmallIntegerField, Subquery, When
from django.urls import reverse

from branches import scope
from branches.models import Unit
from common import prepared
from common.folding import digits, fold, skeleton, sort_key
from membership.models import Member, Status, reached_by

LONGEST = 100  # characters of a search that are looked at
MOST_WORDS = 5
BEHIND = "\U0010ffff"  # sorts behind every letter


def keys(family_name, given_name, number="", email="", phones=()):
    """The computed columns of Member (sort_key, given_key, search_name, search_contact) for these values.

    search_name holds the folded words between spaces and, in capitals that no folded word has, how the name sounds: in a
    spelling that Hebrew and Latin letters share. Whoever writes names, number, mail or phones writes these too; tests hold
    that they agree.
    """
    given, family = fold(given_name), fold(family_name)
    sound = " ".join(filter(None, (skeleton(given), skeleton(family)))).upper()
    return {
        "sort_key": sort_key(family_name, given_name)[:260],
        "given_key": given[:130],
        "search_name": " ".join(["", *filter(None, (given, family, fold(number), sound)), ""]),
        "search_contact": " ".join(filter(None, (email.lower(), *map(digits, phones)))),
    }


def refresh(members, batch=5000):
    """Write the search columns of `members` (a queryset) anew where they no longer fit their names and contacts."""
    stale = []
    for member in members.iterator(chunk_size=batch):
        wanted = keys(member.family_name, member.given_name, member.number, member.email, (member.phone, member.mobile))
        if any(getattr(member, column) != value for column, value in wanted.items()):
            for column, value in wanted.items():
                setattr(member, column, value)
            stale.append(member)
    members.model.objects.bulk_update(stale, ["sort_key", "given_key", "search_name", "search_contact"], batch_size=batch)


def words_of(text):
    """The words of `text` as they are looked for; leading zeros of a number do not count."""
    return [(word.lstrip("0") or word) if word.isdecimal() else word for word in fold(text[:LONGEST]).split()[:MOST_WORDS]]


def is_part(word):
    """Whether the word is looked for anywhere in name or number; words of one and two letters begin a name."""
    return len(word) > 2 or word.isdecimal()


def named(words, parts):
    """Q: every one of `words` is part of the name or the number; parts: is_part of each."""
    condition = Q()
    for word, part in zip(words, parts, strict=True):
        if part:
            condition &= Q(search_name__contains=word)
        elif len(words) > 1:
            condition &= Q(search_name__contains=f" {word}")
        else:
            condition &= Q(sort_key__startswith=word) | Q(given_key__startswith=word)
    return condition


def sounds_of(text):
    """How the words of `text` sound, across Hebrew and Latin letters; what is too short to tell is left out."""
    return [sound for sound in skeleton(text[:LONGEST]).upper().split()[:MOST_WORDS] if len(sound) > 1]


def contact_of(text):
    """The part of a mail address or of a phone number that `text` may be, "" when it can be neither."""
    text = text[:LONGEST].replace("\0", "").strip().lower()
    if "@" in text and len(text) > 3:
        return text
    number = digits(text)
    return number if len(number) > 4 and not any(char.isalpha() for char in text) else ""


class Hit(NamedTuple):
    pk: int
    given_name: str
    family_name: str
    number: str
    status: str
    home_unit__name: str
    address: str

    @property
    def name(self):
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def unit(self):
        return self.home_unit__name

    @property
    def status_label(self):
        return Status(self.status).label

    @classmethod
    def of(cls, rows):
        """Hits of rows with all these fields but the last."""
        address = reverse("cockpit:member_detail", args=[0])  # put together once, not for every row
        return [cls(*row, address.replace("/0/", f"/{row[0]}/")) for row in rows]


def find(user, text, limit=8):
    """Up to `limit` members (Hits) for what somebody types, those whose family or given name begins so first."""
    return find_beside(user, text, limit)[0]


def find_beside(user, text, limit, *others):
    """[what `find` gives, the answers to `others`, which are prepared.Questions asked at the same time].

    In this order: names that begin so; names and numbers that hold it, phone and mail (only of members the user cares for); names that sound alike.
    """
    words, contact = words_of(text), contact_of(text)
    parts = tuple(map(is_part, words))
    sounds = [] if all(word.isdecimal() for word in words) else sounds_of(text)
    values = [*words, *sounds, *([contact] if contact else [])]
    begins = len(words) == 1 and not words[0].isdecimal()
    name = f"names {' '.join(f'{part:d}' for part in parts)} {len(sounds)}{' or contact' if contact else ''} {limit}"

    def further(user, values):
        names, heard = values[: len(words)], values[len(words) : len(words) + len(sounds)]
        if len(words) > 1 or any(parts):
            yield named(names, parts)
        if contact:
            yield reached_by(user, scope.Right.CARE, by_party=True) & Q(search_contact__contains=values[-1])
        if sounds:
            yield Q(*(Q(search_name__contains=f" {sound} ") for sound in heard))

    def of_few(user, *values):
        near = [Q(sort_key__startswith=values[0]), Q(given_key__startswith=values[0])] if begins else []
        return _of_few(Member.objects.visible_to(user, by_party=True), [*near, *further(user, values)], limit)

    def of_many(*values):
        return _of_many(Member.objects.visible_to(user, by_party=True), list(further(user, values)), limit)

    if not values:
        first = prepared.NOTHING
    elif not scope.sees_below(user):
        first = scope.question(user, name, of_few, [prepared.Filter(value) for value in values])
    else:
        far = prepared.question((name, user.reach), of_many, values)
        first = _near(user, words[0], limit) if begins else far
    rows, *answers = prepared.together(first, *others)
    if begins and scope.sees_below(user) and len(rows) < limit:
        rows += [row for row in prepared.together(far)[0] if row not in rows][: limit - len(rows)]
    return [Hit.of(rows), *answers]


def _of_few(seen, ways, limit):
    """Of members of single units all are read, and the best come first."""
    best = Case(*(When(way, then=n) for n, way in enumerate(ways)), output_field=SmallIntegerField())
    return seen.alias(best=best).filter(best__isnull=False).order_by("best", "sort_key").values_list(*Hit._fields[:-1])[:limit]


def _near(user, word, limit):
    """The Question for members of a whole party whose name begins with `word`. Between bounds its index finds them by one plan for every word."""

    def build(user, word, end):
        seen = Member.objects.visible_to(user, by_party=True)
        family, given = Q(sort_key__gte=word, sort_key__lt=end), Q(given_key__gte=word, given_key__lt=end)
        return _in_turn([seen.filter(family).order_by("sort_key"), seen.filter(given, ~family).order_by("given_key")], limit)

    return prepared.question(*scope.listed(user, f"names {limit}", build, [word, f"{word}{BEHIND}"]))


def _of_many(seen, ways, limit):
    """Of a whole party each way has its index, from cheap to wide, which is planned for the words there are.

    Enough for `limit` that were not found by the beginning of their names.
    """
    return _in_turn([seen.filter(way, *(~before for before in ways[:n])) for n, way in enumerate(ways)] or [seen.none()], 2 * limit)


def _in_turn(found, limit):
    """Hits of the querysets `found`, one after the other; the database stops as soon as it has enough. Planning takes longest, so nothing is joined."""
    *fields, _unit, _address = Hit._fields
    unit = Subquery(Unit.objects.filter(pk=OuterRef("home_unit")).order_by().values("name"))
    first, *more = (members.values_list(*fields, unit)[:limit] for members in found)
    return first.union(*more, all=True)[:limit] if more else first


def matching(members, user, text):
    """Those of `members` (a queryset of visible ones) that `text` describes, for a list; by phone and mail only whom the user cares for.

    Names that sound alike count too: always where every word is long enough to tell by its sound, else where nobody is written so.
    """
    words = words_of(text)
    condition = named(words, map(is_part, words))
    if contact := contact_of(text):
        by_contact = Member.objects.editable_by(user).filter(search_contact__contains=contact).values_list("pk", flat=True)[:1000]
        return members.filter(condition | Q(pk__in=list(by_contact))) if words else members.filter(pk__in=by_contact)
    sounds = [] if all(word.isdecimal() for word in words) else sounds_of(text)
    clear = len(sounds) == len(words) and all(len(sound) > 2 for sound in sounds)
    if sounds and (clear or not members.filter(condition).exists()):
        condition |= Q(*(Q(search_name__contains=f" {sound} ") for sound in sounds))
    return members.filter(condition)
