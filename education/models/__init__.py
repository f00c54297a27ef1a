"""All models of the room; each job's stand in a module of their own."""

from education.models.calendars import CalendarFeed
from education.models.events import Carrier, Document, Event, EventDate, EventKind, Place
from education.models.partners import Partner
from education.models.registrations import Registration, RegistrationChange

__all__ = ["CalendarFeed", "Carrier", "Document", "Event", "EventDate", "EventKind", "Partner", "Place", "Registration", "RegistrationChange"]
