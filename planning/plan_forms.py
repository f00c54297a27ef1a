"""Forms of the work plan."""

from django import forms
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from branches.models import Office
from common.careful_forms import VersionedForm
from common.money import MoneyField
from education.models import Event, EventKind
from planning.models import Activity, Goal
from planning.plans import month_end


class LineForm(VersionedForm):
    """A line of a plan."""

    changed = _("Somebody else changed this meanwhile, or the plan was handed in. Please look at it again; your text is still here.")

    def store_in(self, plan):
        """Save the line in `plan`; False with an error on the form when it may not change (any more)."""
        self.instance.plan = plan
        return self.store()


class GoalForm(LineForm):
    class Meta:
        model = Goal
        fields = ["title", "text"]
        labels = {"title": _("What do you want to reach?"), "text": _("How will you know?")}
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}


class ActivityForm(LineForm):
    """One activity of a plan: `instance.plan` says of which."""

    month = forms.TypedChoiceField(label=_("Month"), choices=list(MONTHS.items()), coerce=int)
    cost = MoneyField(label=_("Planned cost"), required=False)
    field_order = ["title", "kind", "month", "office", "people", "cost", "goal", "event", "text", "version"]

    class Meta:
        model = Activity
        fields = ["title", "kind", "office", "people", "goal", "event", "text"]
        labels = {"title": _("What do you plan?")}
        help_texts = {
            "people": _("How many you expect."),
            "event": _("The event that makes it happen, as soon as there is one."),
            "goal": _("Which goal it serves."),
        }
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plan, line = self.instance.plan, self.instance
        if line.pk:
            self.fields["month"].initial = line.due_on.month
        self.fields["cost"].initial = line.cost_cents or None
        self.fields["kind"].queryset = EventKind.objects.all()
        self.fields["kind"].empty_label = _("something else")
        self.fields["office"].queryset = Office.objects.all()
        self.fields["office"].empty_label = None
        events = Event.objects.carried_by(plan.unit).filter(starts_at__year=plan.year).exclude(state=Event.State.CANCELLED)
        self.fields["event"].queryset = events.order_by("starts_at", "pk")
        self.fields["event"].label_from_instance = lambda event: f"{date_format(event.starts_at, 'SHORT_DATE_FORMAT')} {event}"
        self.fields["goal"].queryset = Goal.objects.filter(plan__unit=plan.unit, plan__year=plan.year)

    def clean_people(self):
        return min(self.cleaned_data["people"] or 0, 1_000_000)

    def clean(self):
        data = super().clean()
        line = self.instance
        line.cost_cents = data.get("cost") or 0
        month = data.get("month")
        if month and (line.due_on is None or line.due_on.month != month):  # the day a decision named stays while its month does
            line.due_on = month_end(line.plan.year, month)
        return data
