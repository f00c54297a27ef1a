"""Mentoring for the officer: suggestions, pairs, mentors, who waits, the code of conduct, complaints."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches import scope
from branches.models import Unit
from branches.scope import Right
from common.context import place_of
from common.keyset import page_of
from common.presets import as_presets, chosen
from common.toasts import say
from membership.models import Member
from membership.own_data import language_of
from onboarding import matching, mentoring
from onboarding.mentoring_forms import ConductForm, MentorAddForm, MentorOfficerForm
from onboarding.models import Complaint, Conduct, Journey, Mentee, Mentor, Pairing, PairRule, Pool, Side
from onboarding.tasks import wake_pools
from outbox.tasks import wake

FORM = ["GET", "HEAD", "POST"]
PAIRS = {
    "attention": gettext_lazy("To look at"), "asked": gettext_lazy("Asked"), "running": gettext_lazy("Running"), "ended": gettext_lazy("Ended"),
}  # fmt: skip
MENTORS = {
    "declared": gettext_lazy("To be confirmed"), "confirmed": gettext_lazy("Confirmed"), "invited": gettext_lazy("Invited"),
    "retired": gettext_lazy("No longer"),
}  # fmt: skip
WAITING = {"waiting": gettext_lazy("Waiting"), "offered": gettext_lazy("Asked"), "new": gettext_lazy("New members, not asked yet")}
TONES = {"asked": "amber", "agreed": "amber", "running": "ok", "paused": "calm", "declared": "amber", "confirmed": "ok"}


def parts(pool, current):
    """The places within mentoring, as presets."""
    places = [
        ("suggestions", _("Suggestions"), reverse("onboarding:mentoring_home") + f"?pool={pool.pk}"),
        ("pairs", _("Pairs"), reverse("onboarding:pairing_list")),
        ("mentors", _("Mentors"), reverse("onboarding:mentor_list", args=[pool.pk])),
        ("waiting", _("Waiting for a mentor"), reverse("onboarding:mentee_list", args=[pool.pk])),
        ("rules", _("Pinned and ruled out"), reverse("onboarding:pair_rule_list", args=[pool.pk])),
        ("conduct", _("Code of conduct"), reverse("onboarding:mentoring_conduct", args=[pool.pk])),
        ("complaints", _("Complaints"), reverse("onboarding:complaint_list")),
    ]
    return [{"label": label, "url": url, "current": name == current} for name, label, url in places]


def _pool(request, pk):
    return get_object_or_404(Pool.objects.visible_to(request.user).select_related("unit__kind"), pk=pk)


@login_required
@require_safe
def mentoring_home(request):
    """What is suggested in one's pool, and why; with figures. Without a pool: the pairs of one's own members, and how to begin."""
    on = timezone.localdate()
    pools = list(Pool.objects.visible_to(request.user).select_related("unit__kind").order_by("unit__path")[:50])
    place = place_of(request)
    pool = next((row for row in pools if str(row.pk) == request.GET.get("pool")), None) or _nearest(pools, place) or next(iter(pools), None)
    if pool is None:
        may_begin = place and Unit.objects.filter(scope.covers_whole(request.user, Right.LEAD), pk=place.unit_id, kind__is_section=False).exists()
        above = place and Pool.objects.filter(unit__path__in=place.unit.ancestor_paths()).select_related("unit__kind").order_by("-unit__path").first()
        context = {"unit": place.unit if may_begin else None, "above": above and above.unit}
        return render(request, "onboarding/mentoring_home.html", context | own_pairs(request))
    found = pool.suggestions.select_related("mentee__member__home_unit", "mentor__member__home_unit", "was__member")
    page = page_of(found, ("-score", "-pk"), request.GET)
    tags = matching.tags_of(page.rows)
    for row in page.rows:
        row.why = matching.words(row.facts, tags)
    context = {
        "pool": pool, "pools": pools if len(pools) > 1 else [], "parts": parts(pool, "suggestions"), "page": page, "figures": figures(pool, on),
        "total": pool.figures.get("suggested"), "told": told(pool), "may_ask": pool.conducts.exists(),
        "left": Mentee.objects.waiting().filter(pool=pool).exclude(why_not="").count() if page.rows or pool.figures else 0,
        "complaints": Complaint.objects.visible_to(request.user).filter(closed_at=None).count(),
    }  # fmt: skip
    return render(request, "onboarding/mentoring_home.html", context)


def own_pairs(request):
    """Running pairs of the members one cares for, for who leads no pool: their own member, the mentor's name and unit, nothing else."""
    cared_for = Member.objects.editable_by(request.user)
    found = Pairing.objects.filter(mentee__member__in=cared_for, state__in=(Pairing.State.RUNNING, Pairing.State.PAUSED))
    page = page_of(found.select_related("mentee__member", "mentor__member__home_unit"), ("-started_on", "-pk"), request.GET)
    return {"pairs": page}


