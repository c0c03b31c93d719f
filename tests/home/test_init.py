"""`bastide init` in a script: nothing is asked, what is missing is named, and a second time is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def init(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ, "BASTIDE_HOME": str(home), "BASTIDE_INIT_PASSWORD": "correct-horse-77", "DATABASE_URL": "",
        "PYTHONPATH": str(ROOT / "src"),
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "bastide.cli", "init", *words],
        env=environment, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def test_a_script_is_told_what_is_missing(tmp_path: Path) -> None:
    done = init(tmp_path)
    assert done.returncode == 2
    assert "--name-zh" in done.stderr


def test_it_works_once(tmp_path: Path) -> None:
    first = init(tmp_path, "--name-zh", "测试部", "--administrator", "keeper")
    assert first.returncode == 0, first.stderr
    assert "sign in as keeper" in first.stdout
    second = init(tmp_path, "--name-zh", "测试部")
    assert second.returncode == 1
    assert "empty" in second.stderr
