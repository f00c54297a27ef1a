from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "onboarding"

    def ready(self):
        from onboarding import reminders
        from outbox import kinds

        kinds.register("digest", reminders.build_digest, reminders.load_digests)
        kinds.register("escalation", reminders.build_escalation, reminders.load_escalations)
