"""The log of reading, for administrators; members get theirs with the information about all data."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from branches import appointing
from common.keyset import page_of
from membership.models import Member, Reading

NAMED = 3  # people named of an export; the rest is counted


@login_required
@require_safe
def reading_list(request):
    """Who read whose record, when, and through which office, the newest first; of one member with `member`."""
    if not appointing.is_administrator(request.user):
        raise PermissionDenied
    found, member = Reading.objects.visible_to(request.user), None
    if request.GET.get("member", "").isdecimal():
        member = get_object_or_404(Member.objects.visible_to(request.user), pk=request.GET["member"])
        found = found.of(member)
    page = page_of(found.select_related("by", "office", "unit"), ("-id", "-pk"), request.GET)
    shown = {pk for row in page.rows for pk in row.members[:NAMED]}
    names = {one.pk: one for one in Member.objects.visible_to(request.user).filter(pk__in=shown)}
    for row in page.rows:
        row.people = [names[pk] for pk in row.members[:NAMED] if pk in names]
        row.more = len(row.members) - len(row.people)
    return render(request, "membership/reading_list.html", {"page": page, "member": member})
