"""What the authority decides on an order: the plan, more time, and whether things were put right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import clock, inbox, papers, vault
from bastide.base.flow import Refused, next_number
from bastide.base.people.models import Account, Organisation
from bastide.base.terms import Term, Unit
from bastide.rectify import criteria, letters
from bastide.rectify.access import Can
from bastide.rectify.flows import timing
from bastide.rectify.flows.orders import mark_overdue
from bastide.rectify.flows.table import FINDING, ORDER
from bastide.rectify.models import Extension, Order, OrderLine, Outcome, Verification

Rows = Iterable[Mapping[str, Any]]
R = Verification.Result


def return_plan(order: Order, *, by: Account, at: datetime, plan_review: str, version: int | None = None) -> Order:
    """Send the plan back with a note; the time for a better one runs."""
    with ORDER.step("return_plan", order, by=by, at=at, version=version, note=plan_review) as held:
        held.plan_review = plan_review
        timing.stop(held, "rectify.plan_review", at=at, by=by, fact="rectify.order.return_plan")
        timing.start(held, "rectify.plan", bearer=held.operator, at=at, by=by, fact="rectify.order.return_plan")
        _tell_operator(held, at, gettext_noop("The plan for order %(number)s was returned."), "returned")
    return order


def accept_plan(order: Order, *, by: Account, at: datetime, plan_review: str = "", version: int | None = None) -> Order:
    """Accept the plan; from here the operator reports progress."""
    with ORDER.step("accept_plan", order, by=by, at=at, version=version, note=plan_review) as held:
        held.plan_review, held.plan_accepted_at, held.plan_accepted_by = plan_review, at, by
        timing.stop(held, "rectify.plan_review", at=at, by=by, fact="rectify.order.accept_plan")
        timing.start(held, "rectify.progress", bearer=held.operator, at=at, by=by, fact="rectify.order.accept_plan")
        _tell_operator(held, at, gettext_noop("The plan for order %(number)s was accepted."), "accepted")
    return order


def _tell_operator(order: Order, at: datetime, text: str, key: str, urgency: str = "normal") -> None:
    inbox.tell(
        organisation=order.operator, can=Can.ANSWER_ORDER, at=at, thing=order, text=text, args={"number": order.number},
        key=f"{order.number}:{key}:{at.isoformat()}", urgency=urgency,
    )  # fmt: skip


# ---- more time


def grant_extension(
    order: Order,
    *,
    by: Account,
    at: datetime,
    grounds: str = "",
    new_limit: date | None = None,
    version: int | None = None,
) -> Order:
    """Give more time: every limit that would end earlier now ends with the new day."""
    with ORDER.step("grant_extension", order, by=by, at=at, version=version) as held:
        asked = _asked(held)
        until = new_limit or asked.wanted_until
        if until > asked.wanted_until:
            raise Refused(_("More time is granted than was asked for."), field="new_limit")
        _decide(asked, Extension.Decision.GRANTED, grounds, until, by=by, at=at)
        for running in timing.limits(held):
            if running.due_at is None or criteria.last_day(running.due_at, ZoneInfo(running.zone)) < until:
                clock.extend(
                    running, at=at, by=by, clause=running.clause, fact="rectify.order.grant_extension", until=until
                )
        timing.due_again(held)
        held.extensions_granted += 1
        _extension_ends(held, asked, by, at)
    return order


def refuse_extension(order: Order, *, by: Account, at: datetime, grounds: str, version: int | None = None) -> Order:
    """Give no more time. If the limit passed while the request lay here, the order is overdue at once."""
    with ORDER.step("refuse_extension", order, by=by, at=at, version=version) as held:
        asked = _asked(held)
        _decide(asked, Extension.Decision.REFUSED, grounds, None, by=by, at=at)
        _extension_ends(held, asked, by, at)
    if any(running.due_at is not None and running.due_at < at for running in timing.limits(order)):
        mark_overdue(order, by=Account.objects.house(), at=at)
    return order


def _asked(order: Order) -> Extension:
    asked = order.extensions.select_for_update(of=("self",)).filter(decision="").first()
    if asked is None:
        raise Refused(_("No request for more time waits for a decision."))
    return asked


def _decide(
    asked: Extension, decision: Extension.Decision, grounds: str, until: date | None, *, by: Account, at: datetime
) -> None:
    asked.decision, asked.grounds, asked.new_limit = decision.value, grounds, until
    asked.decided_at, asked.decided_by = at, by
    asked.save()


def _extension_ends(order: Order, asked: Extension, by: Account, at: datetime) -> None:
    timing.stop(order, "rectify.extension", at=at, by=by, fact="rectify.order.decide_extension")
    order.plan_accepted_at = order.plan_accepted_at or at
    order.save()
    papers.issue(
        "rectify.extension", order, by=by, at=at, issuer=order.authority, addressee=order.operator,
        data=letters.extension(order, asked),
    )  # fmt: skip
    _tell_operator(
        order, at, gettext_noop("Your request for more time under order %(number)s was decided."), "extension"
    )


# ---- verification


def verify(
    order: Order,
    *,
    by: Account,
    at: datetime,
    method: str,
    opinion: str,
    is_independent: bool = True,
    assisted_by: Organisation | None = None,
    evidence: Iterable[Any] = (),
    version: int | None = None,
) -> Order:
    """A second person finds everything put right."""
    with ORDER.step(
        "verify", order, by=by, at=at, version=version, who=by, is_independent=is_independent, assisted_by=assisted_by
    ) as held:
        lines = [line for line in _lines(held) if line.verified_at is None]
        seen = _look(held, R.PASSED, method, opinion, assisted_by, evidence, by=by, at=at)
        for line in lines:
            _pass(line, seen, "", by, at)
        held.verified_at = at
        timing.stop(held, "rectify.verify", at=at, by=by, fact="rectify.order.verify")
        _put_in_writing(held, seen, by, at)
        _tell_operator(held, at, gettext_noop("Order %(number)s was verified: everything is put right."), "verified")
    return order


def fail(
    order: Order,
    *,
    by: Account,
    at: datetime,
    method: str,
    opinion: str,
    lines: Rows,
    is_independent: bool = True,
    days: int | None = None,
    assisted_by: Organisation | None = None,
    evidence: Iterable[Any] = (),
    version: int | None = None,
) -> Order:
    """A second person finds something not put right: the reason for each, and a short new limit."""
    judged = {row["number"]: row for row in lines}
    with ORDER.step(
        "fail", order, by=by, at=at, version=version, who=by, is_independent=is_independent, assisted_by=assisted_by
    ) as held:
        waiting = [line for line in _lines(held) if line.verified_at is None]
        failed = [line for line in waiting if judged.get(line.finding.number, {}).get("result") == R.FAILED]
        if not failed:
            raise Refused(_("Say which findings did not pass; if all did, verify the order."), field="lines")
        seen = _look(held, R.FAILED, method, opinion, assisted_by, evidence, by=by, at=at)
        timing.stop(held, "rectify.verify", at=at, by=by, fact="rectify.order.fail")
        again = timing.start(
            held, "rectify.rework", bearer=held.operator, at=at, by=by, fact="rectify.order.fail",
            limit=Term(days, Unit.D) if days else None,
        )  # fmt: skip
        for line in waiting:
            note = judged.get(line.finding.number, {}).get("note", "").strip()
            if line in failed:
                _return(line, seen, note, again.due_at)
            else:
                _pass(line, seen, note, by, at)
        seen.next_limit = held.limit_at = again.due_at
        seen.save()
        _put_in_writing(held, seen, by, at)
        _tell_operator(
            held, at, gettext_noop("Verification of order %(number)s failed. Look at the reasons."), "failed", "high"
        )
    return order


def _lines(order: Order) -> list[OrderLine]:
    return list(order.lines.filter(released=False).select_related("finding"))


def _look(
    order: Order, result: str, method: str, opinion: str, assisted_by: Organisation | None, evidence: Iterable[Any], *,
    by: Account, at: datetime,
) -> Verification:  # fmt: skip
    seen = Verification.objects.create(
        number=next_number(Verification.SERIES, at.year), created_at=at, created_by=by, order=order, verifier=by, at=at,
        method=method, result=result, opinion=opinion, assisted_by=assisted_by,
    )  # fmt: skip
    vault.keep(evidence, thing=seen, by=by, at=at)
    return seen


def _pass(line: OrderLine, seen: Verification, note: str, by: Account, at: datetime) -> None:
    Outcome.objects.create(verification=seen, line=line, result=R.PASSED, note=note)
    line.verified_at = at
    line.save(update_fields=["verified_at"])
    with FINDING.step("verify", line.finding, by=by, at=at, note=seen.number) as finding:
        finding.verified_at = at


def _return(line: OrderLine, seen: Verification, note: str, due_at: datetime | None) -> None:
    if not note:
        raise Refused(_("Say why %(number)s did not pass.") % {"number": line.finding.number}, field="lines")
    Outcome.objects.create(verification=seen, line=line, result=R.FAILED, note=note)
    line.handed_in_at, line.failures, line.due_at = None, line.failures + 1, due_at
    line.save(update_fields=["handed_in_at", "failures", "due_at"])


def _put_in_writing(order: Order, seen: Verification, by: Account, at: datetime) -> None:
    order.save()
    papers.issue(
        "rectify.verification", order, by=by, at=at, issuer=order.authority, addressee=order.operator,
        data=letters.verification(order, seen),
    )  # fmt: skip
