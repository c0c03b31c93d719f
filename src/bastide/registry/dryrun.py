"""What an import would do: rows read from its file, judged in themselves and against the register. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property
from typing import Any

from bastide.base import packs
from bastide.base.people.models import Account, Organisation
from bastide.registry import reads
from bastide.registry.access import Can
from bastide.registry.criteria import Problem, gettext_noop
from bastide.registry.intake import judge, maps, match, sheets
from bastide.registry.intake.columns import FORMS, Form
from bastide.registry.models import Dependency, Import, ImportRow, NetworkUnit, UnitHost

N, V = ImportRow.Noun, ImportRow.Verdict
FORM_OF: dict[str, Form] = {
    N.OPERATOR.value: FORMS["operators"],
    N.UNIT.value: FORMS["units"],
    N.DEPENDENCY.value: FORMS["dependencies"],
}
NOUN_OF = {"operators": N.OPERATOR.value, "units": N.UNIT.value, "dependencies": N.DEPENDENCY.value}
Line = tuple[int, str, dict[str, str], list[Problem]]


class Reading:
    """The rows of an import's file, with what is worth telling about the file itself."""

    def __init__(self, subject: str, data: bytes, options: dict[str, Any]) -> None:
        self.subject, self.options = subject, options
        self.encoding, self.header, self.hints = "", [], []
        self.lines = list(self._map(data) if subject == Import.Subject.MAP else self._sheet(data))

    encoding: str
    header: list[str]
    hints: list[Problem]

    def _sheet(self, data: bytes) -> Iterator[Line]:
        sheet, noun = sheets.read(data), NOUN_OF[self.subject]
        self.encoding, self.header, self.hints = sheet.encoding, sheet.header, sheet.hints
        for line, cells, problems in match.rows(sheet, FORM_OF[noun]):
            yield line, noun, cells, problems

    def _map(self, data: bytes) -> Iterator[Line]:
        """Nodes as units, edges as dependencies; an edge drawn twice is one dependency."""
        drawn, told = maps.read(data), self.options
        self.encoding = drawn.format
        prefix = str(told.get("prefix") or "")
        seen: set[tuple[str, str]] = set()
        for node in drawn.nodes:
            code = f"{prefix}{node.id}" if node.id else ""
            name = node.label or code
            cells = {
                "operator": str(told["operator"]), "code": code, "name_zh": name, "name_en": name,
                "network_type": str(told["network_type"]), "area": str(told.get("area") or ""),
                "latitude": node.latitude, "longitude": node.longitude,
            }  # fmt: skip
            yield node.line, N.UNIT.value, cells, list(node.problems)
        doubles = 0
        for edge in drawn.edges:
            pair = (edge.source, edge.target) if drawn.is_directed else tuple(sorted((edge.source, edge.target)))
            if pair in seen and not edge.problems:
                doubles += 1
                continue
            seen.add(pair)  # type: ignore[arg-type]
            yield edge.line, N.DEPENDENCY.value, self._edge(edge, prefix), list(edge.problems)
        if doubles:
            self.hints.append(
                Problem(
                    "", gettext_noop("%(count)s edges are drawn more than once and count once."), {"count": doubles}
                )
            )

    def _edge(self, edge: maps.Edge, prefix: str) -> dict[str, str]:
        return {
            "operator": str(self.options["operator"]),
            "unit": f"{prefix}{edge.source}" if edge.source else "",
            "depends_on": f"{prefix}{edge.target}" if edge.target else "",
            "kind": str(self.options.get("kind") or Dependency.Kind.LINK.value),
            "note": edge.label[:300],
        }


class Register:
    """What the register holds that the rows of one import can touch, within the sight of whoever imports."""

    def __init__(self, by: Account, lines: list[Line]) -> None:
        self.by, self.pack = by, packs.active()
        self.codes = {
            cells.get(key, "").strip()
            for _line, _noun, cells, _problems in lines
            for key in ("operator", "depends_on_operator", "code", "parent")
        }

    @cached_property
    def keepers(self) -> dict[str, Organisation]:
        """Operators whose units this person may enter and change, by code."""
        rows = reads.operators_where(self.by, Can.ENTER_UNIT).filter(code__in=self.codes)
        return {row.code: row for row in rows}

    @cached_property
    def organisations(self) -> dict[str, Organisation]:
        """Organisations of any kind by code: a code is used once in the whole house."""
        return {row.code: row for row in Organisation.objects.filter(code__in=self.codes).select_related("parent")}

    @cached_property
    def units(self) -> dict[tuple[str, str], NetworkUnit]:
        """Units in sight of the operators named, by operator code and own code."""
        rows = reads.units(self.by, with_cii=False).filter(operator__code__in=self.codes)
        return {(row.operator.code, row.code): row for row in rows}

    @cached_property
    def hosts(self) -> dict[tuple[str, str], str]:
        """Who has a host: (operator code, host) → unit code."""
        rows = UnitHost.objects.filter(operator__in=[row.pk for row in self.keepers.values()])
        return {(o, v): c for o, v, c in rows.values_list("operator__code", "value", "unit__code")}

    @cached_property
    def dependencies(self) -> dict[tuple[int, int, str], str]:
        """Dependencies that are stated: (unit, depends on, kind) → note."""
        known = [unit.pk for unit in self.units.values()]
        rows = Dependency.objects.filter(unit__operator__code__in=self.codes) if known else Dependency.objects.none()
        return {(u, d, k): n for u, d, k, n in rows.values_list("unit", "depends_on", "kind", "note")}


