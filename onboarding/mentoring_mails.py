"""The mails of mentoring. Each is checked once more when it is sent, and holds no more of the other than a first name and what they share."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext, pgettext

from common.templatetags.mails import isolate
from membership.models import ACTIVE
from membership.own_data import NO_ADDRESS, NO_MEMBER, language_of
from onboarding import matching, mentoring, reminders
from onboarding.mentoring_links import address, member_of_side
from onboarding.models import CheckIn, Complaint, Mentee, Mentor, Pairing, Side
from onboarding.models.mentoring import ANSWER_DAYS
from outbox import kinds

ANSWERED = gettext_noop("This was answered or decided meanwhile.")
KINDS = {
    "mentoring_ask": gettext_lazy("Mentoring: request"),
    "mentoring_start": gettext_lazy("Mentoring: it begins"),
    "mentoring_check_in": gettext_lazy("Mentoring: check-in"),
    "mentoring_invite": gettext_lazy("Mentoring: become a mentor"),
    "mentoring_offer": gettext_lazy("Mentoring: offer of a mentor"),
    "mentoring_news": gettext_lazy("Mentoring: what the officer should look at"),
    "mentoring_complaint": gettext_lazy("Mentoring: complaint"),
}


def register():
    for name, build, load in (
        ("mentoring_ask", build_ask, load_pairings),
        ("mentoring_start", build_start, load_pairings),
        ("mentoring_check_in", build_check_in, load_check_ins),
        ("mentoring_invite", build_invitation, load_mentors),
        ("mentoring_offer", build_offer, load_mentees),
        ("mentoring_news", build_news, load_officers),
        ("mentoring_complaint", build_complaint, load_officers),
    ):
        kinds.register(name, build, load)


def to_member(member, texts, url):
    """The mail to a member, or why none. texts(): (subject, [line, ..], label of the button), called in the member's language."""
    if member.status not in ACTIVE:
        return kinds.Skip(NO_MEMBER)
    if not member.email:
        return kinds.Skip(NO_ADDRESS)
    language = language_of(member)
    with translation.override(language):
        subject, lines, label = texts()
        why = _("You get this mail because of mentoring in your party: at most three such mails a week.")
    context = {"recipient_name": member.given_name, "words": subject, "lines": lines, "label": label, "url": url, "why": why}
    return kinds.render("mentoring", context, language, to=member.email)


def other_of(pairing, side):
    return member_of_side(pairing, Side.MENTEE if side == Side.MENTOR else Side.MENTOR)


def load_pairings(messages, now):
    rows = Pairing.objects.filter(pk__in=[message.payload["pairing"] for message in messages])
    rows = rows.select_related("mentor__member__home_unit", "mentee__member__home_unit").in_bulk()
    return rows, matching.tags_of(rows.values())


def build_ask(message, loaded, now):
    rows, tags = loaded
    pairing, side = rows.get(message.payload["pairing"]), message.payload["side"]
    asked = Pairing.State.ASKED if side == Side.MENTOR else Pairing.State.AGREED
    if pairing is None or pairing.state != asked:
        return kinds.Skip(ANSWERED)

    def texts():
        other = isolate(other_of(pairing, side).given_name)
        day = date_format(max(pairing.answer_until, timezone.localdate(now) + ANSWER_DAYS), "DATE_FORMAT")
        why = "; ".join(matching.words(pairing.facts | {"taken": 0}, tags))
        if side == Side.MENTOR:
            subject, line = _("Would you accompany somebody?"), _("%(name)s is new and would like a mentor. We think of you: %(why)s.")
        else:
            subject, line = _("We have found a mentor for you"), _("%(name)s would like to accompany you in your first half year: %(why)s.")
        until = _("Please say yes or no until %(day)s. No is fine too: then we look on, and nobody is told why.")
        return subject, [line % {"name": other, "why": why}, until % {"day": day}], _("Look and answer")

    return to_member(member_of_side(pairing, side), texts, address("link_pair", pairing.pk, side, timezone.localdate(now)))


def build_start(message, loaded, now):
    pairing, side = loaded[0].get(message.payload["pairing"]), message.payload["side"]
    if pairing is None or pairing.state != Pairing.State.RUNNING:
        return kinds.Skip(ANSWERED)

    def texts():
        other = isolate(other_of(pairing, side).given_name)
        first = _("%(name)s and you have both said yes. On the page you find how to reach each other.") % {"name": other}
        if side == Side.MENTOR:
            return _("Your mentoring begins"), [first, _("Please get in touch within a week: a short call is enough to begin with.")], _("To your page")
        return _("Your mentoring begins"), [first, _("Your mentor gets in touch within a week; you may as well be first.")], _("To your page")

    return to_member(member_of_side(pairing, side), texts, address("link_pair", pairing.pk, side, timezone.localdate(now)))


def load_check_ins(messages, now):
    rows = CheckIn.objects.filter(pk__in=[message.payload["check_in"] for message in messages])
    return rows.select_related("pairing__mentor__member__home_unit", "pairing__mentee__member__home_unit").in_bulk()


