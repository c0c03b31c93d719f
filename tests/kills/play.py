"""Plays scripts on an installation, kills them at points drawn at random, runs each again, and lists what is wrong.

python -m tests.kills.play SEED KILLS; prints one JSON object. The points of a seed are the same each time; those kills
that come by the clock (every fourth) hit where they hit.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.kills.ground import BEGIN, lay
from tests.kills.points import Points

Script = Callable[[str, datetime], dict[str, Any]]

# After a kill the clients come back, and the worker is started again, this much later.
LATER = timedelta(minutes=11)
MOST_DEATHS = 2  # in a row; after the third a job is given up, as it should be
PATIENCE = 120  # seconds a child may take
OLD = 3 * 24 * 3600


class Play:
    def __init__(self, seed: int, kills: int) -> None:
        self.chance, self.wanted = random.Random(seed), kills
        self.at, self.begun = BEGIN, time.monotonic()
        self.kills: Counter[str] = Counter()
        self.acts: list[tuple[str, str, dict[str, Any]]] = []
        self.points: dict[str, int] = {}
        self.lasted: dict[str, float] = {}
        self.troubles: list[str] = []

    def child(self, do: Callable[[], Any], nth: int = 0, wait: float | None = None) -> dict[str, Any] | None:
        """Run in a process of its own; None if it was killed."""
        reading, writing = os.pipe()
        self.at += timedelta(seconds=1)
        started, pid = time.monotonic(), os.fork()
        if pid == 0:
            os.close(reading)
            _live(do, nth, writing, self.at)
        os.close(writing)
        told = b""
        until = started + (PATIENCE if wait is None else wait)
        while True:
            ready, _w, _x = select.select([reading], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                os.kill(pid, signal.SIGKILL)
                if wait is None:
                    self.troubles.append(f"a process hung for {PATIENCE} s")
                break
            if not (some := os.read(reading, 1 << 16)):
                break
            told += some
        os.close(reading)
        _pid, status = os.waitpid(pid, 0)
        if told.endswith(b"\n"):  # it had answered before it was killed
            return dict(json.loads(told)) | {"seconds": time.monotonic() - started}
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return None
        return {"trouble": f"ended with {status} without a word"}

    def act(self, number: int) -> None:
        """One script, killed up to twice, then to its end."""
        from tests.kills.scripts import SCRIPTS

        script = self.chance.choices(list(SCRIPTS), weights=list(SCRIPTS.values()))[0]
        name, tag, first = script.__name__, f"t{number:04d}", self.at
        for _death in range(self.chance.randint(1, MOST_DEATHS) if name in self.points else 0):
            if self.chance.random() < 0.25:
                done = self.child(lambda: script(tag, first), wait=self.chance.uniform(0, self.lasted[name]))
            else:
                done = self.child(lambda: script(tag, first), nth=self.chance.randint(1, self.points[name]))
            if done is not None:
                self._note(name, tag, done)
                return
            self.kills[name] += 1
            self.at += LATER
        self.last(script, tag, first)

    def last(self, script: Script, tag: str, first: datetime) -> None:
        """Run a script to its end, undisturbed."""
        name, done = script.__name__, self.child(lambda: script(tag, first))
        if done is None:
            return
        self._note(name, tag, done)
        self.points[name], self.lasted[name] = max(done.get("points", 1), 1), done.get("seconds", 1.0)

    def _note(self, name: str, tag: str, done: dict[str, Any]) -> None:
        if "trouble" in done:
            self.troubles.append(f"{name} {tag}: {done['trouble']}")
        else:
            self.acts.append((name, tag, done["answer"]))

    def settle(self) -> None:
        """An undisturbed worker for some hours; its daily sweeps find what was left behind old enough."""
        from tests.kills.scripts import worker

        for pause in (LATER, LATER, timedelta(hours=25), LATER):
            self.at += pause
            self._age()
            for name, done in (("worker", self.child(lambda: worker("settle", self.at))),):
                if done is None or "trouble" in done:
                    self.troubles.append(f"{name}: {done}")

    @staticmethod
    def _age() -> None:
        home, old = Path(os.environ["BASTIDE_HOME"]), time.time() - OLD
        for folder in ("vault", "lake"):
            for path in (home / folder).rglob("*"):
                with suppress(FileNotFoundError):
                    os.utime(path, (old, old))

    def play(self) -> dict[str, Any]:
        number = 0
        while self.kills.total() < self.wanted and len(self.troubles) < 5:
            number += 1
            self.act(number)
        self.settle()
        checked = self.child(self._check)
        faults = (checked or {}).get("answer") or ([] if checked and "answer" in checked else [str(checked)])
        return {
            "kills": dict(self.kills), "acknowledged": Counter(name for name, _tag, _answer in self.acts),
            "points": self.points, "troubles": self.troubles, "faults": faults,
            "seconds": round(time.monotonic() - self.begun),
        }  # fmt: skip

    def _check(self) -> list[str]:
        from tests.kills import checker

        return checker.faults(self.at, self.acts)


def _live(do: Callable[[], Any], nth: int, out: int, at: datetime) -> None:
    """The life of a child: its word is given only when all is done."""
    from bastide.base.terms import wall

    write, code = os.write, 0
    try:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, 1)
        points = Points(nth)
        wall._frozen.append(at)
        points.set_up()
        answer = do()
        write(out, json.dumps({"answer": answer, "points": points.passed}, default=str).encode() + b"\n")
    except BaseException:
        write(out, json.dumps({"trouble": traceback.format_exc()[-2500:]}).encode() + b"\n")
        code = 1
    os._exit(code)


def ready() -> None:
    """The installation, and what every child needs, read once; no connection and no thread is handed on."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bastide.settings"
    import django

    django.setup()
    lay()
    import importlib

    from django.db import connections

    for module in ("bastide.urls", "bastide.wsgi", "bastide.cli", "bastide.backup", "tests.kills.scripts",
                   "bastide.base.papers.printing", "bastide.monitor.detect", "bastide.base.entry.provision"):  # fmt: skip
        importlib.import_module(module)
    connections.close_all()


def main(seed: int, kills: int) -> None:
    ready()
    print(json.dumps(Play(seed, kills).play(), default=str))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
