"""The command `bastide`: one small function per command, each importing what it needs when it is called."""

from __future__ import annotations

import sys

from bastide.cli import findings, house, monitoring, people, selftest, trail
from bastide.cli.root import app

__all__ = ["app", "findings", "house", "main", "monitoring", "people", "selftest", "trail"]


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
