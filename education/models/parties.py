"""What a party keeps for all its units: partners, tracks, kinds of qualifications."""

from django.db import models

from branches import scope
from branches.models import Unit


class OfParty(models.QuerySet):
    """Rows of a party. party: the way from a row to the root of its tree."""

    party = "party"

    def visible_to(self, user):
        """Everybody with an office in the party may see them."""
        return self.filter(scope.same_party(user, f"{self.party}__path"))

    def editable_by(self, user):
        """They are made by those who lead the whole party."""
        return self.filter(scope.covers_whole(user, scope.Right.LEAD, f"{self.party}__"))


def led_parties(user):
    """The parties `user` leads as a whole, who may therefore make such rows."""
    return Unit.objects.filter(scope.covers_whole(user, scope.Right.LEAD), depth=1)
