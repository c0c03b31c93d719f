"""Findings: recorded from a concluded inspection or by hand, and what returns of what was closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from bastide.base import packs, vault
from bastide.base.flow import Refused
from bastide.base.people.models import Account, Organisation
from bastide.inspection.facts import FindingsConfirmed
from bastide.rectify.flows.table import FINDING
from bastide.rectify.models import Finding
from bastide.registry import reads as registry


def record(
    *,
    by: Account,
    at: datetime,
    operator: Organisation,
    clause: str,
    severity: str,
    title: str,
    text: str,
    source_kind: str,
    source_number: str = "",
    unit: Any = None,
    measure: str = "",
    found_at: datetime | None = None,
    evidence: Iterable[Any] = (),
    proofs: Iterable[int] = (),
    source_key: str = "",
    pack: str = "",
    pack_version: str = "",
) -> Finding:
    """Record a shortcoming. If the same one was closed before, the new finding refers to it."""
    if unit is not None and unit.operator_id != operator.pk:
        raise Refused(_("A network unit belongs to another operator."), field="unit")
    law = packs.active()
    finding = Finding(
        operator=operator, unit=unit, source_kind=source_kind, source_number=source_number, source_key=source_key,
        clause=clause,
        pack=pack or law.id, pack_version=pack_version or law.version, severity=severity, title=title, text=text,
        measure=measure, found_at=found_at or at, concerns_cii=bool(unit and unit.is_cii), proofs=list(proofs),
        returns=_closed_before(operator, clause, unit),
    )  # fmt: skip
    with FINDING.begin("record", finding, by=by, at=at) as finding:
        vault.keep(evidence, thing=finding, by=by, at=at)
    return finding


def _closed_before(operator: Organisation, clause: str, unit: Any) -> Finding | None:
    """The latest closed finding of the same operator against the same clause at the same unit."""
    same = Finding.objects.filter(operator=operator, clause=clause, unit=unit, state=Finding.State.CLOSED)
    return same.order_by("-closed_at", "-pk").first()


def record_findings(fact: FindingsConfirmed, *, by: Account, at: datetime) -> list[Finding]:
    """The observations of a concluded inspection that stand, one finding each; heard twice, recorded once."""
    operator = Organisation.objects.get(pk=fact.operator_id)
    units = {unit.number: unit for unit in registry.units_of(fact.operator_id)}
    recorded = []
    for told in fact.observations:
        key = f"{fact.visit}/{told['number']}"
        if Finding.objects.filter(source_key=key).exists():
            continue
        recorded.append(
            record(
                by=by,
                at=at,
                operator=operator,
                unit=units.get(told["unit"]),
                clause=told["clause"],
                severity=told["severity"],
                title=told["title"],
                text=told["text"],
                measure=told.get("measure", ""),
                source_kind=Finding.Source.INSPECTION,
                source_number=fact.visit,
                source_key=key,
                found_at=fact.at,
                proofs=told.get("evidence", ()),
                pack=fact.pack,
                pack_version=fact.pack_version,
            )
        )
    return recorded


def change_finding(
    finding: Finding,
    *,
    by: Account,
    at: datetime,
    evidence: Iterable[Any] = (),
    version: int | None = None,
    **fields: Any,
) -> Finding:
    """Correct a finding before it is ordered."""
    unit = fields.get("unit", finding.unit)
    if unit is not None and unit.operator_id != finding.operator_id:
        raise Refused(_("A network unit belongs to another operator."), field="unit")
    with FINDING.step("change", finding, by=by, at=at, version=version, severity=fields.get("severity", "")) as held:
        for name, value in fields.items():
            setattr(held, name, value)
        held.concerns_cii = bool(held.unit and held.unit.is_cii)
        held.returns = _closed_before(held.operator, held.clause, held.unit)
        vault.keep(evidence, thing=held, by=by, at=at)
    return finding


def withdraw(finding: Finding, *, by: Account, at: datetime, reason: str, version: int | None = None) -> Finding:
    """Take back what was entered by mistake; it stays on record as withdrawn."""
    with FINDING.step("withdraw", finding, by=by, at=at, version=version, note=reason) as held:
        held.withdrawn_reason = reason
    return finding
