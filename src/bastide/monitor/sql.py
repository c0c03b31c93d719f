"""SQL over events, for experts: one SELECT in a DuckDB that can open the files it was given and nothing else.

The files are those of batches the person may see. Tables: `events` (batch, source, line, at, host, raw); function
`field(raw, 'name')`. Bounded in time, memory, threads and rows; no setting can be changed from within.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import duckdb
import pyarrow as pa

from bastide.engines.frames import EVENT

SECONDS: Final = 20.0
ROWS: Final = 1_000
MEMORY: Final = "1GB"
CELL: Final = 2_000  # characters of a value that are shown

_EVENTS: Final = """
    CREATE VIEW events AS
    SELECT b.number AS batch, e.source, e.line, coalesce(e."at", b.received) AS "at", e.host, e.raw
    FROM read_parquet(getvariable('files'), union_by_name = true, filename = true, hive_partitioning = false) AS e
    JOIN batches AS b ON b.file = e.filename {of_batch}
    WHERE coalesce(e."at", b.received) >= getvariable('since')
      AND coalesce(e."at", b.received) < getvariable('until')
"""
_OF_BATCH: Final = "AND (b.is_alone OR e.batch = b.sha256)"


class WrongQuery(ValueError):
    """The query is none, or cannot be answered; the text says why, in DuckDB's words."""


@dataclass(frozen=True)
class Batched:
    """A batch as a query needs it: its number, SHA-256, the file of its events and when it was received."""

    number: str
    sha256: str
    file: str
    received: datetime


@dataclass(frozen=True)
class Answer:
    """Columns and rows of a result, whether there were more rows than are given, and the seconds it took."""

    columns: list[str]
    rows: list[list[Any]]
    is_cut: bool
    seconds: float


def ask(query: str, batches: Sequence[Batched], since: datetime, until: datetime, *, rows: int = ROWS) -> Answer:
    """Answer one SELECT over the events of these batches that happened from `since` to before `until`."""
    begun = time.monotonic()
    with duckdb.connect(":memory:", config={"memory_limit": MEMORY, "threads": "1"}) as base:
        timer = threading.Timer(SECONDS, base.interrupt)
        timer.start()
        try:
            _furnish(base, batches, since, until)
            found = base.sql(_only_select(query)).to_arrow_reader(rows + 1)
            table = _first(found, rows + 1)
        except duckdb.InterruptException as problem:
            raise WrongQuery(f"stopped after {SECONDS:.0f} s: ask for less time, or fewer columns") from problem
        except duckdb.Error as problem:
            raise WrongQuery(str(problem)) from problem
        finally:
            timer.cancel()
    values = [[_shown(value) for value in row.values()] for row in table.slice(0, rows).to_pylist()]
    return Answer(table.schema.names, values, table.num_rows > rows, round(time.monotonic() - begun, 2))


def _only_select(query: str) -> str:
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as problem:
        raise WrongQuery(str(problem)) from problem
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise WrongQuery("write one SELECT")
    return statements[0].query


def _furnish(base: duckdb.DuckDBPyConnection, batches: Sequence[Batched], since: datetime, until: datetime) -> None:
    """The view and the function a query may use; then every way out is shut."""
    files = sorted({batch.file for batch in batches})
    base.execute("SET TimeZone = 'UTC'")
    base.register("receipts", _receipts(batches))
    base.execute("CREATE TABLE batches AS SELECT * FROM receipts")
    base.unregister("receipts")
    base.execute("SET allowed_paths = ?", [files])
    base.execute("SET enable_external_access = false")
    base.execute("SET python_enable_replacements = false")  # no variable of this program is a table
    base.execute("CREATE MACRO field(event, name) AS json_extract_string(event, '$.' || name)")
    if files:
        for name, value in {"files": files, "since": since, "until": until}.items():
            base.execute(f"SET VARIABLE {name} = ?", [value])
        base.execute(_EVENTS.format(of_batch=_OF_BATCH if any(map(_is_joined, batches)) else ""))
    else:
        base.register("nothing", EVENT.insert(0, pa.field("batch", pa.string())).empty_table())
        base.execute("CREATE TABLE events AS SELECT * FROM nothing")
        base.unregister("nothing")
    base.execute("SET lock_configuration = true")


def _is_joined(batch: Batched) -> bool:
    return "/joined-" in batch.file


def _receipts(batches: Sequence[Batched]) -> pa.Table:
    return pa.table(
        {
            "number": pa.array([batch.number for batch in batches], pa.string()),
            "sha256": pa.array([batch.sha256 for batch in batches], pa.string()),
            "file": pa.array([batch.file for batch in batches], pa.string()),
            "received": pa.array([batch.received for batch in batches], pa.timestamp("us", tz="UTC")),
            "is_alone": pa.array([not _is_joined(batch) for batch in batches], pa.bool_()),
        }
    )


def _first(reader: pa.RecordBatchReader, most: int) -> pa.Table:
    """At most so many rows, reading no further than needed."""
    taken: list[pa.RecordBatch] = []
    count = 0
    for batch in reader:
        taken.append(batch.slice(0, most - count))
        count += taken[-1].num_rows
        if count >= most:
            break
    return pa.Table.from_batches(taken, reader.schema)


def _shown(value: Any) -> Any:
    """A value as a cell: texts cut at a length, times as text, everything else as it prints."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text if len(text) <= CELL else text[:CELL] + "…"
