"""How an operator stands, and how warm a number is."""

from __future__ import annotations

import pytest

from bastide.home.criteria import Standing, standing, strip, warmth


class TestStanding:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"overdue": 1}, Standing.ACT),
            ({"critical": 1}, Standing.ACT),
            ({"pressing": 1}, Standing.WATCH),
            ({"pressing": 1, "is_heard": False}, Standing.WATCH),
            ({"is_heard": False}, Standing.BLIND),
            ({}, Standing.CALM),
        ],
    )
    def test_the_worst_that_holds_is_said(self, given, expected) -> None:
        assert standing(**{"overdue": 0, "critical": 0, "pressing": 0, "is_heard": True, **given}) is expected


class TestWarmth:
    def test_nothing_is_cold_and_the_largest_is_hot(self) -> None:
        assert [warmth(value, 8) for value in (0, 1, 2, 3, 8)] == [0, 1, 1, 2, 4]

    def test_a_single_thing_is_not_hot_for_being_the_only_one(self) -> None:
        assert warmth(1, 1) == 1

    def test_what_is_grave_is_never_pale(self) -> None:
        assert warmth(1, 100, least=3) == 3
        assert warmth(0, 100, least=3) == 0


class TestStrip:
    def test_the_parts_fill_the_bar_one_after_the_other(self) -> None:
        assert strip([1, 0, 3]) == [(0, 25), (25, 0), (25, 75)]

    def test_nothing_at_all_has_no_width(self) -> None:
        assert strip([0, 0]) == [(0, 0), (0, 0)]
