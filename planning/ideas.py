"""Ideas across units: taken up into work plans."""

from django.db import transaction

from planning import plans
from planning.models import Idea


@transaction.atomic
def adopt(idea, unit, office, due_on, by, now):
    """Make `idea` an activity of the work plan of `unit`, for `office` until the day `due_on`. Returns the IdeaAdoption and whether it is new.

    A unit takes an idea up once; from then on the activity lives in its plan.
    """
    Idea.objects.select_for_update().get(pk=idea.pk)
    adoption = idea.adoptions.filter(unit=unit).select_related("activity__plan").first()
    if adoption:
        return adoption, False
    activity = plans.adopt(unit, idea.title, office, due_on, by, now, text=idea.text[:2000], people=idea.people, cost_cents=idea.cost_cents)
    return idea.adoptions.create(unit=unit, activity=activity, by=by, at=now), True
