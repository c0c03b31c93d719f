"""Warnings are approved within power, reach whom they concern under running clocks, and end when the risk is gone."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from bastide.base import clock, packs, papers, trail, vault
from bastide.base.clock import jobs
from bastide.base.flow.refusals import Forbidden, Refused, Stale
from bastide.base.inbox.models import Notification
from bastide.base.people.models import Account
from bastide.base.trail.models import Entry, Fact
from bastide.share import flows, reads
from bastide.share.criteria import Targets
from bastide.share.models import Delivery, EarlyWarning
from tests.registry.makers import make_unit
from tests.respond.makers import make_incident
from tests.share.conftest import delivery_to

W, D = EarlyWarning.State, Delivery.State


def running(delivery: Delivery) -> list[clock.Clock]:
    return [one for one in clock.of(delivery) if one.is_open]


class TestPropose:
    def test_it_is_written_down_and_nobody_is_told(self, propose, national, operator):
        warning = propose()
        assert warning.state == W.PROPOSED
        assert warning.number.startswith("EW-2026-")
        assert not warning.deliveries.exists()
        assert not Notification.objects.filter(account=operator).exists()

    def test_those_in_power_are_told(self, propose, provincial, chief):
        propose(by=provincial)
        assert Notification.objects.filter(account=chief, kind="share.earlywarning").exists()
        assert not Notification.objects.filter(account=provincial).exists()

    def test_an_operator_may_not(self, propose, operator):
        with pytest.raises(Refused, match="Only an authority"):
            propose(by=operator)

    def test_an_unknown_colour_is_refused(self, propose):
        with pytest.raises(Refused, match="purple"):
            propose(colour="purple")

    def test_an_incident_out_of_sight_is_refused(self, propose, provincial, other_telco):
        incident = make_incident(other_telco)
        with pytest.raises(Refused, match="no incident"):
            propose(by=provincial, incident=incident.number)

    def test_an_incident_gives_colour_and_place_but_not_the_victim(self, provincial, telco):
        incident = make_incident(telco, nature="malware", confirmed={"plan17": "major"})
        given = reads.prefilled(provincial, incident.number)
        assert given["category"] == "malware"
        assert given["colour"] == packs.active().colour_for("plan17", "major").id
        assert given["areas"] == [telco.area]
        assert telco.name_en not in str(given)


class TestAmend:
    def test_it_rewrites_the_proposal(self, propose, national, at):
        warning = flows.amend(propose(), by=national, at=at, title="Better", targets=Targets(areas=("110000",)))
        assert (warning.title, warning.targets["areas"]) == ("Better", ["110000"])

    def test_another_office_may_not(self, propose, provincial, other_provincial, at):
        warning = propose(by=provincial, colour="yellow")
        with pytest.raises(Forbidden):
            flows.amend(warning, by=other_provincial, at=at, title="Mine")

    def test_a_stale_version_is_refused(self, propose, national, at):
        warning = propose()
        flows.amend(warning, by=national, at=at, version=1, title="First")
        with pytest.raises(Stale):
            flows.amend(warning, by=national, at=at, version=1, title="Second")
        warning.refresh_from_db()
        assert warning.title == "First"

    def test_an_approved_one_is_not_rewritten(self, propose, national, chief, at):
        warning = flows.approve(propose(), by=chief, at=at)
        with pytest.raises(Refused, match="not open"):
            flows.amend(warning, by=national, at=at, title="Late")


class TestApprove:
    def test_a_province_does_not_approve_red(self, propose, provincial, at):
        with pytest.raises(Refused, match="national authority"):
            flows.approve(propose(by=provincial, colour="red"), by=provincial, at=at)

    def test_a_province_approves_its_own_yellow(self, propose, provincial, at):
        warning = flows.approve(propose(by=provincial, colour="yellow"), by=provincial, at=at)
        assert (warning.state, warning.approved_by) == (W.APPROVED, provincial)

    @pytest.mark.parametrize("colour", ["red", "orange"])
    def test_nobody_approves_their_own_grave_warning(self, propose, national, at, colour):
        with pytest.raises(Refused, match="second person"):
            flows.approve(propose(colour=colour), by=national, at=at)

    def test_the_national_office_issues_what_it_alone_decides(self, propose, provincial, chief, ministry, province, at):
        warning = flows.approve(propose(by=provincial, colour="red"), by=chief, at=at)
        assert (warning.issuer, warning.office) == (ministry, province)

    def test_an_operator_may_not(self, propose, operator, at):
        with pytest.raises(Forbidden):
            flows.approve(propose(), by=operator, at=at)


class TestPublish:
    def test_everyone_concerned_gets_it_with_a_reason(self, published, telco, other_telco):
        assert {one.operator for one in published.deliveries.all()} == {telco, other_telco}
        assert delivery_to(published, telco).reasons == [{"kind": "operator", "what": []}]

    def test_each_owes_an_acknowledgement_in_the_time_of_the_pack(self, published, telco, at):
        law = packs.active().colour("orange")
        (owed,) = running(delivery_to(published, telco))
        assert (owed.type_id, owed.bearer) == (law.ack_clock, telco)
        assert owed.due_at - at == timedelta(hours=float(Decimal(packs.active().clock(law.ack_clock).value)))

    def test_the_letter_names_neither_recipient_nor_incident(self, publish, telco, national, at):
        incident = make_incident(telco, title="Leaked customer table")
        warning = publish(incident=incident.number)
        (letter,) = papers.of(warning)
        words = str(letter.statement)
        assert letter.type_id == packs.active().document_for("warning.notice").id
        for secret in (incident.number, "OP-A", telco.name_zh, telco.name_en):
            assert secret not in words

    def test_recipients_and_the_office_of_their_province_are_told(self, operator, provincial, stranger, publish):
        publish()
        told = Notification.objects.filter(kind="share.delivery", account=operator)
        assert [note.urgency for note in told] == ["high"]
        assert Notification.objects.filter(kind="share.earlywarning", account=provincial).exists()
        assert not Notification.objects.filter(account=stranger).exists()

    def test_it_announces_whom_it_reached(self, published, telco, other_telco):
        fact = Fact.objects.get(name="share.WarningPublished")
        assert set(fact.values["operators"]) == {telco.pk, other_telco.pk}

    def test_the_review_of_lifting_runs(self, published, ministry):
        (review,) = clock.of(published)
        assert (review.type_id, review.bearer) == (packs.active().clock_for("warning.lift_review").id, ministry)

    def test_a_chosen_day_is_the_day_of_review(self, publish, at):
        warning = publish(review_on=date(2026, 6, 19))
        assert clock.of(warning)[0].due_label_plain.startswith("2026-06-19 24:00")

    def test_a_day_that_passed_is_refused_and_nothing_is_sent(self, propose, national, chief, at):
        warning = flows.approve(propose(review_on=date(2026, 6, 16)), by=chief, at=at)
        with pytest.raises(Refused, match="ahead"):
            flows.publish(warning, by=national, at=at)
        assert not Delivery.objects.exists()

    def test_nobody_concerned_is_refused(self, propose, national, chief, at):
        warning = flows.approve(propose(targets=Targets(network_types=("no-such-network",))), by=chief, at=at)
        with pytest.raises(Refused, match="Nobody is concerned"):
            flows.publish(warning, by=national, at=at)

    def test_only_the_issuer_publishes(self, propose, provincial, other_provincial, chief, at):
        warning = flows.approve(propose(by=provincial, colour="red"), by=chief, at=at)
        with pytest.raises(Refused, match="Only MIIT"):
            flows.publish(warning, by=provincial, at=at)

    def test_a_unit_reaches_those_who_depend_on_it(self, publish, telco, other_telco):
        core, shop = make_unit(telco), make_unit(other_telco)
        shop.needs.create(depends_on=core, kind="service")
        warning = publish(targets=Targets(units=(core.number,)))
        assert delivery_to(warning, other_telco).reasons == [{"kind": "dependant", "what": [shop.number, core.number]}]

    def test_a_province_reaches_its_own_operators_only(self, propose, provincial, telco, at):
        warning = propose(by=provincial, colour="blue", targets=Targets(everybody=True))
        flows.approve(warning, by=provincial, at=at)
        flows.publish(warning, by=provincial, at=at)
        assert [one.operator for one in warning.deliveries.all()] == [telco]

    def test_a_tip_asks_for_nothing(self, publish, national, telco):
        warning = publish(colour="tip")
        delivery = delivery_to(warning, telco)
        assert (delivery.state, clock.of(delivery)) == (D.INFORMED, [])


class TestAnswer:
    def test_an_acknowledgement_stops_its_clock_and_starts_the_next(self, published, telco, operator, at):
        delivery = flows.acknowledge(delivery_to(published, telco), by=operator, at=at + timedelta(minutes=5))
        (owed,) = running(delivery)
        assert delivery.acknowledged_by == operator
        assert owed.type_id == packs.active().colour("orange").action_clock
        assert [one.state for one in clock.of(delivery) if not one.is_open] == ["met"]

    def test_another_operator_may_not(self, published, telco, other_operator, at):
        with pytest.raises(Forbidden):
            flows.acknowledge(delivery_to(published, telco), by=other_operator, at=at)

    def test_the_office_does_not_acknowledge_for_the_operator(self, published, telco, national, at):
        with pytest.raises(Forbidden):
            flows.acknowledge(delivery_to(published, telco), by=national, at=at)

    def test_a_report_says_how_much_is_affected_and_fixed(self, published, telco, operator, at):
        delivery = flows.acknowledge(delivery_to(published, telco), by=operator, at=at)
        flows.report_action(
            delivery, by=operator, at=at, affected=3, fixed=2, remark="two updated",
            evidence=[vault.receive(b"a log line\n", name="log.txt", by=operator, at=at)],
        )  # fmt: skip
        assert (delivery.state, delivery.affected, delivery.fixed) == (D.ACTION_REPORTED, 3, 2)
        assert running(delivery) == []
        assert vault.of(delivery).count() == 1

    def test_more_fixed_than_affected_is_refused(self, published, telco, operator, at):
        delivery = flows.acknowledge(delivery_to(published, telco), by=operator, at=at)
        with pytest.raises(Refused, match="More assets fixed"):
            flows.report_action(delivery, by=operator, at=at, affected=1, fixed=2, remark="?")

    def test_a_report_before_the_acknowledgement_is_refused(self, published, telco, operator, at):
        with pytest.raises(Refused, match="not open"):
            flows.report_action(delivery_to(published, telco), by=operator, at=at, affected=0, fixed=0, remark="none")

    def test_the_trail_of_a_delivery_names_no_unit_of_others(self, publish, telco, other_telco):
        core, shop = make_unit(telco), make_unit(other_telco)
        shop.needs.create(depends_on=core, kind="service")
        delivery = delivery_to(publish(targets=Targets(units=(core.number,))), other_telco)
        said = str([entry.changes for entry in Entry.objects.filter(kind="share.delivery", thing_id=delivery.pk)])
        assert core.number not in said


class TestEscalate:
    def test_the_house_escalates_when_the_time_is_over(self, operator, chief, published, telco, at):
        late = at + timedelta(hours=1, minutes=1)
        jobs.announce_overdue(at=late)
        trail.deliver_waiting()
        delivery = delivery_to(published, telco)
        assert (delivery.state, delivery.escalated_at) == (D.ESCALATED, late)
        for person in (operator, chief):
            assert Notification.objects.filter(account=person, text__contains="not acknowledged in time").exists()

    def test_a_late_report_does_not_escalate(self, published, telco, operator, at):
        delivery = flows.acknowledge(delivery_to(published, telco), by=operator, at=at)
        jobs.announce_overdue(at=at + timedelta(hours=30))
        trail.deliver_waiting()
        delivery.refresh_from_db()
        assert delivery.state == D.ACKNOWLEDGED

    def test_it_is_told_once(self, published, telco, at):
        for _again in range(2):
            jobs.announce_overdue(at=at + timedelta(hours=2))
            trail.deliver_waiting()
        assert Entry.objects.filter(act="share.delivery.escalate").count() == 2  # one for each operator

    def test_an_escalated_one_is_still_acknowledged(self, published, telco, operator, at):
        delivery = flows.escalate(delivery_to(published, telco), by=Account.objects.house(), at=at)
        flows.acknowledge(delivery, by=operator, at=at)
        assert delivery.state == D.ACKNOWLEDGED

    def test_a_person_may_not_escalate(self, published, telco, national, at):
        with pytest.raises(Forbidden):
            flows.escalate(delivery_to(published, telco), by=national, at=at)

    def test_a_call_is_logged_and_replaces_no_acknowledgement(self, published, telco, national, at):
        delivery = flows.log_call(
            delivery_to(published, telco),
            by=national,
            at=at,
            number_called="010-2",
            reached=True,
            spoken_with="Duty desk",
        )
        assert (delivery.state, delivery.calls.count()) == (D.PENDING, 1)


class TestChange:
    def test_everyone_acknowledges_anew(self, published, telco, operator, chief, at):
        delivery = flows.acknowledge(delivery_to(published, telco), by=operator, at=at)
        flows.change(published, by=chief, at=at, colour="red", reason="exploited widely")
        delivery.refresh_from_db()
        (owed,) = running(delivery)
        assert (delivery.state, delivery.acknowledged_at, delivery.revision) == (D.PENDING, None, 2)
        assert owed.type_id == packs.active().colour("red").ack_clock

    def test_the_letter_says_what_it_was(self, published, chief, at):
        flows.change(published, by=chief, at=at, colour="red", reason="exploited widely")
        letter = papers.of(published)[0]
        assert letter.type_id == packs.active().document_for("warning.change").id
        assert letter.data["was_level"] == {"zh": "橙色预警", "en": "Orange warning"}

    def test_a_province_does_not_raise_to_red(self, propose, provincial, at):
        warning = propose(by=provincial, colour="yellow", targets=Targets(everybody=True))
        flows.publish(flows.approve(warning, by=provincial, at=at), by=provincial, at=at)
        with pytest.raises(Refused, match="national authority"):
            flows.change(warning, by=provincial, at=at, colour="red", reason="worse")

    def test_words_alone_take_the_issuer(self, published, national, at):
        flows.change(published, by=national, at=at, matters="Now also switches", reason="more products")
        assert published.matters == "Now also switches"

    def test_new_recipients_are_told_for_the_first_time(self, publish, national, other_telco, at):
        warning = publish(targets=Targets(operators=("OP-A",)))
        flows.change(warning, by=national, at=at, reason="spreads", targets=Targets(operators=("OP-B",)))
        assert warning.deliveries.count() == 2
        assert delivery_to(warning, other_telco).state == D.PENDING

    def test_down_to_a_tip_nothing_is_owed(self, published, telco, chief, at):
        flows.change(published, by=chief, at=at, colour="tip", reason="patched")
        delivery = delivery_to(published, telco)
        assert (delivery.state, running(delivery)) == (D.INFORMED, [])

    def test_without_a_reason_it_is_refused(self, published, chief, at):
        with pytest.raises(Refused, match="reason"):
            flows.change(published, by=chief, at=at, colour="red", reason=" ")


class TestLift:
    def test_what_was_owed_ends(self, published, telco, other_telco, operator, chief, at):
        flows.acknowledge(delivery_to(published, telco), by=operator, at=at)
        flows.lift(published, by=chief, at=at, reason="patched everywhere")
        for delivery in published.deliveries.all():
            assert running(delivery) == []
        assert clock.of(published)[0].state == "met"

    def test_it_is_said_by_letter_and_told(self, published, operator, chief, at):
        flows.lift(published, by=chief, at=at, reason="patched everywhere")
        assert papers.of(published)[0].type_id == packs.active().document_for("warning.lift").id
        assert Notification.objects.filter(account=operator, text__contains="is lifted").exists()
        assert Fact.objects.filter(name="share.WarningLifted").exists()

    def test_nothing_is_acknowledged_afterwards(self, published, telco, operator, chief, at):
        flows.lift(published, by=chief, at=at, reason="patched everywhere")
        with pytest.raises(Refused, match="no longer in force"):
            flows.acknowledge(delivery_to(published, telco), by=operator, at=at)

    def test_a_clock_that_ran_out_before_the_lifting_escalates_nothing(self, published, telco, chief, at):
        flows.lift(published, by=chief, at=at + timedelta(hours=2), reason="patched everywhere")
        jobs.announce_overdue(at=at + timedelta(hours=3))
        trail.deliver_waiting()
        assert delivery_to(published, telco).state == D.PENDING

    def test_a_review_keeps_it_in_force_and_sets_the_next(self, published, national, at):
        flows.review(published, by=national, at=at, reason="still exploited", review_on=date(2026, 6, 20))
        first, second = sorted(clock.of(published), key=lambda one: one.pk)
        assert (first.state, second.state, published.state) == ("met", "running", W.PUBLISHED)

    def test_a_withdrawn_one_tells_nobody(self, propose, national, operator, at):
        flows.withdraw(propose(), by=national, at=at, reason="mistaken")
        assert not Notification.objects.filter(account=operator).exists()

    def test_a_published_one_is_not_withdrawn(self, published, national, at):
        with pytest.raises(Refused, match="not open"):
            flows.withdraw(published, by=national, at=at, reason="mistaken")
