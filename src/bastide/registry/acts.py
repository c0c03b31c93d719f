"""Which form asks and which function acts, step by step."""

from __future__ import annotations

from typing import Any

from bastide.base.people.models import Account
from bastide.base.ui.doors import Acts, Confirm, Door
from bastide.registry import flows, forms, reads
from bastide.registry.models import Import, NetworkUnit

UNITS = Acts(
    flows.UNIT,
    reads.unit_for,
    {
        "enter": Door(forms.EnterUnit, flows.enter_unit),
        "change": Door(forms.ChangeUnit, flows.change_unit),
        "set_grade": Door(forms.SetGrade, flows.set_grade),
        "set_cii": Door(forms.SetCii, flows.set_cii),
        "unset_cii": Door(forms.Reason, flows.unset_cii),
        "add_dependency": Door(forms.AddDependency, flows.add_dependency),
        "remove_dependency": Door(forms.RemoveDependency, flows.remove_dependency),
        "withdraw": Door(forms.Reason, flows.withdraw_unit),
    },
)

IMPORTS = Acts(
    flows.IMPORT,
    reads.import_for,
    {
        "check": Door(Confirm, flows.check_import),
        "commit": Door(forms.CommitImport, flows.commit_import),
        "undo": Door(Confirm, flows.undo_import),
        "discard": Door(Confirm, flows.discard_import),
    },
)


def offered(unit: NetworkUnit, by: Account) -> list[dict[str, Any]]:
    """The buttons of a unit's page, without those whose needs are not met as it stands."""
    idle = {"set_cii" if unit.is_cii else "unset_cii"}
    if not unit.needs.exists():
        idle.add("remove_dependency")
    return [act for act in UNITS.next_acts(unit, by) if act["name"] not in idle]


def offered_import(thing: Import, by: Account) -> list[dict[str, Any]]:
    """The buttons of an import's page, what brings it on first; no commit where no row can be taken."""
    order = ("commit", "undo", "check", "discard")
    found = sorted(IMPORTS.next_acts(thing, by), key=lambda act: order.index(act["name"]))
    good = sum(thing.counts.get(key, 0) for key in ("new", "change", "same"))
    return [act for act in found if good or act["name"] != "commit"]
