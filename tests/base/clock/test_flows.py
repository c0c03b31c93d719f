"""Acts on a clock: each adds one event, and everything shown follows from the events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from bastide.base import terms
from bastide.base.clock import flows, jobs, reads
from bastide.base.clock.models import Clock, ClockEvent
from bastide.base.clock.reading import OutOfOrderError
from bastide.base.inbox.models import Notification
from bastide.base.people.models import Account, Organisation
from bastide.base.terms import CHINA, Term
from bastide.base.terms.calendars import _folders
from bastide.base.trail.models import Entry

from .conftest import DAY, HOUR, MINUTE, START

pytestmark = pytest.mark.django_db
LAW = {"clause": "INC25 4", "fact": "a test"}


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHINA)  # type: ignore[misc]


class TestStart:
    def test_it_runs_from_the_moment_of_the_fact(self, hour_clock: Clock) -> None:
        assert (hour_clock.state, hour_clock.due_at) == ("running", START + HOUR)

    def test_it_keeps_what_the_pack_said(self, hour_clock: Clock) -> None:
        assert (hour_clock.pack_id, hour_clock.mark, hour_clock.clause) == (
            "cn-telecom",
            "seen",
            "INC25 4(1); CIIR 18(1)",
        )
        assert hour_clock.title.zh == "关基事件首次报告"
        assert hour_clock.owed_to == "cpd,police"

    def test_a_second_report_moves_nothing(self, hour_clock: Clock, telco: Organisation, operator: Account) -> None:
        again = flows.start(telco, "CK-01", at=START + HOUR, by=operator, bearer=telco)
        assert (again.pk, again.due_at) == (hour_clock.pk, START + HOUR)
        assert ClockEvent.objects.count() == 1

    def test_the_limit_of_an_order_replaces_the_packs(self, telco: Organisation, operator: Account) -> None:
        clock = flows.start(telco, "DS-RECT-HIGH", at=START, by=operator, bearer=telco, limit=Term(45, "D"))
        assert clock.due_day == date(2026, 4, 16)

    def test_it_stands_in_the_trail_of_the_thing(
        self, hour_clock: Clock, telco: Organisation, operator: Account
    ) -> None:
        entry = Entry.objects.get()
        assert (entry.kind, entry.thing_id, entry.act, entry.account) == (
            "people.organisation",
            telco.pk,
            "clock.start",
            operator,
        )
        assert "found by the duty officer" in entry.note

    def test_what_became_known_later_is_kept_apart_from_when_it_was(
        self, telco: Organisation, operator: Account
    ) -> None:
        clock = flows.start(telco, "CK-01", at=START, known_at=START + 40 * MINUTE, by=operator, bearer=telco)
        assert clock.due_at == START + HOUR
        assert reads.state_at(clock, START + 39 * MINUTE) is None
        assert reads.state_at(clock, START + 40 * MINUTE) is not None

    def test_a_duty_to_keep_things_has_no_due_time_and_is_refused(self, telco: Organisation, operator: Account) -> None:
        with pytest.raises(ValueError, match=r"CK-25 .keep. is no duty with a due time"):
            flows.start(telco, "CK-25", at=START, by=operator, bearer=telco)

    def test_seven_working_days_before_a_hearing(self, telco: Organisation, operator: Account) -> None:
        hearing = local(2026, 3, 20, 9)
        clock = flows.start(telco, "CK-35", at=hearing, known_at=START, by=operator, bearer=telco)
        assert clock.due_at == local(2026, 3, 11)
        assert clock.share_used(START) == 0.0

    def test_a_day_of_the_year(self, telco: Organisation, operator: Account) -> None:
        clock = flows.start(telco, "CK-22", at=START, by=operator, bearer=telco)
        assert clock.due_label == "2027-01-31 24:00 (UTC+0800)"


class TestStop:
    def test_at_the_very_due_moment_it_is_in_time(self, hour_clock: Clock, operator: Account) -> None:
        assert flows.stop(hour_clock, at=START + HOUR, by=operator, fact="reported").state == "met"

    def test_later_it_is_late(self, hour_clock: Clock, operator: Account) -> None:
        assert flows.stop(hour_clock, at=START + HOUR + timedelta(microseconds=1), by=operator).state == "missed"
        assert Entry.objects.first().act == "clock.missed"  # type: ignore[union-attr]

    def test_the_time_of_the_act_decides_not_of_typing_it(self, hour_clock: Clock, operator: Account) -> None:
        stopped = flows.stop(hour_clock, at=START + 50 * MINUTE, known_at=START + 2 * DAY, by=operator)
        assert stopped.state == "met"
        before = reads.state_at(stopped, START + DAY)
        assert before is not None
        assert before.is_overdue(START + DAY)

    def test_cancelled_is_neither(self, hour_clock: Clock, operator: Account) -> None:
        assert flows.cancel(hour_clock, at=START + DAY, by=operator, fact="no incident").state == "cancelled"

    def test_it_stops_once(self, hour_clock: Clock, operator: Account) -> None:
        flows.stop(hour_clock, at=START + MINUTE, by=operator)
        with pytest.raises(OutOfOrderError, match="comes after the stop"):
            flows.stop(hour_clock, at=START + HOUR, by=operator)
        assert ClockEvent.objects.count() == 2

    def test_after_a_stop_the_duty_can_run_anew(
        self, hour_clock: Clock, telco: Organisation, operator: Account
    ) -> None:
        flows.stop(hour_clock, at=START + MINUTE, by=operator)
        again = flows.start(telco, "CK-01", at=START + DAY, by=operator, bearer=telco)
        assert again.pk != hour_clock.pk

    def test_all_clocks_of_a_thing_stop_together(
        self, hour_clock: Clock, workday_clock: Clock, telco: Organisation, operator: Account
    ) -> None:
        assert len(flows.stop_all(telco, at=START + MINUTE, by=operator)) == 2
        assert flows.stop_all(telco, at=START + MINUTE, by=operator) == []

    def test_an_immediate_duty_is_never_judged_by_minutes(self, telco: Organisation, operator: Account) -> None:
        clock = flows.start(telco, "CK-08", at=START, by=operator, bearer=telco)
        assert not clock.is_overdue(START + DAY)
        assert clock.due_at == START
        assert flows.stop(clock, at=START + 7 * MINUTE, by=operator).state == "met"


class TestPauseAndResume:
    def test_hours_stand_still(self, hour_clock: Clock, operator: Account) -> None:
        flows.pause(hour_clock, at=START + 20 * MINUTE, by=operator, **LAW)
        assert (hour_clock.state, hour_clock.due_at) == ("paused", None)
        assert hour_clock.remaining(START + DAY) == 40 * MINUTE
        flows.resume(hour_clock, at=START + DAY, by=operator, **LAW)
        assert hour_clock.due_at == START + DAY + 40 * MINUTE

    def test_a_pause_entered_afterwards_is_put_in_its_place(self, hour_clock: Clock, operator: Account) -> None:
        flows.pause(hour_clock, at=START + 10 * MINUTE, known_at=START + DAY, by=operator, **LAW)
        flows.resume(hour_clock, at=START + 30 * MINUTE, known_at=START + DAY, by=operator, **LAW)
        assert hour_clock.due_at == START + 80 * MINUTE

    def test_what_cannot_be_is_refused_and_nothing_kept(self, hour_clock: Clock, operator: Account) -> None:
        with pytest.raises(OutOfOrderError, match="it is not paused"):
            flows.resume(hour_clock, at=START + MINUTE, by=operator, **LAW)
        with pytest.raises(OutOfOrderError, match=r"before what happened|begins with its start"):
            flows.pause(hour_clock, at=START - MINUTE, by=operator, **LAW)
        assert ClockEvent.objects.count() == 1

    def test_a_date_is_not_paused(self, telco: Organisation, operator: Account) -> None:
        clock = flows.start(telco, "CK-22", at=START, by=operator, bearer=telco)
        with pytest.raises(OutOfOrderError, match="a day is not paused"):
            flows.pause(clock, at=START + DAY, by=operator, **LAW)

    def test_stopping_while_paused_is_judged_as_of_the_stop(self, hour_clock: Clock, operator: Account) -> None:
        flows.pause(hour_clock, at=START + 20 * MINUTE, by=operator, **LAW)
        assert flows.stop(hour_clock, at=START + DAY, by=operator).state == "met"


class TestExtend:
    def test_the_same_unit_lengthens_the_term(self, workday_clock: Clock, operator: Account) -> None:
        assert workday_clock.due_day == date(2026, 3, 16)
        flows.extend(workday_clock, at=START + DAY, by=operator, term=Term(5, "WD"), **LAW)
        assert workday_clock.due_day == date(2026, 3, 23)

    def test_another_unit_counts_on_from_the_last_day(self, workday_clock: Clock, operator: Account) -> None:
        flows.extend(workday_clock, at=START + DAY, by=operator, term=Term(1, "MO"), **LAW)
        assert workday_clock.due_day == date(2026, 4, 16)

    def test_to_the_end_of_a_day(self, workday_clock: Clock, operator: Account) -> None:
        flows.extend(workday_clock, at=START + DAY, by=operator, until=date(2026, 5, 4), **LAW)
        assert workday_clock.due_at == local(2026, 5, 5)

    def test_it_needs_one_of_both(self, workday_clock: Clock, operator: Account) -> None:
        with pytest.raises(OutOfOrderError, match="a term or a last day"):
            flows.extend(workday_clock, at=START + DAY, by=operator, **LAW)

    def test_old_and_new_due_time_stand_in_the_trail(self, workday_clock: Clock, operator: Account) -> None:
        flows.extend(workday_clock, at=START + DAY, by=operator, term=Term(5, "WD"), **LAW)
        assert Entry.objects.first().changes == {  # type: ignore[union-attr]
            "CK-09": ["2026-03-16 24:00 (UTC+0800)", "2026-03-23 24:00 (UTC+0800)"]
        }


class TestEvents:
    def test_they_are_only_added(self, hour_clock: Clock) -> None:
        event = hour_clock.events.get()
        event.at = START + DAY
        with pytest.raises(TypeError, match="append-only"):
            event.save()
        with pytest.raises(TypeError, match="append-only"):
            event.delete()

    def test_the_database_refuses_a_second_start(self, hour_clock: Clock, operator: Account) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            ClockEvent.objects.create(clock=hour_clock, what="start", at=START, known_at=START, by=operator)


class TestUnpublishedCalendar:
    @pytest.fixture
    def december(self, telco: Organisation, operator: Account) -> Clock:
        return flows.start(telco, "CK-09", at=local(2026, 12, 25, 9), by=operator, bearer=telco)

    @pytest.fixture
    def published(self, tmp_path: Path) -> Iterator[Path]:
        terms.look_in(tmp_path)
        (tmp_path / "cn").mkdir()
        yield tmp_path / "cn" / "2027.yaml"
        _folders.remove(tmp_path)
        terms.calendar("cn")

    def test_it_says_so_and_gives_the_earliest_day(self, december: Clock) -> None:
        assert (december.due_at, december.unknown_year) == (None, 2027)
        assert december.earliest_at == local(2027, 1, 7)
        assert "2027" in december.unknown_reason
        assert "2027-01-06 24:00" in december.unknown_reason
        assert not december.is_overdue(local(2027, 3, 1))

    def test_done_before_the_earliest_end_is_in_time_for_certain(self, december: Clock, operator: Account) -> None:
        assert flows.stop(december, at=local(2027, 1, 6, 12), by=operator).state == "met"

    def test_done_later_is_not_judged_until_the_calendar_is_there(
        self, december: Clock, operator: Account, published: Path
    ) -> None:
        assert flows.stop(december, at=local(2027, 1, 8, 12), by=operator).state == "unjudged"
        published.write_text("calendar: cn\nyear: 2027\nsource: test\nrest: [2027-01-01]\n")
        assert jobs.recount_all(at=local(2027, 1, 9)) == [december.pk]
        december.refresh_from_db()
        assert december.state == "met"

    def test_a_published_calendar_moves_the_affected_clocks_aloud(
        self, december: Clock, workday_clock: Clock, operator: Account, published: Path
    ) -> None:
        published.write_text("calendar: cn\nyear: 2027\nsource: test\nrest: [2027-01-01]\n")
        assert jobs.recount_all(at=local(2026, 12, 28)) == [december.pk]
        december.refresh_from_db()
        assert december.due_day == date(2027, 1, 11)
        assert Entry.objects.filter(act="clock.recount").count() == 1
        assert "2027-01-11 24:00" in str(Notification.objects.get(account=operator))
        assert jobs.recount_all(at=local(2026, 12, 28)) == []


class TestReads:
    def test_open_clocks_come_first_and_the_soonest_first(
        self, workday_clock: Clock, hour_clock: Clock, telco: Organisation, operator: Account
    ) -> None:
        done = flows.start(telco, "CK-02", at=START, by=operator, bearer=telco)
        flows.stop(done, at=START, by=operator)
        assert reads.of(telco) == [hour_clock, workday_clock, done]
        assert reads.open_of(telco, "CK-02") is None
        assert reads.soonest([telco]) == {telco.pk: hour_clock}

    def test_overdue_is_after_the_due_moment(self, hour_clock: Clock) -> None:
        assert list(reads.overdue(START + HOUR)) == []
        assert list(reads.overdue(START + HOUR + MINUTE)) == [hour_clock]

    def test_each_sees_its_own(
        self, hour_clock: Clock, national: Account, provincial: Account, operator: Account,
        other_provincial: Account, other_operator: Account, stranger: Account,
    ) -> None:  # fmt: skip
        for account in (national, provincial, operator):
            assert list(reads.due_for(account)) == [hour_clock]
        for account in (other_provincial, other_operator, stranger):
            assert list(reads.due_for(account)) == []