def _nearest(pools, place):
    """The pool the place lies in, nearest first; else the first one below it."""
    above = [row for row in pools if place and place.unit.path.startswith(row.unit.path)]
    below = [row for row in pools if place and row.unit.path.startswith(place.unit.path)]
    return above[-1] if above else next(iter(below), None)


def figures(pool, on):
    pairs = pool.pairings.aggregate(
        running=Count("pk", filter=Q(state__in=(Pairing.State.RUNNING, Pairing.State.PAUSED))),
        asked=Count("pk", filter=Q(state__in=(Pairing.State.ASKED, Pairing.State.AGREED))),
    )
    places = Mentor.objects.with_free_places(on).filter(pool=pool).values("pk", "places", "taken")
    look = sum(rows.count() for rows in mentoring.attention([pool.pk], on))
    address = reverse("onboarding:pairing_list")
    return [
        {"label": _("Waiting for a mentor"), "value": Mentee.objects.waiting().filter(pool=pool).count(), "url": reverse("onboarding:mentee_list", args=[pool.pk])},
        {"label": _("Free places"), "value": sum(row["places"] - row["taken"] for row in places), "url": reverse("onboarding:mentor_list", args=[pool.pk])},
        {"label": _("Running pairs"), "value": pairs["running"], "url": address + "?show=running", "sub": _("%(n)s asked") % {"n": pairs["asked"]}},
        {"label": _("To look at"), "value": look, "url": address + "?show=attention", "tone": "late" if look else ""},
    ]


def told(pool):
    """What the last run did, in one sentence."""
    last = pool.figures
    if not last or last["too_large"]:
        return _("This pool is too large for one assignment: please begin mentoring in the districts.") if last else ""
    text = ngettext("%(n)s of %(all)s waiting gets a suggestion.", "%(n)s of %(all)s waiting get a suggestion.", last["suggested"])
    changed = ngettext("%(n)s suggestion changed since the run before.", "%(n)s suggestions changed since the run before.", last["changed"])
    return text % {"n": last["suggested"], "all": last["waiting"]} + " " + changed % {"n": last["changed"]}


