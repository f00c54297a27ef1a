"""Pools at work: suggesting, asking, and everything that follows by the calendar. What is due is derived from the rows and told once.

To members go at most PER_WEEK of these mails within seven days; what is over that waits for the next run.
"""

from collections import Counter, defaultdict
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Appointment, Office
from membership.models import ACTIVE, Member
from onboarding import matching, reminders
from onboarding.models import CheckIn, Complaint, Mentee, Mentor, MentoringMail, Pairing, PairRule, Pool, Side, Suggestion
from onboarding.models.mentoring import ANSWER_DAYS, OFFICER_AFTER, REST, responsible_for_complaints
from outbox.models import Message
from outbox.relay import enqueue

PER_WEEK = 3
WORKING = 7314  # advisory lock: one run at a time
LATEST = timedelta(days=21)  # a check-in nobody asked about in time is left out after that
BECOME_AFTER = timedelta(days=180)  # from the end of a completed pair until the mentee is asked to become a mentor
HELP_SHOWN = timedelta(days=30)
NO_CONDUCT = _("Please write the code of conduct first: both sides accept it before their first pair.")
State, End = Pairing.State, Pairing.End


def begin(unit, now):
    """The Pool of `unit`, made where there is none."""
    office = Office.objects.filter(slug="membership_officer").first() or Office.objects.first()
    return Pool.objects.get_or_create(unit=unit, defaults={"complaint_office": office})[0]


# --- suggesting --------------------------------------------------------------------------------------------------------


def work_pools(now):
    """Make the suggestions of every pool for which somebody ordered them. Returns how many pools."""
    ordered = [pool for pool in Pool.objects.exclude(ordered_at=None) if pool.is_working]
    for pool in ordered:
        suggest(pool.pk, now)
    return len(ordered)


@transaction.atomic
def suggest(pk, now):
    """Assign all who wait in the pool anew and keep what came out, with what changed. Only in the worker (onboarding.assigning)."""
    from onboarding import assigning

    pool = Pool.objects.select_for_update().get(pk=pk)
    field = matching.load(pool, timezone.localdate(now))
    before = {row.mentee_id: row for row in pool.suggestions.all()}
    field.kept = {mentee: row.mentor_id for mentee, row in before.items()}
    try:
        pairs, why = assigning.assign(field)
        too_large = False
    except assigning.TooLarge:
        pairs, why, too_large = field.kept, {}, True
    if not too_large:
        _keep(pool, field, pairs, before)
        _say_why(pool, why)
    gone = [mentee for mentee in before if mentee not in pairs]
    pool.figures = {
        "waiting": len(field.mentees), "places": sum(one.free for one in field.mentors), "suggested": len(pairs), "too_large": too_large,
        "changed": len(gone) + sum(1 for mentee, mentor in pairs.items() if mentee in before and field.kept[mentee] != mentor),
        "new": len(pairs.keys() - before.keys()),
    }  # fmt: skip
    pool.made_at = now
    pool.save(update_fields=["figures", "made_at"])
    return pool.figures


def _keep(pool, field, pairs, before):
    mentees, mentors = ({one.pk: one for one in rows} for rows in (field.mentees, field.mentors))
    load = {pk: one.taken for pk, one in mentors.items()}
    rows = []
    for mentee, mentor in sorted(pairs.items()):
        score, facts = matching.judge(mentees[mentee], mentors[mentor])
        facts["taken"] = load[mentor]
        load[mentor] += 1
        was = before.get(mentee)
        rows.append(
            Suggestion(
                pool=pool, mentee_id=mentee, mentor_id=mentor, facts=facts, pinned=field.pins.get(mentee) == mentor,
                score=score - matching.LOAD_POINTS * facts["taken"], was_id=was and was.mentor_id, changed=not was or was.mentor_id != mentor,
            )
        )
    pool.suggestions.all().delete()
    Suggestion.objects.bulk_create(rows)


