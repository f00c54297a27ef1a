"""The pages of mentors and mentees by signed link from a mail: no account, and nothing of others but what a pair needs.

A link is good for DAYS, longer than others: a pair runs for half a year, and each mail of it brings a fresh one.
"""

import uuid
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.links import Found, Link
from membership.models import ACTIVE
from membership.own_data import language_of
from onboarding import matching, mentoring
from onboarding.mentoring_forms import MenteeForm, MentorForm
from onboarding.models import CheckIn, Mentee, Mentor, Pairing, Side
from onboarding.models.mentoring import MONTHS, TIME, TOPIC, responsible_for_complaints, with_words, words_of
from outbox.tasks import wake

DAYS = timedelta(days=200)
BOTH = [with_words(f"{side}__member") for side in Side.values]
CLOSING = {
    CheckIn.Answer.GOOD: _("It was good"),
    CheckIn.Answer.SLOW: _("It could have been better"),
}
PAIRED = ("pool__unit", "mentor__member__home_unit", "mentee__member__home_unit", "mentor__conduct", "mentee__conduct")


LINKS = {name: Link(f"onboarding:{name}", DAYS) for name in ("link_mentor", "link_mentee", "link_pair", "link_complaint", "link_check_in")}


def address(name, pk, side, on):
    """The full address of the page `name` for the row `pk` and one side (Side or ""), good until DAYS after the day `on`."""
    return LINKS[name].address(pk, side, on=on)


def by_link(rows, member_of):
    """view(request, row, side, now) for the token of a link. rows: the queryset; member_of(row, side): whose link it is."""

    def found(now, pk, side):
        row = get_object_or_404(rows.all(), pk=pk)
        member = member_of(row, side)
        return Found((row, side), language_of(member), member.status in ACTIVE)

    return lambda view: LINKS[view.__name__].opens(found, "onboarding/mentoring_closed.html")(view)


def own_member(row, side):
    return row.member


def member_of_side(pairing, side):
    return getattr(pairing, side).member


person_rows = ("member__home_unit", "pool__unit")


@by_link(Mentor.objects.select_related(*person_rows), own_member)
def link_mentor(request, mentor, side, now):
    """Mentors tell how many they accompany, in what, when and where; later they pause here."""
    form = MentorForm(request.POST or None, instance=mentor)
    if form.is_valid():
        with transaction.atomic():
            form.instance.declare(now)
            form.note_words(None, now)
        return redirect(request.path + "?saved=1")
    context = {"form": form, "mentor": mentor, "saved": "saved" in request.GET}
    return render(request, "onboarding/link_mentor.html", context, status=422 if form.errors else 200)


@by_link(Mentee.objects.select_related(*person_rows), own_member)
def link_mentee(request, mentee, side, now):
    """Members say whether they want a mentor, and what matters to them."""
    if request.POST.get("do") == "no":
        Mentee.objects.filter(pk=mentee.pk, state__in=(Mentee.State.OFFERED, Mentee.State.WAITING)).update(state=Mentee.State.DECLINED)
        return redirect(request.path)
    form = MenteeForm(request.POST or None, instance=mentee)
    if form.is_valid():
        with transaction.atomic():
            form.save()
            form.note_words(None, now)
            asked = Mentee.objects.filter(pk=mentee.pk, state__in=(Mentee.State.OFFERED, Mentee.State.DECLINED))
            asked.update(state=Mentee.State.WAITING, since=timezone.localdate(now))
            mentee.pool.order(now)
        return redirect(request.path)
    context = {"form": form, "mentee": mentee}
    return render(request, "onboarding/link_mentee.html", context, status=422 if form.errors else 200)


def other_side(pairing, side):
    """What one side may know of the other: first name, topics, times; once it runs, what they released to reach them."""
    other = pairing.mentee if side == Side.MENTOR else pairing.mentor
    member, runs = other.member, pairing.state in (Pairing.State.RUNNING, Pairing.State.PAUSED)
    email = member.email if runs and (side == Side.MENTEE or other.shares_email) else ""
    phone = (member.mobile or member.phone) if runs and side == Side.MENTOR and other.shares_phone else ""
    return {
        "name": member.given_name, "topics": words_of(member, TOPIC), "times": words_of(member, TIME), "email": email, "phone": phone,
    }  # fmt: skip


