"""An endpoint of an organisation and a message to it, for the tests that walk every door."""

from __future__ import annotations

import itertools

from bastide.base.hooks import flows, signing
from bastide.base.hooks.models import Delivery, Endpoint
from bastide.base.people.models import Account, Organisation
from tests.conftest import NOON

_count = itertools.count(1)


def make_endpoint(organisation: Organisation) -> Endpoint:
    return Endpoint.objects.create(
        organisation=organisation, name=f"Ticket system {next(_count)}", url="https://hooks.example/in", kinds=[],
        secret=flows._locked(signing.new_secret()), made_by=Account.objects.house(), made_at=NOON,
    )  # fmt: skip


def make_delivery(organisation: Organisation) -> Delivery:
    endpoint = make_endpoint(organisation)
    return flows.put_down(endpoint, kind="ping", thing=endpoint, at=NOON, made_at=NOON)


MAKERS = {"hooks.delivery": make_delivery, "hooks.endpoint": make_endpoint}
