"""The lake: event batches as Parquet files, written crash-safe and named by what they hold.

`events/day=2026-03-01/source=edge-a/<SHA-256 of the batch>.parquet`, the day being the one of its receipt in UTC. The
receipts in the database are the catalogue: a *place* is the path below `events/`, and a file that no receipt names is
harmless and swept after a while. Small files of a source and day are joined later into one (`join`), which has a
column `batch` besides; a reader that misses a file asks the catalogue again.

A file appears whole or not at all (temporary file, fsync, rename, fsync of the folder). Columns may be added to the
schema without rewriting: a column that an old file lacks is read as null.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from bastide.engines.frames import EVENT

ROW_GROUP = 16_384
DIGEST = b"rules_digest"
BATCH = pa.field("batch", pa.string(), nullable=False, metadata={"means": "SHA-256 of the batch, in joined files"})
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
    return _lake() / name / f"source={_named(source)}"


def _lake() -> Path:
    return Path(settings.BASTIDE_HOME) / "lake"


def place_of(source: str, sha256: str, at: datetime) -> str:
    """Where a batch received at this moment is kept, below `events/`."""
    return f"{_partition(source, at.astimezone(UTC).date())}/{sha256}.parquet"


def place_before_days(source: str, sha256: str) -> str:
    """Where a batch lies that was received before the lake had days."""
    return f"source={_named(source)}/{sha256}.parquet"


def _partition(source: str, day: date) -> str:
    return f"day={day.isoformat()}/source={_named(source)}"


def _named(source: str) -> str:
    if not _SAFE.match(source):
        raise ValueError(f"'{source}' is no name of a source")
    return source


def events_path(place: str) -> Path:
    return _lake() / "events" / place


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
    return _unlinked(_lake().rglob(".*.draft"), before)


def sweep_unnamed(places: Collection[str], *, before: float) -> int:
    """Remove event files that no receipt names and that nobody touched since `before`. Returns how many."""
    events = _lake() / "events"
    unnamed = (path for path in events.rglob("[!.]*.parquet") if str(path.relative_to(events)) not in places)
    return _unlinked(unnamed, before)


def _unlinked(paths: Iterable[Path], before: float) -> int:
    left = [path for path in paths if path.stat().st_mtime < before]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def keep_events(place: str, source: str, events: Iterable[Kept]) -> Path:
    """Write the accepted events of a batch, a row group at a time, so that a large one does not fill the memory."""
    path = events_path(place)
    _whole(path, lambda draft: _write_events(draft, source, events))
    return path


def join(source: str, day: date, batches: Sequence[tuple[str, str]]) -> str:
    """Write the events of several batches, (SHA-256, place) each, into one file; returns its place.

    The files joined stay until they are swept: whoever reads them now may go on. Their time is set to now, so that the
    sweeping counts from here.
    """
    digest = hashlib.sha256("".join(sorted(sha256 for sha256, _place in batches)).encode()).hexdigest()
    place = f"{_partition(source, day)}/joined-{digest}.parquet"
    _whole(events_path(place), lambda draft: _write_joined(draft, batches))
    for _sha256, joined in batches:
        os.utime(events_path(joined))
    return place


def _write_joined(draft: Path, batches: Sequence[tuple[str, str]]) -> None:
    schema = EVENT.append(BATCH)
    waiting: list[pa.Table] = []
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for sha256, place in batches:
            events = events_of(place, sha256)
            waiting.append(events.append_column(BATCH, pa.repeat(pa.scalar(sha256, BATCH.type), events.num_rows)))
            if sum(table.num_rows for table in waiting) >= ROW_GROUP:
                writer.write_table(pa.concat_tables(waiting), row_group_size=ROW_GROUP)
                waiting.clear()
        if waiting:
            writer.write_table(pa.concat_tables(waiting), row_group_size=ROW_GROUP)


def forget(place: str) -> None:
    """Remove an event file for good; its retention has ended."""
    events_path(place).unlink(missing_ok=True)


def forget_traces(source: str, sha256: str) -> None:
    """Remove what was put aside and what was found of a batch whose events are gone."""
    quarantine_path(source, sha256).unlink(missing_ok=True)
    matches_path(source, sha256).unlink(missing_ok=True)


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


def keep_matches(source: str, sha256: str, rows: Iterable[tuple[int, str]], rules_digest: str) -> Path:
    """Write which rule fired on which line of a batch, and by which rules that was found."""
    pairs = sorted(rows)
    table = pa.table(
        {
            "line": pa.array([line for line, _rule in pairs], pa.int64()),
            "rule_id": pa.array([rule for _line, rule in pairs], pa.string()),
        }
    ).replace_schema_metadata({DIGEST: rules_digest})
    path = matches_path(source, sha256)
    _whole(path, lambda draft: pq.write_table(table, draft, compression="zstd"))
    return path


def events_of(place: str, sha256: str) -> pa.Table:
    """The accepted events of a batch, schema `frames.EVENT`. Raises FileNotFoundError where the file was joined."""
    with pq.ParquetFile(events_path(place)) as file:
        if BATCH.name not in file.schema_arrow.names:
            return _as_events(file.read())
    held = pq.read_table(events_path(place), filters=[(BATCH.name, "==", sha256)], partitioning=None)
    return _as_events(held)


def _as_events(table: pa.Table) -> pa.Table:
    """The columns of `frames.EVENT`; one that an older file lacks is null."""
    columns = [
        table.column(field.name) if field.name in table.schema.names else pa.nulls(table.num_rows, field.type)
        for field in EVENT
    ]
    return pa.Table.from_arrays(
        [column.cast(field.type) for column, field in zip(columns, EVENT, strict=True)], EVENT.names
    ).cast(EVENT)


def quarantine_of(source: str, sha256: str, *, limit: int | None = None) -> list[PutAside]:
    """What was put aside of a batch, in line order."""
    path = quarantine_path(source, sha256)
    if not path.exists():
        return []
    with open(path, "rb") as file:
        lines = (line for number, line in enumerate(file) if limit is None or number < limit)
        return [PutAside(**orjson.loads(line)) for line in lines]


def evaluated_by(source: str, sha256: str) -> str:
    """The digest of the rules whose matches of a batch are kept; "" if there are none, or it is not known."""
    path = matches_path(source, sha256)
    if not path.exists():
        return ""
    metadata = pq.read_schema(path).metadata or {}
    return str(metadata.get(DIGEST, b"").decode())


def matches_of(source: str, sha256: str) -> list[tuple[int, str]]:
    """Which rule fired on which line of a batch; empty if it was not evaluated."""
    path = matches_path(source, sha256)
    if not path.exists():
        return []
    table = pq.read_table(path, partitioning=None)
    return list(zip(table.column("line").to_pylist(), table.column("rule_id").to_pylist(), strict=True))
