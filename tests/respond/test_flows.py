"""The steps of an incident: states, duties, clocks, documents, refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bastide.base import clock, packs, papers, terms, trail
from bastide.base.flow.refusals import Forbidden, Refused, Stale
from bastide.base.inbox.models import Notification
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry, Fact
from bastide.monitor.facts import AlertEscalated
from bastide.registry.models import NetworkUnit
from bastide.respond import facts, flows
from bastide.respond.models import Incident, Report
from tests.registry.makers import make_unit
from tests.respond.conftest import SAID, SUMMARY

HOUR = timedelta(hours=1)


def line(incident: Incident, duty: str) -> Report:
    return incident.reports.select_related("clock").filter(duty=duty).latest("pk")


class TestReport:
    def test_it_keeps_t0_its_zone_and_its_source_apart_from_the_entry(self, report, unit, at, found) -> None:
        incident = report(units=[unit], found_zone="Asia/Tokyo", source="supplier")
        assert (incident.found_at, incident.created_at) == (found, at)
        assert (incident.found_zone, incident.source, incident.state) == ("Asia/Tokyo", "supplier", "detected")
        assert f"{incident.found_here:%H:%M %z}" == "12:50 +0900"

    def test_the_clock_of_judging_runs_from_t0_and_knows_since_when(self, report, at, found) -> None:
        running = clock.of(report())[0]
        assert (running.type_id, running.started_at, running.known_at) == ("DS-INC-JUDGE", found, at)
        assert running.due_at == found + timedelta(minutes=30)

    def test_cii_and_province_come_from_the_units(self, report, telco) -> None:
        incident = report(units=[make_unit(telco, area="440000", is_cii=True)])
        assert (incident.is_cii, incident.area, incident.is_classified) == (True, "440000", True)

    def test_what_is_known_at_once_is_judged_at_once(self, report, unit) -> None:
        incident = report(units=[unit], facts={"users_offline_scope": "city"})
        assert (incident.state, incident.rank) == ("triaged", 1)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"found_at": datetime(2026, 6, 17, tzinfo=UTC)}, "found_at"),
            ({"occurred_at": datetime(2026, 6, 16, 4, 0, tzinfo=UTC)}, "occurred_at"),
            ({"source": "gossip"}, "source"),
            ({"found_zone": "Mars/Base"}, "found_zone"),
        ],
    )
    def test_it_refuses_what_cannot_be(self, report, wrong: dict[str, Any], field: str) -> None:
        with pytest.raises(Refused) as refusal:
            report(**wrong)
        assert refusal.value.field == field
        assert not Incident.objects.exists()

    def test_it_refuses_units_of_somebody_else(self, report, other_telco) -> None:
        with pytest.raises(Refused, match="another operator"):
            report(units=[make_unit(other_telco)])

    def test_it_refuses_to_report_for_another_operator(self, report, other_telco) -> None:
        with pytest.raises(Forbidden):
            report(operator=other_telco)

    def test_a_contestant_may_not_report(self, report, contestant) -> None:
        with pytest.raises(Forbidden):
            report(by=contestant)


class TestTakeCall:
    def call(self, by: Account, operator: Organisation, at: datetime, **more: Any) -> Incident:
        given = {
            "title": "网站无法访问", "nature": "attack", "found_at": at - HOUR, "found_zone": "Asia/Shanghai", "source": "public",
            "informant": "市民", "informant_phone": "010-1234",
        }  # fmt: skip
        return flows.take_call(by=by, at=at, operator=operator, **{**given, **more})

    def test_the_duty_officer_opens_it_and_the_operator_is_told(self, provincial, operator, telco, at) -> None:
        incident = self.call(provincial, telco, at)
        assert (incident.door, incident.informant) == ("call", "市民")
        assert Notification.objects.filter(account=operator, number=incident.number, urgency="high").exists()

    def test_a_province_takes_no_calls_about_another(self, other_provincial, telco, at) -> None:
        with pytest.raises(Forbidden):
            self.call(other_provincial, telco, at)

    def test_an_operator_takes_no_calls(self, operator, telco, at) -> None:
        with pytest.raises(Forbidden):
            self.call(operator, telco, at)


class TestHearing:
    def fact(self, telco: Organisation, unit: NetworkUnit | None, at: datetime) -> AlertEscalated:
        return AlertEscalated("ALR-2026-000007", telco.pk, unit.number if unit else "", "Whoami run", 1, at - HOUR, at)

    def test_an_escalated_alert_opens_an_incident(self, telco, unit, operator, at) -> None:
        trail.announce(self.fact(telco, unit, at), at=at)
        trail.deliver_waiting()
        incident = Incident.objects.get()
        assert (incident.door, incident.source, incident.found_at) == ("alert", "platform_alert", at - HOUR)
        assert [link.alert for link in incident.alert_links.all()] == ["ALR-2026-000007"]
        assert list(incident.units.all()) == [unit]
        assert Notification.objects.filter(account=operator).exists()

    def test_heard_twice_it_opens_one(self, telco, at) -> None:
        for _time in range(2):
            trail.announce(self.fact(telco, None, at), at=at)
        trail.deliver_waiting()
        assert Incident.objects.count() == 1
        assert clock.of(Incident.objects.get())[0].type_id == "DS-INC-JUDGE"


class TestJudge:
    def test_a_cii_incident_owes_one_hour_to_cpd_and_police_and_an_immediate_call(self, grave, found, at) -> None:
        cii, telecom = line(grave, "RD-CII"), line(grave, "RD-TELECOM")
        assert (cii.clock.type_id, cii.clock.started_at, cii.clock.due_at) == ("CK-01", found, found + HOUR)
        assert [str(name.en) for name in cii.to] == ["Protection department", "Police"]
        assert (telecom.clock.type_id, telecom.clock.due_at, telecom.clock.has_number) == ("CK-08", found, False)
        assert {entry.known_at for entry in (cii, telecom)} == {at}
        assert grave.reports.count() == 2

    def test_another_operator_owes_four_hours_to_the_provincial_cyberspace_office(self, report, unit, found) -> None:
        incident = report(units=[unit], facts={"direct_loss_cny": 5_000_000})
        owed = line(incident, "RD-OTHER")
        assert (owed.clock.type_id, owed.clock.due_at) == ("CK-05", found + 4 * HOUR)
        assert incident.reports.count() == 1

    def test_three_levels_are_kept_with_reason_and_mark(self, grave) -> None:
        assert grave.judged["inc25"]["level"] == "major"
        assert grave.judged["inc25"]["draft"] is True
        assert grave.judged["plan17"]["mark"] == "seen"
        assert "150" in grave.judged["inc25"]["reason"]["en"]
        assert [view.scale.id for view in grave.levels if view.level is None] == ["dplan24"]
        assert grave.rank == 3

    def test_a_late_judgement_never_moves_t0(self, report, cii, operator, at, found) -> None:
        incident = report(units=[cii])
        late = at + 3 * HOUR
        flows.judge(incident, by=operator, at=late, facts={"cii_whole_interruption_minutes": 30})
        owed = line(incident, "RD-CII")
        assert (owed.starts_at, owed.known_at, owed.clock.due_at) == (found, late, found + HOUR)
        assert owed.clock.is_overdue(late)

    def test_judging_stops_its_own_clock(self, grave) -> None:
        assert [c.state for c in clock.of(grave) if c.type_id == "DS-INC-JUDGE"] == ["met"]

    def test_unknown_facts_and_wrong_kinds_are_refused(self, report, operator, at) -> None:
        incident = report()
        for wrong in ({"weather": 3}, {"pi_persons": "many"}, {"users_offline_scope": "moon"}):
            with pytest.raises(Refused):
                flows.judge(incident, by=operator, at=at, facts=wrong)
        incident.refresh_from_db()
        assert incident.state == "detected"

    def test_a_stranger_may_not_judge(self, report, stranger, at) -> None:
        with pytest.raises(Forbidden):
            flows.judge(report(), by=stranger, at=at, facts={})

    def test_it_refuses_whoever_read_an_older_version(self, report, operator, at) -> None:
        incident = report()
        flows.judge(incident, by=operator, at=at, facts={}, version=1)
        with pytest.raises(Stale):
            flows.rejudge(incident, by=operator, at=at, facts={"pi_persons": 3}, reason="more", version=1)


class TestRejudge:
    def test_new_facts_add_duties_from_the_same_t0(self, report, unit, operator, at, found) -> None:
        incident = report(units=[unit], facts={"users_offline_scope": "city"})
        flows.rejudge(
            incident,
            by=operator,
            at=at + HOUR,
            facts={"users_offline_scope": "city", "crime_suspected": True},
            reason="查明",
        )
        assert line(incident, "RD-CRIME").starts_at == found
        assert set(incident.reports.values_list("duty", flat=True)) == {"RD-TELECOM", "RD-CRIME"}

    def test_duties_that_fall_away_are_cancelled_with_the_reason(self, report, unit, operator, at) -> None:
        incident = report(units=[unit], facts={"direct_loss_cny": 5_000_000})
        flows.rejudge(incident, by=operator, at=at, facts={"direct_loss_cny": 4_999_999}, reason="损失核减")
        gone = line(incident, "RD-OTHER")
        assert (gone.cancel_reason, gone.clock.state) == ("损失核减", "cancelled")
        assert incident.rank == 0
        assert Entry.objects.filter(act="respond.incident.rejudge", note="损失核减").exists()

    def test_it_needs_a_reason(self, grave, operator, at) -> None:
        with pytest.raises(Refused, match="reason"):
            flows.rejudge(grave, by=operator, at=at, facts={}, reason=" ")


class TestReject:
    def test_below_every_threshold_it_is_kept_as_a_log_entry(self, report, operator, at) -> None:
        incident = report(facts={})
        flows.judge(incident, by=operator, at=at, facts={})
        flows.reject(incident, by=operator, at=at, reason="误报")
        assert (incident.state, incident.rejected_reason) == ("rejected", "误报")

    def test_what_must_be_reported_cannot_be_set_aside(self, grave, operator, at) -> None:
        with pytest.raises(Refused, match="must be reported"):
            flows.reject(grave, by=operator, at=at, reason="不想报")


class TestFile:
    def test_one_form_serves_both_lines_and_stops_both_clocks(self, reported) -> None:
        lines = [line(reported, duty) for duty in ("RD-CII", "RD-TELECOM")]
        assert len({entry.submission_id for entry in lines}) == 1
        assert [entry.clock.state for entry in lines] == ["met", "met"]

    def test_a_line_that_was_not_served_runs_on(self, grave, operator, at) -> None:
        flows.file(grave, by=operator, at=at, content=SAID, serves=["RD-TELECOM"])
        assert line(grave, "RD-CII").is_due
        assert line(grave, "RD-CII").clock.state == "running"
        flows.supplement(grave, by=operator, at=at, content=SAID | {"cause": "断电"}, serves=["RD-CII"])
        assert line(grave, "RD-CII").clock.state == "met"

    def test_a_partial_report_is_accepted_and_lists_what_is_missing(self, reported) -> None:
        sent = reported.submissions.get()
        assert sent.is_partial
        assert {"trend", "cause", "clues"} <= set(sent.missing)

    def test_less_than_items_one_and_two_is_refused(self, grave, operator, at) -> None:
        with pytest.raises(Refused) as refusal:
            flows.file(grave, by=operator, at=at, content=SAID | {"impact": " "})
        assert refusal.value.field == "impact"
        grave.refresh_from_db()
        assert (grave.state, grave.submissions.count()) == ("triaged", 0)

    def test_a_call_counts_from_the_time_it_was_made(self, grave, operator, at, found) -> None:
        called = found + timedelta(minutes=5)
        late = at + 2 * HOUR
        flows.file(
            grave,
            by=operator,
            at=late,
            content=SAID,
            channel="phone",
            call_at=called,
            call_with="值班员",
            call_phone="12387",
        )
        assert (grave.reported_at, line(grave, "RD-CII").clock.state) == (called, "met")
        assert grave.submissions.get().entered_at == late

    def test_a_call_names_who_was_reached_and_lies_after_t0(self, grave, operator, at, found) -> None:
        with pytest.raises(Refused, match="reached"):
            flows.file(grave, by=operator, at=at, content=SAID, channel="phone", call_at=at)
        with pytest.raises(Refused, match="between"):
            flows.file(grave, by=operator, at=at, content=SAID, channel="phone", call_at=found - HOUR, call_with="x")

    def test_it_is_late_after_the_hour(self, grave, operator, found) -> None:
        flows.file(grave, by=operator, at=found + HOUR + timedelta(seconds=1), content=SAID)
        assert line(grave, "RD-CII").clock.state == "missed"

    def test_a_document_is_issued_and_a_fact_announced(self, reported) -> None:
        document = papers.of(reported).get()
        assert (document.type_id, document.number) == ("DOC-08", reported.submissions.get().document)
        assert Fact.objects.filter(name="respond.IncidentReported", values__incident=reported.number).count() == 1

    def test_both_authorities_are_told(self, national, provincial, reported) -> None:
        told = Notification.objects.filter(number=reported.number, text__contains="was reported")
        assert set(told.values_list("account__username", flat=True)) == {"national", "provincial"}

    def test_the_authority_does_not_file_for_the_operator(self, grave, national, at) -> None:
        with pytest.raises(Forbidden):
            flows.file(grave, by=national, at=at, content=SAID)

    def test_another_operator_may_not_file(self, grave, other_operator, at) -> None:
        with pytest.raises(Forbidden):
            flows.file(grave, by=other_operator, at=at, content=SAID)


class TestSupplement:
    def test_it_makes_a_new_version_and_says_what_changed(self, reported, operator, at) -> None:
        from bastide.respond import reads

        flows.supplement(reported, by=operator, at=at + HOUR, content=SAID | {"cause": "断电", "impact": "已恢复"})
        newest = reads.versions(reported)[0]
        assert newest.number == 2
        assert len(newest.changes) == 2
        assert "初步原因分析" not in newest.missing

    def test_saying_the_same_again_is_refused(self, reported, operator, at) -> None:
        with pytest.raises(Refused, match="same"):
            flows.supplement(reported, by=operator, at=at, content=SAID)


class TestForward:
    def test_the_authority_owes_it_half_an_hour_after_receipt(self, reported, at, ministry) -> None:
        owed = line(reported, "RD-ONWARD-CII")
        assert (owed.clock.type_id, owed.clock.due_at, owed.bearer) == ("CK-02", at + timedelta(minutes=30), ministry)

    def test_sending_it_stops_its_clock_and_issues_its_paper(self, reported, national, at) -> None:
        flows.forward(reported, by=national, at=at + timedelta(minutes=30), summary="核心网中断")
        assert line(reported, "RD-ONWARD-CII").clock.state == "met"
        assert papers.of(reported).first().type_id == "DOC-08O"

    def test_nothing_goes_onward_below_major(self, report, cii, operator, national, province, at) -> None:
        incident = report(units=[cii], facts={"cii_whole_interruption_minutes": 30})
        flows.file(incident, by=operator, at=at, content=SAID)
        with pytest.raises(Refused, match="onward"):
            flows.forward(incident, by=national, at=at, summary="x")

    def test_a_later_raise_starts_it_when_the_authority_learned_of_it(
        self, report, cii, operator, national, province, at
    ) -> None:
        incident = report(units=[cii], facts={"cii_whole_interruption_minutes": 30})
        flows.file(incident, by=operator, at=at, content=SAID)
        later = at + 2 * HOUR
        flows.rejudge(incident, by=operator, at=later, facts={"cii_whole_interruption_minutes": 130}, reason="仍未恢复")
        assert line(incident, "RD-ONWARD-CII").clock.due_at == later + timedelta(minutes=30)

    def test_an_operator_may_not(self, reported, operator, at) -> None:
        with pytest.raises(Forbidden):
            flows.forward(reported, by=operator, at=at, summary="x")


class TestConfirm:
    def test_as_judged_it_needs_no_reason(self, confirmed, national) -> None:
        assert confirmed.confirmed == {"plan17": "relatively_major", "inc25": "major", "dplan24": ""}
        assert (confirmed.state, confirmed.confirmed_by) == ("level_confirmed", national)
        assert [c.state for c in clock.of(confirmed) if c.type_id == "DS-INC-LEVEL"] == ["met"]

    def test_otherwise_it_needs_one(self, reported, national, at) -> None:
        with pytest.raises(Refused, match="reason"):
            flows.confirm(reported, by=national, at=at, levels={"plan17": "major"})
        flows.confirm(reported, by=national, at=at, levels={"plan17": "major"}, reason="影响多省")
        assert reported.confirmed["plan17"] == "major"
        assert Entry.objects.get(act="respond.incident.confirm").note == "影响多省"

    def test_each_level_is_announced(self, confirmed) -> None:
        told = Fact.objects.filter(name="respond.LevelConfirmed").values_list("values__scale", "values__level")
        assert set(told) == {("plan17", "relatively_major"), ("inc25", "major")}

    def test_a_raised_level_brings_its_duties(self, report, cii, operator, national, province, at) -> None:
        incident = report(units=[cii], facts={"cii_whole_interruption_minutes": 30})
        flows.file(incident, by=operator, at=at, content=SAID)
        flows.confirm(incident, by=national, at=at + HOUR, levels={"inc25": "especially_major"}, reason="影响特别严重")
        assert line(incident, "RD-ONWARD-CII").starts_at == at + HOUR
        assert line(incident, "RD-PROGRESS-LOW").cancelled_at is not None
        assert line(incident, "RD-PROGRESS-HIGH").clock.due_at == at + 4 * HOUR

    def test_unknown_levels_are_refused(self, reported, national, at) -> None:
        with pytest.raises(Refused, match="no level"):
            flows.confirm(reported, by=national, at=at, levels={"plan17": "dreadful"}, reason="x")

    def test_the_operator_may_not(self, reported, operator, at) -> None:
        with pytest.raises(Forbidden):
            flows.confirm(reported, by=operator, at=at, levels={})

    def test_another_province_may_not(self, reported, other_provincial, at) -> None:
        with pytest.raises(Forbidden):
            flows.confirm(reported, by=other_provincial, at=at, levels={})


class TestResponse:
    def test_graver_responses_are_commanded_nationally(self, confirmed, provincial, at) -> None:
        with pytest.raises(Forbidden, match="national"):
            flows.start_response(confirmed, by=provincial, at=at, level="major", order="x")
        flows.start_response(confirmed, by=provincial, at=at, level="relatively_major", order="x")
        assert confirmed.response_by == provincial.organisation

    def test_the_gravest_is_a_leaders_decision(self, confirmed, ministry, national, at) -> None:
        from bastide.base.people.roles import Role
        from tests.conftest import make_account

        duty = make_account("duty", ministry, Role.DUTY_OFFICER)
        with pytest.raises(Forbidden, match="leader"):
            flows.start_response(confirmed, by=duty, at=at, level="especially_major", order="x")
        flows.start_response(confirmed, by=national, at=at, level="especially_major", order="x")
        assert confirmed.response_rank == 4

    def test_a_contained_incident_can_come_back_under_response(self, responding, national, at) -> None:
        flows.contain(responding, by=national, at=at, note="恢复")
        flows.adjust_response(responding, by=national, at=at, level="relatively_major", reason="再次中断")
        assert (responding.state, responding.contained_at, responding.response_rank) == ("responding", None, 2)

    def test_it_cannot_end_before_the_harm_is_contained(self, responding, national, at) -> None:
        with pytest.raises(Refused, match="not open"):
            flows.end(responding, by=national, at=at, conclusion="x")


class TestProgress:
    def test_the_cadence_follows_the_level(self, reported, at) -> None:
        owed = line(reported, "RD-PROGRESS-HIGH")
        assert (owed.clock.due_at, owed.mark) == (at + 4 * HOUR, "design")

    def test_each_report_starts_the_next_round(self, responding, operator, at) -> None:
        flows.progress(responding, by=operator, at=at + 3 * HOUR, progress="恢复一半")
        rounds = responding.reports.filter(duty="RD-PROGRESS-HIGH").order_by("round").select_related("clock")
        assert [(r.round, r.clock.state) for r in rounds] == [(1, "met"), (2, "running")]
        assert rounds[1].clock.due_at == at + 7 * HOUR

    def test_it_ends_with_the_handling(self, ended) -> None:
        assert line(ended, "RD-PROGRESS-HIGH").clock.state == "cancelled"


class TestEnd:
    def test_both_limits_of_the_summary_run_and_the_earlier_binds(self, ended, at) -> None:
        thirty_days, ten_working_days = line(ended, "RD-SUMMARY").clock, line(ended, "RD-SUMMARY-PLAN").clock
        assert f"{thirty_days.due_at.astimezone(terms.CHINA):%m-%d %H:%M}" == "07-17 00:00"
        # 19 June 2026 is the Dragon Boat Festival: ten working days after 16 June end with 1 July.
        assert f"{ten_working_days.due_at.astimezone(terms.CHINA):%m-%d %H:%M}" == "07-02 00:00"
        assert line(ended, "RD-AUTHORITY").clock.type_id == "CK-10"

    def test_across_the_national_holidays_the_working_days_run_longer(
        self, report, unit, operator, national, province
    ) -> None:
        start = datetime(2026, 9, 24, 2, 0, tzinfo=UTC)
        with terms.frozen(start):
            incident = report(
                units=[unit],
                at=start,
                found_at=start,
                facts={"users_offline_scope": "province", "direct_loss_cny": 5_000_000},
            )
            flows.file(incident, by=operator, at=start, content=SAID)
            flows.confirm(incident, by=national, at=start, levels={})
            flows.end(incident, by=national, at=start, conclusion="恢复")
        china = terms.calendar("cn")
        day, left = start.astimezone(terms.CHINA).date(), 10
        while left:
            day += timedelta(days=1)
            left -= china.is_working_day(day)
        due = line(incident, "RD-SUMMARY-PLAN").clock.due_at.astimezone(terms.CHINA)
        assert (due - timedelta(days=1)).date() == day
        assert day > datetime(2026, 10, 8, tzinfo=UTC).date()
        assert line(incident, "RD-SUMMARY").clock.due_at > line(incident, "RD-SUMMARY-PLAN").clock.due_at

    def test_the_end_is_announced(self, ended) -> None:
        assert Fact.objects.filter(name="respond.IncidentEnded", values__incident=ended.number).exists()

    def test_it_does_not_lie_in_the_future_or_before_the_response(self, confirmed, national, at) -> None:
        for wrong in (at + HOUR, at - HOUR):
            with pytest.raises(Refused):
                flows.end(confirmed, by=national, at=at, conclusion="x", ended_at=wrong)


class TestSummary:
    def test_one_summary_meets_every_line(self, ended, operator, at) -> None:
        flows.summarise(ended, by=operator, at=at, **SUMMARY)
        assert [line(ended, duty).clock.state for duty in ("RD-SUMMARY", "RD-SUMMARY-PLAN")] == ["met", "met"]
        assert papers.of(ended).first().type_id == "DOC-09"

    def test_it_has_six_items(self, ended, operator, at) -> None:
        with pytest.raises(Refused) as refusal:
            flows.summarise(ended, by=operator, at=at, **{**SUMMARY, "lessons": ""})
        assert refusal.value.field == "lessons"


class TestClose:
    def test_the_whole_way_to_the_end(self, ended, operator, national, at) -> None:
        flows.forward(ended, by=national, at=at, summary="x")
        flows.summarise(ended, by=operator, at=at, **SUMMARY)
        flows.report_upward(ended, by=national, at=at, course="c", assessment="a", proposals="p")
        assert papers.of(ended).first().type_id == "DOC-09A"
        flows.close(ended, by=national, at=at, lessons="变更前演练")
        assert (ended.state, ended.is_open) == ("closed", False)
        assert {c.state for c in clock.of(ended)} <= {"met", "cancelled"}

    def test_open_duties_keep_it_open(self, ended, operator, national, at) -> None:
        flows.summarise(ended, by=operator, at=at, **SUMMARY)
        with pytest.raises(Refused, match="still open"):
            flows.close(ended, by=national, at=at, lessons="x")

    def test_further_duties_are_recorded_as_fulfilled(self, report, unit, operator, at, found) -> None:
        incident = report(units=[unit], facts={"crime_suspected": True})
        flows.fulfil(incident, by=operator, at=at, duty="RD-CRIME", how="已报案，回执 12 号", done_at=found)
        assert line(incident, "RD-CRIME").filed_at == found
        with pytest.raises(Refused, match="No further duty"):
            flows.fulfil(incident, by=operator, at=at, duty="RD-CRIME", how="again")


class TestEuropeanPack:
    def test_the_same_flows_run_under_another_regime(self, settings, report, unit, operator, found) -> None:
        settings.BASTIDE_PACK = "eu-nis2"
        pack = packs.active()
        gravest = {criterion.when[0].fact: criterion.when[0].at_least for criterion in pack.scales[0].criteria}
        incident = report(units=[unit], source=pack.source_kinds[0].id, facts=gravest)
        assert incident.rank > 0
        firsts = incident.reports.filter(stage="first").select_related("clock")
        assert firsts
        assert all(entry.clock.started_at == found for entry in firsts)


class TestFacts:
    def test_they_are_plain_values(self) -> None:
        assert facts.IncidentEnded("INC-1", datetime(2026, 1, 1, tzinfo=UTC)).incident == "INC-1"
