"""The command itself, and what its parts share. Nothing here loads Django before a command asks for it."""

from __future__ import annotations

import sys
from typing import NoReturn

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


def django_up() -> None:
    """Set Django up; only the commands that keep records need it."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bastide.settings")
    django.setup()


def give_up(reason: object) -> NoReturn:
    print(f"bastide: {reason}", file=sys.stderr)
    raise typer.Exit(1)


def say(words: str) -> None:
    print(words, flush=True)
