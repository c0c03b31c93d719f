"""A finding, and an order played forward to each of its stations."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.rectify import flows
from bastide.rectify.models import Finding, Order
from tests.conftest import make_account


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.BASTIDE_HOME = tmp_path


@pytest.fixture
def proof() -> Any:
    """A new file each time; the same bytes may be evidence of several things."""
    return lambda name="proof.txt": SimpleUploadedFile(name, f"retest {name} passed\n".encode())


@pytest.fixture
def officer(province: Organisation) -> Account:
    """Draws up orders; the leader signs them."""
    return make_account("drafting_officer", province, Role.OFFICER)


@pytest.fixture
def record(provincial: Account, telco: Organisation, at: datetime) -> Any:
    """Record a finding by hand; keywords replace the usual ones."""

    def make(**more: Any) -> Finding:
        given: dict[str, Any] = {
            "by": provincial, "at": at, "operator": telco, "clause": "CIIR 15", "severity": "high", "title": "默认口令",
            "text": "网管存在默认口令", "source_kind": "incident", "source_number": "INC-2026-000001",
        }  # fmt: skip
        return flows.record(**{**given, **more})

    return make


@pytest.fixture
def draft(officer: Account, record: Any, at: datetime) -> Any:
    def make(*findings: Finding, **more: Any) -> Order:
        chosen = findings or (record(), record(severity="medium", clause="CSL 23", title="日志不足六个月"))
        return flows.draft(**{"by": officer, "at": at, "findings": chosen, **more})

    return make


@pytest.fixture
def issued(operator: Account, draft: Any, provincial: Account, at: datetime) -> Order:
    return flows.issue(draft(), by=provincial, at=at)


@pytest.fixture
def received(issued: Order, operator: Account, at: datetime) -> Order:
    return flows.receive(issued, by=operator, at=at, responsible="安全负责人", responsible_post="总监")


def plan_of(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "number": line.finding.number,
            "measure": "改口令",
            "owner": "网络部",
            "day": "2026-06-20",
            "interim": "限制访问",
        }
        for line in order.lines.all()
    ]


@pytest.fixture
def planned(received: Order, operator: Account, at: datetime) -> Order:
    return flows.submit_plan(received, by=operator, at=at, lines=plan_of(received))


@pytest.fixture
def underway(planned: Order, officer: Account, at: datetime) -> Order:
    return flows.accept_plan(planned, by=officer, at=at)


@pytest.fixture
def hand_in(operator: Account, proof: Any, at: datetime) -> Any:
    """Hand in evidence for every finding that waits for it."""

    def make(order: Order, *, when: datetime = at) -> Order:
        for line in order.lines.filter(handed_in_at=None, verified_at=None):
            flows.hand_in(
                order, by=operator, at=when, finding=line.finding.number, done_what="已改", done_by="网络部",
                done_on=when.date(), evidence=[proof(f"{line.finding.number}.txt")],
            )  # fmt: skip
        return order

    return make


@pytest.fixture
def submitted(underway: Order, hand_in: Any, operator: Account, at: datetime) -> Order:
    return flows.submit_evidence(hand_in(underway), by=operator, at=at)


@pytest.fixture
def verified(submitted: Order, inspector: Account, at: datetime) -> Order:
    return flows.verify(submitted, by=inspector, at=at, method="retest", opinion="均已整改")


@pytest.fixture
def closed(verified: Order, officer: Account, at: datetime) -> Order:
    return flows.close(verified, by=officer, at=at)


@pytest.fixture
def client_of() -> Any:
    def sign_in(account: Account, language: str = "en") -> Client:
        client = Client()
        client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
        client.force_login(account, backend=django_settings.AUTHENTICATION_BACKENDS[0])
        return client

    return sign_in
