"""Signed links in mails: one step, one person, one purpose, for thirty days. Opening one changes nothing; its page has the button.

A link acts for the person it was sent to, as long as that person may care for the member. Its address holds three numbers
and a signature, nothing about anybody.
"""

import uuid
from datetime import timedelta

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from branches.models import User
from common.links import Found, Link
from onboarding.models import Contact, JourneyStep, Step

DAYS = timedelta(days=30)


LINKS = {name: Link(f"onboarding:{name}", DAYS) for name in ("link_step", "link_escalation")}


def address(name, user, step, on):
    """The full address of the link page `name` (link_step, link_escalation) for `user` and `step`, good until DAYS after the day `on`."""
    return LINKS[name].address(user.pk, step.pk, on=on)


def _found(now, user_pk, step_pk):
    """The step, as long as the person of the link may care for the member."""
    user = get_object_or_404(User, pk=user_pk)
    steps = JourneyStep.objects.editable_by(user).select_related("step", "unit", "closed_by", "escalation_stopped_by", "journey__member")
    step = steps.filter(pk=step_pk).first() if user.is_active else None
    return Found((user, step), user.language, step is not None)


def by_link(view):
    """view(request, user, step, now) for the token of a link."""
    return LINKS[view.__name__].opens(_found, "onboarding/link_closed.html")(view)


@by_link
def link_step(request, user, step, now):
    """Settle a step: done, or for a contact step how the contact went."""
    on, member = timezone.localdate(now), step.journey.member
    asks_contact = step.step.done_by == Step.DoneBy.CONTACT
    if request.method == "POST":
        result = request.POST.get("result", "") if asks_contact else ""
        if asks_contact and result not in (Contact.Result.REACHED, Contact.Result.NOT_REACHED):
            raise Http404
        if step.is_open and asks_contact:
            # The last contact shown makes the key: a second click finds its contact logged.
            key = uuid.uuid5(uuid.NAMESPACE_URL, f"{request.path} {request.POST.get('last', '')}")
            Contact.objects.log(member, user, on, key=key, result=result)
        if step.is_open and result != Contact.Result.NOT_REACHED:
            step.tick(user, on, now)
        return redirect(request.path)
    last = member.contacts.filter(by=user).first()
    context = {"step": step, "member": member, "person": user, "asks_contact": asks_contact, "last": last, "on": on}
    return render(request, "onboarding/link_step.html", context)


@by_link
def link_escalation(request, user, step, now):
    """Stop the escalation of a step, or let it go on."""
    if request.method == "POST":
        if request.POST.get("do") == "resume":
            step.resume_escalation()
        else:
            step.stop_escalation(user, now)
        return redirect(request.path)
    return render(request, "onboarding/link_escalation.html", {"step": step, "member": step.journey.member, "person": user})
