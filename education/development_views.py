"""The development card: for the officers in charge, who are noted as readers, and for the member by a signed link."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import to_change
from common.keyset import page_of
from common.links import Found
from common.presets import as_presets, chosen
from common.toasts import say
from education import developing, tracks
from education.development_forms import TOPIC, CardForm, StepForm
from education.models import DevelopmentCard, DevelopmentStep
from membership import reading, visibility
from membership.models import ACTIVE, Member, MemberTag, Reading
from outbox.tasks import wake

FORM = ["GET", "HEAD", "POST"]
DUE = {"due": gettext_lazy("Due"), "open": gettext_lazy("All open ones")}


def _member(request, pk):
    """The member, for those who care for them; who only sees them is told 403."""
    return to_change(request.user, Member.objects.select_related("home_unit__kind"), pk=pk)


def told(member, card):
    """What the page of the officers and that of the member both show."""
    return {
        "member": member, "card": card, "steps": list(card.steps.select_related("by")) if card else [], "progress": tracks.progress(member),
        "trainings": tracks.trainings(member),
        "words": [str(row.tag) for row in MemberTag.objects.filter(member=member, tag__kind__in=TOPIC).select_related("tag").order_by("tag__kind", "tag")],
    }  # fmt: skip


@login_required
@require_safe
def development(request, pk):
    """Goal, interests, agreed steps, tracks and trainings of a member. Who looks at it is noted."""
    member, now = _member(request, pk), timezone.now()
    card = DevelopmentCard.objects.filter(member=member).select_related("wants", "wants_unit__kind", "changed_by").first()
    reading.note(request.user, member, Reading.What.PAGE, now)
    context = told(member, card) | {"form": StepForm(), "on": timezone.localdate(now)}
    return render(request, "education/development.html", context)


@login_required
@require_http_methods(FORM)
def development_edit(request, pk):
    """Write the card together with the member."""
    member, now = _member(request, pk), timezone.now()
    reading.note(request.user, member, Reading.What.EDIT, now)
    known = DevelopmentCard.objects.filter(member=member).first()
    form = CardForm(request.POST if request.method == "POST" else None, instance=known or DevelopmentCard(member=member, version=0))
    if form.is_valid():
        card = known or developing.card_of(member, request.user, now)
        wanted = form.wanted | ({} if known else {"version": card.version})
        try:
            developing.write(card, by=request.user, now=now, **wanted)
        except developing.Outdated:
            form.add_error(None, _("Somebody changed the card meanwhile. Please look at it as it is now and write again."))
        else:
            say(request, _("Saved: the card of %(name)s.") % {"name": member.name})
            return redirect("education:development", pk)
    return render(request, "education/development_edit.html", {"form": form, "member": member}, status=422 if form.errors else 200)


@login_required
@require_POST
def development_send(request, pk):
    """Send the member the link to their own card."""
    member, now = _member(request, pk), timezone.now()
    if not member.email:
        say(request, _("%(name)s has no mail address.") % {"name": member.name})
    elif developing.send(developing.card_of(member, request.user, now), request.user, now):
        wake()
        say(request, _("%(name)s gets a mail with a link.") % {"name": member.name})
    else:
        say(request, _("%(name)s was sent the link today already.") % {"name": member.name})
    return redirect("education:development", pk)


@login_required
@require_POST
def development_step_add(request, pk):
    """Agree on a next step with its day."""
    member, now = _member(request, pk), timezone.now()
    form = StepForm(request.POST)
    if form.is_valid():
        form.instance.card = developing.card_of(member, request.user, now)
        form.instance.by, form.instance.agreed_on = request.user, timezone.localdate(now)
        form.save()
        return redirect("education:development", pk)
    return render(request, "education/development_step_form.html", {"member": member, "form": form}, status=422)


@login_required
@require_POST
def development_step_tick(request, pk):
    """The step is done."""
    step = get_object_or_404(DevelopmentStep.objects.editable_by(request.user).select_related("card"), pk=pk)
    if step.tick(timezone.localdate()):
        say(request, _("Done: %(step)s.") % {"step": step})
    back = reverse("education:development_due") if request.POST.get("back") == "due" else reverse("education:development", args=[step.card.member_id])
    return redirect(back)


@login_required
@require_safe
def development_due(request):
    """Agreed next steps of those one is in charge of, the oldest first."""
    on, show = timezone.localdate(), chosen(request, DUE, "due")
    steps = DevelopmentStep.objects.visible_to(request.user)
    steps = steps.due(on) if show == "due" else steps.open().filter(card__member__status__in=ACTIVE)
    page = page_of(steps.select_related("card__member__home_unit"), ("due_on", "pk"), request.GET)
    return render(request, "education/development_due.html", {"page": page, "presets": as_presets(DUE, show), "show": show, "on": on})


def _found(now, pk):
    card = get_object_or_404(DevelopmentCard.objects.select_related("member__home_unit__kind", "wants", "wants_unit__kind"), pk=pk)
    return Found((card,), developing.language_of(card.member), card.member.status in ACTIVE)


@developing.LINK.opens(_found, "education/_link_closed.html")
def link_development(request, card, now):
    """The member's own card: look, change, agree to be named as a candidate (POST do=consent) and take that back (do=withdraw)."""
    on = timezone.localdate(now)
    do = request.POST.get("do")
    if do in ("consent", "withdraw"):
        card.consent(on) if do == "consent" else card.withdraw(on)
        return redirect(request.path)
    form = CardForm(request.POST if request.method == "POST" else None, instance=card)
    if form.is_valid():
        try:
            developing.write(card, by=None, now=now, **form.wanted)
        except developing.Outdated:
            form.add_error(None, _("Somebody changed the card meanwhile. Please look at it as it is now and write again."))
        else:
            return redirect(request.path + "?saved=1")
    card.refresh_from_db()
    context = told(card.member, card) | {"form": form, "saved": "saved" in request.GET, "watchers": visibility.told(card.member, on)}
    return render(request, "education/link_development.html", context, status=422 if form.errors else 200)
