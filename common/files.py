"""Files that are handed in: what they may be, and under which names they are kept and given out."""

import re
from pathlib import PurePath
from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.values import clean_text

MB = 2**20
PDF = "application/pdf"
_ZIPPED = b"PK\x03\x04"
# Ending of the name -> how the file begins. What a browser would run (HTML, SVG) is not among them.
BEGINS = {
    "pdf": b"%PDF-", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n", "txt": b"",
    **dict.fromkeys(("odt", "ods", "odp", "docx", "xlsx", "pptx"), _ZIPPED),
}  # fmt: skip
RECEIPTS = ("pdf", "jpg", "jpeg", "png")
LONGEST_NAME = 120


class Upload(NamedTuple):
    """A file as it is kept."""

    name: str
    content: bytes


class UploadField(forms.FileField):
    """A file of `largest` bytes at most; its value is an Upload, None where none was chosen.

    kinds: endings of BEGINS; name and first bytes have to agree. None where whoever reads the file finds out what it is.
    """

    def __init__(self, *, largest, kinds=None, **kwargs):
        self.largest, self.kinds = largest, kinds
        if kinds:
            shown = ", ".join(kind.upper() for kind in kinds if kind != "jpeg")
            kwargs.setdefault("help_text", format_lazy(_("{kinds}, up to {n} MB."), kinds=shown, n=largest // MB))
        super().__init__(**kwargs)

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | ({"accept": ",".join(f".{kind}" for kind in self.kinds)} if self.kinds else {})

    def to_python(self, data):
        file = super().to_python(data)
        if file is None:
            return None
        name = plain_name(file.name)
        kind = name.rpartition(".")[2].lower() if "." in name else ""
        if self.kinds and kind not in self.kinds:
            raise ValidationError(_("Files of this kind are not taken. These are: %(endings)s."), params={"endings": ", ".join(self.kinds)})
        if file.size > self.largest:
            raise ValidationError(_("The file is larger than %(n)s MB."), params={"n": self.largest // MB})
        content = file.read()
        if self.kinds and not _is(kind, content):
            raise ValidationError(_("The file is not what its name says."))
        return Upload(name, content)


def _is(kind, content):
    return content.startswith(BEGINS[kind]) and not (kind == "txt" and b"\0" in content)


def plain_name(name):
    """`name` without folders, signs that mean something to a file system, and what cannot be seen; its end, where it is long."""
    return re.sub(r'[<>:"|?*\\/]', "_", clean_text(PurePath(name).name))[-LONGEST_NAME:].lstrip(".")


def download(name, content, kind="application/octet-stream"):
    """`content`, bytes or their pieces, as a download. What people handed in has no kind: no browser opens it by what it claims to be."""
    answer = HttpResponse if isinstance(content, bytes | str) else StreamingHttpResponse
    return answer(content, content_type=kind, headers={"Content-Disposition": content_disposition_header(True, name)})
