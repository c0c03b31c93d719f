"""What stands before anything can happen: offices, operators with their people, sources, network units and hosts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password

from bastide.base import packs
from bastide.base.entry import flows as entry
from bastide.base.people.models import Account, Membership, Organisation
from bastide.base.people.roles import Role
from bastide.demo.bulk.pouring import Row, next_id
from bastide.demo.makers.sector import RUNS
from bastide.registry.models import UnitHost

OPERATORS, UNITS, FINDINGS, ALERTS, ENTRIES = 100, 10_000, 10_000, 2_000, 50_000  # at scale 1
BACK = timedelta(days=730)  # how far the past reaches
PREFIX = "SC-"  # codes of the operators made here
FIRST = "华中东南西北海天云星瀚宏远恒盛鼎卓信诚汇智锐联博"
SECOND = "通达讯网联信科创维拓腾跃翔驰峰源泰安捷迅畅航桥"
TRADES = {
    "basic_telecom_province": ("通信", "移动通信"), "dns_body": ("域名服务", "解析技术"),
    "value_added": ("数据", "云计算", "网络科技"), "internet_company": ("网络", "信息技术", "互动科技"),
}  # fmt: skip
SHARES = {"value_added": 62, "internet_company": 25, "basic_telecom_province": 11, "dns_body": 2}


@dataclass(frozen=True)
class Operator:
    """An operator as the makers need it."""

    pk: int
    code: str
    name: str
    area: str
    kind: str
    officer: int
    source: int
    size: int  # how many units it runs
    first_unit: int  # id of the first of them


@dataclass
class Ground:
    """Everything later makers refer to. The same scale, seed and moment make the same sector."""

    scale: int
    at: datetime
    chance: random.Random
    areas: list[tuple[str, str]] = field(default_factory=list)  # code and short Chinese name of each province
    offices: dict[str, Organisation] = field(default_factory=dict)
    officers: dict[str, Account] = field(default_factory=dict)
    operators: list[Operator] = field(default_factory=list)
    types: dict[int, str] = field(default_factory=dict)

    def when(self, share: float) -> datetime:
        """A moment of the past: 0 is its beginning, 1 is now."""
        return self.at - BACK * (1 - share)

    @property
    def national(self) -> Organisation:
        return self.offices[""]

    def office_of(self, operator: Operator) -> Organisation:
        return self.offices.get(operator.area, self.national)

    def officer_of(self, operator: Operator) -> Account:
        return self.officers.get(operator.area, self.officers[""])


def lay_out(ground: Ground) -> None:
    """Offices in every province and their officers (through the flow), and the plan of the operators."""
    law, house, kind = packs.active(), Account.objects.house(), Organisation.Kind
    ground.offices[""] = Organisation.objects.get(kind=kind.NATIONAL)
    ground.officers[""] = _officer(ground.national, "national-officer", ground.at)
    for area in law.areas:
        if area.office is None:
            continue
        code = f"CA-{area.short}"
        office = Organisation.objects.filter(code=code).first() or entry.enter_organisation(
            by=house, at=ground.at, code=code, kind=kind.PROVINCIAL, area=area.code, parent=ground.national,
            name_zh=f"{area.office.zh}（演示）", name_en=f"{area.office.en} (demonstration)",
        )  # fmt: skip
        ground.areas.append((area.code, area.name.zh.removesuffix("市").removesuffix("省")))
        ground.offices[area.code] = office
        ground.officers[area.code] = _officer(office, f"{code.lower()}-officer", ground.at)
    ground.operators = list(_planned(ground))


def _officer(office: Organisation, username: str, at: datetime) -> Account:
    held = Membership.objects.filter(organisation=office, role=Role.OFFICER).select_related("account").first()
    if held is not None:
        return held.account
    account = Account.objects.create_person(
        username, None, name=f"{office.name_zh}工作人员"[:120], is_demo=True, language="zh-hans"
    )
    Membership.objects.create(account=account, organisation=office, role=Role.OFFICER, since=at)
    return account


def _planned(ground: Ground) -> Iterator[Operator]:
    """Operators of very different size: few run thousands of units, most run dozens."""
    from bastide.monitor.models import Source
    from bastide.registry.models import NetworkUnit

    count, chance = OPERATORS * ground.scale, ground.chance
    sizes = _sizes(count, UNITS * ground.scale)
    pk, officer, source, unit = (next_id(model) for model in (Organisation, Account, Source, NetworkUnit))
    for n in range(count):
        area, short = chance.choice(ground.areas)
        kind = chance.choices(list(SHARES), list(SHARES.values()))[0]
        brand = chance.choice(FIRST) + chance.choice(SECOND) + chance.choice(TRADES[kind])
        nationwide = kind in {"value_added", "internet_company"} and chance.random() < 0.05
        name = f"{'' if nationwide else short}{brand}有限公司"
        yield Operator(
            pk + n, f"{PREFIX}{n + 1:05d}", name, "" if nationwide else area, kind, officer + n, source + n,
            sizes[n], unit,
        )  # fmt: skip
        unit += sizes[n]


def _sizes(count: int, total: int) -> list[int]:
    """`count` numbers that fall like 1/√rank and sum up to `total`."""
    weights = [(n + 1) ** -0.5 for n in range(count)]
    whole = sum(weights)
    sizes = [max(1, int(total * weight / whole)) for weight in weights]
    sizes[0] += total - sum(sizes)
    return sizes


def organisations(ground: Ground) -> Iterator[Row]:
    for one in ground.operators:
        yield {
            "id": one.pk, "code": one.code, "kind": Organisation.Kind.OPERATOR.value, "name_zh": one.name,
            "name_en": f"Operator {one.code}", "area": one.area, "operator_kind": one.kind,
            "licence": f"B1-{20200000 + one.pk}", "created_at": ground.when(0.0),
        }  # fmt: skip


def accounts(ground: Ground) -> Iterator[Row]:
    """A security officer for each operator; the doors open with the password of the demonstration."""
    shut = make_password(None)
    for one in ground.operators:
        yield {
            "id": one.officer, "username": f"{one.code.lower()}-security", "password": shut, "is_demo": True,
            "name": f"{one.name}安全负责人（演示）"[:120], "created_at": ground.when(0.0),
        }  # fmt: skip


def memberships(ground: Ground) -> Iterator[Row]:
    for one in ground.operators:
        yield {
            "account_id": one.officer, "organisation_id": one.pk, "role": Role.SECURITY_OFFICER.value,
            "since": ground.when(0.0),
        }  # fmt: skip


def sources(ground: Ground, first: int) -> Iterator[Row]:
    """One collector for each operator; one in ten fell silent, one in fifty was never heard of."""
    for n, one in enumerate(ground.operators):
        luck = ground.chance.random()
        heard = ground.at - timedelta(minutes=5 + 50 * ground.chance.random())
        last = None if luck < 0.02 else heard - timedelta(days=9) if luck < 0.12 else heard
        yield {
            "id": one.source, "number": f"SRC-{ground.at.year}-{first + n:06d}", "name": f"{one.code.lower()}-collector",
            "created_by_id": one.officer, "operator_id": one.pk, "last_batch_at": last, "created_at": ground.when(0.0),
        }  # fmt: skip


def units(ground: Ground, first: int) -> Iterator[Row]:
    """Network units with the nouns, types and grades of their operator's kind; one in ten waits for its grade."""
    chance, number = ground.chance, first
    names = dict(ground.areas)
    for one in ground.operators:
        runs = RUNS[one.kind]
        weights = [run[4] for run in runs]
        for n, run in enumerate(chance.choices(runs, weights, k=one.size)):
            kind, noun, english, grade, _many = run
            area = one.area or chance.choice(ground.areas)[0]
            entered = ground.when(0.05 + 0.9 * chance.random())
            luck = chance.random()
            state = "registered" if luck < 0.1 else "withdrawn" if luck < 0.12 else "graded"
            is_cii = state == "graded" and grade in {"3.2", "4"} and chance.random() < 0.2
            yield {
                "id": one.first_unit + n, "number": f"NU-{ground.at.year}-{number:06d}", "operator_id": one.pk,
                "code": f"{kind.upper().replace('_', '-')}-{n + 1:05d}", "name_zh": f"{names[area]}{noun}{n + 1}号",
                "name_en": f"{english} {n + 1}", "state": state, "network_type": kind, "area": area,
                "grade": "" if state == "registered" else grade,
                "graded_at": None if state == "registered" else entered + timedelta(days=3),
                "is_cii": is_cii, "cii_reason": "一旦中断影响全省通信" if is_cii else "",
                "cii_since": entered + timedelta(days=10) if is_cii else None, "host_names": [_host(one, n)],
                "department": "网络安全部", "withdrawn_reason": "业务下线" if state == "withdrawn" else "",
                "created_at": entered, "created_by_id": one.officer, "version": 1 if state == "registered" else 2,
            }  # fmt: skip
            number += 1


def _host(one: Operator, n: int) -> str:
    return f"srv{n + 1}.{one.code.lower()}.example"


def hosts(ground: Ground) -> Iterator[Row]:
    for one in ground.operators:
        for n in range(one.size):
            yield {
                "unit_id": one.first_unit + n, "operator_id": one.pk, "kind": UnitHost.Kind.NAME.value,
                "value": _host(one, n),
            }  # fmt: skip


def some_unit(ground: Ground, one: Operator) -> tuple[int, str]:
    """The id of one of an operator's units, and its host."""
    n = ground.chance.randrange(one.size)
    return one.first_unit + n, _host(one, n)
