"""Rows of the access table for joining, admission, guests, postcodes, statuses and transfers."""

from datetime import timedelta

from django.utils import timezone

from membership import guests, joining
from membership.models import Application, Change, GuestTerm, Objection, Transfer
from tests import factories as make
from tests.access import CARE, LEAD, PUBLIC, SEE, SIGNED_IN, row


def unit(o):
    return [o.unit.slug]


def application(state="open", **more):
    """An application at the unit, of somebody with the texts of its member; without the street, which a section may see of who applies to it."""

    def made(o):
        today = timezone.localdate()
        texts = {name: getattr(o.member, name) for name in ("given_name", "family_name", "email", "postcode", "city")}
        fields = {"source": "form", "received_on": today, "decide_until": today + timedelta(days=30), "phone": o.member.mobile} | texts
        if state == "refused":
            fields["decided_on"] = today
        return [Application.objects.create(unit=o.unit, state=state, **fields | more).pk]

    return made


def objection(o):
    (pk,) = application("refused")(o)
    today = timezone.localdate()
    return [Objection.objects.create(application_id=pk, unit=o.unit, appeal=True, raised_by=o.member.name, raised_on=today, reason="x").pk]


def with_application(o):
    application()(o)
    return [o.unit.slug]


def confirmation(o):
    (pk,) = application("unconfirmed")(o)
    return [joining.address(Application.objects.filter(pk=pk).first()).split("/")[-2]]


def term(o):
    today = timezone.localdate()
    type(o.member).objects.filter(pk=o.member.pk).update(status="guest")
    return GuestTerm.objects.create(member=o.member, starts_on=today, ends_on=today + timedelta(days=365))


def change(o):
    return [Change.objects.create(member=o.member, kind="status", at=timezone.now()).pk]


def transfer(*more):
    """From the unit, which decides as well, to one in which nobody else holds an office."""

    def made(o):
        other = o.world.third if o.name != "foreign" else make.unit("Fremdau", "branch", o.world.tree.foreign)
        today = timezone.localdate()
        days = {"moves_on": today + timedelta(days=9), "requested_on": today, "answer_until": today + timedelta(days=14)}
        row = Transfer.objects.create(member=o.member, from_unit=o.unit, to_unit=other, decider=o.unit, exception=True, reason="x", **days)
        return [row.pk, *more]

    return made


NO_HOME = {("section_lead", "section"): 404}  # a term of a guest is the home's business

ROWS = [
    row("membership:join", unit, get=PUBLIC, post=PUBLIC),
    row("membership:join_sent", unit, get=PUBLIC),
    row("membership:join_code", unit, get=PUBLIC),
    row("membership:join_confirm", confirmation, get=PUBLIC, post=PUBLIC),
    row("membership:guest_invitation", lambda o: [guests.address(term(o)).split("/")[-2]], get=PUBLIC, post=PUBLIC),
    row("membership:guest_list", get=SIGNED_IN),
    row("membership:guest_renew", lambda o: [term(o).pk], post=LEAD, but=NO_HOME),
    row("membership:area_edit", unit, get=LEAD, post=LEAD),
    row("onboarding:application_list", get=SIGNED_IN),
    row("onboarding:application_add", get=CARE, post=CARE),
    row("onboarding:application_detail", application(), get=SEE),
    row("onboarding:application_accept", application(), get=LEAD, post=LEAD),
    row("onboarding:application_refuse", application(), get=LEAD, post=LEAD),
    row("onboarding:application_withdraw", application(), post=LEAD),
    row("onboarding:application_reopen", application("refused"), post=LEAD),
    row("onboarding:application_assign", application(), post=LEAD, fine=(404,)),
    row("onboarding:application_connect", application(), post=LEAD, fine=(404,)),
    row("onboarding:application_object", application("refused"), get=LEAD, post=LEAD),
    row("onboarding:objection_decide", objection, get=LEAD, post=LEAD),
    row("onboarding:application_agenda", with_application, get=SEE),
    row("onboarding:application_agenda_pdf", with_application, get=SEE),
    row("onboarding:member_status", lambda o: [o.member.pk], get=LEAD, post=LEAD),
    row("onboarding:status_undo", change, post=LEAD),
    row("onboarding:transfer_list", get=SIGNED_IN),
    row("onboarding:transfer_ask", get=LEAD, post=LEAD),
    row("onboarding:transfer_add", lambda o: [o.member.pk], get=LEAD, post=LEAD),
    row("onboarding:transfer_detail", transfer(), get=CARE, exists=CARE),
    row("onboarding:transfer_answer", transfer("from"), post=LEAD, exists=CARE),
    row("onboarding:transfer_decide", transfer(), post=LEAD, exists=CARE),
    row("onboarding:transfer_withdraw", transfer(), post=LEAD, exists=CARE),
]
