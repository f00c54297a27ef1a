"""Mails of the membership system: read as plain text, recognised by patterns, proposed as a change, taken over when somebody confirms.

take_in()   reads a mail (pasted text, .eml or .txt; a mailbox later) into a Notice; the same mail twice is one
propose()   what a notice would change, as the members are now
confirm()   writes it by the verbs people use: add, correct, move, leave; all of them write the history

Patterns are data (NoticePattern); the built-in ones are examples of the usual kinds in German and Hebrew. A label is the text before a
value on its line ("Mitgliedsnummer: 123"), the value may also stand on the next line. No pattern is a regular expression: nobody
should be able to stop the worker with one.
"""

import hashlib
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from branches.models import Unit
from common.folding import fold, sort_key
from common.values import clean_text, parse_date
from membership import correcting, importing, status, transfers
from membership.models import ACTIVE, GONE, ListImport, Member, Merge, Notice, NoticePattern, Status
from membership.models.notices import Kind

MOST_BYTES = 2 * 2**20
MOST_TEXT = 50_000  # characters of a mail that are kept
MOST_PARTS, DEEPEST = 100, 12
MOST_LINES = 2000

OF_MEMBER = {field.name: field for field in Member._meta.fields}
# Our fields a pattern may find; `day` is from when it holds.
FIELDS = {
    "number": gettext_lazy("member number"),
    "full_name": gettext_lazy("whole name"),
    **{name: OF_MEMBER[name].verbose_name for name in ("given_name", "family_name", "birth_date", "gender")},
    "unit": gettext_lazy("unit (the new one)"),
    "day": gettext_lazy("from which day"),
    "joined_on": gettext_lazy("joined on"),
    "status": gettext_lazy("status"),
    **{name: OF_MEMBER[name].verbose_name for name in ("email", "phone", "mobile", "street", "postcode", "city", "country", "title")},
}
_DE = {"number": "Mitgliedsnummer", "given_name": "Vorname", "family_name": "Nachname"}
_HE = {"number": "מספר חבר", "given_name": "שם פרטי", "family_name": "שם משפחה"}
_DE_REACH = {"email": "E-Mail", "phone": "Telefon", "mobile": "Mobil", "street": "Straße", "postcode": "PLZ", "city": "Ort"}
_HE_REACH = {"email": "דוא״ל", "phone": "טלפון", "mobile": "נייד", "street": "רחוב", "postcode": "מיקוד", "city": "יישוב"}
BUILT_IN = [
    # name, kind, text the mail contains, {field: label}, example
    ("Neues Mitglied", Kind.JOINED, "Neues Mitglied", _DE | _DE_REACH | {"birth_date": "Geburtsdatum", "joined_on": "Eintritt", "unit": "Ortsverein", "gender": "Geschlecht", "status": "Status"},
     "Neues Mitglied\n\nMitgliedsnummer: 4711\nVorname: Eva\nNachname: Sommer\nGeburtsdatum: 14.02.1990\nEintritt: 01.11.2026\nOrtsverein: Pieschen\nE-Mail: eva@example.org\n"),
    ("Austritt", Kind.LEFT, "Austritt", _DE | {"day": "Austritt zum", "status": "Grund"},
     "Austritt eines Mitglieds\n\nMitgliedsnummer: 4711\nVorname: Eva\nNachname: Sommer\nAustritt zum: 01.11.2026\n"),
    ("Umzug", Kind.MOVED, "Ortsverein neu", _DE | {"unit": "Ortsverein neu", "day": "Gültig ab", "street": "Straße", "postcode": "PLZ", "city": "Ort"},
     "Wechsel der Gliederung\n\nMitgliedsnummer: 4711\nVorname: Eva\nNachname: Sommer\nOrtsverein neu: Neustadt\nGültig ab: 01.11.2026\n"),
    ("Änderung", Kind.CHANGED, "Änderung", _DE | _DE_REACH | {"birth_date": "Geburtsdatum"},
     "Änderung von Mitgliedsdaten\n\nMitgliedsnummer: 4711\nVorname: Eva\nNachname: Sommer-Winter\nE-Mail: eva@example.org\n"),
    ("חבר/ה חדש/ה", Kind.JOINED, "הצטרפות", _HE | _HE_REACH | {"birth_date": "תאריך לידה", "joined_on": "תאריך הצטרפות", "unit": "סניף", "gender": "מין"},
     "הודעה על הצטרפות\n\nמספר חבר: 4711\nשם פרטי: נועה\nשם משפחה: לוי\nתאריך לידה: 14.02.1990\nתאריך הצטרפות: 01.11.2026\nסניף: כרמל\n"),
    ("עזיבה", Kind.LEFT, "עזיבה", _HE | {"day": "תאריך עזיבה", "status": "סיבה"},
     "הודעה על עזיבה\n\nמספר חבר: 4711\nשם פרטי: נועה\nשם משפחה: לוי\nתאריך עזיבה: 01.11.2026\n"),
    ("מעבר סניף", Kind.MOVED, "סניף חדש", _HE | {"unit": "סניף חדש", "day": "החל מ", "street": "רחוב", "postcode": "מיקוד", "city": "יישוב"},
     "מעבר בין סניפים\n\nמספר חבר: 4711\nשם פרטי: נועה\nשם משפחה: לוי\nסניף חדש: כרמל\nהחל מ: 01.11.2026\n"),
    ("עדכון פרטים", Kind.CHANGED, "עדכון פרטים", _HE | _HE_REACH | {"birth_date": "תאריך לידה"},
     "עדכון פרטים\n\nמספר חבר: 4711\nשם פרטי: נועה\nשם משפחה: לוי-כהן\nנייד: 050-1234567\n"),
]  # fmt: skip


