"""The demonstration story runs to its end, the same on SQLite and PostgreSQL, and the loop is closed in it."""

from __future__ import annotations

import pytest

from tests.paths.conftest import Installation

pytestmark = pytest.mark.slow


class TestTheLoop:
    def test_the_sector_is_there(self, story) -> None:
        units = story["states"]["registry.networkunit"]
        assert sum(units.values()) == 600
        assert story["acts"]["registry.operator.enter"] == 30
        assert story["acts"]["registry.networkunit.set_cii"] == 7

    def test_every_planted_attack_raised_its_alerts(self, story) -> None:
        from bastide.demo.makers import events

        titles = {line.split(" | ")[0] for line in story["alerts"]}
        for rules in (events.RANSOM, events.SPRAY, events.TUNNEL, events.INTRUSION, events.SURVEY):
            assert set(rules) <= titles

    def test_the_attack_became_an_incident_that_was_closed(self, story) -> None:
        assert story["states"]["respond.incident"]["closed"] == 1
        clocks = [line for line in story["clocks"] if line.startswith("INC-2026-000001")]
        assert any("CK-01 met" in line for line in clocks), "CII: one hour"
        assert any("CK-02 met" in line for line in clocks), "onward: half an hour"
        assert not any("missed" in line for line in clocks)

    def test_a_warning_was_acknowledged_acted_on_and_lifted(self, story) -> None:
        assert story["states"]["share.earlywarning"]["lifted"] == 1
        assert story["states"]["share.delivery"]["action_reported"] >= 1

    def test_findings_were_ordered_verified_and_closed(self, story) -> None:
        assert story["states"]["rectify.order"]["closed"] == 1
        assert story["states"]["rectify.finding"]["closed"] == 2

    def test_an_order_that_was_not_kept_is_overdue(self, story) -> None:
        assert story["states"]["rectify.order"]["overdue"] == 1

    def test_a_clock_still_runs_when_the_story_ends(self, story) -> None:
        assert any("running" in line for line in story["clocks"])

    def test_every_fact_was_heard(self, story) -> None:
        assert story["unheard"] == 0


@pytest.mark.postgres
def test_it_is_the_same_on_postgresql(story, postgres_story) -> None:
    assert postgres_story == story


@pytest.mark.everything
def test_it_is_the_same_each_time(story, tmp_path) -> None:
    assert Installation(tmp_path).played() == story
