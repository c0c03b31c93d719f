"""Columns and filters of the lists of the register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.people.models import Account, Organisation
from bastide.base.ui.badges import Badge
from bastide.base.ui.tables import Boolean, Choice, Column, Picked, Search, Table
from bastide.registry import forms, reads
from bastide.registry.access import Can
from bastide.registry.models import Dependency, Import, ImportRow, NetworkUnit


def area_name(code: str) -> str:
    """The province's name; the whole jurisdiction for nationwide operators."""
    try:
        return str(packs.active().area_name(code))
    except LookupError:
        return code


def operator_kind_name(operator: Organisation) -> str:
    try:
        return str(packs.active().operator_kind(operator.operator_kind).name) if operator.operator_kind else ""
    except LookupError:
        return operator.operator_kind


def operator_url(operator: Organisation) -> str:
    from django.urls import reverse

    return reverse("registry:operator_detail", args=[operator.code])


def _areas(account: Account) -> list[tuple[str, Any]]:
    return forms.area_choices()


def _kinds(account: Account) -> list[tuple[str, Any]]:
    return forms.operator_kind_choices()


def _types(account: Account) -> list[tuple[str, Any]]:
    return [(kind.id, str(kind.name)) for kind in packs.active().network_types]


def _grades(account: Account) -> list[tuple[str, Any]]:
    return [*forms.grade_choices(), ("none", _("Not graded"))]


def _by_grade(rows: QuerySet[Any], chosen: list[str]) -> QuerySet[Any]:
    return rows.filter(grade__in=["" if code == "none" else code for code in chosen])


@dataclass(frozen=True)
class CiiFilter(Boolean):
    """By the CII mark; only on the list that shows the marks, whose reading is recorded with a purpose."""

    def apply(self, rows: QuerySet[Any], given: QueryDict, account: Account) -> QuerySet[Any]:
        wanted = super().apply(rows, given, account)
        return (
            wanted.filter(hidden_cii=False) if "hidden_cii" in rows.query.annotations and wanted is not rows else wanted
        )


class OperatorTable(Table):
    name = "registry.operator"
    columns = (
        Column("code", _("Code"), kind="code", link=operator_url),
        Column("name", _("Name"), sort="name_zh", link=operator_url),
        Column("operator_kind", _("Kind of operator"), operator_kind_name, sort="operator_kind"),
        Column("area", _("Province"), lambda row: area_name(row.area), sort="area"),
        Column("units", _("Units"), "unit_count", kind="number", sort="unit_count"),
        Column("graded", _("Graded"), "graded_count", kind="number", sort="graded_count"),
        Column("parent", _("Parent"), "parent.name", sort="parent__name_zh"),
        Column("licence", _("Licence number"), shown=False),
        Column("created_at", _("Registered on"), kind="moment", shown=False),
    )
    filters = (
        Search("code", "name_zh", "name_en", "licence"),
        Choice("kind", _("Kind of operator"), choices=_kinds, path="operator_kind"),
        Choice("area", _("Province"), choices=_areas),
    )
    sort = "code"

    @classmethod
    def row_class(cls, row: Organisation) -> str:
        return "" if row.is_active else "is-muted"


class UnitTable(Table):
    """Units without CII marks."""

    name = "registry.unit"
    columns: ClassVar[Any] = (
        Column("number", _("Number"), link=True),
        Column("name", _("Unit"), sort="name_zh", link=True),
        Column(
            "operator",
            _("Operator"),
            "operator.name",
            sort="operator__name_zh",
            link=lambda r: operator_url(r.operator),
        ),
        Column("network_type", _("Network type"), "network_type_name", sort="network_type"),
        Column("area", _("Province"), "area_name", sort="area"),
        Column("grade", _("Grade"), "grade_name", sort="grade"),
        Column("state", _("State"), kind="badge"),
        Column("code", _("Code"), kind="code", shown=False),
        Column("lifecycle", _("Lifecycle"), shown=False),
        Column("hosts", _("Hosts"), "host_names", sort=False, shown=False),
        Column("department", _("Responsible department"), shown=False),
        Column("contact_name", _("Contact"), shown=False),
        Column("contact_phone", _("Telephone of the contact"), shown=False),
        Column("graded_at", _("Graded at"), kind="moment", shown=False),
        Column("created_at", _("Registered on"), kind="moment", shown=False),
    )
    filters: ClassVar[Any] = (
        Search("number", "code", "name_zh", "name_en", "operator__name_zh", "operator__name_en", "hosts__value"),
        Picked("operator", _("Operator"), among=reads.operators, path="operator"),
        Choice("network_type", _("Network type"), choices=_types),
        Choice("area", _("Province"), choices=_areas),
        Choice("grade", _("Grade"), choices=_grades, by=_by_grade),
        Choice("state", _("State"), choices=NetworkUnit.State.choices),
    )
    sort = "-number"

    @classmethod
    def row_class(cls, row: NetworkUnit) -> str:
        return "is-muted" if row.state == NetworkUnit.State.WITHDRAWN else ""


