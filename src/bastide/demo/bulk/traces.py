"""The trail of what the bulk makers made: who entered, graded, recorded, ordered and judged what, and signed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from bastide.demo.bulk.ground import Ground, Operator
from bastide.demo.bulk.pouring import Row
from bastide.demo.bulk.supervision import Case

HOUR = timedelta(hours=1)
ORDERED = ("draft", "issue", "receive", "submit_plan", "accept_plan")
ENDED = ("submit_evidence", "verify", "close")
STATE_AFTER = {
    "draft": "draft", "issue": "issued", "receive": "received", "submit_plan": "plan_submitted",
    "accept_plan": "in_progress", "submit_evidence": "evidence_submitted", "verify": "verified", "close": "closed",
}  # fmt: skip
BY_OPERATOR = {"receive", "submit_plan", "submit_evidence"}


def entries(
    ground: Ground, these: list[Case], total: int, *, units: int, findings: tuple[int, int], orders: tuple[int, int]
) -> Iterator[Row]:
    """As many entries as asked for: of units, then of findings and orders, the rest of people who looked at units.

    `units` is the first unit's place in its series; `findings` and `orders` are (first number, first id).
    """
    yield from islice(_all(ground, these, units, findings, orders), total)


def _all(
    ground: Ground, these: list[Case], units: int, findings: tuple[int, int], orders: tuple[int, int]
) -> Iterator[Row]:
    year, number = ground.at.year, units
    for one in ground.operators:
        for n in range(one.size):
            name, at = f"NU-{year}-{number:06d}", ground.when(0.05 + 0.9 * (n / one.size))
            unit = ("registry.networkunit", one.first_unit + n, name)
            yield _entry(one, at, "enter", *unit, now="registered", by_operator=True, ground=ground)
            if n % 10:
                yield _entry(one, at + 72 * HOUR, "set_grade", *unit, was="registered", now="graded", ground=ground,
                             by_operator=True)  # fmt: skip
            number += 1
    for case in these:
        yield from _of_case(ground, case, findings, orders)
    while True:
        one = ground.chance.choice(ground.operators)
        n = ground.chance.randrange(one.size)
        yield _entry(one, ground.when(ground.chance.random()), "read", "registry.networkunit", one.first_unit + n, "",
                     ground=ground, is_read=True)  # fmt: skip


def _of_case(ground: Ground, case: Case, findings: tuple[int, int], orders: tuple[int, int]) -> Iterator[Row]:
    year, one = ground.at.year, case.operator
    for n in range(len(case.severities)):
        place = case.first + n
        finding = ("rectify.finding", findings[1] + place, f"FND-{year}-{findings[0] + place:06d}")
        yield _entry(one, case.found + HOUR, "record", *finding, now="open", ground=ground)
        if case.order is not None:
            yield _entry(one, case.found + 2 * HOUR, "order", *finding, was="open", now="ordered", ground=ground)
        if case.state == "closed":
            yield _entry(one, case.ended, "verify", *finding, was="ordered", now="verified", ground=ground)
    if case.order is None:
        return
    order = ("rectify.order", orders[1] + case.order, f"ORD-{year}-{orders[0] + case.order:06d}")
    was = ""
    for n, act in enumerate(ORDERED + (ENDED if case.state == "closed" else ())):
        at = case.ended if act in ENDED else case.found + (2 + n) * HOUR
        yield _entry(one, at, act, *order, was=was, now=STATE_AFTER[act], ground=ground, by_operator=act in BY_OPERATOR)
        was = STATE_AFTER[act]


def _entry(
    one: Operator, at: datetime, act: str, kind: str, thing: int, number: str, *, ground: Ground, was: str = "",
    now: str = "", by_operator: bool = False, is_read: bool = False,
) -> Row:  # fmt: skip
    officer, office = ground.officer_of(one), ground.office_of(one)
    return {
        "at": at, "known_at": at, "account_id": one.officer if by_operator else officer.pk,
        "account_name": f"{one.name}安全负责人（演示）" if by_operator else officer.name,
        "on_behalf": one.name if by_operator else office.name_zh, "address": "192.0.2.1",
        "act": act if is_read else f"{kind}.{act}", "kind": kind, "thing_id": thing, "number": number,
        "organisation_id": one.pk, "area": one.area, "was": was, "now": now, "is_read": is_read,
        "purpose": "日常监督检查" if is_read else "",
    }  # fmt: skip