@login_required
@require_POST
def mentoring_begin(request, slug):
    """Begin mentoring in a unit one leads whole."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user), slug=slug)
    if not Unit.objects.filter(scope.covers_whole(request.user, Right.LEAD), pk=unit.pk).exists():
        raise PermissionDenied
    pool = mentoring.begin(unit, timezone.now())
    return redirect("onboarding:mentoring_conduct", pool.pk)


@login_required
@require_POST
def suggestion_decide(request, pk):
    """POST do=approve, pin or forbid with `pick`, or all=1; do=again makes all anew."""
    pool, now, do = _pool(request, pk), timezone.now(), request.POST.get("do")
    chosen = pool.suggestions.select_related("mentee", "mentor")
    if not request.POST.get("all"):
        chosen = chosen.filter(pk__in=[pick for pick in request.POST.getlist("pick") if pick.isdecimal() and len(pick) < 18])
    back = redirect(reverse("onboarding:mentoring_home") + f"?pool={pool.pk}")
    if do == "again":
        pool.order(now)
    elif do == "approve":
        try:
            asked, left_out = mentoring.approve(pool, list(chosen.values_list("pk", flat=True)), request.user, now)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("onboarding:mentoring_conduct", pool.pk)
        text = ngettext("%(n)s mentor is asked by mail.", "%(n)s mentors are asked by mail.", asked) % {"n": asked}
        if left_out:
            text += " " + ngettext("%(n)s pair does not fit any more; suggestions are made anew.", "%(n)s pairs do not fit any more; suggestions are made anew.", left_out) % {"n": left_out}
        say(request, text)
        wake()
    elif do in PairRule.Kind.values:
        rows = list(chosen)
        for row in rows:
            mentoring.rule(pool, row, do, request.user, now)
        say(request, _("Noted. The suggestions are made anew; then you see what changed."))
    wake_pools()
    return back


# --- who waits ---------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def mentee_list(request, pk):
    """Who waits and why without a suggestion; who was asked; new members nobody has asked."""
    pool, show = _pool(request, pk), chosen(request, WAITING, "waiting")
    if show == "new":
        page = page_of(_not_asked(pool, request.user).select_related("member__home_unit"), ("-started_on", "-pk"), request.GET)
    else:
        found = Mentee.objects.waiting().filter(pool=pool) if show == "waiting" else pool.mentees.filter(state=Mentee.State.OFFERED)
        page = page_of(found.select_related("member__home_unit", "suggestion"), ("since", "pk"), request.GET)
        for row in page.rows:
            row.why = matching.WHY_NOT.get(row.why_not, "") if show == "waiting" and not hasattr(row, "suggestion") else ""
    context = {"pool": pool, "parts": parts(pool, "waiting"), "presets": as_presets(WAITING, show), "show": show, "page": page}
    return render(request, "onboarding/mentee_list.html", context)


def _not_asked(pool, user):
    """Running journeys in the pool of members who were never asked about mentoring."""
    known = Mentee.objects.filter(member=OuterRef("member"))
    return Journey.objects.editable_by(user).running().arriving().in_unit(pool.unit).filter(~Exists(known))


@login_required
@require_POST
def mentee_add(request, pk):
    """POST `pick` of journeys: do=offer asks them by mail whether they want a mentor, do=wait notes that they do."""
    pool, now = _pool(request, pk), timezone.now()
    picks = [pick for pick in request.POST.getlist("pick") if pick.isdecimal() and len(pick) < 18]
    found = Member.objects.filter(pk__in=_not_asked(pool, request.user).filter(pk__in=picks).values("member")).select_related("home_unit")
    waits = request.POST.get("do") == "wait"
    unreachable = 0 if waits else found.filter(email="").count()
    if unreachable:
        found = found.exclude(email="")
    state = Mentee.State.WAITING if waits else Mentee.State.OFFERED
    rows = [
        Mentee(member=member, pool=pool, state=state, languages=[language_of(member)], by=request.user, at=now, since=timezone.localdate(now))
        for member in found
    ]
    with transaction.atomic():
        Mentee.objects.bulk_create(rows, ignore_conflicts=True)
        if waits:
            pool.order(now)
        else:
            mentoring.write_mails(now)
            wake()
    text = ngettext("%(n)s person waits for a mentor.", "%(n)s people wait for a mentor.", len(rows)) if waits else ngettext("%(n)s person is asked.", "%(n)s people are asked.", len(rows))
    text %= {"n": len(rows)}
    if unreachable:
        left = ngettext(
            "%(n)s has no mail address: please ask them yourself, then choose “They want one”.",
            "%(n)s have no mail address: please ask them yourself, then choose “They want one”.", unreachable,
        )  # fmt: skip
        text = f"{text} {left % {'n': unreachable}}" if rows else left % {"n": unreachable}
    say(request, text)
    return redirect(reverse("onboarding:mentee_list", args=[pool.pk]) + "?show=" + ("waiting" if waits else "offered" if rows else "new"))


# --- mentors -----------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def mentor_list(request, pk):
    pool, show = _pool(request, pk), chosen(request, MENTORS, "confirmed")
    taken = Count("pairings", filter=Q(pairings__state__in=Pairing.OPEN))
    found = pool.mentors.filter(state=show).select_related("member__home_unit").annotate(taken=taken)
    page = page_of(found, ("-at", "-pk"), request.GET)
    on = timezone.localdate()
    for row in page.rows:
        row.what = _("%(taken)s of %(places)s places taken") % {"taken": row.taken, "places": row.places}
        row.pill = _("pause until %(day)s") % {"day": date_format(row.paused_until, "SHORT_DATE_FORMAT")} if row.paused_until and row.paused_until > on else ""
    context = {"pool": pool, "parts": parts(pool, "mentors"), "presets": as_presets(MENTORS, show), "page": page, "show": show}
    return render(request, "onboarding/mentor_list.html", context)


@login_required
@require_http_methods(FORM)
def mentor_add(request, pk):
    """Ask a member by mail to become a mentor."""
    pool, now = _pool(request, pk), timezone.now()
    form = MentorAddForm(request.POST if request.method == "POST" else None, user=request.user, pool=pool)
    if form.is_valid():
        member = form.cleaned_data["who"]
        with transaction.atomic():
            Mentor.objects.get_or_create(
                member=member, defaults={"pool": pool, "languages": [language_of(member)], "by": request.user, "at": now}
            )
            mentoring.write_mails(now)
        wake()
        say(request, _("%(name)s gets a mail with a link.") % {"name": member.name})
        return redirect(reverse("onboarding:mentor_list", args=[pool.pk]) + "?show=invited")
    return render(request, "onboarding/mentor_add.html", {"form": form, "pool": pool}, status=422 if form.errors else 200)


@login_required
@require_http_methods(FORM)
def mentor_detail(request, pk):
    """Profile of a mentor and their pairs. POST do=save, do=confirm (with the profile as it stands in the form), do=retire."""
    mentor = get_object_or_404(Mentor.objects.visible_to(request.user).select_related("member__home_unit", "pool__unit", "conduct"), pk=pk)
    now, do = timezone.now(), request.POST.get("do")
    form = MentorOfficerForm(request.POST if do in ("save", "confirm") else None, instance=mentor)
    if do == "retire":
        mentor.retire()
        say(request, _("%(name)s gets no new people; pairs go on.") % {"name": mentor})
        return redirect("onboarding:mentor_list", mentor.pool_id)
    if form.is_valid():
        with transaction.atomic():
            form.save()
            form.note_words(request.user, now)
            if do == "confirm":
                Mentor.objects.filter(pk=pk, state__in=(Mentor.State.INVITED, Mentor.State.RETIRED)).update(state=Mentor.State.DECLARED)
                mentor.confirm(request.user, now)
            mentor.pool.order(now)
        say(request, _("Confirmed.") if do == "confirm" else _("Saved."))
        return redirect("onboarding:mentor_detail", pk)
    pairs = mentor.pairings.select_related("mentee__member").order_by("-asked_on", "-pk")[:50]
    context = {"mentor": mentor, "form": form, "pairs": [pair_row(row, row.mentee.member.name) for row in pairs]}
    return render(request, "onboarding/mentor_detail.html", context, status=422 if form.errors else 200)


# --- pairs -------------------------------------------------------------------------------------------------------------


def pair_row(row, name):
    since = {"asked": row.asked_on, "agreed": row.agreed_on, "ended": row.ended_on}.get(row.state, row.started_on)
    pill = row.get_ended_display() if row.ended else row.get_state_display()
    day = date_format(since, "SHORT_DATE_FORMAT") if since else ""
    return {"name": name, "url": reverse("onboarding:pairing_detail", args=[row.pk]), "what": day, "pill": pill, "tone": TONES.get(row.state, "")}


@login_required
@require_safe
def pairing_list(request):
    """Pairs of one's pools."""
    show, on = chosen(request, PAIRS, "running"), timezone.localdate()
    found = Pairing.objects.visible_to(request.user)
    pool = Pool.objects.visible_to(request.user).first()
    if pool is None:
        raise PermissionDenied
    if show == "attention":
        unanswered, silent, asking, to_call = mentoring.attention(Pool.objects.visible_to(request.user), on)
        pks = [rows.values("pk") for rows in (unanswered, silent, to_call)]
        found = found.filter(Q(pk__in=pks[0]) | Q(pk__in=pks[1]) | Q(pk__in=pks[2]) | Q(pk__in=asking.values("pairing")))
    else:
        states = {"asked": ("asked", "agreed"), "running": ("running", "paused"), "ended": ("ended",)}[show]
        found = found.filter(state__in=states)
    page = page_of(found.select_related("mentor__member", "mentee__member"), ("-asked_on", "-pk"), request.GET)
    rows = [pair_row(row, _("%(mentee)s with %(mentor)s") % {"mentee": row.mentee.member.name, "mentor": row.mentor.member.name}) for row in page.rows]
    context = {"parts": parts(pool, "pairs"), "presets": as_presets(PAIRS, show), "page": page, "rows": rows}
    return render(request, "onboarding/pairing_list.html", context)


