"""Which column of a file is which of the template's; each row becomes a mapping of column names to text."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from bastide.registry.criteria import Problem, gettext_noop
from bastide.registry.intake.columns import Form, folded
from bastide.registry.intake.sheets import CELL_LIMIT, Sheet, UnreadableError


def places(sheet: Sheet, form: Form) -> list[str]:
    """For each column of the file the template's name, or "" where it is not read. Raises when one is missing."""
    known = {heading: column.name for column in form.columns for heading in column.headings()}
    found: list[str] = []
    for heading in sheet.header:
        name = known.get(folded(heading), "")
        if name and name in found:
            raise UnreadableError(
                gettext_noop("The column “%(heading)s” stands twice in the first row. Keep one of them."),
                heading=heading[:60],
            )
        if not name and folded(heading) not in form.ignored and heading:
            sheet.hints.append(_unknown(heading, form))
        found.append(name)
    missing = [column for column in form.columns if column.required and column.name not in found]
    if missing:
        names = ", ".join(f"{column.name} ({column.label.zh} / {column.label.en})" for column in missing)
        raise UnreadableError(
            gettext_noop("These columns are missing in the first row: %(names)s. Use the template's headings."),
            names=names,
        )
    return found


def _unknown(heading: str, form: Form) -> Problem:
    near = difflib.get_close_matches(folded(heading), [column.name for column in form.columns], n=1, cutoff=0.6)
    if near:
        return Problem(
            "", gettext_noop("The column “%(heading)s” is not known and was not read; did you mean “%(near)s”?"),
            {"heading": heading[:60], "near": near[0]},
        )  # fmt: skip
    return Problem(
        "", gettext_noop("The column “%(heading)s” is not known and was not read."), {"heading": heading[:60]}
    )


def rows(sheet: Sheet, form: Form) -> Iterator[tuple[int, dict[str, str], list[Problem]]]:
    """(row number, cells by column name, problems of the row's shape)."""
    names = places(sheet, form)
    for line, cells in sheet.rows:
        problems: list[Problem] = []
        if len(cells) > len(names) and any(cells[len(names) :]):
            problems.append(
                Problem("", gettext_noop("The row has %(count)s cells, the heading %(known)s. Look for a stray comma."),
                        {"count": len(cells), "known": len(names)})
            )  # fmt: skip
        taken = {name: cell for name, cell in zip(names, cells, strict=False) if name}
        for name, cell in taken.items():
            if len(cell) > CELL_LIMIT:
                problems.append(Problem(name, gettext_noop("The cell is too long."), {}))
                taken[name] = cell[:100]
        yield (
            line,
            {column.name: taken.get(column.name, "") for column in form.columns if column.name in names},
            problems,
        )
