"""One event made ready to be asked: its values as texts, flat names, bounds against events made to stall the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

DEEPEST: Final = 32
"""Objects and lists nested deeper than this are not read."""
LONGEST: Final = 1 << 20
"""Characters of one event, and bytes of one line, beyond which it is not read."""
LONGEST_NAME: Final = 1_000
"""Characters of a nested field's name, dots included, beyond which its event is not read."""
WIDEST: Final = 10_000
"""Fields and list members of one event beyond which it is not read."""

METADATA: Final = frozenset({"EvtSeq", "sigma_product", "sigma_category", "sigma_service"})
"""Fields that say how the event reached us; keywords do not look at them."""

Texts = dict[str, str | tuple[str, ...]]
"""Lower-case text of each field that has a value; a tuple where the field holds a list."""


class Poison(ValueError):
    """The event cannot be read; the words say why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Trouble:
    """An event that was not evaluated: its place, a code (json, object, deep, long, wide, text, cut) and why."""

    event: int
    code: str
    reason: str


def text(value: object) -> str:
    """The text a scalar is compared by: true and false for booleans, digits for numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def flat(event: object) -> Mapping[str, Any]:
    """The event with nested names joined by dots, and names with spaces also without; Poison where it is none."""
    if not isinstance(event, dict):
        raise Poison("object", f"an event is a JSON object, this is a {_named(event)}")
    if len(event) > WIDEST:
        raise Poison("wide", f"{len(event):,} fields, at most {WIDEST:,} are read")
    nested = False
    length = 0
    for name, value in event.items():
        if type(name) is not str:
            raise Poison("text", f"a field name is a text, this is a {_named(name)}")
        kind = type(value)
        if kind is str:
            length += len(value)
        elif kind is dict or kind is list:
            nested = True
        elif value is not None and kind is not int and kind is not bool and kind is not float:
            raise Poison("text", f"field {name!r} holds a {_named(value)}, which JSON does not know")
        if " " in name:
            nested = True
    if length > LONGEST:
        raise Poison("long", f"{length:,} characters, at most {LONGEST:,} are read")
    return _spread(event) if nested else event


def lowered(event: Mapping[str, Any], wanted: Collection[str] | None) -> Texts:
    """Lower-case texts of the wanted fields that have a value (None: all but metadata)."""
    texts: Texts = {}
    for name, value in event.items():
        if name in METADATA if wanted is None else name not in wanted:
            continue
        kind = type(value)
        if kind is str:
            texts[name] = value.lower()
        elif kind is int:
            texts[name] = str(value)
        elif kind is list:
            members = tuple(text(member).lower() for member in value if member is not None)
            if members:
                texts[name] = members
        elif value is not None and kind is not dict:
            texts[name] = text(value).lower()
    return texts


def words(value: object) -> Iterator[str]:
    """The texts of a value as they are written: one for a scalar, one per member of a list, none for null."""
    if isinstance(value, list):
        yield from (text(member) for member in value if member is not None)
    elif value is not None and not isinstance(value, dict):
        yield text(value)


def _named(value: object) -> str:
    names = {list: "list", dict: "object", str: "text", int: "number", float: "number", bool: "boolean"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


def _spread(event: dict[str, Any]) -> dict[str, Any]:
    flattened: dict[str, Any] = {}
    aliases: dict[str, Any] = {}
    length = 0
    stack: list[tuple[str, Any, int]] = [(name, event[name], 1) for name in reversed(event)]
    while stack:
        name, value, depth = stack.pop()
        if len(name) > LONGEST_NAME:
            raise Poison("long", f"a field name of {len(name):,} characters, at most {LONGEST_NAME:,} are read")
        if depth > DEEPEST:
            raise Poison("deep", f"nested deeper than {DEEPEST} levels, below field {name[:80]!r}")
        if isinstance(value, dict):
            flattened.setdefault(name, value)
            stack.extend((f"{name}.{key}", value[key], depth + 1) for key in reversed(value))
        elif isinstance(value, list):
            length += _list(flattened, stack, name, value, depth)
        else:
            length += len(value) if isinstance(value, str) else 8
            _put(flattened, name, value)
        if " " in name:
            aliases.setdefault(name.replace(" ", ""), flattened.get(name))
        if len(flattened) + len(stack) > WIDEST:
            raise Poison("wide", f"more than {WIDEST:,} fields and list members")
        if length > LONGEST:
            raise Poison("long", f"more than {LONGEST:,} characters")
    return {**aliases, **flattened}


def _list(
    flattened: dict[str, Any], stack: list[tuple[str, Any, int]], name: str, members: list[Any], depth: int
) -> int:
    """A list's scalars become values of its field, its objects values of the dotted names, its lists are joined in."""
    scalars = [member for member in members if not isinstance(member, dict | list)]
    if len(members) > WIDEST:
        raise Poison("wide", f"field {name[:80]!r} holds {len(members):,} members, at most {WIDEST:,} are read")
    _put(flattened, name, scalars)
    stack.extend((name, member, depth + 1) for member in reversed(members) if isinstance(member, dict | list))
    return sum(len(member) if isinstance(member, str) else 8 for member in scalars)


def _put(flattened: dict[str, Any], name: str, value: Any) -> None:
    """Several values under one name are kept as a list."""
    if name not in flattened or isinstance(flattened[name], dict):
        flattened[name] = value
        return
    present = flattened[name]
    joined = (present if isinstance(present, list) else [present]) + (value if isinstance(value, list) else [value])
    flattened[name] = joined