@login_required
@require_safe
def pairing_detail(request, pk):
    """How a pair came about and how it goes."""
    seen = Pairing.objects.visible_to(request.user).select_related("mentor__member__home_unit", "mentee__member__home_unit", "by", "pool__unit")
    pairing = get_object_or_404(seen, pk=pk)
    asked = pairing.waits_for and getattr(pairing, pairing.waits_for)
    context = {
        "asked": asked and asked.member, "conduct": asked and mentoring.to_accept(asked, pairing.pool), "asks_mentee": pairing.waits_for == Side.MENTEE,
        "pairing": pairing, "why": matching.words(pairing.facts, matching.tags_of([pairing])), "entries": story(pairing),
        "tone": TONES.get(pairing.state, ""), "is_open": pairing.state in Pairing.OPEN,
        "endings": [(end.value, end.label) for end in (Pairing.End.DONE, Pairing.End.REMATCH, Pairing.End.BADLY)],
    }  # fmt: skip
    return render(request, "onboarding/pairing_detail.html", context)


def story(pairing):
    """What happened to a pair, the newest first, as timeline entries."""
    found = [
        (pairing.asked_on, _("Mentor asked"), pairing.by), (pairing.agreed_on, _("Mentor agreed, mentee asked"), None),
        (pairing.started_on, _("Both agreed"), None), (pairing.silence_asked_on, _("Both asked because of silence"), None),
        (pairing.ended_on, pairing.ended and _("Ended: %(why)s") % {"why": pairing.get_ended_display()}, None),
    ]  # fmt: skip
    entries = [{"on": on, "text": text, "by": by} for on, text, by in found if on]
    for row in pairing.check_ins.all():
        if row.answer:
            text = f"{row.get_side_display()}: {row.get_answer_display()}"
            entries.append({"on": row.answered_on, "text": text, "note": row.text})
    return sorted(reversed(entries), key=lambda entry: entry["on"], reverse=True)


