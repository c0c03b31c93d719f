"""What happens in the register. Every change of operators, units, dependencies and imports is made here."""

from bastide.registry.flows.imports import (
    IMPORT,
    carry_out,
    check_import,
    commit_import,
    discard_import,
    take_back,
    undo_import,
    upload_import,
)
from bastide.registry.flows.operators import change_operator, enter_operator
from bastide.registry.flows.units import (
    UNIT,
    add_dependency,
    change_unit,
    enter_unit,
    remove_dependency,
    set_cii,
    set_grade,
    unset_cii,
    withdraw_unit,
)

__all__ = [
    "IMPORT", "UNIT", "add_dependency", "carry_out", "change_operator", "change_unit", "check_import", "commit_import",
    "discard_import", "enter_operator", "enter_unit", "remove_dependency", "set_cii", "set_grade", "take_back",
    "undo_import", "unset_cii", "upload_import", "withdraw_unit",
]  # fmt: skip
