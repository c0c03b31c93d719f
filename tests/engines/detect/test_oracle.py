"""Real attack logs and the whole SigmaHQ tree: the engine gives the oracle's matches, pair for pair."""

from __future__ import annotations

import re
import tarfile
from collections import defaultdict
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bastide.engines.detect import RuleSet, load_rules, match
from bastide.engines.detect.inputs import read

from ...conftest import ROOT, SHARED

DATA = SHARED / "detect"
RULES = DATA / "rules" / "sigma-8eaafff1-rules.tar.gz"
KEPT = ROOT / "var" / "cache" / "detect"
MIX = "perf/mix-30k-unique.ndjson.gz"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RULES.exists(), reason=f"no detection data in {DATA} (set BASTIDE_SHARED_DATA)"),
]

# Five generated events state no channel, but the log source windows/security and event id 4625. The oracle asked only
# placeholder rules by declared log source; this engine asks every rule of that source (docs/detect.md, "Deviations").
EXPLAINED = {
    "synth/synth-coverage.ndjson.gz": {(line, "f88e112a-21aa-44bd-9b01-6ee2a2bbbed1") for line in range(2436, 2441)}
}

SMALL = 1_700_000  # bytes unpacked, about: what the ordinary run reads of windows/


def datasets() -> list[object]:
    """Every dataset as a parameter; the large ones run with BASTIDE_TEST_ALL=1."""
    found: list[object] = []
    for folder in ("windows", "evtx", "other", "synth"):
        for path in sorted((DATA / folder).glob("*.ndjson.gz")):
            large = folder == "windows" and path.stat().st_size > SMALL // 16
            name = path.relative_to(DATA).as_posix()
            found.append(pytest.param(name, marks=[pytest.mark.everything] if large else []))
    return found


@cache
def rules() -> tuple[RuleSet, frozenset[str]]:
    """All 3,780 rules, placeholders filled as the oracle filled them, and the ids of those that have placeholders."""
    names: set[str] = set()
    with tarfile.open(RULES) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(".yml") else None
            text = stream.read().decode() if stream else ""
            if "|expand" in text:
                names.update(re.findall(r"%([A-Za-z_-]+)%", text))
    values = {name: [f"ph_{name}_1", f"ph_{name}_2"] for name in names}
    plain = load_rules([RULES], cache=KEPT)
    filled = load_rules([RULES], placeholders=values, cache=KEPT)
    return filled, frozenset(rule.id for rule in filled.rules if rule.id not in plain.by_id)


@cache
def oracle() -> dict[str, set[tuple[int, str]]]:
    """(line, rule id) by dataset."""
    pairs: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for row in pq.read_table(DATA / "oracle" / "matches.parquet", columns=["dataset", "line", "rule_id"]).to_pylist():
        pairs[row["dataset"]].add((row["line"], row["rule_id"]))
    return pairs


def found_in(path: Path, *, placeholders: bool) -> set[tuple[int, str]]:
    """(line, rule id) as the engine sees it; nothing may be left out."""
    loaded, expanded = rules()
    lines = list(read(path))
    assert [line.trouble for line in lines if line.trouble] == []
    found = match(loaded, [line.event for line in lines])
    assert found.troubles == ()
    pairs = {(lines[event].number, loaded.rules[rule].id) for event, rule in found}
    return pairs if placeholders else {pair for pair in pairs if pair[1] not in expanded}


def test_every_rule_of_the_tree_is_evaluated() -> None:
    loaded, expanded = rules()
    assert (len(loaded.rules), loaded.rejected, len(expanded)) == (3780, (), 25)


def test_without_values_only_placeholder_rules_are_left_out() -> None:
    plain = load_rules([RULES], cache=KEPT)
    assert (len(plain.rules), {each.code for each in plain.rejected}) == (3755, {"placeholder"})


@pytest.mark.parametrize("name", datasets())
def test_a_dataset_gives_the_matches_of_the_oracle(name: str) -> None:
    found = found_in(DATA / name, placeholders=name.startswith("synth"))
    assert found - oracle()[name] == EXPLAINED.get(name, set())
    assert oracle()[name] - found == set()


@pytest.mark.everything
def test_the_performance_mix_gives_the_matches_of_its_oracle() -> None:
    sequence = [line.event["EvtSeq"] for line in read(DATA / MIX)]
    found = {(sequence[line], rule) for line, rule in found_in(DATA / MIX, placeholders=False)}
    table = pq.read_table(DATA / "oracle" / "perf_mix30k_unique.parquet")
    assert found == set(zip(table["EvtSeq"].to_pylist(), table["rule_id"].to_pylist(), strict=True))