@login_required
@require_POST
def pairing_change(request, pk):
    """POST do=pause, resume, or end with `why`; do=yes or no: what the side `side` that is asked said by phone."""
    pairing = get_object_or_404(Pairing.objects.visible_to(request.user).select_related("pool", "mentor__member", "mentee__member"), pk=pk)
    now, do, why = timezone.now(), request.POST.get("do"), request.POST.get("why")
    on = timezone.localdate(now)
    if do == "pause":
        done = pairing.pause()
    elif do == "resume":
        done = pairing.resume(on)
    elif do in ("yes", "no") and pairing.waits_for == request.POST.get("side"):
        if do == "yes" and mentoring.to_accept(getattr(pairing, pairing.waits_for), pairing.pool) and not request.POST.get("conduct"):
            messages.error(request, _("Please read them the code of conduct first: both sides accept it before their first pair."))
            return redirect("onboarding:pairing_detail", pk)
        done = mentoring.answer_ask(pairing, pairing.waits_for, do, request.POST, on, now)
        wake()
    elif do == "end" and why in (Pairing.End.DONE, Pairing.End.REMATCH, Pairing.End.BADLY):
        with transaction.atomic():
            done = mentoring.close(pairing, why, on)
            pairing.pool.order(now)
            mentoring.write_mails(now)
        wake()
    else:
        done = False
    say(request, _("Noted.") if done else _("Nothing was changed: somebody else was faster."))
    return redirect("onboarding:pairing_detail", pk)


