"""Events from files of many formats: each becomes blocks of JSON texts or columns, told by content, not by name."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from . import evtx, lines, records, tables
from .blocks import Block, Line, Told, Unreadable
from .opened import START, opened

__all__ = ["FORMATS", "START", "Block", "Line", "Told", "Unreadable", "blocks", "blocks_in", "form_of", "read"]

FORMATS: Final = ("ndjson", "evtx", "parquet", "arrow", "zeek", "suricata", "auditd", "syslog", "cef")
"""What `blocks` reads; `ndjson` stands for any JSON objects, one a line."""

_NAMED: Final = {".parquet": "parquet", ".arrow": "arrow", ".evtx": "evtx"}
"""Names that leave no doubt: such a file that is damaged is not read as something else."""

_LINES: Final[dict[str, Callable[[bytes], records.Reader]]] = {
    "zeek": records.zeek,
    "suricata": records.suricata,
    "auditd": records.auditd,
    "syslog": records.syslog,
    "cef": records.syslog,
}


def blocks(path: Path, *, told: Told = lambda count: None, form: str | None = None) -> Iterator[Block]:
    """The events of a file, some thousands at a time; `-` is standard input. `form` is one of FORMATS, else it is told
    from the first bytes. Raises Unreadable where the file cannot be opened."""
    try:
        with opened(path, told) as stream:
            known = form or _NAMED.get(path.suffix) or form_of(stream.peek(START)[:START])
            if known in ("parquet", "arrow") and str(path) != "-":
                yield from tables.blocks(path, known)
            else:
                yield from blocks_in(stream, known)
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror or problem}") from problem


def blocks_in(stream: io.BufferedReader, form: str | None = None) -> Iterator[Block]:
    """The events of an open stream that is not packed. Raises Unreadable where it is nothing of its format."""
    start = stream.peek(START)[:START]
    known = form or form_of(start)
    if known == "evtx":
        yield from evtx.blocks(stream)
    elif known in ("parquet", "arrow"):
        yield from tables.blocks(stream, known)
    elif known in _LINES:
        yield from records.blocks(stream, _LINES[known](start))
    else:
        yield from lines.blocks(stream)


def read(path: Path, *, told: Told = lambda count: None, form: str | None = None) -> Iterator[Line]:
    """Every event of a file, one by one."""
    for block in blocks(path, told=told, form=form):
        yield from block.each()


def form_of(start: bytes) -> str:
    """The format of a file from its first bytes; `ndjson` where nothing else is recognised."""
    if start.startswith(b"ElfFile\0"):
        return "evtx"
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"ARROW1", tables.STREAM)):
        return "arrow"
    return records.form(start) or "ndjson"
