"""Log lines stay one line each, whatever a name or a header contains, and errors are told without their words."""

import logging
import re
import traceback

# What follows these in an address opens something: whoever reads the log must not be able to.
KEYS = re.compile(r"(/(?:sign-in|link/\w+|password/reset/key)/)[^/\s]+")


class OneLineFormatter(logging.Formatter):
    """Escapes line breaks and other control characters of the message, leaves out keys in addresses; tracebacks keep their own lines.

    Of an error stand its kind and place: its words may hold personal data, those of PostgreSQL repeat the row it refused.
    """

    def format(self, record):
        record.exc_text = None  # as another handler wrote it
        return super().format(record)

    def formatException(self, exc_info):
        lines, error = [], exc_info[1]
        while error:
            lines[:0] = [*traceback.format_tb(error.__traceback__), f"{type(error).__module__}.{type(error).__qualname__}\n"]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines)

    def formatMessage(self, record):
        line = KEYS.sub(r"\1..", super().formatMessage(record))
        if record.exc_info and (error := record.exc_info[1]):
            for words in filter(None, (repr(error), str(error))):
                line = line.replace(words, type(error).__name__)
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)
