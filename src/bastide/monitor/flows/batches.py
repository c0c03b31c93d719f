"""What happens to a batch of events: taken in with a receipt, evaluated, turned into alerts.

Order of writes: lake file, then receipt row, then evaluation. A crash between any two leaves a state that the same
batch sent again, or the job run again, completes without doubling anything.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bastide.base.flow.machine import Flow, Step
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account
from bastide.monitor import criteria, detect, lake
from bastide.monitor.access import Can
from bastide.monitor.flows import alerts, exceptions, sources, watches
from bastide.monitor.models import Batch, Source

S = Batch.State
# How far ahead of the clock here an event may say it happened.
AHEAD = timedelta(days=1)
# Of a batch the first so many events, and then one in so many, are asked which fields they have.
SAMPLE = 200

BATCH = Flow(
    Batch,
    Step("take", (), S.STORED, can=Can.SEND, title=gettext_lazy("Take in a batch")),
    Step(
        "scan", (S.STORED, S.FAILED, S.SCANNED), S.SCANNED, can=Can.SCAN, title=gettext_lazy("Evaluate"), by_hand=False
    ),
    Step(
        "fail",
        (S.STORED, S.FAILED, S.SCANNED),
        S.FAILED,
        can=Can.SCAN,
        title=gettext_lazy("Evaluation failed"),
        by_hand=False,
    ),
    Step(
        "expire",
        (S.STORED, S.FAILED, S.SCANNED),
        S.EXPIRED,
        can=Can.EXPIRE,
        title=gettext_lazy("Delete after retention"),
        by_hand=False,
    ),
)


class TooLarge(Refused):
    """More than one batch may hold."""


@dataclass(frozen=True)
class Receipt:
    """What the sender is told: batch id, counts, hash, the first reasons of quarantine, whether it was here before."""

    batch: Batch
    is_new: bool
    put_aside: list[lake.PutAside]


def take_batch(
    source: Source, content: bytes, *, by: Account, at: datetime, file: str = "", compressed: bool | None = None
) -> Receipt:
    """Take in events of any format the engine reads, told by content (gzip allowed): good ones go to the lake, bad ones
    to quarantine with their reason.

    The same content from the same source changes nothing and gives the first receipt again.
    """
    _ask(source, by)
    text = _unpacked(content, compressed)
    sha256 = hashlib.sha256(text).hexdigest()
    known = Batch.objects.filter(source=source, sha256=sha256).first()
    if known is not None:
        return Receipt(known, False, lake.quarantine_of(source.name, sha256, limit=20))
    if not text or text.isspace():
        raise Refused(_("The batch is empty: send one JSON object a line."))
    sorted_out, place = SortedOut(text, at), lake.place_of(source.name, sha256, at)
    try:
        lake.keep_events(place, source.name, sorted_out)
    except detect.Unreadable as problem:
        raise Refused(_("The batch cannot be read: %(why)s") % {"why": problem}) from problem
    lake.keep_quarantine(source.name, sha256, sorted_out.aside)
    aside = sorted_out.aside
    batch = Batch(
        source=source, operator=source.operator, file=file[:200], sha256=sha256, size=len(text), place=place,
        accepted=sorted_out.accepted, quarantined=len(aside),
        first_event_at=sorted_out.first, last_event_at=sorted_out.last,
    )  # fmt: skip
    try:
        with BATCH.begin("take", batch, by=by, at=at) as batch:
            sources.note_batch(source, at=at, fields=sorted_out.fields)
    except IntegrityError:  # two senders at once: the other was first
        return Receipt(Batch.objects.get(source=source, sha256=sha256), False, aside[:20])
    return Receipt(batch, True, aside[:20])


def _ask(source: Source, by: Account) -> None:
    if source.state != Source.State.ACTIVE:
        raise Refused(_("The source %(name)s is not active.") % {"name": source.name})


def _unpacked(content: bytes, compressed: bool | None) -> bytes:
    """The text of a batch, never more than BASTIDE_BATCH_LIMIT bytes of it."""
    most = settings.BASTIDE_BATCH_LIMIT
    if compressed is None:
        compressed = content[:2] == b"\x1f\x8b"
    if compressed:
        try:
            with gzip.open(io.BytesIO(content)) as stream:
                content = stream.read(most + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise Refused(_("The gzip stream is damaged: %(why)s") % {"why": error}) from error
    if len(content) > most:
        raise too_large()
    return content


def too_large() -> TooLarge:
    """The refusal of a batch above the limit."""
    return TooLarge(
        _("The batch is larger than %(most)s: send it in parts.")
        % {"most": filesizeformat(settings.BASTIDE_BATCH_LIMIT)}
    )


class SortedOut:
    """The lines of a batch, gone through once: good ones come out as the lake keeps them, bad ones are put `aside`."""

    def __init__(self, text: bytes, at: datetime) -> None:
        self._text, self._latest = text, at + AHEAD
        self.accepted = 0
        self.aside: list[lake.PutAside] = []
        self.fields: set[str] = set()  # names seen in a sample of the events
        self.first: datetime | None = None
        self.last: datetime | None = None

    def __iter__(self) -> Iterator[lake.Kept]:
        for number, line, event in detect.events_in(self._text):
            kept = self._read(number, line, event)
            if kept is not None:
                self.accepted += 1
                yield kept
        if not self.accepted and not self.aside:
            raise detect.Unreadable("there is no event in it")

    def _read(self, number: int, line: bytes, event: dict[str, Any] | detect.Trouble) -> lake.Kept | None:
        if isinstance(event, detect.Trouble):
            self._put_aside(number, event.code, event.reason, line)
            return None
        moment = criteria.moment_of(event)
        if moment is not None and moment > self._latest:
            reason = f"its time {moment.isoformat()} lies more than a day ahead of the clock here"
            self._put_aside(number, "future", reason, line or orjson.dumps(event))
            return None
        if self.accepted < SAMPLE or self.accepted % SAMPLE == 0:
            self.fields |= detect.names_in(event)
        if moment is not None:
            self.first = min(self.first or moment, moment)
            self.last = max(self.last or moment, moment)
        return lake.Kept(number, moment, criteria.host_of(event), orjson.dumps(event).decode())

    def _put_aside(self, number: int, code: str, reason: str, line: bytes) -> None:
        self.aside.append(lake.PutAside(number, code, reason, line.decode("utf-8", "backslashreplace")))


def scan(batch: Batch, *, by: Account, at: datetime) -> Batch:
    """Run the rules in force over a batch and raise alerts. Doing it again with the same rules changes nothing.

    What goes wrong is kept on the batch, so that it shows there and can be tried again.
    """
    try:
        _evaluate(batch, by=by, at=at)
    except Refused:
        raise
    except Exception as error:
        with BATCH.step("fail", batch, by=by, at=at) as held:
            held.trouble = f"{type(error).__name__}: {error}"[:2000]
        raise
    return batch


def _evaluate(batch: Batch, *, by: Account, at: datetime) -> None:
    rules = detect.active_rules()
    found = detect.matches(batch, rules)
    lake.keep_matches(batch.source.name, batch.sha256, [(one.line, one.rule_id) for one in found], rules.digest)
    with BATCH.step("scan", batch, by=by, at=at) as held:
        held.rules_digest, held.matches, held.scanned_at, held.trouble = rules.digest, len(found), at, ""
        alerts.raise_alerts(held, exceptions.without_excepted(held, found, at=at), rules, by=by, at=at)
        watches.watch_batch(held, by=by, at=at)
