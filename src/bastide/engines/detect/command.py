"""The body of `bastide detect`: files of events and rules in, one JSON line per match out."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Final

import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .event import Trouble
from .evidence import evidence, time_of
from .match import match
from .read import Line, Unreadable, read
from .rules import Logsource, NoRules, Rejected, Rule, RuleSet, load_rules

DONE: Final = 0
COULD_NOT_START: Final = 1
LEFT_OUT: Final = 3
"""Exit codes; 2 is a wrong command line. LEFT_OUT: done, but some events (with `strict` also rules) were left out."""

_BATCH: Final = 16_384
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


@dataclass(slots=True)
class _Tally:
    events: int = 0
    matches: Counter[int] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)


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
    missing = [str(path) for path in (*order.inputs, *order.rules) if str(path) != "-" and not path.exists()]
    if missing:
        console.print(f"[red]No such file: {', '.join(missing)}", markup=True, soft_wrap=True)
        return COULD_NOT_START
    try:
        with console.status("Compiling rules") if console.is_terminal else nullcontext():
            rules = load_rules(order.rules, placeholders=order.placeholders, cache=order.cache)
        _list_rejected(console, rules.rejected, order.rejected)
        tally = _evaluate(console, rules, order)
    except (NoRules, Unreadable, OSError) as problem:
        if isinstance(problem, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE
        console.print(str(problem), style="red", markup=False, soft_wrap=True)
        return COULD_NOT_START
    if order.summary:
        console.print(_table(rules.rules, tally))
    _close(console, rules, tally)
    return LEFT_OUT if tally.troubles or (order.strict and rules.rejected) else DONE


def _list_rejected(console: Console, rejected: Sequence[Rejected], path: Path | None) -> None:
    """Every rule that is not evaluated, with its reason: none is skipped in silence."""
    for each in rejected:
        console.print(f"rule left out: {each.path}:{each.line}: {each.reason}", markup=False, soft_wrap=True)
    if path is not None:
        path.write_bytes(b"".join(orjson.dumps(asdict(each)) + b"\n" for each in rejected))


def _evaluate(console: Console, rules: RuleSet, order: Order) -> _Tally:
    tally = _Tally()
    with ExitStack() as stack:
        out = stack.enter_context(_stream(order.out))
        aside = stack.enter_context(order.quarantine.open("wb")) if order.quarantine else None
        for path in order.inputs:
            with _progress(console, path) as told:
                lines = read(path, told=told)
                while batch := list(islice(lines, _BATCH)):
                    _batch(console, rules, order, path, batch, out, aside, tally)
        out.flush()
    return tally


def _batch(
    console: Console,
    rules: RuleSet,
    order: Order,
    path: Path,
    batch: list[Line],
    out: IO[bytes],
    aside: IO[bytes] | None,
    tally: _Tally,
) -> None:
    readable = [line for line in batch if line.trouble is None]
    found = match(rules, [line.event for line in readable], logsource=order.logsource)
    for at, rule in found:
        tally.matches[rule] += 1
        out.write(_written(rules.rules[rule], path, readable[at]))
    tally.events += len(batch)
    troubles = [line.trouble for line in batch if line.trouble is not None]
    troubles += [Trouble(readable[each.event].number, each.code, each.reason) for each in found.troubles]
    for trouble in sorted(troubles, key=lambda each: each.event):
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


def _written(rule: Rule, path: Path, line: Line) -> bytes:
    time = time_of(line.event)
    told = {
        "rule_id": rule.id,
        "file": str(path),
        "line": line.number,
        "time": time.isoformat().replace("+00:00", "Z") if time else None,
        "level": rule.level,
        "title": rule.title,
        "fields": evidence(rule, line.event),
    }
    return orjson.dumps(told, default=str) + b"\n"


def _stream(path: Path | None) -> AbstractContextManager[IO[bytes]]:
    return nullcontext(sys.stdout.buffer) if path is None or str(path) == "-" else path.open("wb")


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
    by_weight = sorted(tally.matches.items(), key=lambda each: (levels.get(rules[each[0]].level, 5), -each[1]))
    for at, count in by_weight:
        table.add_row(rules[at].level, rules[at].title, " ".join(rules[at].techniques), f"{count:,}")
    return table


def _close(console: Console, rules: RuleSet, tally: _Tally) -> None:
    aside = tally.troubles.total()
    console.print(
        f"{tally.events:,} events, {len(rules.rules):,} rules: {tally.matches.total():,} matches of"
        f" {len(tally.matches):,} rules; {aside:,} events and {len(rules.rejected):,} rules left out",
        markup=False,
        soft_wrap=True,
    )
