"""Today, new members and the page of one member, for the officer of the root and for a secretary."""

from django.utils import timezone

from bench import figure
from branches.models import Appointment
from onboarding.models import Journey, JourneyStep

LATE = "/new-members/?show=late"


def secretary(run):
    """A secretary of a branch in which somebody arrives."""
    step = JourneyStep.objects.open().filter(duty_office__slug="secretary").first()
    held = Appointment.objects.active(timezone.localdate()).filter(unit=step.duty_unit, office=step.duty_office)
    return held.select_related("user").first().user


def person(run):
    return f"/members/{Journey.objects.running().first().member_id}/"


@figure("onboarding.today", unit="F", bar=3)
def today(run):
    return run.floors("/")


@figure("onboarding.today_of_secretary", unit="F", bar=3)
def today_of_secretary(run):
    return run.floors("/", secretary(run))


@figure("onboarding.today_queries", unit="count", bar=10)
def today_queries(run):
    return run.queries("/", secretary(run))


@figure("onboarding.new_members", unit="F", bar=3)
def new_members(run):
    return run.floors("/new-members/")


@figure("onboarding.new_members_late", unit="F", bar=3)
def new_members_late(run):
    return run.floors(LATE)


@figure("onboarding.new_members_of_secretary", unit="F", bar=3)
def new_members_of_secretary(run):
    return run.floors("/new-members/", secretary(run))


@figure("onboarding.new_members_queries", unit="count", bar=10)
def new_members_queries(run):
    return run.queries("/new-members/")


@figure("onboarding.person", unit="F", bar=3)
def person_page(run):
    return run.floors(person(run))


@figure("onboarding.person_queries", unit="count", bar=12)
def person_queries(run):
    return run.queries(person(run))
