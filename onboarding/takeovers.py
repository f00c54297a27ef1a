"""Taking office: an appointment starts a journey of its own. What is due is derived from the terms, and told with the weekly digest."""

from collections import defaultdict
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from branches import pledging
from branches.models import Appointment
from branches.scope import Right
from common.links import Link
from onboarding.models import OfficeStep, Takeover, TakeoverStep
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

KIND = "office_handover"
LATELY = timedelta(days=60)  # a term that began longer ago starts none
AGAIN = timedelta(days=90)  # who held the same office that lately goes on in it
REMEMBERED = timedelta(days=365)  # whoever held it before that is not asked for a hand-over
OPEN_FOR = timedelta(days=60)  # the link to write hand-over notes
STARTING = 7315  # advisory lock: one run at a time
DUE = {TakeoverStep.Kind.PLEDGE: 7, TakeoverStep.Kind.HANDOVER: 14, TakeoverStep.Kind.ACCESS: 14}  # days after the beginning
LINK = Link("onboarding:link_handover", OPEN_FOR)
OVER = gettext_noop("The new term has ended, or the hand-over is written.")
Kind = TakeoverStep.Kind

# The usual introduction: (slug, days, {language: label}).
INTRODUCTION = [
    ("first-look", 7, {"de": "Heute und die Liste der neuen Mitglieder angesehen", "he": "היכרות עם המסך ״היום״ ועם רשימת החברות והחברים החדשים", "en": "Looked at Today and the list of new members"}),
    ("chair-talk", 14, {"de": "Gespräch mit dem Vorsitz: wer macht was?", "he": "שיחה עם היו״ר: מי עושה מה?", "en": "Talk with the chair: who does what?"}),
    ("first-meeting", 30, {"de": "In der nächsten Sitzung vorgestellt", "he": "הצגה בישיבה הקרובה", "en": "Introduced at the next meeting"}),
]  # fmt: skip


def install(unit):
    """Give `unit` the usual introduction; steps it has stay as they are."""
    for position, (slug, days, labels) in enumerate(INTRODUCTION):
        OfficeStep.objects.get_or_create(unit=unit, slug=slug, defaults={"days": days, "labels": labels, "position": position})


def steps_for(unit, office):
    """The OfficeSteps asked for when somebody takes `office` of `unit`, those from above first."""
    found = OfficeStep.objects.filter(Q(office=None) | Q(office=office), unit__path__in=unit.ancestor_paths(), retired_at=None)
    return list(found.order_by("unit__path", "position", "pk"))


@transaction.atomic
def begin_due(on, now):
    """Start the journey of every term that began lately and has none. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [STARTING])
        if not cursor.fetchone()[0]:
            return 0
    before = Appointment.objects.filter(user=OuterRef("user"), unit=OuterRef("unit"), office=OuterRef("office"), starts_on__lt=OuterRef("starts_on"))
    goes_on = before.filter(ends_on__gt=OuterRef("starts_on") - AGAIN)
    new = Appointment.objects.active(on).filter(~Exists(goes_on), takeover=None, starts_on__gt=on - LATELY).select_related("unit", "office", "user")
    new = list(new.order_by("pk"))
    for appointment in new:
        begin(appointment, on, now)
    return len(new)


def begin(appointment, on, now):
    """The journey of one term: what is asked for depends on the office, on who held it before, and on who else leads there."""
    deputy = appointment.deputy_for_id is not None
    former = None if deputy else predecessor(appointment)
    takeover = Takeover.objects.create(appointment=appointment, predecessor=former, started_on=appointment.starts_on, asked_on=on if former else None)
    form = pledging.text_for(appointment.unit)
    wanted = [Kind.PLEDGE] if form and not pledging.has_accepted(appointment.user, form) else []
    if former:
        wanted.append(Kind.HANDOVER)
    if not deputy and checkers([takeover], on):
        wanted.append(Kind.ACCESS)
    start = max(appointment.starts_on, on - timedelta(days=1))
    steps = [TakeoverStep(takeover=takeover, kind=kind, due_on=start + timedelta(days=DUE[kind])) for kind in wanted]
    asked = [] if deputy else steps_for(appointment.unit, appointment.office)
    steps += [TakeoverStep(takeover=takeover, kind=Kind.INTRODUCTION, asked=step, due_on=start + timedelta(days=step.days)) for step in asked]
    TakeoverStep.objects.bulk_create(steps)
    takeover.settle(on)
    if former:
        payload = {"takeover": takeover.pk}
        enqueue([Message(kind=KIND, key=f"{KIND}:{takeover.pk}", recipient_id=former.user_id, payload=payload, due_at=now)])
    return takeover


def predecessor(appointment):
    """The term of somebody else who held the office of `appointment` last; None when that is long ago or nobody did."""
    others = Appointment.objects.filter(unit=appointment.unit, office=appointment.office, deputy_for=None, user__is_active=True)
    others = others.filter(starts_on__lt=appointment.starts_on, ends_on__gt=appointment.starts_on - REMEMBERED)
    return others.exclude(user=appointment.user).select_related("user").order_by("-ends_on", "-pk").first()


def checkers(takeovers, on):
    """{takeover pk: [user pk, ..]} of who checks the access: who leads the unit by an office of their own, the nearest; nobody for oneself."""
    paths = {up for takeover in takeovers for up in takeover.appointment.unit.ancestor_paths()}
    leading = list(Appointment.objects.active(on).filter(unit__path__in=paths, right=Right.LEAD, deputy_for=None).select_related("unit"))
    found = {}
    for takeover in takeovers:
        term = takeover.appointment
        reaching = [a for a in leading if a.user_id != term.user_id and a.covers(term.unit)]
        nearest = max((a.unit.depth for a in reaching), default=0)
        if reaching:
            found[takeover.pk] = sorted({a.user_id for a in reaching if a.unit.depth == nearest})
    return found


def note_pledge(user, on):
    """Close the step of everyone's own form: `user` has signed."""
    for step in TakeoverStep.objects.filter(takeover__appointment__user=user, kind=Kind.PLEDGE, done_on=None).select_related("takeover__appointment__unit"):
        form = pledging.text_for(step.takeover.appointment.unit)
        if form is None or pledging.has_accepted(user, form):
            step.tick(user, on)


