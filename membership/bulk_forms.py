"""Forms of actions on many members."""

import uuid
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from branches.models import Appointment, User
from branches.scope import Right
from membership.forms import day_input
from membership.models import BulkRun, Tag


class BulkForm(forms.Form):
    """What is to be done: which word, or who is asked for what until when."""

    tag = forms.ModelChoiceField(Tag.objects.none(), label=_("Interest, skill, time"), empty_label=None)
    to = forms.ModelChoiceField(User.objects.none(), label=_("Who"), empty_label=None)
    text = forms.CharField(label=_("What for"), max_length=200)
    due_on = forms.DateField(label=_("Until"), widget=day_input())
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, kind, user, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        for name in ("to", "text", "due_on") if kind != BulkRun.Kind.ASSIGN else ("tag",):
            del self.fields[name]
        self.initial |= {"key": uuid.uuid4(), "due_on": today + timedelta(days=14), "to": user.pk}
        if "tag" in self.fields:
            tags = Tag.objects.visible_to(user)
            self.fields["tag"].queryset = tags.offered() if kind == BulkRun.Kind.TAG else tags
        else:
            held = Appointment.objects.visible_to(user).active(today).filter(right__gte=Right.CARE)
            self.fields["to"].queryset = User.objects.filter(pk__in=held.values("user")).order_by("given_name", "family_name")

    def clean_due_on(self):
        if self.cleaned_data["due_on"] < self.today:
            raise ValidationError(_("This day is over."))
        return self.cleaned_data["due_on"]

    @property
    def wanted(self):
        """The fields of the BulkRun."""
        return {name: value for name, value in self.cleaned_data.items() if name != "key"}