@by_link(Pairing.objects.select_related(*PAIRED).prefetch_related(*BOTH), member_of_side)
def link_pair(request, pairing, side, now):
    """Say yes or no when asked; later: who the other is, pause, done, or somebody else please."""
    on, me = timezone.localdate(now), getattr(pairing, side)
    conduct = mentoring.to_accept(me, pairing.pool)
    asked, must_accept = pairing.waits_for == side, conduct is not None
    unread = False
    if request.method == "POST":
        do = request.POST.get("do")
        unread = asked and do == "yes" and must_accept and not request.POST.get("conduct")
        if not unread:
            if asked:
                mentoring.answer_ask(pairing, side, do, request.POST, on, now)
            else:
                change_pair(pairing, do, on, now)
            wake()
            return redirect(request.path)
    pairing.refresh_from_db(fields=["state"])
    context = {
        "pairing": pairing, "side": side, "me": me, "other": other_side(pairing, side), "asked": asked, "conduct": conduct,
        "must_accept": must_accept, "unread": unread, "reasons": matching.words(pairing.facts | {"taken": 0}, matching.tags_of([pairing])),
        "complaint_url": address("link_complaint", pairing.pk, side, on), "is_mentor": side == Side.MENTOR,
        "profile_url": address("link_mentor", pairing.mentor_id, "", on) if side == Side.MENTOR else "",
    }  # fmt: skip
    return render(request, "onboarding/link_pair.html", context, status=422 if unread else 200)


def change_pair(pairing, do, on, now):
    """What either side may do with a pair that runs."""
    runs = pairing.state in (Pairing.State.RUNNING, Pairing.State.PAUSED)
    if do == "pause":
        pairing.pause()
    elif do == "resume":
        pairing.resume(on)
    elif runs and do == "done":
        mentoring.close(pairing, Pairing.End.DONE, on)
    elif runs and do == "rematch" and mentoring.close(pairing, Pairing.End.REMATCH, on):
        pairing.pool.order(now)


@by_link(Pairing.objects.select_related(*PAIRED, "pool__complaint_office"), member_of_side)
def link_complaint(request, pairing, side, now):
    """A complaint in confidence: it goes past the units of both."""
    key = request.POST.get("key") or str(uuid.uuid4())
    text, error = request.POST.get("text", "").strip()[:4000], ""
    if request.method == "POST":
        try:
            if not text:
                raise ValidationError(_("Please write something."))
            # The form says its key itself: with that of another form it must not find somebody else's complaint.
            mentoring.complain(pairing, side, text, uuid.uuid5(uuid.NAMESPACE_URL, f"{request.path} {key}"), now)
            wake()
            return redirect(request.path + "?sent=1")
        except ValidationError as found:
            error = found.messages[0]
    try:
        _unit, office = responsible_for_complaints(pairing, timezone.localdate(now))
    except ValidationError as found:
        office, error = pairing.pool.complaint_office, error or found.messages[0]
    context = {"key": key, "sent": "sent" in request.GET, "text": text, "error": error, "office": office}
    return render(request, "onboarding/link_complaint.html", context, status=422 if error else 200)


def member_of_check_in(check_in, side):
    return member_of_side(check_in.pairing, check_in.side)


@by_link(CheckIn.objects.select_related(*(f"pairing__{name}" for name in PAIRED)), member_of_check_in)
def link_check_in(request, check_in, side, now):
    """How it goes, in one tap; after the end a word of feedback."""
    closing = check_in.occasion == "closing"
    answers = [row for row in CheckIn.Answer if not closing or row in (CheckIn.Answer.GOOD, CheckIn.Answer.SLOW)]
    if request.method == "POST":
        given = request.POST.get("answer")
        if given not in answers:
            raise Http404
        mentoring.answer(check_in, given, request.POST.get("text", "").strip()[:1000], timezone.localdate(now), now)
        wake()
        return redirect(request.path)
    other = other_side(check_in.pairing, check_in.side)["name"] if not check_in.answer else ""
    complaint_url = address("link_complaint", check_in.pairing_id, check_in.side, timezone.localdate(now))
    labels = CLOSING if closing else {}
    last = check_in.occasion == f"month:{MONTHS[-1]}" and check_in.pairing.state == Pairing.State.RUNNING
    context = {
        "check_in": check_in, "closing": closing, "other": other, "complaint_url": complaint_url,
        "pair_url": address("link_pair", check_in.pairing_id, check_in.side, timezone.localdate(now)) if last else "",
        "answers": [{"value": row.value, "label": labels.get(row, row.label)} for row in answers],
    }  # fmt: skip
    return render(request, "onboarding/link_check_in.html", context)
