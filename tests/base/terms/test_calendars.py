"""Calendars: what is printed, what a list adds, and what nobody knows."""

from datetime import date

import chinese_calendar
import pytest

from bastide.base.terms import CalendarError, CalendarNotPublished, calendar, calendars, look_in, read_year
from bastide.base.terms import calendars as names
from bastide.base.terms.calendars import _folders

LIST = """
calendar: cn
year: 2027
source: a notice made up for this test
rest: [2027-01-01, [2027-02-05, 2027-02-11]]
work: [2027-02-14]
"""


@pytest.fixture
def folder(tmp_path):
    look_in(tmp_path)
    yield tmp_path
    _folders.remove(tmp_path)
    for name in names():
        calendar(name)


class TestChina:
    def test_it_knows_2004_to_2026_and_nothing_else(self):
        known = [year for year in range(1990, 2040) if calendar("cn").knows(year)]
        assert known == list(range(2004, 2027))

    def test_every_day_of_its_years_has_an_answer(self):
        china = calendar("cn")
        days = range(date(2004, 1, 1).toordinal(), date(2026, 12, 31).toordinal() + 1)
        worked = [day for day in map(date.fromordinal, days) if china.is_working_day(day)]
        assert 245 * 23 < len(worked) < 255 * 23
        assert worked == [day for day in map(date.fromordinal, days) if chinese_calendar.is_workday(day)]

    def test_an_unpublished_year_raises(self):
        with pytest.raises(CalendarNotPublished):
            calendar("cn").is_working_day(date(2027, 1, 1))


class TestEuropeanUnion:
    def test_without_a_states_list_no_day_is_known(self):
        with pytest.raises(CalendarNotPublished, match="'eu'"):
            calendar("eu").is_working_day(date(2026, 5, 4))


class TestYearList:
    def test_a_list_put_in_the_folder_is_used_at_once_and_changes_the_version(self, folder):
        before = calendar("cn").version
        (folder / "cn").mkdir()
        (folder / "cn" / "2027.yaml").write_text(LIST)
        china = calendar("cn")
        assert china.version != before
        assert not china.is_working_day(date(2027, 2, 8))
        assert china.is_working_day(date(2027, 2, 14))
        assert china.is_working_day(date(2027, 3, 1))
        assert not china.is_working_day(date(2027, 3, 6))

    def test_a_corrected_list_replaces_the_printed_year(self, folder):
        (folder / "cn").mkdir()
        (folder / "cn" / "2026.yaml").write_text("calendar: cn\nyear: 2026\nsource: test\nrest: [2026-11-23]\n")
        assert not calendar("cn").is_working_day(date(2026, 11, 23))

    def test_a_list_in_the_wrong_place_is_refused(self, folder):
        (folder / "cn").mkdir()
        (folder / "cn" / "2028.yaml").write_text(LIST)
        with pytest.raises(CalendarError, match="wrong place"):
            calendar("cn")
        (folder / "cn" / "2028.yaml").unlink()

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (("year: 2027", "year: soon"), "year: write the year"),
            (("source: a notice made up for this test", ""), "source: say which notice"),
            (("2027-01-01", "2026-01-01"), "rest, entry 1: 2026-01-01 to 2026-01-01 is not in 2027"),
            (("2027-01-01", "new year"), "rest, entry 1: write 2027-01-01"),
            (("2027-02-14", "2027-02-15"), "work: 2027-02-15 is no Saturday or Sunday"),
            (("2027-02-11", "2027-02-14"), "2027-02-14 is both rest and work"),
            (("work:", "works:"), "field works is not known"),
            (("rest: [", "rest: ["[:-1] + "{"), "not readable as YAML"),
        ],
    )
    def test_a_fault_is_said_with_its_place(self, change, words):
        with pytest.raises(CalendarError, match=words):
            read_year(LIST.replace(*change), name="2027.yaml")


class TestRegistry:
    def test_an_unknown_calendar_names_the_known_ones(self):
        assert calendars() == ("cn", "eu")
        with pytest.raises(CalendarError, match="there are cn, eu"):
            calendar("xx")
