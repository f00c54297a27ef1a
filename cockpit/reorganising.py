"""Units are merged, split, moved and closed: what stands against it, what would become of whom, doing it on its day, taking it back.

Nothing is rewritten: a home ends on the day and a new one begins, offices of a unit that closes end, and the closed unit stays for the
figures of its time. Journeys follow their members. Everything is one transaction, carried out by `carry_out_due` where the day is to come.
"""

import logging

from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import CharField, Count, Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Left, Length
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from branches import appointing
from branches.models import Appointment, Reorganisation, Unit, UnitKind
from cockpit import going_on
from cockpit.rows import day
from membership.models import GONE, Change, Member, Membership
from onboarding import duties, journeys
from onboarding.models import Journey, JourneyStep

logger = logging.getLogger(__name__)
Kind, State = Reorganisation.Kind, Reorganisation.State
NO_RIGHT = gettext_noop("Whoever planned it does not lead the units any more.")
MOST_NAMES = 3
ROAD = Func(F("street"), Value(r"\s*\d.*$"), Value(""), function="regexp_replace", output_field=CharField())  # a street without the number of the house


def leads(user, plan):
    """Whether `user` may do it: it takes the lead of the unit above, with the units below, for each unit concerned."""
    concerned = [above(plan.unit), *([above(plan.target) if plan.kind == Kind.MERGE else plan.target] if plan.target else [])]
    return all(unit and appointing.leads_below(user, unit) for unit in concerned)


def above(unit):
    return Unit.objects.get_parent(unit)


def open_below(unit, on):
    return Unit.objects.below(unit).exclude(pk=unit.pk).open(on)


def people(plan):
    """Members who have their home in the unit, or belong to the section, and are concerned: of a split those chosen."""
    unit, on = plan.unit, plan.on
    if unit.kind.is_section:
        belongs = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on), unit=unit, home=False, member=OuterRef("pk"))
        found = Member.objects.filter(Exists(belongs))
    else:
        found = Member.objects.filter(home_unit=unit).exclude(status__in=GONE)
    if plan.kind == Kind.SPLIT:
        postcodes, streets, numbers = (plan.chosen.get(name, []) for name in ("postcodes", "streets", "numbers"))
        found = found.alias(road=ROAD).filter(Q(postcode__in=postcodes) | Q(road__in=streets) & ~Q(road="") | Q(number__in=numbers) & ~Q(number=""))
    return found


def kinds_above(unit):
    """Kinds whose units `unit` may be moved below. Where members have their home there, only kinds that have its kind below them in this party already:
    so a branch comes below a sector district with members of its own, and never below another branch."""
    above = UnitKind.objects.filter(is_section=False)
    if unit.kind.is_section:
        return above
    alike = Unit.objects.filter(kind=unit.kind, path__startswith=unit.root_path).annotate(up=Left("path", Length("path") - Unit.steplen))
    return above.filter(Q(leads_members=False) | Q(pk__in=Unit.objects.filter(path__in=alike.values("up")).values("kind")))


def goes_on_in(plan):
    """Where what is open in the unit goes on: in the one it becomes part of, of a unit that is closed in the one above."""
    return plan.target if plan.kind == Kind.MERGE else above(plan.unit)


def former(plan):
    """Who left and had their last home in a unit that is merged: they are remembered, and may return, where it goes on."""
    merged = plan.kind == Kind.MERGE and not plan.unit.kind.is_section
    return Member.objects.filter(home_unit=plan.unit, status__in=GONE) if merged else Member.objects.none()


def obstacles(plan, today):
    """Why `plan` cannot be done: a list of sentences, empty when it can."""
    return list(_obstacles(plan, today))


