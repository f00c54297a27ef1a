"""Search keys of a member and the queries that use them."""

from common.folding import digits, fold, sort_key


def keys(family_name, given_name, number="", email="", phones=()):
    """The computed columns of Member (sort_key, given_key, search_name, search_contact) for these values.

    Whoever writes names, number, mail or phones writes these too; tests hold that they agree.
    """
    return {
        "sort_key": sort_key(family_name, given_name)[:260],
        "given_key": fold(given_name)[:130],
        "search_name": " ".join(filter(None, (fold(given_name), fold(family_name), fold(number)))),
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
