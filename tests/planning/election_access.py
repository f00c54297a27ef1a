"""Rows of election plans as the office sees them."""

from datetime import timedelta

from django.utils import timezone

from branches.models import User
from planning import election_templates, posting
from planning.models import Filling, Post, Shift, TemplateMilestone, TemplatePost, Volunteer
from tests.access import CARE, LEAD, SEE, SIGNED_IN, row
from tests.education.event_access import in_the_party
from tests.planning import elections

NOW = timezone.now()


def election(o, **fields):
    row = elections.election(o.unit, o.contact.by, day=timezone.localdate() + timedelta(days=60), **fields)
    Volunteer.objects.create(election=row, member=o.member, unit=o.member.home_unit, state="yes", asked_at=NOW)
    return row


def own(o):
    return [election(o).pk]


def milestone(o):
    return [elections.milestone(election(o)).pk]


def post(o):
    row = elections.post(election(o))
    shift = Shift.objects.create(post=row, starts_at=NOW + timedelta(days=60), ends_at=NOW + timedelta(days=60, hours=2), needed=2)
    posting.assign(shift, Volunteer.objects.get(election=row.election), NOW)
    return [row.pk]


def covered(o):
    return [Post.objects.get(pk=post(o)[0]).election_id]


def shift(o):
    return [Shift.objects.get(post=post(o)[0]).pk]


def duty(o):
    return [Shift.objects.get(pk=shift(o)[0]).duties.get().pk]


def template(o):
    return [election_templates.install(o.unit).pk]


def template_line(model):
    def made(o):
        pk = template(o)[0]
        return [pk, model.objects.filter(template=pk).first().pk]

    return made


def proposal(o):
    """One that the person who asks ordered themselves; whoever they are, the election must be one they see."""
    by = o.viewer or User.objects.first()
    row = Filling.objects.create(election_id=covered(o)[0], unit=o.unit, by=by, asked_at=NOW, done_at=NOW)
    volunteer = Volunteer.objects.get(election=row.election_id)
    Filling.objects.filter(pk=row.pk).update(lines=[[volunteer.pk, Shift.objects.get(post__election=row.election_id).pk, NOW.isoformat(), NOW.isoformat()]])
    return [row.pk]


def unit(o):
    return [o.unit.slug]


ROWS = [
    row("planning:election_list", get=SIGNED_IN),
    row("planning:election_add", unit, get=CARE, post=CARE),
    row("planning:election_detail", own, get=SEE),
    row("planning:election_edit", own, get=CARE, post=CARE),
    row("planning:election_turn", own, post=CARE, data={"do": "done"}),
    row("planning:election_milestone_add", own, get=CARE, post=CARE),
    row("planning:election_milestone_edit", milestone, get=CARE, post=CARE),
    row("planning:election_milestone_turn", milestone, post=CARE),
    row("planning:election_template_list", unit, get=SEE),
    row("planning:election_template_copy", unit, post=LEAD),
    row("planning:election_cover", covered, get=SEE),
    row("planning:post_add", own, get=CARE, post=CARE),
    row("planning:post_detail", post, get=SEE),
    row("planning:post_edit", post, get=CARE, post=CARE),
    row("planning:post_copy", post, get=CARE, post=CARE),
    row("planning:shift_add", post, get=CARE, post=CARE),
    row("planning:shift_fill", shift, get=CARE, post=CARE, data={"volunteer": "1"}, fine=(404,)),
    row("planning:shift_edit", shift, get=CARE, post=CARE),
    row("planning:duty_remove", duty, post=CARE),
    row("planning:volunteer_list", covered, get=SEE),
    row("planning:filling_add", own, get=CARE, post=CARE),
    row("planning:filling_detail", proposal, get=SEE),
    row("planning:filling_take", proposal, post=SEE),
    row("planning:election_template", template, get=SEE, but=in_the_party(0)),
    row("planning:election_template_edit", template, get=LEAD, post=LEAD, but=in_the_party(LEAD)),
    row("planning:template_milestone_add", template, get=LEAD, post=LEAD, but=in_the_party(LEAD)),
    row("planning:template_milestone_edit", template_line(TemplateMilestone), get=LEAD, post=LEAD, but=in_the_party(LEAD)),
    row("planning:template_post_add", template, get=LEAD, post=LEAD, but=in_the_party(LEAD)),
    row("planning:template_post_edit", template_line(TemplatePost), get=LEAD, post=LEAD, but=in_the_party(LEAD)),
]
