"""A team, a unit, and a visit played forward to each of its stations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.inspection import flows
from bastide.inspection.models import Observation, Visit
from bastide.registry.models import NetworkUnit
from tests.conftest import make_account
from tests.registry.makers import make_unit


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.BASTIDE_HOME = tmp_path


@pytest.fixture
def unit(telco: Organisation) -> NetworkUnit:
    return make_unit(telco, state="graded")


@pytest.fixture
def second(province: Organisation) -> Account:
    """Another inspector of the province."""
    return make_account("second_inspector", province, Role.INSPECTOR)


@pytest.fixture
def plan(
    provincial: Account, inspector: Account, second: Account, telco: Organisation, unit: NetworkUnit, at: datetime
) -> Any:
    """Plan an inspection; keywords replace the usual ones."""

    def make(**more: Any) -> Visit:
        given: dict[str, Any] = {
            "by": provincial, "at": at, "operator": telco, "item": "II-01", "inspection_class": "daily",
            "checklist": "CL-GENERAL", "method": "on_site", "reason": "年度检查计划", "starts_at": at + timedelta(days=1),
            "ends_at": at + timedelta(days=3), "place": "北京", "team_leader": inspector, "officers": [second], "units": [unit],
        }  # fmt: skip
        return flows.draft(**{**given, **more})

    return make


@pytest.fixture
def planned(plan: Callable[..., Visit]) -> Visit:
    return plan()


@pytest.fixture
def noticed(planned: Visit, provincial: Account, at: datetime) -> Visit:
    flows.approve(planned, by=provincial, at=at)
    return flows.notify(planned, by=provincial, at=at)


@pytest.fixture
def opened(noticed: Visit, inspector: Account, at: datetime) -> Visit:
    shown = [{"number": str(m.pk), "certificate": f"ZF-{m.pk}"} for m in noticed.team.all()]
    return flows.open_visit(noticed, by=inspector, at=at, present="安全主管, 网络部", certificates=shown)


@pytest.fixture
def observe(inspector: Account, at: datetime, unit: NetworkUnit) -> Any:
    def make(visit: Visit, **more: Any) -> Observation:
        given: dict[str, Any] = {
            "by": inspector, "at": at, "visit": visit, "clause": "CIIR 15", "severity": "high", "title": "默认口令", "unit": unit,
            "text": "网管存在默认口令", "reproduce": "以默认口令登录网管", "item": "G-13",
        }  # fmt: skip
        return flows.observe(**{**given, **more})

    return make


@pytest.fixture
def drafted(opened: Visit, observe: Any, inspector: Account, at: datetime) -> Visit:
    """Two findings in draft, the record made."""
    observe(opened)
    observe(opened, title="日志不足六个月", severity="medium", clause="CSL 23", item="G-16", unit=None)
    return flows.finish(opened, by=inspector, at=at, record_facts="检查了网管和日志", rest_not_assessed=True)


@pytest.fixture
def sent(drafted: Visit, inspector: Account, at: datetime) -> Visit:
    return flows.send(drafted, by=inspector, at=at)


@pytest.fixture
def confirmed(sent: Visit, operator: Account, at: datetime) -> Visit:
    return flows.confirm(sent, by=operator, at=at)


@pytest.fixture
def concluded(confirmed: Visit, provincial: Account, at: datetime) -> Visit:
    return flows.conclude(confirmed, by=provincial, at=at, result="发现两项问题")


@pytest.fixture
def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("log.txt", b"2026-06-16 login admin/admin\n", content_type="text/plain")


@pytest.fixture
def client_of() -> Any:
    def sign_in(account: Account, language: str = "en") -> Client:
        client = Client()
        client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
        client.force_login(account, backend=django_settings.AUTHENTICATION_BACKENDS[0])
        return client

    return sign_in
