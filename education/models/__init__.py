"""All models of the room; each job's stand in a module of their own."""

from education.models.calendars import CalendarFeed
from education.models.development import DevelopmentCard, DevelopmentStep
from education.models.events import Carrier, Document, Event, EventDate, EventKind, Place
from education.models.offers import Offer, OfferDate, OfferMail, OfferNotice, Unsubscribed
from education.models.partners import Partner, PartnerAccount
from education.models.registrations import Registration, RegistrationChange
from education.models.tracks import LevelDone, Track, TrackLevel, TrackMember, TrackNeed

__all__ = [
    "CalendarFeed",
    "Carrier",
    "DevelopmentCard",
    "DevelopmentStep",
    "Document",
    "Event",
    "EventDate",
    "EventKind",
    "LevelDone",
    "Offer",
    "OfferDate",
    "OfferMail",
    "OfferNotice",
    "Partner",
    "PartnerAccount",
    "Place",
    "Registration",
    "RegistrationChange",
    "Track",
    "TrackLevel",
    "TrackMember",
    "TrackNeed",
    "Unsubscribed",
]
