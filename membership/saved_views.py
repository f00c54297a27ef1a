"""How one looks at the member list: its columns, and views kept under a name."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right, to_change
from common.toasts import say
from membership import listing
from membership.choosing import address_of
from membership.models import SavedView

MOST = 8  # views beside the presets; all of them stand on their own page


def as_presets(request):
    """The first views of the person, for partials/_presets.html; they come with the counts, so the list does not wait for them."""
    address = address_of(request.GET)
    base = reverse("membership:member_list")
    views = SavedView.objects.visible_to(request.user)[:MOST]
    return [{"label": view.name, "url": f"{base}?{view.address}", "current": view.address == address, "count": None} for view in views]


@login_required
@require_safe
def column_choice(request):
    """Which columns the list shows, in which order: every choice is a link, the last one back to the list."""
    offered = listing.offered_columns(request.user)
    names = list(listing.columns_of(request.user, request.GET.get("cols", "")))
    rows = []
    for place, name in enumerate(names):
        rows.append(
            {
                "label": offered[name],
                "without": _with(request, names[:place] + names[place + 1 :]) if len(names) > 1 else "",
                "up": _with(request, _moved(names, place, place - 1)) if place else "",
                "down": _with(request, _moved(names, place, place + 1)) if place + 1 < len(names) else "",
            }
        )
    others = [{"label": label, "url": _with(request, [*names, name])} for name, label in offered.items() if name not in names]
    context = {"rows": rows, "others": others, "list_url": f"{reverse('membership:member_list')}{_with(request, names)}"}
    return render(request, "membership/column_choice.html", context)


def _moved(names, place, to):
    names = list(names)
    names.insert(to, names.pop(place))
    return names


def _with(request, names):
    params = request.GET.copy()
    params["cols"] = ",".join(names)
    return f"?{address_of(params)}"


class ViewForm(forms.ModelForm):
    """A name for the list as it is now; with a unit, for everybody with an office in it."""

    class Meta:
        model = SavedView
        fields = ["name", "unit"]

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units
        self.fields["unit"].empty_label = gettext_lazy("only for me")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def view_list(request):
    """The views one has, and keeping the list one comes from (the address) under a name."""
    address = address_of(request.GET)
    units = Unit.objects.visible_to(request.user, Right.LEAD)
    view = SavedView(by=request.user, address=address)
    form = ViewForm(request.POST if request.method == "POST" else None, instance=view, units=units)
    if not request.user.appointments_now:
        raise PermissionDenied
    if form.is_valid():
        try:
            with transaction.atomic():
                form.save()
        except IntegrityError:
            form.add_error("name", _("You have a view of this name."))
        else:
            say(request, _("Kept: %(name)s.") % {"name": view.name})
            return redirect("membership:view_list")
    own = set(SavedView.objects.editable_by(request.user).values_list("pk", flat=True))
    rows = SavedView.objects.visible_to(request.user).select_related("unit", "by")
    context = {"form": form, "rows": rows, "own": own, "address": address}
    return render(request, "membership/view_list.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def view_delete(request, pk):
    """Drop a view: one's own, or one of a unit one leads."""
    view = to_change(request.user, SavedView.objects, pk=pk)
    view.delete()
    say(request, _("Dropped: %(name)s.") % {"name": view.name})
    return redirect("membership:view_list")
