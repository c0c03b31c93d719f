"""Correlations: each type against a plain recount of its definition, and through the command."""

from __future__ import annotations

import json
import statistics
import textwrap
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bastide.cli import app
from bastide.engines.detect import RuleSet
from bastide.engines.detect.correlation import Correlation, Hit, correlate

from .makers import rule_text

START = datetime(2026, 6, 16, tzinfo=UTC)


def correlation(kind: str, **changes: Any) -> Correlation:
    values: dict[str, Any] = {
        "id": "c", "title": "C", "name": "", "level": "high", "path": "c.yml", "line": 1, "type": kind,
        "rules": ("a", "b"), "group_by": ("host",), "span": 10, "op": "gte", "bound": 2.0,
        "fields": ("v",) if kind.startswith("value") else (), "percentile": 90, "aliases": (), "generate": False,
    }  # fmt: skip
    return Correlation(**{**values, **changes})


def plain(one: Correlation, hits: list[Hit]) -> list[tuple[int, int]]:
    """Places at which the correlation holds, by its definition: a look back from every hit over all before it."""
    ordered = sorted(hits, key=lambda hit: (hit.time, hit.place))
    places = []
    for at, hit in enumerate(ordered):
        host = hit.event.get("host")
        window = [
            other for other in ordered[: at + 1]
            if other.event.get("host") == host and (hit.time - other.time).total_seconds() <= one.span
        ]  # fmt: skip
        if host is None:
            continue
        numbers = [other.event["v"] for other in window if isinstance(other.event.get("v"), int)]
        own = hit.event.get("v")
        value: float | None = None
        if one.type == "event_count":
            value = len(window)
        elif one.type == "value_count":
            value = (
                len({other.event["v"] for other in window if other.event.get("v") is not None})
                if own is not None
                else None
            )
        elif one.type == "temporal":
            value = len({other.rule for other in window})
        elif one.type == "temporal_ordered":
            first = [other for other in window if other.rule == "a" and other.place != hit.place]
            value = 2 if hit.rule == "b" and first else 1
        elif isinstance(own, int):
            rank = ceil((50 if one.type == "value_median" else 90) / 100 * len(numbers)) - 1
            value = {
                "value_sum": sum(numbers), "value_avg": statistics.fmean(numbers),
                "value_median": sorted(numbers)[rank], "value_percentile": sorted(numbers)[rank],
            }[one.type]  # fmt: skip
        if value is not None and value >= one.bound:
            places.append(hit.place)
    return places


HITS = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.integers(0, 40), st.sampled_from(["h1", "h2", None]), st.sampled_from([1, 2, 3, None])
    ),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(
    HITS,
    st.sampled_from(
        [
            "event_count",
            "value_count",
            "temporal",
            "temporal_ordered",
            "value_sum",
            "value_avg",
            "value_percentile",
            "value_median",
        ]
    ),
    st.integers(1, 4),
)
def test_it_holds_where_its_definition_says(
    rows: list[tuple[str, int, str | None, int | None]], kind: str, bound: int
) -> None:
    hits = []
    for at, (rule, second, host, value) in enumerate(rows):
        event = {name: each for name, each in (("host", host), ("v", value)) if each is not None}
        hits.append(Hit(rule, START + timedelta(seconds=second), (0, at), event))
    one = correlation(kind, bound=2.0 if kind.startswith("temporal") else float(bound))
    assert [found.hit.place for found in correlate([one], hits)] == plain(one, hits)


def test_one_event_is_one_step_only() -> None:
    both = [Hit(rule, START, (0, 0), {"host": "h"}) for rule in "ab"]
    assert correlate([correlation("temporal_ordered")], both) == []
    assert len(correlate([correlation("temporal")], both)) == 1


def test_aliases_join_fields_of_different_names() -> None:
    one = correlation("temporal", group_by=("ip",), aliases=(("ip", (("a", "src"), ("b", "dst"))),))
    hits = [Hit("a", START, (0, 0), {"src": "10.0.0.1"}), Hit("b", START, (0, 1), {"dst": "10.0.0.1"})]
    (found,) = correlate([one], hits)
    assert found.group == (("ip", "10.0.0.1"),)


RULES = (
    rule_text("s: {A: failed}\ncondition: s", ident="11111111-1111-4111-8111-111111111111", more="name: failed\n"),
    rule_text("s: {A: done}\ncondition: s", ident="22222222-2222-4222-8222-222222222222", more="name: done\n"),
)


def document(body: str) -> str:
    return "title: Many\nid: 33333333-3333-4333-8333-333333333333\nlevel: high\nstatus: test\n" + textwrap.dedent(body)


COUNT = document("""
    correlation:
      type: event_count
      rules: [failed]
      group-by: [User]
      timespan: 1m
      condition: {gte: 3}
""")


