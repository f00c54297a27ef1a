"""Rows of the access table about pairs, merges and mails of the membership system."""

from django.utils import timezone

from membership import duplicates, merging, notices
from membership.models import NoticePattern
from tests import factories as make
from tests.access import LEAD, row


def twin(o):
    return make.member("Zwil Ling", o.member.home_unit, o.member.joined_on)


def pair(o):
    return [duplicates.pair(o.member, twin(o), timezone.now()).pk]


def question(o):
    return [o.member.questions.create(by=o.world.cast.admin, at=timezone.now()).pk]


def merge(o):
    return [merging.merge(o.member.pk, twin(o).pk, o.world.cast.admin, timezone.now()).pk]


def notice(o):
    text = f"Austritt\nMitgliedsnummer: {o.member.number}\nAustritt zum: 01.11.2026"
    return [notices.take_in(o.member.home_unit, text.encode(), None, as_mail=False)[0].pk]


def pattern(o):
    return [NoticePattern.objects.create(unit=o.member.home_unit, name="Own", kind="left", contains="x").pk]


ROWS = [
    row("membership:pair_list", get=LEAD),
    row("membership:pair_detail", pair, get=LEAD, post=LEAD, exists=LEAD),
    row("membership:pair_decide", pair, post=LEAD, exists=LEAD, data={"do": "not_same"}),
    row("membership:member_merge", lambda o: [o.member.pk], get=LEAD, post=LEAD),
    row("membership:question_add", lambda o: [o.member.pk], post=LEAD),
    row("membership:question_close", question, post=LEAD, exists=LEAD),
    row("membership:merge_undo", merge, get=LEAD, post=LEAD, exists=LEAD),
    row("membership:notice_list", get=LEAD),
    row("membership:notice_add", get=LEAD, post=LEAD),
    row("membership:notice_detail", notice, get=LEAD, post=LEAD, exists=LEAD),
    row("membership:notice_drop", notice, post=LEAD, exists=LEAD),
    row("membership:pattern_list", get=LEAD),
    row("membership:pattern_add", get=LEAD, post=LEAD, query={"like": "1"}),
    row("membership:pattern_edit", pattern, get=LEAD, post=LEAD, exists=LEAD),
    row("membership:pattern_delete", pattern, post=LEAD, exists=LEAD),
]
