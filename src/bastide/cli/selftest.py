"""What the installation proves on its own records."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bastide.cli.root import app, django_up, say

selftest_app = typer.Typer(help="What this installation proves on its own records.", no_args_is_help=True)
app.add_typer(selftest_app, name="selftest")


@selftest_app.command("leaks")
def selftest_leaks(
    accounts: Annotated[
        int, typer.Option(min=0, help="Only so many, drawn by the seed; 0: one for each role in each organisation.")
    ] = 0,
    objects: Annotated[
        int, typer.Option(min=1, help="Things inside and outside the sight, of each kind, at each door.")
    ] = 1,
    seed: Annotated[int, typer.Option(help="Draws the same accounts and things again; printed.")] = 0,
    account: Annotated[list[str] | None, typer.Option(help="Only this user name; may be repeated.")] = None,
    door: Annotated[list[str] | None, typer.Option(help="Only doors that begin so, such as api/v1/respond.")] = None,
    rows: Annotated[int, typer.Option(help="More rows of a kind than these are not asked about one by one.")] = 50_000,
    file: Annotated[Path | None, typer.Option("--json", help="Write the result here too.")] = None,
) -> None:
    """Call every door as the people of this installation and show what comes out that should not (docs/access.md).

    Each call is rolled back; the trail keeps that the test ran. Exit codes: 0 clean; 1 something leaks, listed;
    2 could not run.
    """
    import secrets

    django_up()
    from django.db import DatabaseError

    from bastide import install, upgrade
    from bastide.selftest import leaks, oracle

    seed = seed or secrets.randbelow(10**6)
    say(f"seed {seed}")
    try:
        upgrade.check_ready()
        report = leaks.run(
            seed=seed, objects=objects, accounts=accounts, rows=rows, say=say, names=account, only=tuple(door or ())
        )
    except (install.CannotStart, oracle.TooMany, DatabaseError) as problem:
        print(f"bastide: {problem}", file=sys.stderr)
        raise typer.Exit(2) from problem
    for line in report.lines():
        say(line)
    if file is not None:
        file.write_text(report.as_json(), encoding="utf-8")
    if not report.accounts:
        print("bastide: no account to test with", file=sys.stderr)
        raise typer.Exit(2)
    say(report.words())
    raise typer.Exit(1 if report.leaks else 0)
