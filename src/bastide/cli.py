"""The command `bastide`: one small function per command, each importing what it needs when it is called."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    name="bastide",
    help="Supervision of critical information infrastructure by a sector authority.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def bastide() -> None:
    """Supervision of critical information infrastructure by a sector authority."""


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


# ---- the installation


def _django() -> None:
    """Set Django up; only the commands that keep records need it."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bastide.settings")
    django.setup()


def _stop(reason: object) -> NoReturn:
    print(f"bastide: {reason}", file=sys.stderr)
    raise typer.Exit(1)


def _say(words: str) -> None:
    print(words, flush=True)


@app.command()
def up() -> None:
    """Prepare the installation and serve it in the foreground; Ctrl-C stops. This is what `make run` does."""
    _django()
    from django.conf import settings

    from bastide import install
    from bastide.serve import serve as run

    try:
        install.check_port(settings.BASTIDE_BIND, settings.BASTIDE_PORT)
        if settings.BASTIDE_DEMO:
            from bastide.demo import story

            story.clear_cut_off(_say)
        install.prepare(_say)
        if settings.BASTIDE_DEMO:
            story.play_if_empty(_say)
            story.open_doors(install.demo_password())
            _say(story.welcome(install.demo_password()))
        elif install.is_empty():
            _stop("this installation is empty: run `bastide init` first, or set BASTIDE_DEMO=1 for the demonstration")
    except (install.CannotStart, RuntimeError) as problem:
        _stop(problem)
    _say(f"\nBastide serves http://{settings.BASTIDE_BIND}:{settings.BASTIDE_PORT}  (Ctrl-C stops)")
    raise typer.Exit(run())


@app.command()
def serve() -> None:
    """Serve what is prepared: web server and worker, supervised, in the foreground."""
    _django()
    from django.conf import settings

    from bastide import install
    from bastide.serve import serve as run

    try:
        install.check_port(settings.BASTIDE_BIND, settings.BASTIDE_PORT)
    except install.CannotStart as problem:
        _stop(problem)
    raise typer.Exit(run())


@app.command()
def work() -> None:
    """Run background jobs, schedules and deliveries until stopped."""
    _django()
    from bastide.base import jobs

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    jobs.work(stop)


def _ask(question: str) -> str | bool:
    """A question for whoever sits at a terminal; a script gets the default, or is told what is missing."""
    return question if sys.stdin is not None and sys.stdin.isatty() else False


@app.command()
def init(
    name_zh: Annotated[str, typer.Option(prompt=_ask("Chinese name of the national authority"))],
    name_en: Annotated[str, typer.Option(prompt=_ask("English name"))] = "",
    code: Annotated[str, typer.Option(prompt=_ask("Short code"), help="Such as MIIT.")] = "MIIT",
    administrator: Annotated[str, typer.Option(prompt=_ask("User name of the first administrator"))] = "admin",
    email: Annotated[str, typer.Option(prompt=_ask("E-mail of the first administrator"))] = "",
    password: Annotated[str, typer.Option(help="Else asked for.", envvar="BASTIDE_INIT_PASSWORD")] = "",
) -> None:
    """Make a clean installation: database, packs, the national authority and its first administrator."""
    _django()
    from bastide import install

    if not password:
        password = typer.prompt("Password (at least twelve characters)", hide_input=True, confirmation_prompt=True)
    try:
        install.prepare(_say)
        account = install.initialise(
            name_zh=name_zh, name_en=name_en, code=code, username=administrator, email=email, password=password
        )
    except install.CannotStart as problem:
        _stop(problem)
    _say(f"Ready. Start with `bastide serve` and sign in as {account.username}.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as bastide.tar.zst; must not exist.")],
) -> None:
    """Back the running installation up into one file: database, evidence, lake, documents, keys."""
    _django()
    from bastide import backup as backups
    from bastide.base import terms

    try:
        members = backups.back_up(file, at=terms.now(), say=_say)
    except (backups.CannotBackUp, OSError) as problem:
        _stop(problem)
    _say(f"{file}: {len(members):,} files, {file.stat().st_size:,} bytes. It holds keys: keep it as you keep them.")


@app.command()
def restore(file: Annotated[Path, typer.Argument(metavar="FILE", help="Made by `bastide backup`.")]) -> None:
    """Put an installation back from a backup, into an empty data folder (and an empty PostgreSQL database)."""
    _django()
    from bastide import backup as backups

    try:
        backups.restore(file, say=_say)
    except (backups.CannotRestore, OSError) as problem:
        _stop(problem)
    _say("Restored. Start with `bastide serve`.")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def manage(context: typer.Context) -> None:
    """Django's own commands, such as `bastide manage migrate`."""
    _django()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["bastide manage", *context.args])


# ---- the trail

trail_app = typer.Typer(help="The sealed trail of this installation.", no_args_is_help=True)
app.add_typer(trail_app, name="trail")


@trail_app.command("verify")
def trail_verify(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="An export; else the database.")] = None,
    key: Annotated[str, typer.Option(help="Public key in hexadecimal, for a file.")] = "",
    last: Annotated[str, typer.Option(help="NUMBER:HASH of a seal that must be in the file.")] = "",
) -> None:
    """Check that nothing in the trail was changed, deleted, inserted, moved or put back to an older copy.

    Exit codes: 0 whole; 1 not whole, with the number of the entry; 2 could not be read.
    """
    from bastide.base.trail import proof

    if file is not None:
        raise typer.Exit(proof.main([str(file), f"--key={key}", f"--last={last}"]))
    _django()
    from bastide.base.trail import seals

    check = seals.verify()
    for line in proof.told(check):
        _say(line)
    _say(f"not sealed yet: {seals.unsealed().count()}")
    raise typer.Exit(1 if check.faults else 0)


@trail_app.command("export")
def trail_export(file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as trail.jsonl.")]) -> None:
    """Seal what waits and write the sealed trail as JSON lines (docs/trail.md)."""
    _django()
    from bastide.base import terms
    from bastide.base.trail import seals

    try:
        seals.seal_waiting(at=terms.now())
        count = seals.export(file)
    except (seals.NotWhole, OSError) as problem:
        _stop(problem)
    _say(f"{file}: {count:,} entries; key {seals.public_key()}")


# ---- monitoring

rules_app = typer.Typer(help="The detection rules of this installation.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@rules_app.command("add")
def rules_add(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Rule files, folders or .tar.gz archives.")],
) -> None:
    """Add Sigma rules, or bring known ones up to date; what cannot be evaluated is kept with its reason."""
    _django()
    from bastide.base import terms
    from bastide.base.people.models import Account
    from bastide.engines.detect import NoRules
    from bastide.monitor import flows

    try:
        loaded = flows.add_rules(paths, by=Account.objects.house(), at=terms.now())
    except (NoRules, OSError) as problem:
        _stop(problem)
    for one in loaded.rejected:
        print(f"not evaluated: {one.path}:{one.line}: {one.code}: {one.reason}", file=sys.stderr)
    _say(
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
    _django()
    from bastide.monitor.sending import Unknown, send_files

    try:
        outcome = send_files(files, source=source, out=out, later=later, say=_say)
    except Unknown as problem:
        _stop(problem)
    raise typer.Exit(outcome)


def main() -> None:
    """Entry point of the command."""
    app()


if __name__ == "__main__":
    main()