def _cii(row: NetworkUnit) -> Badge | str:
    return Badge(gettext("CII"), "red", "shield-lock") if row.shows_cii else ""


class OperatorUnitTable(UnitTable):
    """The units of one operator, on its own page."""

    name = "registry.operator_unit"
    columns = tuple(column for column in UnitTable.columns if column.name != "operator")


class MarkedUnitTable(UnitTable):
    """The same with CII marks, for whoever may see them and said why."""

    columns = (
        *UnitTable.columns[:2],
        # Not to be sorted by: the order would tell marks that are out of sight. The filter does not.
        Column("cii", _("CII"), _cii, kind="badge", sort=False, can=Can.SEE_CII),
        *UnitTable.columns[2:],
        Column(
            "cii_since",
            _("CII since"),
            lambda row: row.cii_since if row.shows_cii else None,
            sort=False,
            can=Can.SEE_CII,
        ),
    )
    filters = (*UnitTable.filters, CiiFilter("cii", _("CII"), path="is_cii"))


class DependencyTable(Table):
    name = "registry.dependency"
    columns = (
        Column("unit", _("Unit"), link=lambda row: row.unit.get_absolute_url(), sort="unit__number"),
        Column("kind", _("Kind of dependency"), kind="badge"),
        Column(
            "depends_on", _("Depends on"), link=lambda row: row.depends_on.get_absolute_url(), sort="depends_on__number"
        ),
        Column("note", _("Note")),
        Column("operator", _("Operator"), "unit.operator.name", sort="unit__operator__name_zh", shown=False),
    )
    filters = (
        Search("unit__number", "unit__name_zh", "unit__name_en", "depends_on__number", "depends_on__name_zh",
               "depends_on__name_en", "note"),
        Choice("kind", _("Kind of dependency"), choices=Dependency.Kind.choices),
        Picked("operator", _("Operator"), among=reads.operators, path="unit__operator"),
    )  # fmt: skip
    sort = "unit"


class ImportTable(Table):
    name = "registry.import"
    columns = (
        Column("number", _("Number"), link=True),
        Column("file_name", _("File name"), link=True),
        Column("subject", _("Subject")),
        Column("state", _("State"), kind="badge"),
        Column("rows", _("Rows"), lambda row: row.counts.get("rows", 0), kind="number", sort=False),
        Column("bad", _("Wrong"), lambda row: row.counts.get("bad", 0), kind="number", sort=False),
        Column("created_by", _("Uploaded by"), sort="created_by__name"),
        Column("created_at", _("Uploaded"), kind="ago"),
        Column("committed_at", _("Committed"), kind="moment"),
        Column("owner", _("Organisation"), "owner.name", shown=False),
    )
    filters = (
        Search("number", "file_name"),
        Choice("subject", _("Subject"), choices=Import.Subject.choices),
        Choice("state", _("State"), choices=Import.State.choices),
    )
    sort = "-number"


VERDICTS = {"new": "ok", "change": "info", "same": "muted", "bad": "bad"}
OUTCOMES = {"created": "ok", "updated": "info", "skipped": "muted", "unchanged": "muted", "quarantined": "bad",
            "undone": "warn"}  # fmt: skip


def _key(row: ImportRow) -> str:
    """What a row is about, in short."""
    parts = [row.cells.get(name, "") for name in ("operator", "code", "unit", "depends_on", "name_zh")]
    return " · ".join(part for part in parts if part)[:120]


class RowTable(Table):
    name = "registry.import_row"
    columns = (
        Column("line", _("Row"), kind="number"),
        Column("noun", _("Subject")),
        Column("what", _("Content"), _key, sort=False),
        Column("verdict", _("Finding"), kind="badge", tone=VERDICTS),
        Column("problems", _("What is wrong"), lambda row: told(row.problems, row.noun), sort=False),
        Column("outcome", _("Outcome"), kind="badge", tone=OUTCOMES),
        Column("stuck", _("Why it stays"), lambda row: told(row.stuck, row.noun), sort=False, shown=False),
    )
    filters = (
        Choice("verdict", _("Finding"), choices=ImportRow.Verdict.choices),
        Choice("outcome", _("Outcome"), choices=ImportRow.Outcome.choices),
    )
    sort = "position"


def told(problems: list[dict[str, Any]], noun: str = "") -> str:
    """Kept problems in the reader's language, each with its column."""
    from bastide.registry.dryrun import FORM_OF

    labels = {column.name: column.label for column in FORM_OF[noun].columns} if noun else {}
    lines = []
    for problem in problems:
        field, words = problem.get("field", ""), _said(problem)
        lines.append(f"{labels[field]}: {words}" if field in labels else words)
    return " ".join(lines)


def _said(problem: dict[str, Any]) -> str:
    try:
        return gettext(problem["text"]) % problem.get("args", {}) if problem.get("args") else gettext(problem["text"])
    except (KeyError, ValueError, TypeError):
        return str(problem["text"])
