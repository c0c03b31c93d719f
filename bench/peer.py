"""The peer of the detection bench: the SQL that pysigma-backend-sqlite makes of the rules, run by sqlite3 in memory.

This is how Zircolite works. It is tuned here: an index over channel and event id, ANALYZE, and every column a rule
names, so that no rule fails for want of one.
"""

from __future__ import annotations

import hashlib
import pickle
import re
import sqlite3
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

KEPT = Path(__file__).resolve().parents[1] / "var" / "cache" / "bench"


def queries(texts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(rule id, SQL) of every rule the backend can convert; kept, because converting takes half a minute."""
    known = hashlib.sha256(repr(sorted(texts)).encode()).hexdigest()
    path = KEPT / f"sqlite-{known[:16]}.pickle"
    if path.exists():
        return pickle.loads(path.read_bytes())  # written by the lines below
    found = list(_converted(texts))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(found))
    return found


def _converted(texts: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    from sigma.backends.sqlite import sqliteBackend
    from sigma.collection import SigmaCollection
    from sigma.pipelines.sysmon import sysmon_pipeline
    from sigma.pipelines.windows import windows_logsource_pipeline

    warnings.simplefilter("ignore")
    backend = sqliteBackend(processing_pipeline=sysmon_pipeline() + windows_logsource_pipeline())
    for _, text in texts:
        try:
            rules = SigmaCollection.from_yaml(text)
            for query in backend.convert(rules):
                yield (
                    str(rules.rules[0].id),
                    query.replace("<TABLE_NAME>", "logs").replace("SELECT *", "SELECT EvtSeq", 1),
                )
        except Exception:
            continue


class Peer:
    """Events loaded and rules run; `matches` gives (EvtSeq, rule id)."""

    def __init__(self, converted: list[tuple[str, str]], names: Iterable[str]) -> None:
        self.converted = converted
        self.names = sorted(names)

    def matches(self, lines: list[bytes]) -> set[tuple[int, str]]:
        """Everything the peer does for a batch: parse, load, index, ask every rule."""
        events = [orjson.loads(line) for line in lines]
        columns: dict[str, str] = {}
        for name in [name for event in events for name in event] + self.names:
            columns.setdefault(name.lower(), name)
        base = sqlite3.connect(":memory:")
        base.create_function("REGEXP", 2, _regexp, deterministic=True)
        base.execute(f"CREATE TABLE logs ({', '.join(f'`{name}` TEXT COLLATE NOCASE' for name in columns.values())})")
        order = list(columns.values())
        marks = ", ".join("?" * len(order))
        base.executemany(
            f"INSERT INTO logs VALUES ({marks})", ([_value(event.get(name)) for name in order] for event in events)
        )
        base.execute("CREATE INDEX by_route ON logs (Channel, EventID)")
        base.execute("ANALYZE")
        found: set[tuple[int, str]] = set()
        for rule, sql in self.converted:
            try:
                found.update((int(row[0]), rule) for row in base.execute(sql))
            except sqlite3.OperationalError:
                continue
        base.close()
        return found


def _value(value: Any) -> Any:
    if value is None or isinstance(value, float | str) or (isinstance(value, int) and abs(value) < 1 << 63):
        return value
    return orjson.dumps(value).decode()


_COMPILED: dict[str, re.Pattern[str]] = {}


def _regexp(pattern: str, value: object) -> bool:
    if value is None:
        return False
    compiled = _COMPILED.get(pattern)
    if compiled is None:
        compiled = _COMPILED[pattern] = re.compile(pattern)
    return compiled.search(str(value)) is not None
