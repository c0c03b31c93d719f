"""Bad weather on an installation: a full disk, a clock set back. Prints what was said meanwhile and what is wrong after.

python -m tests.kills.weather disk | clock
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.kills.play import Play, ready


@contextmanager
def filled() -> Iterator[None]:
    """Not a byte is left on the disk of the installation."""
    filler = Path(os.environ["BASTIDE_HOME"]) / "filler"
    with open(filler, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def in_use() -> Iterator[None]:
    """Another process has the database open, as a worker has."""
    words = (
        "import sqlite3, sys; file = sqlite3.connect(sys.argv[1]); file.execute('select * from jobs_job').fetchall(); "
    )
    words += "print(); sys.stdout.flush(); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", words, str(Path(os.environ["BASTIDE_HOME"]) / "bastide.sqlite3")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert other.stdout is not None
        assert other.stdout.readline()
        yield
    finally:
        other.communicate()


def disk(play: Play) -> list[str]:
    """Everything is tried on a full disk, then again with the same keys."""
    from tests.kills import scripts

    tried = [scripts.batch, scripts.evidence, scripts.order, scripts.incident, scripts.register,
             scripts.ingest_command, scripts.backup_command]  # fmt: skip
    said, first = [], play.at
    files = [Path(os.environ["BASTIDE_HOME"]) / "in" / f"full{n}.ndjson" for n in range(len(tried))]
    files[0].parent.mkdir(exist_ok=True)
    for n, file in enumerate(files):
        file.write_bytes(scripts.lines(f"full{n}"))
    with in_use(), filled():
        for n, script in enumerate(tried):
            done = play.child(lambda: script(f"full{n}", first)) or {"trouble": "killed"}  # noqa: B023
            said.append(f"{script.__name__} beside another: {done.get('trouble', 'done')[-900:]}")
    with filled():
        for n, script in enumerate(tried):
            done = play.child(lambda: script(f"full{n}", first)) or {"trouble": "killed"}  # noqa: B023 - run at once
            said.append(f"{script.__name__}: {done.get('trouble', 'done')[-900:]}")
        worker = play.child(lambda: scripts.worker("full", first)) or {"trouble": "killed"}
        said.append(f"worker: {worker.get('trouble', 'done')[-900:]}")
    play.at += timedelta(minutes=11)
    for n, script in enumerate(tried):
        play.last(script, f"full{n}", first)
    return said


def clock(play: Play) -> list[str]:
    """The clock goes back by hours in the middle, while a worker is dead with its job in hand."""
    from tests.kills import scripts

    play.at += timedelta(days=1)
    todo = [scripts.incident, scripts.order, scripts.batch, scripts.evidence]
    for turn in range(3):
        for script in todo:
            play.last(script, f"back{turn}{script.__name__}", play.at)
        play.at += timedelta(minutes=50)
        play.last(scripts.worker, "before", play.at)
        play.last(scripts.batch, f"left{turn}", play.at)
        play.child(lambda: scripts.worker("dead", play.at), nth=9)
        play.at -= timedelta(hours=2)
        play.last(scripts.worker, "back", play.at)
        play.last(scripts.batch, f"after{turn}", play.at)
        play.at += timedelta(minutes=11)
    return []


def main(verb: str) -> None:
    ready()
    play = Play(1, 0)
    said = {"disk": disk, "clock": clock}[verb](play)
    told: dict[str, Any] = {"said": said, **play.play()}
    print(json.dumps(told, default=str))


if __name__ == "__main__":
    main(sys.argv[1])
