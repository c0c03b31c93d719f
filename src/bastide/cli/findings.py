"""Findings out of files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bastide.cli.root import app, django_up, give_up, say

import_app = typer.Typer(help="Take in files.", no_args_is_help=True)
app.add_typer(import_app, name="import")


@import_app.command("findings")
def import_findings(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or NDJSON (docs/contexts/rectify.md).")],
    by: Annotated[str, typer.Option(help="User name of the person in whose name they are recorded.")],
    origin: Annotated[str, typer.Option(help="For rows without one: assessment, vulnerability, …")] = "vulnerability",
    source: Annotated[str, typer.Option(help="For rows without one: the scanner or report.")] = "",
    clause: Annotated[str, typer.Option(help="For rows without one, such as “CIIR 15”.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be recorded.")] = False,
) -> None:
    """Record the findings of a file; what is open already is skipped, wrong rows are listed and kept apart.

    Exit codes: 0 done; 1 could not start; 3 done, but some rows are wrong.
    """
    django_up()
    from bastide.base import terms
    from bastide.base.flow.refusals import Refused
    from bastide.base.people.models import Account
    from bastide.rectify import flows, tables

    account = Account.objects.filter(username=by, is_house=False, is_active=True).first()
    if account is None:
        give_up(f"no active account “{by}”")
    try:
        thing = flows.upload_findings(
            by=account, at=terms.now(), file_name=file.name, data=file.read_bytes(), at_once=True, origin=origin,
            source=source, clause=clause,
        )  # fmt: skip
        for fault in thing.faults:
            print(f"{file}: {tables.told([fault])}", file=sys.stderr)
        if thing.state == thing.State.UNREADABLE:
            raise typer.Exit(1)
        for row in thing.rows.filter(verdict="bad").order_by("position")[:100]:
            print(f"{file}:{row.line}: {tables.told(row.problems)}", file=sys.stderr)
        if not dry_run and thing.counts.get("new"):
            flows.commit_findings(thing, by=account, at=terms.now(), at_once=True)
    except (Refused, OSError) as problem:
        give_up(problem)
    counts = ", ".join(f"{count:,} {name}" for name, count in thing.counts.items())
    say(f"{thing.number}: {counts}{' (dry run)' * dry_run}")
    raise typer.Exit(3 if thing.counts.get("bad") else 0)
