"""The member list as a difference: read, compare, apply, undo. Nothing reaches members before `apply`.

stage()    reads the file row by row, maps and checks the values and copies them into StagedRow
compare()  sets by SQL what each row means for the members, and finds who is gone
apply()    writes it all in the caller's transaction; applying the same list again changes nothing
undo()     puts back what apply() changed, row by row, except where somebody has worked on since

What a list may do: a column that is there is authoritative, but an empty or unreadable cell leaves the value there is. The join
date only becomes earlier, or replaces an estimated one. Number and home unit identify; who is not on the list is asked about.

decisions of a list: {"units": {name on the list: unit pk | "create" | "leave"}, "look": {number: "same" | "two"},
"gone": {number: one of GONE}, "all_gone": one of GONE, "part": true when the list is only a part: then nobody is gone}
"""

import json
from contextlib import suppress
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import Count, Q
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from branches.models import Reorganisation, Unit, UnitKind
from common.folding import fold
from common.sheets import read
from common.values import GENDERS, STATUSES, clean_text, parse_date, split_name, valid_email
from membership import duplicates, search
from membership.models import ColumnMapping, ListImport, Member, Merge, StagedRow

# Our fields and the column names they are known by, best first.
_NAMES = {
    "number": "mitgliedsnr|mitgliedsnummer|mitglieds nr|mitglied nr|mitgl nr|mgl nr|mnr|member number|member no|membership number|number|nummer|nr|id|מספר חבר|מס חבר|מספר חברה|מספר",
    "full_name": "vor und nachname|vollständiger name|name vorname|nachname vorname|full name|שם מלא|שם ומשפחה",
    "given_name": "vorname|vornamen|rufname|given name|first name|שם פרטי",
    "family_name": "nachname|familienname|zuname|name|family name|last name|surname|שם משפחה",
    "title": "titel|akad titel|akademischer titel|title|תואר",
    "gender": "geschlecht|gender|sex|מין|מגדר|anrede|פנייה",
    "birth_date": "geburtsdatum|geb datum|geb dat|geboren|geboren am|geburtstag|birth date|date of birth|birthdate|birthday|dob|תאריך לידה",
    "joined_on": "eintritt|eintrittsdatum|eintritt am|beitritt|beitrittsdatum|mitglied seit|joined|joined on|join date|date joined|member since|תאריך הצטרפות|הצטרפות",
    "left_on": "austritt|austrittsdatum|austritt am|left|left on|exit date|תאריך עזיבה",
    "unit": "ov|ortsverein|gliederung|ortsgruppe|ortsverband|kreisverband|unit|branch|chapter|סניף|יחידה|מחוז",
    "status": "status|mitgliedsart|mitgliedschaft|art|mitgliedsstatus|membership|membership type|סטטוס|סוג חברות",
    "email": "e mail|email|mail|e mail adresse|mailadresse|email address|דואל|דוא ל|אימייל|מייל",
    "phone": "telefon|telefon privat|festnetz|tel|phone|landline|telephone|טלפון",
    "mobile": "mobil|mobiltelefon|handy|mobilnummer|mobile|cell|mobile phone|נייד|טלפון נייד",
    "street": "straße|strasse|straße hausnummer|straße und hausnummer|anschrift|adresse|street|address|כתובת|רחוב",
    "postcode": "plz|postleitzahl|postcode|zip|zip code|postal code|מיקוד",
    "city": "ort|wohnort|stadt|city|town|place|יישוב|עיר",
    "country": "land|staat|country|מדינה|ארץ",
    "language": "sprache|language|שפה",
}  # fmt: skip
COLUMNS = {field: [fold(name) for name in names.split("|")] for field, names in _NAMES.items()}
TEXTS = ("given_name", "family_name", "title", "phone", "mobile", "street", "postcode", "city", "country")
DATES = ("birth_date", "joined_on", "left_on")
# What a list may change about a member, besides number and home unit.
COMPARED = (*TEXTS, "gender", "birth_date", "joined_on", "left_on", "status", "email", "language")
# What can become of somebody who is not on the list: asked again next time, or the end of the membership for a reason.
GONE = ("keep", "left", "moved", "deceased")
LIKELY = 65  # points (membership.duplicates) from which a joiner may be somebody known: name and birth date, also by another spelling
MANY = 1000  # joiners from which the planner has to look at the table of members anew
KEYS = ("sort_key", "given_key", "search_name", "search_contact")
LIMITS = {field: Member._meta.get_field(field).max_length for field in (*TEXTS, "number", "email")}  # type: ignore[union-attr]
LANGUAGES = {
    word: code
    for code, words in {
        "de": "de deutsch german גרמנית", "he": "he iw hebräisch hebrew עברית", "en": "en englisch english אנגלית",
        "ar": "ar arabisch arabic ערבית العربية", "ru": "ru russisch russian רוסית русский", "uk": "uk ukrainisch ukrainian אוקראינית українська",
        "tr": "tr türkisch turkish טורקית türkçe",
    }.items()
    for word in words.split()
}  # fmt: skip

