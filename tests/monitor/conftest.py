"""A lake of its own for each test, a rule in force, and signed-in clients."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from bastide.base.people.models import Account, Organisation
from bastide.monitor import flows
from bastide.monitor.models import Source
from tests.monitor.makers import RULE


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.BASTIDE_HOME = tmp_path


@pytest.fixture
def house(db: None) -> Account:
    return Account.objects.house()


@pytest.fixture
def rules(house: Account, at: datetime, tmp_path: Path) -> None:
    """One rule in force: it fires on whoami.exe."""
    path = tmp_path / "whoami.yml"
    path.write_text(RULE)
    flows.add_rules([path], by=house, at=at)


@pytest.fixture
def source(telco: Organisation, operator: Account, at: datetime) -> Source:
    """A registered source of OP-A with a key (`source.secret`)."""
    made = flows.register_source(by=operator, at=at, operator=telco, name="edge-a")
    return flows.new_key(made, by=operator, at=at)


def signed_in(account: Account, language: str = "en") -> Client:
    client = Client()
    client.force_login(account, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    client.cookies["django_language"] = language
    return client


def program(secret: str) -> Client:
    """A program with a key."""
    return Client(headers={"Authorization": f"Bearer {secret}", "Accept-Language": "en"})
