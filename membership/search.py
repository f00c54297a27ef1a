"""Search keys of a member and the queries that use them."""

from typing import NamedTuple

from django.db.models import Q
from django.urls import reverse

from common.folding import digits, fold, skeleton, sort_key
from membership.models import Member, Status

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
    return fold(text[:LONGEST]).split()[:MOST_WORDS]


def named(text):
    """Q: every word of `text` is part of the name or the number. Words of one and two letters begin a name; leading zeros do not count."""
    condition, words = Q(), words_of(text)
    for word in words:
        word = (word.lstrip("0") or word) if word.isdecimal() else word
        if len(word) > 2 or word.isdecimal():
            condition &= Q(search_name__contains=word)
        elif len(words) > 1:
            condition &= Q(search_name__contains=f" {word}")
        else:
            condition &= Q(sort_key__startswith=word) | Q(given_key__startswith=word)
    return condition


def sounding(text):
    """Q: every word of `text` sounds like a word of the name, across Hebrew and Latin letters; None when too short to tell."""
    sounds = [sound for sound in skeleton(text[:LONGEST]).upper().split()[:MOST_WORDS] if len(sound) > 1]
    return Q(*(Q(search_name__contains=f" {sound} ") for sound in sounds)) if sounds else None


def reached_by(text):
    """Q: `text` is part of the mail address or of a phone number; None when it can be neither."""
    text = text[:LONGEST].replace("\0", "").strip().lower()
    if "@" in text and len(text) > 3:
        return Q(search_contact__contains=text)
    number = digits(text)
    if len(number) > 4 and not any(char.isalpha() for char in text):
        return Q(search_contact__contains=number)
    return None


class Hit(NamedTuple):
    pk: int
    given_name: str
    family_name: str
    number: str
    status: str
    unit: str

    @property
    def name(self):
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def status_label(self):
        return Status(self.status).label

    def get_absolute_url(self):
        return reverse("cockpit:member_detail", args=[self.pk])


def find(user, text, limit=8):
    """Up to `limit` members (Hits) for what somebody types, those whose family or given name begins so first.

    One statement of stages from cheap to wide, in which the database stops as soon as it has enough: names that begin so, names and
    numbers that hold it, phone and mail (only of members the user cares for), names that sound alike.
    """
    words = words_of(text)
    contact, sound = reached_by(text), sounding(text)
    seen = Member.objects.visible_to(user)
    stages = []
    if len(words) == 1:
        stages += [
            seen.filter(sort_key__startswith=words[0]).order_by("sort_key"),
            seen.filter(given_key__startswith=words[0]).order_by("given_key"),
        ]
    if len(words) > 1 or any(len(word) > 2 for word in words):
        stages.append(seen.filter(named(text)))
    if contact:
        stages.append(Member.objects.editable_by(user).filter(contact))
    if words and sound:
        stages.append(seen.filter(sound))
    if not stages:
        return []
    first, *others = (stage.values_list("pk", "given_name", "family_name", "number", "status", "home_unit__name")[:limit] for stage in stages)
    rows = first.union(*others, all=True)[: 2 * limit] if others else first
    return list({row[0]: Hit(*row) for row in rows}.values())[:limit]


def matching(members, user, text):
    """Those of `members` (a queryset of visible ones) that `text` describes, for a list; by phone and mail only whom the user cares for."""
    if contact := reached_by(text):
        by_contact = Member.objects.editable_by(user).filter(contact).values_list("pk", flat=True)[:1000]
        return members.filter(named(text) | Q(pk__in=list(by_contact))) if words_of(text) else members.filter(pk__in=by_contact)
    return members.filter(named(text)) if words_of(text) else members
