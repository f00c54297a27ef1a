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

__all__ = [
    "CONTACTS_APART", "LISTED", "PROMISES_KEPT", "REACHED", "Clock", "Contact", "Escalation", "Journey", "JourneyStep", "Standard", "Step",
    "clock", "default_reasons", "waits",
]  # fmt: skip
