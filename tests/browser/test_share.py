"""Early warnings in a real browser: the pages of the office and of the operator, in both languages and looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bastide.base import terms
from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.share import flows
from bastide.share.criteria import Targets
from bastide.share.models import EarlyWarning
from tests.browser.conftest import Visitor
from tests.conftest import make_account, make_organisation
from tests.registry.makers import make_unit
from tests.respond.makers import make_incident

Accessible = Callable[[Page], None]
Shoot = Callable[[Page, str], Path]
LOOKS = [("en", "light", 1440), ("zh-hans", "dark", 360)]


@pytest.fixture
def sector(
    settings: Any, tmp_path: Path, ministry: Organisation, province: Organisation, telco: Organisation, operator: Account,
    national: Account,
) -> dict[str, Any]:  # fmt: skip
    """A warning in force to seven operators that answered differently, and one that waits for approval."""
    settings.BASTIDE_HOME = tmp_path
    at, chief = terms.now(), make_account("chief", ministry, Role.LEADER)
    others = [make_organisation(f"OP-{n}", "operator", "110000") for n in range(1, 7)]
    people = {one.pk: make_account(f"duty-{one.code.lower()}", one, Role.SECURITY_OFFICER) for one in others}
    unit = make_unit(telco)
    said = {
        "category": "vulnerability", "matters": "某型号边界路由器存在远程代码执行漏洞，已出现在野利用。", "hotline": "12387",
        "reach": "使用该型号路由器的基础电信企业和数据中心", "measures": "升级到修复版本\n关闭公网管理端口\n排查异常登录",
        "harm": "可能导致骨干网络中断", "incident": make_incident(telco, units=[unit]).number,
    }  # fmt: skip
    warning = flows.propose(
        by=national,
        at=at,
        title="边界路由器远程代码执行漏洞",
        colour="orange",
        targets=Targets(areas=("110000",)),
        **said,
    )
    flows.publish(flows.approve(warning, by=chief, at=at), by=national, at=at)
    mine = warning.deliveries.get(operator=telco)
    for n, delivery in enumerate(warning.deliveries.exclude(operator=telco).order_by("pk")):
        by = people[delivery.operator_id]
        if n < 4:
            flows.acknowledge(delivery, by=by, at=at, contact="值班室", contact_phone="010-66")
        if n < 2:
            flows.report_action(delivery, by=by, at=at, affected=3, fixed=2, remark="两台已升级")
        if n == 5:
            flows.escalate(delivery, by=Account.objects.house(), at=at)
            flows.log_call(delivery, by=national, at=at, number_called="010-77", note="无人接听")
    waits = flows.propose(
        by=national, at=at, title="勒索病毒传播风险", colour="yellow", review_on=None,
        targets=Targets(network_types=("5g_core",), units=(unit.number,)), **said,
    )  # fmt: skip
    silent = warning.deliveries.get(state="escalated")
    return {"warning": warning, "mine": mine, "waits": waits, "silent": silent}


def places(sector: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(who, name, address) of every page worth a look."""
    urls = {name: thing.get_absolute_url() for name, thing in sector.items()}
    return [
        ("national", "list", "/share/warnings/"),
        ("national", "deliveries", "/share/deliveries/"),
        ("national", "detail", urls["warning"]),
        ("national", "waits", urls["waits"]),
        ("national", "approve", f"{urls['waits']}acts/approve/"),
        ("national", "change", f"{urls['warning']}acts/change/"),
        ("national", "lift", f"{urls['warning']}acts/lift/"),
        ("national", "propose", f"/share/warnings/propose/?incident={sector['warning'].incident}"),
        ("national", "silent", urls["silent"]),
        ("national", "call", f"{urls['silent']}acts/log_call/"),
        ("operator", "own-list", "/share/deliveries/"),
        ("operator", "own", urls["mine"]),
        ("operator", "own-warning", urls["warning"]),
        ("operator", "acknowledge", f"{urls['mine']}acts/acknowledge/"),
    ]


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_every_page_is_accessible_and_fits(
    visitor: Visitor, accessible: Accessible, shoot: Shoot, sector: dict[str, Any], national: Account, operator: Account,
    live_server: Any, language: str, theme: str, width: int,
) -> None:  # fmt: skip
    people = {"national": national, "operator": operator}
    pages = {who: visitor(one, "/desk/", language=language, theme=theme, width=width) for who, one in people.items()}
    troubles = []
    for who, name, address in places(sector):
        page = pages[who]
        response = page.goto(live_server.url + address)
        assert response is not None
        assert response.status == 200, address
        page.wait_for_load_state("networkidle")
        shoot(page, f"share-{name}-{language[:2]}-{theme}-{width}")
        try:
            accessible(page)
        except AssertionError as trouble:
            troubles.append(str(trouble).split("assert")[0])
    assert not troubles, "\n".join(troubles)


def test_an_operator_acknowledges_and_answers_without_scripts(
    visitor: Visitor, sector: dict[str, Any], operator: Account
) -> None:
    page = visitor(operator, sector["mine"].get_absolute_url(), language="en", scripts=False)
    page.get_by_role("link", name="Acknowledge receipt").click()
    page.get_by_role("button", name="Acknowledge receipt").click()
    page.get_by_role("link", name="Report what was done").click()
    page.get_by_label("Assets affected").fill("2")
    page.get_by_label("Assets fixed").fill("3")
    page.get_by_label("What was done").fill("both updated")
    page.get_by_role("button", name="Report what was done").click()
    expect(page.locator(".errors")).to_contain_text("More assets fixed than affected")
    page.get_by_label("Assets fixed").fill("2")
    page.get_by_role("button", name="Report what was done").click()
    expect(page.get_by_text("Action reported").first).to_be_visible()
    assert EarlyWarning.objects.get(pk=sector["warning"].pk).deliveries.filter(state="action_reported").count() == 3
