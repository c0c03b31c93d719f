"""What is done with each block of events: rules, indicators and correlations' matches – the same in one process, in
threads, and on the workers of a cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path

from .correlation import Hit
from .event import Poison, Trouble, flat
from .evidence import time_of
from .indicators import Indicators, texts
from .inputs import Block
from .match import match
from .outputs import Row
from .rules import Logsource, RuleSet


class CannotScale(RuntimeError):
    """A cluster cannot be used here; the text says what is missing."""


@dataclass(frozen=True)
class Work:
    """What is looked for."""

    rules: RuleSet
    indicators: Indicators
    logsource: Logsource = field(default_factory=Logsource)
    threads: int = 1

    @cached_property
    def correlated(self) -> frozenset[str]:
        """Rules that correlations name."""
        return frozenset(rule for one in self.rules.correlations for rule in one.rules)


@dataclass(slots=True)
class Part:
    """What was found in some events of one file."""

    events: int = 0
    rows: list[Row] = field(default_factory=list)
    matches: Counter[int] = field(default_factory=Counter)  # position of the rule → how many
    indicated: int = 0
    hits: list[Hit] = field(default_factory=list)  # matches that correlations count
    timeless: int = 0  # such matches that state no time
    troubles: list[Trouble] = field(default_factory=list)


def examine(work: Work, number: int, path: Path, block: Block) -> Part:
    """Everything that is found in a block of the file of this number."""
    part, rules = Part(), work.rules
    found = match(rules, block.batch, logsource=work.logsource, threads=work.threads)
    for event, pairs in groupby(found, key=lambda pair: pair[0]):
        values, line = block.event(event), block.numbers[event]
        for _, rule in pairs:
            one = rules.rules[rule]
            if one.id in work.correlated:
                if (time := time_of(values)) is None:
                    part.timeless += 1
                else:
                    part.hits.append(Hit(one.id, time, (number, line), flat(values)))
            if one.id not in rules.silent:
                part.matches[rule] += 1
                part.rows.append(Row.of_match(one, path, line, values))
    if len(work.indicators):
        _indicated(work.indicators, path, block, part)
    # Lines of nothing but spaces are no events, and no trouble.
    real = [each for each in found.troubles if each.code != "json" or not _blank(block.given(each.event))]
    part.events = found.events - (len(found.troubles) - len(real)) + len(block.troubles)
    troubles = [*block.troubles, *(Trouble(block.numbers[each.event], each.code, each.reason) for each in real)]
    part.troubles = sorted(troubles, key=lambda each: each.event)
    return part


def _indicated(indicators: Indicators, path: Path, block: Block, part: Part) -> None:
    """Looks for the indicators in every value of a block's events."""
    for row, place in _pairs(indicators, block):
        try:
            event = block.event(row)
        except Poison:
            continue  # named as trouble already
        part.indicated += 1
        fields = indicators.fields(event, place)
        part.rows.append(Row.of_indicator(indicators.all[place], path, block.numbers[row], event, fields))


def _pairs(indicators: Indicators, block: Block) -> Iterable[Sequence[int]]:
    if "raw" in block.batch.schema.names:
        return indicators.look(block.batch.column("raw"), json=True).tolist()
    columns = (column for column in block.batch.columns if texts(column.type))
    return sorted({(row, place) for column in columns for row, place in indicators.look(column).tolist()})


def _blank(given: object) -> bool:
    return isinstance(given, str | bytes) and (not given or given.isspace())
