"""Asking members to help in an election, and noting what they say when somebody calls them."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from branches.models import Unit
from branches.scope import Right
from common.toasts import say
from membership.models import Tag
from outbox.tasks import wake
from planning import volunteer_asking
from planning.models import Election

SHOWN = 12  # names on the preview
CALLED = 30  # members to call on one page


class AskForm(forms.Form):
    """Who is asked: unit, a word they have, whether they helped before; and a word to them."""

    unit = forms.ModelChoiceField(Unit.objects.none(), required=False, label=gettext_lazy("Unit"), empty_label=gettext_lazy("all that take part"))
    tag = forms.ModelChoiceField(Tag.objects.none(), required=False, label=gettext_lazy("Interest, skill or time"), empty_label=gettext_lazy("any"))
    helped = forms.BooleanField(required=False, label=gettext_lazy("only those who were there in an earlier election"))
    note = forms.CharField(
        required=False, max_length=500, label=gettext_lazy("A word of your own"), widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text=gettext_lazy("Stands in the mail, as you write it."),
    )  # fmt: skip

    def __init__(self, data, election, user):
        super().__init__(data)
        self.fields["unit"].queryset = Unit.objects.visible_to(user, Right.CARE).filter(elections_shared=election).select_related("kind")
        self.fields["tag"].queryset = Tag.objects.filter(party__path=election.unit.root_path, retired_on=None)

    @property
    def chosen(self):
        return {name: self.cleaned_data.get(name) for name in ("unit", "tag", "helped")} if self.is_valid() else {}


def cared_election(request, pk):
    """An election in which `request.user` may ask members: 404, 403."""
    election = get_object_or_404(Election.objects.visible_to(request.user).select_related("unit__kind"), pk=pk)
    if not Unit.objects.visible_to(request.user, Right.CARE).filter(elections_shared=election).exists():
        raise PermissionDenied
    return election


def is_over(election):
    return election.state == Election.State.DONE or election.day < timezone.localdate()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def volunteer_ask(request, pk):
    """Whom the question reaches and who is left out and why; the POST sends it. Whoever has no mail stands there to be called."""
    election = cared_election(request, pk)
    form = AskForm(request.POST if request.method == "POST" else request.GET, election, request.user)
    members = volunteer_asking.members_of(election, request.user, **form.chosen)
    found = volunteer_asking.with_reasons(members, election)
    if request.method == "POST" and form.is_valid() and not is_over(election):
        asked = volunteer_asking.ask(election, found, request.user, form.cleaned_data["note"], timezone.now())
        wake()
        say(request, ngettext("%(n)s member is asked.", "%(n)s members are asked.", asked) % {"n": asked})
        return redirect(_back(election, request.POST))
    number, left_out = volunteer_asking.counts(found)
    order = ("sort_key", "pk")
    context = {
        "election": election, "form": form, "number": min(number, volunteer_asking.MOST), "left_out": left_out, "over": is_over(election),
        "first": found.filter(why="").order_by(*order)[:SHOWN], "call": found.filter(why__in=volunteer_asking.CALL).select_related("home_unit").order_by(*order)[:CALLED],
    }  # fmt: skip
    return render(request, "planning/volunteer_ask.html", context, status=422 if form.errors and request.method == "POST" else 200)


def _back(election, data):
    chosen = {name: data[name] for name in ("unit", "tag", "helped") if data.get(name)}
    return reverse("planning:volunteer_ask", args=[election.pk]) + (f"?{urlencode(chosen)}" if chosen else "")


@login_required
@require_POST
def volunteer_note(request, pk):
    """What a member said on the phone: member, answer=yes or no."""
    election = cared_election(request, pk)
    number, answer = request.POST.get("member", ""), request.POST.get("answer")
    members = volunteer_asking.members_of(election, request.user)
    member = get_object_or_404(members.select_related("home_unit"), pk=int(number) if number.isdecimal() and len(number) < 18 else 0)
    if answer not in ("yes", "no"):
        raise Http404
    if not is_over(election):
        volunteer_asking.note_answer(election, member, answer == "yes", request.user, timezone.now())
        say(request, (_("%(name)s helps.") if answer == "yes" else _("%(name)s does not help.")) % {"name": member.name})
    return redirect(_back(election, request.POST))
