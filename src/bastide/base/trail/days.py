"""The root of a day: the hash of its last seal, which stands on every entry before it. Made to be kept elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.timezone import get_default_timezone, localtime

from bastide.base.trail import proof
from bastide.base.trail.models import Seal, Stamp


@dataclass(frozen=True)
class Root:
    """A day with its last seal, the root of the day before it, and how much was sealed."""

    day: date
    seal: Seal
    before: Seal | None
    seals: int
    first: int  # sequence numbers of the day's entries
    stamp: Stamp | None
    is_over: bool

    @property
    def hash(self) -> str:
        return proof.seal_hash(self.seal.signed)

    @property
    def tip(self) -> str:
        """As `bastide trail verify --last` takes it."""
        return f"{self.seal.number}:{self.hash}"

    @property
    def hash_before(self) -> str:
        return proof.seal_hash(self.before.signed) if self.before else ""

    @property
    def day_before(self) -> date | None:
        return day_of(self.before.sealed_at) if self.before else None

    @property
    def entries(self) -> int:
        return self.seal.last - self.first + 1


def day_of(moment: datetime) -> date:
    return localtime(moment, get_default_timezone()).date()


def root_of(day: date, *, at: datetime) -> Root | None:
    """The root of a day in the console's zone; None if nothing was sealed on it."""
    zone = get_default_timezone()
    begins, ends = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    sealed = Seal.objects.filter(sealed_at__gte=begins, sealed_at__lt=ends).order_by("number")
    numbers = list(sealed.values_list("number", "first"))
    if not numbers:
        return None
    seal = Seal.objects.get(number=numbers[-1][0])
    return Root(
        day=day, seal=seal, before=Seal.objects.filter(number__lt=numbers[0][0]).order_by("-number").first(),
        seals=len(numbers), first=numbers[0][1], stamp=Stamp.objects.filter(seal=seal).first(), is_over=at >= ends,
    )  # fmt: skip


def neighbours(day: date) -> tuple[date | None, date | None]:
    """The days with seals before and after a day."""
    zone = get_default_timezone()
    begins, ends = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    before = Seal.objects.filter(sealed_at__lt=begins).order_by("-sealed_at").values_list("sealed_at", flat=True)
    after = Seal.objects.filter(sealed_at__gte=ends).order_by("sealed_at").values_list("sealed_at", flat=True)
    return tuple(day_of(rows[0]) if rows[:1] else None for rows in (before, after))  # type: ignore[return-value]


def grouped(digits: str) -> list[str]:
    """A hash in groups of four, so that two people can read it to one another."""
    return [digits[place : place + 4] for place in range(0, len(digits), 4)]


def compare(day: date, printed: str, *, at: datetime) -> tuple[bool, str]:
    """Is a printed root of a day the one in the chain? Typed with or without blanks and the number of the seal."""
    digits = re.sub(r"[\s\-.]", "", printed.rpartition(":")[2]).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        return False, f"a root has 64 digits from 0 to f; {len(digits)} were given"
    root = root_of(day, at=at)
    if root is None:
        return False, f"NOT IN THE CHAIN: no seal was made on {day}"
    if root.hash == digits:
        return True, f"THE PRINTED ROOT: seal {root.tip} is the last one of {day}"
    of_day = Seal.objects.filter(number__gt=root.seal.number - root.seals, number__lte=root.seal.number)
    for seal in of_day.order_by("-number"):
        if proof.seal_hash(seal.signed) == digits:
            return (
                True,
                f"IN THE CHAIN: it is seal {seal.number}, made at {seal.sealed_at}; {day} ended with {root.tip}",
            )
    return False, f"NOT IN THE CHAIN: {day} ended with seal {root.tip}"
