"""What of the language a set of rules uses, and how much of it is evaluated: the body of `bastide rules check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from .native import automaton_of, available
from .rules import RuleSet, contents, load_rules
from .tree import Kind, leaves

DONE, LEFT_OUT = 0, 3


def check(
    paths: Sequence[Path],
    *,
    placeholders: Mapping[str, Sequence[str]],
    pipelines: Sequence[Path] = (),
    cache: Path | None = None,
) -> int:
    """Prints what is compiled, what is left out and why, and how often each modifier is used. Gives the exit code."""
    console = Console(highlight=False)
    rules = load_rules(paths, placeholders=placeholders, pipelines=pipelines, cache=cache)
    console.print(_total(rules))
    console.print(_modifiers(paths, rules))
    for each in rules.rejected:
        console.print(f"{each.path}:{each.line}: {each.code}: {each.reason}", markup=False, soft_wrap=True)
    return LEFT_OUT if rules.rejected else DONE


def _total(rules: RuleSet) -> Table:
    table = Table("", "rules", title="Compiled")
    table.add_row("over single events", f"{len(rules.rules):,}")
    table.add_row("correlations", f"{len(rules.correlations):,}")
    for code, count in Counter(each.code for each in rules.rejected).most_common():
        table.add_row(f"left out: {code}", f"{count:,}")
    walked, asked = _expressions(rules)
    table.add_row("regular expressions walked by the kernel", f"{walked:,}" if available() else "no kernel here")
    table.add_row("regular expressions left to RE2", f"{asked:,}")
    return table


def _expressions(rules: RuleSet) -> tuple[int, int]:
    """Different regular expressions that have a table, and those that have none."""
    found = {
        (pattern, leaf.option)
        for rule in rules.rules
        for leaf in leaves(rule.tree)
        if leaf.kind is Kind.REGEX
        for pattern in leaf.values
    }
    walked = sum(automaton_of(pattern, flags) is not None for pattern, flags in found)
    return walked, len(found) - walked


def _modifiers(paths: Sequence[Path], rules: RuleSet) -> Table:
    """Per modifier: rules that use it, and how many of those are evaluated."""
    good = Counter(rule.path for rule in rules.rules)
    used: dict[str, list[int]] = {}
    for path in paths:
        for name, content in contents(path):
            evaluated = bool(good[name])
            for modifier in {each for key in _keys(content) for each in key.split("|")[1:] or [""]}:
                counts = used.setdefault(modifier, [0, 0])
                counts[0] += 1
                counts[1] += evaluated
    table = Table("modifier", "files", "evaluated", title="Modifiers")
    for modifier, (files, compiled) in sorted(used.items(), key=lambda each: -each[1][0]):
        table.add_row(modifier or "(none)", f"{files:,}", f"{compiled:,}")
    return table


def _keys(content: bytes) -> Iterator[str]:
    """Names of fields with their modifiers, as a rule file writes them."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = [each for each in yaml.load_all(content, loader) if isinstance(each, dict)]
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    stack: list[Any] = [each.get("detection") for each in documents]
    for _ in range(100_000):
        if not stack:
            return
        top = stack.pop()
        if isinstance(top, list):
            stack.extend(top)
        elif isinstance(top, dict):
            for key, inner in top.items():
                stack.append(inner)
                if not isinstance(inner, dict) and key not in ("condition", "timeframe"):
                    yield str(key)