PROBLEMS = {
    # code: what people read beside line and column; a "refused" problem keeps the row out, others only leave the value out
    "no_number": _("The member number is missing."),
    "no_name": _("The name is missing."),
    "no_unit": _("The unit is missing."),
    "unknown_unit": _("There is no unit of this name."),
    "elsewhere": _("This number cannot be taken over here. Please ask the district."),
    "twice": _("This number stands in the list twice; the first row counts."),
    "too_long": _("The text is too long."),
    "too_many_cells": _("The row has more cells than the header: a separator may stand inside a cell."),
    "no_birth_date": _("The birth date is missing."),
    "bad_date": _("This is not a date."),
    "odd_date": _("This date is not plausible."),
    "bad_email": _("This is not an e-mail address."),
    "bad_word": _("This word is not known here."),
    "line_break": _("There is a line break in the cell; it became a space."),
    "late_join_date": _("The join date is later than the one known; the known one stays."),
    "left_unknown": _("This person has left and was not known: not taken over."),
}
REFUSING = {"no_number", "no_name", "no_unit", "unknown_unit", "elsewhere", "twice", "too_long", "too_many_cells"}


def guess(header):
    """{our field: column index} for the column names of a list, each column once; what is not recognised is left out."""
    names, mapping = [fold(name) for name in header], {}
    for field, known in COLUMNS.items():
        free = [name for name in known if name in names and names.index(name) not in mapping.values()]
        if free:
            mapping[field] = names.index(free[0])
    if "given_name" not in mapping and "full_name" not in mapping and "family_name" in mapping:
        mapping["full_name"] = mapping.pop("family_name")
    return mapping


def mapping_for(unit, header):
    """The mapping last used for this header in `unit` or above it, else the guess."""
    remembered = ColumnMapping.objects.filter(unit__path__in=unit.ancestor_paths(), header=header).order_by("-unit__path").first()
    return remembered.mapping if remembered else guess(header)


def named_mapping(header, names):
    """{field: column index} for {field: column name}. Raises ValidationError for a field or column that is not there."""
    if unknown := [field for field in names if field not in COLUMNS]:
        raise ValidationError(_("There is no field “%(name)s”."), params={"name": unknown[0]})
    if missing := [name for name in names.values() if name not in header]:
        raise ValidationError(_("The list has no column “%(name)s”."), params={"name": missing[0]})
    return {field: header.index(name) for field, name in names.items()}


def check_mapping(mapping):
    """Raise ValidationError unless number and name have a column and no column serves twice."""
    if "number" not in mapping:
        raise ValidationError(_("Please say which column has the member number."))
    if not {"full_name", "family_name"} & mapping.keys():
        raise ValidationError(_("Please say which column has the name."))
    if len(set(mapping.values())) < len(mapping):
        raise ValidationError(_("A column can only be used once."))


def _unit_names(unit):
    """{folded name: Unit} of `unit` and everything below, by name, slug and kind with name; a name of several units is left out.

    A list may call a unit that was merged by its old name for months: that means the one it became part of.
    """
    names, several, heirs = {}, set(), Reorganisation.objects.heirs(unit)
    for found in Unit.objects.below(unit).select_related("kind"):
        if found.closed_on and found.pk not in heirs:
            continue
        own = {fold(found.name), fold(found.slug)}
        own |= {fold(f"{label} {found.name}") for label in found.kind.labels.values()}
        own |= {fold(found.name).removeprefix(fold(label)).strip() for label in found.kind.labels.values()} - {""}
        for name in own:
            if names.setdefault(name, heirs.get(found.pk, found)) != heirs.get(found.pk, found):
                several.add(name)
    return {name: found for name, found in names.items() if name not in several}


