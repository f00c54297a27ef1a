"""{% ticket registration %}: the code to show at the entrance, on the person's own page."""

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from common import qr
from education import attending

register = template.Library()


@register.inclusion_tag("education/_ticket.html")
def ticket(registration):
    address = settings.BASE_URL + reverse("education:check_in", args=[attending.ticket(registration)])
    return {"code": qr.svg(address, _("Your ticket"))}
