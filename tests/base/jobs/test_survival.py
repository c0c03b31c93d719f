"""Real worker processes, killed for real: no job is lost, stuck, or run twice at the same time."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

from tests.base.yard import Yard, server, tables, yard  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow


def jobs(where: Yard) -> list[dict[str, Any]]:
    """The test's jobs as they stand."""
    fields = ("state", "attempts", "result", "error")
    query = f"select {', '.join(fields)} from jobs_job where kind like 'test.%' order by id"
    return [dict(zip(fields, row, strict=True)) for row in where.rows(query)]


class TestKill:
    def test_a_job_killed_in_the_middle_is_run_again_by_the_next_worker(self, yard: Yard) -> None:  # noqa: F811
        first = yard.hire()
        yard.call("wish", "test.steps", "1")
        yard.wait(lambda: bool(yard.lines()))
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert jobs(yard)[0]["state"] == "running"

        yard.hire()
        yard.wait(lambda: any(line[0] == "end" for line in yard.lines()))
        yard.wait(lambda: jobs(yard)[0]["state"] == "done")
        assert [line[0] for line in yard.lines()] == ["begin", "begin", "end"]
        assert jobs(yard)[0]["attempts"] == 2
        assert "all steps" in jobs(yard)[0]["result"]

    def test_a_job_that_kills_every_worker_ends_as_failed_and_is_never_stuck(self, yard: Yard) -> None:  # noqa: F811
        yard.call("wish", "test.steps", "1")
        for attempt in (1, 2, 3):
            worker = yard.hire()
            yard.wait(lambda: len(yard.lines()) == attempt)  # noqa: B023 - read at once
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        yard.hire()
        yard.wait(lambda: jobs(yard)[0]["state"] == "failed")
        assert "gave no sign of life" in jobs(yard)[0]["error"]
        assert len(yard.lines()) == 3

    def test_a_worker_that_is_asked_to_stop_hands_its_job_back_at_once(self, yard: Yard) -> None:  # noqa: F811
        worker = yard.hire()
        yard.call("wish", "test.steps", "1")
        yard.wait(lambda: bool(yard.lines()))
        worker.terminate()
        assert worker.wait(10) == 0
        assert (jobs(yard)[0]["state"], jobs(yard)[0]["attempts"]) == ("waiting", 0)


class TestHeartbeat:
    def test_a_job_longer_than_its_lease_stays_with_its_worker(self, yard: Yard) -> None:  # noqa: F811
        yard.hire()
        yard.hire()
        yard.call("wish", "test.steps", "1")  # two seconds; the lease is one
        yard.wait(lambda: any(line[0] == "end" for line in yard.lines()))
        assert [line[0] for line in yard.lines()] == ["begin", "end"]


class TestTwoWorkers:
    def test_no_job_is_run_twice_and_none_is_left(self, yard: Yard) -> None:  # noqa: F811
        yard.call("wish", "test.quick", "60")
        for _ in range(3):
            yard.hire()
        yard.wait(lambda: len(yard.lines()) >= 120)
        yard.wait(lambda: all(job["state"] == "done" for job in jobs(yard)))
        begun = [line[1] for line in yard.lines() if line[0] == "begin"]
        assert len(begun) == len(set(begun)) == 60
        assert len({line[2] for line in yard.lines()}) > 1, "only one worker worked"


class TestSchedule:
    def test_turns_missed_during_an_outage_are_made_up_once(self, yard: Yard) -> None:  # noqa: F811
        yard.call("oversleep")
        yard.hire("turns")
        yard.hire("turns")
        yard.wait(lambda: bool(yard.lines()))
        time.sleep(1)
        assert len(yard.lines()) == 1
