"""The installation: made, run, kept, brought up to date."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from bastide.cli.root import app, django_up, give_up, say


@app.command()
def up() -> None:
    """Prepare the installation and serve it in the foreground; Ctrl-C stops. This is what `make run` does."""
    django_up()
    from django.conf import settings

    from bastide import install, running, upgrade
    from bastide.base import terms
    from bastide.serve import serve as run

    try:
        install.check_port(settings.BASTIDE_BIND, settings.BASTIDE_PORT)
        if settings.BASTIDE_DEMO:
            from bastide.demo import story

            story.clear_cut_off(say)
        if not upgrade.is_new():
            try:
                upgrade.check_ready()
            except install.CannotStart:
                if not settings.BASTIDE_DEMO:
                    raise
                upgrade.upgrade(at=terms.now(), say=say)
        install.prepare(say)
        if settings.BASTIDE_DEMO:
            story.play_if_empty(say)
            story.open_doors(install.demo_password())
            say(story.welcome(install.demo_password()))
        elif install.is_empty():
            give_up("this installation is empty: run `bastide init` first, or set BASTIDE_DEMO=1 for the demonstration")
        with running.together():
            say(f"\nBastide serves http://{settings.BASTIDE_BIND}:{settings.BASTIDE_PORT}  (Ctrl-C stops)")
            raise typer.Exit(run())
    except (install.CannotStart, running.InUse, upgrade.NotUpgraded, RuntimeError) as problem:
        give_up(problem)


@app.command()
def demo(
    scale: Annotated[int, typer.Option(min=1, help="1 is 100 operators with 10,000 units and as many findings.")] = 1,
    seed: Annotated[int, typer.Option(help="Another seed makes another sector.")] = 20260622,
) -> None:
    """Prepare the demonstration and add a sector N times larger to it. Needs BASTIDE_DEMO=1; does not serve."""
    django_up()
    from django.conf import settings

    from bastide import install
    from bastide.base import terms
    from bastide.demo import bulk, story

    if not settings.BASTIDE_DEMO:
        give_up("made-up operators belong into a demonstration only: set BASTIDE_DEMO=1 and an empty BASTIDE_HOME")
    try:
        story.clear_cut_off(say)
        install.prepare(say)
        story.play_if_empty(say)
        bulk.enlarge(scale, at=terms.now(), say=say, seed=seed)
        story.open_doors(install.demo_password())
    except (install.CannotStart, bulk.CannotEnlarge, RuntimeError) as problem:
        give_up(problem)
    say(story.welcome(install.demo_password()))


@app.command()
def serve() -> None:
    """Serve what is prepared: web server and worker, supervised, in the foreground."""
    django_up()
    from django.conf import settings

    from bastide import install, running, upgrade
    from bastide.serve import serve as run

    try:
        install.check_port(settings.BASTIDE_BIND, settings.BASTIDE_PORT)
        with running.together():
            upgrade.check_ready()
            raise typer.Exit(run())
    except (install.CannotStart, running.InUse) as problem:
        give_up(problem)


@app.command()
def work() -> None:
    """Run background jobs, schedules and deliveries until stopped."""
    django_up()
    from bastide import install, running, upgrade
    from bastide.base import jobs

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with running.together():
            upgrade.check_ready()
            jobs.work(stop)
    except (install.CannotStart, running.InUse) as problem:
        give_up(problem)


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
    django_up()
    from bastide import install, upgrade

    if not password:
        password = typer.prompt("Password (at least twelve characters)", hide_input=True, confirmation_prompt=True)
    try:
        if not upgrade.is_new():
            upgrade.check_ready()
        install.prepare(say)
        account = install.initialise(
            name_zh=name_zh, name_en=name_en, code=code, username=administrator, email=email, password=password
        )
    except install.CannotStart as problem:
        give_up(problem)
    say(f"Ready. Start with `bastide serve` and sign in as {account.username}.")


Recipients = Annotated[
    list[str] | None, typer.Option("--recipient", "-r", help="Encrypt for this public key (age1…); may be repeated.")
]
PassphraseFile = Annotated[Path | None, typer.Option(help="Its first line is the passphrase.")]
IdentityFile = Annotated[
    Path | None, typer.Option("--identity", "-i", help="Secret key (AGE-SECRET-KEY-1…) that opens an encrypted backup.")
]


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as bastide.tar.zst; must not exist.")],
    recipient: Recipients = None,
    passphrase_file: PassphraseFile = None,
    identity: IdentityFile = None,
    check: Annotated[bool, typer.Option("--check", help="Read FILE to its end and compare it with its list.")] = False,
) -> None:
    """Back the running installation up into one file: database, evidence, lake, documents, keys; encrypted if asked."""
    django_up()
    from bastide import backup as backups
    from bastide.base import terms

    try:
        if check:
            members = backups.check(file, keys=backups.keys_of(identity, passphrase_file))
            say(f"{file}: {len(members):,} files, all as the list in it says.")
            return
        locks = backups.locks_of(recipient or [], passphrase_file)
        members = backups.back_up(file, at=terms.now(), say=say, locks=locks)
    except (backups.CannotBackUp, backups.CannotRestore, backups.WrongKey, OSError) as problem:
        give_up(problem)
    warning = "" if locks.given else " It holds keys and is not encrypted: keep it as you keep them."
    say(f"{file}: {len(members):,} files, {file.stat().st_size:,} bytes.{warning}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Made by `bastide backup`.")],
    identity: IdentityFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Put an installation back from a backup, into an empty data folder (and an empty PostgreSQL database)."""
    django_up()
    from bastide import backup as backups

    try:
        backups.restore(file, say=say, keys=backups.keys_of(identity, passphrase_file))
    except (backups.CannotRestore, backups.WrongKey, OSError) as problem:
        give_up(problem)
    say("Restored. Start with `bastide serve`.")


