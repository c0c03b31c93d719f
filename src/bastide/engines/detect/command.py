"""The body of `bastide detect`: files of events and rules in, one JSON line per match out."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Final

import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .correlation import correlate
from .event import Trouble
from .indicators import Indicator, Indicators, Wrong, read_list
from .inputs import Unreadable, blocks
from .outputs import Lines, Output, Row
from .outputs import Table as Columns
from .rules import Logsource, NoRules, Rejected, Rule, RuleSet, WrongPipeline, load_rules
from .work import CannotScale, Part, Work, examine

DONE: Final = 0
COULD_NOT_START: Final = 1
LEFT_OUT: Final = 3
"""Exit codes; 2 is a wrong command line. LEFT_OUT: done, but some events (with `strict` also rules) were left out."""

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asked for."""

    inputs: Sequence[Path]
    rules: Sequence[Path]
    out: Path | None = None
    summary: bool = False
    rejected: Path | None = None
    quarantine: Path | None = None
    logsource: Logsource = field(default_factory=Logsource)
    placeholders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cache: Path | None = None
    strict: bool = False
    pipelines: Sequence[Path] = ()
    form: str | None = None  # one of inputs.FORMATS; None: told from the content
    table: bool = False  # matches as Parquet
    threads: int = 1
    indicators: Sequence[Path] = ()
    master: str | None = None  # of a Spark cluster; None: this process


@dataclass(slots=True)
class _Tally:
    whole: Part = field(default_factory=Part)
    troubles: Counter[str] = field(default_factory=Counter)
    together: Counter[str] = field(default_factory=Counter)  # title of the correlation → how often it held


def default_cache() -> Path:
    """Where compiled rules are kept: the data folder if there is one, else the user's cache folder."""
    home = os.environ.get("BASTIDE_HOME")
    if home:
        return Path(home) / "cache" / "detect"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bastide" / "detect"


def placeholders_of(written: Sequence[str]) -> dict[str, list[str]]:
    """Values of placeholders from NAME=VALUE,VALUE; ValueError where one is not written so."""
    values: dict[str, list[str]] = {}
    for each in written:
        name, equals, listed = each.partition("=")
        if not name or not equals or not listed:
            raise ValueError(f"a placeholder is given as NAME=VALUE,VALUE, not {each!r}")
        values.setdefault(name.strip("%"), []).extend(listed.split(","))
    return values


