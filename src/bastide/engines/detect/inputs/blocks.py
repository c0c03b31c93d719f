"""What every reader gives: some events at a time, with the number of each and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from bastide.engines.detect.event import Poison, Trouble
from bastide.engines.detect.native.columns import events_of
from bastide.engines.detect.parse import parse

ROWS: Final = 16_384

Told = Callable[[int], None]
"""Is told how many bytes of the file were read since the last time."""


class Unreadable(ValueError):
    """The file cannot be read at all."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a file: its number, counted from 0, and the event, or what is wrong with it."""

    number: int
    event: Any
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Some events: a column `raw` of JSON texts, or columns that are fields; the number of each in its file; and what
    was no event."""

    batch: pa.RecordBatch
    numbers: Sequence[int]
    troubles: tuple[Trouble, ...] = ()

    def given(self, at: int) -> Any:
        """One event as it was read: bytes of JSON, or a dict."""
        if "raw" in self.batch.schema.names:
            return self.batch.column("raw")[at].as_py()
        return events_of(self.batch.slice(at, 1).to_pylist()[0])

    def event(self, at: int) -> Any:
        """One event; Poison where it is none."""
        given = self.given(at)
        return parse(given) if isinstance(given, str | bytes) else given

    def each(self) -> Iterator[Line]:
        """Events and troubles in order. Lines of nothing but spaces are neither."""
        aside = {trouble.event: trouble for trouble in self.troubles}
        places = {number: at for at, number in enumerate(self.numbers)}
        for number in sorted({*aside, *places}):
            if number in aside:
                yield Line(number, None, aside[number])
            elif not _blank(given := self.given(places[number])):
                yield _line(number, given)


def _blank(given: object) -> bool:
    return isinstance(given, str | bytes) and (not given or given.isspace())


def _line(number: int, given: Any) -> Line:
    try:
        return Line(number, parse(given) if isinstance(given, str | bytes) else given)
    except Poison as problem:
        return Line(number, None, Trouble(number, problem.code, str(problem)))


def of_texts(texts: list[bytes], numbers: Sequence[int], troubles: tuple[Trouble, ...] = ()) -> Block:
    """A block of JSON texts."""
    return Block(pa.record_batch({"raw": pa.array(texts, pa.large_binary())}), numbers, troubles)
