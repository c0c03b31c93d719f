"""Levels of an incident: judged from facts by the pack's criteria, confirmed or changed by the authority."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bastide.base import inbox, packs, trail
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account
from bastide.respond import criteria, facts
from bastide.respond.access import Can
from bastide.respond.flows import duties
from bastide.respond.flows.table import INCIDENT
from bastide.respond.models import Incident


def judge(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    facts: Mapping[str, Any],
    note: str = "",
    version: int | None = None,
) -> Incident:
    """Judge all scales at once from what is known; every report duty that follows starts its clock at T0."""
    with INCIDENT.step("judge", incident, by=by, at=at, version=version, note=note) as held:
        held.judged_at = at
        _take_facts(held, facts)
        _settle(held, by=by, at=at, reason=note or gettext_noop("The level was judged."))
        duties.stop_own(held, "incident.judge", at=at, by=by)
    return incident


def rejudge(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    facts: Mapping[str, Any],
    reason: str = "",
    version: int | None = None,
) -> Incident:
    """New facts, new judgement: duties are added or cancelled with this reason; T0 stays where it was."""
    with INCIDENT.step("rejudge", incident, by=by, at=at, version=version, note=reason, reason=reason) as held:
        held.judged_at = at
        _take_facts(held, facts)
        _settle(held, by=by, at=at, reason=reason)
    return incident


def reject(incident: Incident, *, by: Account, at: datetime, reason: str = "", version: int | None = None) -> Incident:
    """Below every threshold: kept as a log entry, with the reason."""
    with INCIDENT.step("reject", incident, by=by, at=at, version=version, note=reason, reason=reason) as held:
        held.rejected_reason = reason
        for line in duties.open_lines(held):
            duties.cancel(line, by=by, at=at, reason=reason)
    return incident


def confirm(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    levels: Mapping[str, str],
    reason: str = "",
    version: int | None = None,
) -> Incident:
    """The authority fixes the level of every scale. Whatever differs from the operator's judgement needs a reason."""
    with INCIDENT.step("confirm", incident, by=by, at=at, version=version, note=reason) as held:
        held.confirmed_at, held.confirmed_by = at, by
        _fix(held, levels, reason, by=by, at=at)
        duties.stop_own(held, "incident.confirm_level", at=at, by=by)
    return incident


def change_level(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    levels: Mapping[str, str],
    reason: str = "",
    version: int | None = None,
) -> Incident:
    """The authority raises or lowers a level it had confirmed."""
    with INCIDENT.step("change_level", incident, by=by, at=at, version=version, note=reason, reason=reason) as held:
        held.confirmed_at, held.confirmed_by = at, by
        _fix(held, levels, reason, by=by, at=at)
    return incident


def _take_facts(incident: Incident, stated: Mapping[str, Any]) -> None:
    """Keep the stated facts and what the pack's criteria make of them. Unknown facts and wrong kinds are refused."""
    pack = packs.active()
    kept = {name: value for name, value in stated.items() if value is not None and value != ""}
    try:
        for name, value in kept.items():
            pack.fact(name).measure(value)
        found = pack.judge(kept)
    except (LookupError, ValueError) as wrong:
        raise Refused(str(wrong)) from None
    incident.facts = kept
    incident.pack = f"{pack.id} {pack.version}"
    incident.judged = {
        judgement.scale.id: {
            "level": judgement.level.id, "criterion": judgement.criterion.id, "mark": judgement.mark.value,
            "reason": {"zh": judgement.reason.zh, "en": judgement.reason.en}, "draft": judgement.is_draft,
            "also": [other.id for other in judgement.also],
        }
        for judgement in found
    }  # fmt: skip


def _settle(incident: Incident, *, by: Account, at: datetime, reason: str) -> None:
    """Rank and report lines after a change of facts or levels. What a raise adds for the authority it has from now."""
    was, incident.rank = incident.rank, criteria.gravest(duties.judgements(incident))
    if incident.reported_at is not None and incident.rank > was:
        incident.received_at = at
    duties.reconcile(incident, by=by, at=at, reason=reason)


def _fix(incident: Incident, levels: Mapping[str, str], reason: str, *, by: Account, at: datetime) -> None:
    pack = packs.active()
    before = {judgement.scale.id: judgement.level.id for judgement in duties.judgements(incident)}
    for scale, level in levels.items():
        if level and level not in {known.id for known in pack.scale(scale).levels}:
            raise Refused(
                _("“%(level)s” is no level of %(scale)s.") % {"level": level, "scale": pack.scale(scale).name},
                field=scale,
            )
    incident.confirmed = {scale.id: levels.get(scale.id, before.get(scale.id, "")) for scale in pack.scales}
    judged = {scale: entry["level"] for scale, entry in incident.judged.items()}
    if any(level != judged.get(scale, "") for scale, level in incident.confirmed.items()) and not reason.strip():
        raise Refused(_("A level that differs from the judged one needs a reason."), field="reason")
    _settle(incident, by=by, at=at, reason=reason or gettext_noop("The level was confirmed."))
    for scale, level in incident.confirmed.items():
        if level and (level != before.get(scale) or incident.state == Incident.State.REPORTED_INITIAL):
            trail.announce(facts.LevelConfirmed(incident.number, incident.operator_id, scale, level, at), at=at)
    inbox.tell(
        organisation=incident.operator, can=Can.JUDGE, at=at, thing=incident,
        text=gettext_noop("The authority has fixed the level of incident %(number)s."),
        args={"number": incident.number}, key=f"level-{incident.number}-{incident.version}",
    )  # fmt: skip
