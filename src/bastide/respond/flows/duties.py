"""Report lines and their clocks: which duties an incident has now, which began, which fell away."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bastide.base import clock, inbox, packs
from bastide.base.flow.refusals import Refused
from bastide.base.packs import Judgement, Office, Pack, ReportDuty, Stage
from bastide.base.people.models import Account, Organisation
from bastide.respond import criteria
from bastide.respond.access import Can
from bastide.respond.flows.table import open_lines
from bastide.respond.models import Incident, Report, Submission

__all__ = [
    "cancel", "in_charge", "judgements", "meet", "national", "open_lines", "provincial", "reconcile", "start_own",
    "stop_own",
]  # fmt: skip


def judgements(incident: Incident) -> list[Judgement]:
    """The levels in force: what the pack's criteria give for the stated facts, and what the authority confirmed."""
    pack = packs.active()
    return criteria.in_force(pack, pack.judge(incident.facts), incident.confirmed)


def reconcile(incident: Incident, *, by: Account, at: datetime, reason: str) -> None:
    """Bring the report lines in line with levels and moments: open what is owed, cancel what no longer is.

    A line that was met stays met. A late judgement never moves T0: the clock starts then and knows since when we know.
    """
    pack = packs.active()
    duties = {
        duty.id: duty
        for duty in pack.report_duties(
            judgements(incident),
            cii=incident.is_cii,
            operator_kind=incident.operator.operator_kind,
            facts=incident.facts,
        )
    }
    moments = criteria.Moments(incident.found_at, incident.received_at, incident.last_report_at, incident.ended_at)
    due = criteria.due_now(pack, duties.values(), moments)
    lines = open_lines(incident)
    met = set(incident.reports.exclude(filed_at=None).values_list("duty", flat=True))
    for line in lines:
        if line.duty not in due:
            cancel(line, by=by, at=at, reason=reason)
    for name, start in due.items():
        again = duties[name].stage is Stage.PROGRESS
        if name not in {line.duty for line in lines} and (again or name not in met):
            _open(incident, pack, duties[name], start, by=by, at=at)


def _open(incident: Incident, pack: Pack, duty: ReportDuty, start: datetime, *, by: Account, at: datetime) -> Report:
    """A new line with its own running clock."""
    bearer = in_charge(incident) if duty.stage in criteria.BY_AUTHORITY else incident.operator
    to = [pack.party(party).name for party in duty.to]
    line = Report(
        incident=incident, duty=duty.id, stage=duty.stage.value, name_zh=duty.name.zh, name_en=duty.name.en,
        round=incident.reports.filter(duty=duty.id).count() + 1,
        addressees=[{"zh": name.zh, "en": name.en} for name in to],
        channel={"zh": duty.channel.zh, "en": duty.channel.en} if duty.channel else None,
        basis=duty.clause, mark=duty.mark.value, bearer=bearer, starts_at=start, known_at=at,
    )  # fmt: skip
    line.clock = clock.start(
        incident, duty.clock, at=start, by=by, bearer=bearer, known_at=at, clause=duty.clause,
        owed_to=",".join(duty.to), fact=pack.clock(duty.clock).start.zh,
    )  # fmt: skip
    line.save()
    if duty.stage in criteria.BY_AUTHORITY:
        inbox.tell(
            organisation=bearer, can=Can.FORWARD if duty.stage is Stage.ONWARD else Can.CLOSE, at=at, thing=incident,
            text=gettext_noop("Incident %(number)s: a report of this authority is due."), urgency="high",
            args={"number": incident.number}, key=f"duty-{line.pk}",
        )  # fmt: skip
    return line


def meet(line: Report, submission: Submission, *, by: Account, at: datetime) -> None:
    """A submission serves a line: its clock stops at the moment of sending."""
    line.submission, line.filed_at = submission, submission.sent_at
    line.save()
    if line.clock is not None:
        clock.stop(
            line.clock, at=max(submission.sent_at, line.starts_at), by=by, known_at=at, clause=line.basis,
            fact=submission.document or f"{submission.get_kind_display()} {submission.sequence}",
        )  # fmt: skip


def cancel(line: Report, *, by: Account, at: datetime, reason: str) -> None:
    """The duty is no longer there; the line stays with the reason."""
    line.cancelled_at, line.cancel_reason = at, reason[:300]
    line.save()
    if line.clock is not None:
        clock.cancel(line.clock, at=at, by=by, fact=reason[:300])


def start_own(
    incident: Incident, purpose: str, *, at: datetime, by: Account, bearer: Organisation, known_at: datetime
) -> None:
    """Start one of the clocks that the platform itself keeps over the steps (judging, confirming)."""
    kind = packs.active().clock_for(purpose)
    clock.start(
        incident, kind.id, at=at, by=by, bearer=bearer, known_at=known_at, clause=kind.clause, fact=kind.start.zh
    )


def stop_own(incident: Incident, purpose: str, *, at: datetime, by: Account) -> None:
    """Stop such a clock, if it still runs."""
    kind = packs.active().clock_for(purpose)
    clock.stop_all(incident, kind.id, at=at, by=by, clause=kind.clause)


def national() -> Organisation:
    """The national authority of this installation."""
    found = Organisation.objects.filter(kind=Organisation.Kind.NATIONAL, is_active=True).order_by("pk").first()
    if found is None:
        raise Refused(_("No national authority is set up in this installation; enter one under Organisations first."))
    return found


def provincial(area: str) -> Organisation | None:
    """The authority's office in a province, if it works with this platform."""
    return (
        Organisation.objects.filter(kind=Organisation.Kind.PROVINCIAL, area=area, is_active=True).order_by("pk").first()
        if area
        else None
    )


def in_charge(incident: Incident) -> Organisation:
    """The authority that answers for an incident: the national one for graver levels, else the province's office."""
    if criteria.commanding_office(packs.active(), incident.rank) is Office.NATIONAL:
        return national()
    return provincial(incident.area) or national()
