"""What is right in the register: hosts, codes, coordinates, formulas in cells. Plain values only."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from bastide.base.words import spelling


def gettext_noop(text: str) -> str:
    """Marks a message for translation; it is translated where it is shown, so a kept report reads in any language."""
    return text


@dataclass(frozen=True)
class Problem:
    """What is wrong with one value and what to do about it: a message id with its values."""

    field: str
    text: str
    args: dict[str, Any] = dataclasses.field(default_factory=dict)


class WrongError(ValueError):
    """A value that cannot be taken, with a message id and its values."""

    def __init__(self, text: str, **args: Any) -> None:
        super().__init__(text % args)
        self.text, self.args_of = text, args


@dataclass(frozen=True)
class Host:
    """A name, an address or a network as it is compared: small letters, addresses in their shortest form."""

    kind: str  # "name", "address" or "network"
    value: str


_NAME = re.compile(r"^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$")


def host_of(text: str) -> Host:
    """Read one host: "core-1.example.net", "192.0.2.7", "2001:db8::/32". Anything else is `WrongError`."""
    value = unicodedata.normalize("NFKC", text).strip().rstrip(".").lower()
    try:
        return Host("address", str(ipaddress.ip_address(value)))
    except ValueError:
        pass
    if "/" in value:
        try:
            return Host("network", str(ipaddress.ip_network(value, strict=False)))
        except ValueError:
            raise WrongError(
                gettext_noop("“%(value)s” is no network; write it like 192.0.2.0/24."), value=text[:80]
            ) from None
    if len(value) <= 253 and _NAME.match(value) and not re.fullmatch(r"[0-9.]+", value):
        return Host("name", value)
    raise WrongError(
        gettext_noop("“%(value)s” is no host name, address or network; divide several by semicolons."),
        value=text[:80],
    )


def hosts_of(text: str) -> list[Host]:
    """Hosts out of a cell or a field: one per line, or divided by semicolons, commas or spaces. Doubles are dropped."""
    parts = [part for part in re.split(r"[\s;,；，、]+", text) if part]
    return list(dict.fromkeys(host_of(part) for part in parts))


def nearest_network(address: str, networks: list[str]) -> str | None:
    """The narrowest of the networks that holds the address, or none."""
    try:
        wanted = ipaddress.ip_address(address)
    except ValueError:
        return None
    holding = [
        n for n in (ipaddress.ip_network(text) for text in networks) if n.version == wanted.version and wanted in n
    ]
    return str(max(holding, key=lambda n: n.prefixlen)) if holding else None


_CODE = re.compile(r"^[\w][\w.:/+@() -]*$")


def spelt(text: str, *, is_name: bool) -> str:
    """A text or a name as it is kept; `WrongError` for one that reads otherwise than it is written."""
    try:
        return spelling.named(text) if is_name else spelling.spelt(text)
    except spelling.SpellingError as error:
        raise WrongError(error.text, **error.args_of) from None


def code_of(text: str) -> str:
    """An operator's or a unit's own code: letters, digits and a few signs; no spaces at the ends."""
    value = unicodedata.normalize("NFKC", spelt(text, is_name=True))
    if not _CODE.match(value) or ".." in value:
        raise WrongError(
            gettext_noop(
                "“%(value)s” is no code; begin with a letter or digit, then letters, digits and . - _ : / only."
            ),
            value=text[:80],
        )
    return value


def coordinate_of(text: str, *, limit: float) -> float | None:
    """Degrees as a number, within ±limit; empty is none."""
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        raise WrongError(
            gettext_noop("“%(value)s” is no number; write degrees like 39.9042."), value=text[:40]
        ) from None
    if not -limit <= value <= limit:
        raise WrongError(gettext_noop("%(value)s lies outside ±%(limit)s degrees."), value=text[:40], limit=int(limit))
    return value


_YES = {"yes", "y", "true", "1", "是", "x"}
_NO = {"no", "n", "false", "0", "否", ""}


def yes_of(text: str) -> bool:
    """Yes or no in either language; empty is no."""
    value = text.strip().casefold()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise WrongError(gettext_noop("“%(value)s” is neither yes nor no."), value=text[:40])


_NUMBERLIKE = re.compile(r"^[+-][\d\s().–-]*$")


def is_formula(text: str) -> bool:
    """Would a spreadsheet carry this out as a formula? Telephone numbers and negative numbers are none."""
    if text.startswith(("=", "@", "\t", "\r")):
        return True
    return text.startswith(("+", "-")) and len(text) > 1 and not _NUMBERLIKE.match(text)


def disarmed(text: str) -> str:
    """Takes back the apostrophe that our own exports put before such a text."""
    return text[1:] if text.startswith("'") and text[1:2] in {"=", "+", "-", "@", "\t", "\r"} else text
