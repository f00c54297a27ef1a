"""QR codes as drawings for pages and PDFs. There is no text in them, so they are the same from right to left."""

from django.utils.html import format_html
from django.utils.safestring import mark_safe


def svg(text, label=""):
    """SVG markup of the QR code that says `text` (an address); `label` tells those who cannot see it what it is; without one they are spared it."""
    from qrcode import QRCode  # with its tables of a few megabytes

    code = QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    dark = "".join(f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, on in enumerate(row) if on)
    told = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" shape-rendering="crispEdges" {1}>'
        '<path fill="#fff" d="M0,0h{0}v{0}h-{0}z"/><path d="{2}"/></svg>',
        len(rows), told, dark,
    )  # fmt: skip
