"""Detection on files, and the rules and batches of the installation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bastide.cli.root import app, django_up, give_up, say


@app.command()
def detect(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT...", help=".ndjson, .gz, .zst, .parquet; - is stdin.")],
    rules: Annotated[list[Path], typer.Option("--rules", "-r", help="Rule file, folder or .tar.gz; may be repeated.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write matches here, not to standard output.")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Show matches by rule on standard error.")] = False,
    rejected: Annotated[Path | None, typer.Option(help="List rules left out here, one JSON line each.")] = None,
    quarantine: Annotated[Path | None, typer.Option(help="List events left out here, one JSON line each.")] = None,
    product: Annotated[str, typer.Option(help="Log source product of events that do not say theirs.")] = "",
    category: Annotated[str, typer.Option(help="Log source category of events that do not say theirs.")] = "",
    service: Annotated[str, typer.Option(help="Log source service of events that do not say theirs.")] = "",
    placeholder: Annotated[list[str] | None, typer.Option(help="NAME=VALUE,VALUE where rules expand %NAME%.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for compiled rules.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 3 also where a rule was left out.")] = False,
) -> None:
    """Evaluate Sigma rules on files of events; one JSON line per match.

    Exit codes: 0 done; 1 could not start; 2 wrong command line; 3 done, but some events were left out.
    """
    from bastide.engines.detect import Logsource
    from bastide.engines.detect.command import Order, default_cache, placeholders_of, run

    try:
        values = placeholders_of(placeholder or [])
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="--placeholder") from problem
    order = Order(
        inputs=inputs,
        rules=rules,
        out=out,
        summary=summary,
        rejected=rejected,
        quarantine=quarantine,
        logsource=Logsource(product, category, service),
        placeholders=values,
        cache=cache or default_cache(),
        strict=strict,
    )
    raise typer.Exit(run(order))


rules_app = typer.Typer(help="The detection rules of this installation.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@rules_app.command("add")
def rules_add(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Rule files, folders or .tar.gz archives.")],
) -> None:
    """Add Sigma rules, or bring known ones up to date; what cannot be evaluated is kept with its reason."""
    django_up()
    from bastide.base import terms
    from bastide.base.people.models import Account
    from bastide.engines.detect import NoRules
    from bastide.monitor import flows

    try:
        loaded = flows.add_rules(paths, by=Account.objects.house(), at=terms.now())
    except (NoRules, OSError) as problem:
        give_up(problem)
    for one in loaded.rejected:
        print(f"not evaluated: {one.path}:{one.line}: {one.code}: {one.reason}", file=sys.stderr)
    say(
        f"rules: {loaded.added} added, {loaded.changed} changed, {loaded.unchanged} unchanged, "
        f"{len(loaded.rejected)} not evaluated (listed above)"
    )


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=".ndjson or .ndjson.gz")],
    source: Annotated[str, typer.Option("--source", "-s", help="Name of the registered source.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write matches here, one JSON line each.")] = None,
    later: Annotated[bool, typer.Option("--later", help="Leave the evaluation to the worker.")] = False,
) -> None:
    """Take in event files as batches of a source, evaluate them, and print a receipt for each.

    Exit codes: 0 done; 1 could not start or a file was refused; 3 done, but some lines are in quarantine.
    """
    django_up()
    from bastide.monitor.sending import Unknown, send_files

    try:
        outcome = send_files(files, source=source, out=out, later=later, say=say)
    except Unknown as problem:
        give_up(problem)
    raise typer.Exit(outcome)
