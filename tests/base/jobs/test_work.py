"""What becomes of a job: claimed once, tried again, given up aloud, never stuck."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from bastide.base import terms
from bastide.base.inbox.models import Notification
from bastide.base.jobs import kinds, leases, work
from bastide.base.jobs.models import Job, Schedule
from bastide.base.people.models import Account

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def ran() -> Iterator[list[object]]:
    """What the test jobs did; their kinds are forgotten afterwards."""
    done: list[object] = []

    @kinds.job("test.note", max_attempts=2)
    def note(held: Job, word: str = "") -> dict[str, str]:
        done.append(word)
        if word == "broken":
            raise RuntimeError("the pen broke")
        held.progress(1, 2, "half")
        return {"wrote": word}

    @kinds.job("test.prompt", lane=kinds.Lane.PROMPT)
    def prompt(held: Job) -> None:
        done.append("prompt")

    yield done
    del kinds._kinds["test.note"], kinds._kinds["test.prompt"]


@pytest.fixture
def house(db: None) -> Account:
    return Account.objects.house()


class TestEnqueue:
    def test_it_waits_with_its_arguments(self, ran: list[object], house: Account, at: datetime) -> None:
        wish = leases.enqueue("test.note", by=house, at=at, word="hello")
        assert (wish.state, wish.args, wish.max_attempts) == ("waiting", {"word": "hello"}, 2)

    def test_an_unknown_kind_is_refused_and_names_the_known(
        self, ran: list[object], house: Account, at: datetime
    ) -> None:
        with pytest.raises(LookupError, match=r"known are .*test\.note"):
            leases.enqueue("test.nothing", by=house, at=at)

    def test_with_a_key_it_is_wanted_once_at_a_time(self, ran: list[object], house: Account, at: datetime) -> None:
        first = leases.enqueue("test.note", by=house, at=at, dedup="a")
        assert leases.enqueue("test.note", by=house, at=at, dedup="a").pk == first.pk
        assert leases.enqueue("test.note", by=house, at=at, dedup="b").pk != first.pk
        work.work_once(at)
        assert leases.enqueue("test.note", by=house, at=at, dedup="a").pk != first.pk


class TestWorkOnce:
    def test_it_runs_the_oldest_and_keeps_the_result(self, ran: list[object], house: Account, at: datetime) -> None:
        for word in ("one", "two"):
            leases.enqueue("test.note", by=house, at=at, word=word)
        done = work.work_once(at)
        assert done is not None
        assert (done.state, done.result, done.done, done.total) == ("done", {"wrote": "one"}, 1, 2)
        assert ran == ["one"]

    def test_it_rests_when_nothing_waits(self, ran: list[object], at: datetime) -> None:
        assert work.work_once(at) is None

    def test_lanes_keep_apart(self, ran: list[object], house: Account, at: datetime) -> None:
        leases.enqueue("test.note", by=house, at=at)
        leases.enqueue("test.prompt", by=house, at=at)
        work.work_once(at, lane=kinds.Lane.PROMPT)
        assert ran == ["prompt"]

    def test_a_job_for_later_waits(self, ran: list[object], house: Account, at: datetime) -> None:
        leases.enqueue("test.note", by=house, at=at, after=at + SECOND)
        assert work.work_once(at) is None
        assert work.work_once(at + SECOND) is not None


class TestFailure:
    def test_it_is_tried_again_later(self, ran: list[object], house: Account, at: datetime) -> None:
        leases.enqueue("test.note", by=house, at=at, word="broken")
        tried = work.work_once(at)
        assert tried is not None
        assert tried.state == "waiting"
        assert "the pen broke" in tried.error
        assert work.work_once(at + 9 * SECOND) is None

    def test_the_last_attempt_is_reported_to_the_administrators_and_whoever_asked(
        self, ran: list[object], administrator: Account, operator: Account, stranger: Account, at: datetime
    ) -> None:
        leases.enqueue("test.note", by=operator, at=at, word="broken")
        work.work_once(at)
        failed = work.work_once(at + 10 * SECOND)
        assert failed is not None
        assert failed.state == "failed"
        assert set(Notification.objects.values_list("account__username", flat=True)) == {"administrator", "operator"}
        assert "the pen broke" in str(Notification.objects.first())

    def test_a_failed_job_can_be_begun_again(self, ran: list[object], house: Account, at: datetime) -> None:
        leases.enqueue("test.note", by=house, at=at, word="broken")
        work.work_once(at)
        failed = work.work_once(at + 10 * SECOND)
        assert failed is not None
        assert leases.again(failed, at=at)
        assert (failed.state, failed.attempts) == ("waiting", 0)

    def test_a_kind_that_no_longer_exists_fails_instead_of_waiting_for_ever(
        self, ran: list[object], house: Account, at: datetime
    ) -> None:
        wish = leases.enqueue("test.note", by=house, at=at)
        Job.objects.filter(pk=wish.pk).update(kind="test.gone")
        failed = work.work_once(at)
        assert failed is not None
        assert failed.state == "failed"


class TestLease:
    def test_one_worker_alone_gets_a_job(self, ran: list[object], house: Account, at: datetime) -> None:
        leases.enqueue("test.note", by=house, at=at)
        assert leases.claim("first", at=at) is not None
        assert leases.claim("second", at=at) is None

    def test_without_a_sign_of_life_it_is_taken_back(self, ran: list[object], house: Account, at: datetime) -> None:
        leases.enqueue("test.note", by=house, at=at)
        leases.claim("dead", at=at)
        assert work.work_once(at + leases.LEASE) is None
        done = work.work_once(at + leases.LEASE + SECOND)
        assert done is not None
        assert (done.state, done.attempts) == ("done", 2)

    def test_a_sign_of_life_keeps_it(self, ran: list[object], house: Account, at: datetime) -> None:
        leases.enqueue("test.note", by=house, at=at)
        held = leases.claim("alive", at=at)
        assert held is not None
        assert leases.beat(held, at=at + leases.LEASE)
        assert work.work_once(at + leases.LEASE + SECOND) is None

    def test_a_worker_that_comes_back_from_the_dead_changes_nothing(
        self, ran: list[object], house: Account, at: datetime
    ) -> None:
        leases.enqueue("test.note", by=house, at=at)
        ghost = leases.claim("ghost", at=at)
        assert ghost is not None
        work.work_once(at + leases.LEASE + SECOND)
        with pytest.raises(leases.LeaseLostError):
            ghost.progress(1, 2)
        assert not leases.finish(ghost, at=at, result="from the other side")
        assert not leases.beat(ghost, at=at)
        assert Job.objects.get(pk=ghost.pk).result == {"wrote": ""}


class TestSchedule:
    @pytest.fixture
    def turn(self, ran: list[object], at: datetime) -> Schedule:
        return Schedule.objects.create(kind="test.prompt", every=60, next_at=at)

    def test_its_turn_starts_one_job(self, turn: Schedule, ran: list[object], at: datetime) -> None:
        work.work_once(at)
        work.work_once(at + 59 * SECOND)
        assert ran == ["prompt"]
        work.work_once(at + 60 * SECOND)
        assert ran == ["prompt", "prompt"]

    def test_turns_missed_in_an_outage_are_made_up_once_and_counted(
        self, turn: Schedule, ran: list[object], at: datetime
    ) -> None:
        later = at + timedelta(hours=5, seconds=7)
        work.work_once(later)
        work.work_once(later)
        turn.refresh_from_db()
        assert ran == ["prompt"]
        assert (turn.next_at, turn.missed) == (at + timedelta(hours=5, minutes=1), 1)

    def test_the_house_posts_what_the_code_wants(self, ran: list[object], at: datetime) -> None:
        Schedule.objects.create(kind="test.forgotten", every=60, next_at=at)
        leases.post_schedules(at=at)
        assert set(Schedule.objects.values_list("kind", flat=True)) == set(kinds.schedules())


class TestSweep:
    def test_old_scheduled_jobs_are_forgotten_and_wishes_of_people_are_kept(
        self, ran: list[object], operator: Account, at: datetime
    ) -> None:
        turn = Schedule.objects.create(kind="test.prompt", every=60, next_at=at)
        work.work_once(at)
        turn.delete()
        leases.enqueue("test.note", by=operator, at=at)
        work.work_once(at)
        with terms.frozen(at + timedelta(days=4)):
            leases.enqueue("jobs.sweep", by=operator, at=terms.now())
            work.work_once(terms.now())
        assert sorted(Job.objects.values_list("kind", flat=True)) == ["jobs.sweep", "test.note"]
