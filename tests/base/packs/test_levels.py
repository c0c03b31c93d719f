"""Levels of incidents and the report duties that follow: tables of cases with their boundaries."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bastide.base import packs
from bastide.base.packs import Edition, Mark, Pack, Value

CN, EU = packs.pack("cn-telecom"), packs.pack("eu-nis2")

CASES: list[tuple[Mapping[str, Value | None], dict[str, str]]] = [
    ({}, {}),
    ({"pi_persons": None}, {}),
    # Persons: the number itself counts.
    ({"pi_persons": 999_999}, {"inc25": "general"}),
    ({"pi_persons": 1_000_000}, {"inc25": "relatively_major", "dplan24": "relatively_major"}),
    ({"pi_persons": 9_999_999}, {"inc25": "relatively_major", "dplan24": "relatively_major"}),
    ({"pi_persons": 10_000_000}, {"inc25": "major", "dplan24": "major"}),
    ({"pi_persons": 100_000_000}, {"inc25": "especially_major", "dplan24": "especially_major"}),
    # The same number, another noun, another threshold.
    ({"users_data_count": 99_999}, {}),
    ({"users_data_count": 100_000}, {"plan17": "general"}),
    ({"users_data_count": 1_000_000}, {"plan17": "relatively_major"}),
    ({"users_data_count": 10_000_000}, {"plan17": "major"}),
    ({"users_data_count": 100_000_000}, {"plan17": "especially_major"}),
    ({"sensitive_pi_persons": 100_000}, {"dplan24": "relatively_major"}),
    ({"sensitive_pi_persons": 1_000_000}, {"dplan24": "major"}),
    # Outages of CII.
    ({"cii_whole_interruption_minutes": 29}, {}),
    ({"cii_whole_interruption_minutes": 30}, {"inc25": "relatively_major"}),
    ({"cii_whole_interruption_minutes": 119.9}, {"inc25": "relatively_major"}),
    ({"cii_whole_interruption_minutes": 120}, {"inc25": "major"}),
    ({"cii_whole_interruption_minutes": 360}, {"inc25": "especially_major"}),
    ({"cii_main_function_interruption_minutes": 119}, {}),
    ({"cii_main_function_interruption_minutes": 120}, {"inc25": "relatively_major"}),
    ({"cii_main_function_interruption_minutes": 360}, {"inc25": "major"}),
    ({"cii_main_function_interruption_minutes": 1440}, {"inc25": "especially_major"}),
    # Money: two ladders, and the data plan only for data-security incidents.
    ({"direct_loss_cny": 4_999_999}, {}),
    ({"direct_loss_cny": 5_000_000}, {"inc25": "relatively_major"}),
    ({"direct_loss_cny": 20_000_000}, {"inc25": "major"}),
    ({"direct_loss_cny": 100_000_000}, {"inc25": "especially_major"}),
    ({"direct_loss_cny": 100_000_000, "data_security_event": True}, {"inc25": "especially_major", "dplan24": "major"}),
    ({"data_security_event": True}, {"dplan24": "general"}),
    ({"data_security_event": False}, {}),
    # Areas of users offline.
    ({"users_offline_scope": "city"}, {"plan17": "general"}),
    ({"users_offline_scope": "province"}, {"plan17": "relatively_major"}),
    ({"users_offline_scope": "several_provinces"}, {"plan17": "major"}),
    ({"users_offline_scope": "nation"}, {"plan17": "especially_major"}),
    # Two facts together: a portal's rank and its outage.
    ({"portal_down_minutes": 1440}, {}),
    ({"portal_down_minutes": 1440, "portal_rank": "city"}, {"inc25": "major"}),
    ({"portal_down_minutes": 1440, "portal_rank": "province"}, {"inc25": "especially_major"}),
    ({"portal_down_minutes": 120, "portal_rank": "city"}, {"inc25": "relatively_major"}),
    # The highest level wins.
    ({"direct_loss_cny": 5_000_000, "cii_whole_interruption_minutes": 400}, {"inc25": "especially_major"}),
    ({"dns_disruption": "large_dns", "users_offline_scope": "city"}, {"plan17": "major"}),
    ({"harm_degree": "some"}, {"inc25": "general"}),
    ({"harm_degree": "especially_serious"}, {"inc25": "especially_major"}),
    ({"data_outage_minutes": 479}, {}),
    ({"data_outage_minutes": 480}, {"dplan24": "relatively_major"}),
    ({"data_outage_minutes": 720}, {"dplan24": "major"}),
]  # fmt: skip


class TestJudge:
    @pytest.mark.parametrize(("facts", "levels"), CASES)
    def test_each_case_has_its_level_in_each_scale(self, facts: Mapping[str, Value], levels: dict[str, str]) -> None:
        assert {judgement.scale.id: judgement.level.id for judgement in CN.judge(facts)} == levels

    @pytest.mark.parametrize(
        ("facts", "level"),
        [
            ({}, None),
            ({"any_effect": True}, "incident"),
            ({"direct_loss_eur": 499_999}, None),
            ({"direct_loss_eur": 500_000}, "significant"),
            ({"severe_disruption": True}, "significant"),
            ({"severe_disruption": True, "member_states_affected": 2}, "large_scale"),
            ({"severe_disruption": False, "member_states_affected": 2}, None),
        ],
    )
    def test_the_european_scale_judges_too(self, facts: Mapping[str, Value], level: str | None) -> None:
        assert [judgement.level.id for judgement in EU.judge(facts)] == ([level] if level else [])

    def test_the_reason_says_criterion_and_fact(self) -> None:
        judgement = next(
            judgement for judgement in CN.judge({"pi_persons": 1_200_000}) if judgement.scale.id == "inc25"
        )
        assert judgement.reason.en == (
            "Personal information of 1 million citizens or more leaked "
            "(Citizens whose personal information leaked: 1,200,000 persons)"
        )
        assert "1,200,000 人" in judgement.reason.zh
        assert judgement.mark is Mark.SEEN_SECOND

    def test_a_number_of_the_draft_says_so(self) -> None:
        (judgement,) = CN.judge({"cii_whole_interruption_minutes": 45})
        assert judgement.is_draft
        assert judgement.criterion.edition is Edition.DRAFT

    def test_the_final_text_speaks_before_the_draft(self) -> None:
        (judgement,) = CN.judge({"cii_whole_interruption_minutes": 120, "direct_loss_cny": 20_000_000})
        assert not judgement.is_draft
        assert [criterion.id for criterion in judgement.also] == ["N-II-2"]

    def test_an_unknown_fact_is_refused(self) -> None:
        with pytest.raises(ValueError, match="unknown fact: moon_phase; known: cii_main"):
            CN.judge({"moon_phase": 1})

    @pytest.mark.parametrize(
        ("facts", "message"),
        [
            ({"pi_persons": "many"}, "pi_persons: say a number, not 'many'"),
            ({"pi_persons": True}, "pi_persons: say a number, not True"),
            ({"data_security_event": 1}, "data_security_event: say true or false, not 1"),
            ({"crime_suspected": "yes"}, "crime_suspected: say true or false, not 'yes'"),
            ({"users_offline_scope": "moon"}, "users_offline_scope: 'moon' is not one of city, province"),
        ],
    )
    def test_a_value_of_the_wrong_kind_is_refused(self, facts: Mapping[str, Value], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            CN.judge(facts)


def duties(pack: Pack, facts: Mapping[str, Value], *, cii: bool, kind: str, stage: str | None = None) -> dict[str, str]:
    """The duties of a case with their clocks."""
    found = pack.report_duties(pack.judge(facts), cii=cii, operator_kind=kind, facts=facts, stage=stage)
    return {duty.id: duty.clock for duty in found}


class TestReportDuties:
    def test_a_telecom_cii_has_two_parallel_first_reports(self) -> None:
        facts: dict[str, Value] = {"cii_whole_interruption_minutes": 45, "users_offline_scope": "city"}
        found = duties(CN, facts, cii=True, kind="basic_telecom", stage="first")
        assert found == {"RD-TELECOM": "CK-08", "RD-CII": "CK-01"}

    @pytest.mark.parametrize(
        ("cii", "kind", "expected"),
        [
            (True, "basic_telecom", {"RD-CII": "CK-01"}),
            (True, "central_organ", {"RD-CII": "CK-01"}),
            (False, "central_organ", {"RD-CENTRAL": "CK-03"}),
            (False, "value_added", {"RD-OTHER": "CK-05"}),
            (False, "other", {"RD-OTHER": "CK-05"}),
        ],
    )
    def test_the_national_first_report_goes_by_kind(self, cii: bool, kind: str, expected: dict[str, str]) -> None:
        assert duties(CN, {"direct_loss_cny": 5_000_000}, cii=cii, kind=kind, stage="first") == expected

    def test_below_relatively_major_there_is_no_national_report(self) -> None:
        assert duties(CN, {"harm_degree": "some"}, cii=True, kind="basic_telecom") == {}

    @pytest.mark.parametrize(
        ("cii", "kind", "expected"),
        [
            (True, "basic_telecom", {"RD-ONWARD-CII": "CK-02"}),
            (False, "central_organ", {"RD-ONWARD-CENTRAL": "CK-04"}),
            (False, "internet_company", {"RD-ONWARD-OTHER": "CK-06"}),
        ],
    )
    def test_from_major_the_receiver_reports_onward(self, cii: bool, kind: str, expected: dict[str, str]) -> None:
        assert duties(CN, {"direct_loss_cny": 20_000_000}, cii=cii, kind=kind, stage="onward") == expected
        assert duties(CN, {"direct_loss_cny": 19_999_999}, cii=cii, kind=kind, stage="onward") == {}

    def test_the_plan_binds_the_telecom_sector_only(self) -> None:
        facts = {"users_offline_scope": "city"}
        assert "RD-TELECOM" in duties(CN, facts, cii=False, kind="dns_body")
        assert "RD-TELECOM" not in duties(CN, facts, cii=False, kind="other")

    def test_progress_is_due_faster_from_major(self) -> None:
        slow = duties(CN, {"users_offline_scope": "province"}, cii=False, kind="basic_telecom", stage="progress")
        fast = duties(CN, {"users_offline_scope": "nation"}, cii=False, kind="basic_telecom", stage="progress")
        assert slow == {"RD-PROGRESS-LOW": "DS-INC-PROGRESS-LOW"}
        assert fast == {"RD-PROGRESS-HIGH": "DS-INC-PROGRESS-HIGH"}

    def test_both_summaries_run_and_the_earlier_binds(self) -> None:
        facts: dict[str, Value] = {"users_offline_scope": "province", "direct_loss_cny": 5_000_000}
        found = duties(CN, facts, cii=True, kind="basic_telecom", stage="summary")
        assert found == {"RD-SUMMARY-PLAN": "CK-09", "RD-SUMMARY": "CK-07"}

    def test_a_small_leak_is_still_told_at_once(self) -> None:
        assert duties(CN, {"pi_persons": 300}, cii=False, kind="value_added") == {"RD-PERSONS": "CX-01"}

    def test_a_crime_is_told_to_the_police(self) -> None:
        assert duties(CN, {"crime_suspected": True}, cii=False, kind="other") == {"RD-CRIME": "CX-06"}

    def test_data_incidents_add_their_own_line(self) -> None:
        found = duties(CN, {"sensitive_pi_persons": 1_000_000}, cii=False, kind="value_added", stage="first")
        assert found == {"RD-DATA": "CX-02", "RD-DATA-PHONE": "CX-03", "RD-DATA-WRITTEN": "CX-04"}

    def test_nis2_has_three_stages(self) -> None:
        facts = {"severe_disruption": True}
        assert duties(EU, facts, cii=False, kind="essential", stage="first") == {"RD-EARLY": "NIS-01"}
        assert duties(EU, facts, cii=False, kind="essential", stage="second") == {"RD-NOTIFY": "NIS-02"}
        assert duties(EU, facts, cii=False, kind="trust_service", stage="second") == {"RD-NOTIFY-TRUST": "NIS-06"}
        assert duties(EU, facts, cii=False, kind="essential", stage="summary") == {
            "RD-FINAL": "NIS-03",
            "RD-FINAL-ONGOING": "NIS-04",
        }

    def test_every_duty_says_to_whom(self) -> None:
        for pack in (CN, EU):
            for duty in pack.duties:
                assert duty.to
                assert all(pack.party(name).name.zh for name in duty.to)


class TestColours:
    @pytest.mark.parametrize(
        ("level", "colour", "office"),
        [
            ("especially_major", "red", "national"),
            ("major", "orange", "national"),
            ("relatively_major", "yellow", "provincial"),
            ("general", "blue", "provincial"),
        ],
    )
    def test_each_level_of_the_plan_has_its_colour(self, level: str, colour: str, office: str) -> None:
        paired = CN.colour_for("plan17", level)
        assert paired
        assert (paired.id, paired.office) == (colour, office)

    def test_a_tip_needs_no_acknowledgement(self) -> None:
        assert CN.colour("tip").ack_clock == ""
