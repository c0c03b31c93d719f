"""A generated sector as three import tables: operators, network units, dependencies. The same seed gives the same bytes."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass

PROVINCES = {
    "110000": ("北京", "Beijing", "bj"),
    "310000": ("上海", "Shanghai", "sh"),
    "330000": ("浙江", "Zhejiang", "zj"),
    "440000": ("广东", "Guangdong", "gd"),
}
# Three groups with provincial subsidiaries; the names are made up.
GROUPS = [
    ("OP-HX", "华信通信", "Huaxin Telecom"),
    ("OP-LT", "蓝天移动", "Lantian Mobile"),
    ("OP-TW", "天网宽带", "Tianwang Broadband"),
]
OTHERS = [
    ("OP-D01", "域名根服", "Yuming Names", "dns_body", "110000"), ("OP-D02", "华东解析", "Huadong Resolve", "dns_body", "310000"),
    ("OP-I01", "云港数据中心", "Yungang Data Centre", "value_added", "440000"), ("OP-I02", "浦江机房", "Pujiang Hosting", "value_added", "310000"),
    ("OP-I03", "西湖云", "Xihu Cloud", "value_added", "330000"), ("OP-I04", "京云算力", "Jingyun Compute", "value_added", "110000"),
    ("OP-N01", "众聊网络", "Zhongliao Messaging", "internet_company", "440000"), ("OP-N02", "百视频", "Baishi Video", "internet_company", "110000"),
    ("OP-N03", "顺购商城", "Shungou Mall", "internet_company", "330000"), ("OP-N04", "优行出行", "Youxing Rides", "internet_company", "310000"),
    ("OP-C01", "速达分发", "Suda Delivery Network", "value_added", "440000"), ("OP-C02", "星链物联", "Xinglian Things", "value_added", "330000"),
    ("OP-C03", "工联平台", "Gonglian Platform", "value_added", "440000"), ("OP-C04", "讯通短信", "Xuntong Messaging", "value_added", "110000"),
    ("OP-C05", "安联支付网络", "Anlian Networks", "value_added", "310000"),
]  # fmt: skip
# What each kind of operator runs: network type, Chinese and English noun, usual grade, how many.
RUNS = {
    "basic_telecom": [
        ("transport", "骨干传送网", "Backbone transport", "4", 3), ("ip_bearer", "骨干承载网", "Backbone bearer", "4", 3),
        ("signalling", "信令网", "Signalling", "3.2", 2), ("synchronisation", "同步网", "Synchronisation", "3.1", 2),
        ("5g_core", "5G 核心网大区", "5G core region", "4", 4), ("support", "业务支撑系统", "Support system", "3.1", 3),
        ("dns", "域名解析系统", "Resolver", "3.1", 2),
    ],
    "basic_telecom_province": [
        ("mobile", "移动网", "Mobile network", "3.1", 5), ("fixed", "固定网", "Fixed network", "2", 4),
        ("access", "接入网", "Access network", "2", 6), ("transport", "省内传送网", "Provincial transport", "3.1", 3),
        ("ip_bearer", "城域网", "Metro network", "3.1", 3), ("idc", "数据中心", "Data centre", "2", 3),
        ("messaging", "短信中心", "Message centre", "2", 1), ("5g_core", "5G 用户面", "5G user plane", "3.2", 2),
    ],
    "dns_body": [("dns", "权威解析节点", "Authoritative node", "3.2", 8), ("support", "注册系统", "Registry system", "3.1", 3), ("web", "查询网站", "Query site", "2", 3)],
    "value_added": [
        ("idc", "机房", "Hosting hall", "2", 4), ("cloud", "云平台", "Cloud platform", "3.1", 3), ("cdn", "分发节点", "Edge node", "2", 4),
        ("iot", "物联网平台", "Things platform", "2", 2), ("web", "门户网站", "Portal", "1", 2),
    ],
    "internet_company": [
        ("web", "业务网站", "Service site", "3.1", 5), ("cloud", "私有云", "Private cloud", "3.1", 3), ("support", "运维系统", "Operations system", "2", 3),
        ("cdn", "内容节点", "Content node", "2", 3),
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """One network unit of the sector."""

    operator: str
    code: str
    network_type: str
    name_zh: str
    name_en: str
    area: str
    grade: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Sector:
    """The tables as CSV, and the units for whoever plays with them."""

    operators_csv: bytes
    units_csv: bytes
    dependencies_csv: bytes
    units: tuple[Unit, ...]

    def units_of(self, operator: str) -> list[Unit]:
        return [unit for unit in self.units if unit.operator == operator]

    @property
    def operators(self) -> list[str]:
        return sorted({unit.operator for unit in self.units})


def make_sector(seed: int) -> Sector:
    """30 operators in four provinces, about 600 units, and the dependencies between them."""
    chance = random.Random(seed)
    operators = _operators()
    units = [unit for row in operators for unit in _units(row, chance)]
    return Sector(
        _csv(operators), _csv([_unit_row(unit) for unit in units]), _csv(_dependencies(units, chance)), tuple(units)
    )


def _operators() -> list[dict[str, str]]:
    rows = []
    for code, zh, en in GROUPS:
        rows.append(_operator(code, f"{zh}集团有限公司", f"{en} Group", "", "basic_telecom", ""))
        for area, (area_zh, area_en, short) in PROVINCES.items():
            child = f"{code}-{short.upper()}"
            rows.append(
                _operator(child, f"{zh}{area_zh}分公司", f"{en} {area_en}", area, "basic_telecom_province", code)
            )
    rows += [_operator(code, f"{zh}有限公司", en, area, kind, "") for code, zh, en, kind, area in OTHERS]
    return rows


def _operator(code: str, zh: str, en: str, area: str, kind: str, parent: str) -> dict[str, str]:
    licence = f"A1-{abs(hash_of(code)) % 10**8:08d}"
    return {
        "code": code, "name_zh": zh, "name_en": en, "area": area, "operator_kind": kind, "licence": licence,
        "parent": parent, "managed_by_parent": "yes" if parent else "no",
    }  # fmt: skip


def hash_of(text: str) -> int:
    """A number that is the same in every process (the built-in hash is not)."""
    return int.from_bytes(text.encode(), "big") % 1_000_003


def _units(operator: dict[str, str], chance: random.Random) -> list[Unit]:
    found, short = [], operator["code"].lower().removeprefix("op-")
    areas = [operator["area"]] if operator["area"] else list(PROVINCES)
    for kind, zh, en, grade, number in RUNS[operator["operator_kind"]]:
        for place in range(1, number + 1):
            area = areas[(place - 1) % len(areas)]
            code = f"{kind.upper().replace('_', '-')}-{place:02d}"
            host = f"{kind.replace('_', '')}{place}.{short}.example"
            hosts = tuple(f"{name}-{host}" for name in ("gw", "srv", "mgmt"))
            found.append(
                Unit(operator["code"], code, kind, f"{PROVINCES[area][0]}{zh}{place}号", f"{PROVINCES[area][1]} {en.lower()} {place}",
                     area, grade if chance.random() < 0.9 else "", hosts)
            )  # fmt: skip
    return found


def _unit_row(unit: Unit) -> dict[str, str]:
    return {
        "operator": unit.operator, "code": unit.code, "name_zh": unit.name_zh, "name_en": unit.name_en,
        "network_type": unit.network_type, "area": unit.area, "lifecycle": "formal", "grade": unit.grade,
        "hosts": "; ".join(unit.hosts), "department": "网络安全部",
    }  # fmt: skip


# Which network types a unit needs, and through which kind of dependency.
NEEDS = {
    "mobile": [("5g_core", "service"), ("transport", "transport")], "fixed": [("transport", "transport")],
    "access": [("ip_bearer", "transport")], "5g_core": [("signalling", "signalling"), ("ip_bearer", "transport")],
    "ip_bearer": [("transport", "transport")], "signalling": [("synchronisation", "signalling"), ("transport", "transport")],
    "idc": [("ip_bearer", "transport")], "cloud": [("idc", "service")], "cdn": [("idc", "service"), ("dns", "service")],
    "web": [("cloud", "service"), ("dns", "service")], "iot": [("mobile", "transport")], "dns": [("ip_bearer", "transport")],
    "messaging": [("signalling", "signalling")], "support": [("idc", "service")], "transport": [("synchronisation", "signalling")],
}  # fmt: skip


def _dependencies(units: Sequence[Unit], chance: random.Random) -> list[dict[str, str]]:
    """Each unit needs one or two units of the types its own type needs: its own first, then its group's, then anyone's."""
    rows, seen = [], set()
    by_type: dict[str, list[Unit]] = {}
    for unit in units:
        by_type.setdefault(unit.network_type, []).append(unit)
    for unit in units:
        for wanted, kind in NEEDS.get(unit.network_type, []):
            target = _supplier(unit, by_type.get(wanted, []), chance)
            key = (unit.operator, unit.code, target.operator, target.code) if target else None
            if target and key not in seen:
                seen.add(key)
                rows.append({
                    "operator": unit.operator, "unit": unit.code, "depends_on_operator": target.operator,
                    "depends_on": target.code, "kind": kind, "note": "",
                })  # fmt: skip
    return rows


def _supplier(unit: Unit, offers: Sequence[Unit], chance: random.Random) -> Unit | None:
    group = unit.operator.rsplit("-", 1)[0]
    for near in (
        [o for o in offers if o.operator == unit.operator],
        [o for o in offers if o.operator.startswith(group) and group != "OP"],
        [o for o in offers if o.area == unit.area],
        list(offers),
    ):
        known = [offer for offer in near if offer is not unit]
        if known:
            return chance.choice(known)
    return None


def _csv(rows: Sequence[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")
