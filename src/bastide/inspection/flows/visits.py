"""A visit from its plan to the record made on site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import inbox, packs, papers
from bastide.base.flow import Refused
from bastide.base.people.models import Account, Assignment, Organisation
from bastide.inspection import criteria, letters
from bastide.inspection.access import Can
from bastide.inspection.flows import timing
from bastide.inspection.flows.table import ANSWER, VISIT
from bastide.inspection.models import Answer, TeamMember, Visit

# How long after its end a body that assists may still see the visit assigned to it.
AFTERWARDS = timedelta(days=30)


def draft(
    *,
    by: Account,
    at: datetime,
    operator: Organisation,
    item: str,
    inspection_class: str,
    checklist: str,
    method: str,
    reason: str,
    starts_at: datetime,
    ends_at: datetime,
    team_leader: Account,
    officers: Iterable[Account],
    units: Iterable[Any] = (),
    assistants: Iterable[Account] = (),
    place: str = "",
) -> Visit:
    """Plan an inspection of one operator."""
    pack = packs.active()
    visit = Visit(
        operator=operator, authority=_authority(by, operator), pack=pack.id, pack_version=pack.version, item=item,
        inspection_class=inspection_class, checklist=checklist, checklist_version=_version(pack, checklist),
        method=method,
        reason=reason, place=place, starts_at=starts_at, ends_at=ends_at,
    )  # fmt: skip
    with VISIT.begin("draft", visit, by=by, at=at, item=item) as visit:
        _set_units(visit, units)
        _set_team(visit, team_leader, officers, assistants)
    return visit


def change(
    visit: Visit,
    *,
    by: Account,
    at: datetime,
    team_leader: Account,
    officers: Iterable[Account],
    units: Iterable[Any] = (),
    assistants: Iterable[Account] = (),
    version: int | None = None,
    **fields: Any,
) -> Visit:
    """Change what is planned, as long as nobody approved it."""
    with VISIT.step("change", visit, by=by, at=at, version=version, item=fields.get("item", visit.item)) as held:
        for name, value in fields.items():
            setattr(held, name, value)
        held.checklist_version = _version(packs.pack(held.pack), held.checklist)
        _set_units(held, units)
        _set_team(held, team_leader, officers, assistants)
    return visit


def _authority(by: Account, operator: Organisation) -> Organisation:
    """The authority in whose name this person inspects; the provincial one if it governs the operator."""
    ours = [o for o in by.organisations_with(Can.DRAFT) if criteria.may_inspect(o.kind)]
    near = [o for o in ours if o.area and o.area == operator.area]
    if not ours:
        raise Refused(_("Only an authority inspects; your organisation is none."))
    return (near or ours)[0]


def _version(pack: packs.Pack, checklist: str) -> str:
    try:
        return pack.checklist(checklist).version
    except LookupError as error:
        raise Refused(str(error), field="checklist") from None


def _set_units(visit: Visit, units: Iterable[Any]) -> None:
    chosen = list(units)
    if any(unit.operator_id != visit.operator_id for unit in chosen):
        raise Refused(_("A network unit belongs to another operator."), field="units")
    visit.units.set(chosen)
    visit.concerns_cii = any(unit.is_cii for unit in chosen)


def _set_team(visit: Visit, leader: Account, officers: Iterable[Account], assistants: Iterable[Account]) -> None:
    part = TeamMember.Part
    chosen: dict[int, tuple[Account, str]] = {a.pk: (a, part.ASSISTANT) for a in assistants}
    chosen |= {a.pk: (a, part.OFFICER) for a in officers}
    chosen[leader.pk] = (leader, part.LEADER)
    visit.team.all().delete()
    for account, role in chosen.values():
        organisation = _home(account, role)
        TeamMember.objects.create(visit=visit, account=account, organisation=organisation, part=role)


def _home(account: Account, role: str) -> Organisation:
    """The organisation a member stands for: for officers one that may inspect, if they have such."""
    homes = account.organisations_with(Can.INSPECT if role != TeamMember.Part.ASSISTANT else Can.OBSERVE)
    if found := next(iter(homes), account.organisation):
        return found
    raise Refused(_("%(person)s belongs to no organisation.") % {"person": account}, field="officers")


def approve(visit: Visit, *, by: Account, at: datetime, note: str = "", version: int | None = None) -> Visit:
    """A leader's yes. Bodies that assist see the visit from now on, for the time it takes."""
    with VISIT.step("approve", visit, by=by, at=at, version=version, note=note) as held:
        held.approved_by, held.approved_at = by, at
        for member in held.team.filter(part=TeamMember.Part.ASSISTANT).select_related("account"):
            Assignment.objects.create(
                account=member.account, kind=held.kind, thing_id=held.pk, given_by=by, since=at,
                until=max(held.ends_at, at) + AFTERWARDS,
            )  # fmt: skip
    return visit


