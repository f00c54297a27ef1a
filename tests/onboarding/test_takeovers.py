"""Taking office: what begins with an appointment, who is told of what, the confidentiality form, and rights that wait for it."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from branches import pledging
from branches.models import Appointment, Pledge
from branches.scope import Right
from membership.models import Member
from onboarding import duties, journeys, reminders, takeovers
from onboarding.models import JourneyStep, Takeover, TakeoverStep
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make

TODAY = date(2026, 11, 23)  # a Monday
NOW = timezone.make_aware(datetime(2026, 11, 23, 12))
Kind = TakeoverStep.Kind


@pytest.fixture(autouse=True)
def noon(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def form(tree, cast):
    return pledging.write(tree.district, {"de": "Ich schweige.", "he": "אני שומר/ת סוד."}, cast.officer, NOW)


@pytest.fixture
def newcomer(tree, cast, form):
    """Bernd's successor as secretary of B, from today."""
    takeovers.install(tree.district)
    Appointment.objects.filter(user=cast.secretary_b).update(ends_on=TODAY)
    person = make.user("Nele Neu")
    person.term = make.appoint(person, "secretary", tree.b, starts_on=TODAY)
    return person


def begun(person):
    takeovers.run(NOW)
    return Takeover.objects.get(appointment=person.term)


def kinds_of(takeover):
    return sorted(takeover.steps.values_list("kind", flat=True))


def test_an_appointment_begins_a_journey_once_with_all_that_is_asked_for(newcomer, cast):
    takeover = begun(newcomer)
    takeovers.run(NOW), takeovers.run(NOW + timedelta(days=1))
    assert kinds_of(takeover) == ["access", "handover", "introduction", "introduction", "introduction", "pledge"]
    assert takeover.predecessor.user == cast.secretary_b
    assert takeover.steps.get(kind=Kind.PLEDGE).due_on == TODAY + timedelta(days=7)
    assert not Takeover.objects.exclude(pk=takeover.pk).exists(), "terms that began long ago begin nothing"


def test_whoever_goes_on_in_the_office_has_nothing_to_take_over(tree, cast, form):
    Appointment.objects.filter(user=cast.secretary_a).update(ends_on=TODAY)
    make.appoint(cast.secretary_a, "secretary", tree.a, starts_on=TODAY)
    assert takeovers.run(NOW) == 0


def test_the_predecessor_writes_by_a_link_what_the_next_one_reads(newcomer, cast, client, sign_in):
    takeover = begun(newcomer)
    relay(NOW)
    [letter] = [letter for letter in mail.outbox if letter.to == [cast.secretary_b.email]]
    address = next(word for word in letter.body.split() if "/taking-office/notes/" in word)
    path = "/" + address.split("/", 3)[3]
    assert "Nele Neu" in client.get(path).content.decode() and Takeover.objects.get(pk=takeover.pk).notes == ""
    assert client.post(path, {"notes": " "}).status_code == 422
    client.post(path, {"notes": "Der Schlüssel liegt bei Carla."})
    reader = sign_in(newcomer)
    for page in (reverse("onboarding:takeover_detail", args=[takeover.pk]), reverse("cockpit:handover", args=[newcomer.term.pk])):
        assert "Der Schlüssel liegt bei Carla." in reader.get(page).content.decode()
    with time_machine.travel(NOW + timedelta(days=70), tick=False):
        assert client.get(path).status_code == 410
    assert client.get(path[:-3] + "xx/").status_code == 404


def test_whoever_has_accepted_the_form_goes_on_with_the_next_step(newcomer, sign_in):
    takeover = begun(newcomer)
    form = pledging.text_for(newcomer.term.unit)
    answer = sign_in(newcomer).post(reverse("onboarding:pledge"), {"form": form.pk, "name": "Nele Neu", "agreed": "1"})
    assert answer.url == reverse("onboarding:takeover_detail", args=[takeover.pk])


def test_the_digest_reminds_the_officer_and_who_leads_of_the_access(newcomer, cast):
    takeover = begun(newcomer)
    later = NOW + timedelta(days=14)
    reminders.due(later)
    relay(later)
    own = next(letter for letter in mail.outbox if letter.to == [newcomer.email] and "/notes/" not in letter.body)
    assert reverse("onboarding:takeover_detail", args=[takeover.pk]) in own.body
    bodies = {letter.to[0]: letter.body for letter in mail.outbox if "/taking-office/" in letter.body and "notes" not in letter.body}
    assert set(bodies) == {newcomer.email, cast.officer.email, cast.admin.email}, "the nearest who lead B beside herself"


