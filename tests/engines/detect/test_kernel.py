"""The compiled kernel answers as the engine in Python does, whatever the event looks like and however it is handed in."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bastide.engines.detect import Matches, RuleSet, match, native
from bastide.engines.detect.native.automaton import automaton
from bastide.engines.detect.native.kernel import KernelPlan
from bastide.engines.detect.regex import Unsupported, searcher

from ...conftest import EVERYTHING
from .makers import rule_text, rules_of

pytestmark = pytest.mark.skipif(not native.available(), reason="the kernel is not built (no C++ compiler)")

EXAMPLES = 1500 if EVERYTHING else 150


@contextmanager
def only_python() -> Iterator[None]:
    """The engine as it is on a machine without the kernel."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "available", lambda: False)
        yield


def outcome(found: Matches) -> tuple[object, ...]:
    return found.pairs, [(trouble.event, trouble.code) for trouble in found.troubles], found.events


DETECTIONS = (
    "s: {A|contains: [needle, 'é', '\\\\path']}\ncondition: s",
    "s: {A|startswith: Ab}\nf: {B: null}\ncondition: s and not f",
    "s: {A|endswith: [x, '中']}\ncondition: s",
    "s: {A: ['1', true, 'x', 1.5]}\ncondition: s",
    "s: {n.A|contains: needle}\ncondition: s",
    "s: {A: 'a*b?c'}\ncondition: s",
    "s: {A|re: '^[ab]+\\d?$'}\ncondition: s",
    "s: {A|re|i: 'NEED\\w+'}\ncondition: s",
    "s: {A|cidr: [10.0.0.0/8, '::1/128']}\ncondition: s",
    "s: {A|fieldref: B}\ncondition: s",
    "s: {A|exists: true, B|exists: false}\ncondition: s",
    "s: {A|gt: 5}\ncondition: s",
    "k: [needle, 'abc def']\ncondition: k",
    "k: [needle]\nf: {A: x}\ncondition: not k and f",
    "k: {'|re': 'x.y'}\ncondition: k",
    "s: {NoSpace|contains: needle}\ncondition: s",
    "s: {NoSpace|exists: true}\ncondition: s",
    "s: {NoSpace: null}\nf: {A: x}\ncondition: f and not s",
    "s: {A|contains: [a1, b2, c3, d4, e5, f6, g7, 'needle', 'é8']}\ncondition: s",
    "s: {B|cased: Needle}\ncondition: s",
    "s: {A: '*'}\ncondition: s",
)
PIECES = st.sampled_from(
    ["needle", "NEEDLE", "é", "É", "中", "x", "Ab", "ab1", "abc def", "\\path", "a1bxc", '"', "\n", "İ", "Σ", "\u212a", "10.1.2.3", "::1", "010.1.2.3", " ", "", "1", "true", "\x00", "😀"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=4).map("".join)
SCALARS = st.one_of(
    TEXTS, st.none(), st.booleans(), st.integers(-(1 << 70), 1 << 70), st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1, 0, -1, 1.5, 10**18, -(1 << 63), (1 << 64) - 1, 0.0001, 1e22, 123456.75]),
)  # fmt: skip
NAMES = st.sampled_from(["A", "B", "n", "No Space", "NoSpace", "a.b", "n.A", "é", "EvtSeq", "other", ""])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
EVENTS = st.dictionaries(NAMES, VALUES, max_size=6)


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return rules_of(*DETECTIONS)


def lines(draw: st.DrawFn, event: dict[str, Any]) -> bytes:
    """The event written in one of JSON's ways, sometimes broken."""
    text = json.dumps(
        {"sigma_product": "linux", **event},
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (" , ", " : ")])),
    )
    kind = draw(st.integers(0, 19))
    if kind == 0:
        text = text[: draw(st.integers(0, len(text)))]
    elif kind == 1:
        text = text.replace('"A"', '"B"')
    elif kind == 2:
        text = text.replace("/", "\\/").replace("needle", "\\u006eeedle")
    elif kind == 3:
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from([",", '"', "\\", "}", "\t", "\x07", "0", "\\ud800"])) + text[at:]
    written = text.encode("utf-8", "surrogatepass")
    if kind == 4:
        at = draw(st.integers(0, len(written)))
        written = written[:at] + b"\xff" + written[at:]
    return written


LINES = st.composite(lambda draw: lines(draw, draw(EVENTS)))()


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=12))
def test_lines_are_answered_as_in_python(rules: RuleSet, batch: list[bytes]) -> None:
    found = outcome(match(rules, pa.record_batch({"raw": pa.array(batch, pa.binary())})))
    with only_python():
        assert outcome(match(RuleSet(rules.rules), batch)) == found


