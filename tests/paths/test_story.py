"""The demonstration story runs to its end, the same on SQLite and PostgreSQL, and the loop is closed in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("BASTIDE_TEST_POSTGRES", "postgresql://bastide_test:bastide_test@127.0.0.1:5432/postgres")
EVERYTHING = os.environ.get("BASTIDE_TEST_ALL") == "1"
# One process plays, so that the story is not played once for each.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("story")]


def played(home: Path, database: str = "") -> dict[str, Any]:
    """Play the story in a process of its own and read what it left behind."""
    environment = {
        **os.environ, "BASTIDE_HOME": str(home), "DATABASE_URL": database, "BASTIDE_DEMO": "1", "PYTHONPATH": str(ROOT / "src"),
    }  # fmt: skip
    script = Path(__file__).with_name("play_story.py")
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return played(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Any:
    name = f"bastide_story_{uuid.uuid4().hex[:8]}"
    try:
        server = psycopg.connect(SERVER, autocommit=True)
    except psycopg.OperationalError as error:
        if EVERYTHING:
            raise
        pytest.skip(f"no PostgreSQL at BASTIDE_TEST_POSTGRES: {error}")
    with server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield played(tmp_path_factory.mktemp("postgres"), SERVER.rsplit("/", 1)[0] + f"/{name}")
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


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
def test_it_is_the_same_on_postgresql(story, on_postgres) -> None:
    assert on_postgres == story


@pytest.mark.everything
def test_it_is_the_same_each_time(story, tmp_path) -> None:
    assert played(tmp_path) == story
