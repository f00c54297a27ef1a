"""Who applies, found by name like members are: those in no member record yet, for whoever may see the application."""

from typing import NamedTuple

from django.db.models import Q
from django.urls import reverse

from branches import scope
from common import prepared
from membership.models import Application
from membership.search import is_part, sounds_of, words_of


class Applicant(NamedTuple):
    pk: int
    given_name: str
    family_name: str
    state: str
    unit__name: str

    @property
    def name(self):
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def unit(self):
        return self.unit__name

    @property
    def state_label(self):
        return Application.State(self.state).label

    def get_absolute_url(self):
        return reverse("onboarding:application_detail", args=[self.pk])


def question(user, text, limit):
    """The prepared.Question for up to `limit` Applicants whose name holds, or sounds like, every word of `text`; those to be decided first."""
    words, sounds = words_of(text), sounds_of(text)
    parts = tuple(map(is_part, words))
    if not words:
        return prepared.NOTHING

    def build(user, *values):
        named, heard = Q(), Q()
        for word, part in zip(values, parts, strict=False):
            named &= Q(search_name__contains=word if part else f" {word}")
        for sound in values[len(words) :]:
            heard &= Q(search_name__contains=f" {sound} ")
        found = Application.objects.visible_to(user).filter(named | heard if sounds else named).exclude(search_name="")
        return found.order_by("decided_on", "pk").values_list(*Applicant.__annotations__)[:limit]

    # There are never so many that a plan for just these words would find them sooner.
    name = f"applicants {limit} {' '.join(f'{part:d}' for part in parts)} {len(sounds)}"
    asked = scope.question(user, name, build, [prepared.Filter(text) for text in (*words, *sounds)])
    return asked._replace(read=lambda rows: [Applicant(*row) for row in asked.read(rows)])
