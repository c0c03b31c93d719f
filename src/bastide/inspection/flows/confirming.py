"""From the findings in draft to the result: confirmed or objected to by the operator, decided, concluded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import inbox, papers, trail, vault
from bastide.base.flow import Refused
from bastide.base.people.models import Account
from bastide.inspection import facts, letters
from bastide.inspection.access import Can
from bastide.inspection.flows import timing
from bastide.inspection.flows.table import OBSERVATION, VISIT
from bastide.inspection.models import Observation, Visit

Rows = Iterable[Mapping[str, Any]]
O = Observation.State  # noqa: E741


def send(visit: Visit, *, by: Account, at: datetime, version: int | None = None) -> Visit:
    """Put the findings before the operator, one sheet each; the time to reply runs."""
    with VISIT.step("send", visit, by=by, at=at, version=version) as held:
        held.sent_at = at
        held.save()
        for observation in held.observations.filter(state=O.DRAFT).select_related("unit", "visit__operator"):
            with OBSERVATION.step("send", observation, by=by, at=at):
                pass
            papers.issue(
                "inspection.finding", observation, by=by, at=at, issuer=held.authority, addressee=held.operator,
                data=letters.sheet(observation),
            )  # fmt: skip
        timing.stop(held, "inspection.findings", at=at, by=by, fact="inspection.visit.send")
        timing.start(held, "inspection.confirm", bearer=held.operator, at=at, by=by, fact="inspection.visit.send")
        inbox.tell(
            organisation=held.operator, can=Can.REPLY, at=at, thing=held, urgency="high", key=f"{held.number}:sent",
            text=gettext_noop("The findings of inspection %(number)s wait for your confirmation."),
            args={"number": held.number},
        )  # fmt: skip
    return visit


def confirm(visit: Visit, *, by: Account, at: datetime, statement: str = "", version: int | None = None) -> Visit:
    """The operator confirms every finding."""
    with VISIT.step("confirm", visit, by=by, at=at, version=version, note=statement) as held:
        _replied(held, by, at)
        for observation in held.observations.filter(state=O.SENT):
            with OBSERVATION.step("confirm", observation, by=by, at=at):
                pass
        _confirmed(held, by, at)
    return visit


def object_(visit: Visit, *, by: Account, at: datetime, replies: Rows, version: int | None = None) -> Visit:
    """The operator objects to some findings, each with a reason; those not objected to are confirmed."""
    reasons = {row["number"]: row["reason"].strip() for row in replies if row.get("objects")}
    if not reasons:
        raise Refused(_("Say which findings you object to, or confirm them all."), field="replies")
    if missing := [number for number, reason in reasons.items() if not reason]:
        raise Refused(
            _("Give a reason for each objection: %(numbers)s") % {"numbers": ", ".join(missing)}, field="replies"
        )
    with VISIT.step("object", visit, by=by, at=at, version=version) as held:
        _replied(held, by, at)
        known = {o.number: o for o in held.observations.filter(state=O.SENT)}
        if unknown := set(reasons) - set(known):
            raise Refused(_("Not among the findings sent: %(numbers)s") % {"numbers": ", ".join(sorted(unknown))})
        for number, observation in known.items():
            _reply(observation, reasons.get(number, ""), by, at)
        timing.start(held, "inspection.objection", bearer=held.authority, at=at, by=by, fact="inspection.visit.object")
        inbox.tell(
            organisation=held.authority, can=Can.DECIDE, at=at, thing=held, key=f"{held.number}:objected",
            text=gettext_noop("%(operator)s objects to findings of inspection %(number)s."),
            args={"number": held.number, "operator": held.operator.name_zh},
        )  # fmt: skip
    return visit


def _replied(visit: Visit, by: Account, at: datetime) -> None:
    visit.replied_by, visit.replied_at = by, at
    timing.stop(visit, "inspection.confirm", at=at, by=by, fact="inspection.visit.reply")


def _reply(observation: Observation, reason: str, by: Account, at: datetime) -> None:
    if not reason:
        with OBSERVATION.step("confirm", observation, by=by, at=at):
            return
    with OBSERVATION.step("object", observation, by=by, at=at) as held:
        held.objection = reason


def record_silence(visit: Visit, *, by: Account, at: datetime, note: str, version: int | None = None) -> Visit:
    """The operator's time ran out without a reply: two officers note it, and the findings stand."""
    with VISIT.step("record_silence", visit, by=by, at=at, version=version, note=note, moment=at) as held:
        held.refusal = "\n".join(part for part in (held.refusal, note) if part)
        timing.stop(held, "inspection.confirm", at=at, by=by, fact="inspection.visit.record_silence")
        for observation in held.observations.filter(state=O.SENT):
            with OBSERVATION.step("take_as_confirmed", observation, by=by, at=at, note=note):
                pass
        _confirmed(held, by, at)
    return visit


