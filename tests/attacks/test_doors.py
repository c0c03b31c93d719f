"""Forged requests, foreign hosts and ways out: every door that takes a POST, and every place that sends one on."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as house
from django.test import Client

from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from tests.house.cast import make_all
from tests.house.test_doors import filled, routes

pytestmark = pytest.mark.django_db

OUTSIDE = [
    "//evil.example/", "https:evil.example", "https://evil.example/", "\\\\evil.example", "/\\evil.example",
    "javascript:alert(1)", "http:///evil.example", "\thttps://evil.example", "data:text/html,x",
]  # fmt: skip


def signed_in(account: Account, **more: Any) -> Client:
    client = Client(raise_request_exception=False, **more)
    client.force_login(account, backend=house.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.mark.slow
def test_no_door_takes_a_post_without_its_token(
    telco: Organisation, operator: Account, national: Account, settings: Any, tmp_path: Any
) -> None:
    """A session alone, as a foreign page could send it along, does nothing anywhere: pages and API."""
    settings.BASTIDE_HOME = tmp_path
    things = make_all(telco)
    forged = {account.username: signed_in(account, enforce_csrf_checks=True) for account in (operator, national)}
    count, taken = Entry.objects.filter(is_read=False).count(), {}
    for route in sorted(set(routes())):
        for name, client in forged.items():
            address = filled(route, things)
            for body in ({}, {"body": "{}"}):
                status = client.post(address, body, headers={"Origin": "https://evil.example"}).status_code
                # What takes no POST at all, or has no such address, has nothing to forge.
                if status not in {403, 404, 405}:
                    taken[f"{name} {address}"] = status
    assert not taken
    assert Entry.objects.filter(is_read=False).count() == count


@pytest.mark.parametrize("where", OUTSIDE)
def test_nothing_leads_out_of_the_house(where: str, operator: Account) -> None:
    client = signed_in(operator)
    found = {}
    for route in sorted({one for one in routes() if "<" not in one and not one.startswith("api/")}):
        for send in (client.get, client.post):
            answer = send(
                f"/{route}",
                {"next": where, "back": where, "url": where, "language": "en"},
                headers={
                    "Referer": where,
                },
            )
            location = answer.headers.get("Location", "")
            if "evil.example" in location.split("?")[0] or location.lower().startswith(("javascript", "data")):
                found[route] = location
    for path in ("/account/login/", "/account/logout/", "/account/reauthenticate/"):
        answer = client.get(path, {"next": where})
        location = answer.headers.get("Location", "")
        if "evil.example" in location.split("?")[0]:
            found[path] = location
    assert not found


class TestHosts:
    @pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "bastide.local@evil.example", "a\tb", "[::1"])
    def test_a_foreign_host_is_refused(self, host: str, operator: Account, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["console.example"]
        answer = signed_in(operator).get("/", headers={"Host": host})
        assert answer.status_code == 400
        assert b"evil" not in answer.content

    def test_a_forwarded_host_is_not_believed(self, operator: Account, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["console.example"]
        answer = signed_in(operator).get(
            "/account/login/", headers={"Host": "console.example", "X-Forwarded-Host": "evil.example"}, follow=True
        )
        assert b"evil.example" not in answer.content
        assert "evil.example" not in str(answer.headers)

    def test_no_line_break_gets_into_a_header(self, operator: Account) -> None:
        client = signed_in(operator)
        for path in (
            "/registry/units/\r\nSet-Cookie: a=b/",
            "/respond/incidents/%0d%0aX-Evil:%201/",
            "/?next=%0d%0aX-Evil:1",
        ):
            answer = client.get(path)
            assert answer.status_code in {200, 302, 400, 404}
            assert "X-Evil" not in answer.headers
            assert "a" not in answer.cookies
