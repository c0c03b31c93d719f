"""JSON objects, one a line: read by the megabyte, and handed on without being looked at."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from bastide.engines.detect.event import LONGEST, Trouble

from .blocks import Block
from .opened import DAMAGED

_AT_ONCE: Final = 16 << 20
_PIECE: Final = 1 << 17
_MOST_LINES: Final = 131_072


def blocks(stream: io.BufferedReader) -> Iterator[Block]:
    """The lines of a stream. One that is too long to be held is named and left out; where a packed file is cut off,
    everything before was given."""
    number, rest, first = 0, b"", True
    while True:
        content, problem = _read(stream)
        if problem is not None:
            whole, newline, _ = (rest + content).rpartition(b"\n")
            yield from _lines(whole + newline, number)
            yield _cut(number + whole.count(b"\n") + len(newline), problem)
            return
        if first:
            content, first = content.removeprefix(b"\xef\xbb\xbf"), False
        if not content:
            yield from _lines(rest, number)
            return
        whole, newline, tail = (rest + content).rpartition(b"\n")
        yield from _lines(whole + newline, number)
        number += whole.count(b"\n") + len(newline)
        rest = tail
        if len(rest) > LONGEST:
            length, rest = _skipped(stream, len(rest))
            yield Block(_batch(b"", np.zeros(1, np.int64)), (), (_too_long(number, length),))
            number += 1


def _lines(text: bytes, number: int) -> Iterator[Block]:
    """Whole lines as blocks."""
    if not text:
        return
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == 10) + 1
    offsets = np.concatenate([[0], ends, [] if text.endswith(b"\n") else [len(text)]]).astype(np.int64)
    for start in range(0, len(offsets) - 1, _MOST_LINES):
        part = offsets[start : start + _MOST_LINES + 1]
        yield Block(_batch(text, part), range(number + start, number + start + len(part) - 1))


def _batch(text: bytes, offsets: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.RecordBatch:
    """The lines between offsets as a column, without a copy."""
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(text)]
    raw = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    return pa.record_batch({"raw": raw})


def _skipped(stream: io.BufferedReader, length: int) -> tuple[int, bytes]:
    """Reads on to the end of a line that is too long: its length, and what follows it."""
    while content := stream.read(_AT_ONCE):
        end, newline, rest = content.partition(b"\n")
        length += len(end)
        if newline:
            return length, rest
    return length, b""


def _too_long(number: int, length: int) -> Trouble:
    return Trouble(number, "long", f"{length:,} bytes, at most {LONGEST:,} are read")


def _read(stream: io.BufferedReader) -> tuple[bytes, Exception | None]:
    """The next megabytes, and why there are no more of them."""
    parts, size = [], 0
    try:
        while size < _AT_ONCE and (part := stream.read1(_PIECE)):
            parts.append(part)
            size += len(part)
    except DAMAGED as problem:
        return b"".join(parts), problem
    return b"".join(parts), None


def _cut(number: int, problem: Exception) -> Block:
    reason = f"the file is damaged or cut off after line {number - 1}: {problem}"
    return Block(_batch(b"", np.zeros(1, np.int64)), (), (Trouble(number, "cut", reason),))
