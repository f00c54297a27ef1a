"""Log lines stay one line each, whatever a name or a header contains."""

import logging
import re

# What follows these in an address opens something: whoever reads the log must not be able to.
KEYS = re.compile(r"(/(?:sign-in|link/\w+|password/reset/key)/)[^/\s]+")


class OneLineFormatter(logging.Formatter):
    """Escapes line breaks and other control characters of the message, leaves out keys in addresses; tracebacks keep their own lines."""

    def formatMessage(self, record):
        line = KEYS.sub(r"\1..", super().formatMessage(record))
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)
