"""What happens to findings and orders."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bastide.base import clock, packs, papers, vault
from bastide.base.flow import Forbidden, Refused, Stale
from bastide.base.inbox.models import Notification
from bastide.base.people.models import Account
from bastide.base.trail.models import Fact
from bastide.rectify import flows, reads
from bastide.rectify.models import Finding, Order, OrderLine

S = Order.State


def clocks(order: Order) -> dict[str, str]:
    return {c.type_id: c.state for c in clock.of(order)}


class TestRecord:
    def test_it_numbers_the_finding_and_keeps_the_law_it_was_measured_by(self, record) -> None:
        finding = record()
        assert finding.number.startswith("FND-2026-")
        assert (finding.pack, finding.pack_version) == ("cn-telecom", packs.active().version)

    def test_it_refuses_a_severity_the_regime_does_not_know(self, record) -> None:
        with pytest.raises(Refused, match="no severity"):
            record(severity="terrible")

    def test_it_refuses_an_operator_of_another_province(self, record, other_provincial) -> None:
        with pytest.raises(Forbidden):
            record(by=other_provincial)

    def test_the_operator_does_not_see_one_by_hand_before_it_is_ordered(self, record, operator, provincial) -> None:
        finding = record()
        assert not reads.findings(operator).exists()
        assert list(reads.findings(provincial)) == [finding]

    def test_what_returns_refers_to_what_was_closed(self, closed, record) -> None:
        before = Finding.objects.get(clause="CIIR 15")
        again = record()
        assert again.returns == before
        assert record(clause="CSL 25").returns is None

    def test_a_closed_finding_never_opens_again(self, closed, draft, provincial, at) -> None:
        finding = Finding.objects.filter(state="closed").first()
        for step in flows.FINDING.steps.values():
            assert "closed" not in step.source
        with pytest.raises(Refused, match="No longer open"):
            draft(finding)
        with pytest.raises(Refused, match="not open"):
            flows.withdraw(finding, by=provincial, at=at, reason="x")


class TestDraft:
    def test_it_takes_the_gravest_and_the_basis_of_the_pack(self, draft) -> None:
        order = draft()
        assert order.gravest == "high"
        assert order.legal_basis == ["CIIR 26", "APL 28"]

    def test_it_refuses_findings_of_two_operators(self, draft, record, national, other_telco) -> None:
        with pytest.raises(Refused, match="one operator"):
            draft(record(), record(by=national, operator=other_telco))

    def test_a_finding_stands_under_one_order_only(self, draft, record) -> None:
        finding = record()
        order = draft(finding)
        with pytest.raises(Refused, match=f"already stands in order {order.number}"):
            draft(finding)
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.create(order=order, finding=finding)

    def test_discarding_lets_the_findings_go(self, draft, record, officer, at) -> None:
        finding = record()
        flows.discard(draft(finding), by=officer, at=at)
        assert draft(finding).state == S.DRAFT

    def test_the_operator_does_not_see_the_draft(self, draft, operator) -> None:
        draft()
        assert not reads.orders(operator).exists()


class TestIssue:
    def test_it_serves_with_document_and_clocks_of_the_pack(self, issued, at) -> None:
        assert issued.state == S.ISSUED
        assert papers.of(issued).get().type_id == "DOC-16"
        assert clocks(issued) == {
            "DS-RECT-RECEIPT": "running", "DS-RECT-HIGH": "running", "DS-RECT-MEDIUM": "running",
        }  # fmt: skip
        days = {line.finding.severity: (line.due_at.date() - at.date()).days for line in issued.lines.all()}
        assert days == {s.id: packs.active().clock(s.clock).value for s in packs.active().severities if s.id in days}

    @pytest.mark.parametrize(("severity", "days"), [("critical", 3), ("high", 15), ("medium", 30), ("low", 90)])
    def test_each_severity_has_its_limit(self, severity, days, draft, record, provincial, at) -> None:
        order = flows.issue(draft(record(severity=severity)), by=provincial, at=at)
        assert (order.limit_at.date() - at.date()).days == days

    def test_one_limit_is_that_of_the_gravest(self, draft, provincial, at) -> None:
        order = flows.issue(draft(one_limit=True), by=provincial, at=at)
        assert {(line.due_at.date() - at.date()).days for line in order.lines.all()} == {15}

    def test_its_findings_stand_under_order(self, issued) -> None:
        assert {line.finding.state for line in issued.lines.all()} == {"ordered"}

    def test_it_tells_the_operator_and_announces(self, issued, operator) -> None:
        assert Notification.objects.filter(account=operator, number=issued.number, urgency="high").exists()
        assert Fact.objects.filter(name="rectify.OrderServed").count() == 1

    def test_an_officer_may_not_issue(self, draft, officer, at) -> None:
        with pytest.raises(Forbidden):
            flows.issue(draft(), by=officer, at=at)

    def test_it_refuses_twice(self, issued, provincial, at) -> None:
        with pytest.raises(Refused):
            flows.issue(issued, by=provincial, at=at)
        assert papers.of(issued).count() == 1

    def test_a_refused_issue_leaves_no_number_and_no_clock(self, draft, provincial, at) -> None:
        order = draft()
        Order.objects.filter(pk=order.pk).update(legal_basis=[])
        with pytest.raises(Refused, match="clauses it stands on"):
            flows.issue(order, by=provincial, at=at)
        assert not papers.of(order).exists()
        assert clock.of(order) == []


class TestAnswer:
    def test_receiving_names_who_answers_and_starts_the_plan(self, received, operator) -> None:
        assert (received.responsible, received.received_by) == ("安全负责人", operator)
        assert clocks(received)["DS-RECT-RECEIPT"] == "met"
        assert clocks(received)["DS-RECT-PLAN"] == "running"

    def test_another_operator_may_not_receive(self, issued, other_operator, at) -> None:
        with pytest.raises(Forbidden):
            flows.receive(issued, by=other_operator, at=at, responsible="x")

    def test_a_plan_covers_every_finding(self, received, operator, at) -> None:
        with pytest.raises(Refused, match="measure, owner and date"):
            flows.submit_plan(received, by=operator, at=at, lines=[])

    def test_a_returned_plan_comes_again(self, planned, officer, operator, at) -> None:
        from tests.rectify.conftest import plan_of

        flows.return_plan(planned, by=officer, at=at, plan_review="措施不具体")
        assert clocks(planned)["DS-RECT-PLAN"] in {"running", "met"}
        flows.submit_plan(planned, by=operator, at=at, lines=plan_of(planned))
        assert planned.state == S.PLAN_SUBMITTED

    def test_progress_is_kept_and_its_clock_runs_anew(self, underway, operator, at) -> None:
        flows.report_progress(
            underway, by=operator, at=at + timedelta(days=3), percent=40, text="过半", blockers="缺备件"
        )
        assert underway.percent == 40
        assert [c.state for c in clock.of(underway) if c.type_id == "DS-RECT-PROGRESS"] == ["running", "met"]

    def test_evidence_needs_a_file(self, underway, operator, at) -> None:
        number = underway.lines.first().finding.number
        with pytest.raises(Refused, match="at least one file"):
            flows.hand_in(underway, by=operator, at=at, finding=number, done_what="x", done_by="y", done_on=at.date())

    def test_a_limit_is_met_when_its_last_finding_is_handed_in(self, underway, operator, proof, at) -> None:
        high = underway.lines.get(finding__severity="high")
        flows.hand_in(
            underway, by=operator, at=at, finding=high.finding.number, done_what="已改", done_by="网络部", done_on=at.date(),
            evidence=[proof()],
        )  # fmt: skip
        assert clocks(underway)["DS-RECT-HIGH"] == "met"
        assert clocks(underway)["DS-RECT-MEDIUM"] == "running"
        assert vault.of(high).count() == 1

    def test_verification_is_asked_for_with_everything_handed_in(self, underway, operator, at) -> None:
        with pytest.raises(Refused, match="Evidence is still missing"):
            flows.submit_evidence(underway, by=operator, at=at)

    def test_submitting_ends_what_the_operator_owed(self, submitted) -> None:
        running = {kind for kind, state in clocks(submitted).items() if state == "running"}
        assert running == {"DS-RECT-VERIFY"}


class TestExtension:
    @pytest.fixture
    def asked(self, underway, operator, at) -> Order:
        return flows.ask_extension(
            underway,
            by=operator,
            at=at + timedelta(days=10),
            reason="备件停产",
            interim="隔离网段",
            wanted_until=date(2026, 7, 10),
        )

    def test_it_is_asked_before_the_limit(self, underway, operator, at) -> None:
        with pytest.raises(Refused, match="before it passes"):
            flows.ask_extension(
                underway,
                by=operator,
                at=at + timedelta(days=16),
                reason="x",
                interim="y",
                wanted_until=date(2026, 7, 10),
            )

    def test_it_is_at_most_as_long_as_the_limit(self, underway, operator, at) -> None:
        with pytest.raises(Refused, match="at most as long"):
            flows.ask_extension(
                underway, by=operator, at=at, reason="x", interim="y", wanted_until=at.date() + timedelta(days=60)
            )

    def test_granting_moves_the_clock_and_puts_it_in_writing(self, asked, provincial, at) -> None:
        flows.grant_extension(asked, by=provincial, at=at + timedelta(days=11))
        high = asked.lines.get(finding__severity="high")
        assert high.due_at.date() == date(2026, 7, 10)
        assert asked.lines.get(finding__severity="medium").due_at.date() == date(2026, 7, 16)
        assert asked.state == S.IN_PROGRESS
        assert papers.of(asked).filter(type_id="DOC-16X").count() == 1

    def test_an_officer_may_not_decide(self, asked, officer, at) -> None:
        with pytest.raises(Forbidden):
            flows.grant_extension(asked, by=officer, at=at)

    def test_refusing_after_the_limit_makes_it_overdue_at_once(self, asked, provincial, at) -> None:
        flows.refuse_extension(asked, by=provincial, at=at + timedelta(days=16), grounds="可替代")
        asked.refresh_from_db()
        assert asked.state == S.OVERDUE

    def test_no_more_than_the_pack_allows(self, underway, operator, provincial, at) -> None:
        day = date(2026, 7, 2)
        for n in range(packs.active().counted_limit("extensions").number):
            flows.ask_extension(
                underway, by=operator, at=at, reason="x", interim="y", wanted_until=day + timedelta(days=n)
            )
            flows.grant_extension(underway, by=provincial, at=at)
        with pytest.raises(Refused, match="more than 2"):
            flows.ask_extension(underway, by=operator, at=at, reason="x", interim="y", wanted_until=date(2026, 7, 9))


class TestVerify:
    def test_everything_is_verified_by_a_second_person_in_writing(self, verified, inspector) -> None:
        assert verified.state == S.VERIFIED
        seen = verified.verifications.get()
        assert (seen.verifier, seen.result, seen.outcomes.count()) == (inspector, "passed", 2)
        assert {line.finding.state for line in verified.lines.all()} == {"verified"}
        assert papers.of(verified).filter(type_id="DOC-16V").count() == 1

    @pytest.mark.parametrize("who", ["provincial", "officer"])
    def test_who_issued_or_drew_up_the_order_does_not_verify_it(self, who, submitted, request, at) -> None:
        with pytest.raises(Refused, match="second person"):
            flows.verify(submitted, by=request.getfixturevalue(who), at=at, method="retest", opinion="x")

    def test_the_operator_does_not_verify(self, submitted, operator, at) -> None:
        with pytest.raises(Forbidden):
            flows.verify(submitted, by=operator, at=at, method="retest", opinion="x")

    def test_the_verifier_declares_independence(self, submitted, inspector, at) -> None:
        with pytest.raises(Refused, match="neither you nor the body"):
            flows.verify(submitted, by=inspector, at=at, method="retest", opinion="x", is_independent=False)

    def test_a_failure_needs_a_reason_for_each(self, submitted, inspector, at) -> None:
        first = submitted.lines.first().finding
        with pytest.raises(Refused, match="did not pass"):
            flows.fail(
                submitted, by=inspector, at=at, method="retest", opinion="x",
                lines=[{"number": first.number, "result": "failed", "note": ""}],
            )  # fmt: skip

    @pytest.fixture
    def failed(self, submitted, inspector, at) -> Order:
        high = submitted.lines.get(finding__severity="high").finding
        rows = [{"number": high.number, "result": "failed", "note": "仍可登录"}]
        return flows.fail(submitted, by=inspector, at=at, method="retest", opinion="未通过", lines=rows)

    def test_a_failure_gives_a_short_new_limit_for_what_failed(self, failed, at) -> None:
        assert failed.state == S.VERIFY_FAILED
        high, medium = failed.lines.order_by("pk")
        assert (high.handed_in_at, high.failures, high.finding.state) == (None, 1, "ordered")
        assert medium.finding.state == "verified"
        assert clocks(failed)["DS-RECT-REWORK"] == "running"
        assert failed.limit_at == high.due_at

    def test_then_it_can_be_handed_in_again_and_verified(
        self, failed, hand_in, operator, inspector, officer, at
    ) -> None:
        flows.submit_evidence(hand_in(failed, when=at), by=operator, at=at)
        flows.verify(failed, by=inspector, at=at, method="on_site", opinion="通过")
        flows.close(failed, by=officer, at=at)
        assert failed.state == S.CLOSED
        assert failed.verifications.count() == 2


class TestOverdue:
    def test_the_house_marks_it(self, underway, at) -> None:
        late = at + timedelta(days=16)
        flows.mark_overdue(underway, by=Account.objects.house(), at=late)
        assert (underway.state, underway.overdue_since) == (S.OVERDUE, late)
        assert Fact.objects.filter(name="rectify.OrderOverdue").count() == 1

    def test_nobody_else_does(self, underway, national, at) -> None:
        with pytest.raises(Forbidden):
            flows.mark_overdue(underway, by=national, at=at)

    def test_it_can_still_be_put_right_and_counts_as_late(
        self, underway, hand_in, operator, inspector, provincial, at
    ) -> None:
        late = at + timedelta(days=16)
        flows.mark_overdue(underway, by=Account.objects.house(), at=late)
        flows.interview(
            underway, by=provincial, at=late, person="法定代表人", matter="逾期未改", meets_at=late + timedelta(days=5)
        )
        assert underway.state == S.INTERVIEWED
        flows.submit_evidence(hand_in(underway, when=late), by=operator, at=late)
        flows.verify(underway, by=inspector, at=late, method="retest", opinion="通过")
        assert reads.punctuality(provincial) == reads.Punctuality(1, 1)
        assert clocks(underway)["DS-RECT-HIGH"] == "missed"


class TestClose:
    def test_it_closes_order_and_findings_by_letter(self, closed) -> None:
        assert closed.state == S.CLOSED
        assert {f.state for f in Finding.objects.all()} == {"closed"}
        assert papers.of(closed).filter(type_id="DOC-16C").count() == 1
        assert Fact.objects.filter(name="rectify.OrderClosed").count() == 1
        assert "running" not in clocks(closed).values()

    def test_nothing_leads_out_of_it(self) -> None:
        assert all(S.CLOSED not in step.source for step in flows.ORDER.steps.values())


class TestRevoke:
    def test_it_frees_the_findings_cancels_the_clocks_and_voids_the_paper(
        self, underway, provincial, draft, at
    ) -> None:
        flows.revoke(underway, by=provincial, at=at, reason="对象有误")
        findings = list(Finding.objects.all())
        assert {f.state for f in findings} == {"open"}
        assert "running" not in clocks(underway).values()
        assert papers.of(underway).get(type_id="DOC-16").is_void
        assert draft(*findings).state == S.DRAFT


class TestStale:
    def test_two_people_do_not_overwrite_each_other(self, planned, officer, provincial, at) -> None:
        read = planned.version
        flows.return_plan(planned, by=officer, at=at, plan_review="x")
        with pytest.raises(Stale):
            flows.accept_plan(planned, by=provincial, at=at, version=read)


class TestNumbers:
    def test_reads_for_the_situation_room(self, issued, provincial, other_provincial, operator) -> None:
        assert reads.open_orders(provincial).count() == 1
        assert reads.overdue_orders(provincial).count() == 0
        assert reads.on_time_rate(provincial) is None
        assert reads.findings_by_severity(provincial) == {"critical": 0, "high": 1, "medium": 1, "low": 0}
        assert sum(reads.findings_by_severity(other_provincial).values()) == 0
        assert reads.waiting(operator).count() == 1


def test_the_maker_and_the_flow_agree(telco: Any) -> None:
    from tests.rectify.makers import make_order

    assert {make_order(telco, state=state).state for state, _title in S.choices} == {
        state for state, _title in S.choices
    }
