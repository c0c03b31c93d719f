"""Network units per grade; critical infrastructure only for those who may know."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from bastide.base import packs
from bastide.home.sections.ground import Ground, Reporting, listed
from bastide.registry import reads as registry

IN_SERVICE = ["registered", "graded"]


@dataclass(frozen=True)
class Grade:
    code: str
    name: str
    count: int
    url: str
    width: int  # of its bar, in hundredths of the longest


@dataclass(frozen=True)
class Units:
    total: int
    url: str
    grades: list[Grade]
    cii: int | None
    cii_url: str
    reporting: Reporting


def units(ground: Ground) -> Units | None:
    """None for whoever may not see units."""
    if not registry.sees_units(ground.account):
        return None
    counted = registry.units_per_grade(ground.account)
    names = {grade.code: str(grade.name) for grade in packs.active().grades}
    most = max([*counted.values(), 1])
    grades = [
        Grade(
            code, names.get(code, code) if code else _("Not graded"), count,
            listed("registry:unit_list", grade=code or "none", state=IN_SERVICE), round(100 * count / most),
        )
        for code, count in counted.items()
    ]  # fmt: skip
    return Units(
        total=sum(counted.values()), url=listed("registry:unit_list", state=IN_SERVICE), grades=grades,
        cii=registry.cii_count(ground.account),
        cii_url=listed("registry:unit_list", marks="yes", cii="yes", state=IN_SERVICE),
        reporting=ground.reporting("units"),
    )  # fmt: skip
