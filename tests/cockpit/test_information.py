"""Information about everything that is kept (Art. 15): complete, in the member's language, without others' names."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from pypdf import PdfReader

from branches import pledging
from branches.models import Office
from cockpit import information
from membership import own_data, reading
from membership.models import Change, ListImport, Member, Reading, Tag
from onboarding.models import Contact, Escalation, Takeover
from outbox.models import Message
from tests import factories as make
from tests.access import MEMBER_TEXTS, PLACES, build_world, canary

NOW = timezone.now()


ROOMS = {config.label for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR}


def relations(model=Member, found=None):
    """{"app.Model.field"} of what refers to a member, and to what dies with one."""
    found = {} if found is None else found
    for relation in model._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or not isinstance(relation, models.ForeignObjectRel):
            continue
        key = f"{relation.related_model._meta.label}.{relation.field.name}"
        cascades = getattr(relation, "on_delete", None) is models.CASCADE
        if key not in found and (model is Member or cascades) and relation.related_model._meta.app_label in ROOMS:
            found[key] = relation
            if cascades:
                relations(relation.related_model, found)
    return found


def test_every_relation_to_a_member_has_a_line():
    missing, gone = relations().keys() - information.TOLD.keys(), information.TOLD.keys() - relations().keys()
    assert not missing, f"Say in cockpit/information.py (TOLD) how these are told to the member: {sorted(missing)}"
    # A table further away (the answers to a question that outlives its member) is checked by the next test.
    assert not [key for key in gone if not isinstance(information.TOLD[key], information.Table)]


def test_every_line_names_fields_that_exist_and_have_words(db, tree):
    member = make.member("Anna Arndt", tree.a)
    for key, line in information.TOLD.items():
        if isinstance(line, information.Table):
            section = information.Teller(member).table(key, line)
            assert all(words for _name, words in section["columns"])
        elif isinstance(line, str):
            assert getattr(information.Teller(member), line)()["rows"] == []


def test_every_field_of_the_record_is_told_but_those_made_from_others(tree):
    told = {name for name, _words in information.Teller(make.member("Anna Arndt", tree.a)).record()["columns"]}
    assert {f.name for f in Member._meta.concrete_fields} - told == information.MADE


def test_every_field_of_the_record_is_called_something_in_every_language():
    told = [f for f in Member._meta.concrete_fields if f.name not in information.MADE and f.name not in information.WORDS]
    assert not [f.name for f in told if not isinstance(f.verbose_name, Promise)]


@pytest.fixture
def world(tree, cast):
    return build_world(tree, cast)


@pytest.fixture
def anna(world, cast, tree):
    """The member of branch A with an entry of every kind that is easily made."""
    place = world.places["own"]
    member = place.member
    member.user = make.user("Anna Selbst", email="selbst@example.org")
    member.language = "de"
    member.save()
    own = make.appoint(member.user, "treasurer", tree.a)
    Message.objects.create(kind="digest", key="digest:1", recipient=member.user, due_at=NOW, subject="Was ansteht")
    listed = ListImport.objects.create(unit=tree.a, by=cast.secretary_a, file_name="liste.csv", list_date=timezone.localdate())
    listed.rows.create(line=3, member=member, values={"family_name": "Aus der Liste"})
    Change.objects.create(
        member=member,
        kind="changed",
        at=NOW,
        by=cast.secretary_a,
        list_import=listed,
        before={"home_unit": "bergheim"},
        after={"home_unit": "altdorf", "phone": "12"},
    )
    Escalation.objects.create(journey_step=place.step, level=7, office=own.office, told_at=NOW)
    reading.note(cast.secretary_a, member, Reading.What.PAGE, NOW)
    reading.note(cast.officer, [member.pk, world.places["sister"].member.pk], Reading.What.EXPORT, NOW)
    own_data.ask([member.pk], cast.chair_a, NOW)
    ask = member.asks.get()
    own_data.answer(
        ask, {"family_name": "Vorschlag", "street": "Neue Gasse"}, {"family_name": member.family_name, "street": member.street}, NOW
    )
    tag = Tag.objects.first()
    if tag:
        member.tags.create(tag=tag, set_by=cast.secretary_a, set_at=NOW)
    return member


def fetch(client, member, shape):
    return client.post(reverse("cockpit:member_information", args=[member.pk]), {"format": shape})


def words(response):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)


def test_the_json_holds_what_is_known_about_the_member(anna, cast, sign_in):
    told = json.loads(fetch(sign_in(cast.secretary_a), anna, "json").content)
    assert told["record"][0]["email"] == canary("email", "own") and told["record"][0]["home_unit"] == "Ortsverein Altdorf"
    assert told["onboarding.Contact"][0]["note"] == canary("note", "own")
    assert told["membership.StagedRow"][0]["values"] == {"family_name": "Aus der Liste"}
    change = told["membership.Change"][0]
    assert change["after"]["home_unit"] == "altdorf" and "Altdorf" in change["by"]
    assert {row["what"] for row in told["membership.Reading"]} == {"page", "export", "information"}
    assert all("Altdorf" in row["through"] or "Musterstadt" in row["through"] for row in told["membership.Reading"])
    assert told["membership.Proposal"][0]["after"] == "Vorschlag"
    assert [row["kind"] for row in told["outbox.Message"]] == ["digest", "own_data"]
    assert told["branches.User"][0]["email"] == "selbst@example.org" and told["branches.Appointment"]
    assert len(told["seen_by"]) >= 4 and told["onboarding.JourneyStep"] and told["onboarding.Escalation"]


def test_who_took_an_office_reads_what_they_signed_and_what_was_due(anna, cast, tree, sign_in):
    form = pledging.write(tree.a, {"de": "Ich schweige."}, cast.chair_a, NOW)
    pledging.accept(anna.user, form, "Anna Selbst", NOW)
    own, before = anna.user.appointments.get(), make.appoint(anna.user, "chair", tree.a)
    takeover = Takeover.objects.create(appointment=own, started_on=NOW.date())
    takeover.steps.create(kind="pledge", due_on=NOW.date(), done_on=NOW.date(), done_by=anna.user)
    after = Takeover.objects.create(appointment=make.appoint(cast.stranger, "chair", tree.a), predecessor=before, started_on=NOW.date())
    after.note("Frag Herrn Fremd.", NOW)
    content = fetch(sign_in(cast.secretary_a), anna, "json").content
    told = json.loads(content)
    (signed,), (step,), (note,) = told["branches.Pledge"], told["onboarding.TakeoverStep"], told["onboarding.Takeover"]
    assert (signed["name"], signed["text"]) == ("Anna Selbst", "Ich schweige.") and "Altdorf" in signed["unit"]
    assert step["what"] == "pledge" and step["done_on"] and note["at"] and "Frag Herrn" not in content.decode()


def others(world, cast):
    """What must not be inside: names, numbers and addresses of everybody else."""
    people = [user for user in vars(cast).values() if user]
    tokens = {part for user in people for part in (user.email, user.family_name)}
    tokens |= {canary(name, place) for place in PLACES if place != "own" for name in (*MEMBER_TEXTS, "note")}
    return tokens


@pytest.mark.parametrize("shape", ["json", "pdf"])
def test_nobody_else_is_named(shape, anna, world, cast, sign_in):
    answer = fetch(sign_in(cast.secretary_a), anna, shape)
    text = answer.content.decode() if shape == "json" else words(answer)
    own = canary("family_name", "own") if shape == "pdf" else canary("email", "own")
    assert own in text.replace("\n", "")
    assert not [token for token in others(world, cast) if token in text]


def test_the_pdf_is_in_the_members_language(anna, cast, sign_in):
    assert "Was über dich gespeichert ist" in words(fetch(sign_in(cast.secretary_a), anna, "pdf"))
    Member.objects.filter(pk=anna.pk).update(language="he")
    reader = PdfReader(io.BytesIO(fetch(sign_in(cast.secretary_a), anna, "pdf").content))
    assert reader.trailer["/Root"]["/Lang"] == "he"


def test_a_language_nobody_here_speaks_gives_that_of_the_unit(anna):
    anna.language = "uk"
    assert own_data.language_of(anna) == "de"


def test_fetching_is_noted_and_looking_at_the_page_is_not(anna, cast, sign_in):
    client = sign_in(cast.officer)
    client.get(reverse("cockpit:member_information", args=[anna.pk]))
    assert not Reading.objects.filter(what="information").exists()
    fetch(client, anna, "json")
    entry = Reading.objects.get(what="information")
    assert entry.by == cast.officer and entry.members == [anna.pk]


@pytest.mark.parametrize(
    "who, status",
    [("secretary_a", 200), ("officer", 200), ("treasurer_a", 403), ("secretary_b", 404), ("section_lead", 404), ("stranger", 404)],
)
def test_member_information_is_for_those_who_lead(who, status, anna, cast, sign_in):
    assert fetch(sign_in(getattr(cast, who)), anna, "json").status_code == status
    assert fetch(sign_in(getattr(cast, who)), anna, "xlsx").status_code in (403, 404)


def test_the_right_counts_at_the_moment_of_fetching(anna, cast, sign_in):
    client = sign_in(cast.secretary_a)
    assert client.get(reverse("cockpit:member_information", args=[anna.pk])).status_code == 200
    cast.secretary_a.appointments.update(ends_on=timezone.localdate())
    assert fetch(client, anna, "json").status_code == 404


def test_whoever_wrote_is_told_by_the_office_of_that_day(anna, cast, tree):
    then = timezone.localdate() - timedelta(days=3000)
    Contact.objects.create(member=anna, by=cast.stranger, on=then)
    make.appoint(cast.stranger, "chair", tree.b, starts_on=then, ends_on=then + timedelta(days=1))
    with translation.override("en"):
        section = information.Teller(anna).table("onboarding.Contact.member", information.TOLD["onboarding.Contact.member"])
        chair, admin = (Office.objects.get(slug=slug) for slug in ("chair", "administrator"))
        assert [row["by"][1] for row in section["rows"]] == [f"{admin}, {tree.district.full_name}", f"{chair}, {tree.b.full_name}"]
