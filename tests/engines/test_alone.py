"""Engines and the commands over them start without Django and without reading settings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ..conftest import ROOT


def loaded_by(code: str) -> set[str]:
    """Top-level modules loaded after the code ran in a fresh interpreter."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        timeout=60,
    )
    return set(ran.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "module", ["bastide.engines.detect", "bastide.engines.detect.command", "bastide.engines.frames"]
)
def test_an_engine_knows_no_django(module: str) -> None:
    assert "django" not in loaded_by(f"import {module}")


def test_the_command_loads_neither_django_nor_pysigma_before_it_needs_them() -> None:
    assert loaded_by("import bastide.cli").isdisjoint({"django", "sigma", "pyarrow"})


def test_detect_runs_without_django() -> None:
    run = "with contextlib.suppress(SystemExit):\n    bastide.cli.app(['detect', 'gone', '--rules', 'gone'])"
    loaded = loaded_by(f"import bastide.cli, contextlib\n{run}")
    assert "pyarrow" in loaded
    assert "django" not in loaded
