"""/metrics: closed without its token, true to the database, and without a word of persons or organisations."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from bastide import metrics
from bastide.base import jobs, terms
from bastide.base.people.models import Account
from bastide.base.trail import ledger, seals

pytestmark = pytest.mark.django_db
TOKEN = "a-long-token-for-the-scraper"


@pytest.fixture(autouse=True)
def told(settings, tmp_path: Path) -> None:
    settings.BASTIDE_HOME = tmp_path
    settings.BASTIDE_METRICS = TOKEN


def text() -> str:
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return answer.content.decode()


def values() -> dict[str, float]:
    """Each sample by its name and labels."""
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text())
        for sample in family.samples
    }


class TestTheDoor:
    def test_without_a_setting_there_is_none(self, settings) -> None:
        settings.BASTIDE_METRICS = ""
        assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404

    @pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Bearer {TOKEN}x", "Bearer 密"])
    def test_without_the_token_it_stays_shut(self, given: str) -> None:
        answer = Client().get("/metrics", headers={"Authorization": given})
        assert answer.status_code == 401
        assert b"bastide_" not in answer.content


class TestWhatItTells:
    def test_requests_by_door_and_answer(self) -> None:
        name = "bastide_requests_total GET healthz 200"
        before = values().get(name, 0)
        Client().get("/healthz")
        after = values()
        assert after[name] == before + 1
        assert after["bastide_request_seconds_count GET healthz"] >= 1

    def test_jobs_and_the_oldest_that_waits(self, operator: Account) -> None:
        at = terms.now()
        for late in (30, 90):
            jobs.enqueue("trail.seal", by=operator, at=at - timedelta(seconds=late))
        jobs.enqueue("trail.seal", by=operator, at=at, after=at + timedelta(hours=1))
        told = values()
        assert (told["bastide_jobs waiting"], told["bastide_jobs failed"]) == (3, 0)
        assert 90 <= told["bastide_jobs_oldest_waiting_seconds"] < 150

    def test_the_trail_before_and_after_its_seal(self, operator: Account) -> None:
        ledger.record(at=terms.now(), by=operator, act="test.act", thing=operator)
        before = values()
        seals.seal_waiting(at=terms.now())
        after = values()
        assert before["bastide_trail_unsealed"] >= 1
        assert after["bastide_trail_unsealed"] == 0
        assert after["bastide_trail_last_seal"] == before["bastide_trail_last_seal"] + 1
        assert after["bastide_trail_verified_seconds"] == 0, "not checked yet"

    def test_the_last_check_of_the_seals(self, operator: Account) -> None:
        ledger.record(at=terms.now(), by=operator, act="test.act", thing=operator)
        seals.seal_waiting(at=terms.now())
        jobs.enqueue("trail.verify", by=operator, at=terms.now())
        while jobs.work_once() is not None:
            pass
        told = values()
        assert told["bastide_trail_verified_seal"] == told["bastide_trail_last_seal"] > 0
        assert told["bastide_trail_faults"] == 0
        assert told["bastide_trail_verified_seconds"] > 1_700_000_000

    def test_a_database_that_is_gone_is_told_and_not_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(*_arguments: object) -> bool:
            raise DatabaseError("no connection")

        monkeypatch.setattr(metrics.health, "database", gone)
        told = values()
        assert told["bastide_database_up"] == 0
        assert told["bastide_disk_free_bytes"] > 0
        assert "bastide_jobs waiting" not in told

    def test_it_names_nobody(self, operator: Account, inspector: Account) -> None:
        client = Client()
        client.force_login(operator, backend="bastide.base.entry.adapter.EntryBackend")
        client.get(f"/entry/accounts/{operator.username}/")
        client.get("/registry/operators/OP-A/", {"q": "zhang"})
        told = "\n".join(line.rpartition(" ")[0] for line in text().splitlines())  # numbers may look like a province
        named = (f'"{operator.username}"', f'"{inspector.username}"', "OP-A", "zhang", "CA-11", "MIIT", "110000")
        assert [word for word in named if word in told] == []
