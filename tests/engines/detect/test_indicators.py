"""Indicators: what counts as found, the kernel against Python, growth without rebuilding, lists with wrong rows."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bastide.cli import app
from bastide.engines.detect import native
from bastide.engines.detect.indicators import Indicator, Indicators, Sort, Wrong, WrongIndicator, read_list

LIST = [
    "198.51.100.7", "203.0.113.0/24", "203.0.113.128/25", "10.0.0.0/8", "2001:db8::7", "2001:db8:1::/48",
    "evil.example", "cdn.evil.example", "xn--80ak6aa92e.com", "http://bad.example/a?b=c", "ftp://198.51.100.9/x",
    "d41d8cd98f00b204e9800998ecf8427e", "a" * 64, "phish@mail.example", "böse.example", "0.0.0.0/0",
]  # fmt: skip
FEW = LIST[:-1]


def plain(rows: list[str]) -> Indicators:
    with patch.object(native, "available", lambda: False):
        return Indicators(map(Indicator.of, rows))


@pytest.fixture(params=["kernel", "python"])
def few(request: pytest.FixtureRequest) -> Indicators:
    if request.param == "python":
        return plain(FEW)
    if not native.available():
        pytest.skip("the kernel is not built here: python tools/kernel.py")
    return Indicators(map(Indicator.of, FEW))


def found(indicators: Indicators, *values: str, json: bool = False) -> list[tuple[int, str]]:
    return [(row, indicators.all[place].value) for row, place in indicators.look(list(values), json=json).tolist()]


class TestWhatCountsAsFound:
    @pytest.mark.parametrize(
        ("value", "wanted"),
        [
            ("198.51.100.7", {"198.51.100.7"}),
            ("198.51.100.7:443", {"198.51.100.7"}),
            ("from 198.51.100.7, port 5", {"198.51.100.7"}),
            ("198.51.100.70", set()),
            ("1198.51.100.7", set()),
            ("198.51.100.07", set()),
            ("198.51.100.7.", {"198.51.100.7"}),
            ("198.51.100.7.1", set()),
            ("203.0.113.1", {"203.0.113.0/24"}),
            ("203.0.113.255", {"203.0.113.0/24", "203.0.113.128/25"}),
            ("203.0.114.0", set()),
            ("9.255.255.255", set()),
            ("11.0.0.0", set()),
            ("2001:DB8::7", {"2001:db8::7"}),
            ("2001:db8:0:0:0:0:0:7", {"2001:db8::7"}),
            ("[2001:db8:1:2::3]:443", {"2001:db8:1::/48"}),
            ("2001:db8:2::", set()),
            ("evil.example", {"evil.example"}),
            ("EVIL.Example.", {"evil.example"}),
            ("a.b.evil.example", {"evil.example"}),
            ("cdn.evil.example", {"evil.example", "cdn.evil.example"}),
            ("notevil.example", set()),
            ("evil.example.org", set()),
            ("https://www.evil.example:8443/x", {"evil.example"}),
            ("somebody@evil.example", {"evil.example"}),
            ("see http://bad.example/a?b=c for", {"http://bad.example/a?b=c"}),
            ("url=http://bad.example/a?b=c", {"http://bad.example/a?b=c"}),
            ("http://bad.example/a?b=cd", set()),
            ("SHA1=0,MD5=D41D8CD98F00B204E9800998ECF8427E", {"d41d8cd98f00b204e9800998ecf8427e"}),
            ("A" * 64, {"a" * 64}),
            ("A" * 65, set()),
            ("<phish@mail.example>", {"phish@mail.example"}),
            ("mailto:phish@mail.example.", {"phish@mail.example"}),
            ("spearphish@mail.example", set()),
            ("mail.example", set()),
            ("www.böse.example", {"böse.example"}),
            ("", set()),
            ("...", set()),
            ("@", set()),
            ("://", set()),
        ],
    )
    def test_in_a_value(self, few: Indicators, value: str, wanted: set[str]) -> None:
        assert {indicator for _row, indicator in found(few, value)} == wanted

    def test_in_every_value_of_json_and_in_no_name(self, few: Indicators) -> None:
        event = {
            "evil.example": "nothing", "a": {"b": ["x", {"c": "to EVIL.example"}]}, "n": 7,
            "path": "C:\\198.51.100.7\\evil.example", "lines": "one\nevil.example\ttwo",
        }  # fmt: skip
        lines = [
            json.dumps(event),
            json.dumps({"evil.example": 1}),
            '{"u": "http:\\/\\/bad.example\\/a?b=c"}',
            "no json",
        ]
        assert found(few, *lines, json=True) == [
            (0, "198.51.100.7"), (0, "evil.example"), (2, "http://bad.example/a?b=c"),
        ]  # fmt: skip

    def test_fields_tell_where(self, few: Indicators) -> None:
        event = {"DestinationIp": "198.51.100.7", "Other": "203.0.113.1", "Text": "198.51.100.7 again"}
        assert few.fields(event, 0) == {"DestinationIp": "198.51.100.7", "Text": "198.51.100.7 again"}

    def test_slices_nulls_and_other_layouts(self, few: Indicators) -> None:
        values = ["x", "evil.example", None, "198.51.100.7"]
        wanted = [[0, 6], [2, 0]]
        for kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary()):
            assert few.look(pa.array(values, kind).slice(1)).tolist() == wanted
        assert few.look(pa.array(values).dictionary_encode().slice(1)).tolist() == wanted
        chunks = pa.chunked_array([pa.array(values[:2]), pa.array(values[2:])])
        assert few.look(chunks).tolist() == [[1, 6], [3, 0]]
        assert few.look(pa.array([], pa.string())).tolist() == []


class TestGrowth:
    def test_added_ones_are_found_and_dropped_ones_are_not(self, few: Indicators) -> None:
        new = [Indicator.of(value) for value in ("new.example", "192.0.2.0/24", "192.0.2.9", "2001:db8:9::/64")]
        values = ["a.new.example", "192.0.2.9", "2001:db8:9::1", "evil.example"]
        assert [value for _row, value in found(few, *values)] == ["evil.example"]
        few.add(new)
        assert {value for _row, value in found(few, *values)} == {one.value for one in new} | {"evil.example"}
        few.drop([new[1], Indicator.of("evil.example"), Indicator.of("never.example")])
        assert {value for _row, value in found(few, *values)} == {"new.example", "192.0.2.9", "2001:db8:9::/64"}
        few.add([Indicator.of("evil.example")])
        assert {value for row, value in found(few, *values) if row == 3} == {"evil.example"}

    def test_a_known_one_keeps_one_place_and_takes_the_newer_id(self, few: Indicators) -> None:
        count = len(few)
        few.add([Indicator.of("EVIL.example", id="second")])
        assert len(few) == count
        assert [few.all[place].id for _row, place in few.look(["evil.example"]).tolist()] == ["second"]


TEXTS = st.lists(
    st.sampled_from(
        ["198.51.100.7", "203.0.113.200", "10.1.2.3", "2001:db8::7", "evil.example", "cdn.", "www.", "http://", "@", ":",
         "/", ".", "..", "-", "a" * 64, "d41d8cd98f00b204e9800998ecf8427e", "phish", "mail.example", "bad.example/a?b=c",
         " ", ",", "=", "\\", '"', "EVIL.EXAMPLE", "böse.example", "é", "0", "255", "[", "]", "::", "::ffff:10.0.0.1",
         "1.2.3.4.5", "%", "+", "\n", "\x00", "ftp://198.51.100.9/x", "\ud800"]
    ),
    max_size=8,
).map("".join)  # fmt: skip


@pytest.mark.skipif(not native.available(), reason="the kernel is not built here: python tools/kernel.py")
class TestKernelAgainstPython:
    kernel = Indicators(map(Indicator.of, LIST)) if native.available() else None
    judge = plain(LIST)

    @given(st.lists(TEXTS, max_size=4))
    def test_values(self, values: list[str]) -> None:
        clean = [value.encode("utf-8", "replace").decode() for value in values]
        assert self.kernel is not None
        assert found(self.kernel, *clean) == found(self.judge, *clean)

    @given(
        st.lists(st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, max_size=2) | st.integers(), max_size=3), max_size=3)
    )
    def test_events(self, events: list[dict[str, object]]) -> None:
        assert self.kernel is not None
        for lines in ([json.dumps(event) for event in events],
                      [json.dumps(event, ensure_ascii=False).encode("utf-8", "replace").decode() for event in events]):  # fmt: skip
            assert found(self.kernel, *lines, json=True) == found(self.judge, *lines, json=True)

    def test_overlapping_networks_of_all_sizes(self) -> None:
        chance = random.Random(5)
        rows = [
            f"{chance.randrange(4)}.{chance.randrange(3)}.{chance.randrange(256)}.{chance.randrange(256)}/{size}"
            for size in range(33) for _ in range(6)
        ] + [f"2001:db8:{chance.randrange(4):x}::{chance.randrange(9):x}/{size}" for size in range(129)]  # fmt: skip
        kernel, judge = Indicators(map(Indicator.of, rows)), plain(rows)
        values = [
            f"{chance.randrange(5)}.{chance.randrange(3)}.{chance.randrange(256)}.{chance.randrange(256)}"
            for _ in range(2000)
        ]
        values += [f"2001:db8:{chance.randrange(5):x}::{chance.randrange(9):x}" for _ in range(500)]
        values += ["255.255.255.255", "0.0.0.0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]

        def networks(indicators: Indicators) -> list[tuple[int, object]]:
            import ipaddress

            return sorted(
                {(row, str(ipaddress.ip_network(value, strict=False))) for row, value in found(indicators, *values)}
            )

        assert networks(kernel) == networks(judge)


class TestLists:
    def test_a_list_with_and_without_head(self, tmp_path: Path) -> None:
        path = tmp_path / "list.csv"
        path.write_text("id,type,value\n1,ip,198.51.100.7\n2,sha256,nonsense\n3,,evil.example\n4,colour,red\n")
        rows = list(read_list(path))
        assert [(row.id, row.sort) for row in rows if isinstance(row, Indicator)] == [
            ("1", Sort.ADDRESS), ("3", Sort.DOMAIN),
        ]  # fmt: skip
        assert [(row.line, row.reason) for row in rows if isinstance(row, Wrong)] == [
            (3, "'nonsense' is no hash"), (5, "'red' is no colour"),
        ]  # fmt: skip
        path.write_text("# a remark\n198.51.100.0/24\n\nevil.example\n")
        assert [row.value for row in read_list(path) if isinstance(row, Indicator)] == [
            "198.51.100.0/24",
            "evil.example",
        ]

    @pytest.mark.parametrize("value", ["", "x", "1.2.3.4.5", "1.2.3.4/33", "fe80::1%eth0", "http:// x", "a@", "z" * 32])
    def test_what_is_none_is_said(self, value: str) -> None:
        with pytest.raises(WrongIndicator):
            Indicator.of(value)

    def test_the_command_finds_them_with_and_without_rules(self, tmp_path: Path) -> None:
        events, lists, out = tmp_path / "e.ndjson", tmp_path / "l.txt", tmp_path / "out.ndjson"
        events.write_text(
            '{"DestinationIp": "198.51.100.7", "SystemTime": "2026-01-01T00:00:00Z"}\n{"a": 1}\n{"q": "x.evil.example"}\n'
        )
        lists.write_text("198.51.100.7\nevil.example\nnonsense!\n")
        done = CliRunner().invoke(app, ["detect", str(events), "--indicators", str(lists), "--out", str(out)])
        assert done.exit_code == 0, done.output
        rows = [orjson.loads(line) for line in out.read_bytes().splitlines()]
        assert [(row["rule_id"], row["line"], row["time"], row["fields"]) for row in rows] == [
            ("198.51.100.7", 0, "2026-01-01T00:00:00Z", {"DestinationIp": "198.51.100.7"}),
            ("evil.example", 2, None, {"q": "x.evil.example"}),
        ]
        assert CliRunner().invoke(app, ["detect", str(events)]).exit_code == 2


def test_a_hundred_thousand_and_the_truth(shared_data: Path, tmp_path: Path) -> None:
    maker = shared_data / "detect/ioc/make_ioc.py"
    if not maker.exists():
        pytest.skip(f"no {maker}")
    sizes = ["40000", "29000", "30000", "1000", "20000"]
    subprocess.run([sys.executable, str(maker), "3", str(tmp_path), *sizes], check=True, capture_output=True)
    indicators = Indicators(row for row in read_list(tmp_path / "indicators.csv") if isinstance(row, Indicator))
    lines = (tmp_path / "events.ndjson").read_text().splitlines()
    pairs = indicators.look(lines, json=True).tolist()
    with (tmp_path / "truth.csv").open() as file:
        truth = {(int(row["evt_seq"]), row["indicator_id"]) for row in csv.DictReader(file)}
    assert len(indicators) == 100_000
    assert {(row, indicators.all[place].id) for row, place in pairs} == truth
