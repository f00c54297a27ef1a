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
from onboarding.models.book import Book, BookAct, BookCount
from onboarding.models.exits import Exit, ExitReason
from onboarding.models.feedback import Answer
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
from onboarding.models.takeover import OfficeStep, Takeover, TakeoverStep
from onboarding.models.welcome import LetterText, PrintPart, PrintRun, Welcome

__all__ = [
    "CONTACTS_APART",
    "LISTED",
    "PROMISES_KEPT",
    "REACHED",
    "Adoption",
    "Answer",
    "Book",
    "BookAct",
    "BookCount",
    "CheckIn",
    "Clock",
    "Complaint",
    "Conduct",
    "Contact",
    "Escalation",
    "Exit",
    "ExitReason",
    "Journey",
    "JourneyStep",
    "LetterText",
    "Mentee",
    "Mentor",
    "MentoringMail",
    "OfficeStep",
    "PairRule",
    "Pairing",
    "Pool",
    "Practice",
    "PrintPart",
    "PrintRun",
    "Rollout",
    "RolloutRow",
    "Side",
    "Standard",
    "StandardVersion",
    "Step",
    "Suggestion",
    "Takeover",
    "TakeoverStep",
    "Welcome",
    "clock",
    "default_reasons",
    "waits",
]  # fmt: skip