def _say_why(pool, why):
    reasons = defaultdict(list)
    for mentee, rule in why.items():
        reasons[rule].append(mentee)
    pool.mentees.exclude(why_not="").exclude(pk__in=why).update(why_not="")
    for rule, mentees in reasons.items():
        pool.mentees.filter(pk__in=mentees).update(why_not=rule)


@transaction.atomic
def rule(pool, suggestion, kind, by, now):
    """Pin or forbid (PairRule.Kind) the pair of a suggestion, and have all made anew."""
    if kind == PairRule.Kind.PIN:
        suggestion.mentee.rules.filter(kind=PairRule.Kind.PIN).exclude(mentor=suggestion.mentor_id).delete()
    told = {"kind": kind, "by": by, "at": now}
    PairRule.objects.update_or_create(mentee=suggestion.mentee, mentor=suggestion.mentor, defaults=told)
    pool.order(now)


# --- asking ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def approve(pool, pks, by, now):
    """Ask the mentors of the suggestions `pks`; returns (asked, left out): who was faster, or what is true by now, leaves some out.

    Every rule is checked once more on what is known now. Raises ValidationError while the pool has no code of conduct.
    """
    on = timezone.localdate(now)
    pool = Pool.objects.select_for_update().get(pk=pool.pk)
    if not pool.conducts.exists():
        raise ValidationError(NO_CONDUCT)
    wanted = list(Suggestion.objects.filter(pool=pool, pk__in=pks).select_related("mentee", "mentor").order_by("pk"))
    mentors = Mentor.objects.with_free_places(on).filter(pk__in=[row.mentor_id for row in wanted])
    mentees = Mentee.objects.waiting().filter(pk__in=[row.mentee_id for row in wanted])
    related = ("member__home_unit", "member__user")
    field = matching.read(list(mentees.select_related(*related)), list(mentors.select_related(*related)), on)
    waiting, offering = ({one.pk: one for one in rows} for rows in (field.mentees, field.mentors))
    free = {pk: one.free for pk, one in offering.items()}
    asked = []
    for row in wanted:
        mentee, mentor = waiting.get(row.mentee_id), offering.get(row.mentor_id)
        if mentee and mentor and free[mentor.pk] and not matching.broken(mentee, mentor, field.barred):
            free[mentor.pk] -= 1
            asked.append(
                Pairing(pool=pool, mentor=row.mentor, mentee=row.mentee, facts=row.facts, by=by, asked_on=on, answer_until=on + ANSWER_DAYS)
            )
    Pairing.objects.bulk_create(asked)
    Suggestion.objects.filter(mentee__in=[row.mentee_id for row in asked]).delete()
    if len(asked) < len(wanted):
        pool.order(now)
    write_asks(now)
    return len(asked), len(pks) - len(asked)


class Candidate:
    """A pair that might be: its facts, for matching.words."""

    def __init__(self, facts):
        self.facts = facts


def _field(mentee, mentors, on):
    related = ("member__home_unit", "member__user")
    rows = list(mentors.select_related(*related).order_by("pk"))
    return {row.pk: row for row in rows}, matching.read([mentee], rows, on)


def candidates(mentee, on):
    """All mentors of the pool with room: ([{"mentor", "as_fact"}] that break no hard rule, the best first; [{"mentor", "rule"}] of the others)."""
    rows, field = _field(mentee, Mentor.objects.with_free_places(on).filter(pool=mentee.pool_id), on)
    fitting, broken = [], []
    for mentor in field.mentors:
        if rule := matching.broken(field.mentees[0], mentor, field.barred):
            broken.append({"mentor": rows[mentor.pk], "rule": matching.BROKEN[rule]})
        else:
            score, facts = matching.judge(field.mentees[0], mentor)
            fitting.append({"mentor": rows[mentor.pk], "as_fact": Candidate(facts), "score": score - matching.LOAD_POINTS * mentor.taken})
    fitting.sort(key=lambda row: (-row["score"], row["mentor"].pk))
    broken.sort(key=lambda row: row["mentor"].member.sort_key)
    return fitting, broken


