"""Whoever is killed, child or supervisor, leaves nothing behind that would keep its successor from the port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from bastide.serve import Child

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
# A web server that writes down the number of the worker it started, and waits.
SERVER = """
import pathlib, subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
path = pathlib.Path(sys.argv[1])
path.with_suffix(".part").write_text(str(worker.pid))
path.with_suffix(".part").rename(path)
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(what: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_the_workers_of_a_killed_server_are_ended(tmp_path: Path) -> None:
    told = tmp_path / "worker"
    child = Child("web server", [sys.executable, "-c", SERVER, str(told)])
    child.start()
    wait_for(told.exists)
    worker = int(told.read_text())
    assert child.process is not None
    os.kill(child.process.pid, signal.SIGKILL)
    wait_for(child.has_died)
    assert is_running(worker)
    child.sweep()
    wait_for(lambda: not is_running(worker))


def environment(home: Path, port: int) -> dict[str, str]:
    return {
        **os.environ, "BASTIDE_HOME": str(home), "BASTIDE_PORT": str(port), "DATABASE_URL": "", "BASTIDE_DEMO": "0",
        "BASTIDE_INIT_PASSWORD": "correct-horse-77", "PYTHONPATH": str(ROOT / "src"),
    }  # fmt: skip


def is_up(port: int) -> bool:
    try:
        return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200)
    except (urllib.error.URLError, OSError):
        return False


def descendants(pid: int) -> list[int]:
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *descendants(int(child))]
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone tells a child that its parent is gone")
def test_a_killed_supervisor_takes_web_server_and_worker_with_it(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bastide = [sys.executable, "-m", "bastide.cli"]
    subprocess.run([*bastide, "init", "--name-zh", "测试部"], env=environment(tmp_path, port), cwd=ROOT, check=True)
    with subprocess.Popen([*bastide, "serve"], env=environment(tmp_path, port), cwd=ROOT) as supervisor:
        wait_for(lambda: is_up(port), 120)
        children = descendants(supervisor.pid)
        assert len(children) >= 3, "the web server, the process that answers, the worker"
        supervisor.kill()
    wait_for(lambda: not any(map(is_running, children)), 60)
    assert not is_up(port)