def run(order: Order) -> int:
    """Carries the order out and returns the exit code."""
    console = Console(stderr=True, highlight=False)
    missing = [
        str(path)
        for path in (*order.inputs, *order.rules, *order.pipelines, *order.indicators)
        if str(path) != "-" and not path.exists()
    ]
    if missing:
        console.print(f"[red]No such file: {', '.join(missing)}", markup=True, soft_wrap=True)
        return COULD_NOT_START
    try:
        with console.status("Compiling rules") if console.is_terminal else nullcontext():
            rules = RuleSet(())
            if order.rules:
                rules = load_rules(
                    order.rules, placeholders=order.placeholders, pipelines=order.pipelines, cache=order.cache
                )
        _list_rejected(console, rules.rejected, order.rejected)
        indicators = _indicators(console, order.indicators)
        work = Work(rules, indicators, order.logsource, order.threads)
        tally = _evaluate(console, work, order)
    except (NoRules, Unreadable, WrongPipeline, CannotScale, OSError) as problem:
        if isinstance(problem, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE
        console.print(str(problem), style="red", markup=False, soft_wrap=True)
        return COULD_NOT_START
    if order.summary:
        console.print(_table(rules.rules, tally))
    _close(console, work, tally)
    return LEFT_OUT if tally.troubles or (order.strict and rules.rejected) else DONE


def _list_rejected(console: Console, rejected: Sequence[Rejected], path: Path | None) -> None:
    """Every rule that is not evaluated, with its reason: none is skipped in silence."""
    for each in rejected:
        console.print(f"rule left out: {each.path}:{each.line}: {each.reason}", markup=False, soft_wrap=True)
    if path is not None:
        path.write_bytes(b"".join(orjson.dumps(asdict(each)) + b"\n" for each in rejected))


def _indicators(console: Console, paths: Sequence[Path]) -> Indicators:
    """The indicators of some lists; rows that are none are named, the first twenty of them, and left out."""
    indicators, wrong = Indicators(), 0
    for path in paths:
        rows = list(read_list(path))
        indicators.add(row for row in rows if isinstance(row, Indicator))
        for row in (row for row in rows if isinstance(row, Wrong)):
            wrong += 1
            if wrong <= _SHOWN:
                console.print(f"indicator left out: {row.path}:{row.line}: {row.reason}", markup=False, soft_wrap=True)
    if paths:
        left = f"; {wrong:,} rows left out" if wrong else ""
        console.print(f"{len(indicators):,} indicators{left}", markup=False)
    return indicators


def _evaluate(console: Console, work: Work, order: Order) -> _Tally:
    tally = _Tally()
    with ExitStack() as stack:
        out = stack.enter_context(_output(order))
        aside = stack.enter_context(order.quarantine.open("wb")) if order.quarantine else None
        for path, part in _parts(console, work, order):
            _take(console, path, part, out, aside, tally)
        for found in correlate(work.rules.correlations, tally.whole.hits):
            tally.together[found.correlation.title] += 1
            file, line = found.hit.place
            out.write(Row.of_correlation(found, order.inputs[file], line))
    return tally


def _parts(console: Console, work: Work, order: Order) -> Iterator[tuple[Path, Part]]:
    """What is found, in the order of the files and of their events."""
    if order.master is not None:
        from .spark import parts

        yield from parts(work, order.inputs, order.master, form=order.form)
        return
    for number, path in enumerate(order.inputs):
        with _progress(console, path) as told:
            for block in blocks(path, told=told, form=order.form):
                yield path, examine(work, number, path, block)


def _take(console: Console, path: Path, part: Part, out: Output, aside: IO[bytes] | None, tally: _Tally) -> None:
    """Writes what was found and counts it."""
    whole = tally.whole
    for row in part.rows:
        out.write(row)
    whole.events += part.events
    whole.matches += part.matches
    whole.indicated += part.indicated
    whole.timeless += part.timeless
    whole.hits += part.hits
    for trouble in part.troubles:
        _set_aside(console, path, trouble, aside, tally)


def _set_aside(console: Console, path: Path, trouble: Trouble, aside: IO[bytes] | None, tally: _Tally) -> None:
    """Names an event that was not evaluated: the first twenty on screen, all of them in the quarantine file."""
    tally.troubles[trouble.code] += 1
    if aside is not None:
        told = {"file": str(path), "line": trouble.event, "code": trouble.code, "reason": trouble.reason}
        aside.write(orjson.dumps(told) + b"\n")
    shown = tally.troubles.total()
    if shown <= _SHOWN:
        text = f"event left out: {path}, line {trouble.event}: {trouble.reason}"
        console.print(text, markup=False, soft_wrap=True)
    elif shown == _SHOWN + 1:
        console.print("further events left out are counted only; --quarantine FILE lists them all", markup=False)


def _output(order: Order) -> AbstractContextManager[Output]:
    if order.table and order.out is not None:
        return Columns(order.out)
    return Lines(order.out)


@contextmanager
def _progress(console: Console, path: Path) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes of a file, on a terminal only."""
    if not console.is_terminal or not path.is_file():
        yield lambda count: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(path.name, total=path.stat().st_size)
        yield lambda count: progress.update(task, advance=count)


def _table(rules: Sequence[Rule], tally: _Tally) -> Table:
    table = Table("level", "rule", "techniques", "matches", title="Matches by rule")
    levels = {"critical": 0, "high": 1, "medium": 2, "low": 3, "informational": 4}
    by_weight = sorted(tally.whole.matches.items(), key=lambda each: (levels.get(rules[each[0]].level, 5), -each[1]))
    for at, count in by_weight:
        table.add_row(rules[at].level, rules[at].title, " ".join(rules[at].techniques), f"{count:,}")
    return table


def _close(console: Console, work: Work, tally: _Tally) -> None:
    rules, whole, aside = work.rules, tally.whole, tally.troubles.total()
    if rules.correlations:
        console.print(
            f"{len(rules.correlations):,} correlations of {len(whole.hits):,} matches: {tally.together.total():,} held"
            + (f"; {whole.timeless:,} matches state no time and were not counted" if whole.timeless else ""),
            markup=False,
            soft_wrap=True,
        )
    if len(work.indicators):
        console.print(f"{whole.indicated:,} indicators found in events", markup=False)
    console.print(
        f"{whole.events:,} events, {len(rules.rules):,} rules: {whole.matches.total():,} matches of"
        f" {len(whole.matches):,} rules; {aside:,} events and {len(rules.rejected):,} rules left out",
        markup=False,
        soft_wrap=True,
    )
