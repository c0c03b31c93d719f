"""The two questions of a supervisor of processes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from bastide import health
from bastide.base import terms
from bastide.base.jobs.models import Schedule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def working(settings, tmp_path: Path) -> None:
    settings.BASTIDE_HOME = tmp_path
    Schedule.objects.all().delete()
    Schedule.objects.create(kind="tick", every=60, next_at=terms.now() + timedelta(minutes=1))


def ready() -> tuple[int, dict[str, str]]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()["parts"]


def test_anyone_may_ask_whether_it_is_up() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


def test_all_is_well() -> None:
    assert ready() == (200, {"database": "ok", "worker": "ok", "disk": "ok"})


def test_a_worker_that_stands_still_is_named() -> None:
    Schedule.objects.update(next_at=terms.now() - timedelta(minutes=6))
    assert ready() == (503, {"database": "ok", "worker": "failing", "disk": "ok"})


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE", 1 << 62)
    assert ready()[1]["disk"] == "failing"


def test_a_migration_not_made_is_named() -> None:
    MigrationRecorder(connection).migration_qs.filter(app="trail").delete()
    assert ready()[1]["database"] == "failing"


def test_a_database_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> bool:
        raise DatabaseError("no connection")

    monkeypatch.setitem(health.CHECKS, "database", gone)
    assert ready()[1]["database"] == "failing"
