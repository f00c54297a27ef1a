"""The verbs on a member: left, deceased, returned, full member, guest, supporter; and taking one back that was a mistake."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from branches.models import Unit
from branches.scope import Right, if_seen, with_right
from common.toasts import say
from membership import status
from membership.forms import day_input
from membership.models import ACTIVE, GONE, Change, Member, Status
from onboarding import standing
from onboarding.models import Exit

VERBS = {
    Status.FULL: gettext_lazy("becomes a full member"),
    Status.GUEST: gettext_lazy("becomes a guest"),
    Status.SUPPORTER: gettext_lazy("becomes a supporter"),
    Status.DECEASED: gettext_lazy("has died"),
}
RETURNS = {
    Status.FULL: gettext_lazy("returns as a full member"),
    Status.GUEST: gettext_lazy("returns as a guest"),
    Status.SUPPORTER: gettext_lazy("returns as a supporter"),
}


class StatusForm(forms.Form):
    to = forms.ChoiceField(label=gettext_lazy("What happens"), widget=forms.RadioSelect)
    on = forms.DateField(label=gettext_lazy("On which day"), widget=day_input(), help_text=gettext_lazy("Who leaves: the first day without."))
    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=gettext_lazy("In which unit"), to_field_name="slug", required=False,
        help_text=gettext_lazy("A supporter may belong to one section alone."),
    )  # fmt: skip
    note = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)

    def __init__(self, *args, verbs, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(value, label) for value, label in verbs.items()]
        self.fields["unit"].queryset = units
        self.fields["unit"].empty_label = gettext_lazy("where they are now")


def verbs_for(member):
    """{status: words} of what can happen to `member` by hand; applicants go through their application."""
    if member.status in GONE:
        return RETURNS
    return {to: words for to, words in VERBS.items() if to != member.status} if member.status in ACTIVE else {}


def _led(request, pk):
    """The member whose home `request.user` leads: a status is the business of the home, not of a section."""
    return with_right(request.user, Member.objects.select_related("home_unit__kind"), Right.LEAD, "home_unit", pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_status(request, pk):
    member = _led(request, pk)
    verbs = verbs_for(member)
    if not verbs:
        application = member.applications.order_by("-pk").first()
        return redirect(application or member)
    units = Unit.objects.visible_to(request.user, Right.LEAD).open(timezone.localdate()).select_related("kind")
    units = units.filter(kind__leads_members=True) | units.filter(kind__is_section=True)
    wanted = request.GET.get("to")
    initial = {"on": timezone.localdate(), "to": wanted if wanted in verbs else None}
    form = StatusForm(request.POST or None, verbs=verbs, units=units.nearby(member.home_unit), initial=initial)
    if form.is_valid():
        now = timezone.now()
        try:
            with transaction.atomic():
                change = _apply(member, form.cleaned_data, request.user, now)
                standing.arrive(pk, timezone.localdate(now), now)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            say(request, _("Noted for %(name)s.") % {"name": member.name}, reverse("onboarding:status_undo", args=[change.pk]))
            return redirect(if_seen(request.user, member, "membership:member_list"))
    context = {"form": form, "member": member, "last": status.last_verb(member), "leaves": member.status in ACTIVE}
    return render(request, "onboarding/member_status.html", context, status=422 if form.errors else 200)


def _apply(member, data, by, now):
    if data["to"] == Status.DECEASED:
        member.exits.planned().update(state=Exit.State.TAKEN_BACK)
        return status.leave(member.pk, data["on"], by, now, data["note"], deceased=True)
    return status.become(member.pk, data["to"], data["on"], by, now, data["unit"], data["note"])


@login_required
@require_POST
def status_undo(request, pk):
    """Take a change of status back, as long as nothing else has happened to the member since."""
    change = get_object_or_404(Change.objects.filter(member__in=Member.objects.visible_to(request.user)), pk=pk)
    member = _led(request, change.member_id)
    now = timezone.now()
    if standing.take_back(change, request.user, timezone.localdate(now), now):
        say(request, _("Taken back. %(name)s is as before.") % {"name": member.name})
    else:
        say(request, _("Something else has happened since; please correct it by hand."))
    return redirect(member)
