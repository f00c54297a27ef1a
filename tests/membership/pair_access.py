"""Rows of the access table about pairs, merges and mails of the membership system."""

from django.utils import timezone

from membership import duplicates, merging
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


ROWS = [
    row("membership:pair_list", get=LEAD),
    row("membership:pair_detail", pair, get=LEAD, post=LEAD, exists=LEAD),
    row("membership:pair_decide", pair, post=LEAD, exists=LEAD, data={"do": "not_same"}),
    row("membership:member_merge", lambda o: [o.member.pk], get=LEAD, post=LEAD),
    row("membership:question_add", lambda o: [o.member.pk], post=LEAD),
    row("membership:question_close", question, post=LEAD, exists=LEAD),
    row("membership:merge_undo", merge, get=LEAD, post=LEAD, exists=LEAD),
]