class Judging:
    """Judges rows one after the other; remembers what earlier rows of the file said."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.rows_of: dict[tuple[str, ...], int] = {}
        self.host_rows: dict[tuple[str, str], int] = {}
        self.good_units: set[tuple[str, str]] = set()
        self.good_operators: set[str] = set()

    def judge(self, line: Line) -> tuple[str, list[Problem], dict[str, Any]]:
        """(verdict, problems, values) of one row."""
        number, noun, cells, shape = line
        values, problems = judge.judge(cells, FORM_OF[noun], self.register.pack)
        problems = [*shape, *problems]
        weigh = {N.OPERATOR.value: self._operator, N.UNIT.value: self._unit, N.DEPENDENCY.value: self._dependency}[noun]
        verdict = weigh(number, values, problems)
        return (V.BAD.value if problems else verdict), problems, values

    def _once(self, number: int, key: tuple[str, ...], field: str, problems: list[Problem]) -> None:
        """A key may stand on one row of the file only."""
        if key in self.rows_of:
            words = gettext_noop("The same entry stands on row %(row)s already. Keep one of the two.")
            problems.append(Problem(field, words, {"row": self.rows_of[key]}))
        else:
            self.rows_of[key] = number

    # ---- operators

    def _operator(self, number: int, values: dict[str, Any], problems: list[Problem]) -> str:
        code = values.get("code")
        if not code:
            return V.BAD.value
        self._once(number, ("operator", code), "code", problems)
        self._parent(values, problems)
        known = self.register.organisations.get(code)
        if known is None or (known.kind == Organisation.Kind.OPERATOR and not known.is_active):
            wanted = Organisation(code=code, kind=Organisation.Kind.OPERATOR, area=values.get("area", ""))
            if not self.register.by.may(Can.ENTER_OPERATOR, wanted):
                problems.append(Problem("area", gettext_noop("You may not add operators there.")))
            if not problems:
                self.good_operators.add(code)
            return V.NEW.value
        if known.kind != Organisation.Kind.OPERATOR or not self.register.by.may(Can.CHANGE_OPERATOR, known):
            words = gettext_noop(
                "The code “%(code)s” is taken by an organisation you may not change. Use another code."
            )
            problems.append(Problem("code", words, {"code": code}))
        return V.CHANGE.value if changes_of_operator(known, values) else V.SAME.value

    def _parent(self, values: dict[str, Any], problems: list[Problem]) -> None:
        parent = values.get("parent")
        if parent:
            known = self.register.organisations.get(parent)
            is_known = known is not None and known.kind == Organisation.Kind.OPERATOR
            if not is_known and parent not in self.good_operators:
                words = gettext_noop("There is no operator “%(code)s”, neither in the register nor on an earlier row.")
                problems.append(Problem("parent", words, {"code": parent}))
        elif values.get("managed_by_parent"):
            problems.append(Problem("managed_by_parent", gettext_noop("“Managed by the parent” needs a parent.")))

    # ---- units

    def _unit(self, number: int, values: dict[str, Any], problems: list[Problem]) -> str:
        operator, code = values.get("operator"), values.get("code")
        if operator and operator not in self.register.keepers:
            words = gettext_noop("There is no operator “%(code)s” for which you may enter units.")
            problems.append(Problem("operator", words, {"code": operator}))
        if not operator or not code:
            return V.BAD.value
        self._once(number, ("unit", operator, code), "code", problems)
        self._hosts(number, operator, code, values.get("hosts") or [], problems)
        self._area(operator, values, problems)
        if values.get("grade") and not self.register.by.can(Can.GRADE_UNIT):
            problems.append(Problem("grade", gettext_noop("You may not set grades. Leave the column empty.")))
        known = self.register.units.get((operator, code))
        if known is not None and known.state == NetworkUnit.State.WITHDRAWN:
            problems.append(Problem("code", gettext_noop("A unit with this code was withdrawn. Use another code.")))
        if not problems:
            self.good_units.add((operator, code))
        if known is None:
            return V.NEW.value
        return V.CHANGE.value if changes_of_unit(known, values) else V.SAME.value

    def _area(self, operator: str, values: dict[str, Any], problems: list[Problem]) -> None:
        owner = self.register.keepers.get(operator)
        if owner is not None:
            wanted = NetworkUnit(operator=owner, area=values.get("area") or owner.area)
            if not self.register.by.may(Can.ENTER_UNIT, wanted):
                problems.append(Problem("area", gettext_noop("You may not enter units in this province.")))

    def _hosts(self, number: int, operator: str, code: str, hosts: list[str], problems: list[Problem]) -> None:
        for host in hosts:
            owner = self.register.hosts.get((operator, host))
            row = self.host_rows.setdefault((operator, host), number)
            if owner is not None and owner != code:
                words = gettext_noop("The host %(host)s belongs to the unit %(unit)s already.")
                problems.append(Problem("hosts", words, {"host": host, "unit": owner}))
            elif row != number:
                words = gettext_noop("The host %(host)s stands on row %(row)s already.")
                problems.append(Problem("hosts", words, {"host": host, "row": row}))

    # ---- dependencies

    def _dependency(self, number: int, values: dict[str, Any], problems: list[Problem]) -> str:
        operator = values.get("operator") or ""
        values["depends_on_operator"] = values.get("depends_on_operator") or operator
        one, other = (
            (operator, values.get("unit") or ""),
            (values["depends_on_operator"], values.get("depends_on") or ""),
        )
        if operator and operator not in self.register.keepers:
            words = gettext_noop("There is no operator “%(code)s” whose units you may change.")
            problems.append(Problem("operator", words, {"code": operator}))
        if not (operator and one[1] and other[1]):
            return V.BAD.value
        for field, key in (("unit", one), ("depends_on", other)):
            known = self.register.units.get(key)
            if (known is None or known.state == NetworkUnit.State.WITHDRAWN) and key not in self.good_units:
                words = gettext_noop("There is no unit “%(unit)s” of %(operator)s. Import the units first.")
                problems.append(Problem(field, words, {"unit": key[1], "operator": key[0]}))
        if one == other:
            problems.append(Problem("depends_on", gettext_noop("A unit cannot depend on itself.")))
        self._once(number, ("dependency", *one, *other, values.get("kind") or ""), "depends_on", problems)
        return self._stated(one, other, values)

    def _stated(self, one: tuple[str, str], other: tuple[str, str], values: dict[str, Any]) -> str:
        ends = self.register.units.get(one), self.register.units.get(other)
        if ends[0] is None or ends[1] is None:
            return V.NEW.value
        note = self.register.dependencies.get((ends[0].pk, ends[1].pk, values.get("kind") or ""))
        if note is None:
            return V.NEW.value
        return V.CHANGE.value if values.get("note") and values["note"] != note else V.SAME.value


# ---- what a row would change; an empty cell changes nothing


def changes_of_operator(known: Organisation, values: dict[str, Any]) -> dict[str, Any]:
    """The fields of an operator that a row would change."""
    changes = {}
    for key in ("name_zh", "name_en", "area", "operator_kind", "licence"):
        if values.get(key) and values[key] != getattr(known, key):
            changes[key] = values[key]
    if values.get("parent") and values["parent"] != (known.parent.code if known.parent else ""):
        changes["parent"] = values["parent"]
    if values.get("parent") and values.get("managed_by_parent", known.managed_by_parent) != known.managed_by_parent:
        changes["managed_by_parent"] = values["managed_by_parent"]
    return changes


UNIT_FIELDS = (
    "name_zh", "name_en", "network_type", "area", "lifecycle", "description", "department", "head_name", "head_phone",
    "contact_name", "contact_phone", "latitude", "longitude",
)  # fmt: skip


def changes_of_unit(known: NetworkUnit, values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a unit that a row would change, `hosts` and `grade` among them."""
    changes = {
        key: values[key]
        for key in UNIT_FIELDS
        if values.get(key) not in (None, "") and values[key] != getattr(known, key)
    }
    if values.get("hosts") and values["hosts"] != known.host_names:
        changes["hosts"] = values["hosts"]
    if values.get("grade") and values["grade"] != known.grade:
        changes["grade"] = values["grade"]
    return changes


def kept(problems: list[Problem]) -> list[dict[str, Any]]:
    """Problems as they are kept with a row."""
    return [asdict(problem) for problem in problems]
