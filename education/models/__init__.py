"""All models of the room; each job's stand in a module of their own."""

from education.models.events import Carrier, Event, EventDate, EventKind, Place
from education.models.partners import Partner
from education.models.registrations import Registration, RegistrationChange

__all__ = ["Carrier", "Event", "EventDate", "EventKind", "Partner", "Place", "Registration", "RegistrationChange"]
