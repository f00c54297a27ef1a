"""The page of one member: how to reach them, where they stand, and one timeline of what happened."""

from datetime import datetime, time

from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import Http404
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from branches.scope import Right
from common import prepared
from membership import fields
from membership.models import Change, Member, Membership, Status
from onboarding import rows
from onboarding.models import Contact, Escalation, Journey, JourneyStep
from onboarding.views import stand

MOST = 100  # entries of the timeline
BY = ("by__given_name", "by__family_name", "by__email")


@login_required
@require_safe
def member_detail(request, pk):
    """Who only sees gets name, unit, age and states: no contact data, no birth date, no contacts (see membership.fields)."""
    member = seen_member(request.user, pk)
    on = timezone.localdate()
    held = fields.rights_on(request.user, member)
    seen, cares = fields.seen(*held), max(held) >= Right.CARE
    memberships = prepared.fetch("periods of a member", periods, [pk])
    for period in memberships:
        period.may_end = not period.home and period.ends_on is None and request.user.right_on(period.unit) >= Right.CARE
    journey = next(iter(prepared.fetch("last journey", lambda pk: Journey.objects.filter(member=pk).order_by("-started_on", "-pk")[:1], [pk])), None)
    context = {
        "member": member,
        "on": on,
        "seen": seen,
        "cares": cares,
        "corrects": bool(fields.changed_by(*held)),
        "memberships": memberships,
        "adds_section": any(a.right >= Right.CARE and (a.below or a.unit.kind.is_section) for a in request.user.appointments_now),
        "sub": sub(member, on),
        "kinds": Contact.Kind.choices,
    }
    entries = changes(member, seen)
    if journey:
        steps = prepared.fetch("checklist", lambda pk: JourneyStep.objects.filter(journey=pk).for_checklist(), [journey.pk])
        context |= stand(journey, steps, member.home_unit, on)
        context["checks"] = [rows.check(step, on, cares) for step in steps]
        entries += [*beginnings(journey), *closings(steps), *escalations(journey, steps)]
    if cares:
        entries += contacts(member)
    entries.sort(key=lambda entry: entry["at"], reverse=True)
    context["entries"] = entries[:MOST]
    return render(request, "cockpit/member_detail.html", context)


def seen_member(user, pk):
    """The member with the home unit, as far as `user` may see them. Raises Http404."""
    found = prepared.fetch(
        ("member", user.reach), lambda pk: Member.objects.visible_to(user).filter(pk=pk).select_related("home_unit"), [pk]
    )
    if not found:
        raise Http404
    return found[0]


def periods(pk):
    """All periods of a member, the last one first."""
    found = Membership.objects.filter(member=pk).select_related("unit").order_by("-starts_on", "-pk")
    return found.only("member", "home", "kind", "starts_on", "ends_on", "end_reason", "unit__name", "unit__path")


def sub(member, on):
    """Where, how old, since when: "Pieschen · 24 years · member since 3.10.2026"."""
    age = member.age(on)
    joined = formats.date_format(member.joined_on, "SHORT_DATE_FORMAT")
    parts = [
        str(member.home_unit),
        ngettext("%(age)s year", "%(age)s years", age) % {"age": age} if age is not None else "",
        _("member since about %(day)s") % {"day": joined} if member.joined_estimated else _("member since %(day)s") % {"day": joined},
        member.get_status_display() if member.status != Status.FULL else "",
    ]
    return " · ".join(filter(None, parts))


# The timeline: entries for partials/_timeline.html with the moment `at` they are ordered by.


def entry(at, text, by=None, note=""):
    at = at if isinstance(at, datetime) else timezone.make_aware(datetime.combine(at, time(12)))
    return {"at": at, "on": timezone.localtime(at).date(), "text": text, "by": by, "note": note}


def contacts(member):
    def last(pk):
        found = Contact.objects.filter(member=pk).select_related("by").only("member", "on", "kind", "result", "note", *BY)
        return found[:MOST]

    found = prepared.fetch("contacts of a member", last, [member.pk])
    return [entry(contact.on, rows.contact_text(contact), contact.by, contact.note) for contact in found]


def beginnings(journey):
    yield entry(journey.started_on, _("Arriving began: %(reason)s") % {"reason": journey.get_reason_display()})
    if journey.ended_on:
        yield entry(journey.ended_on, _("Arriving: %(state)s") % {"state": journey.get_state_display()})


def closings(steps):
    for step in steps:
        if step.closed_at:
            done = step.state == JourneyStep.State.DONE
            text = f"{step.step}: {step.get_state_display()}"
            yield entry(step.done_on if done else step.closed_at, text, step.closed_by, step.reason)


def escalations(journey, steps):
    def told(pk):
        return Escalation.objects.filter(journey_step__journey=pk, office__isnull=False).select_related("office")

    names = {step.pk: step.step for step in steps}
    for escalation in prepared.fetch("escalations of a journey", told, [journey.pk]):
        step = names[escalation.journey_step_id]
        yield entry(escalation.told_at, _("Reminder to %(office)s: %(step)s") % {"office": escalation.office, "step": step})


CHANGES = {
    Change.Kind.JOINED: gettext_lazy("Joined"),
    Change.Kind.RETURNED: gettext_lazy("Returned"),
    Change.Kind.MOVED: gettext_lazy("Moved"),
    Change.Kind.CHANGED: gettext_lazy("Data changed"),
    Change.Kind.GONE: gettext_lazy("Left"),
    Change.Kind.NUMBER: gettext_lazy("Number changed"),
    Change.Kind.STATUS: gettext_lazy("Status changed"),
    Change.Kind.SECTION_IN: gettext_lazy("Came to a section"),
    Change.Kind.SECTION_OUT: gettext_lazy("Left a section"),
    Change.Kind.REORGANISED: gettext_lazy("Unit reorganised"),
    Change.Kind.MERGED: gettext_lazy("Merged with another record"),
    Change.Kind.UNMERGED: gettext_lazy("Merge undone"),
}


def changes(member, seen):
    """What lists and people changed; of the fields, those in `seen`, from what to what."""
    def last(pk):
        found = Change.objects.filter(member=pk).select_related("by").only("member", "kind", "at", "before", "after", *BY)
        return found.annotate(list_date=F("list_import__list_date")).order_by("-at")[:MOST]

    entries = []
    for change in prepared.fetch("changes of a member", last, [member.pk]):
        text = str(CHANGES[change.kind])
        if change.list_date:
            day = formats.date_format(change.list_date, "SHORT_DATE_FORMAT")
            text = _("%(what)s, by the list of %(day)s") % {"what": text, "day": day}
        entries.append(entry(change.at, text, change.by, " · ".join(difference(change, seen - {"home_unit", "status"}))))
    return entries


def difference(change, seen):
    """ "Phone: 123 → 456" for each field in `seen` that changed."""
    for name, after in change.after.items():
        before = change.before.get(name)
        if name in seen and (before or after):
            yield f"{Member._meta.get_field(name).verbose_name}: {before or '–'} → {after or '–'}"
