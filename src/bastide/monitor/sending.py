"""`bastide ingest`: files become batches of a source, each with a printed receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any

import orjson

from bastide.base import terms
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account
from bastide.monitor import flows, lake
from bastide.monitor.jobs import evaluate_later
from bastide.monitor.models import Source

QUARANTINED, REFUSED = 3, 1


class Unknown(Exception):
    """There is no such source."""


def send_files(files: Sequence[Path], *, source: str, out: Path | None, later: bool, say: Callable[[str], None]) -> int:
    """Send every file, one batch each; returns the exit code (see the command)."""
    found = source_named(source)
    outcome = 0
    with open(out, "wb") if out else nullcontext(None) as sink:
        for path in files:
            outcome = max(outcome, _send(path, found, sink, later=later, say=say), key=_severity)
    return outcome


def source_named(name: str) -> Source:
    """The source of this name. Raises Unknown, naming those there are."""
    found = Source.objects.select_related("operator").filter(name=name).first()
    if found is None:
        names = ", ".join(Source.objects.order_by("name").values_list("name", flat=True)[:20]) or "none yet"
        raise Unknown(f"no source is called '{name}' (registered: {names})")
    return found


def _severity(code: int) -> int:
    return {0: 0, QUARANTINED: 1, REFUSED: 2}[code]


def _send(path: Path, source: Source, sink: IO[bytes] | None, *, later: bool, say: Callable[[str], None]) -> int:
    house, at = Account.objects.house(), terms.now()
    try:
        receipt = flows.take_batch(source, path.read_bytes(), by=house, at=at, file=path.name)
    except (Refused, OSError) as problem:
        say(f"{path}: refused: {problem}")
        return REFUSED
    batch = receipt.batch
    if later:
        evaluate_later(receipt, by=house, at=at)
    elif batch.state != batch.State.SCANNED:
        flows.scan(batch, by=house, at=at)
        batch.refresh_from_db()
    matches = "waits for the worker" if batch.matches is None else f"{batch.matches} matches"
    arrived = "received" if receipt.is_new else "was here before"
    say(
        f"{path.name}: {batch.number} {arrived}: {batch.accepted} accepted, "
        f"{batch.quarantined} quarantined, {matches}, sha256 {batch.sha256}"
    )
    for aside in receipt.put_aside:
        say(f"  quarantined line {aside.line}: {aside.code}: {aside.reason}")
    if sink is not None:
        for line, rule_id in lake.matches_of(source.name, batch.sha256):
            sink.write(orjson.dumps(_match(path, batch.number, line, rule_id)) + b"\n")
    return QUARANTINED if batch.quarantined else 0


def _match(path: Path, batch: str, line: int, rule_id: str) -> dict[str, Any]:
    return {"rule_id": rule_id, "file": path.name, "line": line, "batch": batch}
