"""What new members said after six months, for the hand-made part of a demo party."""

from branches.models import Unit
from onboarding import feedback
from onboarding.models import Answer


def furnish(root, rng, on):
    """Answers of the last half-years from the branches of `root`: of most enough to be shown, of some too few."""
    rows = [
        Answer(unit=unit, half=half, **{name: min(5, max(1, round(rng.gauss(mean, 0.9)))) for name, mean in zip(Answer.QUESTIONS, means, strict=True)})
        for unit, means in [(unit, [rng.uniform(3, 4.8) for _question in Answer.QUESTIONS]) for unit in Unit.objects.below(root).filter(kind__leads_members=True)]
        for half in feedback.halves(on)
        for _person in range(rng.choice((2, 6, 8, 11, 14)))
    ]
    Answer.objects.bulk_create(rows)
