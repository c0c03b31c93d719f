"""Rectification orders: open, overdue, and how many ended within their limit."""

from __future__ import annotations

from dataclasses import dataclass

from bastide.home.sections.ground import Ground, Reporting, listed
from bastide.rectify import reads as rectify

ENDED = ["verified", "closed"]


@dataclass(frozen=True)
class Orders:
    open: int
    url: str
    overdue: int
    overdue_url: str
    ended: int
    ended_url: str
    in_time: int
    in_time_url: str
    late: int
    late_url: str
    rate: float | None
    reporting: Reporting

    @property
    def percent(self) -> int | None:
        return None if self.rate is None else round(self.rate * 100)


def orders(ground: Ground) -> Orders | None:
    """None for whoever may not see orders."""
    if ground.orders is None:
        return None
    past = rectify.punctuality(ground.account)
    return Orders(
        open=sum(load.open for load in ground.orders.values()), url=listed("rectify:order_list", open="yes"),
        overdue=sum(load.overdue for load in ground.orders.values()),
        overdue_url=listed("rectify:order_list", overdue="yes"), ended=past.ended,
        ended_url=listed("rectify:order_list", state=ENDED), in_time=past.ended - past.late,
        in_time_url=listed("rectify:order_list", state=ENDED, late="no"), late=past.late,
        late_url=listed("rectify:order_list", state=ENDED, late="yes"), rate=past.rate,
        reporting=ground.reporting("orders"),
    )  # fmt: skip
