"""What every part of the situation room stands on: the operators in sight and what lies at each, counted once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bastide.base.people.models import Account
from bastide.monitor import reads as monitor
from bastide.rectify import reads as rectify
from bastide.registry import reads as registry
from bastide.respond import reads as respond
from bastide.share import reads as share


def listed(url_name: str, /, *, fragment: str = "", **given: Any) -> str:
    """The address of a list, filtered."""
    kept = {name: value for name, value in given.items() if value not in ("", None, [])}
    query = f"?{urlencode(kept, doseq=True)}" if kept else ""
    return f"{reverse(url_name)}{query}{'#' + fragment if fragment else ''}"


# What an operator may be counted by (see `Ground.who`), in words.
WORDS = {
    "events": _("Events arrive from %(n)s of %(m)s operators"),
    "incidents": _("%(n)s of %(m)s operators have an incident on file"),
    "warned": _("%(n)s of %(m)s operators were warned"),
    "answers": _("%(n)s of %(m)s warned operators have acknowledged all"),
    "orders": _("%(n)s of %(m)s operators are under an order"),
    "units": _("%(n)s of %(m)s operators have registered units"),
}


@dataclass(frozen=True)
class Reporting:
    """Who a figure rests on: n of m operators in sight, in words by `kind`, with the list of those n."""

    kind: str
    n: int
    m: int

    @property
    def url(self) -> str:
        return listed("home:coverage", has=self.kind)

    @property
    def words(self) -> str:
        """ "Events arrive from 24 of 30 operators"; empty where no operator is in sight."""
        return str(WORDS[self.kind]) % {"n": self.n, "m": self.m} if self.m else ""


@dataclass(frozen=True)
class Ground:
    """Counts by operator; None where this account may not see that kind of thing."""

    account: Account
    at: datetime
    operators: list[int]  # in the order of their codes
    with_units: set[int]
    own: frozenset[int]  # operators supervised here; the others are seen through a unit or an incident alone
    alerts: Mapping[int, monitor.Open] | None
    incidents: Mapping[int, respond.Load] | None
    answers: Mapping[int, share.Answers] | None
    orders: Mapping[int, rectify.Load] | None
    heard: monitor.Heard | None  # of the operators supervised here

    def reporting(self, kind: str) -> Reporting:
        """Of the operators supervised here (for answers: of those warned), those that the figures of a kind rest on."""
        among = self.who("warned") & self.own if kind == "answers" else self.own
        return Reporting(kind, len(self.who(kind) & self.own), len(among))

    def who(self, kind: str) -> set[int]:
        """Ids of the operators that a kind of figure rests on."""
        if kind == "events":
            return set(self.heard.last) - self.heard.silent if self.heard else set()
        if kind == "incidents":
            return set(self.incidents or {})
        if kind == "answers":
            return {pk for pk, row in (self.answers or {}).items() if row.owed == 0}
        if kind == "warned":
            return set(self.answers or {})
        if kind == "orders":
            return set(self.orders or {})
        return self.with_units & set(self.operators)


def survey(account: Account, *, at: datetime) -> Ground:
    """Count everything by operator: a fixed number of queries however many operators there are."""
    own = frozenset(registry.supervised(account).order_by().values_list("pk", flat=True))
    return Ground(
        account=account, at=at, operators=registry.operator_ids(account), own=own,
        with_units=registry.operators_with_units(account),
        alerts=monitor.open_by_operator(account), incidents=respond.load_by_operator(account, at=at),
        answers=share.answers_by_operator(account), orders=rectify.load_by_operator(account),
        heard=monitor.heard(account, own, at=at) if monitor.sees_coverage(account) else None,
    )  # fmt: skip
