"""How a person chooses to be told: what is open, what holds, and what follows a changed choice."""

from __future__ import annotations

from datetime import datetime

import pytest

from bastide.base.inbox import choices, notes
from bastide.base.inbox.models import Notification, Way
from bastide.base.people.models import Account
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(operator: Account) -> Account:
    operator.email, operator.language = "duty@operator.example", "en"
    operator.save()
    return operator


def tell(person: Account, *, topic: str = "matter", urgency: str = "normal", at: datetime = NOON) -> Notification:
    note = notes.tell_account(person, at=at, thing=None, text="Something", topic=topic, urgency=urgency)
    assert note is not None
    return note


class TestChoose:
    @pytest.mark.parametrize(("topic", "urgency"), [("clock", "normal"), ("clock", "high"), ("matter", "high")])
    @pytest.mark.parametrize("way", [Way.CONSOLE, Way.WEEKLY, Way.OWN])
    def test_clocks_and_urgent_ones_cannot_be_switched_off(self, reader, topic, urgency, way) -> None:
        with pytest.raises(ValueError):
            choices.choose(reader, {(topic, urgency): way})
        assert choices.of(reader)[(topic, urgency)] in choices.MUST_ARRIVE

    def test_the_rest_can(self, reader: Account) -> None:
        choices.choose(reader, {("matter", "normal"): Way.CONSOLE})
        assert tell(reader).way == Way.CONSOLE

    def test_what_waits_follows_a_changed_choice(self, reader: Account) -> None:
        note = tell(reader)
        assert note.way == Way.DAILY
        choices.choose(reader, {("matter", "normal"): Way.WEEKLY})
        note.refresh_from_db()
        assert note.way == Way.WEEKLY

    def test_without_an_address_there_is_only_the_console(self, provincial: Account) -> None:
        assert tell(provincial, urgency="high").way == Way.CONSOLE

    def test_a_whole_organisation_takes_one_query_for_choices(self, reader, django_assert_num_queries) -> None:
        with django_assert_num_queries(1):
            choices.ways([reader] * 30, "matter", "normal")