class _Reader:
    """Turns the cells of one row into values and problems, as the mapping of the list says."""

    def __init__(self, list_import):
        self.mapping, self.header = list_import.mapping, list_import.header
        self.today = list_import.list_date
        self.home = list_import.unit
        self.units = _unit_names(list_import.unit) if "unit" in self.mapping else {}
        self.decided = {fold(name): choice for name, choice in list_import.decisions.get("units", {}).items()}
        self.unknown = {}

    def read(self, line, cells):
        """(number, values, problems) of a row."""
        problems = []

        def problem(field, code, value=""):
            column = self.header[self.mapping[field]] if field in self.mapping else ""
            problems.append({"field": field, "column": column, "code": code, "value": value[:200], "refused": code in REFUSING})

        texts = {}
        for field, index in self.mapping.items():
            raw = cells[index] if index < len(cells) else ""
            text = clean_text(raw) if raw else ""
            if "\n" in raw and "\n" in raw.strip():
                problem(field, "line_break", text)
            if len(text) > (limit := LIMITS.get(field, 300)):
                problem(field, "too_long", text)
                text = text[:limit]
            texts[field] = text
        if len(cells) > len(self.header) and any(cell.strip() for cell in cells[len(self.header) :]):
            problem("number", "too_many_cells", clean_text(" ".join(cells[len(self.header) :])))
        values = {field: texts[field] for field in TEXTS if texts.get(field)}
        if texts.get("full_name") and not values.get("family_name"):
            for field, text in zip(("given_name", "family_name"), split_name(texts["full_name"]), strict=True):
                if len(text) > LIMITS[field]:
                    problem("full_name", "too_long", text)
                values[field] = text[: LIMITS[field]]
        if not values.get("family_name") and values.get("given_name"):
            values["family_name"] = values.pop("given_name")
        if not texts.get("number"):
            problem("number", "no_number")
        if not values.get("family_name"):
            problem("full_name" if "full_name" in self.mapping else "family_name", "no_name")
        for field in DATES:
            if field in texts:
                self._date(field, texts[field], values, problem)
        if email := texts.get("email", ""):
            values["email"] = email if valid_email(email) else ""
            if not values["email"]:
                problem("email", "bad_email", email)
        for field, words in (("gender", GENDERS), ("status", STATUSES), ("language", LANGUAGES)):
            if text := texts.get(field, ""):
                values[field] = words.get(text.lower(), "")
                if text.lower() not in words:
                    problem(field, "bad_word", text)
        if "unit" in self.mapping:
            self._unit(texts["unit"], values, problem)
        else:
            values["default_unit"] = self.home.pk
        values = {field: value for field, value in values.items() if value not in ("", None)}
        phones = (values.get("phone", ""), values.get("mobile", ""))
        values |= search.keys(
            values.get("family_name", ""), values.get("given_name", ""), texts.get("number", ""), values.get("email", ""), phones
        )
        return texts.get("number", ""), values, problems

    def _date(self, field, text, values, problem):
        try:
            day = parse_date(text, self.today)
        except (ValueError, OverflowError):
            return problem(field, "bad_date", text)
        if day is None:
            return problem(field, "no_birth_date") if field == "birth_date" else None
        if not date(1880, 1, 1) <= day <= (self.today if field == "birth_date" else self.today + timedelta(days=366)):
            return problem(field, "odd_date", text)
        values[field] = day.isoformat()

    def _unit(self, text, values, problem):
        if not text:
            return problem("unit", "no_unit")
        choice = self.decided.get(fold(text))
        if isinstance(choice, int):
            values["unit"] = choice
        elif found := self.units.get(fold(text)):
            values["unit"] = found.pk
        elif choice == "create":
            values["new_unit"] = text
        else:
            if choice != "leave":
                self.unknown[text] = self.unknown.get(text, 0) + 1
            problem("unit", "unknown_unit", text)


def stage(list_import, progress=lambda done: None):
    """Read the file of `list_import` into StagedRow, in place of what was staged before. Memory stays bounded.

    progress(rows read) is called now and then. Raises SheetError for a file that cannot be read, ValidationError for a mapping that
    cannot work. Returns {unknown unit name: rows}.
    """
    sheet = read(bytes(list_import.content))
    check_mapping(list_import.mapping)
    reader = _Reader(list_import)
    with transaction.atomic(), connection.cursor() as cursor:
        list_import.rows.all()._raw_delete(using=list_import._state.db)
        with cursor.copy(
            "COPY membership_stagedrow (list_import_id, line, outcome, number, values, problems) FROM STDIN"
        ) as copy:
            for count, (line, cells) in enumerate(sheet.rows):
                number, values, problems = reader.read(line, cells)
                # What compare() would find for a new member already stands there, so that it need not write these rows again.
                outcome = "refused" if any(problem["refused"] for problem in problems) else "joined"
                copy.write_row(
                    (list_import.pk, line, outcome, number, json.dumps(values), json.dumps(problems) if problems else "[]")
                )
                if count % 2000 == 0:
                    progress(count)
    _count_anew("membership_stagedrow")
    return reader.unknown


