"""Findings in draft: written by the team while the inspection is under way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from bastide.base import vault
from bastide.base.flow import Refused
from bastide.base.people.models import Account, Assignment
from bastide.inspection.flows.table import OBSERVATION
from bastide.inspection.models import Observation, Visit


def observe(
    *,
    by: Account,
    at: datetime,
    visit: Visit,
    clause: str,
    severity: str,
    title: str,
    text: str,
    reproduce: str,
    measure: str = "",
    item: str = "",
    unit: Any = None,
    evidence: Iterable[Any] = (),
) -> Observation:
    """Draft a finding: against which clause, where, how grave, and how to see it again."""
    _belongs(visit, unit)
    drafted = Observation(
        visit=visit, clause=clause, severity=severity, title=title, text=text, reproduce=reproduce, measure=measure,
        item=item,
        unit=unit,
    )  # fmt: skip
    with OBSERVATION.begin("observe", drafted, by=by, at=at) as drafted:
        _assign(visit, drafted)
        vault.keep(evidence, thing=drafted, by=by, at=at)
    return drafted


def _belongs(visit: Visit, unit: Any) -> None:
    if unit is not None and unit.operator_id != visit.operator_id:
        raise Refused(_("A network unit belongs to another operator."), field="unit")


def _assign(visit: Visit, drafted: Observation) -> None:
    """Whoever was assigned the visit may work on what is drafted in it, for the same time."""
    for given in Assignment.objects.filter(kind=visit.kind, thing_id=visit.pk):
        Assignment.objects.create(
            account_id=given.account_id, kind=drafted.kind, thing_id=drafted.pk, given_by_id=given.given_by_id,
            since=given.since, until=given.until,
        )  # fmt: skip


def change_observation(
    observation: Observation,
    *,
    by: Account,
    at: datetime,
    evidence: Iterable[Any] = (),
    version: int | None = None,
    **fields: Any,
) -> Observation:
    """Change a finding in draft."""
    _belongs(observation.visit, fields.get("unit"))
    with OBSERVATION.step("change", observation, by=by, at=at, version=version) as held:
        for name, value in fields.items():
            setattr(held, name, value)
        vault.keep(evidence, thing=held, by=by, at=at)
    return observation


def withdraw_observation(
    observation: Observation, *, by: Account, at: datetime, reason: str, version: int | None = None
) -> Observation:
    """Take a draft back."""
    with OBSERVATION.step("withdraw", observation, by=by, at=at, version=version, note=reason):
        pass
    return observation