@dataclass
class Mail:
    """A mail as plain text."""

    text: str
    sender: str = ""
    subject: str = ""
    message_id: str = ""
    sent_at: object = None

    @property
    def digest(self):
        """The same for the same mail: its Message-ID and its words."""
        return hashlib.sha256(f"{self.message_id}\n{' '.join(self.text.split())}".encode(errors="replace")).hexdigest()


class _Words(HTMLParser):
    """The words of HTML, for mails that have nothing else; nothing of it is ever shown as HTML."""

    SILENT, BREAKS = {"script", "style", "head", "template"}, {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "table"}

    def __init__(self):
        super().__init__()
        self.words, self.silent = [], 0

    def handle_starttag(self, tag, attrs):
        self.silent += tag in self.SILENT
        if tag in self.BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag):
        self.silent = max(0, self.silent - (tag in self.SILENT))
        if tag in self.BREAKS:
            self.words.append("\n")

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)


def _decoded(payload, charset):
    for name in (charset, "utf-8", "cp1255" if charset and "8859-8" in charset else "cp1252"):
        try:
            return payload.decode(name or "utf-8")
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return payload.decode("utf-8", "replace")


def _tidy(text):
    """Lines without invisible signs, marks of quoting and needless blanks."""
    lines = [clean_text(line.lstrip("> \t")) for line in text.replace("\0", "").splitlines()[:MOST_LINES]]
    return "\n".join(lines).strip()[:MOST_TEXT]


def _line(value):
    return clean_text(str(value or ""))[:200]


def read(content, as_mail=True):
    """The Mail in `content` (bytes of an .eml, or of plain text). Raises ValidationError in words when there is nothing to read."""
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The mail is larger than %(n)s MB."), params={"n": MOST_BYTES // 2**20})
    if not as_mail:
        mail = Mail(_tidy(_decoded(content, None)))
    else:
        try:
            mail = _read_mail(message_from_bytes(content, policy=policy.compat32))
        except RecursionError:
            raise ValidationError(_("This mail is packed into itself too deeply to be read.")) from None
    if not mail.text:
        raise ValidationError(_("There is no text in this mail."))
    return mail


def _read_mail(message):
    plain, html, waiting, parts = "", "", [(message, 0)], 0
    while waiting:
        part, depth = waiting.pop(0)
        parts += 1
        if parts > MOST_PARTS or depth > DEEPEST:
            raise ValidationError(_("This mail is packed into itself too deeply to be read."))
        if part.is_multipart():
            waiting = [(inner, depth + 1) for inner in part.get_payload()] + waiting
            continue
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html"):
            payload = part.get_payload(decode=True) or b""
            text = _decoded(payload, _charset(part))
            if kind == "text/plain":
                plain += text + "\n"
            else:
                html += text
    if not plain.strip() and html:
        words = _Words()
        words.feed(html[:MOST_BYTES])
        plain = "".join(words.words)
    return Mail(_tidy(plain), _header(message, "From"), _header(message, "Subject"), _header(message, "Message-ID"), _day(message))


def _charset(part):
    try:
        return part.get_content_charset()
    except (LookupError, UnicodeError, ValueError):
        return None