@transaction.atomic
def choose(mentee, mentor, by, now):
    """Ask the mentor (a pk) whom the officer chose for `mentee`, suggested or not. Returns the Pairing.

    Raises ValidationError where a hard rule would be broken, the mentor has no room, the mentee waits no more, or no code of conduct is written.
    """
    on = timezone.localdate(now)
    pool = Pool.objects.select_for_update().get(pk=mentee.pool_id)
    if not pool.conducts.exists():
        raise ValidationError(NO_CONDUCT)
    mentee = Mentee.objects.waiting().select_related("member__home_unit").filter(pk=mentee.pk).first()
    free = Mentor.objects.with_free_places(on).filter(pool=pool, pk=mentor)
    if mentee is None or not free.exists():
        raise ValidationError(_("Somebody was faster: this pair is not possible any more."))
    _rows, field = _field(mentee, free, on)
    one, other = field.mentees[0], field.mentors[0]
    if rule := matching.broken(one, other, field.barred):
        raise ValidationError(matching.BROKEN[rule])
    facts = matching.judge(one, other)[1]
    pairing = Pairing.objects.create(pool=pool, mentor_id=mentor, mentee=mentee, facts=facts, by=by, asked_on=on, answer_until=on + ANSWER_DAYS)
    Suggestion.objects.filter(mentee=mentee).delete()
    pool.order(now)
    write_asks(now)
    return pairing


def to_accept(person, pool):
    """The code of conduct that `person` (Mentor or Mentee) has still to accept before a pair in `pool`; None when they have."""
    conduct = pool.conducts.first()
    return None if conduct is None or person.conduct_id == conduct.pk else conduct


@transaction.atomic
def answer_ask(pairing, side, given, shares, on, now):
    """The answer of the side that is asked, `given` "yes" or "no"; what comes too late changes nothing. Returns whether it counted.

    shares: of a mentee who says yes, {"shares_email", "shares_phone"} as far as the mentor gets them.
    """
    me = getattr(pairing, side)
    if given == "yes" and (pairing.agree(on) if side == Side.MENTOR else pairing.start(on)):
        me.accept(to_accept(me, pairing.pool), now)
        if side == Side.MENTEE:
            me.shares_email, me.shares_phone = bool(shares.get("shares_email")), bool(shares.get("shares_phone"))
            me.save(update_fields=["shares_email", "shares_phone"])
        write_asks(now)
        return True
    if given == "no" and pairing.end(End.MENTOR_NO if side == Side.MENTOR else End.MENTEE_NO, on):
        pairing.pool.order(now)
        return True
    return False


def complain(pairing, side, text, key, now):
    """Take a complaint past the units of both and tell who is responsible. The same form twice is one complaint."""
    on = timezone.localdate(now)
    unit, office = responsible_for_complaints(pairing, on)
    with transaction.atomic():
        fields = {"pairing": pairing, "side": side, "text": text, "unit": unit, "office": office, "at": now}
        complaint, new = Complaint.objects.get_or_create(key=key, defaults=fields)
        if new:
            holders = Appointment.objects.active(on).filter(unit=unit, office=office).values_list("user", flat=True)
            enqueue(
                [
                    Message(kind="mentoring_complaint", key=f"mentoring_complaint:{complaint.pk}:{user}", recipient_id=user, due_at=now)
                    for user in set(holders)
                ]
            )
    return complaint


# --- the calendar ------------------------------------------------------------------------------------------------------


