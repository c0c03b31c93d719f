"""Parquet and Arrow files: a column `raw` of JSON texts (schema `frames.EVENT`), else every column a field."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from .blocks import Block, Unreadable

STREAM: Final = b"\xff\xff\xff\xff"
_ROWS: Final = 65_536


def blocks(source: Path | io.BufferedReader, form: str) -> Iterator[Block]:
    """The rows of a table, some at a time; numbers count rows."""
    number = 0
    content = source if isinstance(source, Path) else pa.BufferReader(source.read())
    try:
        for batch in _parquet(content) if form == "parquet" else _arrow(content):
            yield Block(batch, range(number, number + len(batch)))
            number += len(batch)
    except pa.ArrowException as problem:
        raise Unreadable(f"{source}: {problem}") from problem


def _parquet(content: object) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(content) as table:
        raw = "raw" in table.schema_arrow.names
        yield from table.iter_batches(batch_size=_ROWS, columns=["raw"] if raw else None)


def _arrow(content: Any) -> Iterator[pa.RecordBatch]:
    """A file of Arrow IPC, or a stream of it, which begins with a continuation mark."""
    source = pa.OSFile(str(content)) if isinstance(content, Path) else content
    start = source.read(len(STREAM))
    source.seek(0)
    if start == STREAM:
        with pa.ipc.open_stream(source) as stream:
            yield from stream
        return
    with pa.ipc.open_file(source) as table:
        for at in range(table.num_record_batches):
            yield table.get_batch(at)
