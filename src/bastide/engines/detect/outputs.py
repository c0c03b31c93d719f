"""Where matches are written: lines of JSON, or a Parquet file with the same columns."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Protocol, Self

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from .correlation import Found
from .evidence import evidence, time_of
from .indicators import Indicator
from .rules import Rule

FOUND: Final = pa.schema(
    [
        pa.field("rule_id", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC")),
        pa.field("level", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("fields", pa.string(), nullable=False, metadata={"means": "one JSON object"}),
    ]
)
"""A match as `bastide detect --format parquet` writes it."""

INDICATED: Final = "high"
"""The level of an indicator that was found: lists of indicators state none."""

_ROWS: Final = 65_536


@dataclass(frozen=True, slots=True)
class Row:
    """What was found in one event: a rule, an indicator, or the correlation it completes."""

    rule_id: str
    file: str
    line: int
    time: datetime | None
    level: str
    title: str
    fields: bytes  # one JSON object

    @classmethod
    def of_match(cls, rule: Rule, path: Path, line: int, event: dict[str, Any]) -> Row:
        fields = orjson.dumps(evidence(rule, event), default=str)
        return cls(rule.id, str(path), line, time_of(event), rule.level, rule.title, fields)

    @classmethod
    def of_indicator(cls, one: Indicator, path: Path, line: int, event: dict[str, Any], fields: dict[str, Any]) -> Row:
        title = f"Indicator: {one.value} ({one.sort.name.lower()})"
        shown = orjson.dumps(fields, default=str)
        return cls(one.id, str(path), line, time_of(event), INDICATED, title, shown)

    @classmethod
    def of_correlation(cls, found: Found, path: Path, line: int) -> Row:
        """A correlation that holds, at the match by which it does: its group, the value asked about, and how many
        matches it rests on."""
        one = found.correlation
        shown = orjson.dumps({**dict(found.group), "value": found.value, "matches": found.hits})
        return cls(one.id, str(path), line, found.hit.time, one.level, one.title, shown)


class Output(Protocol):
    """Takes rows one by one, in order."""

    def write(self, row: Row) -> None: ...


class Lines:
    """One JSON object a line, into a file or to standard output."""

    def __init__(self, path: Path | None) -> None:
        self._path = None if path is None or str(path) == "-" else path

    def __enter__(self) -> Self:
        self._stream: IO[bytes] = sys.stdout.buffer if self._path is None else self._path.open("wb")
        return self

    def write(self, row: Row) -> None:
        """Writes one row."""
        told = {
            "rule_id": row.rule_id,
            "file": row.file,
            "line": row.line,
            "time": row.time.isoformat().replace("+00:00", "Z") if row.time else None,
            "level": row.level,
            "title": row.title,
            "fields": orjson.Fragment(row.fields),
        }
        self._stream.write(orjson.dumps(told) + b"\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.flush()
        if self._path is not None:
            self._stream.close()


class Table:
    """A Parquet file of schema FOUND, written some thousand rows at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[Row] = []

    def __enter__(self) -> Self:
        self._writer = pq.ParquetWriter(self._path, FOUND, compression="zstd")
        return self

    def write(self, row: Row) -> None:
        """Writes one row."""
        self._rows.append(row)
        if len(self._rows) >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(table_of(self._rows))
        self._rows = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._flush()
        self._writer.close()


def table_of(rows: list[Row]) -> pa.Table:
    """Rows as a table of schema FOUND."""
    columns = {name: [getattr(row, name) for row in rows] for name in FOUND.names}
    columns["fields"] = [fields.decode() for fields in columns["fields"]]
    return pa.Table.from_pydict(columns, schema=FOUND)
