"""The lake: days, joining, retention, sweeping; a batch is never without its events while it is wanted."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bastide.monitor import flows, lake
from bastide.monitor.models import Alert, Batch
from tests.monitor.makers import event, make_alert, make_source, ndjson

WEEK = timedelta(days=8)


def sent(source, *events, house, at) -> Batch:
    receipt = flows.take_batch(source, ndjson(*events), by=house, at=at)
    return flows.scan(receipt.batch, by=house, at=at)


def lines(batch: Batch) -> list[str]:
    batch.refresh_from_db()
    return lake.events_of(batch.lies_at, batch.sha256).column("raw").to_pylist()


class TestJoining:
    def test_files_of_a_source_and_day_become_one_with_the_same_events(self, telco, house, at) -> None:
        one, other = make_source(telco, name="edge-x"), make_source(telco, name="edge-y")
        batches = [sent(one, event(host=f"H{n}"), event(host=f"H{n}b"), house=house, at=at) for n in range(4)]
        apart = sent(other, event(host="apart"), house=house, at=at)
        before = [lines(batch) for batch in (*batches, apart)]
        assert flows.join_small(at=at + timedelta(days=1)) == 4
        assert [lines(batch) for batch in (*batches, apart)] == before
        assert len({batch.lies_at for batch in batches}) == 1
        assert batches[0].lies_at.startswith(f"day={at.astimezone(UTC).date()}/source=edge-x/joined-")
        assert flows.join_small(at=at + timedelta(days=1)) == 0

    def test_today_and_what_waits_is_left_alone(self, telco, house, at) -> None:
        source = make_source(telco)
        for n in range(2):
            flows.take_batch(source, ndjson(event(host=f"H{n}")), by=house, at=at)
        assert flows.join_small(at=at + timedelta(days=1)) == 0
        sent(source, event(host="A"), house=house, at=at)
        sent(source, event(host="B"), house=house, at=at)
        assert flows.join_small(at=at) == 0

    def test_joined_batches_are_evaluated_again_as_before(self, telco, house, at, rules) -> None:
        source = make_source(telco)
        batches = [sent(source, event(host=f"H{n}"), event(image="x", host="Q"), house=house, at=at) for n in range(3)]
        flows.join_small(at=at + timedelta(days=1))
        for batch in batches:
            flows.scan(batch, by=house, at=at)
            assert (batch.matches, lake.matches_of(source.name, batch.sha256)[0][0]) == (1, 0)
        assert sorted(Alert.objects.values_list("host", "count")) == [("H0", 1), ("H1", 1), ("H2", 1)]

    def test_a_reader_with_an_old_receipt_finds_the_events(self, telco, house, at) -> None:
        from bastide.monitor import detect

        source = make_source(telco)
        old = sent(source, event(host="A"), house=house, at=at)
        sent(source, event(host="B"), house=house, at=at)
        flows.join_small(at=at + timedelta(days=1))
        lake.events_path(old.lies_at).unlink()  # swept a week later
        assert detect.events_of(old).num_rows == 1


class TestSweeping:
    def test_old_files_that_no_receipt_names_go_and_the_others_stay(self, telco, house, at) -> None:
        source = make_source(telco)
        batches = [sent(source, event(host=f"H{n}"), house=house, at=at) for n in range(2)]
        single = [lake.events_path(batch.lies_at) for batch in batches]
        flows.join_small(at=at + timedelta(days=1))
        assert flows.sweep()["unnamed"] == 0
        for path in single:
            os.utime(path, (0, 0))
        os.utime(lake.events_path(Batch.objects.first().lies_at), (0, 0))
        assert flows.sweep()["unnamed"] == 2
        assert [len(lines(batch)) for batch in batches] == [1, 1]

    def test_files_from_before_the_lake_had_days_are_read_and_kept(self, telco, house, at) -> None:
        batch = sent(make_source(telco), event(), house=house, at=at)
        path = lake.events_path(batch.lies_at)
        Batch.objects.update(place="")
        batch.refresh_from_db()
        before = lake.events_path(batch.lies_at)
        before.parent.mkdir(parents=True)
        os.replace(path, before)
        os.utime(before, (0, 0))
        assert flows.sweep()["unnamed"] == 0
        assert len(lines(batch)) == 1


class TestRetention:
    def test_events_go_after_their_time_and_the_receipt_stays(self, telco, house, at, settings) -> None:
        settings.BASTIDE_RETENTION = {"log": 183, "default": 1826}
        batch = sent(make_source(telco), event(), b"broken", house=house, at=at)
        path = lake.events_path(batch.lies_at)
        assert flows.expire(by=house, at=at + timedelta(days=182)) == 0
        assert flows.expire(by=house, at=at + timedelta(days=184)) == 1
        batch.refresh_from_db()
        assert (batch.state, batch.accepted, path.exists()) == ("expired", 1, False)
        assert lake.quarantine_of(batch.source.name, batch.sha256) == []

    def test_what_an_open_alert_counts_on_is_kept(self, telco, house, at) -> None:
        batch = sent(make_source(telco), event(), house=house, at=at)
        alert = make_alert(telco, counted={batch.number: 1}, first_seen=at)
        assert flows.expire(by=house, at=at + timedelta(days=4000)) == 0
        Alert.objects.filter(pk=alert.pk).update(state="false_positive")
        assert flows.expire(by=house, at=at + timedelta(days=4000)) == 1

    def test_a_file_left_by_a_crash_after_the_receipt_expired_is_swept(self, telco, house, at) -> None:
        batch = sent(make_source(telco), event(), house=house, at=at)
        Batch.objects.update(state="expired")
        os.utime(lake.events_path(batch.lies_at), (0, 0))
        assert flows.sweep()["unnamed"] == 1

    def test_a_joined_file_stays_while_one_batch_in_it_is_wanted(self, telco, house, at) -> None:
        source = make_source(telco)
        gone, kept = (sent(source, event(host=h), house=house, at=at) for h in "AB")
        flows.join_small(at=at + timedelta(days=1))
        make_alert(telco, counted={kept.number: 1}, first_seen=at)
        assert flows.expire(by=house, at=at + timedelta(days=4000)) == 1
        gone.refresh_from_db()
        assert gone.state == "expired"
        assert len(lines(kept)) == 1


class TestFormats:
    def test_arrow_parquet_and_syslog_are_taken_in(self, telco, house, at, rules) -> None:
        events = [event(host=f"H{n}") for n in range(3)]
        table = pa.Table.from_pylist(events)
        stream, file = io.BytesIO(), io.BytesIO()
        with pa.ipc.new_stream(stream, table.schema) as writer:
            writer.write_table(table)
        pq.write_table(table, file)
        for content in (stream.getvalue(), file.getvalue()):
            source = make_source(telco)
            receipt = flows.take_batch(source, content, by=house, at=at)
            flows.scan(receipt.batch, by=house, at=at)
            assert (receipt.batch.accepted, receipt.batch.matches) == (3, 3)
        text = b"<34>1 2026-06-16T02:14:15.003Z host1 sshd 8710 ID47 - Failed password for root\nnot syslog\n"
        receipt = flows.take_batch(make_source(telco), text, by=house, at=at)
        assert (receipt.batch.accepted, receipt.batch.quarantined) == (1, 1)
        assert receipt.put_aside[0].raw == "not syslog"

    @pytest.mark.parametrize("start", [b"ElfFile\0", b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"])
    def test_a_damaged_file_is_refused_and_nothing_is_left(self, telco, house, at, start: bytes) -> None:
        from bastide.base.flow.refusals import Refused

        with pytest.raises(Refused, match="cannot be read"):
            flows.take_batch(make_source(telco), start + b"\x10" * 5000, by=house, at=at)
        assert not Batch.objects.exists()
        assert [path for path in lake._lake().rglob("*") if path.is_file()] == []


def test_a_column_that_an_old_file_lacks_is_null(tmp_path, telco, house, at) -> None:
    batch = sent(make_source(telco), event(), house=house, at=at)
    path = lake.events_path(batch.lies_at)
    pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["host"]), path)
    assert lake.events_of(batch.lies_at, batch.sha256).column("host").to_pylist() == [None]


def test_a_day_is_that_of_the_receipt_in_utc() -> None:
    moment = datetime(2026, 6, 16, 23, 30, tzinfo=UTC)
    assert lake.place_of("edge", "0" * 64, moment).startswith("day=2026-06-16/source=edge/")