def _count_anew(table):
    """Have the planner know what `table` holds now: else it takes a party that has just come for a few rows and reads all of them for each.

    Autovacuum gives way to who waits; who counts in another transaction is waited for as long as for any lock, then their count has to do.
    """
    with suppress(OperationalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")


# What a row would change: {field: new value} of those that differ. `member.json` is the row as JSON, dates as yyyy-mm-dd.
_DIFFERENCE = """
    (SELECT jsonb_object_agg(new.key, new.value) FROM jsonb_each_text(row.values) new
     WHERE new.key = ANY(%(compared)s) AND new.value IS DISTINCT FROM member.json ->> new.key
       AND CASE new.key
           WHEN 'joined_on' THEN (member.json ->> 'joined_estimated')::bool OR new.value < member.json ->> 'joined_on'
           WHEN 'left_on' THEN false
           WHEN 'status' THEN new.value NOT IN ('left', 'deceased')
           ELSE true END)
"""
_COMPARE = f"""
UPDATE membership_stagedrow staged
SET outcome = now.outcome, member_id = now.member_id, candidate_id = now.candidate_id, remark = now.remark
FROM (
    SELECT row.id, member.id AS member_id, candidate.id AS candidate_id,
        CASE
            WHEN refused THEN 'refused'
            WHEN place > 1 OR NOT member.inside THEN 'refused'
            WHEN says_gone THEN CASE WHEN member.active THEN 'gone' ELSE 'same' END
            WHEN candidate.id IS NOT NULL THEN 'look'
            WHEN member.id IS NULL THEN 'joined'
            WHEN NOT member.active THEN 'returned'
            WHEN row.values ? 'new_unit' OR (row.values ->> 'unit')::bigint <> member.home_unit_id THEN 'moved'
            WHEN {_DIFFERENCE} IS NOT NULL THEN 'changed'
            ELSE 'same' END AS outcome,
        CASE
            WHEN refused THEN ''
            WHEN place > 1 THEN 'twice'
            WHEN NOT member.inside THEN 'elsewhere'
            WHEN says_gone AND member.id IS NULL THEN 'left_unknown'
            WHEN row.values ->> 'joined_on' > member.json ->> 'joined_on' AND member.active
                 AND NOT (member.json ->> 'joined_estimated')::bool THEN 'late_join_date'
            ELSE '' END AS remark
    FROM (
        SELECT *, coalesce(values ->> 'status' IN ('left', 'deceased'), false)
                  OR coalesce(values ->> 'left_on' <= %(list_date)s, false) AS says_gone,
            row_number() OVER (PARTITION BY number, refused ORDER BY line) AS place
        FROM (SELECT *, problems @> '[{{"refused": true}}]' AS refused FROM membership_stagedrow
              WHERE list_import_id = %(list)s) row
    ) row
    LEFT JOIN LATERAL (
        SELECT member.id, member.home_unit_id, to_jsonb(member) AS json, starts_with(unit.path, %(path)s) AS inside,
            member.status NOT IN ('left', 'deceased') AS active
        FROM membership_member member JOIN branches_unit unit ON unit.id = member.home_unit_id
        WHERE member.party_id = %(party)s AND member.number = row.number AND member.number <> ''
        OFFSET 0 -- makes the row's JSON once instead of once for each use
    ) member ON NOT refused
    LEFT JOIN LATERAL (
        SELECT other.id FROM membership_member other JOIN branches_unit unit ON unit.id = other.home_unit_id
        WHERE member.id IS NULL AND NOT refused AND NOT says_gone AND other.sort_key = row.values ->> 'sort_key'
          AND other.party_id = %(party)s AND other.birth_date = (row.values ->> 'birth_date')::date
          AND starts_with(unit.path, %(path)s)
          AND NOT EXISTS (SELECT FROM membership_stagedrow present WHERE present.list_import_id = %(list)s
                          AND present.number = other.number AND other.number <> '')
        ORDER BY other.id LIMIT 1
    ) candidate ON true
) now
WHERE staged.id = now.id AND (staged.outcome, staged.member_id, staged.candidate_id, staged.remark)
      IS DISTINCT FROM (now.outcome, now.member_id, now.candidate_id, now.remark)
"""


# The number of a record that was merged means the survivor, unless the list has the survivor's own number too: then its row says nothing.
_MERGED_BEFORE = [
    """
    UPDATE membership_stagedrow SET number = values ->> 'listed_number', values = values - 'listed_number'
    WHERE list_import_id = %(list)s AND values ? 'listed_number'
    """,
    """
    UPDATE membership_stagedrow row
    SET number = survivor.number, values = row.values || jsonb_build_object('listed_number', row.number)
    FROM membership_merge merge JOIN membership_member survivor ON survivor.id = merge.survivor_id
    WHERE row.list_import_id = %(list)s AND merge.party_id = %(party)s AND merge.undone_at IS NULL AND merge.number <> ''
      AND row.number = merge.number AND survivor.number NOT IN ('', merge.number)
      AND NOT EXISTS (SELECT FROM membership_member WHERE party_id = %(party)s AND number = merge.number)
      AND NOT EXISTS (SELECT FROM membership_stagedrow own WHERE own.list_import_id = %(list)s AND own.number = survivor.number)
    """,
]
_MERGED_AFTER = """
UPDATE membership_stagedrow row SET outcome = 'same', member_id = merge.survivor_id, candidate_id = NULL, remark = ''
FROM membership_merge merge
WHERE row.list_import_id = %(list)s AND merge.party_id = %(party)s AND merge.undone_at IS NULL AND merge.number <> ''
  AND row.number = merge.number AND row.outcome IN ('joined', 'look')
"""


def _look(list_import, parameters):
    """Joiners who are likely to be somebody known under another number are looked at; of a first list, which brings everybody, none."""
    joined = list(list_import.rows.filter(outcome=StagedRow.Outcome.JOINED)[: MANY + 1])
    members = Member.objects.filter(party=parameters["party"], home_unit__path__startswith=parameters["path"])
    if len(joined) > MANY or not members.exists():
        return
    listed = list_import.rows.exclude(number="").order_by().values("number")
    people = [_person(row, parameters["party"]) for row in joined]
    for place, pk in duplicates.likeliest(people, members.exclude(number__in=listed), LIKELY).items():
        joined[place].outcome, joined[place].candidate_id = StagedRow.Outcome.LOOK, pk
        joined[place].save(update_fields=["outcome", "candidate"])


def _person(row, party):
    """The person a staged row of a list of `party` (pk) is about, to be compared with members."""
    values = row.values
    born = values.get("birth_date")
    texts = (values.get(name, "") for name in ("given_name", "family_name"))
    reach = (values.get(name, "") for name in ("email", "phone", "mobile", "street", "postcode"))
    unit = values.get("unit", values.get("default_unit"))
    return duplicates.person(0, party, row.number, *texts, born and date.fromisoformat(born), *reach, unit)


def likeness(row):
    """Why a staged row to look at may be its candidate, in words of the reader's language."""
    return duplicates.told(duplicates.compare(_person(row, row.candidate.party_id), duplicates.of(row.candidate))[1])


def problems_of(row, list_import):
    """The problems of a staged row, those of reading and the one of comparing: dicts of field, column, code, value, refused."""
    if not row.remark:
        return row.problems
    field = {"left_unknown": "status", "late_join_date": "joined_on"}.get(row.remark, "number")
    index = list_import.mapping.get(field)
    column = "" if index is None else list_import.header[index]
    return [*row.problems, {"field": field, "column": column, "code": row.remark, "value": "", "refused": row.remark in REFUSING}]


def message(problem):
    """A problem in words of the reader's language, with the value that made it."""
    text = str(PROBLEMS[problem["code"]])
    return f"{text} ({problem['value']})" if problem["value"] else text


def _parameters(list_import):
    return {
        "list": list_import.pk,
        "list_date": list_import.list_date.isoformat(),
        "party": Unit.objects.get(path=list_import.unit.root_path).pk,
        "path": list_import.unit.path,
        "compared": list(COMPARED),
    }


def compare(list_import):
    """Set what every staged row means for the members as they are now; returns the figures {outcome: number}.

    Safe to repeat: apply() does, so that nothing is written that was not shown.
    """
    parameters = _parameters(list_import)
    merged = Merge.objects.filter(party=parameters["party"]).exclude(number="").exists()
    with connection.cursor() as cursor:
        if merged:
            for statement in _MERGED_BEFORE:
                cursor.execute(statement, parameters)
        cursor.execute(_COMPARE, parameters)
        if merged:
            cursor.execute(_MERGED_AFTER, parameters)
    _look(list_import, parameters)
    found = dict(list_import.rows.order_by().values_list("outcome").annotate(Count("pk")))
    figures = {outcome: found.get(outcome, 0) for outcome in StagedRow.Outcome.values}
    figures["gone"] += gone(list_import).count()
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINT, {"list": list_import.pk, "gone": list(gone(list_import).values_list("pk", flat=True))})
        figures["fingerprint"] = cursor.fetchone()[0]
    return figures


