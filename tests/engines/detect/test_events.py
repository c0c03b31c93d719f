"""Events from files and callers: every line is either evaluated or named with its reason; none stalls the rest."""

from __future__ import annotations

import gzip
import io
import json
import os
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from bastide.engines.detect import evidence, match, time_of
from bastide.engines.detect.event import DEEPEST, LONGEST, WIDEST
from bastide.engines.detect.inputs import Unreadable, read
from bastide.engines.detect.parse import parse
from bastide.engines.frames import EVENT, MATCH

from .makers import rules_of

RULES = rules_of("s: {A|contains: needle}\ncondition: s")
HIT = {"sigma_product": "linux", "A": "a needle"}


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return value


def troubles(*events: Any) -> list[tuple[int, str]]:
    """What `match` sets aside; a good event before and after must still match."""
    found = match(RULES, [HIT, *events, HIT])
    assert [event for event, _ in found] == [0, len(events) + 1]
    return [(trouble.event, trouble.code) for trouble in found.troubles]


class TestPoison:
    @pytest.mark.parametrize("event", [None, 7, "a text", [1, 2], True, 1.5])
    def test_what_is_no_object_is_named(self, event: Any) -> None:
        assert troubles(event if isinstance(event, list) else json.dumps(event)) == [(1, "object")]

    @pytest.mark.parametrize("line", ["{", "", '{"A": NaN}', '{"A": 1} {"B": 2}', "nonsense", b"\x00"])
    def test_what_is_no_json_is_named(self, line: Any) -> None:
        assert troubles(line) == [(1, "json")]

    @pytest.mark.parametrize("levels", [DEEPEST + 5, 500, 100_000])
    def test_what_is_nested_too_deep_is_named(self, levels: int) -> None:
        assert troubles('{"x":' * levels + "1" + "}" * levels) == [(1, "deep")] or levels == 100_000
        assert troubles('{"x":' + "[" * levels + "]" * levels + "}")[0][0] == 1

    def test_what_is_too_long_is_named(self) -> None:
        assert troubles({"A": "x" * (LONGEST + 1)}) == [(1, "long")]
        assert troubles(json.dumps({"A": "x" * LONGEST})) == [(1, "long")]

    def test_what_has_too_many_fields_is_named(self) -> None:
        assert troubles({str(at): at for at in range(WIDEST + 1)}) == [(1, "wide")]
        assert troubles({"A": [1] * (WIDEST + 1)}) == [(1, "wide")]

    def test_names_that_multiply_are_named(self) -> None:
        long = "n" * 900_000
        assert troubles({long: {str(at): at for at in range(9_000)}}) == [(1, "long")]

    def test_values_json_does_not_know_are_named(self) -> None:
        assert troubles({"A": object()}, {1: "x"}) == [(1, "text"), (2, "text")]

    def test_numbers_beyond_reason_are_named(self) -> None:
        assert troubles({"sigma_product": "linux", "A": 10**5000}) == [(1, "text")]

    def test_half_a_character_does_not_hide_an_event(self) -> None:
        hidden = '{"sigma_product": "linux", "A": "needle \\ud800"}'
        regex = rules_of("s: {A|re: 'nee+dle'}\ncondition: s")
        assert match(RULES, [hidden]).pairs == match(regex, [hidden]).pairs == ((0, 0),)
        assert match(regex, [{"sigma_product": "linux", "A": "needle \ud800"}]).pairs == ((0, 0),)

    def test_broken_utf8_does_not_hide_an_event(self) -> None:
        assert match(RULES, [b'{"sigma_product": "linux", "A": "needle \xff"}']).pairs == ((0, 0),)

    def test_a_crafted_event_cannot_stall_the_batch(self) -> None:
        rules = rules_of(
            "s: {A|contains: 'a*a*a*a*a*b'}\ncondition: s",
            "s: {A|re: '(a|aa)+$'}\ncondition: s",
            "s: {A|re: '(.*a){12}b'}\ncondition: s",
            "s: ['a?a?a?b*c']\ncondition: s",
        )
        started = time.process_time()
        assert len(match(rules, [{"sigma_product": "linux", "A": "a" * 500_000 + "!"}])) == 0
        assert time.process_time() - started < 10


class TestBatch:
    def test_a_record_batch_is_read_from_its_raw_column(self) -> None:
        rows = [{"source": "s", "line": at, "raw": json.dumps(HIT)} for at in range(3)]
        batch = pa.RecordBatch.from_pylist(rows, schema=EVENT)
        found = match(RULES, batch)
        assert found.events == 3
        assert found.table().schema.equals(MATCH)
        assert found.table().to_pylist() == [{"event": at, "rule": 0} for at in range(3)]

    def test_a_slice_of_a_batch_is_only_the_slice(self) -> None:
        rows = [{"source": "s", "line": at, "raw": json.dumps(HIT if at == 3 else {})} for at in range(5)]
        assert match(RULES, pa.RecordBatch.from_pylist(rows, schema=EVENT).slice(2, 2)).pairs == ((1, 0),)

    def test_no_events_give_no_matches(self) -> None:
        assert match(RULES, []).table().num_rows == 0

    def test_a_stream_longer_than_one_stride_keeps_its_count(self) -> None:
        found = match(RULES, ({**HIT, "A": "needle" if at == 20_000 else ""} for at in range(20_001)))
        assert found.pairs == ((20_000, 0),)
        assert found.events == 20_001


