"""Mails of the membership system: handing them in, what each proposes, taking it over, and the patterns they are read by."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import if_seen
from common.context import place_of
from common.keyset import page_of
from common.toasts import say
from membership import notices, reading
from membership.models import Notice, NoticePattern, Reading
from membership.models.notices import Kind
from membership.notice_forms import NoticeForm, PatternForm, led_units
from membership.views import start_journeys

TONES = {Kind.JOINED: "ok", Kind.LEFT: "amber", Kind.MOVED: "calm", Kind.CHANGED: "calm", "": "late"}


def _check(request):
    if not led_units(request.user).exists():
        raise PermissionDenied


@login_required
@require_safe
def notice_list(request):
    """Mails to decide, the newest first; `show=all` has those decided too."""
    _check(request)
    found = Notice.objects.visible_to(request.user).select_related("unit", "by").defer("text")
    everything = request.GET.get("show") == "all"
    page = page_of(found if everything else found.open(), ("-created_at", "-pk"), request.GET)
    rows = [
        {
            "notice": notice,
            "kind": notice.get_kind_display() if notice.kind else _("please read"),
            "tone": TONES[notice.kind],
            "who": " ".join(filter(None, (notice.values.get(name) for name in ("full_name", "given_name", "family_name")))) or notice.values.get("number"),
        }
        for notice in page.rows
    ]
    return render(request, "membership/notice_list.html", {"rows": rows, "page": page, "everything": everything})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notice_add(request):
    """Hand in a mail. The same mail twice is one."""
    _check(request)
    form = NoticeForm(request.POST or None, request.FILES or None, user=request.user, place=place_of(request))
    if request.method == "POST" and form.is_valid():
        try:
            notice, new = notices.take_in(form.cleaned_data["unit"], *_args(form, request))
        except ValidationError as error:
            form.add_error("file" if form.cleaned_data.get("file") else "text", error)
        else:
            if not new:
                say(request, _("This mail was handed in before."))
            return redirect("membership:notice_detail", notice.pk)
    return render(request, "membership/notice_add.html", {"form": form}, status=422 if form.errors else 200)


def _args(form, request):
    content, as_mail = form.content
    return content, request.user, as_mail


def _notice(request, pk):
    return get_object_or_404(Notice.objects.visible_to(request.user).select_related("unit", "member", "decided_by"), pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notice_detail(request, pk):
    """What a mail proposes, old beside new; POST takes it over."""
    notice = _notice(request, pk)
    now, refused = timezone.now(), []
    if request.method == "POST":
        try:
            member = notices.confirm(pk, request.user, now, request.POST.get("shown", ""))
        except ValidationError as error:
            refused = error.messages
            notice = _notice(request, pk)
        else:
            start_journeys()
            say(request, _("Taken over."))
            return redirect(if_seen(request.user, member, "membership:notice_list"))
    context = {"notice": notice, "refused": refused, "kind": notice.get_kind_display(), "member": if_seen(request.user, notice.member)}
    if notice.state == Notice.State.OPEN:
        proposal = notices.propose(notice, timezone.localdate())
        if proposal.member:
            reading.note(request.user, proposal.member, Reading.What.PAGE, now)
        context |= {"proposal": proposal, "changes": notices.shown(proposal), "kind": Kind(proposal.kind).label if proposal.kind else ""}
    return render(request, "membership/notice_detail.html", context, status=409 if refused else 200)


@login_required
@require_POST
def notice_drop(request, pk):
    """Set a mail aside: read, nothing to take over."""
    notice = _notice(request, pk)
    try:
        notice.settle(Notice.State.DROPPED, request.user, timezone.now())
    except ValidationError as error:
        say(request, error.message)
    else:
        say(request, _("Set aside."))
    return redirect("membership:notice_list")


@login_required
@require_safe
def pattern_list(request):
    """Own patterns, and the built-in ones to begin with."""
    _check(request)
    own = NoticePattern.objects.visible_to(request.user).select_related("unit")
    built_in = [
        {"place": place, "name": row[0], "kind": Kind(row[1]).label, "contains": row[2]} for place, row in enumerate(notices.BUILT_IN)
    ]
    return render(request, "membership/pattern_list.html", {"own": own, "built_in": built_in})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pattern_add(request):
    """A pattern of one's own; `like` begins with a built-in one."""
    _check(request)
    pattern, place = NoticePattern(), place_of(request)
    like = request.GET.get("like", "")
    if like:
        if not (like.isascii() and like.isdigit() and int(like) < len(notices.BUILT_IN)):
            raise Http404
        pattern.name, pattern.kind, pattern.contains, pattern.labels, pattern.example = notices.BUILT_IN[int(like)]
    form = PatternForm(request.POST or None, instance=pattern, user=request.user, initial={"unit": place and place.unit.slug})
    return _form(request, form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pattern_edit(request, pk):
    pattern = get_object_or_404(NoticePattern.objects.visible_to(request.user).select_related("unit"), pk=pk)
    return _form(
        request, PatternForm(request.POST or None, instance=pattern, user=request.user, initial={"unit": pattern.unit.slug}), pattern
    )


def _form(request, form, pattern=None):
    """Save, or show what the pattern finds in its example so far."""
    found = None
    if request.method == "POST" and request.POST.get("do") == "try":
        found = notices.found_by(notices._tidy(form.data.get("example", "")), form.data.get("contains", ""), form.labels)
        form.is_valid()
    elif form.is_valid():
        form.save()
        say(request, _("Saved."))
        return redirect("membership:pattern_list")
    elif request.method == "GET":
        found = notices.found_by(form.instance.example, form.instance.contains, form.instance.labels)
    rows = None if found is None else [{"label": notices.FIELDS[name], "value": value} for name, value in found.items()]
    tried = request.POST.get("do") == "try"
    return render(
        request,
        "membership/pattern_form.html",
        {"form": form, "pattern": pattern, "found": rows},
        status=422 if form.errors and not tried else 200,
    )


@login_required
@require_POST
def pattern_delete(request, pk):
    get_object_or_404(NoticePattern.objects.editable_by(request.user), pk=pk).delete()
    say(request, _("The pattern is gone. Mails handed in before keep what was read from them."))
    return redirect("membership:pattern_list")