def _header(message, name):
    """A header on one line, decoded as far as it goes: what follows a line break is no header."""
    raw = str(message.get(name) or "")
    try:
        return _line(" ".join(part if isinstance(part, str) else _decoded(part, charset) for part, charset in decode_header(raw)))
    except (ValueError, LookupError, HeaderParseError):  # a broken header is not worth the mail
        return _line(raw.encode("utf-8", "replace").decode())


def _day(message):
    try:
        day = parsedate_to_datetime(str(message.get("Date") or ""))
        return day if day.tzinfo else timezone.make_aware(day)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def patterns(unit):
    """[(name, kind, contains, labels)] that count for `unit`: its own and those of the units above first, then the built-in ones."""
    own = NoticePattern.objects.filter(unit__path__in=unit.ancestor_paths()).order_by("-unit__path", "name", "pk")
    return [(one.name, one.kind, one.contains, one.labels) for one in own] + [row[:4] for row in BUILT_IN]


def found_by(text, contains, labels):
    """{field: value} that a pattern finds in `text`; {} when the mail does not contain its text."""
    if not fold(contains) or fold(contains) not in fold(text):
        return {}
    # The longest label first: "Ortsverein neu" must not be taken for "Ortsverein".
    wanted = sorted(
        ((fold(label), name) for name, label in labels.items() if name in FIELDS and fold(label)), key=lambda pair: -len(pair[0])
    )
    lines, values = text.splitlines(), {}
    for place, line in enumerate(lines):
        label, sign, value = line.partition(":")
        if not sign:
            label, sign, value = line.partition("=")
        name = next((name for known, name in wanted if known == fold(label)), None) if sign else None
        if name and name not in values:
            value = clean_text(value) or next((clean_text(after) for after in lines[place + 1 : place + 2] if ":" not in after), "")
            if value:
                values[name] = value[:300]
    return values


def recognise(text, known):
    """(kind, {field: value}) by the pattern of `known` (see patterns) that finds most, the first of equals; ("", {}) by none.

    Without number or name nobody can be meant, so such a find does not count.
    """
    best = ("", {})
    for _name, kind, contains, labels in known:
        values = found_by(text, contains, labels)
        if ("number" in values or "family_name" in values or "full_name" in values) and len(values) > len(best[1]):
            best = (kind, values)
    return best


@transaction.atomic
def take_in(unit, content, by, as_mail=True):
    """Keep a mail for `unit` as a Notice; returns (Notice, whether it is new). Raises ValidationError when it cannot be read."""
    mail = read(content, as_mail)
    kind, values = recognise(mail.text, patterns(unit))
    return Notice.objects.get_or_create(
        unit=unit, digest=mail.digest,
        defaults={
            "by": by, "sender": mail.sender, "subject": mail.subject or mail.text.partition("\n")[0][:200], "sent_at": mail.sent_at,
            "text": mail.text, "kind": kind, "values": values,
        },
    )  # fmt: skip


@dataclass
class Proposal:
    """What a notice would do: to whom (None: somebody new), which values become what, from which day, and what stands against it."""

    kind: str
    root: str  # path of the party
    member: Member | None = None
    values: dict = field(default_factory=dict)  # our field -> value, of those that differ
    unit: Unit | None = None
    day: object = None
    problems: list = field(default_factory=list)  # sentences; with one there is nothing to confirm
    notes: list = field(default_factory=list)  # what is left out, and why

    @property
    def stamp(self):
        return f"{self.member.pk}.{self.member.version}" if self.member else "new"


CHANGED = (
    "given_name",
    "family_name",
    "title",
    "gender",
    "birth_date",
    "email",
    "phone",
    "mobile",
    "street",
    "postcode",
    "city",
    "country",
)


def propose(notice, today):
    """The Proposal of `notice` on the day `today`, as the members are now."""
    proposal = Proposal(notice.kind, notice.unit.root_path)
    if not notice.kind:
        proposal.problems.append(_("No pattern knows this mail. Please read it."))
        return proposal
    values = _values(notice, today, proposal)
    proposal.member = _member(notice, values)
    if proposal.member is None and proposal.kind != Kind.JOINED:
        proposal.problems.append(_("Nobody of yours is known by this number or name."))
        return proposal
    if proposal.member and _somebody_else(proposal.member, values):
        named = f"{values.get('given_name', '')} {values['family_name']}".strip()
        proposal.notes.append(
            _("The mail names %(mail)s, the record %(record)s: please check the number.") % {"mail": named, "record": proposal.member.name}
        )
    {Kind.JOINED: _joined, Kind.LEFT: _left, Kind.MOVED: _moved, Kind.CHANGED: _changed}[proposal.kind](proposal, values, today)
    return proposal


