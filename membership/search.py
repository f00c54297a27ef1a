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
    best_of = _of_many if scope.sees_below(user) else _of_few

    def build(user, *values):
        names, heard = values[: len(words)], values[len(words) : len(words) + len(sounds)]
        begins = len(words) == 1 and not words[0].isdecimal()
        ways = [(Q(sort_key__startswith=names[0]), "sort_key"), (Q(given_key__startswith=names[0]), "given_key")] if begins else []
        if len(words) > 1 or any(parts):
            ways.append((named(names, parts), None))
        if contact:
            ways.append((reached_by(user, scope.Right.CARE, by_party=True) & Q(search_contact__contains=values[-1]), None))
        if sounds:
            ways.append((Q(*(Q(search_name__contains=f" {sound} ") for sound in heard)), None))
        return best_of(Member.objects.visible_to(user, by_party=True), ways, limit)

    shape = f"{' '.join(f'{part:d}' for part in parts)} {len(sounds)}{' or contact' if contact else ''} {limit}"
    rows, *answers = prepared.together(scope.listed(user, f"names {shape}", build, values) if values else prepared.NOTHING, *others)
    return [Hit.of(rows), *answers]


def _of_few(seen, ways, limit):
    """Of members of single units all are read, and the best come first."""
    best = Case(*(When(way, then=n) for n, (way, _order) in enumerate(ways)), output_field=SmallIntegerField())
    return seen.alias(best=best).filter(best__isnull=False).order_by("best", "sort_key").values_list(*Hit._fields[:-1])[:limit]


def _of_many(seen, ways, limit):
    """Of a whole party each way has its index, from cheap to wide; the database stops as soon as it has enough.

    Planning them takes longest, so nothing is joined.
    """
    *fields, _unit, _address = Hit._fields
    unit = Subquery(Unit.objects.filter(pk=OuterRef("home_unit")).values("name"))
    first, *more = (
        seen.filter(way, *(~before for before, _order in ways[:n])).order_by(*filter(None, [order])).values_list(*fields, unit)[:limit]
        for n, (way, order) in enumerate(ways)
    )
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
