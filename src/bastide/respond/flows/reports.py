"""Reports: the first one (perhaps in part), supplements, progress, onward, summary, and duties fulfilled elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bastide.base import inbox, packs, papers, trail
from bastide.base.flow.refusals import Refused
from bastide.base.packs import Stage
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.ledger import plain
from bastide.respond import criteria, facts
from bastide.respond.access import Can
from bastide.respond.flows import duties, paperwork
from bastide.respond.flows.table import INCIDENT
from bastide.respond.models import Incident, Report, Submission

Channel = Submission.Channel
Kind = Submission.Kind


@dataclass(frozen=True)
class Sending:
    """How a report went out: by which channel and, for a call, when and to whom."""

    channel: str = Channel.PLATFORM
    call_at: datetime | None = None
    call_with: str = ""
    call_phone: str = ""

    def sent_at(self, incident: Incident, at: datetime) -> datetime:
        """When it was told: the time of the call if it was told by telephone, otherwise now."""
        if self.channel != Channel.PHONE:
            return at
        if not self.call_with.strip():
            raise Refused(_("Say who was reached by telephone."), field="call_with")
        if self.call_at is None:
            raise Refused(_("Say when the call was made."), field="call_at")
        if not incident.found_at <= self.call_at <= at:
            raise Refused(_("The call lies between the finding of the incident and now."), field="call_at")
        return self.call_at


def file(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    content: Mapping[str, Any],
    serves: Iterable[str] | None = None,
    channel: str = Channel.PLATFORM,
    call_at: datetime | None = None,
    call_with: str = "",
    call_phone: str = "",
    version: int | None = None,
) -> Incident:
    """The first report. One form serves every line it is sent for: their clocks stop together.

    Items 1 and 2 suffice; what is still open is listed and may follow.
    """
    with INCIDENT.step("file", incident, by=by, at=at, version=version) as held:
        sending = Sending(channel, call_at, call_with, call_phone)
        lines = _chosen(duties.open_lines(held, Stage.FIRST), serves)
        sent = _send(held, Kind.FIRST, content, sending, by=by, at=at, sender=held.operator)
        _meet(lines, sent, by=by, at=at)
        held.reported_at = held.received_at = held.last_report_at = sent.sent_at
        duties.reconcile(held, by=by, at=at, reason=gettext_noop("The first report was sent."))
        authority = duties.in_charge(held)
        duties.start_own(held, "incident.confirm_level", at=sent.sent_at, by=by, bearer=authority, known_at=at)
        trail.announce(facts.IncidentReported(held.number, held.operator_id, held.is_cii, at), at=at)
        _tell_authorities(
            held, at=at, text=gettext_noop("Incident %(number)s of %(operator)s was reported. Confirm its level.")
        )
    return incident


def supplement(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    content: Mapping[str, Any],
    serves: Iterable[str] | None = None,
    channel: str = Channel.PLATFORM,
    call_at: datetime | None = None,
    call_with: str = "",
    call_phone: str = "",
    version: int | None = None,
) -> Incident:
    """A further version of the first report: what was missing, what is known better. It counts as progress too."""
    with INCIDENT.step("supplement", incident, by=by, at=at, version=version) as held:
        sending = Sending(channel, call_at, call_with, call_phone)
        before = _last_version(held)
        if not criteria.changed(before.content if before else {}, _plain(content)) and not serves:
            raise Refused(_("This says the same as the report before; change at least one item."))
        lines = _chosen(duties.open_lines(held, Stage.FIRST, Stage.SECOND), serves)
        sent = _send(held, Kind.SUPPLEMENT, content, sending, by=by, at=at, sender=held.operator)
        _meet([*lines, *duties.open_lines(held, Stage.PROGRESS)], sent, by=by, at=at)
        held.last_report_at = sent.sent_at
        duties.reconcile(held, by=by, at=at, reason=gettext_noop("The report was supplemented."))
        _tell_authorities(
            held, at=at, text=gettext_noop("The report on incident %(number)s of %(operator)s was supplemented.")
        )
    return incident


def progress(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    progress: str,
    impact: str = "",
    measures: str = "",
    next_measures: str = "",
    support: str = "",
    channel: str = Channel.PLATFORM,
    call_at: datetime | None = None,
    call_with: str = "",
    call_phone: str = "",
    version: int | None = None,
) -> Incident:
    """What is new since the last report. The clock of the next one starts."""
    content = {
        "progress": progress,
        "impact": impact,
        "measures": measures,
        "next_measures": next_measures,
        "support": support,
    }
    with INCIDENT.step("progress", incident, by=by, at=at, version=version) as held:
        sending = Sending(channel, call_at, call_with, call_phone)
        lines = duties.open_lines(held, Stage.PROGRESS)
        sent = _send(held, Kind.PROGRESS, content, sending, by=by, at=at, sender=held.operator)
        _meet(lines, sent, by=by, at=at)
        held.last_report_at = sent.sent_at
        duties.reconcile(held, by=by, at=at, reason=gettext_noop("A progress report was sent."))
        _tell_authorities(held, at=at, text=gettext_noop("There is news of incident %(number)s of %(operator)s."))
    return incident


def forward(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    summary: str,
    opinion: str = "",
    serves: Iterable[str] | None = None,
    channel: str = Channel.PLATFORM,
    call_at: datetime | None = None,
    call_with: str = "",
    call_phone: str = "",
    version: int | None = None,
) -> Incident:
    """The authority passes a grave incident on, under its own clock that runs from receipt."""
    with INCIDENT.step("forward", incident, by=by, at=at, version=version) as held:
        sending = Sending(channel, call_at, call_with, call_phone)
        lines = _chosen(duties.open_lines(held, Stage.ONWARD), serves)
        content = {"summary": summary, "opinion": opinion}
        sent = _send(held, Kind.ONWARD, content, sending, by=by, at=at, sender=lines[0].bearer, lines=lines)
        _meet(lines, sent, by=by, at=at)
    return incident


def fulfil(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    duty: str,
    how: str,
    done_at: datetime | None = None,
    version: int | None = None,
) -> Incident:
    """Record that a further duty (report to the police, notice to the persons concerned) was fulfilled outside."""
    with INCIDENT.step("fulfil", incident, by=by, at=at, version=version, note=how) as held:
        when = done_at or at
        if not held.found_at <= when <= at:
            raise Refused(_("The time lies between the finding of the incident and now."), field="done_at")
        lines = _chosen(duties.open_lines(held, Stage.OTHER), [duty])
        sent = Submission.objects.create(
            incident=held, sequence=held.submissions.count() + 1, kind=Kind.OTHER, content={"how": how},
            levels=_levels(held), channel=Channel.PAPER, sent_at=when, entered_at=at, by=by, sender=held.operator,
        )  # fmt: skip
        _meet(lines, sent, by=by, at=at)
    return incident


def summarise(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    cause: str,
    measures: str,
    harm: str,
    accountability: str,
    improvement: str,
    lessons: str,
    version: int | None = None,
) -> Incident:
    """The summary report with its six items, by the channel of the first report; it meets every summary line."""
    content = {
        "cause": cause, "measures": measures, "harm": harm, "accountability": accountability,
        "improvement": improvement, "lessons": lessons,
    }  # fmt: skip
    with INCIDENT.step("summarise", incident, by=by, at=at, version=version) as held:
        if blank := [item for item in criteria.SUMMARY_ITEMS if criteria.is_blank(content[item])]:
            raise Refused(_("A summary has six items; this one is empty."), field=blank[0])
        sent = _send(held, Kind.SUMMARY, content, Sending(), by=by, at=at, sender=held.operator)
        _meet(duties.open_lines(held, Stage.SUMMARY), sent, by=by, at=at)
        _tell_authorities(
            held, at=at, text=gettext_noop("The summary of incident %(number)s of %(operator)s was submitted.")
        )
    return incident


def report_upward(
    incident: Incident,
    *,
    by: Account,
    at: datetime,
    course: str,
    assessment: str,
    proposals: str,
    version: int | None = None,
) -> Incident:
    """The authority's own report after the response."""
    content = {"course": course, "assessment": assessment, "proposals": proposals}
    with INCIDENT.step("report_upward", incident, by=by, at=at, version=version) as held:
        lines = duties.open_lines(held, Stage.AUTHORITY_REPORT)
        sender = lines[0].bearer if lines else duties.in_charge(held)
        sent = _send(held, Kind.AUTHORITY, content, Sending(), by=by, at=at, sender=sender, lines=lines)
        _meet(lines, sent, by=by, at=at)
    return incident


