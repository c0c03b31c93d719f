"""How I am told, as a page."""

from __future__ import annotations

import pytest
from django.test import Client

from bastide.base.inbox import choices
from bastide.base.inbox.models import Way
from bastide.base.people.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(operator: Account) -> Client:
    Account.objects.filter(pk=operator.pk).update(email="duty@operator.example")
    client = Client(headers={"accept-language": "en"})
    client.force_login(operator)
    return client


def wanted(**changed: str) -> dict[str, str]:
    held = {f"{topic}_{urgency}": choices.default(topic, urgency).value for topic, urgency in choices.pairs()}
    return {**held, **changed}


class TestChoices:
    def test_it_keeps_what_was_chosen(self, client: Client, operator: Account) -> None:
        assert client.post("/dispatch/choices/", wanted(matter_normal="weekly")).status_code == 302
        assert choices.of(operator)[("matter", "normal")] == Way.WEEKLY

    def test_it_offers_no_way_to_switch_off_a_clock(self, client: Client, operator: Account) -> None:
        answer = client.post("/dispatch/choices/", wanted(clock_normal="console"))
        assert answer.status_code == 422
        assert choices.of(operator)[("clock", "normal")] == Way.AT_ONCE

    @pytest.mark.parametrize(
        ("language", "words"),
        [("en", "A legal clock runs whether its mail is read or not"), ("zh-hans", "无论邮件是否已读")],
    )
    def test_it_says_why_in_both_languages(self, client: Client, language: str, words: str) -> None:
        client.cookies["django_language"] = language
        assert words in client.get("/dispatch/choices/").content.decode()

    def test_it_is_reached_from_my_account(self, client: Client) -> None:
        assert "/dispatch/choices/" in client.get("/entry/me/").content.decode()
