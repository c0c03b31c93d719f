"""An order as the authority makes it: drawn up, issued and served, escalated, closed, revoked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from bastide.base import clock, inbox, packs, papers, trail
from bastide.base.flow import Refused
from bastide.base.people.models import Account, Organisation
from bastide.rectify import facts, letters
from bastide.rectify.access import Can
from bastide.rectify.flows import timing
from bastide.rectify.flows.table import FINDING, ORDER
from bastide.rectify.models import Finding, Order, OrderLine


def draft(
    *,
    by: Account,
    at: datetime,
    findings: Iterable[Finding],
    legal_basis: Sequence[str] = (),
    requirements: str = "",
    one_limit: bool = False,
) -> Order:
    """Draw up an order over open findings of one operator."""
    chosen = list(findings)
    operator = _one_operator(chosen)
    law = packs.active()
    gravest = max(chosen, key=lambda f: _rank(law, f.severity)).severity
    order = Order(
        operator=operator, authority=_authority(by, operator), pack=law.id, pack_version=law.version,
        legal_basis=list(legal_basis) or [str(b) for b in law.document_for("rectify.order").basis],
        source=_source_of(chosen), requirements=requirements, one_limit=one_limit, gravest=gravest,
        concerns_cii=any(f.concerns_cii for f in chosen),
    )  # fmt: skip
    with ORDER.begin("draft", order, by=by, at=at) as order:
        for finding in chosen:
            _add_line(order, finding)
    return order


def _one_operator(findings: list[Finding]) -> Organisation:
    if not findings:
        raise Refused(_("An order needs at least one finding."), field="findings")
    if len({f.operator_id for f in findings}) > 1:
        raise Refused(_("An order is addressed to one operator; these findings belong to several."), field="findings")
    if taken := [f.number for f in findings if f.state != Finding.State.OPEN]:
        raise Refused(
            _("No longer open, so they cannot be ordered: %(numbers)s.") % {"numbers": ", ".join(taken)},
            field="findings",
        )
    return findings[0].operator


def _add_line(order: Order, finding: Finding) -> None:
    other = OrderLine.objects.filter(finding=finding, released=False).select_related("order").first()
    if other is not None:
        raise Refused(
            _("%(finding)s already stands in order %(order)s.")
            % {"finding": finding.number, "order": other.order.number},
            field="findings",
        )
    OrderLine.objects.create(order=order, finding=finding)


def _rank(law: packs.Pack, severity: str) -> int:
    try:
        return law.severity(severity).rank
    except LookupError:
        return 0


def _authority(by: Account, operator: Organisation) -> Organisation:
    """The authority in whose name this person orders; the provincial one if it governs the operator."""
    ours = [o for o in by.organisations_with(Can.DRAFT_ORDER) if o.is_authority]
    near = [o for o in ours if o.area and o.area == operator.area]
    if not ours:
        raise Refused(_("Only an authority orders; your organisation is none."))
    return (near or ours)[0]


def _source_of(findings: list[Finding]) -> str:
    """Where the findings come from, each source once."""
    return ", ".join(dict.fromkeys(f.source_number or f.number for f in findings))[:200]


def discard(order: Order, *, by: Account, at: datetime, version: int | None = None) -> Order:
    """Throw a draft away; its findings may be ordered anew."""
    with ORDER.step("discard", order, by=by, at=at, version=version) as held:
        held.lines.update(released=True)
    return order


def issue(order: Order, *, by: Account, at: datetime, contact: str = "", version: int | None = None) -> Order:
    """Sign, number and serve: the document, the limits and the operator's duty to sign for it, in one act."""
    with ORDER.step("issue", order, by=by, at=at, version=version) as held:
        lines = list(held.lines.filter(released=False).select_related("finding__unit", "finding__operator"))
        held.issued_by, held.served_at = by, at
        timing.start_limits(held, lines, at=at, by=by)
        receipt = timing.start(held, "rectify.receipt", bearer=held.operator, at=at, by=by, fact="rectify.order.issue")
        for line in lines:
            with FINDING.step("order", line.finding, by=by, at=at, note=held.number):
                pass
        held.save()
        papers.issue(
            "rectify.order", held, by=by, at=at, issuer=held.authority, addressee=held.operator,
            data=letters.order(held, lines, receipt_by=receipt.due_at, contact=contact or by.name),
        )  # fmt: skip
        trail.announce(facts.OrderServed(held.number, held.operator_id, at), at=at)
        inbox.tell(
            organisation=held.operator, can=Can.ANSWER_ORDER, at=at, thing=held, urgency="high",
            key=f"{held.number}:served",
            text=gettext_noop("Rectification order %(number)s was served on you. Sign for it."),
            args={"number": held.number},
        )  # fmt: skip
    return order


