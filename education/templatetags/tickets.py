"""{% ticket registration %}: the code to show at the entrance, on the person's own page."""

from django import template
from django.utils.translation import gettext as _

from common import qr
from education import attending

register = template.Library()


@register.inclusion_tag("education/_ticket.html")
def ticket(registration):
    return {"code": qr.svg(attending.ticket_address(registration), _("Your ticket")), "letters": attending.letters(registration)}
