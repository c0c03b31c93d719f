"""The lake: event batches as Parquet files, written crash-safe and named by what they hold.

A file appears whole or not at all (temporary file, fsync, rename, fsync of the folder). Its name is the batch's
SHA-256, so sending a batch again after a crash writes the same file; a file without a receipt is harmless.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from bastide.engines.frames import EVENT

ROW_GROUP = 16_384
_SAFE = re.compile(r"^[a-z0-9][a-z0-9._-]*$")


@dataclass(frozen=True)
class Kept:
    """One event that is kept: its line, stated time and host, and the event as JSON text."""

    line: int
    at: datetime | None
    host: str
    raw: str


@dataclass(frozen=True)
class PutAside:
    """One line that is not evaluated, with the reason; the line itself is never lost."""

    line: int
    code: str  # a key of `reasons.EVENT`
    reason: str
    raw: str


def _folder(name: str, source: str) -> Path:
    if not _SAFE.match(source):
        raise ValueError(f"'{source}' is no name of a source")
    return _lake() / name / f"source={source}"


def _lake() -> Path:
    return Path(settings.BASTIDE_HOME) / "lake"


def events_path(source: str, sha256: str) -> Path:
    return _folder("events", source) / f"{sha256}.parquet"


def quarantine_path(source: str, sha256: str) -> Path:
    return _folder("quarantine", source) / f"{sha256}.ndjson"


def matches_path(source: str, sha256: str) -> Path:
    return _folder("matches", source) / f"{sha256}.parquet"


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then put it in place for good."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.draft")
    try:
        write(draft)
        with open(draft, "rb") as file:
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)  # on a full disk its space is wanted back
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep_drafts(*, before: float) -> int:
    """Remove what killed processes left half written; `before` is a time of the file system. Returns how many."""
    left = [path for path in _lake().glob("*/*/.*.draft") if path.stat().st_mtime < before]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def keep_events(source: str, sha256: str, events: Iterable[Kept]) -> Path:
    """Write the accepted events of a batch, a row group at a time, so that a large one does not fill the memory."""
    path = events_path(source, sha256)
    _whole(path, lambda draft: _write_events(draft, source, events))
    return path


def _write_events(draft: Path, source: str, events: Iterable[Kept]) -> None:
    waiting = iter(events)
    with pq.ParquetWriter(draft, EVENT, compression="zstd") as writer:
        while rows := list(islice(waiting, ROW_GROUP)):
            writer.write_table(_table(source, rows), row_group_size=ROW_GROUP)


def _table(source: str, rows: list[Kept]) -> pa.Table:
    return pa.Table.from_arrays(
        [
            pa.array([source] * len(rows), pa.string()),
            pa.array([row.line for row in rows], pa.int64()),
            pa.array([row.at for row in rows], pa.timestamp("us", tz="UTC")),
            pa.array([row.host or None for row in rows], pa.string()),
            pa.array([row.raw for row in rows], pa.string()),
        ],
        schema=EVENT,
    )


def keep_quarantine(source: str, sha256: str, lines: Iterable[PutAside]) -> Path | None:
    """Write what was put aside, one JSON object a line; None if there is nothing."""
    content = b"".join(orjson.dumps(row) + b"\n" for row in lines)
    if not content:
        return None
    path = quarantine_path(source, sha256)
    _whole(path, lambda draft: draft.write_bytes(content))
    return path


def keep_matches(source: str, sha256: str, rows: Iterable[tuple[int, str]]) -> Path:
    """Write which rule fired on which line of a batch."""
    pairs = list(rows)
    table = pa.table(
        {
            "line": pa.array([line for line, _rule in pairs], pa.int64()),
            "rule_id": pa.array([rule for _line, rule in pairs], pa.string()),
        }
    )
    path = matches_path(source, sha256)
    _whole(path, lambda draft: pq.write_table(table, draft, compression="zstd"))
    return path


def events_of(source: str, sha256: str) -> pa.Table:
    """The accepted events of a batch, schema `frames.EVENT`."""
    return pq.read_table(events_path(source, sha256), schema=EVENT, partitioning=None)


def quarantine_of(source: str, sha256: str, *, limit: int | None = None) -> list[PutAside]:
    """What was put aside of a batch, in line order."""
    path = quarantine_path(source, sha256)
    if not path.exists():
        return []
    with open(path, "rb") as file:
        lines = (line for number, line in enumerate(file) if limit is None or number < limit)
        return [PutAside(**orjson.loads(line)) for line in lines]


def matches_of(source: str, sha256: str) -> list[tuple[int, str]]:
    """Which rule fired on which line of a batch; empty if it was not evaluated."""
    path = matches_path(source, sha256)
    if not path.exists():
        return []
    table = pq.read_table(path, partitioning=None)
    return list(zip(table.column("line").to_pylist(), table.column("rule_id").to_pylist(), strict=True))
