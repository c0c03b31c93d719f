"""Files of findings: the columns, reading CSV, XLSX and NDJSON, and judging every row against the register."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from django.utils import translation
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext_noop

from bastide.base import packs
from bastide.base.packs import Text
from bastide.base.people.models import Account, Organisation
from bastide.base.words import spelling
from bastide.rectify.access import Can
from bastide.rectify.models import Finding, FindingImportRow
from bastide.registry import reads as registry

ROW_LIMIT = 200_000
TOLD = 20  # problems kept of one row
AT_ONCE = 900  # values asked for in one query
V = FindingImportRow.Verdict
OPEN = (Finding.State.OPEN, Finding.State.ORDERED)
Problems = list[dict[str, Any]]


@dataclass(frozen=True)
class Column:
    """One column: its name in NDJSON, what stands over it in a table, and how long its text may be."""

    name: str
    label: Text
    limit: int
    required: bool = False


COLUMNS = (
    Column("operator", Text(zh="运营者代码", en="Operator"), 40, required=True),
    Column("unit", Text(zh="网络单元", en="Network unit"), 80),
    Column("title", Text(zh="标题", en="Title"), 200, required=True),
    Column("severity", Text(zh="严重程度", en="Severity"), 40, required=True),
    Column("clause", Text(zh="条款", en="Clause"), 80, required=True),
    Column("found_at", Text(zh="发现时间", en="Found"), 40),
    Column("origin", Text(zh="来源类型", en="Origin"), 40),
    Column("source", Text(zh="来源名称", en="Source"), 40),
    Column("external_id", Text(zh="外部编号", en="External identifier"), 120),
    Column("text", Text(zh="发现内容", en="What was found"), 10_000),
    Column("measure", Text(zh="整改要求", en="What is required"), 10_000),
)
BY_NAME = {column.name: column for column in COLUMNS}
# Columns whose value the upload may state for all rows.
DEFAULTED = ("origin", "source", "clause")


@dataclass
class Line:
    """A row as read: its number in the file, its cells, and what kept it from being read."""

    number: int
    cells: dict[str, str]
    problems: Problems = field(default_factory=list)


@dataclass
class Reading:
    lines: list[Line]
    encoding: str
    hints: Problems = field(default_factory=list)


def problem(column: str, text: str, /, **args: Any) -> dict[str, Any]:
    """What is wrong with a value: a message id with its values, so that a kept report reads in any language."""
    return {"field": column, "text": text, "args": args}


# ---- reading


def read(data: bytes) -> Reading:
    """The rows of a file. What it is is told by its bytes; `registry.UnreadableError` where it is nothing."""
    return _read_lines(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _read_table(data)


def _read_table(data: bytes) -> Reading:
    sheet = registry.read_sheet(data)
    names = [_column_of(head) for head in sheet.header]
    if missing := [c for c in COLUMNS if c.required and c.name not in names and c.name not in DEFAULTED]:
        raise registry.UnreadableError(
            gettext_noop("The first row names no column “%(column)s”. Use the template."), column=missing[0].name
        )
    hints = [
        problem("", gettext_noop("The column “%(column)s” is not known and was left out."), column=head[:60])
        for head, name in zip(sheet.header, names, strict=True)
        if not name and head
    ]
    lines = [
        Line(number, {name: cell for name, cell in zip(names, cells, strict=False) if name and cell})
        for number, cells in sheet.rows
    ]
    return Reading(lines, sheet.encoding, hints)


def _column_of(head: str) -> str:
    wanted = unicodedata.normalize("NFKC", head).strip().removesuffix("*").strip().casefold()
    for column in COLUMNS:
        if wanted in {column.name, column.label.zh.casefold(), column.label.en.casefold()}:
            return column.name
    return ""


def _read_lines(data: bytes) -> Reading:
    lines = [
        _read_line(number, raw)
        for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1)
        if raw.strip()
    ]
    if len(lines) > ROW_LIMIT:
        raise registry.UnreadableError(gettext_noop("More than %(limit)s rows. Divide the file."), limit=ROW_LIMIT)
    return Reading(lines, "NDJSON")


def _read_line(number: int, raw: bytes) -> Line:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        shown = raw.decode("utf-8", "replace").strip()[:200].replace("\x00", "�")
        return Line(number, {"text": shown}, [problem("", gettext_noop("This line is no JSON object."))])
    line = Line(number, {})
    for column in COLUMNS:
        cell = value.get(column.name)
        if isinstance(cell, dict | list):
            line.problems.append(problem(column.name, gettext_noop("A plain value belongs here, no list or object.")))
        elif cell is not None and (text := str(cell).strip()):
            line.cells[column.name] = text.replace("\x00", "�")  # no database keeps a zero byte
            if "\x00" in text:
                words = gettext_noop("The text holds control characters. Type it anew.")
                line.problems.append(problem(column.name, words))
    return line


# ---- judging


@lru_cache(maxsize=50_000)
def normal(text: str) -> str:
    """A text as it is compared: without case, width, and what stands between words."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def fingerprint(operator: int, unit: int | None, clause: str, title: str, source: str) -> str:
    """The same shortcoming at the same unit out of the same source, however it is typed."""
    parts = (str(operator), str(unit or ""), normal(clause), normal(title), normal(source))
    return "f:" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:48]


