"""All models of the room; each job's stand in a module of their own."""

from education.models.attendance import Headcount, Tick
from education.models.batches import RegistrationBatch
from education.models.calendars import CalendarFeed
from education.models.costs import CostLine, SettledShare, Settlement
from education.models.development import DevelopmentCard, DevelopmentStep
from education.models.events import Carrier, Document, Event, EventDate, EventKind, Place
from education.models.offers import Offer, OfferDate, OfferMail, OfferNotice, Unsubscribed
from education.models.partners import Partner, PartnerAccount
from education.models.qualifications import Confirmation, ConfirmationTerms, Qualification, QualificationKind
from education.models.registrations import Registration, RegistrationAsk, RegistrationChange
from education.models.tracks import LevelDone, Track, TrackLevel, TrackMember, TrackNeed

__all__ = [
    "CalendarFeed",
    "Carrier",
    "Confirmation",
    "ConfirmationTerms",
    "CostLine",
    "DevelopmentCard",
    "DevelopmentStep",
    "Document",
    "Event",
    "EventDate",
    "EventKind",
    "Headcount",
    "LevelDone",
    "Offer",
    "OfferDate",
    "OfferMail",
    "OfferNotice",
    "Partner",
    "PartnerAccount",
    "Place",
    "Qualification",
    "QualificationKind",
    "Registration",
    "RegistrationAsk",
    "RegistrationBatch",
    "RegistrationChange",
    "SettledShare",
    "Settlement",
    "Tick",
    "Track",
    "TrackLevel",
    "TrackMember",
    "TrackNeed",
    "Unsubscribed",
]
