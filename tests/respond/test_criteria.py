"""Levels at their boundaries, report items, moments: no database needed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bastide.base import packs
from bastide.base.packs import Office
from bastide.respond import criteria

PACK = packs.pack("cn-telecom")
T0 = datetime(2026, 6, 16, 4, 0, tzinfo=UTC)


def levels(**facts: object) -> dict[str, str]:
    return {judgement.scale.id: judgement.level.id for judgement in PACK.judge(facts)}  # type: ignore[arg-type]


class TestLevels:
    @pytest.mark.parametrize(
        ("minutes", "level"),
        [(29, None), (30, "relatively_major"), (119, "relatively_major"), (120, "major"), (359, "major"), (360, "especially_major")],
    )  # fmt: skip
    def test_a_whole_interruption_of_cii_counts_from_the_threshold_on(self, minutes: int, level: str | None) -> None:
        assert levels(cii_whole_interruption_minutes=minutes).get("inc25") == level

    def test_the_same_number_of_persons_means_different_levels_on_different_scales(self) -> None:
        assert levels(users_data_count=100_000) == {"plan17": "general"}
        assert levels(pi_persons=1_000_000)["inc25"] == "relatively_major"
        assert levels(pi_persons=999_999)["inc25"] == "general"

    def test_one_case_has_a_level_on_each_of_three_scales(self) -> None:
        assert levels(pi_persons=10_000_000, users_data_count=1_000_000) == {
            "plan17": "relatively_major", "inc25": "major", "dplan24": "major",
        }  # fmt: skip

    def test_a_confirmed_level_stands_in_place_of_the_judged_one(self) -> None:
        judged = PACK.judge({"pi_persons": 1_000_000})
        found = criteria.in_force(PACK, judged, {"inc25": "major", "dplan24": "", "plan17": "general"})
        assert {j.scale.id: j.level.id for j in found} == {"plan17": "general", "inc25": "major"}

    def test_the_gravest_of_all_scales_ranks_the_case(self) -> None:
        assert criteria.gravest(PACK.judge({"pi_persons": 10_000_000, "users_data_count": 100_000})) == 3
        assert criteria.gravest([]) == 0

    def test_graver_levels_are_commanded_by_the_national_office(self) -> None:
        offices = [criteria.commanding_office(PACK, rank) for rank in (0, 1, 2, 3, 4)]
        assert offices == [Office.PROVINCIAL] * 3 + [Office.NATIONAL] * 2
        assert [criteria.is_gravest(PACK, rank) for rank in (3, 4)] == [False, True]


class TestDuties:
    def due(self, facts: dict, *, cii: bool, moments: criteria.Moments, kind: str = "basic_telecom") -> dict:
        duties = PACK.report_duties(PACK.judge(facts), cii=cii, operator_kind=kind, facts=facts)
        return criteria.due_now(PACK, duties, moments)

    def test_a_cii_incident_of_a_telecom_operator_has_two_lines_from_t0(self) -> None:
        facts = {"cii_whole_interruption_minutes": 30, "users_offline_scope": "city"}
        assert self.due(facts, cii=True, moments=criteria.Moments(T0)) == {"RD-TELECOM": T0, "RD-CII": T0}

    def test_another_operator_reports_to_the_provincial_cyberspace_office(self) -> None:
        facts = {"direct_loss_cny": 5_000_000}
        assert self.due(facts, cii=False, moments=criteria.Moments(T0), kind="other") == {"RD-OTHER": T0}

    def test_a_small_leak_has_no_national_line_but_must_be_told_at_once(self) -> None:
        assert set(self.due({"pi_persons": 5000}, cii=False, moments=criteria.Moments(T0), kind="other")) == {
            "RD-PERSONS"
        }

    def test_the_onward_line_begins_with_receipt_and_only_for_authorities_in_the_house(self) -> None:
        facts = {"cii_whole_interruption_minutes": 120}
        moments = criteria.Moments(T0, received=T0, reported=T0)
        assert "RD-ONWARD-CII" not in self.due(facts, cii=True, moments=criteria.Moments(T0))
        assert "RD-ONWARD-CII" in self.due(facts, cii=True, moments=moments)
        assert "RD-ONWARD-OTHER" not in self.due({"direct_loss_cny": 20_000_000}, cii=False, moments=moments)

    def test_progress_is_owed_until_handling_has_ended(self) -> None:
        facts = {"users_offline_scope": "city"}
        moments = criteria.Moments(T0, received=T0, reported=T0)
        assert "RD-PROGRESS-LOW" in self.due(facts, cii=False, moments=moments)
        ended = criteria.Moments(T0, received=T0, reported=T0, ended=T0)
        assert "RD-PROGRESS-LOW" not in self.due(facts, cii=False, moments=ended)
        assert "RD-SUMMARY-PLAN" in self.due(facts, cii=False, moments=ended)


class TestReportItems:
    SAID = {"unit": "u", "facility": "f", "place": "p", "impact": "i", "measures": "m"}

    def test_items_one_and_two_are_enough_for_a_first_report(self) -> None:
        assert criteria.missing_at_first(PACK.report_fields, self.SAID, {}) == []
        assert "cause" in criteria.missing(PACK.report_fields, self.SAID, {})

    def test_a_ransom_is_asked_for_when_one_was_demanded(self) -> None:
        lacking = criteria.missing_at_first(PACK.report_fields, self.SAID, {"ransom_demanded": True})
        assert lacking == ["ransom_amount", "ransom_method", "ransom_date"]

    def test_what_changed_is_told_item_by_item(self) -> None:
        assert criteria.changed({"a": "1", "b": "2", "d": ""}, {"a": "1", "b": "3", "c": "4"}) == [
            ("b", "2", "3"),
            ("c", None, "4"),
        ]
