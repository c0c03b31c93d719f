"""How fast detection is, as ratios within one run: our engine, a plain walk over pySigma's tree, and orjson alone.

    python bench/detect.py [--events N] [--rounds N] [--data FOLDER]

Each round runs every lane on the same events, interleaved, in CPU time. Ratios of one run hold on any machine;
absolute figures do not. Nothing is asserted. Without the shared data the bench makes events and rules itself.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TypeVar

import orjson

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from tests.engines.detect.reference import Reference  # noqa: E402

from bastide.engines.detect import RuleSet, match  # noqa: E402

T = TypeVar("T")
SYSMON = "Microsoft-Windows-Sysmon/Operational"
WORDS = ("net", "user", "whoami", "powershell", "-enc", "cmd.exe", "certutil", "reg", "add", "rundll32", "setup")


def main() -> None:
    """Reads, runs the rounds, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=30_000, help="events for our engine and orjson")
    parser.add_argument("--peer-events", type=int, default=150, help="events for the peer, spread over the same file")
    parser.add_argument("--rounds", type=int, default=2)
    shared = Path(os.environ.get("BASTIDE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "detect"
    parser.add_argument("--data", type=Path, default=shared)
    given = parser.parse_args()
    texts, lines = _material(given.data, given.events)

    spent, loaded = _timed(lambda: RuleSet.from_texts(texts))
    print(f"{len(lines):,} events, {sum(map(len, lines)) / 1e6:.1f} MB; {len(loaded.rules):,} rules")
    print(f"rules compiled in {spent:.1f} CPU-s without cache")
    good = {rule.path for rule in loaded.rules}
    spent, peer = _timed(lambda: Reference(text for name, text in texts if name in good))
    print(f"peer (pySigma's tree, event by event) loaded in {spent:.1f} CPU-s\n")

    few = lines[:: max(1, len(lines) // given.peer_events)]
    lanes: dict[str, tuple[int, Callable[[], object]]] = {
        "bastide, first batch": (len(lines), lambda: match(RuleSet(loaded.rules), lines)),
        "bastide, warm": (len(lines), lambda: match(loaded, lines)),
        "peer": (len(few), lambda: [peer.matches(orjson.loads(line)) for line in few]),
        "orjson.loads alone": (len(lines), lambda: [orjson.loads(line) for line in lines]),
    }
    match(loaded, lines)
    best: dict[str, float] = {}
    for _ in range(given.rounds):
        for name, (count, run) in lanes.items():
            best[name] = max(best.get(name, 0.0), count / _timed(run)[0])
    print(f"{'lane':24}{'events per CPU-second':>24}{'x peer':>10}{'x orjson':>10}")
    for name, rate in best.items():
        print(f"{name:24}{rate:>24,.0f}{rate / best['peer']:>10.1f}{rate / best['orjson.loads alone']:>10.4f}")
    _agree(loaded, peer, few)


def _agree(loaded: RuleSet, peer: Reference, lines: list[bytes]) -> None:
    """Says whether both saw the same in the events both saw."""
    ours = {(event, loaded.rules[rule].id) for event, rule in match(loaded, lines)}
    theirs = {(at, rule) for at, line in enumerate(lines) for rule in peer.matches(orjson.loads(line))}
    print(
        f"\n{len(lines):,} events by both: ours {len(ours)} matches, peer {len(theirs)}, different {len(ours ^ theirs)}"
    )


def _timed(run: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    result = run()
    return time.process_time() - started, result


def _material(data: Path, count: int) -> tuple[list[tuple[str, str]], list[bytes]]:
    archive = data / "rules" / "sigma-8eaafff1-rules.tar.gz"
    if not archive.exists():
        print(f"no shared data in {data}: generated rules and events\n")
        return list(_made_rules()), list(_made_events(count))
    with gzip.open(data / "perf" / "mix-30k-unique.ndjson.gz") as stream:
        return list(_windows_rules(archive)), list(islice(stream, count))


def _windows_rules(archive: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(archive) as members:
        for member in members:
            stream = members.extractfile(member) if member.name.endswith(".yml") else None
            text = stream.read().decode() if stream else ""
            if "product: windows" in text and "|expand" not in text:
                yield member.name, text


def _made_rules() -> Iterator[tuple[str, str]]:
    for at in range(1000):
        detection = {"s": {"CommandLine|contains|all": [WORDS[at % 7], f"word{at}"]}, "condition": "s"}
        source = {"product": "windows", "category": "process_creation"}
        ident = f"00000000-0000-4000-8000-{at:012}"
        rule = {"title": f"Rule {at}", "id": ident, "logsource": source, "detection": detection}
        yield f"{at}.yml", json.dumps(rule)


def _made_events(count: int, seed: int = 7) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(count):
        words = [*chance.sample(WORDS, 5), f"word{chance.randrange(20_000)}", f"{chance.getrandbits(64):x}"]
        yield orjson.dumps({"Channel": SYSMON, "EventID": 1, "CommandLine": " ".join(words), "Image": "C:\\x.exe"})


if __name__ == "__main__":
    main()