def _obstacles(plan, today):
    unit, target = plan.unit, plan.target
    names = lambda units: ", ".join(each.name for each in units[:MOST_NAMES])  # noqa: E731
    if plan.on < today:
        yield _("The day is past. Choose today or a later day.")
    if unit.is_root():
        yield _("The highest unit stays: it is the party itself.")
        return
    if unit.closed_on:
        yield _("%(unit)s is closed since %(day)s.") % {"unit": unit.name, "day": day(unit.closed_on)}
    if target and target.closed_on:
        yield _("%(unit)s is closed since %(day)s.") % {"unit": target.name, "day": day(target.closed_on)}
    if target and target.root_path != unit.root_path:
        yield _("The two units belong to different parties.")
    below = list(open_below(unit, plan.on)[: MOST_NAMES + 1])
    if below and plan.kind in (Kind.MERGE, Kind.CLOSE):
        yield _("There are units below that have to be moved or closed first: %(units)s.") % {"units": names(below)}
    if plan.kind == Kind.MERGE:
        if target == unit:
            yield _("A unit cannot become part of itself.")
        elif (unit.kind.is_section, unit.kind.leads_members) != (target.kind.is_section, target.kind.leads_members):
            yield _("Members of a %(kind)s cannot go to a %(other)s: their kinds do not lead members in the same way.") % {
                "kind": unit.kind, "other": target.kind,
            }  # fmt: skip
    elif plan.kind == Kind.MOVE:
        if target.path.startswith(unit.path):
            yield _("A unit cannot lie below itself.")
        elif target.pk == above(unit).pk:
            yield _("It lies there already.")
        elif not kinds_above(unit).filter(pk=target.kind_id).exists():
            yield _("A %(kind)s cannot lie below a %(other)s.") % {"kind": unit.kind, "other": target.kind}
    elif plan.kind == Kind.SPLIT:
        there, going = people(Reorganisation(kind=Kind.MERGE, unit=unit, on=plan.on)).count(), people(plan).count()
        if not going:
            yield _("Nobody of this unit is chosen.")
        elif going == there:
            yield _("Everybody is chosen. To rename a unit, edit it.")
        if Unit.objects.below(above(unit)).open(plan.on).filter(depth=unit.depth, name__iexact=plan.name).exists():
            yield _("There is already a unit of this name.")
    elif plan.kind == Kind.CLOSE:
        if there := people(plan).count():
            yield ngettext(
                "%(n)s member still belongs here. Merge the unit into another one instead.",
                "%(n)s members still belong here. Merge the unit into another one instead.",
                there,
            ) % {"n": there}
        if waiting := going_on.stuck(unit):
            yield ngettext(
                "%(n)s application or transfer is still to be decided here. Decide it first, or merge the unit into another one.",
                "%(n)s applications and transfers are still to be decided here. Decide them first, or merge the unit into another one.",
                waiting,
            ) % {"n": waiting}


def preview(plan):
    """What would happen on the day: {members, applicants, journeys, steps, dropped, below, ending, open, goes_on_in, losing, gaining}."""
    unit, target, on = plan.unit, plan.target, plan.on
    inside = Unit.objects.below(unit)
    concerned = Member.objects.filter(home_unit__in=inside).exclude(status__in=GONE) if plan.kind == Kind.MOVE else people(plan)
    running = Journey.objects.running().filter(member__in=concerned)
    going_to = {Kind.MERGE: target, Kind.MOVE: target, Kind.SPLIT: above(unit)}.get(plan.kind)
    steps = JourneyStep.objects.open().filter(journey__in=running)
    by_standard = steps.order_by().values_list("step__standard__unit__path").annotate(Count("pk"))
    applies = going_to.ancestor_paths() if going_to else []
    ending = list(_offices(unit, on)) if plan.kind in (Kind.MERGE, Kind.CLOSE) else []
    losing, gaining = _access(plan, going_to)
    return {
        "members": concerned.exclude(status="applicant").count(),
        "applicants": concerned.filter(status="applicant").count(),
        "journeys": running.count(),
        "steps": steps.count(),
        "dropped": sum(
            number for path, number in by_standard if path not in applies and not (plan.kind == Kind.MOVE and path.startswith(unit.path))
        ),
        "below": inside.open(on).count() - 1 if plan.kind == Kind.MOVE else 0,
        "ending": ending,
        "open": going_on.counted(unit, on, plan.kind == Kind.MERGE) if plan.kind in (Kind.MERGE, Kind.CLOSE) else [],
        "goes_on_in": goes_on_in(plan),
        "losing": losing,
        "gaining": gaining,
    }


def _offices(unit, on):
    found = Appointment.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on), unit=unit)
    return found.select_related("user", "office", "unit").order_by("office__position", "starts_on")


def _access(plan, going_to):
    """(losing, gaining): appointments whose holders see these members only before the day, or only from it on."""
    if going_to is None:
        return [], []
    unit = plan.unit
    paths = {*unit.ancestor_paths(), *going_to.ancestor_paths()}
    held = Appointment.objects.active(plan.on).filter(unit__path__in=paths).select_related("user", "office", "unit__kind")
    held = held.order_by("unit__path", "office__position")
    before = [term for term in held if term.covers(unit)]
    after = [
        term
        for term in held
        if (term.unit_id == unit.pk and plan.kind == Kind.MOVE)
        or (term.below and going_to.path.startswith(term.unit.path))
        or (term.unit_id == going_to.pk and plan.kind == Kind.MERGE)
    ]
    return [term for term in before if term not in after], [term for term in after if term not in before]


