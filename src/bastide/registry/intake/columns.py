"""The columns of the three templates: operators, units, dependencies. One table for reading, writing and judging."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from bastide.base.packs import Pack, Text

Codes = Callable[[Pack], list[tuple[str, Text]]]


@dataclass(frozen=True)
class Column:
    """One column: its name in the file, its headings in both languages, and what may stand in it."""

    name: str
    label: Text
    required: bool = False
    help: Text | None = None
    codes: Codes | None = None
    limit: int = 200
    example: str = ""
    # Long texts may begin with any sign; our exports disarm them.
    is_free: bool = False

    def headings(self) -> set[str]:
        """Every way this column may be headed."""
        return {folded(text) for text in (self.name, self.label.zh, self.label.en)}


def folded(text: str) -> str:
    """A heading as it is compared."""
    return unicodedata.normalize("NFKC", text).strip().strip("*").strip().casefold().replace(" ", "_").replace("-", "_")


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


YES_NO: list[tuple[str, Text]] = [("yes", _t("是", "Yes")), ("no", _t("否", "No"))]
LIFECYCLES: list[tuple[str, Text]] = [
    ("debug", _t("调测", "Being set up")),
    ("online", _t("上线", "Online")),
    ("trial", _t("试运行", "Trial operation")),
    ("formal", _t("正式运行", "In formal operation")),
    ("retired", _t("退网", "Retired")),
]
KINDS: list[tuple[str, Text]] = [
    ("link", _t("连接", "Link: a line between the two, neither needs the other")),
    ("transport", _t("承载", "Transport")),
    ("power", _t("供电", "Power supply")),
    ("signalling", _t("信令", "Signalling")),
    ("service", _t("业务", "Service")),
    ("data", _t("数据", "Data")),
    ("management", _t("管理", "Management")),
]


def _areas(pack: Pack) -> list[tuple[str, Text]]:
    return [(area.code, area.name) for area in pack.areas]


def _operator_kinds(pack: Pack) -> list[tuple[str, Text]]:
    return [(kind.id, kind.name) for kind in pack.operator_kinds]


def _network_types(pack: Pack) -> list[tuple[str, Text]]:
    return [(kind.id, kind.name) for kind in pack.network_types]


def _grades(pack: Pack) -> list[tuple[str, Text]]:
    return [(grade.code, grade.name) for grade in pack.grades]


_AREA_HELP = _t("行政区划代码或名称；留空表示全国", "Area code or name; empty means nationwide")
_NAME_HELP = _t("中文名称", "Name in Chinese")

OPERATORS: tuple[Column, ...] = (
    Column("code", _t("运营者代码", "Operator code"), True, _t("唯一，不重复使用", "Unique, never used again"),
           limit=40, example="OP-100"),
    Column("name_zh", _t("中文名称", "Chinese name"), True, _NAME_HELP, example="示例通信有限公司"),
    Column("name_en", _t("英文名称", "English name"), example="Example Communications Ltd"),
    Column("area", _t("省份", "Province"), help=_AREA_HELP, codes=_areas, example="110000"),
    Column("operator_kind", _t("运营者类别", "Kind of operator"), True, codes=_operator_kinds, example="value_added"),
    Column("licence", _t("许可证号", "Licence number"), limit=80, example="B1-20260001"),
    Column("parent", _t("上级运营者代码", "Parent's code"), limit=40,
           help=_t("集团公司的代码；须已登记或在更前的行", "Code of the group; registered, or on an earlier row")),
    Column("managed_by_parent", _t("由上级管理", "Managed by the parent"), codes=lambda pack: YES_NO, example="no"),
)  # fmt: skip

UNITS: tuple[Column, ...] = (
    Column("operator", _t("运营者代码", "Operator code"), True, limit=40, example="OP-100"),
    Column("code", _t("单元代码", "Unit code"), True, limit=80, example="CORE-BJ-01",
           help=_t("运营者自编，在本运营者内唯一", "The operator's own code, unique within the operator")),
    Column("name_zh", _t("单元名称", "Unit name (Chinese)"), True, _NAME_HELP, example="北京核心网一号"),
    Column("name_en", _t("单元英文名称", "Unit name (English)"), example="Beijing core 1"),
    Column("network_type", _t("网络类型", "Network type"), True, codes=_network_types, example="5g_core"),
    Column("area", _t("省份", "Province"), help=_t("留空则同运营者", "Empty: as the operator's"),
           codes=_areas, example="110000"),
    Column("lifecycle", _t("生命周期", "Lifecycle"), codes=lambda pack: LIFECYCLES, example="formal",
           help=_t("留空为正式运行", "Empty: in formal operation")),
    Column("grade", _t("定级", "Grade"), codes=_grades, example="3.1",
           help=_t("可留空；填写即按此定级", "May be empty; if filled, the unit is graded so")),
    Column("hosts", _t("主机", "Hosts"), limit=20000, example="core1.example.net; 192.0.2.0/24",
           help=_t("主机名、地址或网段，用分号分隔", "Names, addresses or networks, divided by semicolons")),
    Column("description", _t("说明", "Description"), limit=4000, is_free=True),
    Column("department", _t("责任部门", "Responsible department")),
    Column("head_name", _t("主要负责人", "Person in charge"), limit=120),
    Column("head_phone", _t("主要负责人电话", "Telephone of the person in charge"), limit=60),
    Column("contact_name", _t("联系人", "Contact"), limit=120),
    Column("contact_phone", _t("联系人电话", "Telephone of the contact"), limit=60),
    Column("latitude", _t("纬度", "Latitude"), example="39.9042", limit=40),
    Column("longitude", _t("经度", "Longitude"), example="116.4074", limit=40),
)  # fmt: skip

DEPENDENCIES: tuple[Column, ...] = (
    Column("operator", _t("运营者代码", "Operator code"), True, limit=40, example="OP-100"),
    Column("unit", _t("单元代码", "Unit code"), True, _t("依赖方", "The unit that needs"),
           limit=80, example="CORE-BJ-02"),
    Column("depends_on_operator", _t("被依赖运营者代码", "Operator depended on"), limit=40,
           help=_t("留空则为同一运营者", "Empty: the same operator")),
    Column("depends_on", _t("被依赖单元代码", "Unit depended on"), True, _t("被依赖方", "The unit that is needed"),
           limit=80, example="CORE-BJ-01"),
    Column("kind", _t("依赖类型", "Kind of dependency"), True, codes=lambda pack: KINDS, example="transport"),
    Column("note", _t("备注", "Note"), limit=300, is_free=True),
)  # fmt: skip


@dataclass(frozen=True)
class Form:
    """A template: its subject and columns. `problems` is the column that quarantined rows carry; it is not read."""

    subject: str
    columns: tuple[Column, ...]
    title: Text
    ignored: frozenset[str] = field(
        default=frozenset({folded("problems"), folded("Problems"), folded("问题"), folded("row"), folded("行号")})
    )

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


FORMS: dict[str, Form] = {
    "operators": Form("operators", OPERATORS, _t("运营者", "Operators")),
    "units": Form("units", UNITS, _t("网络单元", "Network units")),
    "dependencies": Form("dependencies", DEPENDENCIES, _t("依赖关系", "Dependencies")),
}
