from django.apps import AppConfig


class MembershipConfig(AppConfig):
    name = "membership"

    def ready(self):
        from membership import decision_news, exporting, guests, joining, jubilee_news, own_data
        from outbox import kinds

        kinds.register(own_data.KIND, own_data.build_ask, own_data.load_asks)
        kinds.register(jubilee_news.KIND, jubilee_news.build, jubilee_news.load)
        kinds.register(decision_news.KIND, decision_news.build, decision_news.load)
        kinds.register("join_confirm", joining.build_confirmation, joining.load_confirmations)
        kinds.register("guest_invitation", guests.build_invitation, guests.load_invitations)
        kinds.register("export", exporting.build_reminder, exporting.load_reminders)