def due(now):
    """Everything that is due at `now`: ends, check-ins, questions about silence, mails. Returns a Counter; empty when another run is at it."""
    on, counts = reminders.day(now), Counter()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [WORKING])
            if not cursor.fetchone()[0]:
                return counts
        counts["left"] = end_of_those_who_left(on, now)
        counts["unanswered"] = end_unanswered(on, now)
        counts["asks"] = write_asks(now)
        counts["check_ins"] = ask_for_check_ins(on)
        counts["silences"] = ask_the_silent(on)
        counts["to_become"] = ask_to_become(on, now)
        counts["mails"] = write_mails(now)
        counts["news"] = tell_officers(on, now)
    return counts


def end_of_those_who_left(on, now):
    gone = ~Q(mentor__member__status__in=ACTIVE) | ~Q(mentee__member__status__in=ACTIVE)
    found = list(Pairing.objects.open().filter(gone).select_related("mentee__member", "pool"))
    for pairing in found:
        pairing.end(End.LEFT, on, waits_again=pairing.mentee.member.status in ACTIVE)
        pairing.pool.order(now)
    return len(found)


def end_unanswered(on, now):
    """No answer in seven days. A mentor rests for a while and the mentee gets the next suggestion; a mentee is asked no more until they say
    by their link that they want somebody: otherwise one mentor after the other would say yes in vain. Who has no mail address was not asked
    yet: they wait for a call."""
    found = list(Pairing.objects.unanswered(on).exclude(pk__in=Pairing.objects.unreachable().values("pk")).select_related("pool"))
    settled = (Message.State.SENT, Message.State.SKIPPED, Message.State.DEAD)
    told = Message.objects.filter(key__in=[ask_key(pairing) for pairing in found], state__in=settled)
    # The days count from the mail, which may have waited for room in a full week.
    asked_on = {key: sent_at and timezone.localdate(sent_at) for key, sent_at in told.values_list("key", "sent_at")}
    found = [pairing for pairing in found if ask_key(pairing) in asked_on and (asked_on[ask_key(pairing)] or pairing.asked_on) + ANSWER_DAYS < on]
    for pairing in found:
        by_mentor = pairing.state == State.ASKED
        if pairing.end(End.NO_ANSWER, on):
            if by_mentor:
                rest = Mentor.objects.filter(Q(paused_until=None) | Q(paused_until__lt=on + REST), pk=pairing.mentor_id)
                rest.update(paused_until=on + REST)
            else:
                Mentee.objects.filter(pk=pairing.mentee_id).update(state=Mentee.State.OFFERED)
            pairing.pool.order(now)
    return len(found)


def ask_for_check_ins(on):
    """Rows for both sides of every month that is due and not recorded; after a pause only what is not long past."""
    found = []
    for pairing in Pairing.objects.filter(state=State.RUNNING).prefetch_related("check_ins"):
        known = {row.occasion for row in pairing.check_ins.all()}
        for month, day in pairing.months().items():
            if day <= on <= day + LATEST and f"month:{month}" not in known:
                found += [CheckIn(pairing=pairing, side=side, occasion=f"month:{month}", asked_on=on) for side in Side.values]
    CheckIn.objects.bulk_create(found, ignore_conflicts=True)
    return len(found)


def ask_the_silent(on):
    found = list(Pairing.objects.silent(on).filter(silence_asked_on=None))
    rows = [CheckIn(pairing=pairing, side=side, occasion=f"silence:{on}", asked_on=on) for pairing in found for side in Side.values]
    CheckIn.objects.bulk_create(rows, ignore_conflicts=True)
    Pairing.objects.filter(pk__in=[pairing.pk for pairing in found]).update(silence_asked_on=on)
    return len(found)


@transaction.atomic
def close(pairing, why, on):
    """End a pair that has run; both are asked how it was. A mentee without blame on anybody waits again for somebody else."""
    had_begun = pairing.started_on is not None
    if not pairing.end(why, on, waits_again=why in (End.REMATCH, End.BADLY, End.MENTOR_NO)):
        return False
    if had_begun and why == End.DONE:
        CheckIn.objects.bulk_create(
            [CheckIn(pairing=pairing, side=side, occasion="closing", asked_on=on) for side in Side.values], ignore_conflicts=True
        )
    return True


