"""Expression trees turned into functions: test(lower-case texts, values as they are) -> bool."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from .event import METADATA, Texts, words
from .regex import searcher
from .tree import And, Kind, Leaf, Node, Not, Or

Raw = Mapping[str, Any]
Test = Callable[[Texts, Raw], bool]
Check = Callable[[str], bool]

ONE: Final = "\U0010ffff"
"""Stands for `?` in the parts of a pattern."""

_COST: Final = {
    Kind.NULL: 0,
    Kind.EXISTS: 0,
    Kind.EQUALS: 1,
    Kind.ANY: 1,
    Kind.STARTS: 2,
    Kind.ENDS: 2,
    Kind.CONTAINS: 4,
    Kind.FIELD: 6,
    Kind.COMPARE: 8,
    Kind.WILD: 12,
    Kind.CIDR: 20,
    Kind.PART: 20,
    Kind.REGEX: 30,
}


def test_of(node: Node) -> Test:
    """The function of a tree. It is right for any event; children are asked in order of what asking costs."""
    match node:
        case Leaf():
            return _leaf(node)
        case Not(child):
            return _negated(test_of(child))
        case And(children):
            return _all([test_of(child) for child in sorted(children, key=cost)])
        case Or(children):
            return _any([test_of(child) for child in sorted(children, key=cost)])


def cost(node: Node) -> int:
    """A rough price of asking, to ask the cheap things first."""
    match node:
        case Leaf():
            price = _COST[node.kind] * (40 if node.field is None else 1)
            return price * max(1, len(node.values)) if node.kind in (Kind.CONTAINS, Kind.WILD, Kind.REGEX) else price
        case Not(child):
            return 1 + cost(child)
        case And(children) | Or(children):
            return 1 + sum(map(cost, children))


def _all(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda low, raw: first(low, raw) and second(low, raw)

    def test(low: Texts, raw: Raw) -> bool:
        for each in tests:  # noqa: SIM110 - a loop is twice as fast as all() here
            if not each(low, raw):
                return False
        return True

    return test


def _any(tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda low, raw: first(low, raw) or second(low, raw)

    def test(low: Texts, raw: Raw) -> bool:
        for each in tests:  # noqa: SIM110 - a loop is twice as fast as any() here
            if each(low, raw):
                return True
        return False

    return test


def _negated(child: Test) -> Test:
    return lambda low, raw: not child(low, raw)


def _leaf(leaf: Leaf) -> Test:
    """The question of one leaf; lists of values and lists in the event both ask for one that fits."""
    if leaf.field is None:
        return _keyword(leaf)
    name = leaf.field
    match leaf.kind:
        case Kind.NULL:
            return lambda low, raw: raw.get(name) is None
        case Kind.EXISTS:
            wanted = leaf.option == "yes"
            return lambda low, raw: (name in raw) is wanted
        case Kind.ANY:
            return lambda low, raw: name in low
        case Kind.FIELD:
            return _reference(name, leaf.values[0], _RELATION[leaf.option])
    check = check_of(leaf)
    if leaf.cased or leaf.kind in (Kind.REGEX, Kind.CIDR, Kind.COMPARE, Kind.PART):
        return lambda low, raw: any(map(check, words(raw.get(name))))
    if leaf.kind is Kind.EQUALS:
        return _equals(name, leaf.values)

    def test(low: Texts, raw: Raw) -> bool:
        value = low.get(name)
        if value is None:
            return False
        return check(value) if type(value) is str else any(map(check, value))

    return test


def _equals(name: str, values: tuple[str, ...]) -> Test:
    if len(values) == 1:
        (only,) = values

        def test_one(low: Texts, raw: Raw) -> bool:
            value = low.get(name)
            return value == only if type(value) is not tuple else only in value

        return test_one
    accepted = frozenset(values)

    def test(low: Texts, raw: Raw) -> bool:
        value = low.get(name)
        return value in accepted if type(value) is not tuple else not accepted.isdisjoint(value)

    return test


def _keyword(leaf: Leaf) -> Test:
    """A keyword is looked for in every value of the event, its metadata apart."""
    check = check_of(leaf)
    if leaf.cased or leaf.kind is Kind.REGEX:
        return lambda low, raw: any(
            check(word) for name, value in raw.items() if name not in METADATA for word in words(value)
        )

    def test(low: Texts, raw: Raw) -> bool:
        for value in low.values():  # noqa: SIM110 - a loop is twice as fast as any() here
            if check(value) if type(value) is str else any(map(check, value)):
                return True
        return False

    return test


def check_of(leaf: Leaf) -> Check:
    """What a leaf asks of one text: lower-case, or as written if the leaf is cased, a regex, a network or a number."""
    values = leaf.values
    match leaf.kind:
        case Kind.EQUALS:
            return frozenset(values).__contains__
        case Kind.CONTAINS:
            return _contains(values)
        case Kind.STARTS:
            return lambda value: value.startswith(values)
        case Kind.ENDS:
            return lambda value: value.endswith(values)
        case Kind.WILD:
            return _either([_wild(pattern) for pattern in values])
        case Kind.REGEX:
            return _either([_found(pattern, leaf.option) for pattern in values])
        case Kind.CIDR:
            return _within(values)
        case Kind.COMPARE:
            return _compared(float(values[0]), leaf.option)
        case Kind.PART:
            return _part(int(values[0]), leaf.option)
        case Kind.ANY:
            return lambda value: True
        case _:
            raise ValueError(f"{leaf.kind} is no question to a text")


def _either(checks: list[Check]) -> Check:
    return checks[0] if len(checks) == 1 else lambda value: any(check(value) for check in checks)


def _contains(values: tuple[str, ...]) -> Check:
    if len(values) == 1:
        (only,) = values
        return lambda value: only in value

    def check(value: str) -> bool:
        for each in values:  # noqa: SIM110 - a loop is twice as fast as any() here
            if each in value:
                return True
        return False

    return check


def _found(pattern: str, flags: str) -> Check:
    search = searcher(pattern, flags)
    return lambda value: search(value) is not None


def parts_of(pattern: str) -> list[str]:
    """The texts between the `*` of a pattern, with `?` as a noncharacter no text holds."""
    parts, run, escaped = [], "", False
    for char in pattern:
        if escaped:
            run, escaped = run + char, False
        elif char == "\\":
            escaped = True
        elif char == "*":
            parts.append(run)
            run = ""
        else:
            run += ONE if char == "?" else char
    return [*parts, run]


def _wild(pattern: str) -> Check:
    """Patterns with `*` alone are searched part after part; those with `?` by RE2. Both are linear."""
    parts = parts_of(pattern)
    if any(ONE in part for part in parts):
        body = ".*".join(".".join(_quoted(piece) for piece in part.split(ONE)) for part in parts)
        search = searcher(rf"\A(?s:{body})\z", "")
        return lambda value: search(value) is not None
    if len(parts) == 1:
        return parts[0].__eq__
    head, *middle, tail = parts

    def check(value: str) -> bool:
        if len(value) < len(head) + len(tail) or not value.startswith(head) or not value.endswith(tail):
            return False
        at, end = len(head), len(value) - len(tail)
        for part in middle:
            at = value.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True

    return check


def _quoted(piece: str) -> str:
    return "".join(char if char.isalnum() or not char.isascii() else f"\\x{ord(char):02x}" for char in piece)


def _within(values: tuple[str, ...]) -> Check:
    networks = [ipaddress.ip_network(value) for value in values]

    def check(value: str) -> bool:
        address = _address(value)
        return address is not None and any(address in network for network in networks)

    return check


@lru_cache(maxsize=8192)
def _address(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(value) if len(value) < 64 else None
    except ValueError:
        return None


_RELATION: Final[dict[str, Callable[[str, str], bool]]] = {
    "equals": lambda one, other: one == other,
    "starts": lambda one, other: one.startswith(other),
    "ends": lambda one, other: one.endswith(other),
    "contains": lambda one, other: other in one,
}


def _reference(name: str, other: str, related: Callable[[str, str], bool]) -> Test:
    def test(low: Texts, raw: Raw) -> bool:
        one, two = low.get(name), low.get(other)
        if one is None or two is None:
            return False
        ones, twos = (one,) if type(one) is str else one, (two,) if type(two) is str else two
        return any(related(each, against) for each in ones for against in twos)

    return test


def _compared(bound: float, relation: str) -> Check:
    compare: Callable[[float], bool] = {
        "lt": bound.__gt__,
        "lte": bound.__ge__,
        "gt": bound.__lt__,
        "gte": bound.__le__,
        "neq": bound.__ne__,
    }[relation]

    def check(value: str) -> bool:
        number = _number(value)
        return number is not None and compare(number)

    return check


def _number(value: str) -> float | None:
    try:
        number = float(value) if len(value) < 64 and "_" not in value else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _part(wanted: int, unit: str) -> Check:
    def check(value: str) -> bool:
        time = instant(value)
        if time is None:
            return False
        return (time.isocalendar().week if unit == "week" else getattr(time, unit)) == wanted

    return check


def instant(value: str) -> datetime | None:
    """The time a text states: ISO 8601, or seconds, milliseconds, ... since 1970; UTC where it names no zone."""
    number = _number(value)
    try:
        if number is not None:
            while abs(number) > 1e11:
                number /= 1000
            return datetime.fromtimestamp(number, UTC)
        time = datetime.fromisoformat(value) if 10 <= len(value) <= 40 else None
    except (ValueError, OverflowError, OSError):
        return None
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time
