from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "planning"

    def ready(self):
        from django.utils.translation import gettext_lazy, ngettext_lazy

        from branches import founding
        from education import event_panels
        from membership import merging
        from planning import (
            decision_reminders,
            election_plans,
            election_templates,
            meetings,
            meter_reminders,
            plan_digest,
            plans,
            requests,
            volunteer_mails,
            volunteer_uniting,
        )
        from planning.models import Request

        for job in (meter_reminders, meetings, decision_reminders, requests):
            job.register()
        plans.LATE.register()
        plan_digest.register()
        election_plans.LATE.register()
        founding.add(election_templates.install)
        event_panels.add("planning:meeting", gettext_lazy("Invitation, agenda, minutes"), "clipboard-document-list", event_panels.Needs.KEEP, 30)
        volunteer_mails.register()
        volunteer_uniting.register()
        merging.treat(Request, words=ngettext_lazy("%(n)s request", "%(n)s requests", "n"))
