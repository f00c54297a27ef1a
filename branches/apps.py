from django.apps import AppConfig


class BranchesConfig(AppConfig):
    name = "branches"

    def ready(self):
        from branches import appointing
        from outbox import kinds

        kinds.register("invitation", appointing.build_invitation, appointing.load_invitations)