def test_each_closes_what_waits_for_them_and_nothing_else(newcomer, cast, sign_in):
    takeover = begun(newcomer)
    access, talk = takeover.steps.get(kind=Kind.ACCESS), takeover.steps.get(kind=Kind.HANDOVER)
    assert sign_in(newcomer).post(reverse("onboarding:takeover_step", args=[access.pk])).status_code == 403
    assert sign_in(cast.officer).post(reverse("onboarding:takeover_step", args=[talk.pk])).status_code == 403
    assert sign_in(cast.secretary_a).post(reverse("onboarding:takeover_step", args=[access.pk])).status_code == 404
    sign_in(cast.officer).post(reverse("onboarding:takeover_step", args=[access.pk]))
    client = sign_in(newcomer)
    for step in takeover.steps.exclude(kind__in=[Kind.ACCESS, Kind.PLEDGE]):
        client.post(reverse("onboarding:takeover_step", args=[step.pk]))
    takeover.refresh_from_db()
    assert takeover.done_on is None
    form = pledging.text_for(newcomer.term.unit)
    assert client.post(reverse("onboarding:pledge"), {"form": form.pk, "name": "Nele Neu"}).status_code == 422
    client.post(reverse("onboarding:pledge"), {"form": form.pk, "name": "Nele Neu", "agreed": "1"})
    takeover.refresh_from_db()
    assert takeover.done_on == TODAY
    client.post(reverse("onboarding:takeover_step", args=[talk.pk]), {"do": "undo"})
    takeover.refresh_from_db()
    assert takeover.done_on is None


def test_what_was_signed_is_kept_word_for_word(newcomer, cast, form, tree, sign_in):
    sign_in(newcomer).post(reverse("onboarding:pledge"), {"form": form.pk, "name": "Nele Neu", "agreed": "1"})
    pledging.write(tree.district, {"de": "Ganz anders."}, cast.officer, NOW)
    signed = Pledge.objects.get()
    assert (signed.text, signed.name, signed.at, signed.language) == ("Ich schweige.", "Nele Neu", NOW, "de")
    page = sign_in(newcomer).get(reverse("onboarding:pledge")).content.decode()
    assert "Ich schweige." in page and "Ganz anders." not in page, "a changed text is asked for with the next office"


# --- contact data only after the form ----------------------------------------------------------------------------------


def switch(cast, tree, sign_in, first="1"):
    texts = {"text_de": "Ich schweige.", "text_he": "אני שומר/ת סוד."}
    return sign_in(cast.officer).post(reverse("onboarding:pledge_text", args=[tree.district.slug]), texts | ({"first": first} if first else {}))


def test_by_default_nothing_waits_for_the_form(newcomer, tree):
    assert Member.objects.visible_to(newcomer, Right.CARE).count() == 0
    member = make.member("Jonas Reichelt", tree.b, phone="0351 4711")
    assert list(Member.objects.visible_to(newcomer, Right.CARE)) == [member]


def test_who_switches_it_on_has_signed_themselves(cast, tree, form, sign_in):
    answer = switch(cast, tree, sign_in)
    assert answer.status_code == 422 and "first" in answer.context["form"].errors
    pledging.accept(cast.officer, form, "Oskar Blume", NOW)
    assert switch(cast, tree, sign_in).status_code == 302


def test_with_the_switch_nobody_sees_contact_data_before_they_have_accepted(newcomer, cast, tree, form, sign_in):
    member = make.member("Jonas Reichelt", tree.b, joined_on=TODAY - timedelta(days=20), phone="0351 4711", email="jonas@example.org")
    journeys.start_due(TODAY)
    pledging.accept(cast.officer, form, "Oskar Blume", NOW)
    switch(cast, tree, sign_in)
    person = type(newcomer).objects.get(pk=newcomer.pk)
    assert person.right_on(tree.b) == Right.SEE and not Member.objects.visible_to(person, Right.CARE).exists()
    client = sign_in(person)
    page = client.get(member.get_absolute_url())
    assert page.status_code == 200 and b"4711" not in page.content and b"jonas@" not in page.content
    duties.settle(TODAY)
    assert set(JourneyStep.objects.values_list("duty_office__slug", flat=True)) == {"membership_officer"}, "work goes to who may do it"
    page = client.get(reverse("onboarding:pledge"))
    client.post(reverse("onboarding:pledge"), {"form": form.pk, "name": "Nele Neu", "agreed": "1"})
    person = type(newcomer).objects.get(pk=newcomer.pk)
    assert person.right_on(tree.b) == Right.LEAD and b"4711" in client.get(member.get_absolute_url()).content
    assert set(JourneyStep.objects.values_list("duty_office__slug", flat=True)) == {"secretary"}


