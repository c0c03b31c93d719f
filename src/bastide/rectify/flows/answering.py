"""What the operator does with an order: sign for it, plan, report, hand in evidence, ask for more time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import inbox, packs, vault
from bastide.base.flow import Refused
from bastide.base.people.models import Account
from bastide.rectify import criteria
from bastide.rectify.access import Can
from bastide.rectify.flows import timing
from bastide.rectify.flows.table import ORDER
from bastide.rectify.models import Extension, Order, OrderLine, Progress

Rows = Iterable[Mapping[str, Any]]


def receive(
    order: Order,
    *,
    by: Account,
    at: datetime,
    responsible: str,
    responsible_post: str = "",
    responsible_phone: str = "",
    version: int | None = None,
) -> Order:
    """Sign for the order and name who answers for it; the time for the plan runs."""
    with ORDER.step("receive", order, by=by, at=at, version=version) as held:
        held.received_at, held.received_by = at, by
        held.responsible, held.responsible_post, held.responsible_phone = (
            responsible,
            responsible_post,
            responsible_phone,
        )
        timing.stop(held, "rectify.receipt", at=at, by=by, fact="rectify.order.receive")
        timing.start(held, "rectify.plan", bearer=held.operator, at=at, by=by, fact="rectify.order.receive")
    return order


def submit_plan(
    order: Order, *, by: Account, at: datetime, lines: Rows, plan_summary: str = "", version: int | None = None
) -> Order:
    """For each finding: the measure, who owns it, by when, and what protects in the meantime."""
    planned = {row["number"]: row for row in lines}
    with ORDER.step("submit_plan", order, by=by, at=at, version=version) as held:
        for line in _lines(held):
            row = planned.get(line.finding.number)
            if row is None or not row.get("measure") or not row.get("owner") or not row.get("day"):
                raise Refused(
                    _("Plan for %(number)s: measure, owner and date are needed.") % {"number": line.finding.number},
                    field="lines",
                )
            line.plan_measure, line.plan_owner, line.plan_day = row["measure"], row["owner"], _day(row["day"])
            line.plan_interim = row.get("interim", "")
            line.save()
        held.planned_at, held.plan_summary = at, plan_summary
        timing.stop(held, "rectify.plan", at=at, by=by, fact="rectify.order.submit_plan")
        timing.start(held, "rectify.plan_review", bearer=held.authority, at=at, by=by, fact="rectify.order.submit_plan")
        _tell_authority(
            held, at, Can.REVIEW_PLAN, gettext_noop("The plan for order %(number)s waits for review."), "planned"
        )
    return order


def _lines(order: Order) -> list[OrderLine]:
    return list(order.lines.filter(released=False).select_related("finding"))


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _tell_authority(order: Order, at: datetime, right: str, text: str, key: str) -> None:
    inbox.tell(
        organisation=order.authority, can=right, at=at, thing=order, text=text, args={"number": order.number},
        key=f"{order.number}:{key}:{at.isoformat()}",
    )  # fmt: skip


def report_progress(
    order: Order, *, by: Account, at: datetime, percent: int, text: str, blockers: str = "", version: int | None = None
) -> Order:
    """Say how far it is and what stands in the way; the time for the next report runs anew."""
    with ORDER.step("report_progress", order, by=by, at=at, version=version, note=f"{percent} %") as held:
        held.percent = percent
        Progress.objects.create(order=held, at=at, by=by, percent=percent, text=text, blockers=blockers)
        timing.stop(held, "rectify.progress", at=at, by=by, fact="rectify.order.report_progress")
        timing.start(held, "rectify.progress", bearer=held.operator, at=at, by=by, fact="rectify.order.report_progress")
    return order


def hand_in(
    order: Order,
    *,
    by: Account,
    at: datetime,
    finding: str,
    done_what: str,
    done_by: str,
    done_on: date,
    retest: str = "",
    evidence: Iterable[Any] = (),
    version: int | None = None,
) -> Order:
    """Evidence for one finding. When no finding of a limit is left, that limit is met."""
    with ORDER.step("hand_in", order, by=by, at=at, version=version, note=finding) as held:
        line = held.lines.filter(finding__number=finding, released=False).select_related("finding").first()
        if line is None or line.verified_at is not None:
            raise Refused(
                _("This order does not wait for evidence on %(number)s.") % {"number": finding}, field="finding"
            )
        if done_on > at.astimezone(ZoneInfo(packs.pack(held.pack).manifest.zone)).date():
            raise Refused(_("What is handed in has been done; the day lies in the future."), field="done_on")
        files = list(evidence)
        if not files and not vault.of(line).exists():
            raise Refused(_("Add at least one file as evidence."), field="evidence")
        line.done_what, line.done_by, line.done_on, line.retest, line.handed_in_at = (
            done_what,
            done_by,
            done_on,
            retest,
            at,
        )
        line.save()
        vault.keep(files, thing=line, by=by, at=at)
        timing.settle(held, at=at, by=by, fact="rectify.order.hand_in")
    return order


def submit_evidence(order: Order, *, by: Account, at: datetime, note: str = "", version: int | None = None) -> Order:
    """Everything is handed in: ask a second person to look. What else the operator owed is done with it."""
    with ORDER.step("submit_evidence", order, by=by, at=at, version=version, note=note) as held:
        held.submitted_at, held.submitted_by, held.percent = at, by, 100
        timing.settle(held, at=at, by=by, fact="rectify.order.submit_evidence")
        timing.stop(held, *timing.OWED, at=at, by=by, fact="rectify.order.submit_evidence")
        timing.stop(held, "rectify.plan_review", at=at, by=by, fact="rectify.order.submit_evidence", cancelled=True)
        timing.start(held, "rectify.verify", bearer=held.authority, at=at, by=by, fact="rectify.order.submit_evidence")
        _tell_authority(
            held, at, Can.VERIFY, gettext_noop("The evidence for order %(number)s waits for verification."), "submitted"
        )
    return order


def ask_extension(
    order: Order,
    *,
    by: Account,
    at: datetime,
    reason: str,
    interim: str,
    wanted_until: date,
    version: int | None = None,
) -> Order:
    """Ask for more time, before the limit, with an objective reason and protection in the meantime."""
    with ORDER.step("ask_extension", order, by=by, at=at, version=version, moment=at) as held:
        first = min((c for c in timing.limits(held) if c.due_at is not None), key=lambda c: c.due_at)  # type: ignore[arg-type,return-value]
        assert first.due_at is not None
        zone = ZoneInfo(first.zone)
        if wanted_until <= criteria.last_day(first.due_at, zone):
            raise Refused(_("The day asked for is not later than the limit."), field="wanted_until")
        latest = criteria.last_day(criteria.latest_extension(first.started_at, first.due_at), zone)
        if wanted_until > latest:
            raise Refused(
                _("An extension is at most as long as the original limit: until %(day)s.")
                % {"day": latest.isoformat()},
                field="wanted_until",
            )
        Extension.objects.create(
            order=held, asked_at=at, asked_by=by, reason=reason, interim=interim, was_limit=first.due_at,
            wanted_until=wanted_until,
        )  # fmt: skip
        timing.start(held, "rectify.extension", bearer=held.authority, at=at, by=by, fact="rectify.order.ask_extension")
        _tell_authority(
            held, at, Can.DECIDE_EXTENSION, gettext_noop("More time is asked for under order %(number)s."), "extension"
        )
    return order
