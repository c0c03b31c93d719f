"""How fast detection is, as ratios within one run: our engine, the SQL people use today, and orjson alone.

    python bench/detect.py [--events N] [--peer-events N] [--rounds N] [--data FOLDER]

The whole Windows rule set on events that are all unique. Each round runs every lane, interleaved, in CPU seconds of one
core. Ratios of one run hold on any machine; absolute figures do not. Nothing is asserted about speed; the matches are
compared with the oracle in the same run. Without the shared data the bench makes events and rules itself.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from bench.peer import KEPT, Peer, queries  # noqa: E402

from bastide.engines.detect import RuleSet, match, native  # noqa: E402

T = TypeVar("T")
SYSMON = "Microsoft-Windows-Sysmon/Operational"
WORDS = ("net", "user", "whoami", "powershell", "-enc", "cmd.exe", "certutil", "reg", "add", "rundll32", "setup")


def main() -> None:
    """Reads, runs the rounds, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--events", type=int, default=200_000, help="events for our engine")
    parser.add_argument(
        "--peer-events", type=int, default=20_000, help="events for the peer, the first of the same file"
    )
    parser.add_argument("--rounds", type=int, default=2)
    shared = Path(os.environ.get("BASTIDE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "detect"
    parser.add_argument("--data", type=Path, default=shared)
    given = parser.parse_args()
    texts, lines = _material(given.data, given.events)

    spent, compiled = _timed(lambda: RuleSet.from_texts(texts))
    kept = KEPT / "rules"
    RuleSet.from_texts(texts, cache=kept)
    started, rules = time.perf_counter(), RuleSet.from_texts(texts, cache=kept)
    print(f"{len(lines):,} events, {sum(map(len, lines)) / 1e6:.1f} MB; {len(rules.rules):,} rules")
    print(f"rules compiled in {spent:.1f} CPU-s; from the cache in {time.perf_counter() - started:.2f} s")
    assert compiled.digest == rules.digest
    converted = queries(texts)
    peer = Peer(converted, {name for rule in rules.rules for name in rule.fields})
    print(f"the peer has {len(converted):,} of the rules\n")

    raw = pa.record_batch({"raw": pa.array(lines, pa.binary())})
    table = columns(lines)
    few, some = lines[: given.peer_events], raw.slice(0, given.peer_events)
    part = table.slice(0, given.peer_events)
    lanes: dict[str, tuple[int, Callable[[], Any]]] = {
        "Arrow": (len(lines), lambda: match(rules, table)),
        "NDJSON": (len(lines), lambda: match(rules, raw)),
        "Python alone, Arrow": (len(few), lambda: _python(rules, part)),
        "Python alone, NDJSON": (len(few), lambda: _python(rules, some)),
        "peer": (len(few), lambda: peer.matches(few)),
        "orjson.loads alone": (len(lines), lambda: [orjson.loads(line) for line in lines]),
    }
    for name, (_, run) in lanes.items():
        if name not in ("peer", "orjson.loads alone"):
            for _ in range(1 if "Python" in name else 4):  # routes are trained on the first batches
                run()
    best: dict[str, float] = {}
    for _ in range(given.rounds):
        for name, (count, run) in lanes.items():
            best[name] = max(best.get(name, 0.0), count / _timed(run)[0])
    print(f"{'lane':24}{'events per CPU-second':>24}{'x peer':>10}{'x orjson':>10}")
    for name, rate in best.items():
        print(f"{name:24}{rate:>24,.0f}{rate / best['peer']:>10.1f}{rate / best['orjson.loads alone']:>10.2f}")
    for threads in (1, 2):
        started = time.perf_counter()
        match(rules, raw, threads=threads)
        print(f"NDJSON, {threads} thread(s): {len(lines) / (time.perf_counter() - started):,.0f} events per second")
    print(f"largest resident memory of this run: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    _agree(rules, peer, few)
    _oracle(given.data, rules)


def columns(lines: list[bytes]) -> pa.Table:
    """The same events as columns, a field each: whole numbers as such, all else as texts."""
    rows = [orjson.loads(line) for line in lines]
    made = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        kinds = {type(value) for value in values if value is not None}
        small = kinds == {int} and all(value is None or abs(value) < 1 << 63 for value in values)
        texts = (
            None
            if small
            else [None if v is None else v if isinstance(v, str) else orjson.dumps(v).decode() for v in values]
        )
        made[name] = pa.array(values, pa.int64()) if texts is None else pa.array(texts, pa.string())
    return pa.table(made).combine_chunks()


def _python(rules: RuleSet, events: Any) -> object:
    """The engine as it is without a compiled kernel."""
    with patch.object(native, "available", lambda: False):
        return match(rules, events)


def _agree(rules: RuleSet, peer: Peer, lines: list[bytes]) -> None:
    """How the peer's matches and ours differ on the events both saw."""
    numbers = [orjson.loads(line).get("EvtSeq", at) for at, line in enumerate(lines)]
    ours = {(numbers[event], rules.rules[rule].id) for event, rule in match(rules, lines)}
    theirs = peer.matches(lines)
    print(
        f"\n{len(lines):,} events by both: ours {len(ours):,} matches, the peer's {len(theirs):,},"
        f" ours alone {len(ours - theirs):,}, the peer's alone {len(theirs - ours):,}"
    )


def _oracle(data: Path, rules: RuleSet) -> None:
    """Whether the matches on the mix with an oracle are the oracle's, line by line and as columns."""
    path = data / "oracle" / "perf_mix30k_unique.parquet"
    if not path.exists():
        return
    wanted = pq.read_table(path)
    expected = set(zip(wanted["EvtSeq"].to_pylist(), wanted["rule_id"].to_pylist(), strict=True))
    with gzip.open(data / "perf" / "mix-30k-unique.ndjson.gz") as stream:
        lines = stream.read().splitlines()
    numbers = [orjson.loads(line)["EvtSeq"] for line in lines]
    for name, events in (("NDJSON", lines), ("Arrow", columns(lines))):
        found = {(numbers[event], rules.rules[rule].id) for event, rule in match(rules, events)}
        print(f"oracle, {name}: {len(expected & found):,} of {len(expected):,}, {len(found - expected)} beyond it")


def _timed(run: Callable[[], T]) -> tuple[float, T]:
    started = time.process_time()
    result = run()
    return time.process_time() - started, result


def _material(data: Path, count: int) -> tuple[list[tuple[str, str]], list[bytes]]:
    archive = data / "rules" / "sigma-8eaafff1-rules.tar.gz"
    if not archive.exists():
        print(f"no shared data in {data}: generated rules and events\n")
        return list(_made_rules()), list(_made_events(count))
    made = KEPT / f"mix-{count}.ndjson"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        draft = made.with_suffix(".draft")
        maker = data / "perf" / "make_perf.py"
        subprocess.run([sys.executable, maker, data, "11", str(count), draft], check=True, stdout=subprocess.DEVNULL)
        draft.rename(made)
    with open(made, "rb") as stream:
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
    for number in range(count):
        words = [*chance.sample(WORDS, 5), f"word{chance.randrange(20_000)}", f"{chance.getrandbits(64):x}"]
        event = {
            "EvtSeq": number,
            "Channel": SYSMON,
            "EventID": 1,
            "CommandLine": " ".join(words),
            "Image": "C:\\x.exe",
        }
        yield orjson.dumps(event)


if __name__ == "__main__":
    main()
