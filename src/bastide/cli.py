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

    from bastide import install, running, upgrade
    from bastide.base import terms
    from bastide.serve import serve as run

    try:
        install.check_port(settings.BASTIDE_BIND, settings.BASTIDE_PORT)
        if settings.BASTIDE_DEMO:
            from bastide.demo import story

            story.clear_cut_off(_say)
        if not upgrade.is_new():
            try:
                upgrade.check_ready()
            except install.CannotStart:
                if not settings.BASTIDE_DEMO:
                    raise
                upgrade.upgrade(at=terms.now(), say=_say)
        install.prepare(_say)
        if settings.BASTIDE_DEMO:
            story.play_if_empty(_say)
            story.open_doors(install.demo_password())
            _say(story.welcome(install.demo_password()))
        elif install.is_empty():
            _stop("this installation is empty: run `bastide init` first, or set BASTIDE_DEMO=1 for the demonstration")
        with running.together():
            _say(f"\nBastide serves http://{settings.BASTIDE_BIND}:{settings.BASTIDE_PORT}  (Ctrl-C stops)")
            raise typer.Exit(run())
    except (install.CannotStart, running.InUse, upgrade.NotUpgraded, RuntimeError) as problem:
        _stop(problem)


@app.command()
def demo(
    scale: Annotated[int, typer.Option(min=1, help="1 is 100 operators with 10,000 units and as many findings.")] = 1,
    seed: Annotated[int, typer.Option(help="Another seed makes another sector.")] = 20260622,
) -> None:
    """Prepare the demonstration and add a sector N times larger to it. Needs BASTIDE_DEMO=1; does not serve."""
    _django()
    from django.conf import settings

    from bastide import install
    from bastide.base import terms
    from bastide.demo import bulk, story

    if not settings.BASTIDE_DEMO:
        _stop("made-up operators belong into a demonstration only: set BASTIDE_DEMO=1 and an empty BASTIDE_HOME")
    try:
        story.clear_cut_off(_say)
        install.prepare(_say)
        story.play_if_empty(_say)
        bulk.enlarge(scale, at=terms.now(), say=_say, seed=seed)
        story.open_doors(install.demo_password())
    except (install.CannotStart, bulk.CannotEnlarge, RuntimeError) as problem:
        _stop(problem)
    _say(story.welcome(install.demo_password()))


@app.command()
def serve() -> None:
    """Serve what is prepared: web server and worker, supervised, in the foreground."""
    _django()
    from django.conf import settings

    from bastide import install, running, upgrade
    from bastide.serve import serve as run

    try:
        install.check_port(settings.BASTIDE_BIND, settings.BASTIDE_PORT)
        with running.together():
            upgrade.check_ready()
            raise typer.Exit(run())
    except (install.CannotStart, running.InUse) as problem:
        _stop(problem)


