from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "onboarding"

    def ready(self):
        from onboarding import feedback, member_presets, mentoring_mails, reminders, section_news, standing, takeovers, uniting, welcome
        from outbox import kinds

        kinds.register("digest", reminders.build_digest, reminders.load_digests)
        kinds.register("applications", standing.build_reminder, standing.load_reminders)
        kinds.register(section_news.KIND, section_news.build, section_news.load)
        kinds.register("escalation", reminders.build_escalation, reminders.load_escalations)
        kinds.register("feedback", feedback.build, feedback.load)
        kinds.register(welcome.KIND, welcome.build, welcome.load)
        kinds.register(takeovers.KIND, takeovers.build, takeovers.load)
        mentoring_mails.register()
        uniting.register()
        member_presets.register()
