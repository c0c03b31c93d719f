"""What happens to a visit, from its plan to its result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bastide.base import clock, packs, papers, trail, vault
from bastide.base.flow import Forbidden, Refused, Stale
from bastide.base.inbox.models import Notification
from bastide.base.people.models import Assignment
from bastide.base.trail.models import Fact
from bastide.inspection import flows, reads
from bastide.inspection.models import Answer, Observation, TeamMember, Visit

S = Visit.State


def running(visit: Visit) -> set[str]:
    return {c.type_id for c in clock.of(visit) if c.state == "running"}


class TestPlan:
    def test_it_numbers_the_visit_and_names_the_authority_of_the_province(self, planned, province) -> None:
        assert planned.number.startswith("INS-2026-")
        assert planned.authority == province
        assert planned.state == S.DRAFT

    def test_it_refuses_an_item_that_is_not_published(self, plan) -> None:
        with pytest.raises(Refused, match="not a published inspection item"):
            plan(item="II-99")
        assert not Visit.objects.exists()

    def test_it_refuses_a_unit_of_another_operator(self, plan, other_telco) -> None:
        from tests.registry.makers import make_unit

        with pytest.raises(Refused, match="another operator"):
            plan(units=[make_unit(other_telco)])

    def test_it_refuses_an_operator_out_of_sight(self, plan, other_provincial) -> None:
        with pytest.raises(Forbidden):
            plan(by=other_provincial)

    def test_it_refuses_the_operator_itself(self, plan, operator) -> None:
        with pytest.raises(Refused):
            plan(by=operator)

    def test_a_cii_unit_makes_it_classified(self, plan, telco) -> None:
        from tests.registry.makers import make_unit

        assert plan(units=[make_unit(telco, is_cii=True)]).is_classified

    def test_the_operator_does_not_see_it(self, planned, operator) -> None:
        assert not reads.visits(operator).exists()

    def test_it_can_be_changed(self, planned, provincial, inspector, second, at) -> None:
        flows.change(planned, by=provincial, at=at, team_leader=second, officers=[inspector], reason="专项", units=[])
        assert planned.reason == "专项"
        assert planned.team.get(part="leader").account == second


class TestApprove:
    def test_it_names_who_approved(self, planned, provincial, at) -> None:
        flows.approve(planned, by=provincial, at=at)
        assert (planned.state, planned.approved_by) == (S.APPROVED, provincial)

    def test_it_refuses_fewer_than_two_officers(self, plan, provincial, at) -> None:
        visit = plan(officers=[])
        with pytest.raises(Refused, match="at least 2 officers"):
            flows.approve(visit, by=provincial, at=at)

    def test_it_refuses_a_laboratory_as_inspector(self, plan, provincial, expert, at) -> None:
        visit = plan()
        TeamMember.objects.create(visit=visit, account=expert, organisation=expert.organisation, part="officer")
        with pytest.raises(Refused, match="may only assist"):
            flows.approve(visit, by=provincial, at=at)

    def test_it_refuses_an_inspector(self, planned, inspector, at) -> None:
        with pytest.raises(Forbidden):
            flows.approve(planned, by=inspector, at=at)

    def test_it_refuses_over_the_yearly_cap_but_not_for_a_case(self, plan, provincial, at) -> None:
        cap = packs.active().counted_limit("inspections").number
        for _n in range(cap):
            flows.approve(plan(), by=provincial, at=at)
        with pytest.raises(Refused, match="yearly cap"):
            flows.approve(plan(), by=provincial, at=at)
        flows.approve(plan(inspection_class="case"), by=provincial, at=at)

    def test_an_assistant_sees_the_visit_from_then_on(self, plan, provincial, expert, at) -> None:
        visit = plan(assistants=[expert])
        assert not reads.visits(expert).exists()
        flows.approve(visit, by=provincial, at=at)
        assert Assignment.objects.get(account=expert).thing_id == visit.pk
        assert list(reads.visits(expert)) == [visit]

    def test_it_refuses_a_stale_version(self, planned, provincial, inspector, second, at) -> None:
        read = planned.version
        flows.change(planned, by=provincial, at=at, team_leader=inspector, officers=[second], reason="专项")
        with pytest.raises(Stale):
            flows.approve(planned, by=provincial, at=at, version=read)


class TestNotify:
    def test_it_issues_the_notice_and_tells_the_operator(self, operator, noticed) -> None:
        document = papers.of(noticed).get()
        assert document.type_id == "DOC-13"
        assert document.addressee == noticed.operator
        assert Notification.objects.filter(account=operator, number=noticed.number).exists()

    def test_the_operator_sees_it_from_then_on(self, noticed, operator, other_operator) -> None:
        assert list(reads.visits(operator)) == [noticed]
        assert not reads.visits(other_operator).exists()


class TestOpen:
    def test_it_lays_out_the_checklist_and_starts_the_time_on_site(self, opened) -> None:
        assert opened.answers.count() == len(opened.inspection_checklist.items)
        assert running(opened) == {"DS-INSP-ONSITE"}
        assert opened.certificates_shown

    def test_it_refuses_an_officer_who_is_not_on_the_team(self, noticed, provincial, at) -> None:
        with pytest.raises(Refused, match="named in the notice"):
            flows.open_visit(noticed, by=provincial, at=at)


class TestAnswer:
    def test_a_result_ends_the_question(self, opened, inspector, at) -> None:
        given = flows.answer(opened, "G-01", by=inspector, at=at, result="compliant")
        assert (given.status, given.result) == ("done", "compliant")

    def test_a_note_alone_begins_it(self, opened, inspector, at) -> None:
        given = flows.answer(opened, "G-01", by=inspector, at=at, result="not_assessed", note="待查")
        assert given.status == "in_progress"

    def test_two_officers_do_not_overwrite_each_other(self, opened, inspector, second, at) -> None:
        flows.answer(opened, "G-01", by=inspector, at=at, result="compliant", seen=1)
        with pytest.raises(Stale):
            flows.answer(opened, "G-01", by=second, at=at, result="non_compliant", seen=1)

    def test_evidence_is_kept_with_it_and_hidden_from_the_operator(
        self, opened, inspector, operator, photo, at
    ) -> None:
        given = flows.answer(opened, "G-01", by=inspector, at=at, result="non_compliant", evidence=[photo])
        assert vault.of(given).count() == 1
        assert not vault.visible(operator).exists()
        assert vault.visible(inspector).count() == 1

    def test_it_refuses_the_operator(self, opened, operator, at) -> None:
        with pytest.raises(Forbidden):
            flows.answer(opened, "G-01", by=operator, at=at, result="compliant")

    def test_it_refuses_before_the_inspection_begins(self, noticed, inspector, at) -> None:
        with pytest.raises(Refused, match="does not ask that question now"):
            flows.answer(noticed, "G-01", by=inspector, at=at, result="compliant")

    def test_the_trail_says_what_it_was_and_what_it_is(self, opened, inspector, at) -> None:
        given = flows.answer(opened, "G-01", by=inspector, at=at, result="compliant")
        entry = trail.of(given).first()
        assert entry.changes["result"] == ["not_assessed", "compliant"]
        assert (entry.was, entry.now) == ("todo", "done")


class TestFinish:
    def test_it_refuses_with_open_questions(self, opened, inspector, at) -> None:
        with pytest.raises(Refused, match="not answered yet"):
            flows.finish(opened, by=inspector, at=at, record_facts="x")

    def test_it_issues_the_record_and_moves_the_clocks(self, drafted) -> None:
        assert papers.of(drafted).filter(type_id="DOC-14").count() == 1
        assert running(drafted) == {"DS-INSP-DRAFT"}
        assert drafted.answers.filter(status=Answer.Status.DONE).count() == drafted.answers.count()


class TestObserve:
    def test_it_is_hidden_from_the_operator_until_it_is_sent(self, drafted, operator, inspector, at) -> None:
        assert not reads.observations(operator).exists()
        flows.send(drafted, by=inspector, at=at)
        assert reads.observations(operator).count() == 2

    def test_an_assistant_may_draft_but_not_send(self, plan, provincial, inspector, expert, observe, at) -> None:
        visit = plan(assistants=[expert])
        flows.approve(visit, by=provincial, at=at)
        flows.notify(visit, by=provincial, at=at)
        flows.open_visit(visit, by=inspector, at=at)
        observation = observe(visit, by=expert)
        flows.change_observation(observation, by=expert, at=at, title="弱口令")
        with pytest.raises(Forbidden):
            flows.send(_ready(visit, inspector, at), by=expert, at=at)

    def test_it_refuses_after_sending(self, sent, observe) -> None:
        with pytest.raises(Refused, match="until they are sent"):
            observe(sent)

    def test_a_withdrawn_one_is_not_sent(self, drafted, inspector, at) -> None:
        first = drafted.observations.first()
        flows.withdraw_observation(first, by=inspector, at=at, reason="重复")
        flows.send(drafted, by=inspector, at=at)
        assert [o.state for o in drafted.observations.all()] == ["withdrawn", "sent"]


def _ready(visit: Visit, inspector: Any, at: Any) -> Visit:
    return flows.finish(visit, by=inspector, at=at, record_facts="x", rest_not_assessed=True)


class TestSend:
    def test_each_finding_gets_a_sheet_and_the_operator_time_to_reply(self, sent, telco) -> None:
        sheets = [papers.of(o).get() for o in sent.observations.all()]
        assert {d.type_id for d in sheets} == {"DOC-15"}
        owed = clock.open_of(sent, "DS-INSP-CONFIRM")
        assert owed.bearer == telco
        assert (
            owed.due_at.date() == (sent.sent_at + timedelta(days=8)).date()
        )  # five working days over the Dragon Boat holiday

    def test_it_refuses_a_wanting_answer_without_finding_or_note(self, opened, inspector, observe, at) -> None:
        observe(opened, item="G-13")
        flows.answer(opened, "G-02", by=inspector, at=at, result="non_compliant")
        _ready(opened, inspector, at)
        with pytest.raises(Refused, match="G-02"):
            flows.send(opened, by=inspector, at=at)

    def test_it_refuses_without_findings(self, opened, inspector, at) -> None:
        with pytest.raises(Refused, match="no finding to send"):
            flows.send(_ready(opened, inspector, at), by=inspector, at=at)


class TestReply:
    def test_confirming_all_meets_the_clock(self, confirmed) -> None:
        assert confirmed.state == S.CONFIRMED
        assert {o.state for o in confirmed.observations.all()} == {"confirmed"}
        assert [c.state for c in clock.of(confirmed) if c.type_id == "DS-INSP-CONFIRM"] == ["met"]

    def test_an_objection_needs_a_reason(self, sent, operator, at) -> None:
        first = sent.observations.first()
        with pytest.raises(Refused, match="reason for each objection"):
            flows.object_(sent, by=operator, at=at, replies=[{"number": first.number, "objects": True, "reason": " "}])

    def test_what_is_not_objected_to_is_confirmed(self, sent, operator, at) -> None:
        first, second = sent.observations.all()
        flows.object_(sent, by=operator, at=at, replies=[{"number": first.number, "objects": True, "reason": "已整改"}])
        first.refresh_from_db(), second.refresh_from_db()
        assert (sent.state, first.state, second.state) == (S.OBJECTED, "objected", "confirmed")
        assert "DS-INSP-OBJECTION" in running(sent)

    def test_another_operator_may_not_reply(self, sent, other_operator, at) -> None:
        with pytest.raises(Forbidden):
            flows.confirm(sent, by=other_operator, at=at)

    def test_silence_counts_only_after_the_time_to_reply(self, sent, provincial, at) -> None:
        with pytest.raises(Refused, match="has not run out"):
            flows.record_silence(sent, by=provincial, at=at, note="两名检查人员在场")
        flows.record_silence(sent, by=provincial, at=at + timedelta(days=20), note="两名检查人员在场")
        assert {o.state for o in sent.observations.all()} == {"confirmed"}
        assert [c.state for c in clock.of(sent) if c.type_id == "DS-INSP-CONFIRM"] == ["missed"]


class TestDecide:
    @pytest.fixture
    def objected(self, sent, operator, at) -> Visit:
        rows = [{"number": o.number, "objects": True, "reason": "不同意"} for o in sent.observations.all()]
        return flows.object_(sent, by=operator, at=at, replies=rows)

    def test_each_is_upheld_or_dropped_with_a_reason(self, objected, provincial, at) -> None:
        first, second = objected.observations.all()
        rows = [
            {"number": first.number, "decision": "uphold", "reason": "复测仍在"},
            {"number": second.number, "decision": "drop", "reason": "日志齐全"},
        ]
        flows.decide(objected, by=provincial, at=at, decisions=rows)
        assert [o.state for o in objected.observations.all()] == ["upheld", "dropped"]

    def test_it_refuses_to_leave_one_undecided(self, objected, provincial, at) -> None:
        with pytest.raises(Refused, match="Decide on"):
            flows.decide(objected, by=provincial, at=at, decisions=[])
        assert Visit.objects.get().state == S.OBJECTED


class TestConclude:
    def test_it_announces_what_stands(self, concluded) -> None:
        fact = Fact.objects.get(name="inspection.FindingsConfirmed")
        assert fact.values["visit"] == concluded.number
        assert [o["severity"] for o in fact.values["observations"]] == ["high", "medium"]

    def test_without_findings_it_announces_nothing(self, opened, inspector, provincial, at) -> None:
        flows.conclude(_ready(opened, inspector, at), by=provincial, at=at, result="未发现问题")
        assert opened.state == S.REPORTED
        assert not Fact.objects.filter(name="inspection.FindingsConfirmed").exists()

    def test_drafts_are_not_swept_under_the_carpet(self, drafted, provincial, at) -> None:
        with pytest.raises(Refused, match="findings in draft"):
            flows.conclude(drafted, by=provincial, at=at, result="x")

    def test_no_clock_runs_afterwards(self, concluded) -> None:
        assert running(concluded) == set()
        flows.close(concluded, by=concluded.approved_by, at=concluded.concluded_at)
        assert concluded.state == S.CLOSED


class TestCancel:
    def test_a_visit_that_began_cannot_be_called_off(self, opened, provincial, at) -> None:
        with pytest.raises(Refused):
            flows.cancel(opened, by=provincial, at=at, reason="x")

    def test_the_operator_hears_of_it_after_the_notice(self, operator, noticed, provincial, at) -> None:
        flows.cancel(noticed, by=provincial, at=at, reason="合并检查")
        texts = [n.text for n in Notification.objects.filter(account=operator)]
        assert "Inspection %(number)s was called off." in texts


def test_observations_keep_their_states_apart_from_the_visit() -> None:
    assert set(Observation.STANDING) == {"confirmed", "upheld"}
