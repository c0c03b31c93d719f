"""The watch over sources: silence, clock, volume – one alert each, and none without cause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bastide.monitor import criteria, flows
from bastide.monitor.models import Alert, RuleRecord, Source
from tests.monitor.conftest import signed_in
from tests.monitor.makers import event, make_batch, make_source, ndjson

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def raised() -> list[tuple[str, str]]:
    return sorted(Alert.objects.values_list("rule__rule_id", "host"))


class TestSilence:
    def test_a_silence_raises_one_alert_and_the_next_silence_another(self, telco, house, at) -> None:
        source = make_source(telco, last_batch_at=at, silent_after=60)
        flows.watch_silence(by=house, at=at + HOUR)
        assert raised() == []
        for later in (HOUR * 1.1, HOUR * 5, DAY * 3):
            flows.watch_silence(by=house, at=at + later)
        assert raised() == [(criteria.SILENCE, source.name)]
        Source.objects.update(last_batch_at=at + DAY * 4)
        flows.watch_silence(by=house, at=at + DAY * 5)
        assert len(raised()) == 2

    @pytest.mark.parametrize("fields", [{"last_batch_at": None}, {"state": "paused"}, {"state": "closed"}])
    def test_a_source_that_never_sent_or_may_not_send_is_not_silent(self, telco, house, at, fields) -> None:
        make_source(telco, **{"last_batch_at": at, "silent_after": 5, **fields})
        assert flows.watch_silence(by=house, at=at + DAY * 30) == 0

    def test_a_watch_that_is_switched_off_raises_nothing(self, telco, house, analyst, at) -> None:
        make_source(telco, last_batch_at=at, silent_after=5)
        flows.watch_silence(by=house, at=at)
        flows.disable_rule(RuleRecord.objects.get(rule_id=criteria.SILENCE), by=analyst, at=at, reason="planned work")
        assert flows.watch_silence(by=house, at=at + DAY) == 0

    def test_its_alert_names_it_in_the_readers_language(self, telco, house, operator, at) -> None:
        make_source(telco, last_batch_at=at, silent_after=5)
        flows.watch_silence(by=house, at=at + DAY)
        alert = Alert.objects.get()
        assert "Source went silent" in signed_in(operator, "en").get(alert.get_absolute_url()).content.decode()
        assert "来源中断" in signed_in(operator, "zh-hans").get(alert.get_absolute_url()).content.decode()

    def test_the_watches_are_no_sigma_rules(self, telco, house, at, rules) -> None:
        make_source(telco, last_batch_at=at)
        flows.watch_silence(by=house, at=at + DAY * 2)
        receipt = flows.take_batch(make_source(telco), ndjson(event()), by=house, at=at)
        assert flows.scan(receipt.batch, by=house, at=at).matches == 1


class TestClock:
    def test_events_after_their_receipt_raise_one_alert_a_day(self, telco, house, at) -> None:
        source = make_source(telco)
        for minutes in (4, 6, 20):
            ahead = (at + timedelta(minutes=minutes)).isoformat()
            receipt = flows.take_batch(source, ndjson(event(when=ahead)), by=house, at=at)
            flows.scan(receipt.batch, by=house, at=at)
        assert raised() == [(criteria.AHEAD, source.name)]


class TestVolume:
    @pytest.mark.parametrize(
        ("days", "change"),
        [
            ([1000] * 7 + [5000], criteria.FLOOD),
            ([1000] * 7 + [4999], None),
            ([1000] * 7 + [199], criteria.DROUGHT),
            ([1000] * 7 + [200], None),
            ([999] * 7 + [0], None),
            ([0, 0, 0, 0, 2000, 2000, 2000, 10], None),
            ([9000, 1000, 1000, 1000, 1000, 1000, 1, 1], criteria.DROUGHT),
            ([1000] * 6 + [9000], None),
        ],
    )
    def test_the_last_day_against_the_median_of_seven(self, days: list[int], change: str | None) -> None:
        assert criteria.change_of_volume(days) == change

    def test_a_source_that_sends_far_less_raises_one_alert_a_day(self, telco, house, at) -> None:
        source = make_source(telco, last_batch_at=at)
        for back in range(8):
            accepted = 10 if back == 0 else 2_000
            make_batch(telco, source=source, accepted=accepted, created_at=at - DAY * back - HOUR)
        flows.watch_volume(by=house, at=at)
        flows.watch_volume(by=house, at=at + timedelta(minutes=5))
        assert raised() == [(criteria.DROUGHT, source.name)]
        assert Alert.objects.get().evidence[0]["event"]["events_by_day"] == [2_000] * 7 + [10]
