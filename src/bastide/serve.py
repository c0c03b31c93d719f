"""Web server and worker as one supervised foreground process: a child that dies is started again, Ctrl-C stops both."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from django.conf import settings

PATIENCE = 10.0  # seconds a child has to stop by itself
HEALTHY = 30.0  # seconds after which a start counts as good
MOST_DEATHS = 5  # deaths in a row before giving up
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of linux/prctl.h


@dataclass
class Child:
    """One process to keep alive."""

    name: str
    command: list[str]
    more: Mapping[str, str] = field(default_factory=dict)  # what its environment holds besides ours
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0

    def start(self) -> None:
        # Its own process group, so that Ctrl-C reaches it once, through us.
        self.process = subprocess.Popen(  # noqa: S603 – our own commands
            self.command, start_new_session=True, preexec_fn=_end_with(os.getpid()), env={**os.environ, **self.more}
        )
        self.started = time.monotonic()

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def sweep(self) -> None:
        """End what a dead child left running: a web server that was killed leaves its workers, who hold the port."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def _end_with(parent: int) -> Callable[[], None] | None:
    """What a child does before it begins, so that the kernel stops it when its supervisor is gone, even if killed.

    Linux alone knows this; elsewhere a killed supervisor leaves its children running.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # it was gone before we could ask

    return ask


@dataclass
class Supervisor:
    """Starts the children, watches them, stops them."""

    children: list[Child]
    stopping: bool = field(default=False)

    def run(self) -> int:
        """Until a signal comes (0) or a child cannot be kept alive (1)."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        for child in self.children:
            child.start()
        failed = False
        while not self.stopping and not failed:
            time.sleep(0.3)
            failed = any(self._revive(child) for child in self.children if child.has_died())
        self._end()
        return 1 if failed else 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _revive(self, child: Child) -> bool:
        """Start a dead child again; True if it has died too often."""
        if self.stopping:
            return False
        child.deaths = 1 if time.monotonic() - child.started > HEALTHY else child.deaths + 1
        code = child.process.returncode if child.process else "?"
        child.sweep()
        if child.deaths >= MOST_DEATHS:
            _say(f"{child.name} ended {child.deaths} times in a row (last exit {code}); giving up")
            return True
        _say(f"{child.name} ended with exit {code}; starting it again")
        time.sleep(min(2.0**child.deaths / 4, 5))
        child.start()
        return False

    def _end(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for child in self.children:
            if child.process is not None:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    child.signal(signal.SIGKILL)
                    child.process.wait()
                child.sweep()


def _say(words: str) -> None:
    sys.stderr.write(f"bastide: {words}\n")


def children() -> list[Child]:
    """The web server and one worker."""
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", settings.BASTIDE_BIND,
        "--port", str(settings.BASTIDE_PORT), "--workers", str(settings.BASTIDE_PROCESSES),
        "--blocking-threads", str(settings.BASTIDE_THREADS),
        # One that is told to stop while it starts does not hear it.
        "--workers-kill-timeout", str(int(PATIENCE) - 2),
        "--backpressure", "64", "--no-ws", "--log-level", "warning", "bastide.wsgi:application",
    ]  # fmt: skip
    return [
        Child("web server", web, {"PROMETHEUS_MULTIPROC_DIR": str(counts_folder())}),
        Child("worker", [sys.executable, "-m", "bastide.cli", "work"]),
    ]


def counts_folder() -> Path:
    """Where the web processes keep what they count, so that any of them can tell for all."""
    return Path(settings.BASTIDE_HOME) / "cache" / "counts"


def serve() -> int:
    """Run until stopped; returns the exit status."""
    shutil.rmtree(counts_folder(), ignore_errors=True)  # counts begin anew with the server
    counts_folder().mkdir(parents=True)
    return Supervisor(children()).run()
