"""How far members are on their tracks: what a level asks for, what is still missing, and how many are where in the units."""

from collections import defaultdict
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.mails import isolate
from education.models import LevelDone, Registration, Track, TrackLevel, TrackMember, TrackNeed

NEEDS = Prefetch("needs", TrackNeed.objects.select_related("kind", "qualification"))

# How many of one thing `walker.member_id` has, for one row of `need`.
HAS = """
CASE WHEN need.kind_id IS NOT NULL THEN (
    SELECT count(*) FROM education_registration place JOIN education_event event ON event.id = place.event_id
    WHERE place.member_id = walker.member_id AND place.state = 'attended' AND event.kind_id = need.kind_id)
WHEN need.qualification_id IS NOT NULL THEN (
    SELECT count(*) FROM education_qualification got WHERE got.member_id = walker.member_id AND got.kind_id = need.qualification_id
      AND got.revoked_at IS NULL AND got.got_on <= %(on)s AND (got.until IS NULL OR got.until > %(on)s))
ELSE (
    SELECT count(*) FROM education_registration place JOIN education_offer offer ON offer.event_id = place.event_id
    WHERE place.member_id = walker.member_id AND place.state = 'attended' AND offer.level_id = need.level_id) END
"""
SETTLE = f"""
INSERT INTO education_leveldone (level_id, member_id, "on")
SELECT level.id, walker.member_id, %(on)s FROM education_trackmember walker JOIN education_tracklevel level ON level.track_id = walker.track_id
WHERE (%(members)s::bigint[] IS NULL OR walker.member_id = ANY(%(members)s))
  AND NOT EXISTS (SELECT 1 FROM education_leveldone done WHERE done.level_id = level.id AND done.member_id = walker.member_id)
  AND NOT EXISTS (
    SELECT 1 FROM (SELECT kind_id, qualification_id, level_id, count FROM education_trackneed WHERE level_id = level.id
                   UNION ALL SELECT NULL, NULL, level.id, 1 WHERE NOT EXISTS (SELECT 1 FROM education_trackneed WHERE level_id = level.id)) AS need
    WHERE need.count > {HAS})
ON CONFLICT (member_id, level_id) DO NOTHING
"""
FIGURES = """
SELECT left(home.path, %(width)s), found.level_id, found.track_id, count(*) FROM (
    SELECT walker.track_id, NULL::bigint AS level_id, walker.member_id FROM education_trackmember walker WHERE walker.track_id = ANY(%(tracks)s)
    UNION ALL
    SELECT level.track_id, level.id, done.member_id FROM education_leveldone done JOIN education_tracklevel level ON level.id = done.level_id
    WHERE level.track_id = ANY(%(tracks)s)
) AS found JOIN membership_member member ON member.id = found.member_id JOIN branches_unit home ON home.id = member.home_unit_id
WHERE member.status = ANY(%(active)s) AND home.path >= %(path)s AND home.path < %(last)s GROUP BY 1, 2, 3
"""


@contextmanager
def locked(track):
    """The track with this primary key, nobody else changing its levels until the end."""
    with transaction.atomic():
        yield Track.objects.select_for_update().get(pk=track)


def settle(now, members=None):
    """Note the levels that are done by now, of all who are on a track or of the member pks given. Returns how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, {"on": timezone.localdate(now), "members": members})
        return cursor.rowcount


def missing_before(members, level):
    """{member pk: the levels before `level` they have not done, each in words} of `members`: what one should know first. It forbids nothing."""
    before = list(TrackLevel.objects.filter(track=level.track_id, position__lt=level.position))
    done = set(LevelDone.objects.filter(member__in=members, level__in=before).values_list("member", "level")) if before else set()
    said = {one.pk: _("You have not yet done level %(n)s: %(level)s") % {"n": one.position, "level": isolate(str(one))} for one in before}
    return {member.pk: [said[one.pk] for one in before if (member.pk, one.pk) not in done] for member in members}


def level_of(event):
    """The TrackLevel that `event` belongs to by the offer it was made from, or None."""
    return TrackLevel.objects.filter(offers__event=event).select_related("track").first()


def needs_in_words(level):
    """What `level` (with needs) asks for, a sentence each."""
    return [_need(need) for need in level.needs.all()] or [_("one training of this level")]


def _need(need):
    if need.qualification:
        return _("qualification: %(name)s") % {"name": need.qualification}
    if need.kind:
        text = ngettext("%(n)s event attended: %(kind)s", "%(n)s events attended: %(kind)s", need.count)
        return text % {"n": need.count, "kind": need.kind}
    return ngettext("%(n)s training of this level", "%(n)s trainings of this level", need.count) % {"n": need.count}


def progress(member):
    """[{"track", "since", "levels": [{"level", "done_on", "next", "needs"}], "done"}] of the tracks `member` is on. Four queries."""
    walks = list(TrackMember.objects.filter(member=member).select_related("track").order_by("since", "pk"))
    done = dict(LevelDone.objects.filter(member=member).values_list("level", "on"))
    levels = defaultdict(list)
    for level in TrackLevel.objects.filter(track__in=[walk.track_id for walk in walks]).prefetch_related(NEEDS):
        levels[level.track_id].append(level)
    found = []
    for walk in walks:
        rows = [{"level": level, "done_on": done.get(level.pk), "needs": needs_in_words(level), "next": False} for level in levels[walk.track_id]]
        following = next((row for row in rows if not row["done_on"]), None)
        if following:
            following["next"] = True
        found.append({"track": walk.track, "since": walk.since, "levels": rows, "done": sum(1 for row in rows if row["done_on"])})
    return found


def trainings(member, most=50):
    """The events `member` attended, the newest first."""
    attended = Registration.objects.filter(member=member, state=Registration.State.ATTENDED)
    return list(attended.select_related("event__kind", "event__partner").order_by("-event__starts_at", "-pk")[:most])


def figures(tracks, unit, active):
    """{path: {(track pk, level pk or None): members}} for `unit` and the units right below it; None: who is on the track. One query."""
    values = {
        "tracks": [track.pk for track in tracks], "active": list(active), "path": unit.path, "last": unit.path + "~",
        "width": len(unit.path) + unit.steplen,
    }  # fmt: skip
    found: dict = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, values)
        for path, level, track, n in cursor.fetchall():
            found[path][track, level] = n
    return found
