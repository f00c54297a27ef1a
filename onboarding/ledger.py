"""The ledger of messages as those in charge see it: what was told to whom, skipped and why, given up; and the stop button of a step."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from branches.models import Appointment, User
from branches.scope import to_change
from common.keyset import page_of
from common.presets import as_presets, chosen, count_each
from common.toasts import say
from onboarding import mentoring_mails
from onboarding.models import JourneyStep
from outbox.models import Message
from outbox.tasks import wake

State = Message.State
KINDS = {
    "digest": gettext_lazy("Weekly digest"),
    "escalation": gettext_lazy("Reminder about late steps"),
    "sections": gettext_lazy("Weekly mail about a section"),
    "applications": gettext_lazy("Applications to decide"),
    "invitation": gettext_lazy("How to sign in"),
    "own_data": gettext_lazy("Question about own data"),
    "jubilees": gettext_lazy("Jubilees of the next month"),
    "join_confirm": gettext_lazy("Confirmation of an application"),
    "decision": gettext_lazy("Decision on an application"),
    "welcome": gettext_lazy("Welcome"),
    "feedback": gettext_lazy("Three questions at month 6"),
    "office_handover": gettext_lazy("Hand-over of an office"),
    "guest_invitation": gettext_lazy("Invitation to full membership"),
    "export": gettext_lazy("Reminder to delete a list"),
    **mentoring_mails.KINDS,
}
PRESETS = {
    "all": (gettext_lazy("All"), State.values),
    "waiting": (pgettext_lazy("message", "Waiting"), [State.DUE, State.CLAIMED, State.FAILED]),
    "sent": (pgettext_lazy("message", "Sent"), [State.SENT]),
    "skipped": (pgettext_lazy("message", "Skipped"), [State.SKIPPED]),
    "dead": (pgettext_lazy("message", "Given up"), [State.DEAD]),
}
TONES = {State.SENT: "ok", State.SKIPPED: "calm", State.FAILED: "amber", State.DEAD: "late"}
MOST_COUNTED = 999


def led_by(user):
    """Condition: the message went to somebody who held an office that day in a unit `user` leads."""
    on = OuterRef("due_at__date")
    terms = Appointment.objects.editable_by(user).filter(user=OuterRef("recipient"))
    return Exists(terms.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on))


def visible_to(user):
    """Messages to `user` and to those who held an office in the units `user` leads."""
    people = User.objects.filter(Q(pk=user.pk) | Q(pk__in=Appointment.objects.editable_by(user).values("user")))
    return Message.objects.filter(Q(recipient=user) | led_by(user), recipient__in=people)


@login_required
@require_safe
def message_list(request):
    """Messages by preset, the newest first."""
    found = visible_to(request.user)
    shown = chosen(request, PRESETS, "all")
    by_preset = {name: found.filter(state__in=states) for name, (_label, states) in PRESETS.items()}
    counts = count_each(by_preset, MOST_COUNTED)
    presets = as_presets({name: label for name, (label, _states) in PRESETS.items()}, shown, counts)
    messages = by_preset[shown].select_related("recipient").annotate(may_retry=led_by(request.user))
    page = page_of(messages, ("-id", "-pk"), request.GET)
    for message in page.rows:
        message.label, message.tone = KINDS.get(message.kind, message.kind), TONES.get(message.state, "")
    return render(request, "onboarding/message_list.html", {"presets": presets, "page": page, "shown": shown})


@login_required
@require_POST
def message_retry(request, pk):
    """Send a message that was given up once more."""
    message = get_object_or_404(visible_to(request.user).annotate(may_retry=led_by(request.user)), pk=pk)
    if not message.may_retry:
        raise PermissionDenied
    if message.retry(timezone.now()):
        wake()
        say(request, _("It is tried again now."))
    return redirect("onboarding:message_list")


@login_required
@require_POST
def step_escalation(request, pk):
    """Stop the escalation of a step (POST do=stop) or let it go on (do=resume)."""
    step = to_change(request.user, JourneyStep.objects.select_related("journey__member"), pk=pk)
    if request.POST.get("do") == "resume":
        step.resume_escalation()
        say(request, _("%(step)s: it is reminded of again.") % {"step": step})
    else:
        step.stop_escalation(request.user, timezone.now())
        say(request, _("%(step)s: it does not go up any further.") % {"step": step})
    return redirect(step.journey.member)