def decide(visit: Visit, *, by: Account, at: datetime, decisions: Rows, version: int | None = None) -> Visit:
    """Each objection is looked into again: the finding is upheld or dropped, with a reason."""
    with VISIT.step("decide", visit, by=by, at=at, version=version) as held:
        given = {row["number"]: row for row in decisions}
        for observation in held.observations.filter(state=O.OBJECTED):
            _decide(observation, given.get(observation.number), by, at)
        timing.stop(held, "inspection.objection", at=at, by=by, fact="inspection.visit.decide")
        _confirmed(held, by, at)
        inbox.tell(
            organisation=held.operator, can=Can.REPLY, at=at, thing=held, key=f"{held.number}:decided",
            text=gettext_noop("Your objections to inspection %(number)s were decided."), args={"number": held.number},
        )  # fmt: skip
    return visit


def _decide(observation: Observation, row: Mapping[str, Any] | None, by: Account, at: datetime) -> None:
    reason = (row or {}).get("reason", "").strip()
    if row is None or row.get("decision") not in {"uphold", "drop"} or not reason:
        raise Refused(_("Decide on %(number)s, with a reason.") % {"number": observation.number}, field="decisions")
    with OBSERVATION.step(row["decision"], observation, by=by, at=at, note=reason) as held:
        held.decision = reason


def _confirmed(visit: Visit, by: Account, at: datetime) -> None:
    timing.start(visit, "inspection.report", bearer=visit.authority, at=at, by=by, fact="inspection.visit.confirmed")


def conclude(visit: Visit, *, by: Account, at: datetime, result: str, version: int | None = None) -> Visit:
    """State the result; the findings that stand go on to rectification. The same act for a visit without findings."""
    step = "conclude" if visit.state != Visit.State.FINDINGS_DRAFT else "conclude_clean"
    with VISIT.step(step, visit, by=by, at=at, version=version) as held:
        held.result, held.concluded_at = result, at
        for purpose in ("inspection.report", "inspection.findings"):
            timing.stop(held, purpose, at=at, by=by, fact="inspection.visit.conclude")
        standing = held.observations.filter(state__in=Observation.STANDING).select_related("unit")
        if told := tuple(_told(observation) for observation in standing):
            trail.announce(
                facts.FindingsConfirmed(
                    visit=held.number, operator_id=held.operator_id, pack=held.pack, pack_version=held.pack_version,
                    observations=told, at=at,
                ),
                at=at,
            )  # fmt: skip
        inbox.tell(
            organisation=held.operator, can=Can.REPLY, at=at, thing=held, key=f"{held.number}:concluded",
            text=gettext_noop("Inspection %(number)s is concluded."), args={"number": held.number},
        )  # fmt: skip
    return visit


def _told(observation: Observation) -> dict[str, Any]:
    """An observation as plain values, for whoever hears of it."""
    return {
        "number": observation.number, "item": observation.item, "clause": observation.clause,
        "unit": observation.unit.number if observation.unit else "", "severity": observation.severity,
        "title": observation.title, "text": observation.text, "measure": observation.measure,
        "evidence": [file.pk for file in vault.of(observation)],
    }  # fmt: skip


def close(visit: Visit, *, by: Account, at: datetime, note: str = "", version: int | None = None) -> Visit:
    """File the visit away."""
    with VISIT.step("close", visit, by=by, at=at, version=version, note=note):
        pass
    return visit
