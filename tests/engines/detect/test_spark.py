"""The same matches on a cluster of two worker processes as in one process, also when a worker is killed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CLUSTER = "local-cluster[2,1,1024]"
EVENTS = 1_000_000
RULES = """title: A shell of a service
id: 00000000-0000-4000-8000-000000000001
logsource: {product: windows, category: process_creation}
detection:
  s: {Image|endswith: '\\\\cmd.exe', ParentImage|contains: service}
  condition: s
---
title: An odd one
id: 00000000-0000-4000-8000-000000000002
logsource: {product: windows}
detection:
  s: {Channel: Microsoft-Windows-Sysmon/Operational, CommandLine|re: 'n[0-9]*777$'}
  condition: s
"""
LACKING = [name for name in ("pyspark", "pandas") if importlib.util.find_spec(name) is None]
if not LACKING and importlib.util.find_spec("pyspark.sql") is None:  # a folder that a cluster left behind
    LACKING.append("pyspark")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)} (pip install 'bastide[scale]')"),
    pytest.mark.skipif(shutil.which("java") is None, reason="no Java: apt install openjdk-17-jre-headless"),
]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A million events in one file, some of them broken, and what one process finds in them."""
    folder = tmp_path_factory.mktemp("spark")
    (folder / "rules.yml").write_text(RULES)
    line = (
        '{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Image":"C:\\\\%s.exe",'
        '"ParentImage":"C:\\\\service%d.exe","CommandLine":"n%d"}\n'
    )
    with (folder / "events.ndjson").open("w") as file:
        for number in range(EVENTS):
            broken = number % 250_000 == 249_999
            file.write("broken\n" if broken else line % ("cmd" if number % 1000 == 0 else "x", number % 7, number))
    run(folder, "one", "--engine", "local")
    return folder


def command(folder: Path, name: str, *more: str) -> list[str]:
    words = ["detect", "events.ndjson", "--rules", "rules.yml", "--out", f"{name}.out", "--quarantine", f"{name}.aside"]
    return [sys.executable, "-c", "from bastide.cli import app; app()", *words, *more]


def run(folder: Path, name: str, *more: str) -> None:
    done = subprocess.run(
        command(folder, name, *more), cwd=folder, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 3, done.stderr[-3000:]  # some events were left out


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "SPARK_LOCAL_IP": "127.0.0.1"}


def same(folder: Path, name: str) -> None:
    for end in ("out", "aside"):
        assert (folder / f"{name}.{end}").read_bytes() == (folder / f"one.{end}").read_bytes()


def test_a_million_events_give_the_identical_table(ground: Path) -> None:
    run(ground, "cluster", "--engine", "spark", "--master", CLUSTER)
    same(ground, "cluster")
    assert (ground / "one.out").read_bytes().count(b"\n") == EVENTS // 1000 + EVENTS // 1000
    assert (ground / "one.aside").read_bytes().count(b"\n") == 4


def test_a_worker_that_is_killed_changes_nothing(ground: Path) -> None:
    words = command(ground, "killed", "--engine", "spark", "--master", CLUSTER)
    with subprocess.Popen(words, cwd=ground, env=environment(), stderr=subprocess.PIPE, text=True) as program:
        victim = None
        for _try in range(600):
            victim = next(iter(workers_of(program.pid)), None)
            if victim or program.poll() is not None:
                break
            time.sleep(0.1)
        assert victim, "no worker was seen"
        time.sleep(1)
        os.kill(victim, signal.SIGKILL)
        _out, error = program.communicate(timeout=300)
    assert program.returncode == 3, error[-3000:]
    same(ground, "killed")


def workers_of(program: int) -> list[int]:
    """Processes that run executors below a program."""
    parents: dict[int, int] = {}
    executors = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if b"CoarseGrainedExecutorBackend" in (entry / "cmdline").read_bytes():
                    executors.append(int(entry.name))
            except (OSError, ValueError, IndexError):
                continue

    def is_below(one: int) -> bool:
        while one in parents and one != program:
            one = parents[one]
        return one == program

    return [one for one in executors if is_below(one)]


def test_without_spark_it_says_what_to_install(ground: Path) -> None:
    words = command(ground, "none", "--engine", "spark", "--master", CLUSTER)
    bare = {**environment(), "PATH": "/nonexistent", "JAVA_HOME": ""}
    done = subprocess.run(words, cwd=ground, env=bare, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "Java" in done.stderr
