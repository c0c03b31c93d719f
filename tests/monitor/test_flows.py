"""Batches become receipts and alerts; alerts are judged; nothing is lost and nothing counted twice."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta

import pytest

from bastide.base import terms
from bastide.base.flow.refusals import Forbidden, Refused, Stale
from bastide.base.people.models import Account, ApiToken
from bastide.base.trail.models import Entry, Fact
from bastide.monitor import flows, lake, reads
from bastide.monitor.models import Alert, Batch, RuleRecord, Source
from tests.monitor.makers import RULE, event, make_alert, make_source, ndjson


def take(source: Source, content: bytes, house: Account, at: datetime) -> flows.Receipt:
    receipt = flows.take_batch(source, content, by=house, at=at)
    if receipt.is_new:
        flows.scan(receipt.batch, by=house, at=at)
    return receipt


class TestTakeBatch:
    def test_it_gives_a_receipt_with_counts_and_hash(self, telco, house, at) -> None:
        receipt = flows.take_batch(make_source(telco), ndjson(event(), event()), by=house, at=at)
        batch = receipt.batch
        assert (batch.accepted, batch.quarantined, batch.state) == (2, 0, "stored")
        assert len(batch.sha256) == 64
        assert lake.events_of(batch.lies_at, batch.sha256).num_rows == 2

    def test_the_same_batch_again_changes_nothing(self, telco, house, at) -> None:
        source = make_source(telco)
        first = flows.take_batch(source, ndjson(event()), by=house, at=at)
        entries = Entry.objects.count()
        again = flows.take_batch(source, gzip.compress(ndjson(event())), by=house, at=at + timedelta(days=1))
        assert (again.batch.pk, again.is_new) == (first.batch.pk, False)
        assert (Batch.objects.count(), Entry.objects.count()) == (1, entries)

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (b"not json", "JSON"),
            (b"[1, 2]", "object"),
            (b'{"a": 1', "JSON"),
            (b'"text"', "object"),
            (b"\xff\xfe", "JSON"),
            (b'{"SystemTime": "2031-01-01T00:00:00Z"}', "ahead of the clock"),
            (b"[" * 5000 + b"]" * 5000, ""),
        ],
    )
    def test_a_bad_line_is_put_aside_with_its_reason_and_the_good_ones_stay(
        self, telco, house, at, line, reason
    ) -> None:
        receipt = flows.take_batch(make_source(telco), ndjson(event(), line, event()), by=house, at=at)
        batch = receipt.batch
        assert (batch.accepted, batch.quarantined) == (2, 1)
        (aside,) = lake.quarantine_of(batch.source.name, batch.sha256)
        assert aside.line == 1
        assert reason in aside.reason
        assert aside.raw

    def test_a_damaged_gzip_stream_is_refused_and_nothing_is_kept(self, telco, house, at) -> None:
        with pytest.raises(Refused, match="damaged"):
            flows.take_batch(make_source(telco), gzip.compress(ndjson(event()))[:-9], by=house, at=at)
        assert not Batch.objects.exists()

    def test_a_bomb_is_refused_before_it_fills_the_memory(self, telco, house, at, settings) -> None:
        settings.BASTIDE_BATCH_LIMIT = 1000
        with pytest.raises(Refused, match="larger than"):
            flows.take_batch(make_source(telco), gzip.compress(b"{}\n" * 10_000), by=house, at=at)

    def test_an_empty_batch_is_refused(self, telco, house, at) -> None:
        with pytest.raises(Refused, match="empty"):
            flows.take_batch(make_source(telco), b"\n\n", by=house, at=at)

    def test_a_paused_source_is_refused(self, telco, house, at) -> None:
        with pytest.raises(Refused, match="not active"):
            flows.take_batch(make_source(telco, state="paused"), ndjson(event()), by=house, at=at)

    def test_a_crash_between_lake_and_receipt_is_mended_by_sending_again(self, telco, house, at, monkeypatch) -> None:
        source = make_source(telco)
        with monkeypatch.context() as patch:
            patch.setattr(
                flows.batches.BATCH, "begin", lambda *a, **k: (_ for _ in ()).throw(RuntimeError("power cut"))
            )
            with pytest.raises(RuntimeError):
                flows.take_batch(source, ndjson(event()), by=house, at=at)
        receipt = flows.take_batch(source, ndjson(event()), by=house, at=at)
        assert receipt.is_new
        assert lake.events_of(receipt.batch.lies_at, receipt.batch.sha256).num_rows == 1


@pytest.mark.usefixtures("rules")
class TestScan:
    def test_one_alert_per_rule_host_and_window_with_count_and_evidence(self, telco, house, at) -> None:
        source = make_source(telco)
        take(
            source,
            ndjson(event(), event(when="2026-06-16T02:50:00Z"), event(host="WS2"), event(image="notepad.exe")),
            house,
            at,
        )
        first, second = Alert.objects.order_by("host")
        assert (first.host, first.count, second.host, second.count) == ("WS1", 2, "WS2", 1)
        assert first.first_seen.minute == 10
        assert first.last_seen.minute == 50
        assert first.evidence[0]["event"]["Computer"] == "WS1"
        assert first.rule.techniques == ["T1033"]

    def test_another_window_is_another_alert(self, telco, house, at) -> None:
        take(make_source(telco), ndjson(event(), event(when="2026-06-16T03:10:00Z")), house, at)
        assert Alert.objects.count() == 2

    def test_a_second_batch_counts_up_the_same_alert(self, telco, house, at) -> None:
        source = make_source(telco)
        take(source, ndjson(event()), house, at)
        take(source, ndjson(event(when="2026-06-16T02:20:00Z")), house, at)
        assert Alert.objects.get().count == 2

    def test_evaluating_again_counts_nothing_twice(self, telco, house, at) -> None:
        receipt = take(make_source(telco), ndjson(event()), house, at)
        flows.scan(receipt.batch, by=house, at=at)
        assert Alert.objects.get().count == 1

    def test_matches_are_kept_in_the_lake(self, telco, house, at) -> None:
        receipt = take(make_source(telco), ndjson(event("x"), event()), house, at)
        assert lake.matches_of(receipt.batch.source.name, receipt.batch.sha256) == [
            (1, "11111111-1111-4111-8111-111111111111")
        ]

    def test_a_disabled_rule_does_not_watch(self, telco, house, at, analyst) -> None:
        flows.disable_rule(RuleRecord.objects.get(), by=analyst, at=at, reason="noise")
        take(make_source(telco), ndjson(event()), house, at)
        assert not Alert.objects.exists()


class TestAddRules:
    def test_a_known_rule_is_brought_up_to_date(self, house, at, tmp_path) -> None:
        path = tmp_path / "r.yml"
        path.write_text(RULE)
        assert flows.add_rules([path], by=house, at=at).added == 1
        assert flows.add_rules([path], by=house, at=at).unchanged == 1
        path.write_text(RULE.replace("Whoami run", "Whoami was run"))
        assert flows.add_rules([path], by=house, at=at).changed == 1
        assert RuleRecord.objects.get().title == "Whoami was run"

    def test_what_cannot_be_evaluated_is_kept_with_its_reason(self, house, at, tmp_path) -> None:
        (tmp_path / "broken.yml").write_text("title: x\ndetection: [")
        loaded = flows.add_rules([tmp_path], by=house, at=at)
        assert len(loaded.rejected) == 1
        assert RuleRecord.objects.get().rejected

    def test_an_operator_may_not(self, operator, at, tmp_path) -> None:
        with pytest.raises(Forbidden):
            flows.add_rules([tmp_path], by=operator, at=at)


class TestAlert:
    def test_a_false_positive_needs_a_reason(self, telco, operator, at) -> None:
        with pytest.raises(Refused, match="Say why"):
            flows.mark_false(make_alert(telco), by=operator, at=at, reason=" ")

    def test_escalation_is_announced_with_the_moment_it_was_judged(self, telco, operator, at) -> None:
        alert = flows.escalate(make_alert(telco), by=operator, at=at)
        assert alert.state == "escalated"
        assert Fact.objects.get(name="monitor.AlertEscalated").values["found_at"] == at.isoformat()

    def test_it_cannot_be_escalated_twice(self, telco, operator, at) -> None:
        alert = flows.escalate(make_alert(telco), by=operator, at=at)
        with pytest.raises(Refused, match="not open"):
            flows.escalate(alert, by=operator, at=at)

    def test_two_people_cannot_overwrite_each_other(self, telco, operator, national, at) -> None:
        alert = make_alert(telco)
        flows.triage(alert, by=national, at=at, version=1)
        with pytest.raises(Stale):
            flows.escalate(alert, by=operator, at=at, version=1)

    def test_another_operator_may_not(self, telco, other_operator, at) -> None:
        with pytest.raises(Forbidden):
            flows.triage(make_alert(telco), by=other_operator, at=at)


class TestSource:
    def test_a_new_key_ends_the_earlier_ones_and_may_only_send(self, telco, operator, at) -> None:
        source = flows.register_source(by=operator, at=at, operator=telco, name="edge-1")
        first = flows.new_key(source, by=operator, at=at).secret
        second = flows.new_key(source, by=operator, at=at).secret
        assert ApiToken.find(first, at=at) is None
        token = ApiToken.find(second, at=at)
        assert token is not None
        token.account.token = token
        assert token.account.can("monitor.batch.send")
        assert not token.account.can("monitor.alert.see")

    def test_a_bad_name_is_refused_at_its_field(self, telco, operator, at) -> None:
        with pytest.raises(Refused) as refusal:
            flows.register_source(by=operator, at=at, operator=telco, name="../up")
        assert refusal.value.field == "name"

    def test_an_operator_cannot_register_for_another(self, operator, other_telco, at) -> None:
        with pytest.raises(Forbidden):
            flows.register_source(by=operator, at=at, operator=other_telco, name="edge-2")


class TestCoverage:
    def test_an_operator_that_never_reported_stands_first(self, national, telco, other_telco, at) -> None:
        make_source(other_telco, last_batch_at=at - timedelta(hours=1))
        rows = reads.coverage(national, at=at)
        assert [(row.operator.code, row.is_silent) for row in rows] == [("OP-A", True), ("OP-B", False)]
        with terms.frozen(at):
            assert reads.coverage(national, at=at + timedelta(days=2))[1].is_silent


class TestExceptions:
    def test_events_it_describes_raise_no_alert_until_it_ends(
        self, telco, other_telco, house, analyst, at, rules
    ) -> None:
        rule = RuleRecord.objects.get().rule_id
        exception = flows.make_exception(
            by=analyst, at=at, rule=rule, text="Computer: WS1", reason="the scanner", operator=telco
        )
        source = make_source(telco)
        first = take(source, ndjson(event(), event(host="WS2")), house, at).batch
        take(make_source(other_telco), ndjson(event()), house, at)
        assert first.matches == 2
        assert sorted(Alert.objects.values_list("operator__code", "host")) == [("OP-A", "WS2"), ("OP-B", "WS1")]
        flows.end_exception(exception, by=analyst, at=at)
        take(source, ndjson(event(), event(host="WS3")), house, at)
        assert Alert.objects.filter(operator=telco, host="WS1").exists()

    def test_it_ends_by_itself(self, telco, house, analyst, at, rules) -> None:
        rule = RuleRecord.objects.get().rule_id
        flows.make_exception(by=analyst, at=at, rule=rule, text="WS1", reason="x", until=at + timedelta(hours=1))
        take(make_source(telco), ndjson(event()), house, at)
        assert not Alert.objects.exists()
        take(make_source(telco), ndjson(event(), event()), house, at + timedelta(hours=1))
        assert Alert.objects.exists()

    @pytest.mark.parametrize(
        "given", [{"rule": "none"}, {"text": "Image|nonsense: x"}, {"until": terms.now() - timedelta(days=4000)}]
    )
    def test_what_cannot_hold_is_refused(self, analyst, at, rules, given) -> None:
        whole = {"rule": RuleRecord.objects.get().rule_id, "text": "x", "reason": "x", **given}
        with pytest.raises(Refused):
            flows.make_exception(by=analyst, at=at, **whole)


class TestLookingInto:
    def test_whoever_takes_an_alert_is_named_and_remarks_stay_in_its_trail(self, telco, analyst, operator, at) -> None:
        alert = make_alert(telco)
        flows.take(alert, by=operator, at=at)
        flows.take(alert, by=analyst, at=at)
        assert (alert.assignee, alert.state) == (analyst, "new")
        with pytest.raises(Refused):
            flows.remark(alert, by=analyst, at=at, reason=" ")
        flows.remark(alert, by=analyst, at=at, reason="seen at the neighbour too")
        entry = Entry.objects.filter(act="monitor.alert.remark").get()
        assert (entry.note, alert.state) == ("seen at the neighbour too", "new")

    def test_a_judged_alert_cannot_be_taken(self, telco, analyst, at) -> None:
        with pytest.raises(Refused):
            flows.take(make_alert(telco, state="false_positive"), by=analyst, at=at)
