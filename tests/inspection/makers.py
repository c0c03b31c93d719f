"""Visits and observations in any state, with every field filled that the state needs."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from bastide.base import packs
from bastide.base.people.models import Account, Organisation
from bastide.inspection.models import Answer, Observation, Visit

THEN = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
_count = itertools.count(1)
_ORDER = [
    "draft", "approved", "noticed", "opened", "findings_draft", "confirming", "objected", "confirmed", "reported", "closed",
]  # fmt: skip


def authority_over(operator_org: Organisation) -> Organisation:
    """The office of the operator's province if there is one, else any authority."""
    offices = Organisation.objects.filter(kind__in=["provincial_office", "national_authority"])
    near = offices.filter(area=operator_org.area).first() or offices.first()
    return near or Organisation.objects.create(
        code=f"AUTH-{next(_count)}", kind="provincial_office", area=operator_org.area or "110000", name_zh="管局"
    )


def make_visit(operator_org: Organisation, *, state: str = "draft", units: Any = (), **fields: Any) -> Visit:
    """A visit of an operator in a state, without clocks and documents (those come by playing the flows)."""
    place, pack = next(_count), packs.active()
    step = _ORDER.index(state) if state in _ORDER else 0
    values: dict[str, Any] = {
        "number": f"INS-2026-{900000 + place}", "authority": authority_over(operator_org), "pack": pack.id,
        "pack_version": pack.version, "item": pack.inspection_items[0].id, "inspection_class": pack.inspection_classes[0].id,
        "checklist": pack.checklists[0].id, "checklist_version": "1", "method": "on_site", "reason": f"年度计划 第 {place} 次",
        "starts_at": THEN, "ends_at": THEN + timedelta(days=2), "state": state,
    }  # fmt: skip
    if step >= 1:
        values |= {"approved_by": Account.objects.house(), "approved_at": THEN}
    if step >= 2:
        values |= {"noticed_at": THEN}
    if step >= 3:
        values |= {"opened_at": THEN, "certificates_shown": True}
    if step >= 4:
        values |= {"ended_at": THEN, "record_facts": "检查了 机房"}
    if step >= 5:
        values |= {"sent_at": THEN}
    if step >= 8:
        values |= {"result": "发现 两项 问题", "concluded_at": THEN}
    if state == "cancelled":
        values |= {"cancel_reason": "merged with another"}
    visit = Visit.objects.create(operator=operator_org, **{**values, **fields})
    visit.units.set(units)
    if step >= 3:
        items = packs.pack(visit.pack).checklist(visit.checklist).items
        Answer.objects.bulk_create(
            Answer(number=f"{visit.number}/{i.id}", visit=visit, item=i.id, place=n)
            for n, i in enumerate(items, start=1)
        )
    return visit


def make_observation(
    operator_org: Organisation, *, state: str = "draft", visit: Visit | None = None, **fields: Any
) -> Observation:
    """An observation in a state, in a visit that fits it."""
    place = next(_count)
    stands = {"draft": "opened", "withdrawn": "opened", "sent": "confirming", "objected": "objected"}
    visit = visit or make_visit(operator_org, state=stands.get(state, "confirmed"))
    values: dict[str, Any] = {
        "number": f"OBS-2026-{900000 + place}", "clause": "CIIR 15", "severity": "high", "title": f"默认口令 {place}",
        "text": "网管存在 默认口令", "reproduce": "登录 网管", "state": state,
    }  # fmt: skip
    if state in {"objected", "upheld", "dropped"}:
        values |= {"objection": "已经 修改"}
    if state in {"upheld", "dropped"}:
        values |= {"decision": "复测 仍然存在"}
    return Observation.objects.create(visit=visit, **{**values, **fields})


def make_answer(operator_org: Organisation, *, state: str = "todo", **fields: Any) -> Answer:
    """The first answer of a visit under way; its state is how far it is."""
    answer = make_visit(operator_org, state="opened").answers.first()
    assert answer is not None
    values = {"done": {"result": "compliant", "note": "台账 齐全"}, "in_progress": {"note": "待 查"}}.get(state, {})
    for name, value in {"status": state, **values, **fields}.items():
        setattr(answer, name, value)
    answer.save()
    return answer


MAKERS = {
    "inspection.visit": make_visit, "inspection.observation": make_observation, "inspection.answer": make_answer,
}  # fmt: skip
