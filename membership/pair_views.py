"""Records that may be one person: the list of pairs, both side by side, the merge and its undo, and asking other units."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import Right, if_seen
from common.keyset import page_of
from common.toasts import say
from membership import duplicates, merging, reading
from membership.forms import OtherRecordForm
from membership.models import CustomField, Member, Merge, Pair, Question, Reading
from membership.models.merging import UNDO_FOR

LATER = timedelta(days=30)
SHOWN = {
    "given_name": gettext_lazy("Given name"),
    "family_name": gettext_lazy("Family name"),
    "title": pgettext_lazy("of a person", "Title"),
    "gender": gettext_lazy("Gender"),
    "birth_date": gettext_lazy("Birth date"),
    "number": gettext_lazy("Number"),
    "email": gettext_lazy("Mail"),
    "mobile": gettext_lazy("Mobile"),
    "phone": gettext_lazy("Phone"),
    "address": gettext_lazy("Address"),
    "language": gettext_lazy("Language"),
    "membership": gettext_lazy("Membership"),
}
# What those who are asked see of the record of the unit that asks.
ASKED = ("given_name", "family_name", "birth_date")


def _leads(request):
    if not any(a.right >= Right.LEAD for a in request.user.appointments_now):
        raise PermissionDenied


def _pairs(request):
    return Pair.objects.visible_to(request.user).select_related("low__home_unit", "high__home_unit")


def _pair(request, pk):
    return get_object_or_404(_pairs(request), pk=pk)


def _leads_both(user, pair):
    return merging.may_merge(user, pair.low) and merging.may_merge(user, pair.high)


def _person(user, member):
    """A record in the list of pairs, as far as `user` may know it."""
    leads = merging.may_merge(user, member)
    born = member.birth_date and formats.date_format(member.birth_date, "SHORT_DATE_FORMAT")
    facts = [member.home_unit.name, born, member.number if leads else "", member.get_status_display() if leads else ""]
    return {"name": member.name, "url": member.get_absolute_url() if leads else "", "facts": [fact for fact in facts if fact]}


@login_required
@require_safe
def pair_list(request):
    """Pairs to decide, the likeliest first: those one leads both of, and those another unit asks about."""
    _leads(request)
    page = page_of(_pairs(request).open(timezone.localdate()), ("-score", "-pk"), request.GET)
    rows = [
        {
            "pk": pair.pk,
            "low": _person(request.user, pair.low),
            "high": _person(request.user, pair.high),
            "reasons": duplicates.told(pair.reasons),
            "asked": not _leads_both(request.user, pair),
        }
        for pair in page.rows
    ]
    return render(request, "membership/pair_list.html", {"rows": rows, "page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pair_detail(request, pk):
    """Both records side by side; POST merges them. Of a record one does not lead, only what its unit shows by asking."""
    pair = _pair(request, pk)
    members = {"low": pair.low, "high": pair.high}
    both = _leads_both(request.user, pair)
    refused = ""
    if request.method == "POST":
        survivor, taken = _chosen(request, pair, both)
        gone = pair.high if survivor == pair.low else pair.low
        if not both:
            _check_asked(request.user, pair)
        try:
            record = merging.merge(survivor.pk, gone.pk, request.user, timezone.now(), taken, request.POST.get("shown"))
        except merging.Refused as error:
            refused = error.message
            pair = _pair(request, pk)
            members = {"low": pair.low, "high": pair.high}
        else:
            say(request, _("Two records are one now."), reverse("membership:merge_undo", args=[record.pk]) if both else "")
            return redirect(survivor) if merging.may_merge(request.user, survivor) else redirect("membership:pair_list")
    reading.note(request.user, [pair.low_id, pair.high_id], Reading.What.PAGE, timezone.now())
    survivor, taken = _usual(request.user, pair, both)
    gone = pair.high if survivor == pair.low else pair.low
    context = {
        "pair": pair,
        "both": both,
        "refused": refused,
        "reasons": duplicates.told(pair.reasons),
        "stamp": merging.stamp(pair.low, pair.high),
        "people": _columns(request.user, pair, survivor, both),
        "rows": _rows(request.user, members, survivor, taken, both),
        "joined_on": min(pair.low.joined_on, pair.high.joined_on),
        "home": gone.home_unit if "membership" in taken else survivor.home_unit,
        "undo_days": UNDO_FOR.days,
    }
    return render(request, "membership/pair_detail.html", context, status=409 if refused else 200)


def _usual(user, pair, both):
    """(the survivor, names of the fields taken from the other record) unless somebody chooses otherwise.

    With a record of another unit one's own stays and gets only what it has nothing for: nobody shall change or take away a member by
    asking about an invented one.
    """
    own = pair.low if merging.may_merge(user, pair.low) else pair.high
    survivor = merging.survivor_of_two(pair.low, pair.high) if both else own
    gone = pair.high if survivor == pair.low else pair.low
    return survivor, (merging.proposal if both else merging.filling)(survivor, gone)


def _chosen(request, pair, both):
    """(the survivor, names of the fields taken from the other one) as posted, where one may choose."""
    if not both or "survivor" not in request.POST:
        return _usual(request.user, pair, both)
    side = "high" if request.POST.get("survivor") == "high" else "low"
    survivor, gone = (pair.high, pair.low) if side == "high" else (pair.low, pair.high)
    own = {name for name, _mine, _theirs in merging.clashes(survivor, gone)}
    asked = {name for name in merging.CHOICES.keys() | own if request.POST.get(name) in ("low", "high")}
    taken = {name for name in asked if request.POST[name] != side}
    return survivor, taken | ((own - asked) & merging.proposal(survivor, gone))  # what one may not see is taken as usual


def _check_asked(user, pair):
    """Whoever asked must still lead the record they asked for. Raises PermissionDenied."""
    foreign = pair.low if not merging.may_merge(user, pair.low) else pair.high
    question = foreign.questions.open().select_related("by").first()
    if question is None or not question.by.is_active or not merging.may_merge(question.by, foreign):
        raise PermissionDenied


def _columns(user, pair, survivor, both):
    moves = merging.moving([pair.low, pair.high]) if both else {}
    return [
        {**_person(user, member), "side": side, "stays": member == survivor, "moves": moves.get(member.pk, [])}
        for side, member in (("low", pair.low), ("high", pair.high))
    ]


def _rows(user, members, survivor, taken, both):
    """The fields side by side: {name, label, same, sides: [{side, text, chosen}]}; what one may not see is not there."""
    rows = []
    for name, label in SHOWN.items():
        if not both and name not in ASKED:
            continue
        texts = {side: _text(member, name) for side, member in members.items()}
        if any(texts.values()):
            sides = [
                {"side": side, "name": member.name, "text": texts[side], "chosen": (member == survivor) != (name in taken)}
                for side, member in members.items()
            ]
            rows.append({"name": name, "label": label, "same": texts["low"] == texts["high"], "sides": sides})
    return rows + (_own_rows(user, members, survivor, taken) if both else [])


def _own_rows(user, members, survivor, taken):
    """The same for the own fields of units in which both records say something else, as far as `user` may see them."""
    found = merging.clashes(members["low"], members["high"])
    seen = set(CustomField.objects.visible_to(user).filter(pk__in=[low.field_id for _name, low, _high in found]).values_list("pk", flat=True))
    return [
        {
            "name": name, "label": str(low.field), "same": False,
            "sides": [
                {"side": side, "name": members[side].name, "text": low.field.told(value.value), "chosen": (members[side] == survivor) != (name in taken)}
                for side, value in (("low", low), ("high", high))
            ],
        }
        for name, low, high in found if low.field_id in seen
    ]  # fmt: skip


def _text(member, name):
    if name == "address":
        return ", ".join(filter(None, (member.street, f"{member.postcode} {member.city}".strip(), member.country)))
    if name == "membership":
        joined = formats.date_format(member.joined_on, "SHORT_DATE_FORMAT")
        return _("%(status)s, %(unit)s, since %(day)s") % {"status": member.get_status_display(), "unit": member.home_unit, "day": joined}
    if name == "gender":
        return str(member.get_gender_display()) if member.gender else ""
    value = getattr(member, name)
    return formats.date_format(value, "SHORT_DATE_FORMAT") if name == "birth_date" and value else str(value or "")


@login_required
@require_POST
def pair_decide(request, pk):
    """Not the same person, later, or open again."""
    pair = _pair(request, pk)
    now = timezone.now()
    undo = reverse("membership:pair_decide", args=[pk]) + "?do=reopen"
    match request.POST.get("do") or request.GET.get("do"):
        case "not_same":
            pair.not_same(request.user, now)
            say(request, _("Two people. This is not asked again."), undo)
        case "later":
            pair.put_off(timezone.localdate() + LATER, request.user, now)
            say(request, _("Asked again in %(days)s days.") % {"days": LATER.days}, undo)
        case "reopen":
            pair.reopen()
            say(request, _("The pair is open again."))
    return redirect("membership:pair_list")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_merge(request, pk):
    """Say which other record is the same person, by its number; only records one leads are found. Others: see question_add."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("home_unit"), pk=pk)
    if not merging.may_merge(request.user, member):
        raise PermissionDenied
    form = OtherRecordForm(request.POST or None, member=member, user=request.user)
    if form.is_valid():
        pair = duplicates.pair(member, form.cleaned_data["number"], timezone.now())
        if pair.state != Pair.State.OPEN:
            pair.reopen()
        return redirect("membership:pair_detail", pair.pk)
    pairs = _pairs(request).open(timezone.localdate()).filter(Q(low=member) | Q(high=member)).order_by("-score")[:10]
    context = {
        "member": member,
        "form": form,
        "pairs": [
            {
                "pk": pair.pk,
                "other": _person(request.user, pair.high if pair.low_id == pk else pair.low),
                "reasons": duplicates.told(pair.reasons),
            }
            for pair in pairs
        ],
        "question": member.questions.open().first(),
        "merges": member.merges.standing().order_by("-at"),
    }
    return render(request, "membership/member_merge.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def question_add(request, pk):
    """Ask those who lead a record that resembles this one. The answer to asking is always the same: nobody learns whether there is one."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("home_unit"), pk=pk)
    if not merging.may_merge(request.user, member):
        raise PermissionDenied
    Question.objects.get_or_create(member=member, closed_at=None, defaults={"by": request.user, "at": timezone.now()})
    say(request, _("Asked. If another unit has the same person, it sees name, birth date and unit of this record and can merge them."))
    return redirect("membership:member_merge", pk)


@login_required
@require_POST
def question_close(request, pk):
    question = get_object_or_404(Question.objects.visible_to(request.user), pk=pk)
    question.close(timezone.now())
    say(request, _("Other units are no longer asked."))
    return redirect("membership:member_merge", question.member_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge_undo(request, pk):
    """Make two records of one again."""
    record = get_object_or_404(Merge.objects.visible_to(request.user).standing().select_related("survivor__home_unit"), pk=pk)
    now = timezone.now()
    refused = ""
    if request.method == "POST":
        try:
            member, stays = merging.undo(record, request.user, now)
        except merging.Refused as error:
            refused = error.message
        else:
            text = _("Two records again.")
            if stays:
                text = _("Two records again. What others have worked on since stays as it is now: %(what)s.") % {"what": _what(stays)}
            say(request, text)
            return redirect(if_seen(request.user, member, record.survivor))
    context = {
        "record": record,
        "refused": refused,
        "can": record.can_be_undone(now),
        "until": timezone.localdate(record.undo_until()),
        "stays": _what(merging.worked_on(record)),
    }
    return render(request, "membership/merge_undo.html", context, status=409 if refused else 200)


def _what(stays):
    return ", ".join(dict.fromkeys(str(model._meta.verbose_name) for model, _pk in stays))
