"""RE2 answers as the reference engine of Python does, and required texts are required."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bastide.engines.detect.regex import Unsupported, literals, rewrite, searcher

ATOMS = ["a", "B", "k", "-", r"\.", r"\\", r"\d", r"\w", r"\s", r"\S", ".", "[ab]", "[^a-c]", r"[\w-]", r"[\s\S]", "ß"]
patterns = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["?", "+", "*", "{2}", "{1,2}", "{,2}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
        inner.map(lambda one: f"({one})"),
        inner.map(lambda one: f"^{one}"),
        inner.map(lambda one: f"{one}$"),
    ),
    max_leaves=6,
)
texts = st.text(st.sampled_from("aBbkcK-._\\ \n\t19٣ßé码\u00a0\u212a"), max_size=12)


@settings(deadline=None)
@given(patterns, texts, st.sampled_from(["", "i", "s", "m"]))
def test_answers_agree_with_python(pattern: str, text: str, flags: str) -> None:
    wanted = re.search(pattern, text, sum(getattr(re, flag.upper()) for flag in flags)) is not None
    assert (searcher(pattern, flags)(text) is not None) is wanted


@settings(deadline=None)
@given(patterns, texts, st.sampled_from(["", "i"]))
def test_where_the_pattern_is_found_one_of_its_texts_is(pattern: str, text: str, flags: str) -> None:
    needed = literals(pattern, flags)
    if needed is not None and re.search(pattern, text, re.IGNORECASE if flags else 0):
        assert any(each in text.lower() for each in needed)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"foo\s+barbaz", ("barbaz",)),
        (r"(?:alpha|beta)\d*", ("alpha", "beta")),
        (r"colou?r", ("colo",)),
        (r"\.exe$", (".exe",)),
        (r"a*b*", None),
        (r"(?:abc)?", None),
        (r"abc|", None),
        (r"ab\x41cd", ("ab",)),
    ],
)
def test_the_texts_a_pattern_needs(pattern: str, needed: tuple[str, ...] | None) -> None:
    assert literals(pattern) == needed


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", r"(a)\1", "(?P<x>a)(?P=x)", "(?>a)", "a++", "a{1001}", "[a", "a\\"],
)
def test_what_cannot_run_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(Unsupported):
        searcher(pattern, "")


def test_a_class_may_hold_brackets() -> None:
    assert searcher(rewrite("[[]x"), "")("[x")
    assert searcher("[]x]", "")("]")