def external_key(operator: int, source: str, external_id: str) -> str:
    parts = (str(operator), normal(source), external_id.strip())
    return "x:" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:48]


@dataclass
class Judged:
    """What a row is; `finding` where it may be recorded."""

    verdict: str
    problems: Problems
    finding: Finding | None = None
    twin: int | None = None
    twin_line: int | None = None


class Register:
    """What rows are compared with, read once: operators and units within the right to record, and open findings."""

    def __init__(self, by: Account, lines: Iterable[Line]) -> None:
        named = list(lines)
        codes = {line.cells.get("operator", "").casefold() for line in named}
        wanted = {line.cells["unit"] for line in named if line.cells.get("unit")}
        operators = registry.operators_where(by, Can.RECORD_FINDING)
        self.operators = {one.code.casefold(): one for one in operators if one.code.casefold() in codes}
        self.units = self._units(by, wanted)
        self.law = packs.active()
        self.severities = _named((s.id, (s.id, s.name.zh, s.name.en)) for s in self.law.severities)
        self.origins = _named((code, (code, *labels)) for code, labels in _labels())
        self.known: dict[str, int] = {}  # external key or fingerprint → open finding
        self.loose: dict[str, int] = {}  # fingerprint → open finding without an external identifier
        self.closed: dict[tuple[int, str, int | None], int] = {}
        self.seen: dict[str, int] = {}  # key → row of this file
        is_named = all(line.cells.get("external_id") for line in named)
        self._load([one.pk for one in self.operators.values()], is_named=is_named)

    def _units(self, by: Account, wanted: set[str]) -> dict[tuple[int, str], tuple[int, bool]]:
        found: dict[tuple[int, str], tuple[int, bool]] = {}
        rows = registry.units(by).exclude(state="withdrawn").order_by()
        for path in ("code", "number"):
            for some in _pieces(sorted(wanted)):
                told = rows.filter(**{f"{path}__in": some}).values_list("operator_id", path, "pk", "is_cii")
                found |= {(operator, name): (pk, is_cii) for operator, name, pk, is_cii in told}
        return found

    def _load(self, operators: list[int], *, is_named: bool) -> None:
        """Open findings by what makes them the same; what has an identifier is printed only if some row has none."""
        columns = ("pk", "operator_id", "unit_id", "clause", "title", "source_number", "external_id", "import_key")
        for some in _pieces(operators):
            rows = Finding.objects.filter(operator_id__in=some).order_by()
            for pk, operator, unit, clause, title, source, external, key in (
                rows.filter(state__in=OPEN).values_list(*columns).iterator(chunk_size=5000)
            ):
                if key:
                    self.known[key] = pk
                elif external:
                    self.known[external_key(operator, source, external)] = pk
                if not external or not is_named:
                    printed = fingerprint(operator, unit, clause, title, source)
                    self.known.setdefault(printed, pk)
                    if not external:
                        self.loose.setdefault(printed, pk)
            closed = rows.filter(state=Finding.State.CLOSED).order_by("closed_at", "pk")
            for pk, operator, clause, unit in closed.values_list("pk", "operator_id", "clause", "unit_id"):
                self.closed[operator, clause, unit] = pk

    def judge(self, line: Line, *, defaults: dict[str, str], at: datetime) -> Judged:
        """Is a row right, and is it new?"""
        cells = {**{name: text for name, text in defaults.items() if text}, **line.cells}
        wrong = [*line.problems, *_in_itself(cells)]
        operator = self.operators.get(cells.get("operator", "").casefold())
        if operator is None and cells.get("operator"):
            words = gettext_noop("There is no operator “%(code)s” for which you may record findings.")
            wrong.append(problem("operator", words, code=cells["operator"][:60]))
        unit = self._unit(operator, cells.get("unit", ""), wrong)
        severity = _code(cells, "severity", self.severities, wrong)
        origin = _code(cells, "origin", self.origins, wrong) or Finding.Source.VULNERABILITY
        found_at = _moment(cells.get("found_at", ""), at, wrong)
        if wrong or operator is None:
            return Judged(V.BAD, wrong[:TOLD])
        return self._compared(line, cells, operator, unit, severity, origin, found_at)

    def _unit(self, operator: Organisation | None, name: str, wrong: Problems) -> tuple[int, bool] | None:
        if not name or operator is None:
            return None
        unit = self.units.get((operator.pk, name))
        if unit is None:
            words = gettext_noop("The operator has no network unit “%(unit)s” in service.")
            wrong.append(problem("unit", words, unit=name[:60]))
        return unit

    def _compared(
        self, line: Line, cells: dict[str, str], operator: Organisation, unit: tuple[int, bool] | None, severity: str,
        origin: str, found_at: datetime,
    ) -> Judged:  # fmt: skip
        source, external = cells.get("source", ""), cells.get("external_id", "")
        unit_pk, is_cii = unit or (None, False)
        printed = fingerprint(operator.pk, unit_pk, cells["clause"], cells["title"], source)
        key = external_key(operator.pk, source, external) if external else printed
        twin = self.known.get(key) or (self.loose.get(printed) if external else None)
        if twin is not None:
            return Judged(V.KNOWN, [], twin=twin)
        if key in self.seen:
            return Judged(V.REPEATED, [], twin_line=self.seen[key])
        self.seen[key] = line.number
        finding = Finding(
            operator=operator, unit_id=unit_pk, source_kind=origin, source_number=source, external_id=external,
            import_key=key, clause=cells["clause"], pack=self.law.id, pack_version=self.law.version,
            severity=severity, title=cells["title"], text=cells.get("text") or cells["title"],
            measure=cells.get("measure", ""), found_at=found_at, concerns_cii=is_cii,
            returns_id=self.closed.get((operator.pk, cells["clause"], unit_pk)),
        )  # fmt: skip
        return Judged(V.NEW, [], finding=finding)


