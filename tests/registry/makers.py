"""Network units and imports in any state, with every field filled that the state needs."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from bastide.base.people.models import Organisation
from bastide.registry.models import Dependency, Import, ImportContent, NetworkUnit, UnitHost

THEN = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
_count = itertools.count(1)


def make_networkunit(
    operator_org: Organisation, *, state: str = "registered", hosts: tuple[str, ...] = (), **fields: Any
) -> NetworkUnit:
    """A unit of an operator; `is_cii=True` fills what the mark needs."""
    place = next(_count)
    values: dict[str, Any] = {
        "number": f"NU-2026-{900000 + place}", "code": f"unit-{place}", "name_zh": f"核心网 {place}",
        "name_en": f"Core network {place}", "network_type": "5g_core", "area": operator_org.area, "state": state,
    }  # fmt: skip
    if state == "graded":
        values |= {"grade": "3.1", "graded_at": THEN}
    if state == "withdrawn":
        values |= {"withdrawn_reason": "replaced"}
    if fields.get("is_cii"):
        values |= {"cii_reason": "identified", "cii_since": THEN}
    unit = NetworkUnit.objects.create(operator=operator_org, host_names=list(hosts), **{**values, **fields})
    for host in hosts:
        kind = "network" if "/" in host else "address" if host.replace(".", "").isdigit() else "name"
        UnitHost.objects.create(unit=unit, operator=operator_org, kind=kind, value=host)
    return unit


make_unit = make_networkunit


def make_dependency(unit: NetworkUnit, depends_on: NetworkUnit, kind: str = "transport") -> Dependency:
    return Dependency.objects.create(unit=unit, depends_on=depends_on, kind=kind)


def make_import(owner: Organisation, *, state: str = "checked", data: bytes = b"", **fields: Any) -> Import:
    place = next(_count)
    values: dict[str, Any] = {
        "number": f"IMP-2026-{900000 + place}", "subject": "units", "file_name": "units.csv", "sha256": "0" * 64,
        "state": state,
    }  # fmt: skip
    if state in {"committing", "committed", "undone"}:
        values["mode"] = "skip"
    if state in {"committed", "undone"}:
        values["committed_at"] = THEN
    content = ImportContent.objects.create(data=data)
    return Import.objects.create(owner=owner, content=content, **{**values, **fields})


MAKERS = {"registry.networkunit": make_networkunit, "registry.import": make_import}
