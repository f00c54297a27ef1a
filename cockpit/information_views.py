"""Information about everything that is kept about a member (Art. 15 GDPR), for those who lead their unit to hand over."""

import json

from django.contrib.auth.decorators import login_required
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from branches.scope import Right, with_right
from cockpit import information
from common.files import PDF, download
from membership import own_data, reading
from membership.models import Member, Reading


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def member_information(request, pk):
    """What it is (GET); the file (POST format=pdf or json), written at this moment, with the rights of this moment, and noted as read."""
    member = with_right(request.user, Member.objects.select_related("home_unit", "user"), Right.LEAD, "home_unit", pk=pk)
    language = own_data.language_of(member)
    if request.method != "POST":
        context = {"member": member, "language": language}
        return render(request, "cockpit/member_information.html", context)
    shape, now = request.POST.get("format"), timezone.now()
    if shape not in ("pdf", "json"):
        raise Http404
    on = timezone.localdate(now)
    reading.note(request.user, member, Reading.What.INFORMATION, now)
    with translation.override(language):
        sections = information.everything(member, on)
        if shape == "json":
            content, kind = json.dumps(information.as_json(sections), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1), "application/json"
        else:
            content, kind = information.as_pdf(member, sections, on, language), PDF
    return download(f"information-{member.pk}-{on}.{shape}", content, kind)
