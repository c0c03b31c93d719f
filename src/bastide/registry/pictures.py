"""Pictures of the register: what depends on what, operators among each other, units by grade."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bastide.base import packs
from bastide.base.people.models import Account
from bastide.registry import tables
from bastide.registry.models import Dependency, NetworkUnit
from bastide.registry.reads import Neighbourhood, Posture


def units(around: Neighbourhood, focus: NetworkUnit, marked: set[int]) -> dict[str, Any]:
    """A unit and its neighbours: shapes and colours by operator, lines by kind; CII marks only for `marked`."""
    nodes = [
        {
            "id": str(unit.pk), "label": unit.name + (f" ({_('CII')})" if unit.pk in marked else ""),
            "kind": unit.operator.code, "group": unit.operator.code, "url": unit.get_absolute_url(),
            "focus": unit.pk == focus.pk, **({"tone": "red"} if unit.pk in marked else {}),
        }
        for unit in around.units
    ]  # fmt: skip
    edges = [{"from": str(edge.unit_id), "to": str(edge.depends_on_id), "kind": edge.kind} for edge in around.edges]
    names = {unit.operator.code: unit.operator.name for unit in around.units}
    return {
        "nodes": nodes,
        "edges": edges,
        "names": {**names, **{kind: str(label) for kind, label in Dependency.Kind.choices}},
    }


def sector(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> dict[str, Any]:
    """Operators as nodes; an arrow says that units of the one depend on units of the other."""
    drawn = [
        {"id": str(one["operator"].pk), "label": f"{one['operator'].name} ({one['units']})",
         "kind": one["operator"].operator_kind, "group": one["operator"].operator_kind,
         "weight": one["units"], "url": tables.operator_url(one["operator"])}
        for one in nodes
    ]  # fmt: skip
    lines = [
        {"from": str(edge["unit"]), "to": str(edge["depends_on"]), "label": str(edge["count"]), "weight": edge["count"]}
        for edge in edges
    ]
    names = {kind.id: str(kind.name) for kind in packs.active().operator_kinds}
    return {"nodes": drawn, "edges": lines, "names": names}


def named(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same arrows in words, for the list beside the picture."""
    known = {one["operator"].pk: one["operator"] for one in nodes}
    return [
        {"unit": known[edge["unit"]], "depends_on": known[edge["depends_on"]], "count": edge["count"]}
        for edge in edges
        if edge["unit"] in known and edge["depends_on"] in known
    ]


def grades_chart(account: Account, stand: Posture) -> dict[str, Any] | None:
    """Units of an operator by grade; None while there is nothing to draw."""
    if not stand.units:
        return None
    grades = sorted(packs.active().grades, key=lambda grade: grade.rank)
    labels = [str(grade.name) for grade in grades] + [_("Not graded")]
    values = [stand.by_grade.get(grade.code, 0) for grade in grades] + [stand.units - stand.graded]
    return {"kind": "bar", "labels": labels, "series": [{"name": _("Units"), "values": values}], "flat": True}