def build_check_in(message, rows, now):
    row = rows.get(message.payload["check_in"])
    closing = row is not None and row.occasion == "closing"
    if row is None or row.answer or (row.pairing.state != Pairing.State.RUNNING and not closing):
        return kinds.Skip(ANSWERED)

    def texts():
        other = isolate(other_of(row.pairing, row.side).given_name)
        if closing:
            line = _("your mentoring with %(name)s has come to its end. Thank you! How was it?")
            return _("How was your mentoring?"), [line % {"name": other}], _("Say it in one tap")
        if row.occasion.startswith("silence"):
            line = _("we have not heard of %(name)s and you for a while. Is all well? One tap is enough; if it does not fit, that is nobody's fault.")
        else:
            line = _("how is it going with %(name)s? One tap is enough.")
        return _("How is your mentoring going?"), [line % {"name": other}], _("Say it in one tap")

    url = address("link_check_in", row.pk, row.side, timezone.localdate(now))
    return to_member(member_of_side(row.pairing, row.side), texts, url)


def load_mentors(messages, now):
    return Mentor.objects.filter(pk__in=[m.payload["mentor"] for m in messages]).select_related("member__home_unit").in_bulk()


def build_invitation(message, rows, now):
    row = rows.get(message.payload["mentor"])
    if row is None or row.state != Mentor.State.INVITED:
        return kinds.Skip(ANSWERED)

    def texts():
        line = _("would you like to accompany a new member for half a year: a call a month, somebody to ask, a familiar face at the first meeting?")
        more = _("You say how many, in what and when; you can pause at any time.")
        return _("Would you like to become a mentor?"), [line, more], _("See what it takes")

    return to_member(row.member, texts, address("link_mentor", row.pk, "", timezone.localdate(now)))


def load_mentees(messages, now):
    return Mentee.objects.filter(pk__in=[m.payload["mentee"] for m in messages]).select_related("member__home_unit").in_bulk()


def build_offer(message, rows, now):
    row = rows.get(message.payload["mentee"])
    if row is None or row.state != Mentee.State.OFFERED:
        return kinds.Skip(ANSWERED)

    def texts():
        line = _("it is good to have you with us. Would you like somebody at your side for the first half year, whom you can ask anything?")
        return _("Would you like a mentor?"), [line], _("Yes or no")

    return to_member(row.member, texts, address("link_mentee", row.pk, "", timezone.localdate(now)))


# --- to officers -------------------------------------------------------------------------------------------------------


def load_officers(messages, now):
    """Who the messages go to, with their offices of today."""
    return reminders.recipients(messages, now)


def to_officer(user, words, lines, label, url):
    context = {"words": words, "lines": lines, "label": label, "url": url, "why": _("You get this mail because of your office."), "recipient_name": user.given_name}
    return kinds.render("mentoring", context, user.language, to=user.email)


def build_news(message, users, now):
    user, on = users.get(message.recipient_id), reminders.day(now)
    pools = set(message.payload["pools"]) & {pool for pool in mentoring.officers(on).get(message.recipient_id, ())}
    if not user or not user.is_active or not user.held or not pools:
        return kinds.Skip(reminders.NO_OFFICE)
    unanswered, silent, asking, to_call = (rows.count() for rows in mentoring.attention(pools, on))
    if not unanswered + silent + asking + to_call:
        return kinds.Skip(reminders.NOTHING_DUE)
    with translation.override(user.language):
        lines = []
        if unanswered:
            lines.append(ngettext("%(n)s request got no answer within seven days.", "%(n)s requests got no answer within seven days.", unanswered) % {"n": unanswered})
        if silent:
            lines.append(ngettext("%(n)s pair has been silent and did not answer us.", "%(n)s pairs have been silent and did not answer us.", silent) % {"n": silent})
        if asking:
            lines.append(ngettext("%(n)s person asks you to get in touch.", "%(n)s people ask you to get in touch.", asking) % {"n": asking})
        if to_call:
            lines.append(ngettext("%(n)s person without a mail address is to be asked by phone.", "%(n)s people without a mail address are to be asked by phone.", to_call) % {"n": to_call})
        url = settings.BASE_URL + reverse("onboarding:pairing_list") + "?show=attention"
        return to_officer(user, pgettext("mail", "Mentoring: please look"), lines, _("See the pairs"), url)


def build_complaint(message, users, now):
    """Says that there is one, and nothing of what it says."""
    user, pk = users.get(message.recipient_id), int(message.key.split(":")[1])
    if not user or not user.is_active or not Complaint.objects.visible_to(user).filter(pk=pk, closed_at=None).exists():
        return kinds.Skip(reminders.NO_OFFICE)
    with translation.override(user.language):
        lines = [_("somebody has sent a complaint about a mentoring. Only you and whoever holds the same office can read it.")]
        url = settings.BASE_URL + reverse("onboarding:complaint_detail", args=[pk])
        return to_officer(user, _("A complaint about a mentoring"), lines, _("Read it"), url)
