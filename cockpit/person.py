"""The page of one member: how to reach them, where they stand, and one timeline of what happened."""

from datetime import datetime, time

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from membership.models import Change, Member, Status
from onboarding import rows, standards
from onboarding.models import Contact, Escalation, JourneyStep
from onboarding.views import stand

MOST = 100  # entries of the timeline


@login_required
@require_safe
def member_detail(request, pk):
    """Who only sees gets name, unit, age and states: no contact data, no birth date, no notes of contacts."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("home_unit"), pk=pk)
    on = timezone.localdate()
    cares = Member.objects.editable_by(request.user).filter(pk=pk).exists()
    memberships = list(member.memberships.select_related("unit").order_by("-starts_on", "-pk"))
    journey = member.journeys.select_related("unit").order_by("-started_on", "-pk").first()
    context = {"member": member, "on": on, "cares": cares, "memberships": memberships, "sub": sub(member, on)}
    steps = []
    if journey:
        related = ("step", "duty_office", "duty_unit", "closed_by")
        steps = list(journey.steps.select_related(*related))
        context |= stand(journey, steps, on, standards.amber_days([journey.unit])[journey.unit_id])
        context["checks"] = [rows.check(step, on, cares) for step in steps]
    contacts = list(Contact.objects.visible_to(request.user).filter(member=member).select_related("by")[:MOST])
    context["entries"] = timeline(member, cares, journey, steps, contacts, on)
    if cares:
        context |= {"contacts": contacts[:3], "kinds": Contact.Kind.choices, "edit_url": address("membership:member_edit", pk)}
    return render(request, "cockpit/member_detail.html", context)


def address(name, *args):
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def sub(member, on):
    """ "Pieschen · 24 years · member since 3.10.2026" """
    age = member.age(on)
    joined = formats.date_format(member.joined_on, "SHORT_DATE_FORMAT")
    parts = [
        str(member.home_unit),
        ngettext("%(age)s year", "%(age)s years", age) % {"age": age} if age is not None else "",
        _("member since about %(day)s") % {"day": joined} if member.joined_estimated else _("member since %(day)s") % {"day": joined},
    ]
    if member.status != Status.FULL:
        parts.append(member.get_status_display())
    return " · ".join(filter(None, parts))


def timeline(member, cares, journey, steps, contacts, on):
    """Entries for partials/_timeline.html, newest first: periods, list changes, steps, contacts, escalations."""
    found = [*changes(member, cares)]
    if journey:
        found += beginnings(journey)
        found += [closing(step) for step in steps if step.closed_at]
        told = Escalation.objects.filter(journey_step__in=steps, office__isnull=False).select_related("office", "journey_step__step")
        found += [
            (escalation.told_at, {"text": _("Reminder to %(office)s: %(step)s") % {"office": escalation.office, "step": escalation.journey_step}})
            for escalation in told
        ]
    found += [
        (noon(contact.on), {"text": rows.contact_text(contact), "by": contact.by, "note": contact.note})
        for contact in contacts
    ]
    found.sort(key=lambda entry: entry[0], reverse=True)
    return [{"on": timezone.localtime(at).date(), **entry} for at, entry in found[:MOST]]


def noon(day):
    return timezone.make_aware(datetime.combine(day, time(12)))


def beginnings(journey):
    yield noon(journey.started_on), {"text": _("Arriving began: %(reason)s") % {"reason": journey.get_reason_display()}}
    if journey.ended_on:
        yield noon(journey.ended_on), {"text": _("Arriving: %(state)s") % {"state": journey.get_state_display()}}


def closing(step):
    entry = {"text": f"{step.step}: {step.get_state_display()}", "by": step.closed_by, "note": step.reason}
    return (noon(step.done_on) if step.state == JourneyStep.State.DONE else step.closed_at), entry


CHANGES = {
    Change.Kind.JOINED: gettext_lazy("Joined"),
    Change.Kind.RETURNED: gettext_lazy("Returned"),
    Change.Kind.MOVED: gettext_lazy("Moved"),
    Change.Kind.CHANGED: gettext_lazy("Data changed"),
    Change.Kind.GONE: gettext_lazy("Left"),
    Change.Kind.NUMBER: gettext_lazy("Number changed"),
}


def changes(member, cares):
    """What lists and people changed; which fields, and from what to what, only for those who care for the member."""
    for change in member.changes.select_related("by", "list_import").order_by("-at")[:MOST]:
        entry = {"text": str(CHANGES[change.kind]), "by": change.by}
        if change.list_import:
            day = formats.date_format(change.list_import.list_date, "SHORT_DATE_FORMAT")
            entry["text"] = _("%(what)s, by the list of %(day)s") % {"what": CHANGES[change.kind], "day": day}
        if cares:
            entry["note"] = " · ".join(difference(change))
        yield change.at, entry


def difference(change):
    """ "Phone: 123 → 456" for each field of the member that changed and is told in words."""
    for name, after in change.after.items():
        before = change.before.get(name)
        if name in TOLD and (before or after):
            label = str(Member._meta.get_field(name).verbose_name)
            yield f"{label}: {before or '–'} → {after or '–'}"


TOLD = {
    "number", "given_name", "family_name", "title", "birth_date", "joined_on", "left_on", "email", "phone", "mobile", "street",
    "postcode", "city", "country", "language",
}  # fmt: skip
