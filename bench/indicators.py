"""How fast indicators are found, beside what people use: a Python set, and a semi-join of DuckDB. Ratios of one run.

    python -m bench.indicators [--indicators N] [--values N]

A million addresses, names and hashes, looked for in columns of unique values (one in a thousand is an indicator), CPU
seconds of one core. Every lane must find the same rows. Nothing is asserted about speed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bastide.engines.detect.indicators import Indicator, Indicators, Sort  # noqa: E402

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
ENDS = (".com", ".net", ".cn", ".co.uk")


def main(words: list[str] | None = None) -> None:
    """Makes the lists, times every lane, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--indicators", type=int, default=1_000_000)
    parser.add_argument("--values", type=int, default=1_000_000)
    given = parser.parse_args(words)
    chance = random.Random(3)
    sorts = (Sort.ADDRESS, Sort.DOMAIN, Sort.HASH)
    lists = {sort: sorted(_made(sort, given.indicators // 3, chance)) for sort in sorts}
    spent, index = _cpu(lambda: Indicators(Indicator(v, sort, v) for sort, vs in lists.items() for v in vs))
    print(f"indicators: {len(index):,} loaded in {spent:.1f} CPU-s; values a CPU-second, in millions:")
    print(f"{'column':<9}{'values':>11}{'found':>7}{'ours':>7}{'set':>7}{'DuckDB':>8}{'ours : set':>12}")
    for sort, listed in lists.items():
        values = _values(sort, listed, given.values, chance)
        _row(sort, pa.array(values), listed, index)
    more = [Indicator(f"n{n}.example.org", Sort.DOMAIN, str(n)) for n in range(10_000)]
    spent, _none = _cpu(lambda: index.add(more))
    print(f"10,000 added to the loaded set in {spent:.3f} CPU-s (domains are found by their sub-domains too)")


def _row(sort: Sort, column: pa.Array, listed: list[str], index: Indicators) -> None:
    known = set(listed)
    ours, found = _cpu(lambda: set(index.look(column)[:, 0].tolist()))
    plain, by_set = _cpu(lambda: {row for row, value in enumerate(column.to_pylist()) if value in known})
    joined, by_join = _cpu(lambda: _semi_join(column, listed))
    if not (by_set == by_join <= found) or (sort is not Sort.DOMAIN and by_set != found):
        raise SystemExit(f"{sort.name}: the lanes do not agree")
    fast, slow, base = (len(column) / seconds / 1e6 for seconds in (ours, plain, joined))
    name = sort.name.lower()
    print(f"{name:<9}{len(column):>11,}{len(found):>7,}{fast:>7.1f}{slow:>7.1f}{base:>8.1f}{fast / slow:>11.1f}x")


def _cpu(run: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.process_time()
    answer = run()
    return time.process_time() - begun, answer


def _semi_join(column: pa.Array, listed: list[str]) -> set[int]:
    with duckdb.connect(":memory:", config={"threads": 1}) as base:
        base.register("seen", pa.table({"n": pa.array(range(len(column))), "v": column}))
        base.register("listed", pa.table({"v": listed}))
        rows = base.sql("SELECT n FROM seen SEMI JOIN listed USING (v)").fetchall()
    return {row for (row,) in rows}


def _made(sort: Sort, count: int, chance: random.Random) -> set[str]:
    found: set[str] = set()
    while len(found) < count:
        found.add(_one(sort, chance))
    return found


def _one(sort: Sort, chance: random.Random) -> str:
    if sort is Sort.ADDRESS:
        return ".".join(str(chance.randrange(1, 255)) for _part in range(4))
    if sort is Sort.HASH:
        return f"{chance.getrandbits(256):064x}"
    return "".join(chance.choices(LETTERS, k=chance.randrange(5, 14))) + chance.choice(ENDS)


def _values(sort: Sort, listed: list[str], count: int, chance: random.Random) -> list[str]:
    return [chance.choice(listed) if chance.random() < 0.001 else _one(sort, chance) for _value in range(count)]


if __name__ == "__main__":
    main()