@app.command()
def work() -> None:
    """Run background jobs, schedules and deliveries until stopped."""
    _django()
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
        _stop(problem)


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
    from bastide import install, upgrade

    if not password:
        password = typer.prompt("Password (at least twelve characters)", hide_input=True, confirmation_prompt=True)
    try:
        if not upgrade.is_new():
            upgrade.check_ready()
        install.prepare(_say)
        account = install.initialise(
            name_zh=name_zh, name_en=name_en, code=code, username=administrator, email=email, password=password
        )
    except install.CannotStart as problem:
        _stop(problem)
    _say(f"Ready. Start with `bastide serve` and sign in as {account.username}.")


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
    _django()
    from bastide import backup as backups
    from bastide.base import terms

    try:
        if check:
            members = backups.check(file, keys=backups.keys_of(identity, passphrase_file))
            _say(f"{file}: {len(members):,} files, all as the list in it says.")
            return
        locks = backups.locks_of(recipient or [], passphrase_file)
        members = backups.back_up(file, at=terms.now(), say=_say, locks=locks)
    except (backups.CannotBackUp, backups.CannotRestore, backups.WrongKey, OSError) as problem:
        _stop(problem)
    warning = "" if locks.given else " It holds keys and is not encrypted: keep it as you keep them."
    _say(f"{file}: {len(members):,} files, {file.stat().st_size:,} bytes.{warning}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Made by `bastide backup`.")],
    identity: IdentityFile = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Put an installation back from a backup, into an empty data folder (and an empty PostgreSQL database)."""
    _django()
    from bastide import backup as backups

    try:
        backups.restore(file, say=_say, keys=backups.keys_of(identity, passphrase_file))
    except (backups.CannotRestore, backups.WrongKey, OSError) as problem:
        _stop(problem)
    _say("Restored. Start with `bastide serve`.")


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
    _django()
    from bastide import upgrade
    from bastide.base import terms

    if no_backup and (no_backup != "i-have-one" or backup_file is not None):
        raise typer.BadParameter("write --no-backup i-have-one, and no --backup", param_hint="--no-backup")
    try:
        kept = upgrade.upgrade(at=terms.now(), say=_say, file=backup_file, has_backup=bool(no_backup))
    except upgrade.NotUpgraded as problem:
        print(f"bastide: {problem}", file=sys.stderr)
        raise typer.Exit(problem.exit_code) from problem
    _say(f"Upgraded. Start with `bastide serve`.{f' The state before lies in {kept}.' if kept else ''}")


@app.command()
def recount(
    mend: Annotated[bool, typer.Option("--mend", help="Replace the kept counts by the recount.")] = False,
) -> None:
    """Compare the counts that are kept as units change with a recount of all units.

    Exit codes: 0 equal; 1 not equal, with what differs.
    """
    _django()
    from bastide.registry import tally

    different = tally.differences()
    for key, kept, true in different:
        _say(f"{dict(zip(tally.COLUMNS, key, strict=True))}: kept {kept:,}, recounted {true:,}")
    if different and mend:
        tally.count_anew()
        _say("The counts were replaced by the recount.")
        return
    _say(f"{len(different)} differences" if different else f"equal: {sum(tally.kept().values()):,} units")
    raise typer.Exit(1 if different else 0)


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
    tsa: Annotated[Path | None, typer.Option(help="Certificates (PEM) of the time-stamping authority.")] = None,
    root: Annotated[
        tuple[str, str] | None, typer.Option(metavar="DATE HASH", help="A printed root of a day, to be compared.")
    ] = None,
) -> None:
    """Check that nothing in the trail was changed, deleted, inserted, moved or put back to an older copy.

    Exit codes: 0 whole; 1 not whole, with the number of the entry; 2 could not be read; 3 some signatures unchecked.
    """
    from bastide.base.trail import proof

    if file is not None:
        if root is not None:
            raise typer.BadParameter("compare a root with the database; for a file use --last", param_hint="--root")
        named = [f"--tsa={tsa}"] if tsa else []
        raise typer.Exit(proof.main([str(file), f"--key={key}", f"--last={last}", *named]))
    _django()
    from bastide.base.trail import seals

    check = seals.verify(tsa=tsa.read_bytes() if tsa else None)
    for line in proof.told(check):
        _say(line)
    _say(f"not sealed yet: {seals.unsealed().count()}")
    raise typer.Exit((_compared(root) if root else 0) or proof.code_of(check))


def _compared(root: tuple[str, str]) -> int:
    """Compare a printed root; the exit code is 1 where it is not in the chain."""
    from datetime import date

    from bastide.base import terms
    from bastide.base.trail import days

    try:
        day = date.fromisoformat(root[0])
    except ValueError as problem:
        raise typer.BadParameter(f"{root[0]} is no day: write 2026-11-22", param_hint="--root") from problem
    same, words = days.compare(day, root[1], at=terms.now())
    _say(words)
    return 0 if same else 1


@trail_app.command("export")
def trail_export(file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as trail.jsonl.")]) -> None:
    """Seal what waits and write the sealed trail as JSON lines (docs/trail.md)."""
    _django()
    from bastide.base import terms
    from bastide.base.trail import seals

    try:
        seals.seal_waiting(at=terms.now(), after=0)
        count = seals.export(file)
    except (seals.NotWhole, OSError) as problem:
        _stop(problem)
    _say(f"{file}: {count:,} entries; key {seals.public_key()}")


@trail_app.command("rotate")
def trail_rotate() -> None:
    """Give the trail a new key of the suite in BASTIDE_TRAIL_SUITE: announced by the old one, which is deleted."""
    _django()
    from django.conf import settings

    from bastide.base import terms
    from bastide.base.trail import seals

    try:
        old, new = seals.rotate(at=terms.now(), suite=settings.BASTIDE_TRAIL_SUITE)
    except (seals.NotWhole, RuntimeError, OSError) as problem:
        _stop(problem)
    _say(f"old key {old}\nnew key {new} ({settings.BASTIDE_TRAIL_SUITE}): tell it to whoever checks exports")


@trail_app.command("trace")
def trail_trace(
    what: Annotated[
        str, typer.Argument(metavar="FILE|NUMBER", help="A CSV or XLSX that turned up, or OUT-2026-000012.")
    ],
) -> None:
    """Tell who exported a file, when and for what purpose, from the watermark in it.

    Exit codes: 0 found; 1 no mark, or a mark this installation did not make; 2 could not be read.
    """
    _django()
    from bastide.base.ui.tables import stamp

    try:
        text = what if stamp.NUMBERED.fullmatch(what) else stamp.text_of(Path(what))
    except OSError as problem:
        print(f"bastide: {problem}", file=sys.stderr)
        raise typer.Exit(2) from problem
    found = stamp.trace(text)
    for one in found:
        _say(one.words)
    if not found:
        _say("no export number in it")
    raise typer.Exit(0 if found and all(one.entry and one.is_ours is not False for one in found) else 1)


# ---- self-tests

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

    _django()
    from django.db import DatabaseError

    from bastide import install, upgrade
    from bastide.selftest import leaks, oracle

    seed = seed or secrets.randbelow(10**6)
    _say(f"seed {seed}")
    try:
        upgrade.check_ready()
        report = leaks.run(
            seed=seed, objects=objects, accounts=accounts, rows=rows, say=_say, names=account, only=tuple(door or ())
        )
    except (install.CannotStart, oracle.TooMany, DatabaseError) as problem:
        print(f"bastide: {problem}", file=sys.stderr)
        raise typer.Exit(2) from problem
    for line in report.lines():
        _say(line)
    if file is not None:
        file.write_text(report.as_json(), encoding="utf-8")
    if not report.accounts:
        print("bastide: no account to test with", file=sys.stderr)
        raise typer.Exit(2)
    _say(report.words())
    raise typer.Exit(1 if report.leaks else 0)


# ---- people

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
    _django()
    from bastide.base import terms
    from bastide.base.entry import provision
    from bastide.base.flow.refusals import Refused
    from bastide.base.people.models import Account

    account = Account.objects.filter(username=by, is_house=False, is_active=True).first()
    if account is None:
        _stop(f"no active account “{by}”")
    link = f"{url.rstrip('/')}/entry/welcome/{{secret}}/" if url else ""
    try:
        receipt = provision.take_in(file.read_bytes(), by=account, at=terms.now(), dry_run=dry_run, url_of=link)
    except (Refused, OSError) as problem:
        _stop(problem)
    for line in receipt.refused:
        print(f"{file}:{line.number}: {line.wrong}: {line.words}", file=sys.stderr)
    _say(", ".join(f"{count} {outcome}" for outcome, count in receipt.counts().items()) + " (dry run)" * dry_run)
    raise typer.Exit(3 if receipt.refused else 0)


# ---- findings

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
    _django()
    from bastide.base import terms
    from bastide.base.flow.refusals import Refused
    from bastide.base.people.models import Account
    from bastide.rectify import flows, tables

    account = Account.objects.filter(username=by, is_house=False, is_active=True).first()
    if account is None:
        _stop(f"no active account “{by}”")
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
        _stop(problem)
    counts = ", ".join(f"{count:,} {name}" for name, count in thing.counts.items())
    _say(f"{thing.number}: {counts}{' (dry run)' * dry_run}")
    raise typer.Exit(3 if thing.counts.get("bad") else 0)


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
    """Entry point of the command. A full disk and a database that is away are said in a sentence."""
    try:
        app()
    except Exception as error:
        if "django.db" not in sys.modules:  # the command needed no installation
            raise
        from django.utils import translation

        from bastide.base.flow.outages import outage

        if (found := outage(error)) is None:
            raise
        with translation.override("en"):
            print(f"bastide: {found.heading}: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
