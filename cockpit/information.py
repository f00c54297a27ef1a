"""Everything that is kept about a member (Art. 15 GDPR), as plain data for a PDF in their language and for JSON.

Every relation to the member, and to what dies with them, has a line in TOLD; tests/cockpit/test_information.py is red for one that is
missing. Nobody else is named: whoever wrote or decided something is told by the office they held that day.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Q
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from branches.models import Appointment, Unit, User
from common import pdf
from education import registration_rules
from education.models import LevelDone, RegistrationChange
from membership import telling, visibility
from membership.models import ListImport, Member, Reading
from onboarding.ledger import KINDS
from onboarding.models import CheckIn, Complaint, Side, Takeover, TakeoverStep
from outbox.models import Message

# Fields of the record that are made from others, for sorting and searching.
MADE = {"id", "sort_key", "given_key", "search_name", "search_contact", "version", "user", "party", "first_list"}

WORDS = {
    "unit": gettext_lazy("Unit"), "from_unit": gettext_lazy("From the unit"), "to_unit": gettext_lazy("To the unit"),
    "office": gettext_lazy("Office"), "kind": gettext_lazy("Kind"), "state": gettext_lazy("State"), "home": gettext_lazy("Home unit"),
    "starts_on": gettext_lazy("From day"), "ends_on": gettext_lazy("Until before"), "end_reason": gettext_lazy("Why it ended"),
    "reason": gettext_lazy("Reason"), "started_on": gettext_lazy("Began on"), "ended_on": gettext_lazy("Ended on"),
    "first_contact_on": gettext_lazy("First contact on"), "step": gettext_lazy("Step"), "journey_step": gettext_lazy("Step"),
    "due_on": gettext_lazy("Due on"), "done_on": gettext_lazy("Done on"), "closed_by": gettext_lazy("Closed by"),
    "waiting_for": gettext_lazy("Waiting for"), "told_at": gettext_lazy("Told on"), "level": gettext_lazy("Days late"),
    "on": gettext_lazy("Day"), "by": gettext_lazy("By"), "result": gettext_lazy("Result"), "next_on": gettext_lazy("Next contact on"),
    "note": gettext_lazy("Note"), "at": gettext_lazy("Time"), "what": gettext_lazy("What"), "through": gettext_lazy("Through the office"),
    "before": gettext_lazy("Before"), "after": gettext_lazy("After"), "until": gettext_lazy("Until"), "answered_at": gettext_lazy("Answered"),
    "field": gettext_lazy("Field"), "decided_at": gettext_lazy("Decided"), "decided_by": gettext_lazy("Decided by"),
    "decided_on": gettext_lazy("Decided"), "moves_on": gettext_lazy("Moves on"), "handover": gettext_lazy("Hand-over note"),
    "exception": gettext_lazy("Lives elsewhere"), "requested_on": gettext_lazy("Asked for on"), "requested_by": gettext_lazy("Asked for by"),
    "from_answer": gettext_lazy("Answer of the old unit"), "from_remark": gettext_lazy("Remark of the old unit"),
    "to_answer": gettext_lazy("Answer of the new unit"), "to_remark": gettext_lazy("Remark of the new unit"),
    "decision": gettext_lazy("Decision"), "decision_remark": gettext_lazy("Remark of the decision"), "closed_on": gettext_lazy("Closed on"),
    "source": gettext_lazy("Source"), "message": gettext_lazy("Message"), "received_on": gettext_lazy("Received on"),
    "admitted_on": gettext_lazy("Admitted on"), "raised_on": gettext_lazy("Raised on"), "outcome": gettext_lazy("Outcome"),
    "remark": gettext_lazy("Remark"), "renewed_on": gettext_lazy("Renewed on"), "invited_on": gettext_lazy("Invited on"),
    "tag": gettext_lazy("Word"), "set_by": gettext_lazy("Set by"), "set_at": gettext_lazy("Set on"), "value": gettext_lazy("Value"),
    "text": gettext_lazy("Text"), "to": gettext_lazy("To"), "created_at": gettext_lazy("Written on"), "done_at": gettext_lazy("Done on"),
    "found_at": gettext_lazy("Found on"), "closed_at": gettext_lazy("Closed on"), "number": gettext_lazy("Number"),
    "undone_at": gettext_lazy("Taken back on"), "list": gettext_lazy("List of the day"), "line": gettext_lazy("Line"),
    "values": gettext_lazy("What it said"), "sent_at": gettext_lazy("Sent"), "subject": gettext_lazy("Subject"),
    "read_at": gettext_lazy("Last read"), "revoked_at": gettext_lazy("Revoked on"),
    "places": gettext_lazy("Places"), "reach": gettext_lazy("How far"), "paused_until": gettext_lazy("Pause until before"),
    "minors": gettext_lazy("May accompany minors"), "languages": gettext_lazy("Languages"), "confirmed_by": gettext_lazy("Confirmed by"),
    "confirmed_at": gettext_lazy("Confirmed on"), "since": gettext_lazy("Waiting since"),
    "shares_email": gettext_lazy("Shares the mail address"), "shares_phone": gettext_lazy("Shares the phone number"),
    "asked_on": gettext_lazy("Asked on"), "agreed_on": gettext_lazy("Agreed on"), "ended": gettext_lazy("Why it ended"),
    "answer": gettext_lazy("Answer"), "answered_on": gettext_lazy("Answered"),
    "event": gettext_lazy("Event"), "asked_at": gettext_lazy("Asked on"), "approved_at": gettext_lazy("Approved on"), "approved_by": gettext_lazy("Approved by"),
    "no_contact": gettext_lazy("Asked to be left alone"), "moved_on": gettext_lazy("Moved on"), "returned_on": gettext_lazy("Came back on"),
    "ordered_on": gettext_lazy("Ordered on"), "arrived_on": gettext_lazy("Arrived on"), "handed_on": gettext_lazy("Handed over on"),
    "handed_by": gettext_lazy("Handed over by"), "lost_on": gettext_lazy("Lost on"), "printed_at": gettext_lazy("Printed on"),
    "printed_by": gettext_lazy("Printed by"),
    "offer": gettext_lazy("Offer"), "why": gettext_lazy("Why"), "opened_at": gettext_lazy("Page opened"), "purpose": gettext_lazy("What for"), "track": gettext_lazy("Track"), "track_level": gettext_lazy("Level"), "goal": gettext_lazy("Goal"), "wants": gettext_lazy("Next office"), "wants_unit": gettext_lazy("In the unit"), "consented_on": gettext_lazy("May be named as a candidate since"), "withdrawn_on": gettext_lazy("Taken back on"), "changed_at": gettext_lazy("Changed on"), "changed_by": gettext_lazy("Changed by"),
    "election": gettext_lazy("Election"), "shift": gettext_lazy("Shift"), "starts_at": pgettext_lazy("time", "From"), "ends_at": pgettext_lazy("time", "Until"),
    "came_at": gettext_lazy("Came at"), "left_at": gettext_lazy("Left at"),
    "who": gettext_lazy("Office"), "ip": gettext_lazy("Network address"), "user_agent": gettext_lazy("Browser"),
    "last_seen_at": gettext_lazy("Last seen"), "last_contact_on": gettext_lazy("Last contact on"), "email": gettext_lazy("Mail"), "given_name": gettext_lazy("Given name"),
    "family_name": gettext_lazy("Family name"), "birth_date": gettext_lazy("Birth date"), "phone": gettext_lazy("Phone"),
    "street": gettext_lazy("Street"), "postcode": gettext_lazy("Postcode"), "city": gettext_lazy("City"), "language": gettext_lazy("Language"),
    "date": gettext_lazy("Date"), "present": gettext_lazy("Was there"), "minutes": pgettext_lazy("length of time", "Minutes"), "signer": gettext_lazy("Signed by"), "issued_at": gettext_lazy("Given on"), "issued_by": gettext_lazy("Given by"), "withdrawn_at": gettext_lazy("Withdrawn on"), "got_on": gettext_lazy("Got on"), "name": gettext_lazy("Name"),
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """How the rows of a relation are told. columns: names of fields; dated: the one that says when whoever wrote it held which office."""

    title: object
    columns: str
    dated: str
    through: str = "member"
    rows: dict = field(default_factory=dict)  # further conditions


@dataclass(frozen=True)
class Nothing:
    """A relation that holds nothing to be told, and why."""

    because: str


TOLD = {
    "membership.Membership.member": Table(gettext_lazy("Membership"), "unit kind home starts_on ends_on end_reason", "starts_on"),
    "membership.Change.member": "changes",
    "membership.Application.member": Table(
        gettext_lazy("Applications"),
        "unit kind state source given_name family_name birth_date email phone street postcode city language message received_on decided_on "
        "decided_by reason admitted_on",
        "received_on",
    ),
    "membership.Objection.application": Table(
        gettext_lazy("Objections"), "unit raised_on reason outcome remark decided_on decided_by", "raised_on", "application__member"
    ),
    "membership.GuestTerm.member": Table(gettext_lazy("Time as a guest"), "starts_on ends_on renewed_on invited_on", "starts_on"),
    "membership.Transfer.member": Table(
        gettext_lazy("Moves asked for"),
        "from_unit to_unit state moves_on reason handover exception requested_on requested_by from_answer from_remark to_answer to_remark "
        "decision decision_remark decided_by closed_on",
        "requested_on",
    ),
    "membership.MemberTag.member": Table(gettext_lazy("Interests, skills and other words"), "tag source set_by set_at", "set_at"),
    "membership.FieldValue.member": Table(gettext_lazy("Further fields"), "field value set_by set_at", "set_at"),
    "membership.Errand.member": Table(gettext_lazy("Requests to get in touch"), "text to by due_on created_at done_at", "created_at"),
    "membership.Question.member": Table(gettext_lazy("Questions whether two records are one person"), "at by closed_at", "at"),
    "membership.Pair.low": Table(gettext_lazy("Compared with another record"), "state found_at decided_at decided_by", "found_at", "low"),
    "membership.Pair.high": Table(gettext_lazy("Compared with another record"), "state found_at decided_at decided_by", "found_at", "high"),
    "membership.Merge.survivor": Table(gettext_lazy("Merged records"), "number at by undone_at", "at", "survivor"),
    "membership.StagedRow.member": Table(gettext_lazy("Rows in member lists"), "list line outcome values", "list"),
    "membership.StagedRow.candidate": Nothing("The row may be about somebody else; once it is decided, it is told as a row of this member."),
    "membership.Notice.member": Table(gettext_lazy("Mails of the membership system"), "sent_at kind values created_at by state", "created_at"),
    "membership.Ask.member": Table(gettext_lazy("Asked to look at own data"), "at by until answered_at", "at"),
    "membership.Proposal.ask": Nothing("Told as proposals of the member."),
    "membership.Proposal.member": "proposals",
    "membership.BulkRow.member": Nothing("Kept for undo; what the action wrote is told where it stands."),
    "membership.Trace.member": Nothing("Made from name, birth date and contact data, which are told."),
    "onboarding.Journey.member": Table(gettext_lazy("Arriving"), "unit reason state started_on ended_on first_contact_on moved_on handover", "started_on"),
    "onboarding.JourneyStep.journey": Table(
        gettext_lazy("Steps of arriving"), "step unit due_on state done_on closed_by reason waiting_for", "done_on", "journey__member"
    ),
    "onboarding.Escalation.journey_step": Table(
        gettext_lazy("Reminders to offices about you"), "journey_step office level told_at", "told_at", "journey_step__journey__member",
        {"office__isnull": False},
    ),
    "onboarding.Escalation_messages.escalation": Nothing("Which mail carried the reminder; the reminder is told."),
    "onboarding.RolloutRow.journey_step": Nothing("What a new version of the standard changed about a step; the step is told."),
    "onboarding.Mentor.member": Table(
        gettext_lazy("You as a mentor"), "state places reach paused_until minors languages at confirmed_by confirmed_at", "at"
    ),
    "onboarding.Mentee.member": Table(gettext_lazy("You and mentoring"), "state since languages shares_email shares_phone at by", "at"),
    "onboarding.Pairing.mentor": Table(
        gettext_lazy("Whom you accompany as a mentor"), "state asked_on agreed_on started_on ended_on ended by", "asked_on", "mentor__member"
    ),
    "onboarding.Pairing.mentee": Table(
        gettext_lazy("Your mentoring"), "state asked_on agreed_on started_on ended_on ended by", "asked_on", "mentee__member"
    ),
    "onboarding.CheckIn.pairing": "check_ins",
    "onboarding.Complaint.pairing": "complaints",
    "onboarding.PairRule.mentor": Nothing("The officer's word on two people; what came of it is told as mentoring."),
    "onboarding.PairRule.mentee": Nothing("The officer's word on two people; what came of it is told as mentoring."),
    "onboarding.Suggestion.mentor": Nothing("Computed from what is told, about two people, and made anew at each run."),
    "onboarding.Suggestion.mentee": Nothing("Computed from what is told, about two people, and made anew at each run."),
    "onboarding.MentoringMail.member": Nothing("Told with the mails."),
    "education.Registration.member": Table(
        gettext_lazy("Registrations for events"), "event state asked_at approved_at approved_by note", "approved_at"
    ),
    "education.RegistrationChange.registration": "registration_steps",
    "education.Tick.registration": Table(gettext_lazy("Ticks on lists of who was there"), "date present at by", "at", "registration__member"),
    "education.Confirmation.registration": Table(
        gettext_lazy("Confirmations of events"), "number name minutes signer office issued_at issued_by withdrawn_at", "issued_at", "registration__member"
    ),
    "education.Qualification.member": Table(gettext_lazy("Qualifications"), "kind got_on until event note by at revoked_at", "at"),
    "education.OfferNotice.member": Table(gettext_lazy("Offers that fit you"), "offer why tag found_at opened_at", "found_at"),
    "education.OfferMail.member": Nothing("Told with the mails."),
    "education.Unsubscribed.member": Table(gettext_lazy("Mails you do not want"), "purpose at", "at"),
    "education.TrackMember.member": Table(gettext_lazy("Your tracks"), "track since by", "since"),
    "education.LevelDone.member": "levels_done",
    "education.DevelopmentCard.member": Table(
        gettext_lazy("Your development card"), "goal wants wants_unit consented_on withdrawn_on changed_at changed_by", "changed_at"
    ),
    "education.DevelopmentStep.card": Table(gettext_lazy("Agreed next steps"), "text due_on agreed_on by done_on", "agreed_on", "card__member"),
    "education.CalendarFeed.member": Table(gettext_lazy("Calendar addresses"), "created_at read_at revoked_at", "created_at"),
    "education.CalendarFeed_kinds.calendarfeed": Nothing("Which kinds of events the calendar shows; nothing about the member."),
    "onboarding.Exit.member": Table(gettext_lazy("When you left"), "on unit reason note no_contact state returned_on by at", "at"),
    "planning.Request.member": Table(gettext_lazy("What you asked"), "unit office subject state asked_on answered_on", "asked_on"),
    "planning.RequestEntry.request": Table(gettext_lazy("What was asked and answered"), "kind text by at", "at", "request__member"),
    "planning.Volunteer.member": Table(gettext_lazy("Helping in elections"), "election unit state asked_at answered_at by note", "asked_at"),
    "planning.Availability.volunteer": Table(gettext_lazy("When you can help"), "starts_at ends_at", "starts_at", "volunteer__member"),
    "planning.Duty.member": Table(gettext_lazy("Your shifts"), "shift starts_at ends_at state by at came_at left_at", "at"),
    "planning.Duty.volunteer": Nothing("Told as shifts of the member."),
    "planning.DutyTick.duty": Table(gettext_lazy("Ticks whether you were at a shift"), "present by at", "at", "duty__member"),
    "planning.Swap.duty": Table(gettext_lazy("Shifts you wanted to give away"), "state note asked_at answered_at", "asked_at", "duty__member"),
    "planning.Swap.to": Table(gettext_lazy("Shifts you were asked to take over"), "state asked_at answered_at", "asked_at", "to__member"),
    "onboarding.Welcome.journey": Table(
        gettext_lazy("Your welcome letter"), "printed_at printed_by", "printed_at", "journey__member", {"printed_at__isnull": False}
    ),
    "onboarding.Book.member": Table(
        gettext_lazy("Your membership book"), "state due_on ordered_on arrived_on handed_on handed_by lost_on", "handed_on"
    ),
    "onboarding.Contact.member": Table(gettext_lazy("Contacts"), "on kind result note next_on by", "on"),
}  # fmt: skip


def everything(member, on):
    """[{"key", "title", "columns": [(name, words)], "rows": [{name: (raw, shown)}]}] about `member` in the active language."""
    teller = Teller(member)
    sections = [teller.record()]
    for key, line in TOLD.items():
        if isinstance(line, Table):
            sections.append(teller.table(key, line))
        elif isinstance(line, str):
            sections.append(getattr(teller, line)())
    sections += [teller.messages(), *teller.account(), teller.readings(), teller.seen_by(on)]
    return [section for section in sections if section["rows"]]


def as_json(sections):
    """The same as data: {section: [{field: value}]}, values as they are stored."""
    told: dict = {}
    for section in sections:
        told.setdefault(section["key"], []).extend({name: raw for name, (raw, _shown) in row.items()} for row in section["rows"])
    return told


def as_pdf(member, sections, on, language):
    """PDF of everything in `language`, which must be the active one. Raises pdf.TooLarge."""
    for section in sections:
        names = [name for name, _words in section["columns"] if any(row[name][1] for row in section["rows"])]
        section["wide"] = len(names) > 6 or len(section["rows"]) == 1
        section["heads"] = [words for name, words in section["columns"] if name in names]
        section["lines"] = [[(words, row[name][1]) for name, words in section["columns"] if name in names] for row in section["rows"]]
    context = {"member": member, "sections": sections, "on": on, "kept": Reading.KEPT.days}
    return pdf.render("pdf/information.html", context, language)


class Teller:
    """Tells rows about one member; remembers which offices the people behind them held."""

    def __init__(self, member):
        self.member = member
        self.terms: dict = {}
        self.units = [tuple(pair) for pair in Unit.objects.filter(path__startswith=member.home_unit.root_path).values_list("slug", "name")]

    def section(self, key, title, names, rows):
        return {"key": key, "title": str(title), "columns": [(name, str(WORDS[name])) for name in names.split()], "rows": rows}

    def record(self):
        """The member's own row, whatever fields it has."""
        fields = [f for f in Member._meta.concrete_fields if f.name not in MADE]
        row = {f.name: self.value(self.member, f.name, None) for f in fields}
        columns = [(f.name, capfirst(str(WORDS.get(f.name, f.verbose_name)))) for f in fields]
        return {"key": "record", "title": _("Your record"), "columns": columns, "rows": [row]}

    def table(self, key, line):
        label, _dot, _field = key.rpartition(".")
        model, names = apps.get_model(label), line.columns.split()
        related = [name for name in names if name != "list" and model._meta.get_field(name).is_relation]
        found = model._base_manager.filter(**{line.through: self.member}, **line.rows).select_related(*related).order_by("pk")
        if "list" in names:
            found = found.annotate(list=F("list_import__list_date"))
        rows = [{name: self.value(row, name, getattr(row, line.dated)) for name in names} for row in found]
        return self.section(label, line.title, line.columns, rows)

    def value(self, row, name, day):
        """(raw, shown) of one field; `day` is when it was written."""
        value = getattr(row, name)
        if isinstance(value, User):
            office = self.office_of(value, day)
            return office, office
        if isinstance(value, Unit):
            return value.full_name, value.full_name
        if isinstance(value, ListImport):
            return as_raw(value.list_date), as_shown(value.list_date)
        if isinstance(value, dict):
            return value, " · ".join(f"{telling.label(key)}: {telling.told(key, text, self.units)}" for key, text in value.items() if text)
        if row._meta.model is Member and name == "language":
            return value, telling.told(name, value) if value else ""
        try:
            choices = row._meta.get_field(name).choices
        except FieldDoesNotExist:
            choices = None
        if choices and value not in (None, ""):
            return value, str(dict(row._meta.get_field(name).flatchoices).get(value, value))
        return as_raw(value), as_shown(value)

    def office_of(self, user, day):
        """The office `user` held on `day`, in words; of several the one over the member's home."""
        if user.pk == self.member.user_id:
            return _("you")
        if user.pk not in self.terms:
            self.terms[user.pk] = list(Appointment.objects.filter(user=user).select_related("unit__kind", "office").order_by("-right"))
        day = timezone.localdate(day) if isinstance(day, datetime) else day or timezone.localdate()
        held = [term for term in self.terms[user.pk] if term.starts_on <= day and (term.ends_on is None or term.ends_on > day)]
        term = next((term for term in held if term.covers(self.member.home_unit)), held[0] if held else None)
        return f"{term.office}, {term.unit.full_name}" if term else _("somebody without an office that day")

    def changes(self):
        rows = []
        for change in self.member.changes.select_related("by").annotate(list=F("list_import__list_date")).order_by("at", "pk"):
            known = [name for name in change.after if name in FIELDS]
            rows.append(
                {
                    "at": (as_raw(change.at), as_shown(change.at)),
                    "kind": (change.kind, change.get_kind_display()),
                    "before": self.sides(change.before, known),
                    "after": self.sides(change.after, known),
                    "by": self.value(change, "by", change.at) if change.by else ("", ""),
                    "list": (as_raw(change.list), as_shown(change.list)),
                }
            )
        return self.section("membership.Change", _("What changed"), "at kind before after by list", rows)

    def sides(self, values, known):
        raw = {name: values.get(name, "") for name in known}
        return raw, " · ".join(f"{telling.label(name)}: {telling.told(name, raw[name], self.units)}" for name in known)

    def proposals(self):
        rows = [
            {
                "at": (as_raw(row.at), as_shown(row.at)),
                "field": (row.field, str(row.label)),
                "before": (row.before, telling.told(row.field, row.before)),
                "after": (row.after, telling.told(row.field, row.after)),
                "state": (row.state, row.get_state_display()),
                "decided_at": (as_raw(row.decided_at), as_shown(row.decided_at)),
                "decided_by": self.value(row, "decided_by", row.decided_at) if row.decided_by else ("", ""),
            }
            for row in self.member.proposals.select_related("decided_by").order_by("at", "pk")
        ]
        return self.section("membership.Proposal", _("Corrections you proposed"), "at field before after state decided_at decided_by", rows)

    def own_side(self, model):
        """Rows about pairs that come from the member, not from the other side: what that says is theirs (Art. 15 (4))."""
        as_mentor = Q(pairing__mentor__member=self.member, side=Side.MENTOR)
        return model.objects.filter(as_mentor | Q(pairing__mentee__member=self.member, side=Side.MENTEE)).order_by("pk")

    def check_ins(self):
        names = "asked_on answer text answered_on"
        rows = [{name: self.value(row, name, None) for name in names.split()} for row in self.own_side(CheckIn)]
        return self.section("onboarding.CheckIn", _("What you said about mentoring"), names, rows)

    def complaints(self):
        names = "at text unit office closed_at"
        rows = [{name: self.value(row, name, None) for name in names.split()} for row in self.own_side(Complaint).select_related("unit__kind", "office")]
        return self.section("onboarding.Complaint", _("What you told in confidence"), names, rows)

    def levels_done(self):
        """Levels of tracks, in their order."""
        found = LevelDone.objects.filter(member=self.member).select_related("level__track").order_by("on", "pk")
        rows = [
            {"track": (row.level.track.labels, str(row.level.track)), "track_level": (row.level.labels, str(row.level)), "on": (as_raw(row.on), as_shown(row.on))}
            for row in found
        ]
        return self.section("education.LevelDone", _("Levels of tracks you have done"), "track track_level on", rows)

    def registration_steps(self):
        found = RegistrationChange.objects.filter(registration__member=self.member).select_related("registration__event", "by").order_by("pk")
        rows = [
            {
                "event": (str(row.registration.event), str(row.registration.event)),
                "state": (row.state, row.get_state_display()),
                "at": (as_raw(row.at), as_shown(row.at)),
                "by": self.value(row, "by", row.at) if row.by else ("", ""),
                "reason": (row.why, registration_rules.reason(row.why)),
            }
            for row in found
        ]
        return self.section("education.RegistrationChange", _("Steps of your registrations"), "event state at by reason", rows)

    def messages(self):
        """Mails to the member: to their account, with a link, or about them by the numbers in the ledger."""
        to_account = Q(recipient=self.member.user_id) if self.member.user_id else Q(pk=None)
        asked = Q(pk__in=self.member.asks.values("message")) | Q(pk__in=self.member.mentoring_mails.values("message"))
        asked |= Q(welcome__journey__member=self.member)
        named = Q(payload__contains={"member": self.member.pk})
        for kind, key, rows in (("guest_invitation", "term", self.member.guest_terms), ("join_confirm", "application", self.member.applications)):
            named |= Q(kind=kind, **{f"payload__{key}__in": list(rows.values_list("pk", flat=True))})
        found = Message.objects.filter(to_account | asked | named).order_by("pk")
        rows = [
            {
                "kind": (row.kind, str(KINDS.get(row.kind, row.kind))),
                "state": (row.state, row.get_state_display()),
                "subject": (row.subject, row.subject),
                "created_at": (as_raw(row.created_at), as_shown(row.created_at)),
                "sent_at": (as_raw(row.sent_at), as_shown(row.sent_at)),
            }
            for row in found
        ]
        return self.section("outbox.Message", _("Mails to you"), "kind state subject created_at sent_at", rows)

    def account(self):
        """The account of a member who holds or held an office."""
        if not self.member.user:
            return []
        user = self.member.user
        me = {
            name: (as_raw(getattr(user, name)), as_shown(getattr(user, name)))
            for name in ("email", "given_name", "family_name", "phone", "created_at")
        }
        offices = [
            {name: self.value(term, name, None) for name in ("office", "unit", "starts_on", "ends_on")}
            for term in user.appointments.select_related("office", "unit__kind").order_by("starts_on", "pk")
        ]
        visits = [
            {name: self.value(row, name, None) for name in ("created_at", "last_seen_at", "ip", "user_agent")}
            for row in UserSession.objects.filter(user=user).order_by("pk")
        ]
        return [
            self.section("branches.User", _("Your account"), "email given_name family_name phone created_at", [me]),
            self.section("branches.Appointment", _("Your offices"), "office unit starts_on ends_on", offices),
            *self.taking_office(user),
            self.section("usersessions.UserSession", _("Where you are signed in"), "created_at last_seen_at ip user_agent", visits),
        ]

    def taking_office(self, user):
        """What somebody signed, did and wrote on taking or leaving an office. The notes themselves speak of others (Art. 15 (4))."""
        pledges = [
            {"unit": self.value(row.form, "unit", None), **{name: self.value(row, name, None) for name in ("at", "name", "text")}}
            for row in user.pledges.select_related("form__unit__kind").order_by("pk")
        ]
        steps = [
            {
                **{name: self.value(row.takeover.appointment, name, None) for name in ("office", "unit")},
                **{name: self.value(row, name, None) for name in ("due_on", "done_on")},
                "what": (row.kind, str(row)),
            }
            for row in TakeoverStep.objects.filter(takeover__appointment__user=user)
            .select_related("takeover__appointment__office", "takeover__appointment__unit__kind", "asked").order_by("pk")
        ]  # fmt: skip
        notes = [
            {
                **{name: self.value(row.predecessor, name, None) for name in ("office", "unit")},
                "at": (as_raw(row.noted_at), as_shown(row.noted_at)),
            }
            for row in Takeover.objects.filter(predecessor__user=user, noted_at__isnull=False)
            .select_related("predecessor__office", "predecessor__unit__kind").order_by("pk")
        ]  # fmt: skip
        return [
            self.section("branches.Pledge", _("Confidentiality forms you signed"), "unit at name text", pledges),
            self.section("onboarding.TakeoverStep", _("When you took office"), "office unit what due_on done_on", steps),
            self.section("onboarding.Takeover", _("Hand-over notes you wrote"), "office unit at", notes),
        ]

    def readings(self):
        rows = []
        for row in Reading.objects.of(self.member).select_related("office", "unit__kind"):
            through = f"{row.office}, {row.unit.full_name}" if row.office else ""
            rows.append(
                {"at": (as_raw(row.at), as_shown(row.at)), "what": (row.what, row.get_what_display()), "through": (through, through)}
            )
        return self.section("membership.Reading", _("Who read your record"), "at what through", rows)

    def seen_by(self, on):
        rows = [
            {"who": (row["who"], row["who"]), "what": (row["what"], " · ".join(row["what"]))} for row in visibility.told(self.member, on)
        ]
        return self.section("seen_by", _("Who can see you today"), "who what", rows)


FIELDS = {f.name for f in Member._meta.concrete_fields} - MADE


def as_raw(value):
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, float, bool, list)) else str(value)


def as_shown(value):
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