def notify(visit: Visit, *, by: Account, at: datetime, contact: str = "", version: int | None = None) -> Visit:
    """Serve the notice: basis, content, time, officers, rights and bans."""
    with VISIT.step("notify", visit, by=by, at=at, version=version) as held:
        held.noticed_at = at
        held.save()
        papers.issue(
            "inspection.notice", held, by=by, at=at, issuer=held.authority, addressee=held.operator,
            data=letters.notice(held, contact=contact or by.name),
        )  # fmt: skip
        inbox.tell(
            organisation=held.operator, can=Can.REPLY, at=at, thing=held, urgency="high", key=f"{held.number}:noticed",
            text=gettext_noop("Notice of inspection %(number)s was served."), args={"number": held.number},
        )  # fmt: skip
    return visit


def open_visit(
    visit: Visit,
    *,
    by: Account,
    at: datetime,
    present: str = "",
    certificates: Iterable[Mapping[str, Any]] = (),
    recusal: str = "",
    version: int | None = None,
) -> Visit:
    """Begin: certificates are shown, recusal is asked about, the checklist lies open, the time on site runs."""
    shown = {str(row["number"]): row.get("certificate", "").strip() for row in certificates}
    with VISIT.step("open", visit, by=by, at=at, version=version, who=by) as held:
        held.opened_at, held.present, held.recusal = at, present, recusal
        for member in held.team.all():
            if certificate := shown.get(str(member.pk), ""):
                member.certificate = certificate
                member.save(update_fields=["certificate"])
        held.certificates_shown = not held.team.exclude(part=TeamMember.Part.ASSISTANT).filter(certificate="").exists()
        _lay_out_questions(held, by, at)
        timing.start(held, "inspection.on_site", bearer=held.authority, at=at, by=by, fact="inspection.visit.open")
    return visit


def _lay_out_questions(visit: Visit, by: Account, at: datetime) -> None:
    """One answer to give for every question that is asked of units of these grades."""
    pack = packs.pack(visit.pack)
    ranks = {grade.code: grade.rank for grade in pack.grades}
    grades = list(visit.units.values_list("grade", flat=True))
    for place, item in enumerate(pack.checklist(visit.checklist).items, start=1):
        if criteria.is_asked(item.grade_from, grades, ranks):
            asked = Answer(number=f"{visit.number}/{item.id}", visit=visit, item=item.id, place=place)
            with ANSWER.begin("lay_out", asked, by=by, at=at):
                pass


def finish(
    visit: Visit,
    *,
    by: Account,
    at: datetime,
    record_facts: str,
    ended_at: datetime | None = None,
    statement: str = "",
    refusal: str = "",
    rest_not_assessed: bool = False,
    version: int | None = None,
) -> Visit:
    """Make the on-site record; from here the findings are written up."""
    with VISIT.step(
        "finish", visit, by=by, at=at, version=version, who=by, rest_not_assessed=rest_not_assessed
    ) as held:
        if rest_not_assessed:
            for left in held.answers.exclude(status=Answer.Status.DONE).select_related("visit"):
                with ANSWER.step("give", left, by=by, at=at, who=by) as answer:
                    answer.result, answer.answered_by, answer.answered_at = Answer.Result.NOT_ASSESSED, by, at
        held.record_facts, held.statement, held.refusal = record_facts, statement, refusal
        held.ended_at = min(ended_at, at) if ended_at else at
        held.save()
        papers.issue(
            "inspection.record", held, by=by, at=at, issuer=held.authority, addressee=held.operator,
            data=letters.record(held),
        )  # fmt: skip
        timing.stop(held, "inspection.on_site", at=at, by=by, fact="inspection.visit.finish")
        timing.start(held, "inspection.findings", bearer=held.authority, at=at, by=by, fact="inspection.visit.finish")
    return visit


def cancel(visit: Visit, *, by: Account, at: datetime, reason: str, version: int | None = None) -> Visit:
    """Call the inspection off before it begins; the operator hears of it if the notice was served."""
    with VISIT.step("cancel", visit, by=by, at=at, version=version, note=reason) as held:
        held.cancel_reason = reason
        if held.noticed_at is not None:
            inbox.tell(
                organisation=held.operator, can=Can.REPLY, at=at, thing=held, key=f"{held.number}:cancelled",
                text=gettext_noop("Inspection %(number)s was called off."), args={"number": held.number},
            )  # fmt: skip
    return visit
