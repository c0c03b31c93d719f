"""The sealed trail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bastide.cli.root import app, django_up, give_up, say

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
    django_up()
    from bastide.base.trail import seals

    check = seals.verify(tsa=tsa.read_bytes() if tsa else None)
    for line in proof.told(check):
        say(line)
    say(f"not sealed yet: {seals.unsealed().count()}")
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
    say(words)
    return 0 if same else 1


@trail_app.command("export")
def trail_export(file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as trail.jsonl.")]) -> None:
    """Seal what waits and write the sealed trail as JSON lines (docs/trail.md)."""
    django_up()
    from bastide.base import terms
    from bastide.base.trail import seals

    try:
        seals.seal_waiting(at=terms.now(), after=0)
        count = seals.export(file)
    except (seals.NotWhole, OSError) as problem:
        give_up(problem)
    say(f"{file}: {count:,} entries; key {seals.public_key()}")


@trail_app.command("rotate")
def trail_rotate() -> None:
    """Give the trail a new key of the suite in BASTIDE_TRAIL_SUITE: announced by the old one, which is deleted."""
    django_up()
    from django.conf import settings

    from bastide.base import terms
    from bastide.base.trail import seals

    try:
        old, new = seals.rotate(at=terms.now(), suite=settings.BASTIDE_TRAIL_SUITE)
    except (seals.NotWhole, RuntimeError, OSError) as problem:
        give_up(problem)
    say(f"old key {old}\nnew key {new} ({settings.BASTIDE_TRAIL_SUITE}): tell it to whoever checks exports")


@trail_app.command("trace")
def trail_trace(
    what: Annotated[
        str, typer.Argument(metavar="FILE|NUMBER", help="A CSV or XLSX that turned up, or OUT-2026-000012.")
    ],
) -> None:
    """Tell who exported a file, when and for what purpose, from the watermark in it.

    Exit codes: 0 found; 1 no mark, or a mark this installation did not make; 2 could not be read.
    """
    django_up()
    from bastide.base.ui.tables import stamp

    try:
        text = what if stamp.NUMBERED.fullmatch(what) else stamp.text_of(Path(what))
    except OSError as problem:
        print(f"bastide: {problem}", file=sys.stderr)
        raise typer.Exit(2) from problem
    found = stamp.trace(text)
    for one in found:
        say(one.words)
    if not found:
        say("no export number in it")
    raise typer.Exit(0 if found and all(one.entry and one.is_ours is not False for one in found) else 1)