def order(plan, now):
    """Save `plan`; one for today is carried out at once. Raises ValidationError when it cannot be done. The same form twice does it once."""
    today = timezone.localdate(now)
    with transaction.atomic():
        _one_at_a_time(plan)
        known = Reorganisation.objects.filter(key=plan.key, by=plan.by).first()
        if known:
            return known
        if reasons := obstacles(plan, today):
            raise ValidationError(reasons)
        if Reorganisation.objects.filter(unit=plan.unit, state=State.PLANNED).exists():
            raise ValidationError(_("Something is planned for this unit already. Call it off first."))
        plan.save()
        if plan.on <= today:
            _carry_out(plan, now)
    return plan


def carry_out_due(now):
    """Carry out what is planned for today or earlier, each for itself. Returns how many. What cannot be done any more says why."""
    done = 0
    for pk in list(Reorganisation.objects.due(timezone.localdate(now)).values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                done += _carry_out_if_it_can(pk, now)
        except Exception as error:  # one that cannot be done holds up no other
            logger.error("reorganisation %s failed: %s", pk, type(error).__name__)
    return done


def _carry_out_if_it_can(pk, now):
    plans = Reorganisation.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, state=State.PLANNED)
    plan = plans.select_related("unit__kind", "target__kind", "by").first()
    if plan is None:
        return False
    _one_at_a_time(plan)
    reasons = obstacles(plan, plan.on) if plan.by.is_active and leads(plan.by, plan) else [_(NO_RIGHT)]
    if reasons:
        plan.state, plan.remark = State.REFUSED, " ".join(reasons)[:300]
        plan.save(update_fields=["state", "remark"])
        return False
    _carry_out(plan, now)
    return True


