"""Hours that volunteers gave to an election: as noted on the day, else as planned."""

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from planning.models import Duty

GIVEN = ExpressionWrapper(Coalesce("left_at", "ends_at") - Coalesce("came_at", "starts_at"), output_field=DurationField())


def hours(minutes):
    """ "3 h 30 min" in the active language."""
    whole, rest = divmod(round(minutes), 60)
    words = {"hours": whole, "minutes": rest}
    return (_("%(hours)s h %(minutes)s min") if whole and rest else _("%(hours)s h") if whole else _("%(minutes)s min")) % words


def served(election):
    """The Duties of `election` at which somebody was there, each with the time `given`; somebody who came after the end gave none."""
    came = Q(came_at=None) | Q(came_at__lt=Coalesce("left_at", "ends_at"))
    return Duty.objects.filter(came, shift__post__election=election, state=Duty.State.DONE).annotate(given=GIVEN)


def sums(duties, *by):
    """[{*by, "people", "shifts", "minutes"}] of served duties, most hours first."""
    rows = duties.order_by().values(*by).annotate(people=Count("member", distinct=True), shifts=Count("pk"), time=Sum(F("given")))
    found = [row | {"minutes": round(row.pop("time").total_seconds() / 60)} for row in rows]
    return sorted(found, key=lambda row: (-row["minutes"], *(str(row[name]) for name in by)))
