"""How fast the platform answers at volume: a real web server over an enlarged demonstration, N people at once.

    python -m bench.volume [--scale 5] [--database sqlite|postgres] [--users 20] [--seconds 60] [--write]

People act like people: each thinks between two acts (`--think`, seconds on average), and each kind of act is timed
until the whole answer is there. Scale 100 is the size of the targets. The worker does not run beside it. The
figures are compared with those committed in bench/table.json for the same scale and database; `--write` replaces them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from bench.people import Figures, run_people

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "bench" / "table.json"
# Kind of act → target in milliseconds for 95 of 100.
TARGETS = {
    "list": 300, "detail": 200, "save": 200, "situation": 500, "desk": 500, "sign in": 500, "search": 500,
    "export, first byte": 500,
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """An installation under measurement: where its data lies and where it answers."""

    home: Path
    database: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ, "BASTIDE_HOME": str(self.home), "DATABASE_URL": self.database, "BASTIDE_DEMO": "1",
            "BASTIDE_PORT": str(self.port), "PYTHONPATH": str(ROOT / "src"),
            "DJANGO_SETTINGS_MODULE": "bastide.settings",
        }  # fmt: skip

    def build(self, scale: int) -> None:
        """The demonstration and the larger sector, unless they are there."""
        mark = self.home / "bench-scale"
        if mark.exists():
            if int(mark.read_text()) != scale:
                sys.exit(f"{self.home} holds scale {mark.read_text()}: give another folder")
            self._run("manage", "migrate", "-v", "0")
            return
        print(f"building scale {scale} in {self.home}", flush=True)
        self._run("demo", "--scale", str(scale))
        mark.write_text(str(scale))

    def _run(self, *words: str) -> None:
        done = subprocess.run([sys.executable, "-m", "bastide.cli", *words], env=self.environment, check=False)
        if done.returncode:
            sys.exit(f"bastide {words[0]} failed")

    def serve(self) -> subprocess.Popen[bytes]:
        """The web server exactly as `bastide serve` starts it."""
        show = "import json; from bastide import serve; print(json.dumps(serve.children()[0].command))"
        told = subprocess.run([sys.executable, "-c", show], env=self.environment, capture_output=True, check=True)
        process = subprocess.Popen(json.loads(told.stdout), env=self.environment, start_new_session=True)
        for _ in range(100):
            try:
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return process
            except httpx.TransportError:
                time.sleep(0.2)
        process.kill()
        sys.exit("the web server did not start")

    @property
    def password(self) -> str:
        return (self.home / "demo-password").read_text().strip()


def main(words: list[str] | None = None) -> None:
    given = _given(words)
    with tempfile.TemporaryDirectory(prefix="bastide-bench-") as folder:
        home = (given.home or Path(folder)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        site = Site(home, _address(given), given.port)
        site.build(given.scale)
        server = site.serve()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
        try:
            found = run_people(
                site.url, site.password, users=given.users, seconds=given.seconds, think=given.think, seed=given.seed
            )
        finally:
            server.terminate()
            server.wait(20)
    _tell(found, given)


def _given(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=int, default=5)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, default=3.0, help="seconds between two acts of a person, on average")
    parser.add_argument("--home", type=Path, help="keep the data folder here and use it again")
    parser.add_argument("--url", default="", help="of an empty PostgreSQL database; else BASTIDE_BENCH_POSTGRES")
    parser.add_argument("--port", type=int, default=8190)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the figures into bench/table.json")
    return parser.parse_args(words)


def _address(given: argparse.Namespace) -> str:
    if given.database == "sqlite":
        return ""
    address = given.url or os.environ.get("BASTIDE_BENCH_POSTGRES", "")
    if urlsplit(address).scheme not in {"postgres", "postgresql"}:
        sys.exit("--database postgres: give --url postgresql://user:password@host:port/name of an empty database")
    return str(address)


def _tell(found: Figures, given: argparse.Namespace) -> None:
    """The table: median, p95, target, and what the last committed run of the same kind had."""
    table = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    key = f"{given.database} scale {given.scale}"
    before = table.get(key, {}).get("figures", {})
    print(f"\n{key}: {given.users} people at once, {given.think:g} s of thought, {found.rate:.1f} acts a second")
    print(f"{'':22}{'n':>6}{'median ms':>11}{'p95 ms':>9}{'target':>8}  {'':6}{'p95 before':>11}")
    figures: dict[str, Any] = {}
    for name in sorted(found.times):
        times = found.times[name]
        middle, late = statistics.median(times), _p95(times)
        target = TARGETS.get(name.partition(":")[0])
        verdict = "" if target is None else "ok" if late <= target else "MISSED"
        was = before.get(name, {}).get("p95")
        print(
            f"{name:22}{len(times):>6}{middle:>11.0f}{late:>9.0f}{target or '':>8}  {verdict:6}"
            f"{f'{was:.0f}' if was is not None else '–':>11}"
        )
        figures[name] = {"n": len(times), "median": round(middle), "p95": round(late)}
    for fault, count in sorted(found.faults.items()):
        print(f"FAULT {fault}: {count}")
    if given.write:
        table[key] = {"users": given.users, "think": given.think, "cores": os.cpu_count(), "figures": figures}
        TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, -(-95 * len(times) // 100) - 1)]


if __name__ == "__main__":
    main()