def run(now):
    """All that is due at `now`. Returns how many journeys began."""
    on = timezone.localdate(now)
    end_of_terms(on)
    return begin_due(on, now)


def end_of_terms(on):
    """Whose term is over has nothing to take over any more."""
    return Takeover.objects.open().filter(appointment__ends_on__lte=on).update(done_on=on)


def due(until, on):
    """{user pk: [TakeoverStep, ..]} of open steps due up to the day `until`, each with whom it waits for, the next first."""
    steps = TakeoverStep.objects.filter(done_on=None, due_on__lte=until, takeover__done_on=None)
    steps = steps.filter(Q(takeover__appointment__ends_on=None) | Q(takeover__appointment__ends_on__gt=on), takeover__appointment__user__is_active=True)
    steps = list(steps.select_related("asked", "takeover__appointment__unit", "takeover__appointment__office", "takeover__appointment__user"))
    who = checkers([step.takeover for step in steps if step.kind == Kind.ACCESS], on)
    found = defaultdict(list)
    for step in steps:
        for user in who.get(step.takeover_id, []) if step.kind == Kind.ACCESS else [step.takeover.appointment.user_id]:
            found[user].append(step)
    return found


def in_charge(step, user):
    """Whether `user` may close `step`: access is checked by somebody else who leads there, the rest is for the holder of the office."""
    term = step.takeover.appointment
    if step.kind == Kind.ACCESS:
        return user.pk != term.user_id and user.right_on(term.unit) >= Right.LEAD
    return user.pk == term.user_id


# --- the mail to whoever held the office before ------------------------------------------------------------------------


def address(takeover, on):
    """The full address of the page to write hand-over notes on, good until OPEN_FOR after the day `on`."""
    return LINK.address(takeover.pk, on=on)



def load(messages, now):
    found = Takeover.objects.filter(pk__in=[message.payload["takeover"] for message in messages])
    related = ("predecessor__user", "appointment__user", "appointment__unit__kind", "appointment__office")
    return found.select_related(*related).in_bulk()


def build(message, takeovers, now):
    takeover, on = takeovers.get(message.payload["takeover"]), timezone.localdate(now)
    if takeover is None or takeover.predecessor is None or takeover.notes or (takeover.appointment.ends_on and takeover.appointment.ends_on <= on):
        return kinds.Skip(OVER)
    user, term = takeover.predecessor.user, takeover.appointment
    if not user.is_active:
        return kinds.Skip(OVER)
    context = {"recipient_name": user.given_name, "term": term, "url": address(takeover, on)}
    return kinds.render("office_handover", context, user.language or term.unit.setting("language"), to=user.email)
