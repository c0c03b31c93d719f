"""Is a row right in itself? Required cells, codes, lengths, formulas, hosts, numbers. Knows no database."""

from __future__ import annotations

import difflib
import unicodedata
from typing import Any

from bastide.base.packs import Pack
from bastide.registry import criteria
from bastide.registry.criteria import Problem, WrongError, gettext_noop
from bastide.registry.intake.columns import Column, Form

REQUIRED = gettext_noop("The cell is empty but needed.")


def judge(cells: dict[str, str], form: Form, pack: Pack) -> tuple[dict[str, Any], list[Problem]]:
    """The values a row stands for, and what is wrong with it. Columns that the file lacks are left out."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for column in form.columns:
        if column.name not in cells:
            continue
        try:
            values[column.name] = value_of(cells[column.name], column, pack)
        except WrongError as wrong:
            problems.append(Problem(column.name, wrong.text, wrong.args_of))
    return values, problems


def value_of(cell: str, column: Column, pack: Pack) -> Any:
    """The value of one cell, or `WrongError`."""
    text = criteria.spelt(cell, is_name=not column.is_free).strip()
    if not text:
        if column.required:
            raise WrongError(REQUIRED)
        return _empty(column)
    if len(text) > column.limit:
        raise WrongError(
            gettext_noop("The text has %(count)s signs; at most %(limit)s fit."), count=len(text), limit=column.limit
        )
    if not column.is_free and criteria.is_formula(text):
        raise WrongError(gettext_noop("“%(value)s” looks like a formula. Put the plain value."), value=text[:60])
    return _typed(text, column, pack)


def _empty(column: Column) -> Any:
    if column.name in {"latitude", "longitude"}:
        return None
    if column.name == "managed_by_parent":
        return False
    return "formal" if column.name == "lifecycle" else ""


def _typed(text: str, column: Column, pack: Pack) -> Any:
    name = column.name
    if name == "managed_by_parent":
        return criteria.yes_of(text)
    if column.codes is not None:
        return _coded(text, column, pack)
    if name in {"latitude", "longitude"}:
        return criteria.coordinate_of(text, limit=90 if name == "latitude" else 180)
    if name == "hosts":
        return [host.value for host in criteria.hosts_of(text)]
    if name in {"code", "unit", "depends_on", "operator", "depends_on_operator", "parent"}:
        return criteria.code_of(text)
    return text


def _coded(text: str, column: Column, pack: Pack) -> str:
    """A code, given as such or by its name in either language."""
    assert column.codes is not None
    pairs = column.codes(pack)
    wanted = unicodedata.normalize("NFKC", text).casefold()
    for code, label in pairs:
        if wanted in {code.casefold(), label.zh.casefold(), label.en.casefold()}:
            return code
    known = [code for code, _label in pairs]
    near = difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
    if near:
        raise WrongError(
            gettext_noop("“%(value)s” is not one of the codes; did you mean “%(near)s”?"), value=text[:60], near=near[0]
        )
    raise WrongError(
        gettext_noop("“%(value)s” is not one of the codes: %(known)s."), value=text[:60], known=", ".join(known[:12])
    )
