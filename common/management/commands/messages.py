"""Message catalogues without gettext's tools: extraction and compilation with Babel."""

import io
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation.template import templatize

ROOMS = ["branches", "cockpit", "education", "membership", "onboarding", "outbox", "planning"]
LANGUAGES = ["de", "he"]
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip


def room_of(path):
    """The room whose catalogue holds the strings of this file; "" for the shell's."""
    parts = path.relative_to(settings.BASE_DIR).parts
    room = parts[1] if parts[0] == "templates" and len(parts) > 2 else parts[0]
    return room if room in ROOMS else ""


def sources():
    for folder in [*ROOMS, "common", "config"]:
        yield from sorted((settings.BASE_DIR / folder).rglob("*.py"))
    yield from sorted(path for path in (settings.BASE_DIR / "templates").rglob("*") if path.suffix in {".html", ".txt"})


def messages_of(path):
    """[(line, msgid or (singular, plural), context)] of one file."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        text = re.sub(r"(?m)^[ \t]+", "", templatize(text, origin=str(path)))  # the indents of HTML are none of Python's
    elif "/migrations/" in str(path):
        return
    for line, ids, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
        yield line, ids, context


def extracted():
    """{room: {(msgid or (singular, plural), context): [file, ..]}} of the whole tree."""
    found: dict = {room: {} for room in ["", *ROOMS]}
    for path in sources():
        for _line, ids, context in messages_of(path):
            if ids:
                names = found[room_of(path)].setdefault((ids if isinstance(ids, str) else tuple(ids), context), [])
                name = str(path.relative_to(settings.BASE_DIR))
                if name not in names:
                    names.append(name)
    return found


def catalogue_path(room, language):
    return settings.BASE_DIR / room / "locale" / language / "LC_MESSAGES" / "django.po"


def load(path, language):
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def translation(old, ids, context):
    """What the catalogue `old` says for `ids`; None for a message that has become a plural. One that no longer is keeps its first form."""
    known = old.get(ids, context)
    if known is None or (isinstance(known.id, str) and isinstance(ids, tuple)):
        return None
    return known.string[0] if isinstance(ids, str) and not isinstance(known.id, str) else known.string


def update(room, language, wanted):
    """Rewrite one catalogue with the `wanted` messages, keeping the translations it has. Returns how many lack one."""
    path = catalogue_path(room, language)
    old = load(path, language)
    new = Catalog(locale=language, header_comment="# Ankommen", project="Ankommen", charset="utf-8", fuzzy=False)
    missing = 0
    for (ids, context), names in sorted(wanted.items(), key=lambda item: str(item[0])):
        new.add(ids, translation(old, ids, context), locations=[(name, 0) for name in names], context=context)
        message = new.get(ids, context)
        python = [flag for flag in message.flags if flag == "python-format"]
        message.flags = set(python)
        missing += not (all(message.string) if isinstance(message.string, tuple) else message.string)
    if wanted or path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        out = io.BytesIO()
        write_po(out, new, width=110, include_lineno=False, omit_header=False)
        text = re.sub(
            r'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By|Report-Msgid).*\n',
            "",
            out.getvalue().decode(),
            flags=re.M,
        )
        path.write_text(text, "utf-8")
    return missing


def compile_all():
    for po in [*Path(settings.BASE_DIR).glob("locale/*/LC_MESSAGES/*.po"), *Path(settings.BASE_DIR).glob("*/locale/*/LC_MESSAGES/*.po")]:
        with po.open("rb") as file:
            catalogue = read_po(file, locale=po.parts[-3])
        with po.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


class Command(BaseCommand):
    help = "Update the catalogues from the sources (all, or of the rooms named; '-' is the shell) and compile them."

    def add_arguments(self, parser):
        parser.add_argument("rooms", nargs="*", help="rooms to update; none: all")
        parser.add_argument("--compile", action="store_true", help="only compile .po to .mo")

    def handle(self, rooms, compile, **options):
        if not compile:
            for room, wanted in extracted().items():
                if not rooms or (room or "-") in rooms:
                    for language in LANGUAGES:
                        missing = update(room, language, wanted)
                        self.stdout.write(f"{room or 'shell'} {language}: {len(wanted)} messages, {missing} without translation")
        compile_all()
