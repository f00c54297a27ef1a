"""A ZIP file that is made while it is sent."""

import io
import zipfile


class _Sent(io.RawIOBase):
    """What was written since it was last taken."""

    def __init__(self):
        self.parts = []

    def writable(self):
        return True

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)

    def take(self):
        taken, self.parts = b"".join(self.parts), []
        return taken


def pieces(entries, at):
    """The bytes of a ZIP of `entries`, pairs of name and content, one entry after the other: memory holds one of them.

    at: the moment all of them carry.
    """
    sent = _Sent()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, content in entries:
            packed.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED, 1)
            yield sent.take()
    yield sent.take()
