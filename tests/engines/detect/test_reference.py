"""Rules and events made by chance: the engine and the plain reference give the same matches."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bastide.engines.detect import RuleSet, match

from ...conftest import EVERYTHING
from .reference import Reference

FIELDS = ["A", "B", "ThreatName", "a.b"]
NAMES = ["A", "B", "Threat Name", "a.b", "C", "EvtSeq"]
PIECES = ["a", "B", "ab", "\\", "*", "?", "\\*", "ß", "İ", " -x ", "1", "cmd.exe", "é码", "\n"]
ids = ["00000000-0000-4000-8000-00000000000" + str(at) for at in range(3)]

words = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
scalars = st.one_of(words, st.integers(0, 12), st.booleans(), st.none())
modifiers = st.sampled_from(
    ["", "|contains", "|startswith", "|endswith", "|contains|all", "|cased", "|contains|cased", "|windash", "|neq"]
)


@st.composite
def items(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(st.sampled_from(FIELDS))
    special = draw(st.sampled_from(["", "", "", "", "|re", "|cidr", "|fieldref", "|gt", "|exists", "|base64"]))
    if special == "|re":
        return name + special, draw(st.sampled_from(["a+", "^B", r"\d$", "[^a]b", "c.d", "a|B"]))
    if special == "|cidr":
        return name + special, draw(st.sampled_from(["10.0.0.0/8", "::/0"]))
    if special == "|fieldref":
        return name + special, draw(st.sampled_from(FIELDS))
    if special == "|gt":
        return name + special, draw(st.integers(0, 12))
    if special == "|exists":
        return name + special, draw(st.booleans())
    if special == "|base64":
        return name + special, draw(st.sampled_from(["ab", "xyz"]))
    modifier = draw(modifiers)
    if modifier:
        return name + modifier, draw(st.lists(words.filter(bool), min_size=1, max_size=3))
    return name, draw(st.one_of(scalars, st.lists(scalars, min_size=1, max_size=3)))


keywords = st.lists(words.filter(bool), min_size=1, max_size=3)
selections = st.one_of(
    st.lists(items(), min_size=1, max_size=3).map(dict),
    st.lists(st.lists(items(), min_size=1, max_size=2).map(dict), min_size=1, max_size=3),
    keywords,
)
conditions = st.sampled_from(
    ["s1", "s1 and s2", "s1 or s2", "not s1", "s1 and not s2", "1 of s*", "all of s*", "not 1 of s*", "not (s1 or s2)"]
)
sources = st.sampled_from(
    [
        {"product": "linux"},
        {"product": "windows", "service": "system"},
        {"product": "windows", "category": "file_event"},
    ]
)


@st.composite
def rules(draw: st.DrawFn) -> list[str]:
    count = draw(st.integers(1, 3))
    return [
        yaml.safe_dump(
            {
                "title": "by chance",
                "id": ids[at],
                "logsource": draw(sources),
                "detection": {"s1": draw(selections), "s2": draw(selections), "condition": draw(conditions)},
            },
            allow_unicode=True,
        )
        for at in range(count)
    ]


values = st.one_of(scalars, st.sampled_from(["10.1.2.3", "::1", "YWI=", "eHl6", "3.5"]))
places = st.sampled_from(
    [
        {"sigma_product": "linux"},
        {"Channel": "SYSTEM", "EventID": 7},
        {"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": "11"},
    ]
)
events = st.builds(
    lambda place, own: {**own, **place}, places, st.dictionaries(st.sampled_from(NAMES), values, max_size=5)
)


@settings(max_examples=1000 if EVERYTHING else 100, deadline=None)
@given(rules(), st.lists(events, min_size=1, max_size=8))
def test_the_engine_agrees_with_the_reference(texts: list[str], batch: list[dict[str, Any]]) -> None:
    loaded = RuleSet.from_texts((str(at), text) for at, text in enumerate(texts))
    assert loaded.rejected == ()
    reference = Reference(texts)
    found = match(loaded, batch)
    assert found.troubles == ()
    expected = {(at, ident) for at, event in enumerate(batch) for ident in reference.matches(event)}
    assert {(at, loaded.rules[rule].id) for at, rule in found} == expected
