"""Log lines stay one line each, whatever a name or a header contains."""

import logging


class OneLineFormatter(logging.Formatter):
    """Escapes line breaks and other control characters of the message; tracebacks keep their own lines."""

    def formatMessage(self, record):
        line = super().formatMessage(record)
        return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in line)
