"""kill -9 of web, worker and commands at points drawn at random: every acknowledged act is there once, nothing half.

BASTIDE_KILL_SEED plays a run again; BASTIDE_KILLS says how many kills.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.paths.conftest import EVERYTHING, ROOT, database, server  # noqa: F401 - fixture

pytestmark = pytest.mark.slow
SEED = int(os.environ.get("BASTIDE_KILL_SEED") or random.SystemRandom().randrange(10**6))
KILLS = int(os.environ.get("BASTIDE_KILLS") or (110 if EVERYTHING else 20))  # on each of the two databases


def played(home: Path, address: str) -> None:
    """Play with kills, say the seed, and find nothing wrong."""
    environment = {
        **os.environ, "BASTIDE_HOME": str(home / "home"), "DATABASE_URL": address, "BASTIDE_MFA": "nobody",
        "BASTIDE_STEP_UP_MINUTES": "0", "BASTIDE_DEMO": "0", "DJANGO_SETTINGS_MODULE": "bastide.settings",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }  # fmt: skip
    (home / "home").mkdir()
    print(f"BASTIDE_KILL_SEED={SEED} BASTIDE_KILLS={KILLS}")
    words = [sys.executable, "-m", "tests.kills.play", str(SEED), str(KILLS)]
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"seed {SEED}: {done.stderr[-4000:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    wrong = "\n".join([*found["troubles"], *found["faults"]])
    assert not wrong, f"BASTIDE_KILL_SEED={SEED} BASTIDE_KILLS={KILLS}\n{wrong}"
    assert sum(found["kills"].values()) >= KILLS
    assert found["kills"].keys() >= {"batch", "evidence", "incident", "worker"}


def test_on_sqlite(tmp_path: Path) -> None:
    played(tmp_path, "")


@pytest.mark.postgres
def test_on_postgresql(tmp_path: Path, server: psycopg.Connection[tuple[object, ...]]) -> None:  # noqa: F811
    with database(server) as address:
        played(tmp_path, address)
