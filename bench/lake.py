"""How fast the lake takes in and gives back. Figures of one run; nothing is asserted about speed.

    python -m bench.lake [--rows N] [--day N]

Rows are appended in batches of 50,000: ready ones written to Parquet and flushed to the disk; lines of JSON checked
first, as the intake does it (parsed, time and host read); beside it, the same lines written plainly and flushed. Then
three hours of a day are joined with a thousand addresses, by DuckDB over the very files, as the page for queries does.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
BATCH = 50_000
DAY = datetime(2026, 6, 16, tzinfo=UTC)
A_DAY = timedelta(days=1)


def main(words: list[str] | None = None) -> None:
    """Appends, queries, prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=400_000, help="rows appended as batches")
    parser.add_argument("--day", type=int, default=5_000_000, help="events of the day that is queried")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="bastide-lake-") as home:
        os.environ.setdefault("BASTIDE_HOME", home)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bastide.settings")
        import django
        from django.conf import settings

        django.setup()
        settings.BASTIDE_HOME = Path(home)
        _append(given.rows)
        _query(given.day)


def _append(rows: int) -> None:
    from bastide.monitor import lake
    from bastide.monitor.flows.batches import SortedOut

    batches = [[_event(number, rows) for number in range(at, at + BATCH)] for at in range(0, rows, BATCH)]
    texts = [b"\n".join(event.raw.encode() for event in batch) for batch in batches]
    places = [lake.place_of("bench", f"{number:064x}", DAY) for number in range(len(batches))]

    def plainly(place: str, text: bytes) -> None:
        with lake.events_path(f"{place}.ndjson").open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())

    lanes: list[tuple[str, Callable[[int], object]]] = [
        ("ready rows", lambda n: lake.keep_events(places[n], "bench", iter(batches[n]))),
        ("lines, checked", lambda n: lake.keep_events(places[n], "bench", SortedOut(texts[n], DAY + 2 * A_DAY))),
        ("lines, plain", lambda n: plainly(places[n], texts[n])),
    ]
    for name, write in lanes:
        begun = time.perf_counter()
        for number in range(len(batches)):
            write(number)
        speed = rows / (time.perf_counter() - begun)
        print(f"lake: {name:<15}{speed:>12,.0f} rows/s appended durably in batches of {BATCH:,}")


def _query(count: int) -> None:
    from bastide.monitor import lake, sql

    batches = []
    for at in range(0, count, 500_000):
        sha256 = f"{1_000_000 + at:064x}"
        place = lake.place_of("day", sha256, DAY)
        lake.keep_events(place, "day", (_event(number, count) for number in range(at, min(at + 500_000, count))))
        batches.append(sql.Batched(f"B{at}", sha256, str(lake.events_path(place)), DAY))
    chance = random.Random(1)
    listed = ", ".join(f"('host-{chance.randrange(200_000)}')" for _indicator in range(1_000))
    query = f"SELECT count(*) AS events FROM events SEMI JOIN (VALUES {listed}) AS i(host) USING (host)"
    since = DAY + timedelta(hours=9)
    times = []
    for _round in range(3):
        begun = time.perf_counter()
        answer = sql.ask(query, batches, since, since + timedelta(hours=3))
        times.append(time.perf_counter() - begun)
    whole = sql.ask(query, batches, DAY, DAY + timedelta(days=1))
    print(
        f"lake: three hours of a day of {count:,} events joined with 1,000 indicators in {min(times):.2f} s "
        f"({answer.rows[0][0]:,} events found; the whole day {whole.rows[0][0]:,} in {whole.seconds:.2f} s)"
    )


def _event(number: int, count: int):  # type: ignore[no-untyped-def]
    from bastide.monitor import lake

    at = DAY + timedelta(seconds=86_400 * number / count)
    host = f"host-{number * 7919 % 200_000}"
    raw = {"Image": rf"C:\Windows\System32\p{number % 97}.exe", "Computer": host, "n": number, "Channel": "Security"}
    return lake.Kept(number, at, host, orjson.dumps(raw).decode())


if __name__ == "__main__":
    main()
