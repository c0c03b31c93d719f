"""A small sector: one of everything at an operator, something overdue, something unheard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from bastide.base import clock
from bastide.base.people.models import Account, Organisation
from bastide.respond.models import Incident
from tests.monitor.makers import make_alert, make_source
from tests.rectify.makers import make_order
from tests.registry.makers import make_unit
from tests.respond.makers import make_incident
from tests.share.makers import make_delivery

ClientOf = Callable[..., Client]
LEVELS = {"critical": 4, "high": 3, "medium": 2, "low": 1, "informational": 0}


def settle(operator: Organisation, at: datetime) -> Incident:
    """Alerts of every level, an incident with an overdue clock, one owed at once, warnings, orders, units."""
    seen = at - timedelta(hours=1)
    source = make_source(operator, last_batch_at=seen)
    for level, rank in LEVELS.items():
        make_alert(operator, level=level, rank=rank, source=source, first_seen=seen, last_seen=seen)
    make_alert(operator, state="false_positive", source=source, first_seen=seen, last_seen=seen)
    make_incident(operator, state="closed")
    incident = make_incident(operator, state="triaged", rank=3)
    house = Account.objects.house()
    for kind, began in {"CK-05": at - timedelta(days=9), "CK-07": at, "CK-08": at - timedelta(hours=1)}.items():
        clock.start(incident, kind, at=began, by=house, bearer=operator, fact="test")
    only_at_once = make_incident(operator, state="triaged", rank=1)
    clock.start(only_at_once, "CK-08", at=at - timedelta(hours=3), by=house, bearer=operator, fact="test")
    make_delivery(operator)
    make_delivery(operator, state="acknowledged")
    for state in ("draft", "in_progress", "overdue", "closed"):
        make_order(operator, state=state)
    make_order(operator, state="closed", overdue_since=at)
    for grade in ("3.1", ""):
        make_unit(operator, grade=grade, state="graded" if grade else "registered")
    make_unit(operator, state="withdrawn")
    make_unit(operator, grade="4", state="graded", is_cii=True)
    return incident


@pytest.fixture
def settled(telco: Organisation, at: datetime) -> Incident:
    return settle(telco, at)


@pytest.fixture
def elsewhere(other_telco: Organisation, at: datetime) -> Incident:
    return settle(other_telco, at)


@pytest.fixture
def client_of() -> ClientOf:
    def sign_in(account: Account, language: str = "en") -> Client:
        client = Client()
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        client.force_login(account, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    return sign_in


def opened(client: Client, address: str) -> Any:
    """The page, its purpose stated if it asks for one."""
    page = client.get(address)
    if b'name="purpose"' in page.content:
        given = {"purpose": "duty review of the night", "key": page.context["key"], "next": address, "label": "x"}
        client.post("/ui/purpose/", given)
        page = client.get(address)
    return page
