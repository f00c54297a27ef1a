"""Versions and rollouts of a standard in words: plain dicts for the pages, in the reader's language."""

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.models import Office
from common.labels import localized
from onboarding.models import Journey, JourneyStep, RolloutRow, StandardVersion, Step

What = RolloutRow.What


def told(pks, user):
    """[{"version", "changes", "journeys"}] of the versions with these pks, the newest first.

    changes: sentences, compared with the version before (the last of `pks` serves only for that, unless it is the first one); journeys: how
    many running ones `user` may see go by this version.
    """
    found = list(StandardVersion.objects.filter(pk__in=[pk for pk in pks if pk]).select_related("by").order_by("-number"))
    offices = {office.slug: str(office) for office in Office.objects.all()}
    steps = JourneyStep.objects.filter(version__in=found, journey__in=Journey.objects.running().visible_to(user))
    counts = dict(steps.order_by().values_list("version").annotate(Count("journey", distinct=True)))
    befores = [*found[1:], None][: len(found)]
    return [
        {
            "version": version,
            "changes": differences(before.content if before else {"steps": [], "left_out": []}, version.content, offices),
            "journeys": counts.get(version.pk, 0),
        }
        for version, before in zip(found, befores, strict=True)
    ]


def differences(before, after, offices):
    """Sentences that tell what became another one from the content `before` to `after`; offices: {slug: name}."""
    old, new = ({rule["step"]: rule for rule in content["steps"]} for content in (before, after))
    left, leaves = ({entry["step"]: entry["labels"] for entry in content["left_out"]} for content in (before, after))
    found = [
        _("New: %(step)s, %(rule)s, %(office)s") % {
            "step": localized(rule["labels"]), "rule": due_text(rule), "office": offices.get(rule["office"], rule["office"]),
        }
        for pk, rule in new.items() if pk not in old
    ]  # fmt: skip
    found += [_("Retired: %(step)s") % {"step": localized(rule["labels"])} for pk, rule in old.items() if pk not in new]
    for pk, rule in new.items():
        if pk in old:
            found += [f"{localized(rule['labels'])}: {text}" for text in _changed(old[pk], rule, offices)]
    found += [_("Left out here: %(step)s") % {"step": localized(labels)} for pk, labels in leaves.items() if pk not in left]
    found += [_("Taken in again: %(step)s") % {"step": localized(labels)} for pk, labels in left.items() if pk not in leaves]
    kept = [pk for pk in old if pk in new]
    if kept != [pk for pk in new if pk in old]:
        found.append(_("The order of the steps"))
    return found


def due_text(rule):
    return Step(due=rule["due"], count=rule["count"], reasons=rule["reasons"]).due_text()


def _changed(old, new, offices):
    arrow = _("%(old)s, now %(new)s")
    if (old["due"], old["count"]) != (new["due"], new["count"]):
        yield arrow % {"old": due_text(old), "new": due_text(new)}
    if old["office"] != new["office"]:
        yield arrow % {"old": offices.get(old["office"], old["office"]), "new": offices.get(new["office"], new["office"])}
    if old["labels"] != new["labels"]:
        yield _("name changed")
    if old["texts"] != new["texts"]:
        yield _("how it is done: text changed")
    if old.get("member_texts") != new.get("member_texts"):
        yield _("what the member reads: text changed")
    if old.get("goes_with") != new.get("goes_with"):
        yield _("goes with it: %(what)s") % {"what": Step.GoesWith(new.get("goes_with", "")).label}
    if old["done_by"] != new["done_by"]:
        yield _("counts as done when: %(what)s") % {"what": Step.DoneBy(new["done_by"]).label}
    if old["reasons"] != new["reasons"]:
        yield _("for whom: changed")
    if old["locked"] != new["locked"]:
        yield _("locked for the units below") if new["locked"] else _("no longer locked")


def title(step, what):
    """What happens to a step, as the head over the names."""
    return {
        What.ADDED: _("New: %(step)s"),
        What.CHANGED: _("Other date or office: %(step)s"),
        What.DROPPED: _("No longer due: %(step)s"),
    }[What(what)] % {"step": step}


def plan_rows(plan):
    """A row per step and what happens to it, with the number that leads to the names and what stays as it is."""
    rows = rollout_rows(plan.counts, plan.steps)
    for row in rows:
        row["notes"] = _notes(plan, row["step"].pk)
    mentioned = {row["step"].pk for row in rows}
    quiet = [step for pk, step in plan.steps.items() if pk not in mentioned and (plan.past[pk] or plan.stays[pk])]
    rows += [
        {"step": step, "title": str(step), "number": 0, "sub": "", "url": "", "tone": "calm", "notes": _notes(plan, step.pk)}
        for step in quiet
    ]
    return rows


def _notes(plan, pk):
    past, stays = plan.past[pk], plan.stays[pk]
    notes = []
    if past:
        text = ngettext("%(n)s journey does not get it: its date is over.", "%(n)s journeys do not get it: its date is over.", past)
        notes.append(text % {"n": past})
    if stays:
        notes.append(ngettext("%(n)s is done already and stays done.", "%(n)s are done already and stay done.", stays) % {"n": stays})
    return notes


def rollout_rows(counts, steps):
    """A row per (step, what) of `counts`, in the order of the standard."""
    order = {What.ADDED: 0, What.CHANGED: 1, What.DROPPED: 2}
    found = sorted(counts.items(), key=lambda item: (order[What(item[0][1])], steps[item[0][0]].position, item[0][0]))
    tones = {What.ADDED: "ok", What.CHANGED: "amber", What.DROPPED: "late"}
    return [
        {
            "step": steps[pk],
            "title": title(steps[pk], what),
            "number": number,
            "sub": "" if what == What.DROPPED else f"{steps[pk].due_text()} · {steps[pk].office}",
            "url": f"?step={pk}&what={what}#names",
            "tone": tones[What(what)],
            "notes": [],
        }
        for (pk, what), number in found
    ]


def chosen(plan, step, what):
    """{"title", "journeys"} behind the number the address asks for; None when it asks for none."""
    if not step.isdecimal() or (int(step), what) not in plan.counts:
        return None
    return {"title": title(plan.steps[int(step)], what), "journeys": plan.journeys(int(step), what)}