FLAT = st.dictionaries(st.sampled_from(["A", "B", "n.A", "NoSpace", "other", "No Space"]), SCALARS, max_size=5)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(FLAT, min_size=1, max_size=12))
def test_columns_are_answered_as_rows_in_python(rules: RuleSet, batch: list[dict[str, Any]]) -> None:
    names = dict.fromkeys(name for event in batch for name in event)
    columns: dict[str, Any] = {"sigma_product": pa.array(["linux"] * len(batch))}
    for name in names:
        values = [event.get(name) for event in batch]
        kinds = {type(value) for value in values if value is not None}
        if kinds <= {int} and all(value is None or abs(value) < 1 << 63 for value in values):
            columns[name] = pa.array(values, pa.int64())
        elif kinds == {bool}:
            columns[name] = pa.array(values, pa.bool_())
        else:
            texts = [
                None if value is None else value if isinstance(value, str) else json.dumps(value) for value in values
            ]
            columns[name] = pa.array(texts, pa.large_string())
    table = pa.record_batch(columns)
    found = outcome(match(rules, table))
    rows = [{name: value for name, value in row.items() if value is not None} for row in table.to_pylist()]
    with only_python():
        assert outcome(match(RuleSet(rules.rules), rows)) == found
    part = table.slice(len(batch) // 2)
    assert [(event + len(batch) // 2, rule) for event, rule in match(rules, part)] == [
        pair
        for pair in found[0]
        if pair[0] >= len(batch) // 2  # type: ignore[attr-defined]
    ]


def test_threads_change_nothing(rules: RuleSet) -> None:
    events = [
        {"sigma_product": "linux", "A": f"needle {at}" if at % 7 else "x", "n": {"A": at}} for at in range(40_000)
    ]
    raw = pa.record_batch({"raw": pa.array([json.dumps(event) for event in events])})
    alone = match(rules, raw)
    assert outcome(match(RuleSet(rules.rules), raw, threads=4)) == outcome(alone)
    assert len(alone) > 40_000


def test_an_event_of_many_names_or_much_text_is_still_answered(rules: RuleSet) -> None:
    batch = [
        {"sigma_product": "linux", "A": "needle", **{f"f{at}": at for at in range(2_000)}},
        {"sigma_product": "linux", "A": "needle" + "z" * 700_000},
        {"sigma_product": "linux", "deep": json.loads("[" * 31 + "]" * 31), "A": "needle"},
    ]
    found = outcome(match(rules, batch))
    with only_python():
        assert outcome(match(RuleSet(rules.rules), batch)) == found
    assert {event for event, _ in match(rules, batch)} == {0, 1, 2}


def test_a_route_that_outgrows_what_it_was_trained_on_is_trained_again() -> None:
    loaded = rules_of("s: {A|contains: [needle, hay]}\ncondition: s")
    for count in (1, 5, 2_000, 3):
        batch = [{"sigma_product": "linux", "A": f"needle {at}"} for at in range(count)]
        assert len(match(loaded, batch)) == count


class TestExpressions:
    ALPHABET = "ab \n\t.x1_-\\A"
    PATTERNS = (
        "^a|b$", "a$", r"\bab\b", r"^\s*$", "x*", "(ab|a)1$", r"a\Z", r"\Bx\B", "^$", "$", "a.x", "(?i)aX", "[^a-c]+$",
        r"(?:a|b){2,3}1", r"\w+\s\w", "a+?b", r"\Aab", r"[\w-]+\.", "(a|$)", r"\d{2,}", "a{3,}",
    )  # fmt: skip

    @pytest.mark.parametrize("flags", ["", "i", "m", "s", "im"])
    @pytest.mark.parametrize("pattern", PATTERNS)
    def test_a_table_finds_what_re2_finds(self, pattern: str, flags: str) -> None:
        table = automaton(pattern, flags)
        if table is None:
            pytest.skip("left to RE2")
        search = searcher(pattern, flags)

        @settings(max_examples=EXAMPLES, deadline=None, database=None)
        @given(st.text(self.ALPHABET, max_size=9))
        def agrees(text: str) -> None:
            assert self.walked(table, text) == (search(text) is not None)

        agrees()

    @staticmethod
    def walked(table: Any, text: str) -> bool:
        if len(text) < table.shortest:
            return False
        state = 0
        for code in text.encode():
            state = table.steps[state * table.kinds + table.classes[code]]
            if state == 1:
                return True
        return bool(table.final[state])

    def test_most_of_these_have_a_table(self) -> None:
        assert sum(automaton(pattern, "") is not None for pattern in self.PATTERNS) >= len(self.PATTERNS) - 2

    @pytest.mark.parametrize("pattern", ["(a{1,60}){1,60}", "(.*a.{12}b|c.{14}d)", r"(a)\1", "a(?=b)", "(?>a)"])
    def test_what_has_no_small_table_is_left_to_re2(self, pattern: str) -> None:
        assert automaton(pattern, "") is None

    def test_a_rule_whose_expression_has_no_table_still_fires(self) -> None:
        pattern = "(.*a.{12}b|c.{14}d)"
        with pytest.raises(Unsupported):
            searcher("(?=a)", "")
        loaded = rules_of(f"s: {{A|re: '{pattern}'}}\ncondition: s")
        texts = ["xa123456789012b", "a12b", "中a123456789012b"]
        found = match(loaded, [{"sigma_product": "linux", "A": text} for text in texts])
        assert (
            [event for event, _ in found] == [at for at, text in enumerate(texts) if re.search(pattern, text)] == [0, 2]
        )


def test_a_damaged_program_is_refused() -> None:
    plan = KernelPlan(["A"] * 5, [False] * 5, range(5))
    for numbers in ([], [0, 1], [0, 1, 0, 0, 1, 5, 5], [0, 0, 0, 1, 0, 9, 0]):
        with pytest.raises(ValueError, match="does not understand"):
            plan.add(array("I", numbers), b"")


def test_a_cased_rule_is_asked_in_python() -> None:
    loaded = RuleSet.from_texts([("r.yml", rule_text("s: {B|cased: Needle}\ncondition: s"))])
    found = match(loaded, [{"sigma_product": "linux", "B": text} for text in ("Needle", "needle")])
    assert [event for event, _ in found] == [0]
