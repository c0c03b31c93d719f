"""`bastide manage working_days`: which years are known, and putting in a year that was published."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bastide.base import terms
from bastide.base.clock import jobs
from bastide.base.clock.models import Clock


class Command(BaseCommand):
    help = "Show the working-day calendars, or put in the list of a year (YAML: calendar, year, source, rest, work)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="list of a published year to put in")
        parser.add_argument("--replace", action="store_true", help="replace a year that was put in before")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] is None:
            self._show()
        else:
            self._put_in(options["file"], replace=options["replace"])

    def _show(self) -> None:
        for name in terms.calendars():
            calendar = terms.calendar(name)
            known = [year for year in range(2000, 2100) if calendar.knows(year)]
            years = f"{known[0]} to {known[-1]} ({len(known)} years)" if known else "no year"
            self.stdout.write(f"{name}: {years}; {calendar.version}")

    def _put_in(self, file: Path, *, replace: bool) -> None:
        """Check the list, keep it in the data folder, then recount what it moves."""
        try:
            text = file.read_text(encoding="utf-8")
            listed = terms.read_year(text, name=str(file))
            terms.calendar(listed.calendar)
        except (OSError, UnicodeDecodeError, terms.CalendarError) as error:
            raise CommandError(str(error)) from error
        kept = Path(settings.BASTIDE_HOME) / "calendars" / listed.calendar / f"{listed.year}.yaml"
        if kept.exists() and not replace:
            raise CommandError(
                f"{listed.calendar} {listed.year} was put in before; say --replace to put this one in its place"
            )
        _keep(kept, text)
        moved = jobs.recount_all(at=terms.now())
        self.stdout.write(
            f"{listed.calendar} {listed.year} is known now ({listed.source}). Clocks that moved: {len(moved)}"
        )
        for clock in Clock.objects.filter(pk__in=moved).order_by("due_at"):
            self.stdout.write(f"  {clock.thing_number} {clock.type_id}: {clock.due_label or clock.get_state_display()}")


def _keep(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
