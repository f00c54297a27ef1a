from django.apps import AppConfig


class CockpitConfig(AppConfig):
    name = "cockpit"

    def ready(self):
        from cockpit.coming import next_events
        from onboarding import coming

        coming.found_by(next_events)
