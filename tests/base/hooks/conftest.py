"""A receiver, a name that leads to it, and an endpoint registered there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from bastide.base.hooks import flows, outward
from bastide.base.hooks.models import Endpoint
from bastide.base.people.models import Account, Organisation
from tests.base.hooks.receiver import Receiver, make_certificate
from tests.conftest import NOON

NAME = "hooks.example"


@pytest.fixture(autouse=True)
def _no_loop_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Browser tests leave an event loop in this thread; a worker has none, so messages are sent from another thread."""
    post = outward.post

    def apart(*given: Any) -> outward.Answer:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(post, *given).result()

    monkeypatch.setattr(outward, "post", apart)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A directory of names in place of DNS; `asked` notes every question."""
    known: dict[str, list[str]] = {NAME: ["127.0.0.1"]}
    asked: list[str] = []

    def answer(host: str, port: int, *_args: Any, **_more: Any) -> list[Any]:
        asked.append(host)
        found = known.get(host)
        if found is None:
            raise socket.gaierror(f"no such name {host}")
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    known["asked"] = asked
    return known


@pytest.fixture
def receiver(names: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Over HTTPS as hooks.example, in a network the installation names."""
    chain, authority = make_certificate(tmp_path, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    made = Receiver().start(chain)
    settings.BASTIDE_WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.BASTIDE_WEBHOOK_PORTS = {made.port}
    settings.BASTIDE_ADDRESS = "https://console.example"
    yield made
    made.stop()


@pytest.fixture
def address(receiver: Receiver) -> str:
    return f"https://{NAME}:{receiver.port}/in"


@pytest.fixture
def registered(telco: Organisation, operator: Account, address: str) -> tuple[Endpoint, str]:
    return flows.register(
        telco, by=operator, at=NOON, name="Ticket system", url=address, wanted=["rectify.OrderServed"]
    )  # fmt: skip


@pytest.fixture
def endpoint(registered: tuple[Endpoint, str]) -> Endpoint:
    return registered[0]
