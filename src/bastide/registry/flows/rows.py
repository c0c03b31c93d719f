"""One row of an import written into the register, and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model

from bastide.base import packs
from bastide.base.people.models import Account, Organisation
from bastide.registry import reads
from bastide.registry.criteria import Problem, gettext_noop
from bastide.registry.dryrun import FORM_OF, changes_of_operator, changes_of_unit
from bastide.registry.flows import operators, units
from bastide.registry.intake import judge
from bastide.registry.models import Dependency, Import, ImportRow, NetworkUnit, UnitHost

N, Became, M = ImportRow.Noun, ImportRow.Outcome, Import.Mode


class BadRowError(Exception):
    """This row cannot be written now; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


def write(row: ImportRow, *, mode: str, by: Account, at: datetime) -> None:
    """Write one row by the same acts that people use; sets the row's outcome. Raises BadRowError or Refused."""
    values, problems = judge.judge(row.cells, FORM_OF[row.noun], packs.active())
    if problems:
        raise BadRowError(problems)
    writers = {N.OPERATOR.value: _operator, N.UNIT.value: _unit, N.DEPENDENCY.value: _dependency}
    writers[row.noun](row, values, mode, by, at)


def _exists(row: ImportRow, mode: str, field: str) -> bool:
    """What to do with what exists already: True means change it."""
    if mode == M.STOP:
        raise BadRowError([Problem(field, gettext_noop("This entry exists already, and the mode is “stop”."))])
    if mode == M.SKIP:
        row.outcome = Became.SKIPPED
    return mode == M.UPDATE


# ---- operators


def _operator(row: ImportRow, values: dict[str, Any], mode: str, by: Account, at: datetime) -> None:
    known = Organisation.objects.filter(code=values["code"]).select_related("parent").first()
    if known is None or not known.is_active:
        fields = {key: value for key, value in values.items() if key != "parent"}
        made = operators.enter_operator(by=by, at=at, parent=_parent(values.get("parent")), **fields)
        row.outcome, row.thing_id, row.wrote = Became.CREATED, made.pk, {"values": operators.values_of(made)}
        return
    row.thing_id = known.pk
    if not _exists(row, mode, "code"):
        return
    changes = changes_of_operator(known, values)
    if not changes:
        row.outcome = Became.UNCHANGED
        return
    if "parent" in changes:
        changes["parent"] = _parent(changes["parent"])
    row.was = operators.values_of(known)
    operators.change_operator(known, by=by, at=at, **changes)
    row.outcome, row.wrote = Became.UPDATED, {"values": operators.values_of(known)}


def _parent(code: str | None) -> Organisation | None:
    if not code:
        return None
    found = Organisation.objects.filter(code=code, kind=Organisation.Kind.OPERATOR).first()
    if found is None:
        words = gettext_noop("There is no operator “%(code)s”, neither in the register nor on an earlier row.")
        raise BadRowError([Problem("parent", words, {"code": code})])
    return found


# ---- units


def _unit(row: ImportRow, values: dict[str, Any], mode: str, by: Account, at: datetime) -> None:
    operator, code = values.pop("operator"), values.pop("code")
    grade, reason = values.pop("grade", ""), row.source.number
    known = reads.units(by, with_cii=False).filter(operator__code=operator, code=code).first()
    if known is None:
        made = units.enter_unit(by=by, at=at, operator=operator, code=code, **values)
        if grade:
            units.set_grade(made, by=by, at=at, grade=grade, reason=reason)
        row.outcome, row.thing_id, row.wrote = Became.CREATED, made.pk, {"version": made.version}
        return
    row.thing_id = known.pk
    if not _exists(row, mode, "code"):
        return
    changes = changes_of_unit(known, {**values, "grade": grade})
    row.was = {key: getattr(known, "host_names" if key == "hosts" else key) for key in changes}
    grade = changes.pop("grade", "")
    if changes:
        units.change_unit(known, by=by, at=at, **changes)
    if grade:
        units.set_grade(known, by=by, at=at, grade=grade, reason=reason)
    row.outcome = Became.UPDATED if row.was else Became.UNCHANGED
    row.wrote = {"version": known.version} if row.was else {}


# ---- dependencies


def _dependency(row: ImportRow, values: dict[str, Any], mode: str, by: Account, at: datetime) -> None:
    unit = _end(by, values["operator"], values["unit"], "unit")
    other = _end(by, values.get("depends_on_operator") or values["operator"], values["depends_on"], "depends_on")
    known = Dependency.objects.filter(unit=unit, depends_on=other, kind=values["kind"]).first()
    note = values.get("note") or ""
    if known is None:
        units.add_dependency(unit, by=by, at=at, depends_on=other, kind=values["kind"], note=note)
        made = Dependency.objects.get(unit=unit, depends_on=other, kind=values["kind"])
        row.outcome, row.thing_id = Became.CREATED, made.pk
        return
    row.thing_id = known.pk
    if not _exists(row, mode, "depends_on"):
        return
    if not note or note == known.note:
        row.outcome = Became.UNCHANGED
        return
    row.was, row.wrote, row.outcome = {"note": known.note}, {"note": note}, Became.UPDATED
    units.note_dependency(unit, by=by, at=at, dependency=known.pk, note=note)