def _values(notice, today, proposal):
    """The values of a notice made regular as those of a list are; what cannot be read is told in proposal.notes."""
    header = [name for name in notice.values if name not in ("day",)]
    sheet = ListImport(unit=notice.unit, list_date=today, header=header, mapping={name: place for place, name in enumerate(header)})
    number, values, problems = importing._Reader(sheet).read(1, [notice.values[name] for name in header])
    needless = {"no_number", "no_name", "no_birth_date", "no_unit"}
    if notice.kind == Kind.LEFT:
        needless.add("bad_word")  # a reason in words of its own
    proposal.notes += [
        f"{FIELDS[problem['field']]}: {importing.message(problem)}"
        for problem in problems
        if problem["code"] not in needless and problem["field"] in FIELDS
    ]
    values["number"] = number
    if day := notice.values.get("day") or notice.values.get("left_on"):
        try:
            proposal.day = parse_date(day, today)
        except (ValueError, OverflowError):
            proposal.problems.append(_("The day cannot be read: %(text)s") % {"text": day})
    return values


def _member(notice, values):
    """The member of the notice's unit or below it who is meant: by number, also of a merged record, else by name and birth date."""
    members = Member.objects.filter(home_unit__path__startswith=notice.unit.path).select_related("home_unit", "party")
    if number := values["number"]:
        own = members.filter(number=number).first()
        merged = Merge.objects.standing().filter(number=number, party__path=notice.unit.root_path).values("survivor")
        return own or members.filter(pk__in=merged).first()
    if values.get("birth_date"):
        found = list(members.filter(sort_key=values["sort_key"], birth_date=values["birth_date"])[:2])
        return found[0] if len(found) == 1 else None
    return None


def _somebody_else(member, values):
    """Whether neither given nor family name is the member's: then the number may be wrong."""
    pairs = [(values.get(name), getattr(member, name)) for name in ("given_name", "family_name")]
    return bool(values.get("family_name")) and all(not new or fold(new) != fold(old) for new, old in pairs)


def _differing(member, values):
    """Of the texts of a notice, those that differ from the member's; dates as days."""
    new = {name: OF_MEMBER[name].to_python(values[name]) for name in CHANGED if values.get(name)}
    return {name: value for name, value in new.items() if correcting.as_text(getattr(member, name)) != correcting.as_text(value)}


def _unit(values):
    return Unit.objects.select_related("kind").filter(pk=values["unit"]).first() if values.get("unit") else None


def _joined(proposal, values, today):
    if proposal.member and proposal.member.status in ACTIVE:
        proposal.notes.append(_("%(name)s is known already: only what differs is taken over.") % {"name": proposal.member.name})
        proposal.kind = Kind.CHANGED
        return _changed(proposal, values, today)
    proposal.unit = _unit(values) or (proposal.member and proposal.member.home_unit)
    proposal.day = OF_MEMBER["joined_on"].to_python(values.get("joined_on")) or proposal.day or today
    proposal.values = {name: values[name] for name in (*CHANGED, "number") if values.get(name)}
    if values.get("status") in (Status.GUEST, Status.SUPPORTER):
        proposal.values["status"] = values["status"]
    if not proposal.values.get("family_name"):
        proposal.problems.append(_("The mail names nobody."))
    if proposal.member is None and values["number"] and Member.objects.filter(party__path=proposal.root, number=values["number"]).exists():
        proposal.problems.append(str(importing.PROBLEMS["elsewhere"]))
    if proposal.unit is None or not (proposal.unit.kind.leads_members or proposal.member):
        proposal.problems.append(_("The unit is missing, or there is none of this name among yours."))
    if proposal.day > today:
        proposal.problems.append(_("This day is still to come. The mail can be taken over from then on."))
    return None


def _left(proposal, values, today):
    proposal.day = proposal.day or today
    proposal.values = {"status": Status.DECEASED if values.get("status") == Status.DECEASED else Status.LEFT}
    if proposal.member.status in GONE:
        proposal.problems.append(_("%(name)s is no member.") % {"name": proposal.member.name})
    if proposal.day > today:
        proposal.problems.append(_("This day is still to come. The mail can be taken over from then on."))