@app.command("upgrade")
def upgrade_installation(
    backup_file: Annotated[
        Path | None, typer.Option("--backup", help="Write the backup here; else into backups/ of the data folder.")
    ] = None,
    no_backup: Annotated[
        str, typer.Option(metavar="WORD", help="Make none, so that nothing can be put back: --no-backup i-have-one.")
    ] = "",
) -> None:
    """Bring a stopped installation to this version: back up, migrate, load packs, check; if that fails, all of it back.

    Exit codes: 0 done; 1 not begun, nothing changed; 3 failed and put back; 4 failed and left half done.
    """
    django_up()
    from bastide import upgrade
    from bastide.base import terms

    if no_backup and (no_backup != "i-have-one" or backup_file is not None):
        raise typer.BadParameter("write --no-backup i-have-one, and no --backup", param_hint="--no-backup")
    try:
        kept = upgrade.upgrade(at=terms.now(), say=say, file=backup_file, has_backup=bool(no_backup))
    except upgrade.NotUpgraded as problem:
        print(f"bastide: {problem}", file=sys.stderr)
        raise typer.Exit(problem.exit_code) from problem
    say(f"Upgraded. Start with `bastide serve`.{f' The state before lies in {kept}.' if kept else ''}")


@app.command()
def recount(
    mend: Annotated[bool, typer.Option("--mend", help="Replace the kept counts by the recount.")] = False,
) -> None:
    """Compare the counts that are kept as units change with a recount of all units.

    Exit codes: 0 equal; 1 not equal, with what differs.
    """
    django_up()
    from bastide.registry import tally

    different = tally.differences()
    for key, kept, true in different:
        say(f"{dict(zip(tally.COLUMNS, key, strict=True))}: kept {kept:,}, recounted {true:,}")
    if different and mend:
        tally.count_anew()
        say("The counts were replaced by the recount.")
        return
    say(f"{len(different)} differences" if different else f"equal: {sum(tally.kept().values()):,} units")
    raise typer.Exit(1 if different else 0)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def manage(context: typer.Context) -> None:
    """Django's own commands, such as `bastide manage migrate`."""
    django_up()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["bastide manage", *context.args])
