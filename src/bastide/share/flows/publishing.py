"""A warning in force: published to everyone concerned, changed, reviewed, lifted, with its letters and clocks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import clock, inbox, packs, papers, trail
from bastide.base.flow import Refused
from bastide.base.people.models import Account, Organisation
from bastide.base.terms import Term, Unit
from bastide.share import facts, letters, reads
from bastide.share.access import Can
from bastide.share.criteria import Targets
from bastide.share.flows import timing
from bastide.share.flows.proposing import write
from bastide.share.flows.table import DELIVERY, WARNING
from bastide.share.models import Delivery, EarlyWarning


def publish(warning: EarlyWarning, *, by: Account, at: datetime, version: int | None = None) -> EarlyWarning:
    """Deliver to everyone concerned: the letter, one delivery and one clock for each, and the date of review."""
    with WARNING.step("publish", warning, by=by, at=at, version=version, who=by) as held:
        held.published_by, held.published_at, held.revision = by, at, 1
        found = reads.concerned(by, Targets.of(held.targets))
        if not found:
            raise Refused(_("Nobody is concerned by what was chosen as recipients. Choose recipients first."))
        deliveries = [_deliver(held, one, by=by, at=at) for one in found]
        _issue(held, deliveries, by=by, at=at)
        _start_review(held, held.review_on, by=by, at=at)
        _tell_recipients(deliveries, at=at)
        _tell_authorities(
            held, deliveries, at=at, key="published",
            text=gettext_noop("Early warning %(number)s was published: %(title)s"),
        )  # fmt: skip
        trail.announce(facts.WarningPublished(held.number, held.colour, _ids(deliveries), at), at=at)
    return warning


def _deliver(warning: EarlyWarning, one: reads.Concerned, *, by: Account, at: datetime) -> Delivery:
    """One operator's delivery; the clock of the acknowledgement runs if the colour asks for one."""
    delivery = Delivery(
        warning=warning, operator=one.operator, delivered_at=at, revision=warning.revision,
        reasons=[reason.plain() for reason in one.reasons],
    )  # fmt: skip
    step = "deliver" if timing.acknowledgement(warning) else "inform"
    with DELIVERY.begin(step, delivery, by=by, at=at, note=warning.number) as delivery:
        timing.start_acknowledgement(delivery, by=by, at=at)
    return delivery


def _issue(
    warning: EarlyWarning,
    deliveries: list[Delivery],
    *,
    by: Account,
    at: datetime,
    was: packs.Text | None = None,
    reason: str = "",
) -> None:
    """The letter, in the same transaction. It names no recipient: all of them read the same one."""
    purpose = "warning.change" if was else "warning.notice"
    before = papers.of(warning).first() if was else None
    data = letters.notice(warning, acknowledge_by=timing.due(deliveries), was=was, reason=reason)
    papers.issue(purpose, warning, by=by, at=at, issuer=warning.issuer, data=data, supersedes=before)


def _start_review(warning: EarlyWarning, day: date | None, *, by: Account, at: datetime) -> None:
    """Somebody looks on that day whether it can be lifted; without a day, in the cycle of the pack."""
    law = packs.pack(warning.pack)
    limit = None
    if day is not None:
        days = (day - at.astimezone(ZoneInfo(law.manifest.zone)).date()).days
        if days < 1:
            raise Refused(_("The day of review lies ahead of today."), field="review_on")
        limit = Term(days, Unit.D)
    clock.start(
        warning, law.clock_for("warning.lift_review").id, at=at, by=by, bearer=warning.issuer,
        fact="share.earlywarning.publish",
        limit=limit, pack=law,
    )  # fmt: skip


def _stop_review(warning: EarlyWarning, *, by: Account, at: datetime, fact: str) -> None:
    clock.stop_all(warning, packs.pack(warning.pack).clock_for("warning.lift_review").id, at=at, by=by, fact=fact)


def _tell_recipients(deliveries: Iterable[Delivery], *, at: datetime) -> None:
    for delivery in deliveries:
        warning = delivery.warning
        text = gettext_noop("Early warning %(number)s for you: %(title)s")
        if delivery.state == Delivery.State.PENDING:
            text = gettext_noop("Early warning %(number)s: acknowledge it. %(title)s")
        inbox.tell(
            organisation=delivery.operator, can=Can.ANSWER, at=at, thing=delivery, text=text,
            args={"number": warning.number, "title": warning.title}, urgency="high" if warning.rank >= 3 else "normal",
            key=f"{delivery.number}:{delivery.revision}",
        )  # fmt: skip


