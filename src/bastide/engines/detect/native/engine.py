"""Runs batches through the kernel: routes are made as events ask for them, and what the kernel leaves is told apart.

The kernel answers for nearly every event. It leaves to Python, and only names here: events it does not read (`odd`:
lists in fields rules ask for, doubled names, broken characters), and rules whose answer hangs on a question it does not
know (`asks`: regular expressions, networks, parts of times).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, pairwise
from threading import Lock
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bastide.engines.detect.event import METADATA
from bastide.engines.detect.plan import CHANNEL, EVENT_ID, Key, Plan, Route
from bastide.engines.detect.tree import fields

from .columns import Columns
from .kernel import KernelPlan, Numbers, Outcome, Worker
from .program import Writer

_ROUTING: Final = (CHANNEL, EVENT_ID, "sigma_product", "sigma_category", "sigma_service")
_SAMPLE: Final = 256
_CHUNK: Final = 8_192
_OFTEN: Final = 3

Event = Mapping[str, Any]
Fetch = Callable[[Sequence[int]], list[Event | None]]
"""Events by their numbers, flat; None where one cannot be read."""


@dataclass(frozen=True, slots=True)
class Left:
    """What the kernel found in a batch, and what it left: pairs that match, pairs to ask about, events to read."""

    matches: Numbers
    asks: Numbers
    odd: Numbers


class Engine:
    """A plan with its programs and workers."""

    def __init__(self, plan: Plan) -> None:
        names = dict.fromkeys((*_ROUTING, *sorted(METADATA)))
        for rule in plan.rules:
            names.update(dict.fromkeys(chain(fields(rule.gate), fields(rule.tree))))
        self.slots = {name: slot for slot, name in enumerate(names)}
        self._plan = plan
        self._kernel = KernelPlan(list(names), [name in METADATA for name in names], range(len(_ROUTING)))
        self._lock = Lock()  # one batch at a time: a run may make programs, which the others read
        self._workers: list[Worker] = []
        self._programs: dict[Key, int] = {}
        self._declared: dict[Key, int] = {}
        self._trained: dict[Key, int] = {}

    def lines(self, raw: pa.Array, declared: Key, fetch: Fetch, threads: int) -> Left:
        """Evaluates an array of JSON texts."""
        address, size, offsets = _texts(raw)
        number = self._declared.setdefault(declared, len(self._declared))

        def run(worker: Worker, chosen: Numbers | None, count: int) -> Outcome:
            return worker.lines(address, size, offsets, chosen, number, count)

        with self._lock:
            return self._settle(run, len(raw), declared, fetch, threads)

    def rows(self, columns: Columns, declared: Key, fetch: Fetch, threads: int) -> Left:
        """Evaluates rows of columns."""
        described = columns.described(self.slots)
        number = self._declared.setdefault(declared, len(self._declared))

        def run(worker: Worker, chosen: Numbers | None, count: int) -> Outcome:
            return worker.rows(described, chosen, number, count)

        with self._lock:
            return self._settle(run, columns.count, declared, fetch, threads)

    def _settle(
        self,
        run: Callable[[Worker, Numbers | None, int], Outcome],
        count: int,
        declared: Key,
        fetch: Fetch,
        threads: int,
    ) -> Left:
        """Runs all events, then again those whose route was not known before."""
        parts = self._first(run, count, threads)
        outcomes = [outcome for _, outcome in parts]
        odd: list[Numbers] = []
        while any(len(outcome.pending) for _, outcome in parts):
            known = [self._learn(worker, outcome, declared, fetch, odd) for worker, outcome in parts]
            worker, chosen = parts[0][0], np.sort(np.concatenate(known))
            parts = [(worker, run(worker, chosen, len(chosen)))]
            outcomes.append(parts[0][1])
        self._look_again()
        return Left(
            np.concatenate([outcome.matches for outcome in outcomes]),
            np.concatenate([outcome.asks for outcome in outcomes]),
            np.concatenate([outcome.odd for outcome in outcomes] + odd),
        )

    def _first(
        self, run: Callable[[Worker, Numbers | None, int], Outcome], count: int, threads: int
    ) -> list[tuple[Worker, Outcome]]:
        shares = max(1, min(threads, count // _CHUNK))
        while len(self._workers) < shares:
            self._workers.append(Worker(self._kernel))
        if shares == 1:
            return [(self._workers[0], run(self._workers[0], None, count))]
        bounds = [count * share // shares for share in range(shares + 1)]
        each = [np.arange(first, last, dtype=np.uint32) for first, last in pairwise(bounds)]
        with ThreadPoolExecutor(shares) as pool:
            done = pool.map(lambda worker, chosen: run(worker, chosen, len(chosen)), self._workers, each)
            return list(zip(self._workers, done, strict=False))

    def _learn(self, worker: Worker, outcome: Outcome, declared: Key, fetch: Fetch, odd: list[Numbers]) -> Numbers:
        """Makes the programs for keys that were met for the first time; returns the events to run again."""
        if not len(outcome.pending):
            return np.empty(0, np.uint32)
        order = np.argsort(outcome.pending[:, 1], kind="stable")
        events, keys = outcome.pending[order, 0], outcome.pending[order, 1]
        starts = np.searchsorted(keys, np.arange(outcome.unknown + 1))
        met: dict[Key, list[tuple[int, list[Event]]]] = {}
        again = []
        for unknown in range(outcome.unknown):
            mine = events[starts[unknown] : starts[unknown + 1]]
            sample = [event for event in fetch(mine[:: max(1, len(mine) // _SAMPLE)][:_SAMPLE].tolist()) if event]
            if not sample:
                odd.append(mine)
                continue
            again.append(mine)
            met.setdefault(self._plan.key(sample[0], declared), []).append((unknown, sample))
        for key, known in met.items():
            program = self._program(key, [event for _, sample in known for event in sample])
            for unknown, _ in known:
                worker.know(unknown, program)
        return np.concatenate(again) if again else np.empty(0, np.uint32)

    def _program(self, key: Key, sample: list[Event]) -> int:
        known = self._programs.get(key)
        if known is None:
            route: Route = self._plan.route(key, sample)
            written = Writer(route, self.slots) if route.rules else None
            known = self._programs[key] = self._kernel.add(written.numbers, written.texts) if written else -1
        return known

    def _look_again(self) -> None:
        """Routes that were trained on few events and have met many more are trained anew with the next batch."""
        for key, program in list(self._programs.items()):
            times = self._trained.get(key, 0)
            if program < 0 or times >= _OFTEN:
                continue
            if self._plan.outgrown(key, sum(worker.met(program) for worker in self._workers)):
                self._kernel.drop(program)
                del self._programs[key]
                self._trained[key] = times + 1


def _texts(raw: pa.Array) -> tuple[int, int, NDArray[np.int64]]:
    """Address and size of the texts of an array, and where each begins and ends."""
    _, offsets, texts = raw.buffers()
    wide = pa.types.is_large_string(raw.type) or pa.types.is_large_binary(raw.type)
    whole = np.frombuffer(offsets, np.int64 if wide else np.int32) if offsets else np.zeros(1, np.int64)
    mine = whole[raw.offset : raw.offset + len(raw) + 1].astype(np.int64)
    return (texts.address, texts.size, mine) if texts else (0, 0, mine)
