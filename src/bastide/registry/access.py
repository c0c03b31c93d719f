"""Who may do what in the register."""

from __future__ import annotations

from enum import StrEnum

from bastide.base.people.roles import Role


class Can(StrEnum):
    SEE_OPERATOR = "registry.operator.see"
    ENTER_OPERATOR = "registry.operator.enter"
    CHANGE_OPERATOR = "registry.operator.change"
    SEE_UNIT = "registry.unit.see"
    ENTER_UNIT = "registry.unit.enter"
    CHANGE_UNIT = "registry.unit.change"
    WITHDRAW_UNIT = "registry.unit.withdraw"
    GRADE_UNIT = "registry.unit.grade"
    SEE_CII = "registry.cii.see"  # without it a unit looks as if it were no CII
    SET_CII = "registry.cii.set"
    SEE_IMPORT = "registry.import.see"
    IMPORT = "registry.import.carry"


_LOOK = frozenset({Can.SEE_OPERATOR, Can.SEE_UNIT})
_KEEP_UNITS = frozenset(
    {
        *_LOOK,
        Can.SEE_CII,
        Can.ENTER_UNIT,
        Can.CHANGE_UNIT,
        Can.WITHDRAW_UNIT,
        Can.GRADE_UNIT,
        Can.SEE_IMPORT,
        Can.IMPORT,
    }
)

GRANTS: dict[Role, frozenset[Can]] = {
    Role.LEADER: frozenset({*_LOOK, Can.SEE_CII, Can.SET_CII, Can.SEE_IMPORT}),
    Role.OFFICER: frozenset(Can),
    Role.DUTY_OFFICER: frozenset({*_LOOK, Can.SEE_CII}),
    Role.INSPECTOR: frozenset({*_LOOK, Can.SEE_CII}),
    Role.ANALYST: _LOOK,
    Role.AUDITOR: frozenset({*_LOOK, Can.SEE_CII, Can.SEE_IMPORT}),
    Role.ADMINISTRATOR: frozenset({*_LOOK, Can.ENTER_OPERATOR, Can.CHANGE_OPERATOR, Can.SEE_IMPORT}),
    Role.HEAD: _KEEP_UNITS,
    Role.SECURITY_OFFICER: _KEEP_UNITS,
    Role.REPORTER: _LOOK,
    # Only the units assigned to them by name.
    Role.ASSESSOR: frozenset({Can.SEE_UNIT}),
    Role.EXPERT: frozenset({Can.SEE_UNIT}),
    Role.HOUSE: frozenset(Can),
}
