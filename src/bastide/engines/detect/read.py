"""Events from files: NDJSON plain, in gzip or Zstandard, and Parquet. A line that is no event keeps its reason."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from .event import DEEPEST, LONGEST, Poison, Trouble

Told = Callable[[int], None]
"""Is told how many bytes of the file were read since the last time."""


class Unreadable(ValueError):
    """The file cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number, counted from 0, and the event, or what is wrong with it."""

    number: int
    event: Any
    trouble: Trouble | None = None


def read(path: Path, *, told: Told = lambda count: None) -> Iterator[Line]:
    """Every line of a file that is not empty; `-` reads standard input."""
    if path.suffix == ".parquet":
        yield from _rows(path)
        return
    number = -1
    try:
        with _opened(path, told) as stream:
            for number, line in enumerate(_lines(stream)):
                if isinstance(line, int):
                    reason = f"{line:,} bytes, at most {LONGEST:,} are read"
                    yield Line(number, None, Trouble(number, "long", reason))
                elif line and not line.isspace():
                    yield _line(number, line)
    except (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError) as problem:
        reason = f"the file is damaged or cut off after line {number}: {problem}"
        yield Line(number + 1, None, Trouble(number + 1, "cut", reason))
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror or problem}") from problem


def _line(number: int, line: bytes) -> Line:
    try:
        return Line(number, parse(line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line))
    except Poison as problem:
        return Line(number, None, Trouble(number, problem.code, str(problem)))


def parse(given: str | bytes) -> Any:
    """The JSON value of a text. Bytes and escapes that are no characters become U+FFFD; Poison where it is no JSON."""
    if len(given) > LONGEST:
        raise Poison("long", f"{len(given):,} characters, at most {LONGEST:,} are read")
    try:
        return orjson.loads(given)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as problem:
        return _patient(given, problem)


def _patient(given: str | bytes, problem: Exception) -> Any:
    """A second try for what the fast parser refuses though it can be read: broken characters, large numbers."""
    written = given.decode("utf-8", "replace") if isinstance(given, bytes) else given
    try:
        return without_surrogates(json.loads(written, parse_constant=_refuse))
    except RecursionError:
        raise Poison("deep", f"nested deeper than {DEEPEST} levels") from None
    except ValueError:
        raise Poison("json", f"not JSON: {problem}") from None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


def without_surrogates(value: Any, depth: int = 0) -> Any:
    """The value with halves of surrogate pairs, which are no characters, replaced by U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if depth > DEEPEST:
        raise Poison("deep", f"nested deeper than {DEEPEST} levels")
    if isinstance(value, Mapping):
        return {without_surrogates(name): without_surrogates(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [without_surrogates(each, depth + 1) for each in value]
    return value


def _lines(stream: IO[bytes]) -> Iterator[bytes | int]:
    """Lines, or the length of a line that is too long to be held."""
    while line := stream.readline(LONGEST + 2):
        if len(line.rstrip(b"\r\n")) <= LONGEST:
            yield line
            continue
        length = len(line)
        while line and not line.endswith(b"\n"):
            line = stream.readline(LONGEST)
            length += len(line)
        yield length


def _opened(path: Path, told: Told) -> IO[bytes]:
    source = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    plain = io.BufferedReader(_Counted(source, told), 1 << 17)
    start = plain.peek(4)[:4]
    if start.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=plain))
    if start == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(_Frames(plain), 1 << 17)
    return plain


class _Frames(io.RawIOBase):
    """The content of Zstandard frames; EOFError where the last one is cut off, after all it holds was given."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source = source
        self.ready = b""
        self.waiting = b""
        self.frame = zstandard.ZstdDecompressor().decompressobj()
        self.begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.ready:
            packed = self.waiting or self.source.read(1 << 14)
            self.waiting = b""
            if not packed:
                if self.begun:
                    raise EOFError("Zstandard frame ended before its end was reached")
                return 0
            self.ready, self.begun = self.frame.decompress(packed), True
            if self.frame.eof:
                self.waiting, self.begun = self.frame.unused_data, False
                self.frame = zstandard.ZstdDecompressor().decompressobj()
        part, self.ready = self.ready[: len(buffer)], self.ready[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self.source.close()
        super().close()


class _Counted(io.RawIOBase):
    """Passes bytes on and tells how many, for progress."""

    def __init__(self, source: IO[bytes], told: Told) -> None:
        self.source = source
        self.told = told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = self.source.read(len(buffer))
        buffer[: len(content)] = content
        self.told(len(content))
        return len(content)

    def close(self) -> None:
        if self.source is not sys.stdin.buffer:
            self.source.close()
        super().close()


def _rows(path: Path) -> Iterator[Line]:
    """Rows of a Parquet file: its column `raw` if there is one (schema frames.EVENT), else every column a field."""
    try:
        with pq.ParquetFile(path) as table:
            raw = "raw" in table.schema_arrow.names
            number = 0
            for batch in table.iter_batches(batch_size=8192, columns=["raw"] if raw else None):
                for row in batch.column("raw").to_pylist() if raw else batch.to_pylist():
                    yield _line(number, row.encode() if isinstance(row, str) else row) if raw else Line(number, row)
                    number += 1
    except (OSError, pa.ArrowException) as problem:
        raise Unreadable(f"{path}: {problem}") from problem
