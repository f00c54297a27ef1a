"""What is open in a unit that is merged or closed goes on elsewhere, and comes back exactly when that is taken back."""

from datetime import timedelta

import pytest
from django.urls import reverse

from branches.models import Appointment, Office, Unit
from cockpit import going_on, reorganising
from cockpit.reorganising import Kind
from education.models import Carrier
from membership.models import Application, CustomField, Transfer
from planning.models import Activity, ElectionMilestone, Goal, Idea, IdeaSupport, Plan, Request
from tests import factories as make
from tests.cockpit.test_reorganising import NOW, TODAY, fresh, in_english, plan
from tests.planning import elections

__all__ = ["in_english"]
YESTERDAY = NOW - timedelta(days=1)


@pytest.fixture
def work(tree, cast):
    """Work of the branch a: some of it over, some open, some shared with b."""
    secretary = Office.objects.get(slug="secretary")
    own = Plan.objects.create(unit=tree.a, year=TODAY.year, state=Plan.State.APPROVED)
    goal = Goal.objects.create(plan=own, title="Mehr Junge")
    line = {"plan": own, "office": secretary, "due_on": TODAY}
    Activity.objects.create(title="Offen", goal=goal, approved={"title": "Offen", "goal_id": goal.pk}, **line)
    Activity.objects.create(title="Getan", goal=goal, state=Activity.State.DONE, **line)
    make.event(tree.a, "Bald", starts_at=NOW + timedelta(days=5), carriers=[tree.b])
    make.event(tree.b, "Zu zweit", starts_at=NOW + timedelta(days=6), carriers=[tree.a])
    make.event(tree.a, "Vorbei", starts_at=NOW - timedelta(days=5))
    make.place(tree.a)
    Request.objects.create(
        unit=tree.a, office=secretary, subject="Wann?", email="w@example.org", state="open", created_at=YESTERDAY, asked_on=TODAY, due_on=TODAY
    )
    for idea_of, supporter in ((tree.a, tree.b), (tree.b, tree.a)):
        idea = Idea.objects.create(unit=idea_of, title="Repaircafé", text="..", by=cast.officer, created_at=YESTERDAY)
        IdeaSupport.objects.create(idea=idea, unit=supporter, by=cast.officer, at=YESTERDAY)
    campaign = elections.election(tree.district, cast.officer, [tree.a, tree.b], day=TODAY + timedelta(days=30))
    ours = elections.milestone(campaign, tree.a)
    elections.milestone(campaign, tree.b, group=ours.group)
    elections.post(campaign, tree.a)
    CustomField.objects.create(unit=tree.a, type="text", labels={"de": "Hemd"}, purpose="Hemden", days=30, created_at=YESTERDAY)
    make.appoint(make.user("Nora Nachher"), "board", tree.a, starts_on=TODAY + timedelta(days=20))


def picture():
    """Every row that may go on: its unit and what else changes with it."""
    found = {name: sorted(kind.rows(TODAY).model._default_manager.values_list("pk", kind.field)) for name, kind in going_on.KINDS.items()}
    return found | {
        "lines": sorted(Activity.objects.values_list("pk", "plan", "goal"), key=str), "approved": [line.approved for line in Activity.objects.order_by("pk")],
        "shares": sorted(Carrier.objects.values_list("event", "unit", "share")), "goals": Goal.objects.count(), "plans": Plan.objects.count(),
        "offices": sorted(Appointment.objects.values_list("pk", "starts_on", "ends_on"), key=str),
        "transfers_now": sorted(Transfer.objects.values_list("pk", "state")),
    }  # fmt: skip


def test_open_work_goes_on_where_the_members_are_and_what_is_over_stays(tree, cast, work):
    reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b), NOW)
    there = Plan.objects.get(unit=tree.b)
    line = there.activities.get()
    assert (line.title, line.goal.plan, line.goal.title) == ("Offen", there, "Mehr Junge") and not line.changed
    assert [line.title for line in Plan.objects.get(unit=tree.a).activities.all()] == ["Getan"]
    assert {str(event): event.unit for event in tree.a.events.model.objects.all()} == {"Bald": tree.b, "Zu zweit": tree.b, "Vorbei": tree.a}
    assert sorted(Carrier.objects.filter(unit=tree.b).values_list("share", flat=True)) == [2, 2]
    assert not ElectionMilestone.objects.filter(unit=tree.a).exists() and ElectionMilestone.objects.filter(unit=tree.b).count() == 1
    assert Request.objects.get().unit == tree.b and CustomField.objects.get().unit == tree.b
    assert set(Idea.objects.values_list("unit", flat=True)) == {tree.b.pk} and not IdeaSupport.objects.exists()