# Which members are meant and in which version: when somebody works on one of them, it is no longer what was shown.
_FINGERPRINT = """
SELECT md5(coalesce(string_agg(format('%%s %%s %%s %%s', line, outcome, member.id, member.version), ',' ORDER BY line, member.id), ''))
FROM (
    SELECT line, outcome, coalesce(member_id, candidate_id) AS member_id FROM membership_stagedrow
    WHERE list_import_id = %(list)s AND outcome <> 'same' AND coalesce(member_id, candidate_id) IS NOT NULL
    UNION ALL
    SELECT 0, 'gone', unnest(%(gone)s::bigint[])
) touched JOIN membership_member member ON member.id = touched.member_id
"""


def differences(rows):
    """{row pk: {field: (old, new)}} of staged `rows` that stand beside a member: what saving would change; dates as yyyy-mm-dd."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, {"rows": [row.pk for row in rows], "compared": list(COMPARED)})
        found = {pk: (json.loads(old), json.loads(new)) for pk, old, new in cursor.fetchall()}
    return {pk: {field: (old.get(field) or "", new[field]) for field in COMPARED if field in new} for pk, (old, new) in found.items()}


_SHOWN = f"""
SELECT row.id, member.json, coalesce({_DIFFERENCE}, '{{}}')
FROM membership_stagedrow row
JOIN LATERAL (SELECT to_jsonb(membership_member) AS json FROM membership_member WHERE id = coalesce(row.member_id, row.candidate_id)) member
    ON true
WHERE row.id = ANY(%(rows)s)
"""


def joined_on(row):
    """The join date a staged row would give its member: the one it has, else the day of the list."""
    day = row.values.get("joined_on")
    return date.fromisoformat(day) if day else row.list_import.list_date


def unknown_units(list_import):
    """{name on the list: number of rows} of the units that are not known."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT problem ->> 'value', count(*) FROM membership_stagedrow, jsonb_array_elements(problems) problem"
            " WHERE list_import_id = %s AND outcome = 'refused' AND problem ->> 'code' = 'unknown_unit' GROUP BY 1 ORDER BY 2 DESC, 1",
            [list_import.pk],
        )
        return dict(cursor.fetchall())


