"""Operators are organisations; here they are entered and changed, with an entry in the trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bastide.base import packs
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger
from bastide.registry import criteria
from bastide.registry.access import Can

FIELDS = ("name_zh", "name_en", "area", "operator_kind", "licence", "parent", "managed_by_parent")


def enter_operator(*, by: Account, at: datetime, code: str, **fields: Any) -> Organisation:
    """Add an operator to the register. The code is never used again; a province adds operators of its own area."""
    if not by.can(Can.ENTER_OPERATOR):
        raise Forbidden(_("You may not add operators."))
    try:
        code = criteria.code_of(code)
    except criteria.WrongError as wrong:
        raise Refused(_(wrong.text) % wrong.args_of, field="code") from None
    operator = _taken_out(code) or Organisation(code=code, kind=Organisation.Kind.OPERATOR)
    operator.created_at, operator.is_active = at, True
    _fill(operator, fields)
    try:
        with transaction.atomic():
            operator.save()
            if not by.may(Can.ENTER_OPERATOR, operator):
                raise Forbidden(_("You may not add operators there."))
            entered = {key: [None, value] for key, value in values_of(operator).items() if value}
            ledger.record(at=at, by=by, act="registry.operator.enter", thing=operator, changes=entered)
    except IntegrityError:
        raise Refused(
            _("An organisation with the code “%(code)s” exists already.") % {"code": code}, field="code"
        ) from None
    return operator


def change_operator(operator: Organisation, *, by: Account, at: datetime, **fields: Any) -> Organisation:
    """Change what the register says of an operator; its code stays."""
    with transaction.atomic():
        held = Organisation.objects.select_for_update().get(pk=operator.pk)
        if held.kind != Organisation.Kind.OPERATOR or not by.may(Can.CHANGE_OPERATOR, held):
            raise Forbidden(_("You may not change this operator."))
        before = values_of(held)
        _fill(held, fields)
        if not by.may(Can.CHANGE_OPERATOR, held):
            raise Forbidden(_("You may not move an operator out of your own area."))
        held.save()
        after = values_of(held)
        changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        if changes:
            ledger.record(at=at, by=by, act="registry.operator.change", thing=held, changes=changes)
    operator.refresh_from_db()
    return operator


def take_out_operator(operator: Organisation, *, by: Account, at: datetime, note: str) -> None:
    """Undo an import's entry. The trail speaks of the operator, so its row stays, out of use until entered again."""
    if operator.kind != Organisation.Kind.OPERATOR or not by.may(Can.CHANGE_OPERATOR, operator):
        raise Forbidden(_("You may not change this operator."))
    with transaction.atomic():
        operator.is_active = False
        operator.save()
        ledger.record(at=at, by=by, act="registry.operator.take_out", thing=operator, note=note)


def _taken_out(code: str) -> Organisation | None:
    """An operator whose entry was undone: entering the code again brings the row back with the new values."""
    rows = Organisation.objects.filter(code=code, kind=Organisation.Kind.OPERATOR, is_active=False)
    found = rows.filter(units=None, memberships=None).first()
    for key in FIELDS if found is not None else ():
        setattr(found, key, getattr(Organisation(), key))
    return found


def values_of(operator: Organisation) -> dict[str, Any]:
    """What the register says of an operator, as plain values."""
    return {("parent_id" if key == "parent" else key): getattr(operator, "parent_id" if key == "parent" else key)
            for key in FIELDS}  # fmt: skip


def _fill(operator: Organisation, fields: dict[str, Any]) -> None:
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"an operator has no {sorted(unknown)}")
    pack = packs.active()
    area, kind, parent = fields.get("area"), fields.get("operator_kind"), fields.get("parent")
    if area and area not in {known.code for known in pack.areas}:
        raise Refused(_("The province code “%(code)s” is not known.") % {"code": area}, field="area")
    if kind and kind not in {known.id for known in pack.operator_kinds}:
        raise Refused(_("The kind of operator “%(code)s” is not known.") % {"code": kind}, field="operator_kind")
    if parent is not None and operator.pk and operator.pk in _line_above(parent):
        raise Refused(_("An operator cannot stand above itself."), field="parent")
    for key, value in fields.items():
        setattr(operator, key, value)
    if not operator.name_zh:
        raise Refused(_("An operator needs a Chinese name."), field="name_zh")
    if operator.managed_by_parent and operator.parent is None:
        raise Refused(_("“Managed by the parent” needs a parent."), field="managed_by_parent")


def _line_above(operator: Organisation) -> list[int]:
    """The operator itself and everything above it."""
    found: list[int] = []
    one: Organisation | None = operator
    while one is not None and one.pk not in found:
        found.append(one.pk)
        one = one.parent
    return found