def test_with_the_switch_a_new_appointment_waits_and_an_edited_one_keeps_what_was_given(cast, tree, form, sign_in):
    pledging.accept(cast.officer, form, "Oskar Blume", NOW)
    switch(cast, tree, sign_in)
    client = sign_in(cast.officer)
    given = {"email": "nele@example.org", "given_name": "Nele", "family_name": "Neu", "office": Appointment.objects.get(user=cast.chair_a).office_id}
    given |= {"right": 3, "starts_on": "2026-11-23"}
    assert client.post(reverse("branches:appointment_add", args=[tree.b.slug]), given).status_code == 302
    term = Appointment.objects.get(user__email="nele@example.org")
    assert (term.right, term.held_back) == (Right.SEE, Right.LEAD)
    page = client.get(reverse("branches:appointment_edit", args=[term.pk]))
    assert page.context["form"]["right"].value() == Right.LEAD
    client.post(reverse("branches:appointment_edit", args=[term.pk]), {"office": given["office"], "right": 2, "starts_on": "2026-11-23"})
    term.refresh_from_db()
    assert (term.right, term.held_back) == (Right.SEE, Right.CARE)


def test_switched_off_everybody_has_their_right_again(newcomer, cast, tree, form, sign_in):
    before = dict(Appointment.objects.values_list("pk", "right"))
    pledging.accept(cast.officer, form, "Oskar Blume", NOW)
    switch(cast, tree, sign_in)
    assert dict(Appointment.objects.values_list("pk", "right")) != before
    switch(cast, tree, sign_in, first="")
    assert dict(Appointment.objects.values_list("pk", "right")) == before and not Appointment.objects.filter(held_back__isnull=False).exists()


def test_another_party_is_not_asked(newcomer, cast, tree, form, sign_in):
    pledging.accept(cast.officer, form, "Oskar Blume", NOW)
    switch(cast, tree, sign_in)
    assert Appointment.objects.get(user=cast.foreign_officer).right == Right.LEAD


def test_a_unit_words_its_own_introduction(cast, tree, sign_in):
    client, page = sign_in(cast.officer), reverse("onboarding:office_steps", args=[tree.district.slug])
    client.post(page, {"do": "usual"})
    secretary = Appointment.objects.get(user=cast.secretary_a).office
    client.post(page, {"label_de": "Kasse übergeben", "office": secretary.pk, "days": 5})
    assert [str(step) for step in takeovers.steps_for(tree.a, secretary)][-1] == "Kasse übergeben"
    assert len(takeovers.steps_for(tree.a, Appointment.objects.get(user=cast.chair_a).office)) == 3
    client.post(page, {"do": "retire", "step": tree.district.office_steps.first().pk})
    assert len(takeovers.steps_for(tree.a, secretary)) == 3
    assert client.post(page, {}).status_code == 422


def test_the_mail_to_the_predecessor_is_written_once_and_skipped_when_it_is_no_longer_needed(newcomer):
    takeover = begun(newcomer)
    takeover.note("schon gesagt", NOW)
    takeovers.run(NOW)
    relay(NOW)
    assert Message.objects.get(kind="office_handover").state == Message.State.SKIPPED


def test_takeover_pages_ask_a_constant_number_of_queries(newcomer, cast, tree, sign_in, django_assert_max_num_queries):
    for n in range(12):
        make.appoint(make.user(f"Rolf Rat{n}"), "board", tree.b, starts_on=TODAY)
    takeover = begun(newcomer)
    client = sign_in(cast.officer)
    page = client.get(reverse("onboarding:takeover_list")).content.decode()
    assert "Nele Neu" in page and "Nele Neu" not in client.get(reverse("onboarding:takeover_list") + "?show=done").content.decode()
    assert "Nele Neu" not in sign_in(cast.secretary_a).get(reverse("onboarding:takeover_list")).content.decode()
    client = sign_in(cast.officer)
    for address in (reverse("onboarding:takeover_list"), reverse("onboarding:takeover_detail", args=[takeover.pk])):
        client.get(address)
        with django_assert_max_num_queries(10):
            client.get(address)