class TestCommand:
    def run(self, folder: Path, *texts: str, events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
        (folder / "rules").mkdir()
        for at, text in enumerate(texts):
            (folder / "rules" / f"{at}.yml").write_text(text)
        (folder / "e.ndjson").write_text("\n".join(json.dumps(event) for event in events))
        words = ["detect", str(folder / "e.ndjson"), "--rules", str(folder / "rules"), "--cache", str(folder / "cache")]
        for _ in range(2):  # compiled, then from the cache
            done = CliRunner().invoke(app, words, env={"COLUMNS": "300"})
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def events(self, *rows: tuple[int, str, str]) -> list[dict[str, Any]]:
        return [
            {"SystemTime": f"2026-06-16T04:00:{second:02}Z", "sigma_product": "linux", "A": what, "User": who}
            for second, what, who in rows
        ]

    def test_counted_matches_are_not_told_one_by_one(self, tmp_path: Path) -> None:
        events = self.events(
            (0, "failed", "x"), (1, "failed", "y"), (2, "failed", "X"), (3, "failed", "x"), (4, "done", "x")
        )
        found, said = self.run(tmp_path, *RULES, COUNT, events=events)
        assert [(one["title"], one["line"]) for one in found] == [("A test", 4), ("Many", 3)]
        assert found[1]["fields"] == {"User": "x", "value": 3, "matches": 3}
        assert found[1]["time"] == "2026-06-16T04:00:03Z"
        assert "1 correlations of 4 matches: 1 held" in said

    def test_with_generate_they_are(self, tmp_path: Path) -> None:
        events = self.events(*((second, "failed", "x") for second in range(3)))
        found, _ = self.run(tmp_path, *RULES, COUNT.replace("type:", "generate: true\n  type:"), events=events)
        assert [one["title"] for one in found] == ["A test"] * 3 + ["Many"]

    def test_a_correlation_of_a_correlation(self, tmp_path: Path) -> None:
        then = document("""
            name: then
            correlation:
              type: temporal_ordered
              rules: [many, done]
              group-by: [User]
              timespan: 5m
        """).replace("33333333", "44444444").replace("Many", "Then")  # fmt: skip
        events = self.events(*((second, "failed", "x") for second in range(3)), (9, "done", "x"))
        found, _ = self.run(tmp_path, *RULES, COUNT.replace("level:", "name: many\nlevel:"), then, events=events)
        assert [one["title"] for one in found] == ["Many", "Then"]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (("[failed]", "[nothing]"), "names rule 'nothing', which is not evaluated in this set"),
            (("[failed]", "[33333333-3333-4333-8333-333333333333]"), "names itself, by way of others"),
            (("event_count", "value_count"), "without field reference"),
            (("1m", "soon"), "Timespan 'soon' is invalid"),
        ],
    )
    def test_what_cannot_be_evaluated_is_listed(self, change: tuple[str, str], said: str) -> None:
        loaded = RuleSet.from_texts(
            [*((str(at), text) for at, text in enumerate(RULES)), ("c.yml", COUNT.replace(*change))]
        )
        (rejected,) = loaded.rejected
        assert (rejected.path, loaded.correlations) == ("c.yml", ())
        assert said in rejected.reason


class TestFilters:
    FILTER = textwrap.dedent("""
        title: Not on the test host
        logsource: {product: linux}
        filter:
          rules: [failed]
          host: {Host|startswith: test}
          condition: not host
    """)

    def test_a_filter_is_an_exception_of_the_rules_it_names(self) -> None:
        from bastide.engines.detect import match

        loaded = RuleSet.from_texts([("f.yml", self.FILTER), ("0", RULES[0]), ("1", RULES[1])])
        assert loaded.rejected == ()
        events = [
            {"sigma_product": "linux", "A": what, "Host": host}
            for what in ("failed", "done")
            for host in ("web", "test1")
        ]
        assert list(match(loaded, events)) == [(0, 0), (2, 1), (3, 1)]

    def test_one_that_meets_no_rule_is_listed(self) -> None:
        loaded = RuleSet.from_texts([("f.yml", self.FILTER.replace("failed", "gone")), ("0", RULES[0])])
        assert [(each.path, each.line, each.code) for each in loaded.rejected] == [("f.yml", 2, "filter")]


def test_a_pipeline_maps_fields_and_log_sources(tmp_path: Path) -> None:
    from bastide.engines.detect import load_rules, match
    from bastide.engines.detect.rules import WrongPipeline

    (tmp_path / "r.yml").write_text(RULES[0])
    (tmp_path / "p.yml").write_text(
        "name: ours\npriority: 10\ntransformations:\n- {id: m, type: field_name_mapping, mapping: {A: outcome}}\n"
        "- {id: l, type: change_logsource, product: vendor}\n"
    )
    loaded = load_rules([tmp_path / "r.yml"], pipelines=[tmp_path / "p.yml"])
    events = [{"sigma_product": "vendor", "outcome": "failed"}, {"sigma_product": "linux", "A": "failed"}]
    assert list(match(loaded, events)) == [(0, 0)]
    (tmp_path / "p.yml").write_text("transformations: [{type: nonsense}]")
    with pytest.raises(WrongPipeline, match=r"p\.yml"):
        load_rules([tmp_path / "r.yml"], pipelines=[tmp_path / "p.yml"])
