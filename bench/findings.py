"""How fast findings come in from a file: dry run and recording of N rows over an enlarged demonstration.

    python -m bench.findings [--rows 100000] [--database sqlite|postgres] [--url …] [--write]

A tenth of the rows repeats an earlier one, one in a hundred is wrong, as scanners send them. The first pass records,
the second sends the same file again and finds everything open already. The target is 2,000 rows a second over dry run
and recording together; “busy” is the processor time of the program itself, which tells how much others disturbed.
`--write` keeps the figures in bench/table.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.volume import ROOT, TABLE, Site, _address

TARGET = 2000  # rows a second


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--url", default="", help="of an empty PostgreSQL database; else BASTIDE_BENCH_POSTGRES")
    parser.add_argument("--home", type=Path, help="keep the data folder here and use it again")
    parser.add_argument("--write", action="store_true", help="write the figures into bench/table.json")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="bastide-bench-") as folder:
        home = (given.home or Path(folder)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        site = Site(home, _address(given), 0)
        site.build(1)
        done = subprocess.run(
            [sys.executable, "-m", "bench.findings", "inside", str(given.rows)],
            env=site.environment | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}, cwd=ROOT, check=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
    figures = json.loads(done.stdout.splitlines()[-1])
    print(f"\nfindings from a file, {given.database}, {given.rows:,} rows over 100 operators and 10,000 units")
    print(f"{'':22}{'seconds':>9}{'busy':>7}{'rows/s':>9}{'target':>8}")
    for name, seconds in figures["seconds"].items():
        rate = given.rows / seconds
        target = TARGET if name == "both" else None
        verdict = "" if target is None else "ok" if rate >= target else "MISSED"
        print(f"{name:22}{seconds:>9.1f}{figures['busy'][name]:>7.1f}{rate:>9,.0f}{target or '':>8}  {verdict}")
    print(f"recorded {figures['recorded']:,}, repeated or wrong {given.rows - figures['recorded']:,}")
    if given.write:
        table = json.loads(TABLE.read_text()) if TABLE.exists() else {}
        rates = {name: round(given.rows / seconds) for name, seconds in figures["seconds"].items()}
        told = {"rows": given.rows, "cores": os.cpu_count(), "rows a second": rates}
        table[f"{given.database} findings from a file"] = told
        TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


def inside(count: int) -> None:
    """What is measured, in a process of its own with the settings of the site."""
    import django

    django.setup()
    from bastide.base import terms
    from bastide.base.people.models import Account
    from bastide.rectify import flows

    data, run = _file(count), str(time.time_ns())
    by = Account.objects.get(username="national-officer")
    seconds: dict[str, float] = {}

    busy: dict[str, float] = {}

    def took(name: str, began: tuple[float, float]) -> None:
        seconds[name], busy[name] = time.perf_counter() - began[0], time.process_time() - began[1]

    def now() -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    began = now()
    thing = flows.upload_findings(
        by=by, at=terms.now(), file_name="scan.ndjson", data=data, at_once=True, source=f"bench-{run[-9:]}"
    )
    took("dry run", began)
    middle = now()
    thing = flows.commit_findings(thing, by=by, at=terms.now(), at_once=True)
    took("recording", middle)
    took("both", began)
    middle = now()
    again = flows.upload_findings(
        by=by, at=terms.now(), file_name="scan.ndjson", data=data, at_once=True, source=f"bench-{run[-9:]}"
    )
    took("dry run, all known", middle)
    assert "new" not in again.counts, again.counts
    print(json.dumps({"seconds": seconds, "busy": busy, "recorded": thing.counts["recorded"]}))


def _file(count: int) -> bytes:
    from bastide.registry.models import NetworkUnit

    units = list(NetworkUnit.objects.order_by("pk").values_list("operator__code", "number")[:10_000])
    lines = []
    for n in range(count):
        operator, unit = units[n % len(units)]
        row = {
            "operator": operator, "unit": unit, "title": f"Weak cipher on port {n % 65_536}",
            "severity": "awful" if n % 100 == 99 else ("critical", "high", "medium", "low")[n % 4], "clause": "CIIR 15",
            "found_at": "2026-06-01T08:30:00+08:00", "external_id": f"S-{n - 5 if n % 10 == 7 else n}",
            "text": "The service offers ciphers that are no longer safe. " * 4,
            "measure": "Switch them off.",
        }  # fmt: skip
        lines.append(json.dumps(row).encode())
    return b"\n".join(lines) + b"\n"


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(int(sys.argv[2]))
    else:
        main()