def refused_rows(list_import):
    """(line, cells, messages) of the rows of the file that were refused, as they stand there."""
    refused = {row.line: row for row in list_import.rows.filter(outcome=StagedRow.Outcome.REFUSED)}
    for line, cells in read(bytes(list_import.content)).rows:
        if row := refused.get(line):
            yield line, cells, [message(problem) for problem in problems_of(row, list_import) if problem["refused"]]


def gone(list_import):
    """Active members of the list's unit and below who are not on the list, without those a row to look at may be about."""
    if list_import.decisions.get("part"):
        return Member.objects.none()
    rows = list_import.rows.all()
    return (
        Member.objects.active()
        .filter(home_unit__path__startswith=list_import.unit.path)
        .exclude(number__in=rows.exclude(number="").order_by().values("number"))
        .exclude(pk__in=rows.filter(candidate__isnull=False).order_by().values("candidate"))
    )


class ChangedMeanwhile(Exception):
    """The members changed since the difference was shown: it must be looked at again. `figures` are the new ones."""


# Whom applying a list touches, what becomes of them, and from when.
_AFFECTED = """
CREATE TEMP TABLE affected (member_id bigint, kind text, new jsonb, leaves bool, end_reason text, ends_on date) ON COMMIT DROP
"""
_AFFECTED_BY_ROW = f"""
INSERT INTO affected
SELECT DISTINCT ON (member.id) member.id,
    CASE WHEN row.outcome = 'look' THEN 'number' ELSE row.outcome END,
    coalesce({_DIFFERENCE}, '{{}}')
    || CASE WHEN row.values ? 'joined_on' AND (member.json ->> 'joined_estimated')::bool THEN '{{"joined_estimated": false}}'::jsonb ELSE '{{}}' END
    || CASE WHEN row.values ? 'unit' THEN jsonb_build_object('home_unit_id', (row.values ->> 'unit')::bigint) ELSE '{{}}' END
    || CASE WHEN row.outcome = 'look' THEN jsonb_build_object('number', row.number) ELSE '{{}}' END
    || CASE WHEN member.json ->> 'status' IN ('left', 'deceased') AND row.outcome <> 'gone'
        THEN jsonb_build_object('status', coalesce(row.values ->> 'status', 'full'), 'left_on', NULL) ELSE '{{}}' END
    || CASE WHEN row.outcome = 'gone' THEN jsonb_build_object(
        'status', CASE row.values ->> 'status' WHEN 'deceased' THEN 'deceased' ELSE 'left' END,
        'left_on', greatest(least(coalesce((row.values ->> 'left_on')::date, %(list_date)s::date), %(list_date)s::date),
                            (member.json ->> 'joined_on')::date)) ELSE '{{}}' END,
    row.outcome = 'gone',
    CASE row.outcome WHEN 'gone' THEN CASE row.values ->> 'status' WHEN 'deceased' THEN 'deceased' ELSE 'left' END
        WHEN 'moved' THEN 'moved' ELSE 'status' END,
    CASE WHEN row.outcome = 'gone' THEN least(coalesce((row.values ->> 'left_on')::date, %(list_date)s::date), %(list_date)s::date)
        ELSE %(list_date)s::date END
FROM membership_stagedrow row
JOIN LATERAL (SELECT id, to_jsonb(membership_member) AS json FROM membership_member
              WHERE id = coalesce(row.member_id, row.candidate_id) FOR UPDATE) member ON true
WHERE row.list_import_id = %(list)s
  AND (row.outcome IN ('changed', 'moved', 'returned', 'gone') OR row.outcome = 'look' AND row.number = ANY(%(same)s))
ORDER BY member.id, row.line
"""
_AFFECTED_GONE = """
INSERT INTO affected
SELECT member.id, 'gone', jsonb_build_object('status', answer.status, 'left_on', greatest(%(list_date)s::date, member.joined_on)),
    true, answer.reason, %(list_date)s::date
FROM membership_member member
JOIN (SELECT *, CASE reason WHEN 'deceased' THEN 'deceased' ELSE 'left' END AS status
      FROM unnest(%(gone)s::bigint[], %(gone_reason)s::text[]) AS answer(id, reason)) answer USING (id)
"""
_CHANGES = """
INSERT INTO membership_change (member_id, kind, at, by_id, list_import_id, before, after, restore)
SELECT member.id, affected.kind, %(now)s, %(by)s, %(list)s,
    (SELECT coalesce(jsonb_object_agg(key, to_jsonb(member) -> key), '{}') FROM jsonb_object_keys(affected.new) key
        WHERE to_jsonb(member) -> key IS DISTINCT FROM affected.new -> key AND key <> ALL(%(keys)s)),
    (SELECT coalesce(jsonb_object_agg(key, affected.new -> key), '{}') FROM jsonb_object_keys(affected.new) key
        WHERE to_jsonb(member) -> key IS DISTINCT FROM affected.new -> key AND key <> ALL(%(keys)s)),
    jsonb_build_object('member', to_jsonb(member), 'periods',
        (SELECT coalesce(jsonb_agg(to_jsonb(period)), '[]') FROM membership_membership period
         WHERE period.member_id = member.id AND period.ends_on IS NULL))
FROM affected JOIN membership_member member ON member.id = affected.member_id
"""
_SET = ("number", "home_unit_id", "joined_estimated", *KEYS, *COMPARED)
_UPDATE = f"""
UPDATE membership_member member
SET {", ".join(f"{column} = new.{column}" for column in _SET)}, version = member.version + 1
FROM (SELECT affected.member_id, filled.* FROM affected JOIN membership_member old ON old.id = affected.member_id,
      LATERAL jsonb_populate_record(old, affected.new) filled) new
WHERE member.id = new.member_id
"""
# Periods that no longer say where and what somebody is end on the day of the list; one that would end before it began never was.
_ENDED = """
SELECT period.id FROM membership_membership period
JOIN affected ON affected.member_id = period.member_id JOIN membership_member member ON member.id = period.member_id
WHERE period.ends_on IS NULL AND (affected.leaves OR period.home AND (period.unit_id, period.kind) <> (member.home_unit_id, member.status))
"""
_PERIODS = [
    f"""
    DELETE FROM membership_membership period USING affected
    WHERE affected.member_id = period.member_id AND period.starts_on >= affected.ends_on AND period.id IN ({_ENDED})
    """,
    f"""
    UPDATE membership_membership period SET ends_on = affected.ends_on, end_reason = affected.end_reason
    FROM affected WHERE affected.member_id = period.member_id AND period.id IN ({_ENDED})
    """,
    """
    INSERT INTO membership_membership (member_id, unit_id, kind, home, starts_on, end_reason, list_import_id)
    SELECT member.id, member.home_unit_id, member.status, true,
        greatest(affected.ends_on, (SELECT max(ends_on) FROM membership_membership WHERE member_id = member.id AND home)), '', %(list)s
    FROM affected JOIN membership_member member ON member.id = affected.member_id
    WHERE member.status IN ('full', 'guest', 'supporter')
      AND NOT EXISTS (SELECT FROM membership_membership WHERE member_id = member.id AND home AND ends_on IS NULL)
    """,
]
_NEW_TEXTS = (*TEXTS, "gender", "email", "language")
_JOIN = f"""
WITH new AS (
    INSERT INTO membership_member (party_id, number, home_unit_id, status, joined_on, joined_estimated, birth_date,
        {", ".join(_NEW_TEXTS)}, {", ".join(KEYS)}, first_list_id, version, created_at)
    SELECT %(party)s, row.number, coalesce((values ->> 'unit')::bigint, (values ->> 'default_unit')::bigint), coalesce(values ->> 'status', 'full'),
        coalesce((values ->> 'joined_on')::date, %(list_date)s::date), NOT values ? 'joined_on', (values ->> 'birth_date')::date,
        {", ".join(f"coalesce(values ->> '{field}', '')" for field in _NEW_TEXTS)},
        {", ".join(f"values ->> '{key}'" for key in KEYS)}, %(list)s, 1, %(now)s
    FROM membership_stagedrow row
    WHERE list_import_id = %(list)s AND (outcome = 'joined' OR outcome = 'look' AND number = ANY(%(two)s))
    ORDER BY line
    RETURNING id, home_unit_id, status, joined_on
)
INSERT INTO membership_membership (member_id, unit_id, kind, home, starts_on, end_reason, list_import_id)
SELECT id, home_unit_id, status, true, joined_on, '', %(list)s FROM new WHERE status IN ('full', 'guest', 'supporter')
"""


