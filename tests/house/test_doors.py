"""Role × route: which of the cast gets which answer at which door. A widened door shows in review as a changed line.

`BASTIDE_UPDATE=1 pytest tests/house/test_doors.py` writes the table anew after a door was added on purpose.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.house.cast import make_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TABLE = Path(__file__).with_name("doors.json")
CAST = [
    "national",
    "provincial",
    "operator",
    "other_operator",
    "inspector",
    "expert",
    "contestant",
    "auditor",
    "stranger",
]
# Doors that are not ours (django-allauth's own), and those for a supervisor of processes (tests/home/test_health.py).
FOREIGN = ("account/", "healthz", "readyz")


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    """Every route as written in the URL tables."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern) and not route.startswith(FOREIGN):
            yield route


@pytest.fixture
def samples(telco, tmp_path, settings) -> dict[str, object]:
    """Things of the operator OP-A in province 110000, behind whose doors everyone is sent."""
    settings.BASTIDE_HOME = tmp_path
    return make_all(telco)


def filled(route: str, things: dict[str, object]) -> str:
    """The route with its places filled by the sample thing it speaks of."""
    address = "/" + route
    for kind, thing in things.items():
        base = getattr(thing, "get_absolute_url", lambda: "")()
        head = base.rstrip("/").rsplit("/", 1)[0] + "/"
        if base and address.startswith((head, "/api/v1" + head)):
            number = base.rstrip("/").rsplit("/", 1)[1]
            for place in (
                "<str:number>",
                "<number>",
                "{number}",
                "<int:pk>",
                "<pk>",
                "{pk}",
                "<str:code>",
                "<code>",
                "{code}",
            ):
                if place in address:
                    address = address.replace(place, number, 1)
                    break
        del kind
    for place, value in (
        ("<slug:act>", "no-such-act"), ("<str:code>", "OP-A"), ("<code>", "OP-A"), ("<str:username>", "operator"),
        ("<str:secret>", "no-such-secret"), ("<int:pk>", "1"), ("<str:number>", "NONE-1"), ("<number>", "NONE-1"), ("<int:page>", "1"),
    ):  # fmt: skip
        address = address.replace(place, value)
    while "<" in address:
        start, end = address.index("<"), address.index(">")
        address = address[:start] + ("1" if address[start:].startswith("<int:") else "x") + address[end + 1 :]
    return address.replace("^", "").replace("$", "")


def test_role_by_route(samples, request) -> None:
    known: dict[str, dict[str, int]] = json.loads(TABLE.read_text()) if TABLE.exists() else {}
    clients = {name: Client(raise_request_exception=False) for name in [*CAST, "nobody"]}
    for name in CAST:
        clients[name].force_login(request.getfixturevalue(name), backend=settings.AUTHENTICATION_BACKENDS[0])
    found: dict[str, dict[str, int]] = {}
    for route in sorted(set(routes())):
        address = filled(route, samples)
        found[route] = {name: client.get(address).status_code for name, client in clients.items()}
    broken = {route: row for route, row in found.items() if any(status >= 500 for status in row.values())}
    assert not broken, broken
    if os.environ.get("BASTIDE_UPDATE"):
        TABLE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        return
    new = sorted(set(found) - set(known))
    assert not new, f"routes without an entry in doors.json: {new}"
    changed = {
        route: {"is": found[route], "was": known[route]}
        for route in known
        if route in found and found[route] != known[route]
    }
    assert not changed, json.dumps(changed, indent=1)
    assert set(known) == set(found), f"routes gone: {sorted(set(known) - set(found))}"
