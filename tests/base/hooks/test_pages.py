"""Webhooks as pages: for whose keepers, in both languages, the secret once."""

from __future__ import annotations

import pytest
from django.test import Client

from bastide.base.hooks import flows, jobs
from bastide.base.hooks.models import Delivery, Endpoint
from bastide.base.people.models import Account
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


def client_of(account: Account, language: str = "en") -> Client:
    client = Client()
    client.force_login(account)
    client.cookies["django_language"] = language
    return client


class TestRegister:
    def given(self, address: str, **more: object) -> dict[str, object]:
        return {"organisation": "OP-A", "name": "Tickets", "url": address, "kinds": ["rectify.OrderServed"], **more}

    @pytest.mark.parametrize(("language", "words"), [("en", "shown this once"), ("zh-hans", "仅显示这一次")])
    def test_the_secret_is_shown_once(self, operator, address, language, words) -> None:
        client = client_of(operator, language)
        page = client.post("/hooks/new/", self.given(address)).content.decode()
        assert words in page
        secret = page.split('<code class="secret">')[1].split("<")[0]
        endpoint = Endpoint.objects.get()
        assert flows.secrets_of(endpoint, at=NOON) == [secret]
        assert secret not in client.get(f"/hooks/{endpoint.pk}/").content.decode()

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("http://hooks.example/", "must begin with https://"), ("https://10.0.0.1/", "not public"),
            ("https://hooks.example:25/", "port may not be called"), ("https://a:b@hooks.example/", "no user name"),
            ("https://", "no address that can be called"),
        ],
    )  # fmt: skip
    def test_it_says_what_is_wrong_with_an_address(self, operator, settings, url, words) -> None:
        settings.BASTIDE_WEBHOOK_PORTS = {443}
        answer = client_of(operator).post("/hooks/new/", self.given(url))
        assert answer.status_code == 422
        assert words in answer.content.decode()

    def test_not_for_another_organisation(self, operator, other_telco, address) -> None:
        answer = client_of(operator).post("/hooks/new/", self.given(address, organisation="OP-B"))
        assert answer.status_code == 422
        assert not Endpoint.objects.exists()


class TestSight:
    def test_another_operators_is_not_found(self, endpoint, other_operator) -> None:
        made = flows.put_down(endpoint, kind="ping", thing=endpoint, at=NOON, made_at=NOON)
        client = client_of(other_operator)
        assert "Ticket system" not in client.get("/hooks/").content.decode()
        for address in (f"/hooks/{endpoint.pk}/", f"/hooks/{endpoint.pk}/deliveries/", f"/hooks/deliveries/{made.pk}/"):
            assert client.get(address).status_code == 404
        for act in ("rotate", "switch", "remove", "ping", "again"):
            assert client.post(f"/hooks/{endpoint.pk}/{act}/").status_code == 404
        assert client.post(f"/hooks/deliveries/{made.pk}/again/").status_code == 404

    def test_a_role_without_the_right_is_refused(self, endpoint, inspector) -> None:
        assert client_of(inspector).get("/hooks/").status_code == 403


class TestActs:
    def test_a_test_is_sent_and_its_attempt_shown(self, endpoint, operator, receiver) -> None:
        client = client_of(operator)
        client.post(f"/hooks/{endpoint.pk}/ping/")
        made = Delivery.objects.get()
        held = jobs.claim(endpoint.pk, at=made.made_at)
        assert held is not None
        receiver.answers = [503]
        jobs.deliver(held, at=made.made_at)
        page = client.get(f"/hooks/deliveries/{made.pk}/").content.decode()
        assert "503" in page
        assert "The answer was not a success" in page
        assert client.post(f"/hooks/deliveries/{made.pk}/again/").status_code == 302

    def test_everything_since(self, endpoint, operator) -> None:
        made = flows.put_down(endpoint, kind="rectify.OrderServed", thing=endpoint, at=NOON, made_at=NOON)
        Delivery.objects.filter(pk=made.pk).update(state="done", next_at=None, ended_at=NOON)
        client = client_of(operator)
        assert client.post(f"/hooks/{endpoint.pk}/again/", {"since": "rubbish"}).status_code == 422
        assert client.post(f"/hooks/{endpoint.pk}/again/", {"since": "2026-06-16T00:00"}).status_code == 302
        assert Delivery.objects.get().state == "waiting"

    def test_switch_change_rotate_remove(self, endpoint, operator, address) -> None:
        client = client_of(operator)
        path = f"/hooks/{endpoint.pk}/"
        client.post(f"{path}switch/")
        client.post(f"{path}change/", {"name": "New", "url": address, "kinds": ["rectify.OrderClosed"]})
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.name, endpoint.kinds) == ("off", "New", ["rectify.OrderClosed"])
        assert "whsec_" in client.post(f"{path}rotate/").content.decode()
        client.post(f"{path}remove/")
        endpoint.refresh_from_db()
        assert (endpoint.secret, endpoint.old_secret) == ("", "")
        assert client.get(path).status_code == 404