def _tell_authorities(
    warning: EarlyWarning, deliveries: Iterable[Delivery], *, at: datetime, text: str, key: str
) -> None:
    """The authority above a province, and the offices in whose provinces the recipients are."""
    areas = {delivery.operator.area for delivery in deliveries} - {""}
    offices = Organisation.objects.filter(kind=Organisation.Kind.PROVINCIAL, area__in=areas, is_active=True)
    national = Organisation.objects.filter(kind=Organisation.Kind.NATIONAL, is_active=True)
    for organisation in (offices | national).exclude(pk=warning.issuer_id).order_by("pk"):
        inbox.tell(
            organisation=organisation, can=Can.LOG_CALL, at=at, thing=warning, text=text, key=f"{warning.number}:{key}",
            args={"number": warning.number, "title": warning.title},
        )  # fmt: skip


def _ids(deliveries: Iterable[Delivery]) -> tuple[int, ...]:
    return tuple(delivery.operator_id for delivery in deliveries)


def change(
    warning: EarlyWarning,
    *,
    by: Account,
    at: datetime,
    reason: str,
    targets: Targets | None = None,
    version: int | None = None,
    **text: Any,
) -> EarlyWarning:
    """Tell everyone again, in another colour or other words: each recipient acknowledges anew; more may be added."""
    with WARNING.step(
        "change", warning, by=by, at=at, version=version, note=reason, who=by, colour=text.get("colour"), reason=reason
    ) as held:
        was = packs.pack(held.pack).colour(held.colour).name
        write(held, text, targets)
        held.changed_at, held.change_reason, held.revision = at, reason, held.revision + 1
        held.save()
        deliveries = [_deliver_again(delivery, held, by=by, at=at) for delivery in _told(held)]
        known = set(_ids(deliveries))
        more = [one for one in reads.concerned(by, Targets.of(held.targets)) if one.operator.pk not in known]
        deliveries += [_deliver(held, one, by=by, at=at) for one in more]
        _issue(held, deliveries, by=by, at=at, was=was, reason=reason)
        _tell_recipients(deliveries, at=at)
        _tell_authorities(
            held, deliveries, at=at, key=f"changed:{held.revision}",
            text=gettext_noop("Early warning %(number)s was changed: %(title)s"),
        )  # fmt: skip
    return warning


def _told(warning: EarlyWarning) -> list[Delivery]:
    return list(warning.deliveries.select_related("operator", "warning__issuer").order_by("pk"))


def _deliver_again(delivery: Delivery, warning: EarlyWarning, *, by: Account, at: datetime) -> Delivery:
    """What was answered on the edition before stays in the trail; on this one nothing is answered yet."""
    step = "deliver_again" if timing.acknowledgement(warning) else "inform_again"
    clock.stop_all(delivery, at=at, by=by, fact="share.earlywarning.change", cancelled=True)
    with DELIVERY.step(step, delivery, by=by, at=at, note=warning.number) as held:
        held.delivered_at, held.revision = at, warning.revision
        held.acknowledged_at = held.acknowledged_by = held.reported_at = held.reported_by = held.escalated_at = None
        held.affected = held.fixed = None
        held.remark = ""
        timing.start_acknowledgement(held, by=by, at=at)
    delivery.warning = warning
    return delivery


def review(
    warning: EarlyWarning,
    *,
    by: Account,
    at: datetime,
    reason: str,
    review_on: date | None = None,
    version: int | None = None,
) -> EarlyWarning:
    """Looked at and kept in force: the reason stays on record, the next review is set."""
    with WARNING.step("review", warning, by=by, at=at, version=version, note=reason, who=by, reason=reason) as held:
        held.review_on = review_on
        _stop_review(held, by=by, at=at, fact="share.earlywarning.review")
        _start_review(held, review_on, by=by, at=at)
    return warning


def lift(
    warning: EarlyWarning, *, by: Account, at: datetime, reason: str, follow_up: str = "", version: int | None = None
) -> EarlyWarning:
    """The risk is gone: say so by letter, end what was owed, tell everyone who was warned."""
    with WARNING.step("lift", warning, by=by, at=at, version=version, note=reason, who=by, reason=reason) as held:
        held.lifted_by, held.lifted_at, held.lift_reason, held.follow_up = by, at, reason, follow_up
        held.save()
        deliveries = _told(held)
        for delivery in deliveries:
            clock.stop_all(delivery, at=at, by=by, fact="share.earlywarning.lift", cancelled=True)
        _stop_review(held, by=by, at=at, fact="share.earlywarning.lift")
        papers.issue("warning.lift", held, by=by, at=at, issuer=held.issuer, data=letters.lifting(held))
        for delivery in deliveries:
            inbox.tell(
                organisation=delivery.operator, can=Can.ANSWER, at=at, thing=delivery, key=f"{delivery.number}:lifted",
                text=gettext_noop("Early warning %(number)s is lifted: %(title)s"),
                args={"number": held.number, "title": held.title},
            )  # fmt: skip
        _tell_authorities(
            held, deliveries, at=at, key="lifted", text=gettext_noop("Early warning %(number)s is lifted: %(title)s")
        )
        trail.announce(facts.WarningLifted(held.number, _ids(deliveries), at), at=at)
    return warning