# ---- what they share


def _chosen(lines: list[Report], serves: Iterable[str] | None) -> list[Report]:
    """The lines a report is meant for; all that are open if nothing was said."""
    if serves is None:
        return lines
    wanted = set(serves)
    if unknown := wanted - {line.duty for line in lines}:
        raise Refused(
            _("These duties are not open: %(duties)s.") % {"duties": ", ".join(sorted(unknown))}, field="serves"
        )
    return [line for line in lines if line.duty in wanted]


def _send(
    incident: Incident,
    kind: Submission.Kind,
    content: Mapping[str, Any],
    sending: Sending,
    *,
    by: Account,
    at: datetime,
    sender: Organisation,
    lines: Iterable[Report] = (),
) -> Submission:
    """Keep a report as it goes out, and print its document."""
    kept, open_items = _plain(content), []
    if kind in {Kind.FIRST, Kind.SUPPLEMENT}:
        fields = packs.active().report_fields
        if lacking := criteria.missing_at_first(fields, kept, incident.facts):
            names = [str(field.name) for field in fields if field.id in lacking]
            raise Refused(
                _("Even a partial first report says this: %(items)s.") % {"items": ", ".join(names)}, field=lacking[0]
            )
        open_items = criteria.missing(fields, kept, incident.facts)
    sent = Submission.objects.create(
        incident=incident, sequence=incident.submissions.count() + 1, kind=kind, content=kept, levels=_levels(incident),
        missing=open_items, channel=sending.channel, sent_at=sending.sent_at(incident, at), entered_at=at,
        call_with=sending.call_with, call_phone=sending.call_phone, by=by, sender=sender,
    )  # fmt: skip
    asked = paperwork.of(sent, by=by, lines=list(lines))
    if asked is not None:
        purpose, data = asked
        sent.document = papers.issue(
            purpose, incident, by=by, at=at, data=data, issuer=sender, addressee=_addressee(incident, kind),
        ).number  # fmt: skip
        sent.save()
    return sent


