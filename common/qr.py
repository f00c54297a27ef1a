"""QR codes as drawings for pages and PDFs, and as pictures for mails. There is no text in them, so they are the same from right to left."""

import struct
import zlib
from itertools import groupby

from django.utils.html import format_html
from django.utils.safestring import mark_safe


def matrix(text, quick=False):
    """Rows of dark (True) and light squares of the QR code that says `text`, with its quiet margin.

    quick: take the first of its eight patterns instead of the most even one, which nine tenths of the time go into. Readers read all of them.
    """
    from qrcode import QRCode  # with its tables of a few megabytes

    code = QRCode(border=4, mask_pattern=0 if quick else None)
    code.add_data(text)
    return code.get_matrix()


def svg(text, label="", quick=False):
    """SVG markup of the QR code that says `text` (an address); `label` tells those who cannot see it what it is; without one they are spared it.

    quick: see matrix; for many on paper.
    """
    rows = matrix(text, quick)
    # Strokes, one for each run of dark squares: a PDF is made of every command one by one.
    dark = "".join(f"M{x},{y}.5h{width}" for y, row in enumerate(rows) for x, width in _runs(row))
    told = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" shape-rendering="crispEdges" {1}>'
        '<path fill="#fff" d="M0,0h{0}v{0}h-{0}z"/><path fill="none" stroke="#000" d="{2}"/></svg>',
        len(rows), told, dark,
    )  # fmt: skip


def _runs(row):
    """[(place, length)] of the dark squares of a row that lie side by side."""
    found, place = [], 0
    for on, squares in groupby(row):
        width = len(list(squares))
        if on:
            found.append((place, width))
        place += width
    return found


def png(text, scale=5):
    """The same as a picture (bytes) of `scale` dots a square: mail programs show no drawings. One bit a dot, black on white."""
    rows = matrix(text)
    width = len(rows) * scale

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    dots = b"".join(_line(row, scale) * scale for row in rows)
    head = struct.pack(">IIBBBBB", width, width, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(dots, 9)) + chunk(b"IEND", b"")


def _line(row, scale):
    """One line of dots with its filter byte (none), eight to a byte, the last filled up with white."""
    bits = "".join(("0" if on else "1") * scale for on in row)
    bits += "1" * (-len(bits) % 8)
    return b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