# --- conduct and complaints --------------------------------------------------------------------------------------------


@login_required
@require_http_methods(FORM)
def mentoring_conduct(request, pk):
    """The code of conduct: a changed text is a new version, which both sides accept before their next pair."""
    pool, now = _pool(request, pk), timezone.now()
    form = ConductForm(request.POST if request.method == "POST" else None, pool=pool)
    current = pool.conducts.first()
    if form.is_valid():
        with transaction.atomic():
            locked = Pool.objects.select_for_update().filter(pk=pool.pk).first()
            locked.complaint_office = form.cleaned_data["complaint_office"]
            locked.save(update_fields=["complaint_office"])
            last = locked.conducts.first()
            if last is None or last.texts != form.texts:
                Conduct.objects.create(pool=locked, version=last.version + 1 if last else 1, texts=form.texts, by=request.user, at=now)
        say(request, _("Saved."))
        return redirect("onboarding:mentoring_conduct", pk)
    context = {"pool": pool, "parts": parts(pool, "conduct"), "form": form, "current": current}
    return render(request, "onboarding/mentoring_conduct.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def complaint_list(request):
    """Complaints for whoever holds the office they were sent to."""
    found = Complaint.objects.visible_to(request.user).select_related("pairing__mentor__member", "pairing__mentee__member")
    page = page_of(found, ("-at", "-pk"), request.GET)
    rows = [
        {
            "name": _("%(mentee)s with %(mentor)s") % {"mentee": row.pairing.mentee.member.name, "mentor": row.pairing.mentor.member.name},
            "url": reverse("onboarding:complaint_detail", args=[row.pk]), "what": date_format(timezone.localtime(row.at), "SHORT_DATE_FORMAT"),
            "pill": _("closed") if row.closed_at else _("open"), "tone": "ok" if row.closed_at else "late",
        }
        for row in page.rows
    ]  # fmt: skip
    pool = Pool.objects.visible_to(request.user).first()
    context = {"rows": rows, "page": page, "parts": parts(pool, "complaints") if pool else []}
    return render(request, "onboarding/complaint_list.html", context)


@login_required
@require_http_methods(FORM)
def complaint_detail(request, pk):
    """Read a complaint and note what was done. POST `note`, `badly`: the pair ends and never comes again."""
    seen = Complaint.objects.visible_to(request.user).select_related("pairing__mentor__member", "pairing__mentee__member", "pairing__pool", "closed_by")
    complaint = get_object_or_404(seen, pk=pk)
    now = timezone.now()
    if request.method == "POST":
        with transaction.atomic():
            if complaint.close(request.POST.get("note", "").strip()[:4000], request.user, now) and request.POST.get("badly"):
                mentoring.close(complaint.pairing, Pairing.End.BADLY, timezone.localdate(now))
                complaint.pairing.pool.order(now)
        return redirect("onboarding:complaint_detail", pk)
    return render(request, "onboarding/complaint_detail.html", {"complaint": complaint, "is_open": complaint.pairing.state in Pairing.OPEN})
