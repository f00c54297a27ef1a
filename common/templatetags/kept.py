"""{% kept VALUES.. %} .. {% endkept %}: a piece of a page that is drawn once for each language and each set of values.

The shell is the same on every page of a person, and drawing it took longer than everything else on most of them. Kept in the memory of
the process; whatever the piece shows has to be among VALUES. The CSRF token is put in anew each time, and so are whole numbers named
before the values: in {% kept pk=member.pk cares %} the piece may show {{ pk }} or lead to it, and is drawn once for all members.
"""

import secrets

from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

register = template.Library()
MOST = 2_000  # pieces; then all are dropped and drawn again as they are needed
# What stands in what is kept for the CSRF token, and for a number; nobody outside this process knows them.
TOKEN = secrets.token_hex(32)
NUMBER = 10**18 + secrets.randbelow(10**18)
_pieces: dict = {}


@register.tag
def kept(parser, token):
    words = token.split_contents()[1:]
    numbers = template.base.token_kwargs(words, parser)
    values = [parser.compile_filter(word) for word in words]
    nodelist = parser.parse(["endkept"])
    parser.delete_first_token()
    return Kept(numbers, values, nodelist)


class Kept(template.Node):
    def __init__(self, numbers, values, nodelist):
        self.numbers, self.values, self.nodelist = numbers, values, nodelist

    def render(self, context):
        key = (self, get_language(), *(value.resolve(context) for value in self.values))
        piece = _pieces.get(key)
        if piece is None:
            with context.push(csrf_token=TOKEN, **{name: NUMBER + n for n, name in enumerate(self.numbers)}):
                piece = self.nodelist.render(context)
            if len(_pieces) >= MOST:
                _pieces.clear()
            _pieces[key] = piece
        filled = piece.replace(TOKEN, str(context["csrf_token"])) if TOKEN in piece else piece
        for n, number in enumerate(self.numbers.values()):
            filled = filled.replace(str(NUMBER + n), str(int(number.resolve(context))))
        return mark_safe(filled)
