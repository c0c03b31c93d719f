"""The response: who starts it at which level, when harm is contained, when it ends, and the closing of the file."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bastide.base import inbox, packs, trail
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.packs import Office
from bastide.base.people.models import Account, Organisation
from bastide.respond import criteria, facts
from bastide.respond.access import Can
from bastide.respond.flows import duties
from bastide.respond.flows.table import INCIDENT
from bastide.respond.models import Incident


def start_response(
    incident: Incident, *, by: Account, at: datetime, level: str, order: str, version: int | None = None
) -> Incident:
    """Start a response of a level. The graver levels are the national office's, the gravest one its leader's."""
    with INCIDENT.step("start_response", incident, by=by, at=at, version=version, note=order) as held:
        held.response_rank, held.response_by = _command(level, by), by.organisation
        held.response_at = at
        _tell(held, at=at, text=gettext_noop("A response to incident %(number)s was started."))
    return incident


def adjust_response(
    incident: Incident, *, by: Account, at: datetime, level: str, reason: str = "", version: int | None = None
) -> Incident:
    """Raise or lower the response; harm that spreads again puts a contained incident back under response."""
    with INCIDENT.step("adjust_response", incident, by=by, at=at, version=version, note=reason, reason=reason) as held:
        held.response_rank, held.response_by = _command(level, by), by.organisation
        held.contained_at = None
        _tell(held, at=at, text=gettext_noop("The response to incident %(number)s was adjusted."))
    return incident


def contain(incident: Incident, *, by: Account, at: datetime, note: str, version: int | None = None) -> Incident:
    """Harm is under control; the response stands until it is ended."""
    with INCIDENT.step("contain", incident, by=by, at=at, version=version, note=note) as held:
        held.contained_at = at
    return incident


def end(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    conclusion: str,
    ended_at: datetime | None = None,
    version: int | None = None,
) -> Incident:
    """Handling has ended. The terms of the summary run from here: whichever limit falls first binds."""
    with INCIDENT.step("end", incident, by=by, at=at, version=version, note=conclusion) as held:
        when = ended_at or at
        earliest = held.response_at or held.reported_at or held.found_at
        if not earliest <= when <= at:
            raise Refused(_("The end lies between the start of the response and now."), field="ended_at")
        if not conclusion.strip():
            raise Refused(_("Say how it ended."), field="conclusion")
        if held.response_rank:
            _command_of(held.response_rank, by)
        held.ended_at, held.conclusion = when, conclusion
        duties.reconcile(held, by=by, at=at, reason=gettext_noop("Handling has ended."))
        trail.announce(facts.IncidentEnded(held.number, at), at=at)
        _tell(held, at=at, text=gettext_noop("Handling of incident %(number)s has ended; the summary is due."))
    return incident


def close(incident: Incident, *, by: Account, at: datetime, lessons: str, version: int | None = None) -> Incident:
    """Nothing is owed any more: the lessons are noted and the file is closed."""
    with INCIDENT.step("close", incident, by=by, at=at, version=version, note=lessons) as held:
        held.closed_at, held.lessons = at, lessons
    return incident


def _command(level: str, by: Account) -> int:
    """The rank of a response level, if this person may command it."""
    scale = criteria.response_scale(packs.active())
    found = next((known for known in scale.levels if known.id == level), None)
    if found is None:
        raise Refused(_("“%(level)s” is no level of response.") % {"level": level}, field="level")
    _command_of(found.rank, by)
    return found.rank


def _command_of(rank: int, by: Account) -> None:
    pack = packs.active()
    if criteria.is_gravest(pack, rank) and not by.can(Can.COMMAND_GRAVEST):
        raise Forbidden(_("A response of the highest level is commanded by the leader of the authority."))
    offices = by.organisations_with(Can.RESPOND)
    if criteria.commanding_office(pack, rank) is Office.NATIONAL and not any(
        office.kind == Organisation.Kind.NATIONAL for office in offices
    ):
        raise Forbidden(_("A response of this level is commanded by the national authority."))


def _tell(incident: Incident, *, at: datetime, text: str) -> None:
    inbox.tell(
        organisation=incident.operator, can=Can.FILE, at=at, thing=incident, text=text, urgency="high",
        args={"number": incident.number}, key=f"response-{incident.number}-{incident.version}",
    )  # fmt: skip
