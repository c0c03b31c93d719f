"""A unit, an incident, and ways to play it forward."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bastide.base.people.models import Account, Organisation
from bastide.registry.models import NetworkUnit
from bastide.respond import flows
from bastide.respond.models import Incident
from tests.registry.makers import make_unit

SAID = {
    "unit": "某省公司核心网", "facility": "5G 核心网用户面", "place": "北京", "impact": "一个省用户无法上网", "measures": "切换备用链路",
}  # fmt: skip
SUMMARY = {
    "cause": "配置错误", "measures": "回退配置", "harm": "中断 40 分钟", "accountability": "约谈维护单位", "improvement": "双人复核",
    "lessons": "变更前演练",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.BASTIDE_HOME = tmp_path


@pytest.fixture
def unit(telco: Organisation) -> NetworkUnit:
    return make_unit(telco)


@pytest.fixture
def cii(telco: Organisation) -> NetworkUnit:
    return make_unit(telco, is_cii=True)


@pytest.fixture
def found(at: datetime) -> datetime:
    """T0: ten minutes before the entry."""
    return at - timedelta(minutes=10)


@pytest.fixture
def report(operator: Account, telco: Organisation, at: datetime, found: datetime) -> Any:
    """Report an incident; keywords replace the usual ones."""

    def make(**more: Any) -> Incident:
        given = {
            "by": operator, "at": at, "operator": telco, "title": "核心网中断", "nature": "fault", "found_at": found,
            "found_zone": "Asia/Shanghai", "source": "own_monitoring",
        }  # fmt: skip
        return flows.report(**{**given, **more})

    return make


@pytest.fixture
def grave(report: Any, cii: NetworkUnit, ministry: Organisation, province: Organisation) -> Incident:
    """A CII incident of major level, judged: report lines run."""
    return report(units=[cii], facts={"cii_whole_interruption_minutes": 150, "users_offline_scope": "province"})


@pytest.fixture
def reported(grave: Incident, operator: Account, at: datetime) -> Incident:
    return flows.file(grave, by=operator, at=at, content=SAID)


@pytest.fixture
def confirmed(reported: Incident, national: Account, at: datetime) -> Incident:
    return flows.confirm(reported, by=national, at=at, levels={})


@pytest.fixture
def responding(confirmed: Incident, national: Account, at: datetime) -> Incident:
    return flows.start_response(confirmed, by=national, at=at, level="major", order="启动二级响应")


@pytest.fixture
def ended(responding: Incident, national: Account, at: datetime) -> Incident:
    flows.contain(responding, by=national, at=at, note="链路恢复")
    return flows.end(responding, by=national, at=at, conclusion="危害已消除")