def _one_at_a_time(plan):
    """Let other reorganisations and lists of the party wait until the end of the transaction, and look at the units as they are now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(8112, id::int) FROM branches_unit WHERE path = %s", [plan.unit.root_path])
    for unit in filter(None, (plan.unit, plan.target)):
        unit.refresh_from_db(fields=["path", "depth", "numchild", "closed_on"])


def _carry_out(plan, now):
    today = timezone.localdate(now)
    effects = {}
    if plan.kind == Kind.MOVE:
        effects["parent"] = above(plan.unit).pk
        Unit.objects.move(plan.unit, plan.target, "last-child")
        duties.settle(today)
    else:
        if plan.kind == Kind.SPLIT:
            plan.target = _new_unit(plan)
        if plan.target:
            effects |= _take_along(plan, plan.target, now)
        if plan.kind != Kind.SPLIT:
            effects |= _end_offices(plan)
            Unit.objects.filter(pk=plan.unit_id).update(closed_on=plan.on)
            effects["open"] = going_on.go_on(plan.unit, goes_on_in(plan), plan.on, now, with_members=plan.kind == Kind.MERGE)
    plan.effects, plan.state, plan.done_at = effects, State.DONE, now
    plan.save(update_fields=["target", "effects", "state", "done_at"])


def _new_unit(plan):
    base = slugify(plan.name, allow_unicode=True)[:70] or "unit"
    taken = set(Unit.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug = next(slug for n in range(1, len(taken) + 2) if (slug := f"{base}-{n}" if n > 1 else base) not in taken)
    fields = {"name": plan.name, "slug": slug, "kind": plan.unit.kind, "settings": plan.unit.settings}
    return Unit.objects.add_child(above(plan.unit), fields)


def _take_along(plan, target, now):
    """Let the people of `plan` belong to `target` from its day on: one period ends, the next begins. Returns what to undo it by."""
    unit, on, home = plan.unit, plan.on, not plan.unit.kind.is_section
    members = list((people(plan) | former(plan)).select_for_update().order_by("pk").values_list("pk", flat=True))
    own = Membership.objects.filter(Q(ends_on=None) | Q(ends_on__gt=on), unit=unit, home=home, member__in=members)
    # Who belongs to the other section as well just ends here.
    there = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), Q(ends_on=None) | Q(ends_on__gt=on), unit=target, home=home
    ).values("member")
    begun = own.filter(starts_on__lt=on)
    ended = list(begun.values_list("pk", "ends_on", "end_reason"))
    following = [
        Membership(member_id=member, unit=target, kind=kind, home=home, starts_on=on, ends_on=ends_on, end_reason=reason)
        for member, kind, ends_on, reason in begun.exclude(member__in=there).values_list("member", "kind", "ends_on", "end_reason")
    ]
    # A period that has not begun by then begins in the other unit.
    shifted = list(own.filter(starts_on__gte=on).exclude(member__in=there).values_list("pk", flat=True))
    begun.update(ends_on=on, end_reason=Membership.End.REORGANISED)
    Membership.objects.bulk_create(following, batch_size=5000)
    Membership.objects.filter(pk__in=shifted).update(unit=target)
    _record(members, unit, target, plan.by, now)
    if home:
        _settle(members, target, now)
    return {
        "members": {str(pk): version for pk, version in Member.objects.filter(pk__in=members).values_list("pk", "version")},
        "ended": [[pk, ends_on and ends_on.isoformat(), reason] for pk, ends_on, reason in ended],
        "begun": [period.pk for period in following],
        "shifted": shifted,
    }


def _record(members, unit, target, by, now):
    Change.objects.bulk_create(
        [
            Change(member_id=pk, kind=Change.Kind.REORGANISED, at=now, by=by, before={"home_unit": unit.slug}, after={"home_unit": target.slug})
            for pk in members
        ],
        batch_size=5000,
    )


def _settle(members, unit, now):
    """Give `members` their home in `unit`, and bring their journeys along."""
    found = Member.objects.filter(pk__in=members)
    found.update(home_unit=unit, version=F("version") + 1)
    journeys.follow(timezone.localdate(now), now, found)


def _end_offices(plan):
    """End the offices of the unit on the day. Returns what to undo it by: those that ended with their former ends, and those that were to begin later."""
    found = Appointment.objects.filter(Q(ends_on=None) | Q(ends_on__gt=plan.on), unit=plan.unit)
    ended = [[pk, ends_on and ends_on.isoformat()] for pk, ends_on in found.filter(starts_on__lt=plan.on).values_list("pk", "ends_on")]
    later = found.filter(starts_on__gte=plan.on)
    kept = serializers.serialize("json", later.order_by("pk"))
    later.delete()
    found.filter(starts_on__lt=plan.on).update(ends_on=plan.on)
    return {"appointments": ended, "not_begun": kept}


def why_it_stays(plan, now):
    """Why it cannot be taken back, "" when it can: on the day it was done, while nobody has worked on with its members since."""
    if plan.state != State.DONE:
        return _("There is nothing to take back.")
    if timezone.localdate(plan.done_at) != timezone.localdate(now):
        return _("It can be taken back on the day it was done only: the figures of past days stand. Reorganise the units anew instead.")
    versions = plan.effects.get("members", {})
    worked_on = Member.objects.filter(pk__in=versions).values_list("pk", "version")
    changed = sum(versions[str(pk)] != version for pk, version in worked_on) + len(versions) - len(worked_on)
    if changed:
        return ngettext(
            "%(n)s member has been changed since, so it stays.", "%(n)s members have been changed since, so it stays.", changed
        ) % {"n": changed}
    if plan.target and plan.kind == Kind.SPLIT and (
        people(Reorganisation(kind=Kind.MERGE, unit=plan.target, on=plan.on)).exclude(pk__in=versions).exists()
        or plan.target.appointments.exists()
    ):
        return _("Others belong to the new unit or hold its offices already, so it stays.")
    return ""


@transaction.atomic
def take_back(plan, by, now):
    """Put back what `plan` did. Raises ValidationError with the reason when it stays (see why_it_stays)."""
    plan = Reorganisation.objects.select_for_update(of=("self",)).select_related("unit__kind", "target__kind").get(pk=plan.pk)
    if reason := why_it_stays(plan, now):
        raise ValidationError(reason)
    unit, target, effects = plan.unit, plan.target, plan.effects
    if plan.kind == Kind.MOVE:
        Unit.objects.move(unit, Unit.objects.filter(pk=effects["parent"]).first(), "last-child")
        duties.settle(timezone.localdate(now))
    else:
        Unit.objects.filter(pk=unit.pk).update(closed_on=None)
        if target:
            _bring_back(plan, by, now)
        for pk, ends_on in effects.get("appointments", []):
            Appointment.objects.filter(pk=pk).update(ends_on=ends_on)
        for row in serializers.deserialize("json", effects.get("not_begun", "[]")):
            row.save()
        if plan.kind == Kind.SPLIT:
            Unit.objects.filter(pk=target.pk).update(closed_on=plan.on)
        else:
            going_on.bring_back(unit, goes_on_in(plan), effects["open"], now)
    plan.state = State.UNDONE
    plan.save(update_fields=["state"])


def _bring_back(plan, by, now):
    unit, target, effects = plan.unit, plan.target, plan.effects
    members = list(effects["members"])
    Membership.objects.filter(pk__in=effects["begun"]).delete()
    for end in {(ends_on, reason) for _pk, ends_on, reason in effects["ended"]}:
        alike = [pk for pk, *its_end in effects["ended"] if tuple(its_end) == end]
        Membership.objects.filter(pk__in=alike).update(ends_on=end[0], end_reason=end[1])
    Membership.objects.filter(pk__in=effects["shifted"]).update(unit=unit)
    _record(members, target, unit, by, now)
    if not unit.kind.is_section:
        _settle(members, unit, now)
