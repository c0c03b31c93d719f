"""Columns and filters of the lists of findings and orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from bastide.base import packs
from bastide.base.people.models import Account
from bastide.base.ui.badges import Badge
from bastide.base.ui.tables import Boolean, Choice, Column, DateRange, Picked, Search, Table
from bastide.rectify import intake
from bastide.rectify.models import Finding, FindingImport, FindingImportRow, Order
from bastide.registry import reads as registry

# How grave a severity looks, by its rank in the pack.
TONES = {4: "bad", 3: "warn", 2: "wait", 1: "neutral"}
OPEN = (Finding.State.OPEN, Finding.State.ORDERED)
LATE = (Order.State.OVERDUE, Order.State.INTERVIEWED)


def severity_badge(pack: str, severity: str, name: str) -> Badge | None:
    if not severity:
        return None
    try:
        rank = packs.pack(pack).severity(severity).rank
    except LookupError:
        rank = 1
    return Badge(name, TONES.get(rank, "neutral"))


def severities(account: Account) -> list[tuple[str, Any]]:
    return [(s.id, str(s.name)) for s in sorted(packs.active().severities, key=lambda s: -s.rank)]


def areas(account: Account) -> list[tuple[str, Any]]:
    return [(area.code, str(area.name)) for area in packs.active().areas]


class FindingTable(Table):
    name = "rectify.finding"
    columns: ClassVar[Sequence[Column]] = (
        Column("number", _("Number"), link=True),
        Column("title", _("Title"), link=True),
        Column(
            "severity", _("Severity"), lambda f: severity_badge(f.pack, f.severity, f.severity_name), kind="badge",
            sort="severity",
        ),
        Column("state", _("State"), kind="badge"),
        Column("operator", _("Operator"), "operator.name", sort="operator__name_zh"),
        Column("unit", _("Network unit"), "unit.name", sort=False),
        Column("clause", _("Clause"), kind="code"),
        Column("found_at", _("Found on"), kind="moment"),
        Column("returns", _("Returns"), "returns.number",
            link=lambda f: f.returns.get_absolute_url() if f.returns else "",
               sort="returns__number", shown=False),
        Column("source", _("Origin"), "source_kind", sort="source_kind", shown=False),
        Column("source_number", _("Number of the origin"), shown=False),
        Column("area", _("Province"), lambda f: packs.active().area_name(f.operator.area), sort="operator__area",
            shown=False),
    )  # fmt: skip
    filters = (
        Search("number", "title", "clause", "source_number", "operator__name_zh", "operator__name_en"),
        Choice("state", _("State"), choices=Finding.State.choices),
        Choice("severity", _("Severity"), choices=severities),
        Picked("operator", _("Operator"), among=registry.operators, path="operator"),
        Choice("area", _("Province"), choices=areas, path="operator__area"),
        Choice("source", _("Origin"), choices=Finding.Source.choices, path="source_kind"),
        Boolean("returned", _("Came back"), by=lambda rows, yes: rows.filter(returns__isnull=not yes)),
        Boolean(
            "open",
            _("Not ended"),
            by=lambda rows, yes: rows.filter(state__in=OPEN) if yes else rows.exclude(state__in=OPEN),
        ),
        DateRange("found", _("Found on"), path="found_at"),
    )
    sort = "-found_at"


class OrderTable(Table):
    name = "rectify.order"
    columns: ClassVar[Sequence[Column]] = (
        Column("number", _("Number"), link=True),
        Column("operator", _("Operator"), "operator.name", sort="operator__name_zh"),
        Column("state", _("State"), kind="badge"),
        Column(
            "severity", _("Gravest finding"), lambda o: severity_badge(o.pack, o.gravest, o.gravest_name), kind="badge",
            sort="gravest",
        ),
        Column("findings", pgettext_lazy("rectify", "Findings"), "line_count", kind="number", sort="line_count"),
        Column("percent", _("Progress"), lambda order: f"{order.percent} %", sort="percent"),
        Column("limit_at", _("Limit"), "limit_day", kind="day", sort="limit_at"),
        Column("served_at", _("Served"), kind="moment"),
        Column("responsible", _("Person responsible"), shown=False),
        Column("authority", _("Authority"), "authority.name", sort="authority__name_zh", shown=False),
        Column("overdue_since", _("Overdue since"), kind="moment", shown=False),
        Column("extensions_granted", _("Extensions"), kind="number", shown=False),
        Column("source", _("Origin"), shown=False),
        Column("area", _("Province"), lambda o: packs.active().area_name(o.operator.area), sort="operator__area",
            shown=False),
        Column("closed_at", pgettext_lazy("rectify", "Closed"), kind="moment", shown=False),
    )  # fmt: skip
    filters = (
        Search("number", "source", "operator__name_zh", "operator__name_en", "responsible"),
        Choice("state", _("State"), choices=Order.State.choices),
        Choice("severity", _("Gravest finding"), choices=severities, path="gravest"),
        Picked("operator", _("Operator"), among=registry.operators, path="operator"),
        Choice("area", _("Province"), choices=areas, path="operator__area"),
        Boolean("overdue", _("Overdue"), by=lambda rows, yes: _among(rows, LATE, yes)),
        Boolean("open", _("Not ended"), by=lambda rows, yes: _among(rows, Order.ALIVE, yes)),
        Boolean("late", _("Ran over its limit"), by=lambda rows, yes: rows.filter(overdue_since__isnull=not yes)),
        DateRange("limit", _("Limit"), path="limit_at"),
    )
    sort = "-served_at"

    @classmethod
    def row_class(cls, row: Order) -> str:
        return "is-overdue" if row.state in LATE else ""


def _among(rows: Any, states: Any, yes: bool) -> Any:
    return rows.filter(state__in=states) if yes else rows.exclude(state__in=states)


class FindingShortTable(FindingTable):
    """As many columns as a panel has room for."""

    name = "rectify.finding.short"
    columns: ClassVar[Sequence[Column]] = tuple(
        c for c in FindingTable.columns if c.name in {"number", "title", "severity", "state"}
    )


class OrderShortTable(OrderTable):
    name = "rectify.order.short"
    columns: ClassVar[Sequence[Column]] = tuple(
        c for c in OrderTable.columns if c.name in {"number", "state", "severity", "findings", "limit_at"}
    )


class FindingImportTable(Table):
    name = "rectify.finding_import"
    columns: ClassVar[Sequence[Column]] = (
        Column("number", _("Number"), link=True),
        Column("file_name", _("File name"), link=True),
        Column("state", _("State"), kind="badge"),
        Column("rows", _("Rows"), lambda row: row.counts.get("rows", 0), kind="number", sort=False),
        Column("new", _("New"), lambda row: row.counts.get("new", 0), kind="number", sort=False),
        Column("bad", _("Wrong"), lambda row: row.counts.get("bad", 0), kind="number", sort=False),
        Column("created_by", _("Uploaded by"), sort="created_by__name"),
        Column("created_at", _("Uploaded"), kind="ago"),
        Column("committed_at", _("Recorded at"), kind="moment"),
        Column("owner", _("Organisation"), "owner.name", shown=False),
    )
    filters = (Search("number", "file_name"), Choice("state", _("State"), choices=FindingImport.State.choices))
    sort = "-number"


VERDICTS = {"new": "ok", "known": "info", "repeated": "muted", "bad": "bad"}
OUTCOMES = {"recorded": "ok", "skipped": "muted", "quarantined": "bad"}


class FindingRowTable(Table):
    """Rows of `reads.rows_of`."""

    name = "rectify.finding_row"
    columns: ClassVar[Sequence[Column]] = (
        Column("line", _("Row"), kind="number"),
        Column("operator", _("Operator"), lambda row: row.cells.get("operator", ""), sort=False),
        Column("unit", _("Network unit"), lambda row: row.cells.get("unit", ""), sort=False, shown=False),
        Column("title", _("Title"), lambda row: row.cells.get("title", "")[:120], sort=False),
        Column("verdict", _("Verdict"), kind="badge", tone=VERDICTS),
        Column("problems", _("What is wrong"), lambda row: why(row), sort=False),
        Column("outcome", _("Outcome"), kind="badge", tone=OUTCOMES),
        Column(
            "seen", _("Number of the finding"), lambda row: row.seen or "",
            link=lambda row: f"/rectify/findings/{row.seen}/" if row.seen else "", sort=False,
        ),
    )  # fmt: skip
    filters = (
        Choice("verdict", _("Verdict"), choices=FindingImportRow.Verdict.choices),
        Choice("outcome", _("Outcome"), choices=FindingImportRow.Outcome.choices),
    )
    sort = "position"


def why(row: Any) -> str:
    """Why a row of `reads.rows_of` is not recorded, in the reader's language."""
    if row.verdict == FindingImportRow.Verdict.REPEATED:
        return gettext("Row %(row)s of this file says the same.") % {"row": row.twin_line}
    if row.verdict == FindingImportRow.Verdict.KNOWN:
        return "" if row.seen else gettext("Repeats a finding that is out of your sight.")
    return told(row.problems)


def told(problems: list[dict[str, Any]]) -> str:
    """Kept problems in the reader's language, each with its column."""
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    words = []
    for one in problems:
        column = intake.BY_NAME.get(one["field"])
        message: str = one["text"]
        text = gettext(message) % one["args"] if one["args"] else gettext(message)
        words.append(f"{getattr(column.label, language)}: {text}" if column else text)
    return " ".join(words)
