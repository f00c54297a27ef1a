"""All models of the room; each job's stand in a module of their own."""

from onboarding.models.arriving import (
    CONTACTS_APART,
    LISTED,
    PROMISES_KEPT,
    REACHED,
    Clock,
    Contact,
    Escalation,
    Journey,
    JourneyStep,
    Standard,
    Step,
    clock,
    default_reasons,
    waits,
)
from onboarding.models.mentoring import (
    CheckIn,
    Complaint,
    Conduct,
    Mentee,
    Mentor,
    MentoringMail,
    Pairing,
    PairRule,
    Pool,
    Side,
    Suggestion,
)
from onboarding.models.practice import Adoption, Practice
from onboarding.models.standards import Rollout, RolloutRow, StandardVersion

__all__ = [
    "CheckIn", "Complaint", "Conduct", "Mentee", "Mentor", "MentoringMail", "PairRule", "Pairing", "Pool", "Side", "Suggestion",
    "CONTACTS_APART", "LISTED", "PROMISES_KEPT", "REACHED", "Clock", "Contact", "Escalation", "Journey", "JourneyStep", "Standard", "Step",
    "Adoption", "Practice", "Rollout", "RolloutRow", "StandardVersion", "clock", "default_reasons", "waits",
]  # fmt: skip