def test_work_that_went_on_comes_back_exactly(tree, cast, work):
    before = picture()
    done = reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b), NOW)
    assert picture() != before
    reorganising.take_back(done, cast.officer, NOW)
    assert picture() == before


def test_open_work_of_a_unit_that_is_closed_goes_to_the_one_above(tree, cast, work):
    before = picture()
    done = reorganising.order(plan(Kind.CLOSE, tree.a, cast.officer), NOW)
    assert Plan.objects.get(unit=tree.district).activities.get().title == "Offen" and Request.objects.get().unit == tree.district
    assert CustomField.objects.get().unit == tree.a  # nobody is left whom it could ask
    reorganising.take_back(done, cast.officer, NOW)
    assert picture() == before


def test_the_preview_says_what_goes_on(tree, cast, work):
    told = reorganising.preview(plan(Kind.MERGE, tree.a, cast.officer, tree.b))
    assert set(told["open"]) == {
        "1 activity of the work plan", "1 event to come", "1 request to answer", "1 place of the place book", "1 idea", "1 election post", "1 own field",
    }  # fmt: skip
    assert told["goes_on_in"] == tree.b


def test_a_unit_where_somebody_waits_for_a_decision_is_not_closed(tree, cast):
    application = Application(unit=tree.a, given_name="Nina", family_name="Neu", received_on=TODAY, state="open", decide_until=TODAY, kind="full")
    application.save()
    odd = plan(Kind.CLOSE, tree.a, cast.officer)
    assert any("still to be decided" in reason for reason in reorganising.obstacles(odd, TODAY))
    application.delete()
    assert reorganising.obstacles(odd, TODAY) == []


# What stays with the unit there was: history, what its members took along, what is about a party or a whole tree, settings, and what it prepared for itself.
STAYS = {
    "branches": {"UnitPlace.unit", "UnitPlace.parent", "Reorganisation.unit", "Reorganisation.target", "Appointment.unit", "PledgeText.unit"},
    "cockpit": {"UnitFigures.unit", "StaleUnit.unit", "QualityMonth.unit", "Report.unit", "ReportRun.unit"},
    "membership": {
        "Export.unit", "Member.home_unit", "Membership.unit", "NoticePattern.unit", "ListImport.unit", "ColumnMapping.unit", "Reading.unit", "Movement.unit",
        "SectionRule.unit", "SavedView.unit",
    },
    "onboarding": {
        "BookCount.unit", "Journey.unit", "JourneyStep.unit", "JourneyStep.duty_unit", "OfficeStep.unit", "Practice.unit", "Adoption.unit", "Exit.unit",
        "Answer.unit", "LetterText.unit", "PrintRun.unit", "Standard.unit", "Pool.unit",
    },
    "education": {"SettledShare.unit", "Offer.unit", "OfferNotice.unit", "DevelopmentCard.wants_unit", "CalendarFeed.unit"},
    "planning": {
        "BudgetRule.unit", "BudgetShare.unit", "Budget.unit", "RequestEntry.unit", "IdeaAdoption.unit", "Plan.unit", "MeterReminder.unit", "ElectionTemplate.unit",
        "Filling.unit",
    },
}  # fmt: skip


def test_every_row_that_names_a_unit_goes_on_or_stays_on_purpose():
    moved = {f"{kind.rows(TODAY).model.__name__}.{kind.field}" for kind in going_on.KINDS.values()}
    relations = [one for one in Unit._meta.get_fields(include_hidden=True) if one.auto_created and one.is_relation and not one.many_to_many]
    named = {f"{one.related_model.__name__}.{one.field.name}" for one in relations}
    stays = set().union(*STAYS.values())
    parties = {name for name in named if name.endswith(".party")}
    assert named - parties == moved | stays and not moved & stays


def test_the_join_form_of_a_merged_unit_leads_to_the_one_it_became_part_of(tree, cast, client):
    reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b), NOW)
    assert client.get(reverse("membership:join", args=[tree.a.slug])).url == reverse("membership:join", args=[tree.b.slug])
    reorganising.order(plan(Kind.CLOSE, make.unit("Leer", "branch", fresh(tree.district)), cast.officer), NOW)
    assert client.get(reverse("membership:join", args=["leer"])).status_code == 404