def _end(by: Account, operator: str, code: str, field: str) -> NetworkUnit:
    found = reads.units(by, with_cii=False).filter(operator__code=operator, code=code).first()
    if found is None:
        words = gettext_noop("There is no unit “%(unit)s” of %(operator)s. Import the units first.")
        raise BadRowError([Problem(field, words, {"unit": code, "operator": operator})])
    return found


# ---- taking back


def why_stuck(row: ImportRow, ours: set[int]) -> list[Problem]:
    """Why a row cannot be taken back; empty if it can. `ours` are the dependencies this import made."""
    if row.noun == N.DEPENDENCY.value:
        return _stuck_dependency(row)
    model: type[Model] = Organisation if row.noun == N.OPERATOR.value else NetworkUnit
    thing = model._default_manager.filter(pk=row.thing_id or 0).first()
    if thing is None:
        return [Problem("", gettext_noop("The entry is gone already."))]
    if isinstance(thing, NetworkUnit) and thing.version != row.wrote.get("version"):
        return [Problem("", gettext_noop("The entry was changed after this import."))]
    if isinstance(thing, Organisation) and operators.values_of(thing) != row.wrote.get("values"):
        return [Problem("", gettext_noop("The entry was changed after this import."))]
    if row.outcome == Became.CREATED:
        return _stuck_by_use(thing, ours)
    return []


def _stuck_dependency(row: ImportRow) -> list[Problem]:
    known = Dependency.objects.filter(pk=row.thing_id or 0).select_related("unit").first()
    if known is None:
        return [Problem("", gettext_noop("The entry is gone already."))]
    if row.outcome == Became.UPDATED and known.note != row.wrote.get("note"):
        return [Problem("", gettext_noop("The entry was changed after this import."))]
    if known.unit.state == NetworkUnit.State.WITHDRAWN:
        return [Problem("", gettext_noop("The unit was withdrawn after this import."))]
    return []


def _stuck_by_use(thing: Model, ours: set[int]) -> list[Problem]:
    """Something else refers to the entry: it must stay."""
    for relation in thing._meta.related_objects:
        if relation.related_model in (UnitHost, ImportRow) or relation.related_model._meta.label == "trail.Entry":
            continue
        rows = relation.related_model._default_manager.filter(**{relation.field.name: thing})
        if relation.related_model is Dependency:
            rows = rows.exclude(pk__in=ours)
        if rows.exists():
            words = gettext_noop("Something refers to this entry now: %(what)s.")
            return [Problem("", words, {"what": str(relation.related_model._meta.verbose_name)})]
    return []


def take_back(row: ImportRow, *, by: Account, at: datetime) -> None:
    """Undo one row. The caller has asked `why_stuck`."""
    backers = {N.OPERATOR.value: _back_operator, N.UNIT.value: _back_unit, N.DEPENDENCY.value: _back_dependency}
    backers[row.noun](row, by, at)
    row.outcome = Became.UNDONE


def _back_operator(row: ImportRow, by: Account, at: datetime) -> None:
    known = Organisation.objects.get(pk=row.thing_id or 0)
    if row.outcome == Became.CREATED:
        operators.take_out_operator(known, by=by, at=at, note=row.source.number)
        return
    was = dict(row.was)
    parent = was.pop("parent_id", None)
    was["parent"] = Organisation.objects.filter(pk=parent).first() if parent else None
    operators.change_operator(known, by=by, at=at, **was)


def _back_unit(row: ImportRow, by: Account, at: datetime) -> None:
    known = NetworkUnit.objects.select_related("operator").get(pk=row.thing_id or 0)
    if row.outcome == Became.CREATED:
        units.remove_unit(known, by=by, at=at, note=row.source.number)
        return
    was = dict(row.was)
    grade = was.pop("grade", None)
    if was:
        units.change_unit(known, by=by, at=at, **was)
    if grade:
        units.set_grade(known, by=by, at=at, grade=grade, reason=row.source.number)
    elif grade == "":
        units.clear_grade(known, by=by, at=at, reason=row.source.number)


def _back_dependency(row: ImportRow, by: Account, at: datetime) -> None:
    known = Dependency.objects.select_related("unit").get(pk=row.thing_id or 0)
    if row.outcome == Became.CREATED:
        units.remove_dependency(known.unit, by=by, at=at, dependency=known.pk)
    else:
        units.note_dependency(known.unit, by=by, at=at, dependency=known.pk, note=row.was.get("note", ""))
