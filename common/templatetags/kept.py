"""{% kept VALUES.. %} .. {% endkept %}: a piece of a page that is drawn once for each language and each set of values.

The shell is the same on every page of a person, and drawing it took longer than everything else on most of them. Kept in the memory of
the process; whatever the piece shows has to be among VALUES. The CSRF token is put in anew each time.
"""

import secrets

from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

register = template.Library()
MOST = 2_000  # pieces; then all are dropped and drawn again as they are needed
TOKEN = secrets.token_hex(32)  # stands for the CSRF token in what is kept; nobody outside this process knows it
_pieces: dict = {}


@register.tag
def kept(parser, token):
    values = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(["endkept"])
    parser.delete_first_token()
    return Kept(values, nodelist)


class Kept(template.Node):
    def __init__(self, values, nodelist):
        self.values, self.nodelist = values, nodelist

    def render(self, context):
        key = (self, get_language(), *(value.resolve(context) for value in self.values))
        piece = _pieces.get(key)
        if piece is None:
            with context.push(csrf_token=TOKEN):
                piece = self.nodelist.render(context)
            if len(_pieces) >= MOST:
                _pieces.clear()
            _pieces[key] = piece
        return mark_safe(piece.replace(TOKEN, str(context["csrf_token"]))) if TOKEN in piece else piece
