"""How an incident comes in: the operator's form, a telephone call to the duty officer, an escalated alert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bastide.base import inbox, packs
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, Organisation
from bastide.respond.access import Can
from bastide.respond.flows import duties, levels
from bastide.respond.flows.table import INCIDENT
from bastide.respond.models import AlertLink, Incident, NetworkUnit


def report(
    *,
    by: Account,
    at: datetime,
    operator: Organisation,
    title: str,
    nature: str,
    found_at: datetime,
    found_zone: str,
    source: str,
    units: Iterable[NetworkUnit] = (),
    occurred_at: datetime | None = None,
    place: str = "",
    description: str = "",
    informant: str = "",
    informant_phone: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Incident:
    """An operator says that something happened. If it says how far it reaches, the level is judged at once."""
    incident = Incident(
        operator=operator, title=title, nature=nature, found_at=found_at, found_zone=found_zone, source=source,
        occurred_at=occurred_at, place=place, description=description, informant=informant,
        informant_phone=informant_phone, door=Incident.Door.FORM,
    )  # fmt: skip
    with transaction.atomic():
        _begin("report", incident, units, by=by, at=at)
        if facts:
            levels.judge(incident, by=by, at=at, facts=facts)
    return incident


def take_call(
    *,
    by: Account,
    at: datetime,
    operator: Organisation,
    title: str,
    nature: str,
    found_at: datetime,
    found_zone: str,
    source: str,
    informant: str,
    informant_phone: str = "",
    units: Iterable[NetworkUnit] = (),
    occurred_at: datetime | None = None,
    place: str = "",
    description: str = "",
    facts: Mapping[str, Any] | None = None,
) -> Incident:
    """The duty officer writes down what somebody tells by telephone; the operator is told and carries on."""
    incident = Incident(
        operator=operator, title=title, nature=nature, found_at=found_at, found_zone=found_zone, source=source,
        occurred_at=occurred_at, place=place, description=description, informant=informant,
        informant_phone=informant_phone, door=Incident.Door.CALL,
    )  # fmt: skip
    with transaction.atomic():
        _begin("take_call", incident, units, by=by, at=at)
        _tell_operator(
            incident,
            at=at,
            text=gettext_noop("Incident %(number)s was opened by the authority. Look at it and report."),
        )
        if facts:
            levels.judge(incident, by=by, at=at, facts=facts)
    return incident


def open_from_alert(
    *, at: datetime, alert: str, operator: Organisation, title: str, found_at: datetime, unit: NetworkUnit | None
) -> Incident:
    """An escalated alert becomes an incident; hearing of the same alert again changes nothing."""
    known = AlertLink.objects.filter(alert=alert).select_related("incident").first()
    if known is not None:
        return known.incident
    incident = Incident(
        operator=operator, title=title[:200], nature=Incident.Nature.ATTACK, found_at=found_at,
        found_zone=packs.active().manifest.zone, source=_source("platform_alert"), door=Incident.Door.ALERT,
    )  # fmt: skip
    with transaction.atomic():
        _begin("open_from_alert", incident, [unit] if unit else [], by=Account.objects.house(), at=at, alert=alert)
        _tell_operator(
            incident, at=at, text=gettext_noop("Incident %(number)s was opened from an alert. Judge its level.")
        )
    return incident


def _begin(
    name: str, incident: Incident, units: Iterable[NetworkUnit], *, by: Account, at: datetime, alert: str = ""
) -> None:
    """What all three ways in share: checks, units and CII, the clock of judging."""
    chosen = list(units)
    _check(incident, chosen, at)
    incident.is_cii = any(unit.is_cii for unit in chosen)
    incident.area = next((unit.area for unit in chosen if unit.area), incident.operator.area)
    incident.pack = f"{packs.active().id} {packs.active().version}"
    with INCIDENT.begin(name, incident, by=by, at=at):
        incident.units.set(chosen)
        if alert:
            AlertLink.objects.create(incident=incident, alert=alert)
        duties.start_own(incident, "incident.judge", at=incident.found_at, by=by, bearer=incident.operator, known_at=at)


def _check(incident: Incident, units: list[NetworkUnit], at: datetime) -> None:
    if incident.operator.kind != Organisation.Kind.OPERATOR:
        raise Refused(_("“%(name)s” is no operator.") % {"name": incident.operator}, field="operator")
    foreign = [unit.number for unit in units if unit.operator_id != incident.operator_id]
    if foreign:
        raise Refused(
            _("These units belong to another operator: %(units)s.") % {"units": ", ".join(foreign)}, field="units"
        )
    if incident.found_at > at:
        raise Refused(_("The time of finding lies in the future."), field="found_at")
    if incident.occurred_at and incident.occurred_at > incident.found_at:
        raise Refused(_("It was found before it happened; correct one of the two times."), field="occurred_at")
    if incident.source not in {kind.id for kind in packs.active().source_kinds}:
        raise Refused(_("“%(source)s” is no known source.") % {"source": incident.source}, field="source")
    try:
        ZoneInfo(incident.found_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Refused(
            _("“%(zone)s” is no known time zone.") % {"zone": incident.found_zone}, field="found_zone"
        ) from None


def _source(wanted: str) -> str:
    """The pack's source kind of that id, else its first."""
    known = [kind.id for kind in packs.active().source_kinds]
    return wanted if wanted in known else known[0]


def _tell_operator(incident: Incident, *, at: datetime, text: str) -> None:
    inbox.tell(
        organisation=incident.operator, can=Can.JUDGE, at=at, thing=incident, text=text, urgency="high",
        args={"number": incident.number}, key=f"opened-{incident.number}",
    )  # fmt: skip
