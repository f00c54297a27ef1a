"""Templates of election plans: what is done when before an election, as data of a unit for itself and those below."""

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right, with_right
from planning import election_templates
from planning.election_forms import TemplateForm, TemplateMilestoneForm, TemplatePostForm
from planning.election_pages import FORM, form_page
from planning.models import ElectionTemplate, TemplateMilestone, TemplatePost


@login_required
@require_safe
def election_template_list(request, slug):
    """The templates a unit may take: its own and those of the units above."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    templates = ElectionTemplate.objects.for_unit(unit).select_related("unit__kind")
    templates = templates.annotate(milestones_all=Count("milestones", distinct=True), posts_all=Count("posts", distinct=True))
    return render(request, "planning/election_template_list.html", {"unit": unit, "templates": templates, "leads": request.user.right_on(unit) >= Right.LEAD})


@login_required
@require_POST
def election_template_copy(request, slug):
    """A template of the unit's own, to be changed: a copy of the one POST names, without one the usual plan."""
    unit = with_right(request.user, Unit.objects, Right.LEAD, "", slug=slug)
    pk = request.POST.get("of", "")
    if pk:
        template = get_object_or_404(ElectionTemplate.objects.for_unit(unit), pk=pk if pk.isdecimal() and len(pk) < 18 else 0)
        own = election_templates.copy(template, unit)
    else:
        own = election_templates.install(unit)
    return redirect("planning:election_template", own.pk)


def visible_template(request, pk):
    return get_object_or_404(ElectionTemplate.objects.visible_to(request.user).select_related("unit__kind"), pk=pk)


def own_template(request, pk):
    return with_right(request.user, ElectionTemplate.objects.select_related("unit__kind"), Right.LEAD, pk=pk)


def at_template(template):
    return template.get_absolute_url(), str(template)


@login_required
@require_safe
def election_template(request, pk):
    """What a template asks for, back from the day."""
    template = visible_template(request, pk)
    context = {
        "template": template, "milestones": template.milestones.select_related("office"), "posts": template.posts.all(),
        "leads": request.user.right_on(template.unit) >= Right.LEAD,
    }  # fmt: skip
    return render(request, "planning/election_template.html", context)


@login_required
@require_http_methods(FORM)
def election_template_edit(request, pk):
    """Its name; POST remove=1 takes it away. Elections that began with it stay."""
    template = own_template(request, pk)
    if request.method == "POST" and request.POST.get("remove"):
        template.delete()
        return redirect("planning:election_template_list", template.unit.slug)
    form = TemplateForm(request.POST or None, instance=template)
    if form.is_valid():
        form.save()
        return redirect(template)
    return form_page(request, form, _("Name of the template"), template.unit.full_name, at_template(template), removable=True)


def _line_add(request, pk, model, form_class, title, **initial):
    template = own_template(request, pk)
    form = form_class(request.POST or None, instance=model(template=template), initial=initial)
    if form.is_valid():
        form.save()
        return redirect(template)
    return form_page(request, form, title, str(template), at_template(template))


def _line_edit(request, pk, line, model, form_class):
    template = own_template(request, pk)
    row = get_object_or_404(model, pk=line, template=template)
    if request.method == "POST" and request.POST.get("remove"):
        row.delete()
        return redirect(template)
    form = form_class(request.POST or None, instance=row)
    if form.is_valid():
        form.save()
        return redirect(template)
    return form_page(request, form, str(row), str(template), at_template(template), removable=True)


@login_required
@require_http_methods(FORM)
def template_milestone_add(request, pk):
    return _line_add(request, pk, TemplateMilestone, TemplateMilestoneForm, _("New milestone"), days_before=60)


@login_required
@require_http_methods(FORM)
def template_milestone_edit(request, pk, line):
    return _line_edit(request, pk, line, TemplateMilestone, TemplateMilestoneForm)


@login_required
@require_http_methods(FORM)
def template_post_add(request, pk):
    return _line_add(request, pk, TemplatePost, TemplatePostForm, _("New post"), days_before=0)


@login_required
@require_http_methods(FORM)
def template_post_edit(request, pk, line):
    return _line_edit(request, pk, line, TemplatePost, TemplatePostForm)
