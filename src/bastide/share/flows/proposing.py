"""A warning until somebody is told: proposed, amended, approved by the office in power, or withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import inbox, packs
from bastide.base.flow import Refused
from bastide.base.people.models import Account, Organisation
from bastide.respond import reads as respond
from bastide.share.access import Can
from bastide.share.criteria import NATIONAL, Targets
from bastide.share.flows.table import WARNING
from bastide.share.models import EarlyWarning

# What the text of a warning consists of; the rest follows from acts.
TEXT = (
    "title",
    "colour",
    "category",
    "matters",
    "reach",
    "start_at",
    "harm",
    "measures",
    "hotline",
    "tlp",
    "review_on",
)


def propose(
    *,
    by: Account,
    at: datetime,
    title: str,
    colour: str,
    category: str,
    matters: str,
    reach: str,
    measures: str,
    targets: Targets,
    start_at: datetime | None = None,
    harm: str = "",
    hotline: str = "",
    tlp: str = EarlyWarning.Tlp.AMBER,
    incident: str = "",
    review_on: date | None = None,
) -> EarlyWarning:
    """Write a warning down; whoever has the power over its colour is told."""
    law, office = packs.active(), _office(by)
    _look_for(incident, by)
    warning = EarlyWarning(
        issuer=office, office=office, pack=law.id, pack_version=law.version, title=title, colour=colour,
        category=category,
        matters=matters, reach=reach, start_at=start_at or at, harm=harm, measures=measures, hotline=hotline, tlp=tlp,
        incident=incident, review_on=review_on, targets=targets.plain(), rank=_rank(law, colour),
    )  # fmt: skip
    with WARNING.begin("propose", warning, by=by, at=at, colour=colour) as warning:
        _tell_approvers(warning, at=at)
    return warning


def _office(by: Account) -> Organisation:
    """The authority in whose name this person proposes."""
    ours = [one for one in by.organisations_with(Can.PROPOSE) if one.is_authority]
    if not ours:
        raise Refused(_("Only an authority proposes warnings; your organisation is none."))
    return ours[0]


def _look_for(incident: str, by: Account) -> None:
    if not incident:
        return
    try:
        respond.incident_for(by, incident)
    except Http404:
        raise Refused(
            _("There is no incident %(number)s that you may see.") % {"number": incident}, field="incident"
        ) from None


def _rank(law: packs.Pack, colour: str) -> int:
    try:
        return law.colour(colour).rank
    except LookupError:
        return 0


def _tell_approvers(warning: EarlyWarning, *, at: datetime) -> None:
    """The office in power: the national authority for its colours, the issuing office otherwise."""
    law = packs.pack(warning.pack).colour(warning.colour)
    told = [warning.issuer]
    if law.office.value == NATIONAL and not warning.issuer.is_national:
        told = list(Organisation.objects.filter(kind=Organisation.Kind.NATIONAL, is_active=True))
    for organisation in told:
        inbox.tell(
            organisation=organisation, can=Can.APPROVE, at=at, thing=warning,
            urgency="high" if law.rank >= 3 else "normal",
            key=f"{warning.number}:proposed:{warning.version}",
            text=gettext_noop("Early warning %(number)s waits for approval: %(title)s"),
            args={"number": warning.number, "title": warning.title},
        )  # fmt: skip


def amend(
    warning: EarlyWarning,
    *,
    by: Account,
    at: datetime,
    targets: Targets | None = None,
    version: int | None = None,
    **text: Any,
) -> EarlyWarning:
    """Rewrite a proposal that nobody has approved yet."""
    with WARNING.step("amend", warning, by=by, at=at, version=version, who=by, colour=text.get("colour")) as held:
        write(held, text, targets)
        _tell_approvers(held, at=at)
    return warning


def write(warning: EarlyWarning, text: dict[str, Any], targets: Targets | None) -> None:
    """Take over those parts of the text that were given."""
    for name in TEXT:
        if name in text and not (text[name] is None and name != "review_on"):
            setattr(warning, name, text[name])
    warning.rank = _rank(packs.pack(warning.pack), warning.colour)
    if targets is not None:
        warning.targets = targets.plain()


def approve(warning: EarlyWarning, *, by: Account, at: datetime, version: int | None = None) -> EarlyWarning:
    """Approve within the power of one's office; what only the national office decides, it also issues."""
    with WARNING.step("approve", warning, by=by, at=at, version=version, who=by) as held:
        held.approved_by, held.approved_at = by, at
        if packs.pack(held.pack).colour(held.colour).office.value == NATIONAL and not held.issuer.is_national:
            held.issuer = next(one for one in by.organisations_with(Can.APPROVE) if one.is_national)
        inbox.tell(
            organisation=held.issuer, can=Can.PUBLISH, at=at, thing=held, key=f"{held.number}:approved",
            text=gettext_noop("Early warning %(number)s is approved and can be published."),
            args={"number": held.number},
        )  # fmt: skip
    return warning


def withdraw(
    warning: EarlyWarning, *, by: Account, at: datetime, reason: str, version: int | None = None
) -> EarlyWarning:
    """Take a warning back that nobody was told of."""
    with WARNING.step("withdraw", warning, by=by, at=at, version=version, note=reason, who=by, reason=reason) as held:
        held.withdrawn_reason = reason
    return warning
