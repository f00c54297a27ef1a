from django.apps import AppConfig


class CockpitConfig(AppConfig):
    name = "cockpit"

    def ready(self):
        from cockpit import training_digest
        from cockpit.coming import next_events
        from education import offer_kinds, proving, registration_mails
        from onboarding import coming
        from onboarding.ledger import KINDS

        KINDS.update(offer_kinds.LABELS | registration_mails.LABELS | proving.LABELS)  # rooms beside each other know nothing of one another
        coming.found_by(next_events)
        training_digest.register()
