"""Warnings played forward: proposed, approved, published to two operators of two provinces."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.share import flows
from bastide.share.criteria import Targets
from bastide.share.models import Delivery, EarlyWarning
from tests.conftest import make_account

TEXT = {
    "title": "Router flaw exploited", "category": "vulnerability", "matters": "A flaw in routers is exploited",
    "reach": "Operators that run them", "measures": "Update\nWatch the logs", "harm": "Interruption", "hotline": "010-1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.BASTIDE_HOME = tmp_path


@pytest.fixture
def chief(ministry: Organisation) -> Account:
    """A second leader of the national authority."""
    return make_account("chief", ministry, Role.LEADER)


@pytest.fixture
def propose(national: Account, telco: Organisation, other_telco: Organisation, at: datetime) -> Any:
    """Propose a warning to both operators; keywords replace the usual ones."""

    def make(**more: Any) -> EarlyWarning:
        given = {"by": national, "at": at, "colour": "orange", "targets": Targets(operators=("OP-A", "OP-B")), **TEXT}
        return flows.propose(**{**given, **more})

    return make


@pytest.fixture
def publish(propose: Any, national: Account, chief: Account, at: datetime) -> Any:
    """The same, approved by a second leader and published."""

    def make(**more: Any) -> EarlyWarning:
        warning = propose(**more)
        flows.approve(warning, by=more.get("approver", chief), at=at)
        return flows.publish(warning, by=more.get("by", national), at=at)

    return make


@pytest.fixture
def published(publish: Any) -> EarlyWarning:
    return publish(incident="")


def delivery_to(warning: EarlyWarning, operator: Organisation) -> Delivery:
    return warning.deliveries.get(operator=operator)