def apply(list_import, by, now):
    """Write the difference of `list_import` as the user `by` at the moment `now`; belongs into the caller's transaction.

    Raises ChangedMeanwhile when the members are no longer as they were when the difference was shown. A list that is applied stays so:
    a second call does nothing. Returns whether something was written.
    """
    locked = ListImport.objects.select_for_update().get(pk=list_import.pk)
    if locked.state in (ListImport.State.APPLIED, ListImport.State.UNDONE):
        return False
    parameters = _parameters(locked)
    with connection.cursor() as cursor:
        # One list of a party at a time: a second one is compared with what the first one wrote.
        cursor.execute("SELECT pg_advisory_xact_lock(8112, %s)", [parameters["party"]])
        figures = compare(locked)
        if figures != locked.figures:
            raise ChangedMeanwhile(figures)
        _create_units(locked)
        look = locked.decisions.get("look", {})
        going = leaving(locked)
        parameters |= {
            "now": now, "by": by and by.pk, "keys": list(KEYS), "gone": list(going), "gone_reason": list(going.values()),
            "same": [number for number, choice in look.items() if choice == "same"],
            "two": [number for number, choice in look.items() if choice == "two"],
        }  # fmt: skip
        for statement in (_AFFECTED, _AFFECTED_BY_ROW, _AFFECTED_GONE, _CHANGES, _UPDATE, *_PERIODS, _JOIN, "DROP TABLE affected"):
            cursor.execute(statement, parameters)
    if figures["joined"] > MANY:
        _count_anew("membership_member")
    search.refresh(Member.objects.filter(changes__list_import=locked))
    ColumnMapping.objects.update_or_create(unit=locked.unit, header=locked.header, defaults={"mapping": locked.mapping})
    ListImport.objects.filter(pk=locked.pk).update(state=ListImport.State.APPLIED, applied_at=now, trouble="")
    return True


