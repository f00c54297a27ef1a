"""Words of a party (interests, skills, time), own fields of units, and both on a member."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right, to_change
from common.toasts import say
from membership import listing, own_fields, reading, tagging
from membership.models import CustomField, Member, Reading, Tag
from membership.word_forms import CustomFieldForm, MemberFieldsForm, MemberTagsForm, MergeForm, TagForm

FORM = ["GET", "HEAD", "POST"]


def _posted(request):
    return request.POST if request.method == "POST" else None


def _cared_for(request, pk):
    return to_change(request.user, Member.objects.select_related("home_unit"), pk=pk)


# Words


@login_required
@require_safe
def tag_list(request):
    """The words of one's party by kind; those who lead it whole change them."""
    tags = list(Tag.objects.visible_to(request.user).select_related("merged_into"))
    own = set(Tag.objects.editable_by(request.user).values_list("pk", flat=True))
    kinds = [{"label": kind.label, "rows": [tag for tag in tags if tag.kind == kind]} for kind in Tag.Kind]
    return render(request, "membership/tag_list.html", {"kinds": kinds, "own": own, "may_add": _party(request) is not None, "any": tags})


def _party(request):
    """The root unit of a party this person leads whole, or None."""
    return next((a.unit for a in request.user.appointments_now if a.right == Right.LEAD and a.below and a.unit.depth == 1), None)


@login_required
@require_http_methods(FORM)
def tag_add(request):
    party = _party(request)
    if party is None:
        raise PermissionDenied
    form = TagForm(_posted(request), instance=Tag(party=party))
    if form.is_valid():
        say(request, _("Added: %(word)s.") % {"word": form.save()})
        return redirect("membership:tag_list")
    return render(request, "membership/tag_form.html", {"form": form}, status=422 if form.errors else 200)


def _tag(request, pk):
    return to_change(request.user, Tag.objects, pk=pk)


@login_required
@require_http_methods(FORM)
def tag_edit(request, pk):
    """Rename a word; below, what becomes of it."""
    tag = _tag(request, pk)
    form = TagForm(_posted(request), instance=tag)
    if form.is_valid():
        form.save()
        say(request, _("Saved."))
        return redirect("membership:tag_list")
    context = {"form": form, "tag": tag, "merge": MergeForm(tag=tag), "uses": tag.uses.count()}
    return render(request, "membership/tag_form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def tag_retire(request, pk):
    """Offer a word no longer (do=retire) or again (do=restore)."""
    tag = _tag(request, pk)
    if request.POST.get("do") == "restore":
        tag.restore()
    else:
        tag.retire(timezone.localdate())
    say(request, _("Saved."))
    return redirect("membership:tag_list")


@login_required
@require_POST
def tag_merge(request, pk):
    """Let another word of the same kind stand wherever this one stood."""
    tag = _tag(request, pk)
    form = MergeForm(request.POST, tag=tag)
    if not form.is_valid():
        context = {"form": TagForm(instance=tag), "tag": tag, "merge": form, "uses": tag.uses.count()}
        return render(request, "membership/tag_form.html", context, status=422)
    tagging.merge(tag, form.cleaned_data["into"], timezone.localdate())
    say(request, _("Merged into %(word)s.") % {"word": form.cleaned_data["into"]})
    return redirect("membership:tag_list")


@login_required
@require_http_methods(FORM)
def member_tags(request, pk):
    """What interests a member, what they can do, when they have time. Ticks that others set meanwhile stay."""
    member = _cared_for(request, pk)
    own = {use.tag_id: use for use in member.tags.select_related("tag", "set_by")}
    form = MemberTagsForm(_posted(request), offered=list(tagging.offered(member)), own=set(own))
    if form.is_valid():
        changed = tagging.set_tags(member, form.chosen, form.cleaned_data["shown"], request.user, timezone.now())
        say(request, _("Saved.") if changed else _("Nothing changed."))
        return redirect(member)
    if request.method == "GET":
        reading.note(request.user, member, Reading.What.EDIT, timezone.now())
    context = {"form": form, "member": member, "uses": own.values()}
    return render(request, "membership/member_tags.html", context, status=422 if form.errors else 200)


# Own fields


@login_required
@require_safe
def field_list(request):
    """The own fields of one's units and those above, with what they are for."""
    if not any(a.right >= Right.CARE for a in request.user.appointments_now):
        raise PermissionDenied
    rows = list(CustomField.objects.visible_to(request.user).select_related("unit__kind"))
    own = set(CustomField.objects.editable_by(request.user).values_list("pk", flat=True))
    asked: dict = {}
    for value, label in listing.own_choices(request.user):
        asked.setdefault(int(value.partition(":")[0]), []).append({"value": value, "label": label.rpartition(": ")[2]})
    for row in rows:
        row.asked = asked.get(row.pk)
    adds = Unit.objects.visible_to(request.user, Right.LEAD).exists()
    return render(request, "membership/field_list.html", {"rows": rows, "own": own, "adds": adds})


@login_required
@require_http_methods(FORM)
def field_add(request):
    if not any(a.right >= Right.LEAD for a in request.user.appointments_now):
        raise PermissionDenied
    field = CustomField(created_by=request.user, created_at=timezone.now())
    form = CustomFieldForm(_posted(request), instance=field, user=request.user, initial={"days": 30})
    if form.is_valid():
        say(request, _("Added: %(word)s.") % {"word": form.save()})
        return redirect("membership:field_list")
    return render(request, "membership/field_form.html", {"form": form}, status=422 if form.errors else 200)


def _field(request, pk):
    return to_change(request.user, CustomField.objects.select_related("unit__kind"), pk=pk)


@login_required
@require_http_methods(FORM)
def field_edit(request, pk):
    """Change names, purpose, right and time of a field; type and unit stay. Below, what the nightly run emptied."""
    field = _field(request, pk)
    form = CustomFieldForm(_posted(request), instance=field, user=request.user)
    if form.is_valid():
        form.save()
        say(request, _("Saved."))
        return redirect("membership:field_list")
    context = {"form": form, "field": field, "emptied": field.emptied.all()[:20], "filled": field.values.count()}
    return render(request, "membership/field_form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def field_retire(request, pk):
    """Show and ask a field no longer (do=retire) or again (do=restore); its values keep their time."""
    field = _field(request, pk)
    if request.POST.get("do") == "restore":
        field.restore()
    else:
        field.retire(timezone.localdate())
    say(request, _("Saved."))
    return redirect("membership:field_list")


@login_required
@require_http_methods(FORM)
def member_fields(request, pk):
    """What the own fields say about a member. What others wrote meanwhile in other fields stays; in the same field it is told (409)."""
    member = _cared_for(request, pk)
    rows = own_fields.seen(member, request.user)
    form = MemberFieldsForm(_posted(request), rows=rows)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            changed = own_fields.write(member, form.values, form.cleaned_data["picture"], request.user, timezone.now())
        except own_fields.Clash as clash:
            text = _("Somebody changed this meanwhile to “%(value)s”. Nothing is saved yet: keep what is right and save again.")
            form.add_error(f"field_{clash.field.pk}", text % {"value": clash.value or "–"})
            form.data = form.data.copy()
            form.data["picture"] = form.fields["picture"].prepare_value(form.initial["picture"])
            status = 409
        else:
            say(request, _("Saved.") if changed else _("Nothing changed."))
            return redirect(member)
    elif form.errors:
        status = 422
    if request.method == "GET":
        reading.note(request.user, member, Reading.What.EDIT, timezone.now())
    return render(request, "membership/member_fields.html", {"form": form, "member": member, "rows": rows}, status=status)
