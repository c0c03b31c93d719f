"""Facts are heard at least once, in order, and a failing hearer is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bastide.base import terms
from bastide.base.trail import outbox
from bastide.base.trail.models import Fact, Hearing


@dataclass(frozen=True)
class BellRang:
    bell: str
    at: datetime
    towers: tuple[str, ...] = ()


@pytest.fixture
def heard() -> Iterator[list[BellRang]]:
    facts: list[BellRang] = []

    def listen(fact: BellRang, *, at: datetime) -> None:
        if fact.bell == "cracked":
            raise RuntimeError("no sound")
        facts.append(fact)

    outbox.hears(BellRang)(listen)
    yield facts
    del outbox._hearers[BellRang]


@pytest.mark.django_db(transaction=True)
class TestAnnounce:
    def test_a_fact_is_heard_after_the_commit_with_its_values(self, heard: list[BellRang], at: datetime) -> None:
        fact = BellRang("great", at, ("north", "south"))
        outbox.announce(fact, at=at)
        assert heard == [fact]
        assert Hearing.objects.get().heard_at is not None

    def test_it_is_not_heard_twice(self, heard: list[BellRang], at: datetime) -> None:
        outbox.announce(BellRang("great", at), at=at)
        assert outbox.deliver_waiting() == 0
        assert len(heard) == 1

    def test_a_failing_hearer_is_tried_again_later(self, heard: list[BellRang], at: datetime) -> None:
        outbox.announce(BellRang("cracked", at), at=at)
        hearing = Hearing.objects.get()
        assert (hearing.heard_at, hearing.attempts) == (None, 1)
        assert "no sound" in hearing.error
        Fact.objects.update(values={**Fact.objects.get().values, "bell": "mended"})
        assert outbox.deliver_waiting() == 0, "not before its time"
        with terms.frozen(at + timedelta(seconds=5)):
            assert outbox.deliver_waiting() == 1
        assert heard[0].bell == "mended"
