"""A sender killed for real between receipt and evaluation: the worker's schedule picks the batch up."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bastide.base import jobs
from bastide.base.jobs.models import Job
from bastide.monitor import flows
from bastide.monitor.models import Alert, Batch
from tests.base.yard import ROOT, Yard
from tests.monitor.makers import event, make_batch, ndjson


class TestWaiting:
    @pytest.mark.usefixtures("rules")
    def test_a_stored_batch_without_a_job_is_evaluated(self, source, house, at) -> None:
        flows.take_batch(source, ndjson(event()), by=house, at=at)
        jobs.enqueue("monitor.scan_waiting", by=house, at=at)
        jobs.work_once()
        jobs.work_once()
        assert (Batch.objects.get().state, Alert.objects.get().count) == ("scanned", 1)

    def test_a_batch_whose_job_waits_gets_no_second_one(self, source, house, at) -> None:
        flows.take_batch(source, ndjson(event()), by=house, at=at)
        for _ in range(2):
            jobs.enqueue("monitor.scan_waiting", by=house, at=at, dedup="")
        for _ in range(3):
            jobs.work_once()
        assert Job.objects.filter(kind="monitor.scan").count() == 1

    def test_an_evaluation_that_fails_says_so_on_the_batch_and_can_be_run_again(self, telco, house, at) -> None:
        batch = make_batch(telco, state="stored", rules_digest="", matches=None)  # no file in the lake
        with pytest.raises(OSError, match=batch.sha256):
            flows.scan(batch, by=house, at=at)
        batch.refresh_from_db()
        assert (batch.state, "FileNotFoundError" in batch.trouble) == ("failed", True)

    def test_an_evaluation_that_fails_the_second_time_says_so_too(self, telco, house, at) -> None:
        batch = make_batch(telco, state="scanned")
        with pytest.raises(OSError, match=batch.sha256):
            flows.scan(batch, by=house, at=at)
        batch.refresh_from_db()
        assert batch.state == "failed"


@pytest.mark.slow
class TestKill:
    def test_a_batch_whose_sender_was_killed_after_the_receipt_is_evaluated(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path, "", "tests.monitor.shift")
        yard.env["DJANGO_SETTINGS_MODULE"] = "bastide.settings"
        yard.call("prepare")
        events = tmp_path / "events.ndjson"
        events.write_bytes(ndjson(event(), event(host="WS2")))
        words = [sys.executable, "-m", yard.program, "die", str(events)]
        assert subprocess.run(words, env=yard.env, cwd=ROOT).returncode == -signal.SIGKILL
        assert yard.rows("select state from monitor_batch") == [("stored",)]
        assert yard.rows("select count(*) from jobs_job where kind = 'monitor.scan'") == [(0,)]
        try:
            yard.hire()
            yard.wait(lambda: yard.rows("select state from monitor_batch") == [("scanned",)], seconds=60)
        finally:
            yard.close()
        assert yard.rows("select sum(count) from monitor_alert") == [(2,)]
