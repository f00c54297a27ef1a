"""One action on many members: who is touched and who is left out and why, done as a whole, and taken back row by row."""

import logging

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import User
from branches.scope import Right
from membership.choosing import choose
from membership.models import BulkRun, Errand, Member, MemberTag

logger = logging.getLogger(__name__)
Kind, State = BulkRun.Kind, BulkRun.State
SOON = 2000  # members up to which an action is done while one waits


def whom(user, kind, address, picks, on, tag=None, to=None):
    """The Choice of those the action would change. Raises ValidationError as choosing.choose does."""
    choice = choose(user, address, picks, on)
    if tag and tag.party_id:
        choice.keep(choice.members.filter(party=tag.party_id), "elsewhere")
    has = MemberTag.objects.filter(tag=tag).values("member")
    if kind == Kind.TAG and tag:
        choice.keep(choice.members.exclude(pk__in=has), "has_it")
    elif kind == Kind.UNTAG and tag:
        choice.keep(choice.members.filter(pk__in=has), "has_not")
    elif kind == Kind.ASSIGN and to:
        choice.keep(choice.members.filter(pk__in=Member.objects.visible_to(to, Right.CARE).values("pk")), "not_theirs")
        choice.keep(choice.members.exclude(pk__in=Errand.objects.open().filter(to=to).values("member")), "has_errand")
    return choice


# Actions that have a page of their own, by what the bar sends as `do`: {name: (url name, more for its address, label and icon of the button)}.
PAGES: dict[str, tuple] = {}


def lead_to(name, url_name, label="", icon="", **more):
    """Have the bar lead to a page of its own, which takes `of`, `pick` and `all` as choosing.picks_of reads them. A room above adds its own in AppConfig.ready."""
    PAGES[name] = (url_name, more, label, icon)


lead_to("letters", "membership:export_add", _("Letters"), "envelope", format="letters")
lead_to("export", "membership:export_add", _("Take out"), "arrow-down-tray")


# Each writes the rows of the action and, beside them, what undo needs.
DO = {
    Kind.TAG: """
        WITH made AS (
            INSERT INTO membership_membertag (member_id, tag_id, source, set_by_id, set_at)
            SELECT chosen.id, %(tag)s, 'officer', %(by)s, %(now)s FROM ({chosen}) AS chosen(id) ON CONFLICT DO NOTHING RETURNING id, member_id
        )
        INSERT INTO membership_bulkrow (run_id, member_id, made) SELECT %(run)s, member_id, id FROM made
    """,
    Kind.UNTAG: """
        WITH gone AS (
            DELETE FROM membership_membertag use WHERE tag_id = %(tag)s AND member_id IN ({chosen}) RETURNING use.member_id, to_jsonb(use) AS before
        )
        INSERT INTO membership_bulkrow (run_id, member_id, before) SELECT %(run)s, member_id, before FROM gone
    """,
    Kind.ASSIGN: """
        WITH made AS (
            INSERT INTO membership_errand (member_id, to_id, by_id, text, due_on, created_at)
            SELECT chosen.id, %(to)s, %(by)s, %(text)s, %(due_on)s, %(now)s FROM ({chosen}) AS chosen(id) RETURNING id, member_id
        )
        INSERT INTO membership_bulkrow (run_id, member_id, made) SELECT %(run)s, member_id, id FROM made
    """,
}
# Rows somebody has worked on since are left alone: an errand that is done, a word somebody took away or noted again.
UNDO = {
    Kind.TAG: "DELETE FROM membership_membertag use USING membership_bulkrow row WHERE row.run_id = %(run)s AND use.id = row.made AND {mine}",
    Kind.UNTAG: """
        INSERT INTO membership_membertag
        SELECT was.* FROM membership_bulkrow row, LATERAL jsonb_populate_record(NULL::membership_membertag, row.before) was
        WHERE row.run_id = %(run)s AND EXISTS (SELECT FROM membership_tag WHERE id = was.tag_id) AND {mine} ON CONFLICT DO NOTHING
    """,
    Kind.ASSIGN: """
        DELETE FROM membership_errand errand USING membership_bulkrow row
        WHERE row.run_id = %(run)s AND errand.id = row.made AND errand.done_at IS NULL AND {mine}
    """,
}


def order(user, key, now, **fields):
    """The BulkRun of this form: a new one to be done, or the one that the same form (`key`) ordered before."""
    run, _created = BulkRun.objects.get_or_create(key=key, by=user, defaults={"created_at": now, **fields})
    return run


@transaction.atomic
def do(run, now):
    """Do what is wanted, with the rights and members of this moment; as a whole or not at all. A second call does nothing."""
    run = BulkRun.objects.select_for_update().get(pk=run.pk)
    if run.state != State.DUE:
        return
    user = User.objects.filter(pk=run.by_id, is_active=True).first()
    members, left_out = Member.objects.none(), {}
    if user:
        try:
            choice = whom(user, run.kind, run.filter, run.picks, timezone.localdate(now), run.tag, run.to)
            members, left_out = choice.members, choice.left_out
        except ValidationError:
            logger.warning("bulk action %s: its list is not what it was", run.pk)
    pks = list(members.order_by().values_list("pk", flat=True).distinct())
    values = {
        "run": run.pk,
        "tag": run.tag_id,
        "to": run.to_id,
        "by": run.by_id,
        "text": run.text,
        "due_on": run.due_on,
        "now": now,
        "pks": pks,
    }
    with connection.cursor() as cursor:
        cursor.execute(DO[run.kind].format(chosen="SELECT unnest(%(pks)s::bigint[])"), values)
        count = cursor.rowcount
    BulkRun.objects.filter(pk=run.pk).update(state=State.DONE, count=count, left_out=left_out, done_at=now)


@transaction.atomic
def undo(run, user):
    """Put back what `run` did, row by row, for the members `user` still cares for. A second call does nothing."""
    run = BulkRun.objects.select_for_update().get(pk=run.pk)
    if run.state != State.DONE:
        return
    cared = Member.objects.editable_by(user).filter(pk__in=run.rows.values("member"))
    values = {"run": run.pk, "pks": list(cared.values_list("pk", flat=True))}
    with connection.cursor() as cursor:
        cursor.execute(UNDO[run.kind].format(mine="row.member_id = ANY(%(pks)s)"), values)
        back = cursor.rowcount
    BulkRun.objects.filter(pk=run.pk).update(state=State.UNDONE, stayed=run.count - back)