def _addressee(incident: Incident, kind: Submission.Kind) -> Organisation | None:
    """The authority in this house that the paper goes to; onward reports leave the house."""
    return None if kind in {Kind.ONWARD, Kind.AUTHORITY} else duties.in_charge(incident)


def _meet(lines: Iterable[Report], sent: Submission, *, by: Account, at: datetime) -> None:
    for line in lines:
        duties.meet(line, sent, by=by, at=at)


def _plain(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in plain(content).items() if not criteria.is_blank(value)}


def _levels(incident: Incident) -> dict[str, str]:
    return {judgement.scale.id: judgement.level.id for judgement in duties.judgements(incident)}


def _last_version(incident: Incident) -> Submission | None:
    return incident.submissions.filter(kind__in=[Kind.FIRST, Kind.SUPPLEMENT]).order_by("-sequence").first()


def _tell_authorities(incident: Incident, *, at: datetime, text: str) -> None:
    """The national duty office and that of the province both hear of it (PLAN17 4.1 names both)."""
    both = {duties.national(), duties.provincial(incident.area)} - {None}
    for office in sorted((office for office in both if office), key=lambda o: o.pk):
        inbox.tell(
            organisation=office, can=Can.CONFIRM, at=at, thing=incident, text=text, urgency="high",
            args={"number": incident.number, "operator": incident.operator.name_zh},
            key=f"report-{incident.number}-{incident.submissions.count()}",
        )  # fmt: skip
