"""The people of the installation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bastide.cli.root import app, django_up, give_up, say

people_app = typer.Typer(help="The people of this installation.", no_args_is_help=True)
app.add_typer(people_app, name="people")


@people_app.command("import")
def people_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: email, name, organisation, role, state.")],
    by: Annotated[str, typer.Option(help="User name of the administrator in whose name it is done.")],
    url: Annotated[str, typer.Option(help="Address of the console, for the links in the mails.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what the file would do.")] = False,
) -> None:
    """Invite people, give and end roles, as a file says; what is so already is left alone.

    Exit codes: 0 done; 1 could not start; 3 done, but some rows were refused (listed).
    """
    django_up()
    from bastide.base import terms
    from bastide.base.entry import provision
    from bastide.base.flow.refusals import Refused
    from bastide.base.people.models import Account

    account = Account.objects.filter(username=by, is_house=False, is_active=True).first()
    if account is None:
        give_up(f"no active account “{by}”")
    link = f"{url.rstrip('/')}/entry/welcome/{{secret}}/" if url else ""
    try:
        receipt = provision.take_in(file.read_bytes(), by=account, at=terms.now(), dry_run=dry_run, url_of=link)
    except (Refused, OSError) as problem:
        give_up(problem)
    for line in receipt.refused:
        print(f"{file}:{line.number}: {line.wrong}: {line.words}", file=sys.stderr)
    say(", ".join(f"{count} {outcome}" for outcome, count in receipt.counts().items()) + " (dry run)" * dry_run)
    raise typer.Exit(3 if receipt.refused else 0)
