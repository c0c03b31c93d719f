"""Exports of guarded rows: a number and a daily quota, a watermark in the file, and whose a file is that turns up."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from bastide.base.flow.models import next_number
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.base.trail.models import Entry
from bastide.base.ui import formats

ACT = "export"
READ_AT_MOST = 64 * 1024 * 1024  # bytes of a file, or of a part of a workbook, that are searched
MARKED = re.compile(r"(OUT-\d{4}-\d{6,}) ([0-9a-f]{4}(?:-[0-9a-f]{4}){7})")
NUMBERED = re.compile(r"OUT-\d{4}-\d{6,}")


@dataclass(frozen=True)
class Stamp:
    """What a guarded file carries, in words and as a fingerprint that only this installation can make."""

    number: str
    person: str
    username: str
    at: datetime
    purpose: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.number, self.username, self.at)

    @property
    def lines(self) -> list[str]:
        """The last rows of the file."""
        return [
            _("Exported by %(person)s (%(username)s), %(at)s")
            % {"person": self.person, "username": self.username, "at": formats.moment_text(self.at)},
            _("Purpose: %(purpose)s") % {"purpose": self.purpose},
            f"{self.number} {self.fingerprint}",
        ]


def fingerprint(number: str, username: str, at: datetime) -> str:
    said = f"{number}|{username}|{at.astimezone(UTC).isoformat()}"
    made = salted_hmac("bastide.export", said, algorithm="sha256").hexdigest()[:32]
    return "-".join(made[place : place + 4] for place in range(0, 32, 4))


def stamped(
    *, by: Account, at: datetime, kind: str, rows: int, purpose: str, note: str
) -> Stamp:  # fmt: skip
    """Count the rows against the person's quota of the day, number the export and enter it in the trail."""
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=by.pk)  # two exports at once are counted one after the other
        left = settings.BASTIDE_EXPORT_ROWS - rows_of_day(by, at=at)
        if rows > left:
            raise Refused(
                _(
                    "This export has %(rows)s rows; of your %(quota)s rows of guarded records a day %(left)s are left. "
                    "Narrow the list, or go on tomorrow."
                )
                % {"rows": rows, "quota": settings.BASTIDE_EXPORT_ROWS, "left": max(left, 0)}
            )
        number = next_number("OUT", at.year)
        ledger.saw(
            at=at, by=by, act=ACT, kind=kind, number=number, purpose=purpose, note=note, changes={"rows": [None, rows]}
        )
    return Stamp(number, str(by), by.username, at, purpose)


def rows_of_day(by: Account, *, at: datetime) -> int:
    """Rows of guarded records this person has exported since midnight."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    taken = Entry.objects.filter(
        account=by, act=ACT, number__startswith="OUT-", at__gte=midnight, at__lt=midnight + timedelta(days=1)
    )
    return sum(changes["rows"][1] for changes in taken.order_by().values_list("changes", flat=True))


@dataclass(frozen=True)
class Traced:
    """Whose export a file is. `is_ours` is None for a number without its fingerprint: read off, not proven."""

    number: str
    entry: Entry | None
    is_ours: bool | None

    @property
    def words(self) -> str:
        """One line for the command."""
        if self.entry is None:
            return f"{self.number}: not in the trail of this installation"
        if self.is_ours is False:
            return f"{self.number}: the fingerprint is false; somebody else wrote this number into the file"
        proof = "fingerprint right" if self.is_ours else "no fingerprint beside it"
        one, at = self.entry, ledger.plain(self.entry.at)
        return f"{self.number}: {one.account_name}, {at}, {one.kind}, {one.note}; {one.purpose} ({proof})"


def trace(text: str) -> list[Traced]:
    """Every export number in a text, with the entry of the trail behind it."""
    marks = dict(MARKED.findall(text))
    return [_traced(number, marks.get(number, "")) for number in dict.fromkeys(NUMBERED.findall(text))]


def _traced(number: str, mark: str) -> Traced:
    entry = Entry.objects.select_related("account").filter(act=ACT, number=number).first()
    if entry is None or entry.account is None:
        return Traced(number, entry, False if mark else None)
    made = fingerprint(number, entry.account.username, entry.at)
    return Traced(number, entry, constant_time_compare(made, mark) if mark else None)


def text_of(path: Path) -> str:
    """What can be read in a file: a text, or the parts of a workbook."""
    return "\n".join(_texts(path))


def _texts(path: Path) -> Iterator[str]:
    if not zipfile.is_zipfile(path):
        with open(path, "rb") as file:
            yield file.read(READ_AT_MOST).decode("utf-8", "replace")
        return
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            with book.open(name) as part:
                yield part.read(READ_AT_MOST).decode("utf-8", "replace")