def _pieces(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]


def _labels() -> Iterator[tuple[str, list[str]]]:
    for code, label in Finding.Source.choices:
        words = []
        for language in ("zh-hans", "en"):
            with translation.override(language):
                words.append(str(label))
        yield str(code), words


def _named(pairs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    return {normal(name): code for code, names in pairs for name in names}


def _code(cells: dict[str, str], column: str, known: dict[str, str], wrong: Problems) -> str:
    text = cells.get(column, "")
    if not text:
        return ""
    code = known.get(normal(text), "")
    if not code:
        words = gettext_noop("“%(value)s” is not one of the codes: %(known)s.")
        wrong.append(problem(column, words, value=text[:60], known=", ".join(sorted(set(known.values())))))
    return code


def _in_itself(cells: dict[str, str]) -> Problems:
    """What is missing, too long, or no text; the cells become as they are kept."""
    wrong = []
    for column in COLUMNS:
        text = cells.get(column.name, "")
        try:
            cells[column.name] = text = spelling.spelt(text)
        except spelling.SpellingError as error:
            wrong.append(problem(column.name, error.text, **error.args_of))
        if not text and column.required:
            wrong.append(problem(column.name, gettext_noop("The cell is empty but needed.")))
        if len(text) > column.limit:
            words = gettext_noop("The text has %(count)s signs; at most %(limit)s fit.")
            wrong.append(problem(column.name, words, count=len(text), limit=column.limit))
    return wrong


def _moment(text: str, at: datetime, wrong: Problems) -> datetime:
    """2026-11-22, 2026/11/22 8:30, 2026-11-22T08:30:00Z; without a zone that of the console, empty is now."""
    if not text:
        return at
    day = re.sub(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", lambda m: f"{m[1]}-{int(m[2]):02d}-{int(m[3]):02d}", text)
    day = re.sub(r"([ T])(\d):", r"\g<1>0\g<2>:", day)
    try:
        found = datetime.fromisoformat(day)
        found = found if found.tzinfo else found.replace(tzinfo=get_default_timezone())
        too_late = found > at + timedelta(days=1)
    except (ValueError, OverflowError):
        wrong.append(
            problem("found_at", gettext_noop("“%(value)s” is no time; write 2026-11-22 08:30."), value=text[:40])
        )
        return at
    if too_late or found.year < 1990:
        wrong.append(problem("found_at", gettext_noop("“%(value)s” cannot be when it was found."), value=text[:40]))
        return at
    return found