def _create_units(list_import):
    """Create the units the list names and somebody decided to create, as branches of the list's unit, and put the rows into them."""
    names = sorted(set(list_import.rows.filter(values__has_key="new_unit").values_list("values__new_unit", flat=True)))
    if not names:
        return
    kind = UnitKind.objects.filter(leads_members=True).order_by("pk").first() or list_import.unit.kind
    for name in names:
        slug = base = slugify(name, allow_unicode=True)[:70] or "unit"
        count = 1
        while Unit.objects.filter(slug=slug).exists():
            count += 1
            slug = f"{base}-{count}"
        unit = Unit.objects.add_child(list_import.unit, {"name": name[:120], "slug": slug, "kind": kind})
        list_import.unit.refresh_from_db()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE membership_stagedrow SET values = values - 'new_unit' || jsonb_build_object('unit', %s::bigint)"
                " WHERE list_import_id = %s AND values ->> 'new_unit' = %s",
                [unit.pk, list_import.pk, name],
            )


def leaving(list_import):
    """{member pk: reason} of those gone whose membership ends, as decided one by one or for all others."""
    single = list_import.decisions.get("gone", {})
    default = list_import.decisions.get("all_gone", "keep")
    answers = {pk: single.get(number, default) for pk, number in gone(list_import).values_list("pk", "number")}
    return {pk: choice for pk, choice in answers.items() if choice in GONE and choice != "keep"}


_UNDO = f"""
UPDATE membership_member member
SET {", ".join(f"{column} = old.{column}" for column in _SET)}, version = old.version
FROM (SELECT change.member_id, was.* FROM membership_change change,
      LATERAL jsonb_populate_record(NULL::membership_member, change.restore -> 'member') was
      WHERE change.list_import_id = %(list)s AND change.member_id = ANY(%(members)s)) old
WHERE member.id = old.member_id
"""
_UNDO_PERIODS = [
    "DELETE FROM membership_membership WHERE list_import_id = %(list)s AND member_id = ANY(%(members)s)",
    """
    INSERT INTO membership_membership
    SELECT was.* FROM membership_change change,
        LATERAL jsonb_populate_recordset(NULL::membership_membership, change.restore -> 'periods') was
    WHERE change.list_import_id = %(list)s AND change.member_id = ANY(%(members)s)
    ON CONFLICT (id) DO UPDATE SET ends_on = EXCLUDED.ends_on, end_reason = EXCLUDED.end_reason
    """,
    "DELETE FROM membership_change WHERE list_import_id = %(list)s AND member_id = ANY(%(members)s)",
]


def undo(list_import, now, keep=()):
    """Put back what applying `list_import` changed, row by row; belongs into the caller's transaction.

    Members somebody has worked on since stay as they are: those in `keep` (pks) and those changed after the list. Returns the pks of
    the members that stay, in order of name.
    """
    locked = ListImport.objects.select_for_update().get(pk=list_import.pk)
    if locked.state not in (ListImport.State.APPLIED, ListImport.State.UNDOING):
        return []
    keep = set(keep)
    joined = Member.objects.filter(first_list=locked)
    changed = Member.objects.filter(changes__list_import=locked)
    # A row that has been written again since, by hand or by a later list, has moved past this list's version.
    worked_on = set(joined.filter(Q(version__gt=1) | Q(pk__in=keep)).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT member.id FROM membership_change change JOIN membership_member member ON member.id = change.member_id"
            " WHERE change.list_import_id = %s AND member.version IS DISTINCT FROM (change.restore -> 'member' ->> 'version')::int + 1",
            [locked.pk],
        )
        worked_on |= {pk for (pk,) in cursor.fetchall()} | (set(changed.values_list("pk", flat=True)) & keep)
        members = list(changed.exclude(pk__in=worked_on).values_list("pk", flat=True))
        joined.exclude(pk__in=worked_on).delete()
        for statement in (_UNDO, *_UNDO_PERIODS):
            cursor.execute(statement, {"list": locked.pk, "members": members})
    ListImport.objects.filter(pk=locked.pk).update(state=ListImport.State.UNDONE, undone_at=now)
    return list(Member.objects.filter(pk__in=worked_on).order_by("sort_key").values_list("pk", flat=True))