def ask_to_become(on, now):
    """Who was accompanied to the end half a year ago is asked once to become a mentor."""
    done = Pairing.objects.filter(mentee=OuterRef("pk"), ended=End.DONE, ended_on__range=(on - 2 * BECOME_AFTER, on - BECOME_AFTER))
    adult = Q(member__birth_date__lte=on.replace(year=on.year - matching.ADULT, day=min(on.day, 28)))
    found = Mentee.objects.filter(Exists(done), adult, member__mentor=None, member__status__in=ACTIVE).exclude(member__email="")
    rows = [Mentor(member_id=row.member_id, pool_id=row.pool_id, languages=row.languages, at=now) for row in found]
    Mentor.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def answer(check_in, given, text, on, now):
    """Take the answer of one side: a sign of life, a wish for help, or the end without blame. False when it was answered before."""
    row = CheckIn.objects.filter(pk=check_in.pk, answer="")
    with transaction.atomic():
        if not row.update(answer=given, text=text, answered_on=on):
            return False
        pairing = check_in.pairing
        if given == CheckIn.Answer.END and pairing.state in Pairing.OPEN:
            close(pairing, End.REMATCH, on)
            pairing.pool.order(now)
        elif given in (CheckIn.Answer.GOOD, CheckIn.Answer.SLOW):
            pairing.sign_of_life(on)
    return True


# --- mails -------------------------------------------------------------------------------------------------------------


def ask_key(pairing):
    """The key of the mail that asks whose turn it is."""
    return f"mentoring_ask:{pairing.pk}:{pairing.waits_for.value}"


def write_asks(now):
    """The mails to those who are asked now (the days to answer count from the mail), and to both sides of what has begun."""
    on, wanted = timezone.localdate(now), []
    for pairing in Pairing.objects.filter(state__in=(State.ASKED, State.AGREED)).select_related("mentor", "mentee").order_by("pk"):
        side = pairing.waits_for
        member = (pairing.mentor if side == Side.MENTOR else pairing.mentee).member_id
        wanted.append((ask_key(pairing), "mentoring_ask", member, {"pairing": pairing.pk, "side": side.value}))
    for pk, mentor, mentee in Pairing.objects.filter(state=State.RUNNING, started_on__gt=on - 2 * ANSWER_DAYS).values_list(
        "pk", "mentor__member", "mentee__member"
    ):
        for side, member in ((Side.MENTOR, mentor), (Side.MENTEE, mentee)):
            wanted.append((f"mentoring_start:{pk}:{side.value}", "mentoring_start", member, {"pairing": pk, "side": side.value}))
    new = write(wanted, now)
    asked = [payload["pairing"] for key, kind, _member, payload in wanted if key in new and kind == "mentoring_ask"]
    Pairing.objects.filter(pk__in=asked).update(answer_until=on + ANSWER_DAYS)
    return len(new)


def write_mails(now):
    """Check-ins, invitations to become a mentor and offers of one that nobody was told of yet."""
    wanted = []
    recent = timezone.localdate(now) - 2 * LATEST
    for row in CheckIn.objects.filter(answer="", asked_on__gte=recent).select_related("pairing__mentor", "pairing__mentee").order_by("pk"):
        member = (row.pairing.mentor if row.side == Side.MENTOR else row.pairing.mentee).member_id
        wanted.append((f"mentoring_check_in:{row.pk}", "mentoring_check_in", member, {"check_in": row.pk}))
    for pk, member in Mentor.objects.filter(state=Mentor.State.INVITED, at__gte=now - BECOME_AFTER).values_list("pk", "member"):
        wanted.append((f"mentoring_invite:{pk}", "mentoring_invite", member, {"mentor": pk}))
    for pk, member in Mentee.objects.filter(state=Mentee.State.OFFERED, at__gte=now - BECOME_AFTER).values_list("pk", "member"):
        wanted.append((f"mentoring_offer:{pk}", "mentoring_offer", member, {"mentee": pk}))
    return len(write(wanted, now))


