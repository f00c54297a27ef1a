"""Labels that are data: a dict of language code to text, for words each party names itself."""

import json
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

FALLBACK = ("de", "he", "en")


def localized(labels, language=None):
    """The text of `labels` ({"de": .., "he": .., "en": ..}) in `language` (default: the active one), else in the first one there is."""
    wanted = (language or get_language() or "de")[:2]
    return next((labels[code] for code in (wanted, *FALLBACK) if labels.get(code)), "")


@lru_cache(maxsize=1000)
def said(text, language):
    """The same of labels as the database writes them, `language` given: for lists, where most rows say one of a few."""
    return localized(json.loads(text), language)


def validate_labels(labels):
    """Raise ValidationError unless `labels` is a dict of known languages to non-empty texts with at least one entry."""
    if not isinstance(labels, dict) or not labels or any(
        code not in FALLBACK or not isinstance(text, str) or not text.strip() for code, text in labels.items()
    ):
        raise ValidationError(_("Please give the name in at least one language."))


class LabelsField(models.JSONField):
    """One short text per language."""

    default_validators = [validate_labels]


class Labelled(models.Model):
    """A row with `labels`; str() is the label in the reader's language."""

    labels = LabelsField()

    class Meta:
        abstract = True

    def __str__(self):
        return localized(self.labels)
