"""Hours given to an election: who is to be thanked, sums by unit and kind of post, and these sums as a sheet."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches.models import Unit
from branches.scope import Right
from common import sheets
from common.files import download
from common.keyset import page_of
from membership.choosing import MOST_PICKS
from membership.export_views import TYPES
from membership.models import Export, Member
from planning import duty_hours
from planning.election_pages import visible_election
from planning.models import PostKind


@login_required
@require_safe
def election_hours(request, pk):
    """What volunteers gave: by person (of those one knows by name, see DutyQuerySet.naming), by unit and by kind of post."""
    election = visible_election(request, pk)
    seen = duty_hours.served(election).naming(request.user)
    people = {row["member"]: row for row in duty_hours.sums(seen, "member")}
    page = page_of(Member.objects.filter(pk__in=people).select_related("home_unit"), ("sort_key", "pk"), request.GET)
    visible = set(Member.objects.visible_to(request.user).filter(pk__in=[member.pk for member in page.rows]).values_list("pk", flat=True))
    for member in page.rows:
        member.served, member.seen = people[member.pk], member.pk in visible
        member.served["hours"] = duty_hours.hours(member.served["minutes"])
    units, posts = duty_hours.sums(seen, "volunteer__unit", "volunteer__unit__name"), duty_hours.sums(seen, "shift__post__kind")
    for row in [*units, *posts]:
        row["hours"] = duty_hours.hours(row["minutes"])
        row["name"] = row.get("volunteer__unit__name") or str(PostKind(row["shift__post__kind"]).label)
    context = {
        "election": election, "page": page, "number": len(people), "total": duty_hours.hours(sum(row["minutes"] for row in people.values())),
        "units": units, "posts": posts, "thanks_url": thanks_url(people) if request.user.right_on(election.unit) >= Right.CARE else "",
    }  # fmt: skip
    return render(request, "planning/election_hours.html", context)


def thanks_url(people):
    """Where one takes out letters to the members `people`: for a purpose, as everything with names in it leaves the house."""
    picks = [("format", Export.Format.LETTERS.value), *(("pick", pk) for pk in sorted(people))]
    return f"{reverse('membership:export_add')}?{urlencode(picks)}" if 0 < len(people) <= MOST_PICKS else ""


@login_required
@require_safe
def election_hours_sheet(request, pk):
    """The sums by unit and kind of post as a sheet (`format` csv or xlsx), for the books: without a single name."""
    election, now, kind = visible_election(request, pk), timezone.now(), request.GET.get("format", "csv")
    if kind not in ("csv", "xlsx"):
        raise Http404
    rows = duty_hours.sums(duty_hours.served(election).naming(request.user), "volunteer__unit", "shift__post__kind")
    units = Unit.objects.select_related("kind").in_bulk({row["volunteer__unit"] for row in rows})
    rows.sort(key=lambda row: (units[row["volunteer__unit"]].path, row["shift__post__kind"]))
    header = [_("Unit"), _("Kind of post"), _("Helpers"), _("Shifts"), _("Hours")]
    lines = [
        [units[row["volunteer__unit"]].full_name, str(PostKind(row["shift__post__kind"]).label), row["people"], row["shifts"], number_format(row["minutes"] / 60, 2)]
        for row in rows
    ]
    if kind == "xlsx":
        notice = [f"{election}, {date_format(election.day, 'DATE_FORMAT')}", _("As of %(day)s") % {"day": date_format(timezone.localdate(now), "DATE_FORMAT")}]
        content = sheets.write_xlsx(header, lines, translation.get_language_bidi(), notice)
    else:
        content = sheets.write_csv(header, lines)
    return download(_("hours-%(day)s") % {"day": election.day} + f".{kind}", content, TYPES[kind])