@transaction.atomic
def write(wanted, now):
    """Enqueue [(key, kind, member pk, payload)] as far as the week of each member allows; returns {key: message pk} of what is new."""
    known = set(Message.objects.filter(key__in=[row[0] for row in wanted]).values_list("key", flat=True))
    wanted = [row for row in wanted if row[0] not in known]
    members = [row[2] for row in wanted]
    # One after the other: two runs at once would both find room in somebody's week.
    list(Member.objects.select_for_update(no_key=True).filter(pk__in=members).order_by("pk").values_list("pk"))
    week = MentoringMail.objects.filter(member__in=members, at__gt=now - timedelta(days=7)).values_list("member", flat=True)
    room, messages, owners = Counter(week), [], {}
    for key, kind, member, payload in wanted:
        if room[member] < PER_WEEK:
            room[member] += 1
            owners[key] = member
            messages.append(Message(kind=kind, key=key, payload=payload | {"member": member}, due_at=now))
    new = enqueue(messages)
    MentoringMail.objects.bulk_create([MentoringMail(message_id=pk, member_id=owners[key], at=now) for key, pk in new.items()])
    return new


def attention(pools, on):
    """What the officer should look at in `pools`: (pairs without an answer lately, silent pairs, check-ins that ask for help, pairs where somebody
    without a mail address is to be called)."""
    unanswered = Pairing.objects.filter(pool__in=pools, ended=End.NO_ANSWER, ended_on__gt=on - OFFICER_AFTER)
    silent = Pairing.objects.silent(on).filter(pool__in=pools, silence_asked_on__lte=on - OFFICER_AFTER)
    asking = CheckIn.objects.filter(pairing__pool__in=pools, answer=CheckIn.Answer.HELP, answered_on__gt=on - HELP_SHOWN)
    return unanswered, silent, asking, Pairing.objects.unreachable().filter(pool__in=pools)


def officers(on):
    """{user pk: [pool pk, ..]} of the membership officers of pools on the day `on`; who has an office above several gets all in one."""
    found = defaultdict(list)
    held = Appointment.objects.told(on).filter(office__slug="membership_officer")
    paths = {pool.pk: pool.unit for pool in Pool.objects.select_related("unit")}
    above = {path for unit in paths.values() for path in unit.ancestor_paths()}
    holders = list(held.filter(unit__path__in=above).select_related("unit"))
    for pk, unit in paths.items():
        reaching = [a for a in holders if a.covers(unit)]
        nearest = max((a.unit.depth for a in reaching), default=0)
        for appointment in reaching:
            if appointment.unit.depth == nearest:
                found[appointment.user_id].append(pk)
    return found


def tell_officers(on, now):
    """One mail per officer and week, when there is something new in it since the last one."""
    wanted = []
    week = reminders.week(on)
    for user, pools in officers(on).items():
        last = Message.objects.filter(kind="mentoring_news", recipient=user).order_by("-pk").values_list("created_at", flat=True).first()
        since = timezone.localdate(last) if last else on - HELP_SHOWN
        unanswered, silent, asking, to_call = attention(pools, on)
        fresh = (
            unanswered.filter(ended_on__gte=since).exists()
            or silent.filter(silence_asked_on__gte=since - OFFICER_AFTER).exists()
            or asking.filter(answered_on__gte=since).exists()
            or to_call.filter(Q(asked_on__gte=since) | Q(agreed_on__gte=since)).exists()
        )
        if fresh:
            wanted.append(Message(kind="mentoring_news", key=f"mentoring_news:{user}:{week}", recipient_id=user, payload={"pools": pools}, due_at=now))
    return len(enqueue(wanted))
