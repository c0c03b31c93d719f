"""A reading follows from the events alone: against brute force over minutes, and against the cache in the database."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bastide.base import terms
from bastide.base.clock import flows
from bastide.base.clock.models import Clock
from bastide.base.clock.reading import Event, Outcome, OutOfOrderError, Reading, State, What, read
from bastide.base.people.models import Account, Organisation
from bastide.base.terms import CHINA, Term

from .conftest import DAY, HOUR, MINUTE, START

CN = terms.calendar("cn")
TYPES = ["CK-01", "CK-09", "CK-07", "CK-19", "CK-22", "CK-08", "DS-INC-PROGRESS-LOW"]


def reading(term: Term, *events: Event) -> Reading:
    return read([Event(What.START, START), *events], term, CN, CHINA)


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[What, datetime, Term | None, Outcome]]:
    """A life of a clock that may be: pauses are resumed, nothing follows a stop."""
    events: list[tuple[What, datetime, Term | None, Outcome]] = []
    at, paused = START, False
    for _ in range(draw(st.integers(0, 8))):
        at += timedelta(minutes=draw(st.integers(0, 60 * 24 * 6)))
        what = draw(st.sampled_from([What.RESUME if paused else What.PAUSE, What.EXTEND, What.STOP]))
        term = None
        if what is What.EXTEND:
            term = Term(draw(st.integers(1, 20)), draw(st.sampled_from(["H", "D", "WD", "MO"])))
        events.append((what, at, term, draw(st.sampled_from(Outcome))))
        if what is What.STOP:
            break
        paused = what is What.PAUSE if what is not What.EXTEND else paused
    return events


class TestRead:
    @given(lives(), st.integers(1, 400))
    def test_hours_equal_a_walk_over_running_minutes(
        self, life: list[tuple[What, datetime, Term | None, Outcome]], hours: int
    ) -> None:
        events = [Event(w, at, None, None, out) for w, at, _t, out in life if w in {What.PAUSE, What.RESUME}]
        read_one = reading(Term(hours, "H"), *events)
        left, at = timedelta(hours=hours), START
        for event in events:
            if at is not None and event.what is What.PAUSE:
                if left <= event.at - at:
                    break
                left -= event.at - at
            at = event.at
        paused = bool(events) and events[-1].what is What.PAUSE
        if not paused:
            assert read_one.due_at == at + left
        elif read_one.due_at is None:
            assert read_one.state is State.PAUSED

    @given(lives(), st.integers(1, 60))
    def test_working_days_equal_a_walk_over_days(
        self, life: list[tuple[What, datetime, Term | None, Outcome]], count: int
    ) -> None:
        events = [Event(w, at, None, None, out) for w, at, _t, out in life if w in {What.PAUSE, What.RESUME}]
        if events and events[-1].what is What.PAUSE:
            events.pop()
        pauses = [(events[i].at, events[i + 1].at) for i in range(0, len(events), 2)]
        day, left = START.date(), count
        while left:
            day += DAY
            begins = datetime.combine(day, datetime.min.time(), tzinfo=CHINA)
            touched = any(a < b and a < begins + DAY and begins < b for a, b in pauses)
            left -= CN.is_working_day(day) and not touched
        assert reading(Term(count, "WD"), *events).due_day == day

    @given(lives())
    def test_an_extension_never_brings_the_end_forward(
        self, life: list[tuple[What, datetime, Term | None, Outcome]]
    ) -> None:
        events = [Event(w, at, t, None, out) for w, at, t, out in life if w is not What.STOP]
        plain = [event for event in events if event.what is not What.EXTEND]
        longer, shorter = reading(Term(10, "WD"), *events), reading(Term(10, "WD"), *plain)
        if longer.due_at is not None and shorter.due_at is not None:
            assert longer.due_at >= shorter.due_at

    def test_share_and_remainder(self) -> None:
        one = reading(Term(4, "H"))
        assert one.share_used(START + HOUR) == 0.25
        assert one.remaining(START + HOUR) == 3 * HOUR
        assert one.remaining(START + 5 * HOUR) == -HOUR
        assert one.share_used(START + 5 * HOUR) == 1.0
        stopped = reading(Term(4, "H"), Event(What.STOP, START + HOUR))
        assert (stopped.share_used(START + DAY), stopped.remaining(START), stopped.met) == (0.25, None, True)

    def test_a_day_that_was_set_moves_only_by_later_pauses(self) -> None:
        extended = Event(What.EXTEND, START + 2 * DAY, until=date(2026, 4, 1))
        early = [Event(What.PAUSE, START + HOUR), Event(What.RESUME, START + DAY)]
        late = [Event(What.PAUSE, START + 3 * DAY), Event(What.RESUME, START + 5 * DAY)]
        assert reading(Term(10, "D"), *early, extended).due_day == date(2026, 4, 1)
        assert reading(Term(10, "D"), *early, extended, *late).due_day == date(2026, 4, 4)

    def test_a_day_that_was_set_in_the_past_stands(self) -> None:
        extended = Event(What.EXTEND, START + 9 * DAY, until=date(2026, 3, 5))
        assert reading(Term(10, "D"), extended).due_day == date(2026, 3, 5)

    @pytest.mark.parametrize(
        ("events", "words"),
        [
            ([], "begins with its start"),
            ([Event(What.STOP, START)], "begins with its start"),
            ([Event(What.START, START), Event(What.START, START)], "started twice"),
            ([Event(What.START, START), Event(What.PAUSE, START), Event(What.PAUSE, START)], "already paused"),
            ([Event(What.START, START), Event(What.RESUME, START)], "it is not paused"),
            ([Event(What.START, START), Event(What.STOP, START), Event(What.PAUSE, START)], "after the stop"),
            ([Event(What.START, START), Event(What.STOP, START - MINUTE)], "comes before"),
        ],
    )
    def test_what_cannot_be_says_why(self, events: list[Event], words: str) -> None:
        with pytest.raises(OutOfOrderError, match=words):
            read(events, Term(1, "D"), CN, CHINA)


@pytest.mark.django_db
class TestCache:
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(lives(), st.sampled_from(TYPES))
    def test_it_equals_the_reading_after_every_event(
        self,
        telco: Organisation,
        operator: Account,
        life: list[tuple[What, datetime, Term | None, Outcome]],
        type_id: str,
    ) -> None:
        clock = flows.start(telco, type_id, at=START, by=operator, bearer=telco)
        assert Clock.objects.get(pk=clock.pk).reading == flows.reading_of(clock)
        for what, at, term, outcome in life:
            try:
                self._happen(clock, what, at, term, outcome, operator)
            except OutOfOrderError:
                assert type_id == "CK-22", "only a date refuses to be paused"
                break
            assert Clock.objects.get(pk=clock.pk).reading == flows.reading_of(clock)
        flows.stop_all(telco, at=START + 900 * DAY, by=operator)

    def _happen(self, clock: Clock, what: What, at: datetime, term: Term | None, outcome: Outcome, by: Account) -> None:
        law = {"clause": "a clause", "fact": "a fact"}
        if what is What.PAUSE:
            flows.pause(clock, at=at, by=by, **law)
        elif what is What.RESUME:
            flows.resume(clock, at=at, by=by, **law)
        elif what is What.EXTEND:
            flows.extend(clock, at=at, by=by, term=term, **law)
        elif outcome is Outcome.CANCELLED:
            flows.cancel(clock, at=at, by=by)
        else:
            flows.stop(clock, at=at, by=by)
