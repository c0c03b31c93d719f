"""A child that is killed leaves nothing behind that would keep its successor from the port."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bastide.serve import Child

pytestmark = pytest.mark.slow
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
