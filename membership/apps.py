from django.apps import AppConfig


class MembershipConfig(AppConfig):
    name = "membership"

    def ready(self):
        from membership import exporting, own_data
        from outbox import kinds

        kinds.register(own_data.KIND, own_data.build_ask, own_data.load_asks)
        kinds.register("export", exporting.build_reminder, exporting.load_reminders)
