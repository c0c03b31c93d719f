"""JSON texts of events: what is JSON, and what can be read though it is not quite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from .event import DEEPEST, LONGEST, Poison


def parse(given: str | bytes) -> Any:
    """The JSON value of a text. Bytes and escapes that are no characters become U+FFFD; Poison where it is no JSON."""
    if len(given) > LONGEST:
        raise Poison("long", f"{len(given):,} characters, at most {LONGEST:,} are read")
    try:
        return orjson.loads(given)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as problem:
        return _patient(given, problem)


def _patient(given: str | bytes, problem: Exception) -> Any:
    """A second try for what the fast parser refuses though it can be read: broken characters, large numbers."""
    written = given.decode("utf-8", "replace") if isinstance(given, bytes) else given
    try:
        return without_surrogates(json.loads(written, parse_constant=_refuse))
    except RecursionError:
        raise Poison("deep", f"nested deeper than {DEEPEST} levels") from None
    except ValueError:
        raise Poison("json", f"not JSON: {problem}") from None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


def without_surrogates(value: Any, depth: int = 0) -> Any:
    """The value with halves of surrogate pairs, which are no characters, replaced by U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if depth > DEEPEST:
        raise Poison("deep", f"nested deeper than {DEEPEST} levels")
    if isinstance(value, Mapping):
        return {without_surrogates(name): without_surrogates(each, depth + 1) for name, each in value.items()}
    if isinstance(value, list):
        return [without_surrogates(each, depth + 1) for each in value]
    return value
