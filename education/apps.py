from django.apps import AppConfig


class EducationConfig(AppConfig):
    name = "education"

    def ready(self):
        from django.utils.translation import gettext_lazy, ngettext_lazy

        from education import announcing, event_panels, offer_kinds, proving, registering, registration_mails, registration_uniting
        from education.models import CalendarFeed
        from membership import bulk, merging

        merging.treat(CalendarFeed, words=ngettext_lazy("%(n)s calendar address", "%(n)s calendar addresses", "n"))
        registration_mails.register()
        registration_uniting.register()
        announcing.on_called_off(registering.call_off)
        announcing.on_changed(registering.event_changed)
        event_panels.add("education:registration_list", gettext_lazy("Registrations"), "users", needs=event_panels.Needs.SEE, order=10)
        offer_kinds.register()
        proving.register()
        bulk.lead_to("event", "education:batch_add", gettext_lazy("Add to an event"), "calendar-days")
