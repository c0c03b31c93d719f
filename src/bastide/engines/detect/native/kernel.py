"""The compiled kernel as Python objects: a plan that all threads read, and a worker for each of them."""

from __future__ import annotations

import ctypes
import sys
from array import array
from collections.abc import Sequence
from ctypes import POINTER, c_char_p, c_int32, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LIBRARY: Final = Path(__file__).with_name("_kernel.so")
_TABLE: Final = 0x20000

Numbers = NDArray[np.uint32]


class _Outcome(ctypes.Structure):
    _fields_ = [(name, c_void_p) for name in ("matches", "asks", "odd", "pending")] + [
        (name, c_uint64) for name in ("n_matches", "n_asks", "n_odd", "n_pending", "n_unknown")
    ]


class Column(ctypes.Structure):
    """One column as Arrow lays it out; `slot` is the field's place in the plan, `layout` one of `columns.LAYOUTS`."""

    _fields_ = [
        ("slot", c_uint32),
        ("layout", c_uint32),
        ("plain", c_uint32),
        ("unused", c_uint32),
        ("valid", c_void_p),
        ("data", c_void_p),
        ("texts", c_void_p),
        ("size", c_uint64),
        ("first", c_uint64),
    ]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run: pairs (event, rule) that match, pairs to ask Python about, events to give to Python, and
    events whose route is not known yet with the number of their key."""

    matches: Numbers
    asks: Numbers
    odd: Numbers
    pending: Numbers
    unknown: int


@cache
def library() -> Any | None:
    """The compiled library; None where it was not built or is not for this machine."""
    if sys.byteorder != "little" or not LIBRARY.exists():
        return None
    try:
        loaded = ctypes.CDLL(str(LIBRARY))
    except OSError:
        return None
    loaded.bastide_plan.restype = c_void_p
    loaded.bastide_plan.argtypes = [c_char_p, POINTER(c_uint32), c_char_p, c_uint32, POINTER(c_uint32), c_void_p]
    loaded.bastide_plan_free.argtypes = [c_void_p]
    loaded.bastide_program.restype = c_int32
    loaded.bastide_program.argtypes = [c_void_p, c_void_p, c_uint64, c_char_p, c_uint64]
    loaded.bastide_program_drop.argtypes = [c_void_p, c_int32]
    loaded.bastide_worker.restype = c_void_p
    loaded.bastide_worker.argtypes = [c_void_p]
    loaded.bastide_worker_free.argtypes = [c_void_p]
    loaded.bastide_key.argtypes = [c_void_p, c_void_p, c_uint32, c_int32]
    loaded.bastide_met.restype = c_uint64
    loaded.bastide_met.argtypes = [c_void_p, c_int32]
    loaded.bastide_lines.restype = c_uint64
    loaded.bastide_lines.argtypes = [c_void_p, c_uint64, c_void_p, c_uint64]
    loaded.bastide_run_lines.argtypes = [
        c_void_p, c_void_p, c_void_p, c_void_p, c_uint64, c_uint64, c_uint32, POINTER(_Outcome),
    ]  # fmt: skip
    loaded.bastide_run_rows.argtypes = [
        c_void_p, c_void_p, c_uint64, c_void_p, c_uint64, c_uint32, POINTER(_Outcome),
    ]  # fmt: skip
    loaded.bastide_indicators.restype = c_void_p
    loaded.bastide_indicators_free.argtypes = [c_void_p]
    loaded.bastide_indicators_add.argtypes = [c_void_p, c_void_p, c_void_p, c_void_p, c_uint64, c_void_p]
    loaded.bastide_indicators_drop.argtypes = [c_void_p, c_uint32]
    loaded.bastide_finds.restype = c_void_p
    loaded.bastide_finds_free.argtypes = [c_void_p]
    loaded.bastide_indicators_look.argtypes = [
        c_void_p, c_void_p, c_void_p, c_void_p, c_uint32, c_uint64, c_uint32, POINTER(c_uint64),
    ]  # fmt: skip
    return loaded


@cache
def _lowering() -> Numbers:
    """The lower-case code point of each; 0 where it is several, or depends on the letters around it (final sigma)."""
    table = np.arange(_TABLE, dtype=np.uint32)
    for code in range(0x80, _TABLE):
        lower = chr(code).lower()
        table[code] = ord(lower) if len(lower) == 1 and code != 0x3A3 else 0
    table[0xD800:0xE000] = 0
    return table


class KernelPlan:
    """Names of fields and programs, as the kernel holds them."""

    def __init__(self, names: Sequence[str], metadata: Sequence[bool], routing: Sequence[int]) -> None:
        self._library = library()
        assert self._library is not None
        encoded = [name.encode("utf-8", "surrogatepass") for name in names]
        ends = array("I")
        total = 0
        for name in encoded:
            total += len(name)
            ends.append(total)
        c_ends = (c_uint32 * len(ends))(*ends)
        self._table = _lowering()
        self.handle = self._library.bastide_plan(
            b"".join(encoded), c_ends, bytes(metadata), len(encoded), (c_uint32 * 5)(*routing), self._table.ctypes.data
        )

    def __del__(self) -> None:
        handle = getattr(self, "handle", None)
        if handle and self._library is not None:
            self._library.bastide_plan_free(handle)

    def add(self, numbers: array[int], texts: bytes) -> int:
        """Takes a program in and gives its number."""
        address, count = numbers.buffer_info()
        number: int = self._library.bastide_program(self.handle, address, count, texts, len(texts))  # type: ignore[union-attr]
        if number < 0:
            raise ValueError("the kernel does not understand the program")
        return number

    def drop(self, program: int) -> None:
        """Forgets a program and the keys that lead to it."""
        self._library.bastide_program_drop(self.handle, program)  # type: ignore[union-attr]


class Worker:
    """What one thread needs to run a plan; the arrays it returns are copies."""

    def __init__(self, plan: KernelPlan) -> None:
        self._library = library()
        assert self._library is not None
        self._plan = plan
        self.handle = self._library.bastide_worker(plan.handle)
        self._outcome = _Outcome()

    def __del__(self) -> None:
        handle = getattr(self, "handle", None)
        if handle and self._library is not None:
            self._library.bastide_worker_free(handle)

    def lines(
        self, address: int, size: int, offsets: NDArray[np.int64], chosen: Numbers | None, declared: int, count: int
    ) -> Outcome:
        """Evaluates lines of JSON that lie in memory from `address`, line i between offsets i and i + 1."""
        self._library.bastide_run_lines(  # type: ignore[union-attr]
            self.handle, address, offsets.ctypes.data, None if chosen is None else chosen.ctypes.data, count, size,
            declared, self._outcome,
        )  # fmt: skip
        return self._taken()

    def rows(self, columns: Any, chosen: Numbers | None, declared: int, count: int) -> Outcome:
        """Evaluates rows of columns."""
        self._library.bastide_run_rows(  # type: ignore[union-attr]
            self.handle, columns, len(columns), None if chosen is None else chosen.ctypes.data, count, declared,
            self._outcome,
        )  # fmt: skip
        return self._taken()

    def know(self, unknown: int, program: int) -> None:
        """Says which program answers a key the last run found unknown; -1: none."""
        self._library.bastide_key(self._plan.handle, self.handle, unknown, program)  # type: ignore[union-attr]

    def met(self, program: int) -> int:
        """How many events a program has met here."""
        return int(self._library.bastide_met(self.handle, program))  # type: ignore[union-attr]

    def _taken(self) -> Outcome:
        out = self._outcome
        return Outcome(
            _copied(out.matches, out.n_matches * 2).reshape(-1, 2),
            _copied(out.asks, out.n_asks * 2).reshape(-1, 2),
            _copied(out.odd, out.n_odd),
            _copied(out.pending, out.n_pending * 2).reshape(-1, 2),
            out.n_unknown,
        )


class KernelIndicators:
    """Indicators as the kernel holds them. Any thread may look; one adds and drops, while none looks."""

    def __init__(self) -> None:
        self._library = library()
        assert self._library is not None
        self.handle = self._library.bastide_indicators()

    def __del__(self) -> None:
        handle = getattr(self, "handle", None)
        if handle and self._library is not None:
            self._library.bastide_indicators_free(handle)

    def add(self, sorts: NDArray[np.uint8], texts: bytes, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """Takes indicators in and gives the number of each; -1 where a text is none of its sort."""
        numbers = np.empty(len(sorts), np.int64)
        self._library.bastide_indicators_add(  # type: ignore[union-attr]
            self.handle, sorts.ctypes.data, texts, offsets.ctypes.data, len(sorts), numbers.ctypes.data
        )
        return numbers

    def drop(self, number: int) -> None:
        """Finds an indicator no more."""
        self._library.bastide_indicators_drop(self.handle, number)  # type: ignore[union-attr]

    def look(self, texts: int, offsets: int, *, wide: bool, count: int, json: bool) -> tuple[Numbers, Numbers]:
        """Pairs (row, number), and rows only Python takes apart, of texts that lie in memory as Arrow lays them out."""
        finds = self._library.bastide_finds()  # type: ignore[union-attr]
        out = (c_uint64 * 4)()
        try:
            self._library.bastide_indicators_look(self.handle, finds, texts, offsets, wide, count, json, out)  # type: ignore[union-attr]
            return _copied(out[0], out[1] * 2).reshape(-1, 2), _copied(out[2], out[3])
        finally:
            self._library.bastide_finds_free(finds)  # type: ignore[union-attr]


def _copied(address: int | None, count: int) -> Numbers:
    if not address or not count:
        return np.empty(0, np.uint32)
    return np.ctypeslib.as_array(ctypes.cast(address, POINTER(c_uint32)), (count,)).copy()


def line_ends(address: int, size: int, most: int) -> NDArray[np.int64]:
    """Where the lines of a text end, and 0 before them."""
    loaded = library()
    assert loaded is not None
    ends = np.empty(most + 1, np.int64)
    ends[0] = 0
    count = loaded.bastide_lines(address, size, ends.ctypes.data + 8, most)
    return ends[: count + 1]
