"""My desk: clocks only of things in sight, and overdue only what has a number."""

from __future__ import annotations

import pytest

from bastide.home import desk

pytestmark = pytest.mark.django_db


class TestClocks:
    def test_what_is_owed_at_once_is_not_overdue(self, settled, operator, at) -> None:
        found = desk.clocks(operator, at=at)
        assert (found.ours.total, found.theirs.total) == (4, 0)
        assert found.overdue == 1
        assert found.overdue == sum(one.is_overdue(at) for one in found.ours.clocks)

    def test_what_others_owe_stands_apart(self, settled, provincial, at) -> None:
        found = desk.clocks(provincial, at=at)
        assert (found.ours.total, found.theirs.total) == (0, 4)

    def test_another_province_sees_none(self, settled, other_provincial, at) -> None:
        assert desk.clocks(other_provincial, at=at).total == 0

    def test_a_clock_of_a_thing_out_of_sight_is_not_counted(self, settled, inspector, at) -> None:
        assert desk.clocks(inspector, at=at).total == 0

    def test_the_soonest_comes_first_and_what_has_no_number_last(self, settled, operator, at) -> None:
        kinds = [one.type_id for one in desk.clocks(operator, at=at).ours.clocks]
        assert kinds == ["CK-05", "CK-07", "CK-08", "CK-08"]


class TestPage:
    def test_it_tells_the_numbers(self, settled, operator, client_of) -> None:
        text = client_of(operator).get("/desk/").content.decode()
        assert "Owed by us: 4" in text
        assert "Owed by others" not in text

    def test_a_stranger_has_an_empty_desk(self, settled, stranger, client_of) -> None:
        text = client_of(stranger, "zh-hans").get("/desk/").content.decode()
        assert settled.number not in text
