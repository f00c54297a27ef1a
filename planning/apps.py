from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "planning"

    def ready(self):
        from onboarding import digest_parts
        from planning import plans

        digest_parts.add(plans.waiting, plans.digest_part)
