"""`python -m bastide.engines.detect INPUT... --rules PATH...`: the engine by itself, as `bastide detect` runs it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .command import Order, default_cache, placeholders_of, run
from .rules import Logsource


def main() -> int:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(prog="python -m bastide.engines.detect", description="Sigma rules on event files.")
    parser.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help=".ndjson, .gz, .zst, .parquet, or -")
    parser.add_argument("--rules", required=True, nargs="+", action="extend", type=Path, metavar="PATH")
    parser.add_argument("--out", type=Path, metavar="FILE", help="matches go here instead of standard output")
    parser.add_argument("--summary", action="store_true", help="a table of matches by rule, on standard error")
    parser.add_argument("--rejected", type=Path, metavar="FILE", help="rules left out, one JSON line each")
    parser.add_argument("--quarantine", type=Path, metavar="FILE", help="events left out, one JSON line each")
    parser.add_argument("--product", default="", help="log source of events that do not say theirs")
    parser.add_argument("--category", default="")
    parser.add_argument("--service", default="")
    parser.add_argument("--placeholder", action="append", default=[], metavar="NAME=VALUE,VALUE")
    parser.add_argument("--cache", type=Path, metavar="FOLDER", default=default_cache(), help="compiled rules")
    parser.add_argument("--strict", action="store_true", help="exit code 3 also where a rule was left out")
    given = parser.parse_args()
    try:
        placeholders = placeholders_of(given.placeholder)
    except ValueError as problem:
        parser.error(str(problem))
    return run(
        Order(
            inputs=given.inputs,
            rules=given.rules,
            out=given.out,
            summary=given.summary,
            rejected=given.rejected,
            quarantine=given.quarantine,
            logsource=Logsource(given.product, given.category, given.service),
            placeholders=placeholders,
            cache=given.cache,
            strict=given.strict,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
