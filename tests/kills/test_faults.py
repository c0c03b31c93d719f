"""A full disk, a clock set back: what is said meanwhile, and nothing half afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError

from bastide.base.flow import outages
from tests.paths.conftest import ROOT, database, server  # noqa: F401 - fixture

pytestmark = pytest.mark.slow


def weather(verb: str, home: Path, address: str = "") -> dict[str, Any]:
    environment = {
        **os.environ, "BASTIDE_HOME": str(home), "DATABASE_URL": address, "BASTIDE_MFA": "nobody",
        "BASTIDE_STEP_UP_MINUTES": "0", "BASTIDE_DEMO": "0", "DJANGO_SETTINGS_MODULE": "bastide.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }  # fmt: skip
    home.mkdir()
    words = [sys.executable, "-m", "tests.kills.weather", verb]
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert [*found["troubles"], *found["faults"]] == []
    return found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MB; needs the right to mount."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"may not mount: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_on_a_full_disk_everything_is_refused_whole_and_done_later(small_disk: Path) -> None:
    said = weather("disk", small_disk / "home")["said"]
    for name in ("batch", "evidence", "order", "incident", "register"):
        answers = [line for line in said if line.startswith((f"{name}:", f"{name} beside another:"))]
        assert ["507 Retry-After" in line for line in answers] == [True, True], answers
    for name in ("ingest_command", "backup_command"):
        answers = [line for line in said if line.startswith((f"{name}:", f"{name} beside another:"))]
        told = ["disk of this installation is full" in line or "No space left" in line for line in answers]
        assert told == [True, True], answers
    assert {path.name for path in small_disk.iterdir()} == {"home", "full6.tar.zst"}


def test_a_clock_set_back_doubles_nothing_and_loses_nothing(tmp_path: Path) -> None:
    weather("clock", tmp_path / "home")


@pytest.mark.postgres
@pytest.mark.everything
def test_a_clock_set_back_on_postgresql(tmp_path: Path, server: psycopg.Connection[tuple[object, ...]]) -> None:  # noqa: F811
    with database(server) as address:
        weather("clock", tmp_path / "home", address)


@pytest.mark.parametrize(("free", "status"), [(0, 507), (1 << 30, 503)])
def test_an_error_of_the_disk_counts_as_full_only_if_it_is(
    free: int, status: int, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """SQLite says “disk I/O error” where a full disk leaves no room for its shared memory."""
    usage = outages.shutil.disk_usage(settings.BASTIDE_HOME.parent)._replace(free=free)
    monkeypatch.setattr(outages.shutil, "disk_usage", lambda _path: usage)
    found = outages.outage(OperationalError("disk I/O error"))
    assert found is not None
    assert found.status == status
