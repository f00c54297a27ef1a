"""What the pages of an election share: whose election, which of its units, a form on a page of its own."""

from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from branches.models import Unit
from branches.scope import Right, with_right
from planning.models import Election

FORM = ["GET", "HEAD", "POST"]


def visible_election(request, pk):
    return get_object_or_404(Election.objects.visible_to(request.user).select_related("unit__kind"), pk=pk)


def own_election(request, pk):
    """An election one runs: 404, 403."""
    return with_right(request.user, Election.objects.select_related("unit__kind"), Right.CARE, pk=pk)


def shown_unit(request, election):
    """The unit of the election the address narrows the page to, else None."""
    slug = request.GET.get("unit", "").replace("\0", "")
    return get_object_or_404(Unit.objects.visible_to(request.user).filter(elections_shared=election).select_related("kind"), slug=slug) if slug else None


def at_election(election):
    return election.get_absolute_url(), election.title


def form_page(request, form, title, sub, back, submit=None, **context):
    """A form on a page of its own. back: (address, label)."""
    context |= {"form": form, "title": title, "sub": sub, "back": back[0], "back_label": back[1], "submit": submit or _("Save")}
    return render(request, "planning/election_form.html", context, status=422 if form.errors else 200)
