"""Terms counted against a walker that looks at every single day, and the written rules one by one."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.terms import (
    CHINA,
    CalendarNotPublished,
    Pause,
    Term,
    calendar,
    due,
    earliest,
    local_day,
    working_days_between,
)

CN = calendar("cn")
BERLIN = ZoneInfo("Europe/Berlin")
ONE_DAY = timedelta(days=1)
moments = st.datetimes(datetime(2004, 1, 1), datetime(2026, 6, 1), timezones=st.just(CHINA))
days = st.dates(date(2004, 1, 1), date(2026, 12, 31))


def at(*parts, zone=CHINA):
    return datetime(*parts, tzinfo=zone)


def ends(moment, term, *pauses, zone=CHINA, cal=CN):
    return due(moment, term, cal, zone, pauses).astimezone(zone)


def walk(moment, wanted, counts):
    """Brute force: look at each local day after the start, count those that count, stop at the end of the last."""
    day = moment.astimezone(CHINA).date()
    while wanted:
        day += ONE_DAY
        wanted -= counts(day)
    return datetime.combine(day + ONE_DAY, datetime.min.time(), tzinfo=CHINA)


class TestHours:
    @given(moments, st.decimals(0, 5000, places=3))
    def test_they_are_exact(self, moment, hours):
        assert ends(moment, Term(hours, "H")) - moment == timedelta(microseconds=int(hours * 3_600_000_000))

    def test_half_an_hour_is_thirty_minutes(self):
        assert ends(at(2026, 11, 22, 9), Term("0.5", "H")) == at(2026, 11, 22, 9, 30)

    def test_a_change_of_summer_time_does_not_stretch_them(self):
        start = at(2026, 3, 28, 20, zone=BERLIN)
        assert ends(start, Term(24, "H"), zone=BERLIN) == at(2026, 3, 29, 21, zone=BERLIN)

    @given(st.datetimes(datetime(2020, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)), st.integers(0, 3000))
    def test_the_zone_does_not_matter(self, moment, hours):
        term = Term(hours, "H")
        assert due(moment, term, CN, CHINA) == due(moment.astimezone(BERLIN), term, CN, BERLIN)


class TestDays:
    def test_the_day_of_the_start_is_not_counted_and_the_last_day_runs_to_midnight(self):
        assert ends(at(2026, 11, 1, 0, 1), Term(2, "D")) == at(2026, 11, 4, 0, 0)
        assert ends(at(2026, 11, 1, 23, 59), Term(2, "D")) == at(2026, 11, 4, 0, 0)

    @given(moments, st.integers(0, 400))
    def test_they_equal_the_walker(self, moment, count):
        assert ends(moment, Term(count, "D")) == walk(moment, count, lambda day: True)

    def test_the_local_day_decides_not_the_day_of_utc(self):
        start = datetime(2026, 11, 1, 20, tzinfo=UTC)  # already the second of November in China
        assert ends(start, Term(1, "D")) == at(2026, 11, 4)

    @given(st.datetimes(datetime(2020, 1, 1), datetime(2026, 12, 1), timezones=st.just(BERLIN)), st.integers(0, 400))
    def test_they_end_at_local_midnight_through_summer_time(self, moment, count):
        end = ends(moment, Term(count, "D"), zone=BERLIN)
        assert (end.hour, end.minute) == (0, 0)
        assert end.date() == local_day(moment, BERLIN) + (count + 1) * ONE_DAY


class TestWorkingDays:
    @given(moments, st.integers(0, 120))
    def test_they_equal_the_walker_across_2004_to_2026(self, moment, count):
        assert ends(moment, Term(count, "WD")) == walk(moment, count, CN.is_working_day)

    def test_the_moved_working_days_of_2026_count(self):
        # 1 to 7 October 2026 are free, Sunday 20 September and Saturday 10 October are worked for it
        assert ends(at(2026, 9, 28, 10), Term(7, "WD")) == at(2026, 10, 14)
        assert CN.is_working_day(date(2026, 9, 20))
        assert CN.is_working_day(date(2026, 10, 10))
        assert not CN.is_working_day(date(2026, 10, 1))

    @given(days, days)
    def test_between_equals_the_walker(self, first, last):
        low, high = min(first, last), max(first, last)
        counted, day = 0, low
        while day < high:
            day += ONE_DAY
            counted += CN.is_working_day(day)
        assert working_days_between(first, last, CN) == (counted if first <= last else -counted)

    @given(moments, st.integers(1, 60))
    def test_between_is_the_inverse_of_counting(self, moment, count):
        last = (ends(moment, Term(count, "WD")) - ONE_DAY).date()
        assert working_days_between(moment.date(), last, CN) == count

    def test_an_unpublished_year_is_not_guessed(self):
        with pytest.raises(CalendarNotPublished, match="2027 working-day calendar of 'cn' is not published") as caught:
            due(at(2026, 12, 25, 9), Term(10, "WD"), CN, CHINA)
        assert caught.value.year == 2027

    def test_the_earliest_end_of_an_unpublished_year_takes_every_day_for_worked(self):
        # 28, 29, 30, 31 December are worked; six more at the earliest by 6 January
        assert earliest(at(2026, 12, 25, 9), Term(10, "WD"), CN, CHINA) == at(2027, 1, 7)

    @given(moments, st.integers(0, 60))
    def test_the_earliest_end_of_published_years_is_the_end(self, moment, count):
        assert earliest(moment, Term(count, "WD"), CN, CHINA) == ends(moment, Term(count, "WD"))


class TestMonthsAndYears:
    @pytest.mark.parametrize(
        ("start", "term", "last_day"),
        [
            (at(2026, 1, 31, 12), Term(1, "MO"), date(2026, 2, 28)),
            (at(2024, 1, 31, 12), Term(1, "MO"), date(2024, 2, 29)),
            (at(2026, 8, 15, 12), Term(3, "MO"), date(2026, 11, 15)),
            (at(2024, 2, 29, 12), Term(1, "Y"), date(2025, 2, 28)),
            (at(2026, 11, 30, 12), Term(3, "MO"), date(2027, 2, 28)),
            (at(2026, 12, 31, 12), Term(2, "Y"), date(2028, 12, 31)),
        ],
    )
    def test_they_end_on_the_corresponding_day_or_the_last_of_the_month(self, start, term, last_day):
        assert ends(start, term) == datetime.combine(last_day + ONE_DAY, datetime.min.time(), tzinfo=CHINA)

    @given(moments, st.integers(0, 60))
    def test_the_month_is_the_wanted_one_and_the_day_is_never_later(self, moment, count):
        last = (ends(moment, Term(count, "MO")) - ONE_DAY).date()
        assert (last.year * 12 + last.month) - (moment.year * 12 + moment.month) == count
        assert last.day == moment.day or (last.day < moment.day and (last + ONE_DAY).day == 1)

    @given(moments, st.integers(0, 5))
    def test_a_year_is_twelve_months(self, moment, years):
        assert ends(moment, Term(years, "Y")) == ends(moment, Term(12 * years, "MO"))


class TestDates:
    def test_the_next_one_counts_today_included(self):
        assert ends(at(2026, 11, 22, 9), Term("01-31", "DATE")) == at(2027, 2, 1)
        assert ends(at(2027, 1, 31, 23), Term("01-31", "DATE")) == at(2027, 2, 1)

    def test_the_29th_of_february_is_the_28th_in_common_years(self):
        assert ends(at(2026, 1, 1), Term("02-29", "DATE")) == at(2026, 3, 1)

    def test_a_pause_does_not_move_a_date(self):
        assert ends(at(2026, 1, 5), Term("01-31", "DATE"), Pause(at(2026, 1, 6), at(2026, 1, 20))) == at(2026, 2, 1)


class TestImmediate:
    def test_it_is_due_at_once(self):
        assert ends(at(2026, 11, 22, 9), Term(0, "IMMEDIATE")) == at(2026, 11, 22, 9)

    def test_the_tolerance_is_in_minutes(self):
        assert ends(at(2026, 11, 22, 9), Term(15, "IMMEDIATE")) == at(2026, 11, 22, 9, 15)


class TestCountingBack:
    def test_seven_whole_working_days_lie_between_the_notice_and_the_hearing(self):
        hearing = at(2026, 11, 20, 9)  # a Friday; the 11th is the seventh working day before it
        assert ends(hearing, Term(-7, "WD")) == at(2026, 11, 11, 0, 0)

    @given(moments.filter(lambda moment: moment.year > 2004), st.integers(1, 60))
    def test_working_days_back_equal_the_walker(self, moment, count):
        first = ends(moment, Term(-count, "WD")).date()
        between, day = 0, first
        while day < moment.date():
            between += CN.is_working_day(day)
            day += ONE_DAY
        assert between == count
        assert CN.is_working_day(first)

    def test_days_months_and_hours_mirror_too(self):
        assert ends(at(2026, 3, 31, 9), Term(-1, "MO")) == at(2026, 2, 28)
        assert ends(at(2026, 3, 31, 9), Term(-3, "D")) == at(2026, 3, 28)
        assert ends(at(2026, 3, 31, 9), Term(-2, "H")) == at(2026, 3, 31, 7)


class TestRolling:
    def test_a_last_day_in_the_golden_week_moves_behind_it(self):
        assert ends(at(2026, 9, 28, 10), Term(3, "D", rolls=True)) == at(2026, 10, 9)
        assert ends(at(2026, 9, 28, 10), Term(3, "D")) == at(2026, 10, 2)

    def test_in_an_unpublished_year_it_says_so(self):
        with pytest.raises(CalendarNotPublished):
            due(at(2026, 12, 22), Term(1, "MO", rolls=True), CN, CHINA)


class TestPauses:
    def test_hours_move_by_exactly_the_paused_time(self):
        pause = Pause(at(2026, 11, 22, 10), at(2026, 11, 22, 12, 30))
        assert ends(at(2026, 11, 22, 9), Term(4, "H"), pause) == at(2026, 11, 22, 15, 30)

    def test_a_pause_after_the_end_changes_nothing(self):
        pause = Pause(at(2026, 11, 22, 14), at(2026, 11, 23, 14))
        assert ends(at(2026, 11, 22, 9), Term(4, "H"), pause) == at(2026, 11, 22, 13)

    def test_a_day_that_a_pause_touches_is_not_counted(self):
        pause = Pause(at(2026, 11, 24, 23), at(2026, 11, 25, 1))
        assert ends(at(2026, 11, 22, 9), Term(5, "D"), pause) == at(2026, 11, 30)

    def test_a_pause_that_ends_at_midnight_leaves_the_new_day_alone(self):
        pause = Pause(at(2026, 11, 24, 9), at(2026, 11, 25, 0))
        assert ends(at(2026, 11, 22, 9), Term(5, "D"), pause) == at(2026, 11, 29)

    @given(
        moments,
        st.integers(1, 90),
        st.integers(0, 60 * 24 * 60),
        st.integers(0, 60 * 24 * 20),
        st.sampled_from(["D", "WD"]),
    )
    def test_they_equal_the_walker(self, moment, count, after, lasting, unit):
        start = moment + timedelta(minutes=after)
        pause = Pause(start, start + timedelta(minutes=lasting))

        def counts(day):
            midnight = datetime.combine(day, datetime.min.time(), tzinfo=CHINA)
            touched = pause.start < pause.end and pause.start < midnight + ONE_DAY and pause.end > midnight
            return not touched and (unit == "D" or CN.is_working_day(day))

        assert ends(moment, Term(count, unit), pause) == walk(moment, count, counts)

    @given(moments, st.integers(1, 24), st.integers(0, 60 * 24 * 400), st.integers(1, 60 * 24 * 30))
    def test_a_pause_never_brings_an_end_forward(self, moment, months, after, lasting):
        start = moment + timedelta(minutes=after)
        pause = Pause(start, start + timedelta(minutes=lasting))
        assert ends(moment, Term(months, "MO"), pause) >= ends(moment, Term(months, "MO"))


class TestNaiveTimes:
    def test_they_are_refused(self):
        with pytest.raises(ValueError, match="has no zone"):
            due(datetime(2026, 1, 1), Term(1, "D"), CN, CHINA)