def _moved(proposal, values, today):
    proposal.day, proposal.unit = proposal.day or today, _unit(values)
    proposal.values = _differing(
        proposal.member, {name: values.get(name) for name in ("street", "postcode", "city", "country", "email", "phone", "mobile")}
    )
    if proposal.unit is None or not proposal.unit.kind.leads_members:
        proposal.problems.append(_("The unit is missing, or there is none of this name among yours."))
    elif proposal.unit == proposal.member.home_unit:
        proposal.unit = None
        if not proposal.values:
            proposal.problems.append(_("There is nothing to change: everything is as the mail says."))
    if proposal.member.status not in ACTIVE:
        proposal.problems.append(_("%(name)s is no member.") % {"name": proposal.member.name})
    if proposal.day > today:
        proposal.problems.append(_("This day is still to come. The mail can be taken over from then on."))


def _changed(proposal, values, today):
    proposal.values = _differing(proposal.member, values)
    if not proposal.values:
        proposal.problems.append(_("There is nothing to change: everything is as the mail says."))


def shown(proposal):
    """[{label, old, new}] of what a Proposal changes, in words."""
    member, rows = proposal.member, []

    def text(name, value):
        if value in (None, ""):
            return ""
        if name == "status":
            return str(Status(value).label)
        if name == "gender":
            return str(dict(OF_MEMBER["gender"].flatchoices)[value])
        if name in ("birth_date", "joined_on", "left_on"):
            return formats.date_format(OF_MEMBER[name].to_python(value), "SHORT_DATE_FORMAT")
        return str(value)

    for name, new in proposal.values.items():
        label = OF_MEMBER[name].verbose_name
        rows.append({"label": label, "old": text(name, getattr(member, name)) if member else "", "new": text(name, new)})
    if proposal.unit:
        rows.append({"label": _("Unit"), "old": str(member.home_unit) if member else "", "new": str(proposal.unit)})
    if proposal.day and proposal.kind != Kind.CHANGED:
        rows.append({"label": _("From which day"), "old": "", "new": formats.date_format(proposal.day, "SHORT_DATE_FORMAT")})
    return rows


@transaction.atomic
def confirm(pk, by, now, stamp):
    """Write what notice `pk` proposes, as it was shown (`stamp`); returns the Member. Raises ValidationError when it cannot be, or was done."""
    notice = Notice.objects.select_for_update(of=("self",)).select_related("unit").get(pk=pk)
    today = timezone.localdate(now)
    proposal = propose(notice, today)
    if notice.state == Notice.State.OPEN:
        if proposal.problems:
            raise ValidationError(proposal.problems)
        if proposal.stamp != stamp:
            raise ValidationError(_("Somebody has changed this record meanwhile. Please look again."))
    member = proposal.member
    notice.settle(Notice.State.DONE, by, now, member)
    note = gettext_noop("by a mail of the membership system")
    if proposal.kind == Kind.JOINED:
        member = _enter(proposal, by, now, note)
    elif proposal.kind == Kind.LEFT:
        status.leave(member.pk, proposal.day, by, now, note, deceased=proposal.values["status"] == Status.DECEASED)
    else:
        if proposal.unit:
            locked = Member.objects.select_for_update(of=("self",)).select_related("home_unit").get(pk=member.pk)
            transfers.move(locked, proposal.unit, proposal.day, by, now, note)
        if proposal.values:
            correcting.correct(member.pk, proposal.values, correcting.picture(member, proposal.values), by, now)
    Notice.objects.filter(pk=pk).update(member=member)
    return member


def _enter(proposal, by, now, note):
    """Somebody new, or somebody who returns."""
    kind = proposal.values.get("status", Status.FULL)
    if proposal.member:
        status.become(proposal.member.pk, kind, proposal.day, by, now, proposal.unit, note)
        differing = _differing(proposal.member, proposal.values)
        if differing:
            correcting.correct(proposal.member.pk, differing, correcting.picture(proposal.member, differing), by, now)
        return proposal.member
    fields = {name: value for name, value in proposal.values.items() if name != "status"}
    member = Member(home_unit=proposal.unit, joined_on=proposal.day, status=kind, **fields)
    member.birth_date = OF_MEMBER["birth_date"].to_python(member.birth_date)
    namesake = sort_key(member.family_name, member.given_name)
    known = (
        Member.objects.filter(home_unit=proposal.unit, sort_key=namesake, birth_date=member.birth_date).exists()
        if member.birth_date
        else True
    )
    try:
        return correcting.add(member, by, now, another=not known, note=note)
    except correcting.Known as error:
        raise ValidationError(
            _("%(name)s is known in this unit already. Please compare both before you add a second record.") % {"name": error.member.name}
        ) from error