def mark_overdue(order: Order, *, by: Account, at: datetime) -> Order:
    """The house notes that a limit passed; the first such day stays on record."""
    with ORDER.step("mark_overdue", order, by=by, at=at) as held:
        held.overdue_since = held.overdue_since or at
        trail.announce(facts.OrderOverdue(held.number, held.operator_id, at), at=at)
        for organisation, right in ((held.operator, Can.ANSWER_ORDER), (held.authority, Can.CLOSE_ORDER)):
            inbox.tell(
                organisation=organisation, can=right, at=at, thing=held, urgency="high",
                key=f"{held.number}:overdue:{at.isoformat()}",
                text=gettext_noop("Rectification order %(number)s is overdue."),
                args={"number": held.number},
            )  # fmt: skip
    return order


def interview(
    order: Order, *, by: Account, at: datetime, person: str, matter: str, meets_at: datetime, version: int | None = None
) -> Order:
    """Call in the operator's head because the order is overdue; not a penalty by itself."""
    with ORDER.step("interview", order, by=by, at=at, version=version) as held:
        held.interview_person, held.interview_matter, held.interview_at = person, matter, meets_at
        held.save()
        law = packs.pack(held.pack)
        if law.document_for("rectify.interview").template:
            papers.issue(
                "rectify.interview", held, by=by, at=at, issuer=held.authority, addressee=held.operator,
                data=letters.interview(held),
            )  # fmt: skip
        timing.start(held, "rectify.interview", bearer=held.operator, at=at, by=by, fact="rectify.order.interview")
        inbox.tell(
            organisation=held.operator, can=Can.ANSWER_ORDER, at=at, thing=held, urgency="high",
            key=f"{held.number}:interview",
            text=gettext_noop("You are called to an interview about order %(number)s."), args={"number": held.number},
        )  # fmt: skip
    return order


def close(order: Order, *, by: Account, at: datetime, closing_note: str = "", version: int | None = None) -> Order:
    """Close for good, by letter; so are its findings."""
    with ORDER.step("close", order, by=by, at=at, version=version) as held:
        held.closed_at, held.closing_note = at, closing_note
        _close_findings(held, by, at)
        clock.stop_all(held, at=at, by=by, fact="rectify.order.close")
        held.save()
        papers.issue(
            "rectify.closure", held, by=by, at=at, issuer=held.authority, addressee=held.operator,
            data=letters.closure(held),
        )  # fmt: skip
        trail.announce(facts.OrderClosed(held.number, held.operator_id, at), at=at)
        inbox.tell(
            organisation=held.operator, can=Can.ANSWER_ORDER, at=at, thing=held, key=f"{held.number}:closed",
            text=gettext_noop("Rectification order %(number)s is closed."), args={"number": held.number},
        )  # fmt: skip
    return order


def _close_findings(order: Order, by: Account, at: datetime) -> None:
    for finding in Finding.objects.filter(lines__order=order, lines__released=False, state=Finding.State.VERIFIED):
        with FINDING.step("close", finding, by=by, at=at, note=order.number) as held:
            held.closed_at = at


def revoke(order: Order, *, by: Account, at: datetime, reason: str, version: int | None = None) -> Order:
    """Take the order back: its clocks are cancelled, its document is void, what was not put right is open again."""
    with ORDER.step("revoke", order, by=by, at=at, version=version, note=reason) as held:
        held.revoked_reason = reason
        _close_findings(held, by, at)
        for line in held.lines.filter(finding__state=Finding.State.ORDERED).select_related("finding"):
            line.released = True
            line.save(update_fields=["released"])
            with FINDING.step("release", line.finding, by=by, at=at, note=held.number):
                pass
        clock.stop_all(held, at=at, by=by, fact="rectify.order.revoke", cancelled=True)
        wanted = packs.pack(held.pack).document_for("rectify.order").id
        for document in papers.of(held):
            if document.type_id == wanted and document.voided_at is None:
                papers.void(document, by=by, at=at, reason=reason)
        inbox.tell(
            organisation=held.operator, can=Can.ANSWER_ORDER, at=at, thing=held, key=f"{held.number}:revoked",
            text=gettext_noop("Rectification order %(number)s was revoked."), args={"number": held.number},
        )  # fmt: skip
    return order