class TestRead:
    LINES = b'\xef\xbb\xbf{"a": 1}\n\n[1]\r\n{bad\n{"a": 2}'

    def numbers(self, path: Path) -> list[tuple[int, Any]]:
        return [(line.number, line.trouble.code if line.trouble else line.event) for line in read(path)]

    @pytest.mark.parametrize("packed", ["plain", "gzip", "zstd", "gzip in two members", "zstd in two frames"])
    def test_it_reads_every_packing_by_its_content(self, tmp_path: Path, packed: str) -> None:
        pack = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}[packed.split()[0]]
        parts = [self.LINES[:20], self.LINES[20:]] if "two" in packed else [self.LINES]
        path = tmp_path / "events.ndjson"
        path.write_bytes(b"".join(map(pack, parts)))
        assert self.numbers(path) == [(0, {"a": 1}), (2, [1]), (3, "json"), (4, {"a": 2})]

    def test_a_line_too_long_is_named_and_the_next_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "events.ndjson"
        path.write_bytes(b'{"a": "' + b"x" * (3 * LONGEST) + b'"}\n{"a": 2}\n')
        assert self.numbers(path) == [(0, "long"), (1, {"a": 2})]

    @pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
    def test_a_cut_off_archive_gives_what_it_has_and_says_so(self, tmp_path: Path, pack: Any) -> None:
        path = tmp_path / "events"
        lines = b"".join(os.urandom(20).hex().join(('{"a": "', '"}\n')).encode() for _ in range(20_000))
        path.write_bytes(pack(lines)[:-200])
        found = self.numbers(path)
        assert len(found) > 15_000
        assert {type(event) for _, event in found[:-1]} == {dict}
        assert found[-1][1] == "cut"

    def test_a_damaged_archive_gives_what_came_before(self, tmp_path: Path) -> None:
        path = tmp_path / "events"
        packed = bytearray(gzip.compress(b"".join(b'{"a": "%d"}\n' % (at * 7919) for at in range(90_000))))
        packed[-60_000:-59_000] = b"\0" * 1000
        path.write_bytes(packed)
        assert self.numbers(path)[0] == (0, {"a": "0"})
        assert self.numbers(path)[-1][1] == "cut"

    def test_a_parquet_file_is_read_by_raw_or_by_columns(self, tmp_path: Path) -> None:
        pq.write_table(pa.table({"raw": ['{"a": 1}', "{"]}), tmp_path / "raw.parquet")
        pq.write_table(pa.table({"a": [1, None], "b": ["x", "y"]}), tmp_path / "wide.parquet")
        assert self.numbers(tmp_path / "raw.parquet") == [(0, {"a": 1}), (1, "json")]
        assert self.numbers(tmp_path / "wide.parquet") == [(0, {"a": 1, "b": "x"}), (1, {"b": "y"})]

    def test_a_file_that_is_not_there_is_unreadable(self, tmp_path: Path) -> None:
        with pytest.raises(Unreadable, match=r"gone\.ndjson"):
            list(read(tmp_path / "gone.ndjson"))
        (tmp_path / "no.parquet").write_bytes(b"no")
        with pytest.raises(Unreadable, match=r"no\.parquet"):
            list(read(tmp_path / "no.parquet"))

    def test_it_tells_how_far_it_got(self, tmp_path: Path) -> None:
        path, told = tmp_path / "events.ndjson", io.StringIO()
        path.write_bytes(self.LINES)
        counts: list[int] = []
        list(read(path, told=counts.append))
        assert sum(counts) == len(self.LINES)
        assert told.getvalue() == ""

    def test_large_numbers_are_read(self) -> None:
        assert parse('{"a": 123456789012345678901234567890}')["a"] == pytest.approx(1.2345678901234568e29)


class TestEvidence:
    def test_it_shows_the_fields_the_rule_names(self) -> None:
        assert evidence(RULES.rules[0], {**HIT, "B": 1}) == {"A": "a needle"}

    def test_it_shows_the_fields_that_hold_a_keyword(self) -> None:
        (rule,) = rules_of("k: [needle]\ncondition: k").rules
        assert evidence(rule, {**HIT, "B": 1}) == {"A": "a needle"}

    def test_it_finds_the_time_the_event_states(self) -> None:
        times = [
            {"SystemTime": "2020-10-22T01:54:20.493Z"},
            {"ts": 1603331660.493},
            {"UtcTime": "2020-10-22 01:54:20.493"},
        ]
        assert {time_of(event).isoformat()[:23] for event in times if time_of(event)} == {"2020-10-22T01:54:20.493"}
        assert time_of({"ts": "-", "time": True}) is None
