"""Several workers remind at the same time and one is killed in the middle: nobody is told twice, nobody is forgotten."""

from __future__ import annotations

import signal
import time

import pytest

from tests.base.yard import Yard, server, tables, yard  # noqa: F401 - fixtures

pytestmark = pytest.mark.slow
COUNT = 60


class TestRounds:
    def test_each_reminder_is_sent_once_whoever_dies(self, yard: Yard) -> None:  # noqa: F811
        yard.program = "tests.base.clock.rounds"
        yard.call("late", str(COUNT))
        workers = [yard.hire() for _ in range(3)]
        yard.wait(lambda: len(yard.lines()) == 3)
        yard.wait(lambda: yard.rows("select count(*) from inbox_notification")[0][0] > 5)
        workers[0].send_signal(signal.SIGKILL)
        for worker in workers:
            worker.wait(120)
        time.sleep(0.1)
        yard.call("work")
        told = yard.rows("select account_id, count(*) from inbox_notification group by account_id")
        assert (len(told), {count for _account, count in told}) == (COUNT, {1})
        assert yard.rows("select state, count(*) from clock_reminder where state <> 'waiting' group by state") == [
            ("sent", COUNT)
        ]
