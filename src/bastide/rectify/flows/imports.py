"""What happens to a file of findings: uploaded, judged in a dry run, recorded piece by piece."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from bastide.base import jobs
from bastide.base.flow import Flow, Refused, Step
from bastide.base.people.models import Account, Organisation
from bastide.base.trail.pouring import pour
from bastide.rectify import intake
from bastide.rectify.access import Can
from bastide.rectify.flows.table import FINDING
from bastide.rectify.models import Finding, FindingImport, FindingImportContent, FindingImportRow
from bastide.registry import reads as registry

S, V, Became = FindingImport.State, FindingImportRow.Verdict, FindingImportRow.Outcome
Progress = Callable[[int, int, str], None]

# Larger files and longer imports are left to the worker.
CHECK_AT_ONCE = 128 * 1024
ROWS_AT_ONCE = 200
PIECE = 1000  # rows recorded in one transaction


def _something_new(thing: FindingImport, given: dict[str, Any]) -> Any:
    return None if thing.counts.get("new") else gettext_lazy("No row of this file would be recorded.")


FINDING_IMPORT = Flow(
    FindingImport,
    # Uploading has a door of its own, because a file comes with it.
    Step("upload", (), S.UPLOADED, can=Can.RECORD_FINDING, title=gettext_lazy("Upload a file"), by_hand=False),
    Step("check", (S.UPLOADED, S.CHECKED), S.CHECKED, can=Can.RECORD_FINDING, title=gettext_lazy("Check again")),
    Step("reject", (S.UPLOADED, S.CHECKED), S.UNREADABLE, can=Can.RECORD_FINDING,
         title=gettext_lazy("Cannot be read"), by_hand=False),
    Step("commit", (S.CHECKED,), S.COMMITTING, can=Can.RECORD_FINDING, title=gettext_lazy("Record the findings"),
         needs=(_something_new,)),
    Step("finish", (S.COMMITTING,), S.COMMITTED, can=Can.RECORD_FINDING, title=pgettext_lazy("rectify", "Recorded"),
         by_hand=False),
    Step("discard", (S.UPLOADED, S.CHECKED, S.UNREADABLE), S.DISCARDED, can=Can.RECORD_FINDING,
         title=gettext_lazy("Discard")),
)  # fmt: skip


# ---- upload and dry run


def upload_findings(
    *, by: Account, at: datetime, file_name: str, data: bytes, origin: str = "", source: str = "", clause: str = "",
    at_once: bool | None = None,
) -> FindingImport:  # fmt: skip
    """Take a file in and judge it: at once if it is small, by the worker if it is large.

    `origin`, `source` and `clause` stand for what rows do not say themselves.
    """
    if not data:
        raise Refused(_("The file is empty."), field="file")
    if origin and origin not in Finding.Source.values:
        raise Refused(_("“%(origin)s” is no origin of findings.") % {"origin": origin}, field="origin")
    given = FindingImport(
        owner=_owner(by), file_name=_plain_name(file_name), size=len(data), sha256=hashlib.sha256(data).hexdigest(),
        defaults={"origin": origin, "source": source[:40], "clause": clause[:80]},
    )  # fmt: skip
    checks_now = at_once if at_once is not None else len(data) <= CHECK_AT_ONCE
    with transaction.atomic():
        given.content = FindingImportContent.objects.create(data=data)
        with FINDING_IMPORT.begin("upload", given, by=by, at=at) as thing:
            pass
        if not checks_now:
            jobs.enqueue("rectify.import.check", by=by, at=at, dedup=thing.number, number=thing.number)
    return check_findings(thing, by=by, at=at) if checks_now else thing


def _owner(by: Account) -> Organisation:
    found = by.organisations_with(Can.RECORD_FINDING)
    if not found:
        raise Refused(_("You may not record findings for any organisation."))
    return found[0]


def _plain_name(file_name: str) -> str:
    """The name of a file without folders and control characters; it is shown, never opened."""
    last = re.split(r"[\\/]", file_name)[-1]
    return "".join(sign for sign in last if sign.isprintable()).strip(" .")[:200] or "file"


def check_findings(
    thing: FindingImport, *, by: Account, at: datetime, version: int | None = None, progress: Progress | None = None
) -> FindingImport:
    """The dry run: read the file, judge every row, write the report and nothing else."""
    try:
        reading = intake.read(bytes(thing.content.data))
    except registry.UnreadableError as error:
        with FINDING_IMPORT.step("reject", thing, by=by, at=at, version=version) as held:
            wrong = error.problem
            held.faults, held.counts = [intake.problem(wrong.field, wrong.text, **wrong.args)], {}
            held.rows.all().delete()
        return thing
    fresh, register = [], intake.Register(by, reading.lines)
    for place, line in enumerate(reading.lines):
        judged = register.judge(line, defaults=thing.defaults, at=at)
        row = FindingImportRow(source=thing, position=place, line=line.number, cells=line.cells)
        fresh.append(_told(row, judged))
        if progress and place % PIECE == 0:
            progress(place, len(reading.lines), thing.file_name)
    with FINDING_IMPORT.step("check", thing, by=by, at=at, version=version) as held:
        held.rows.all().delete()
        pour(fresh)
        held.encoding, held.checked_at = reading.encoding, at
        held.faults = [*reading.hints, *_sent_before(held)][:100]
        held.counts = {"rows": len(fresh), **Counter(row.verdict for row in fresh)}
    return thing


def _told(row: FindingImportRow, judged: intake.Judged) -> FindingImportRow:
    row.verdict, row.problems = judged.verdict, judged.problems
    row.twin_id, row.twin_line = judged.twin, judged.twin_line
    return row


def _sent_before(thing: FindingImport) -> intake.Problems:
    same = FindingImport.objects.filter(owner=thing.owner, sha256=thing.sha256, state=S.COMMITTED).exclude(pk=thing.pk)
    earlier = same.first()
    if earlier is None:
        return []
    return [intake.problem("", gettext_noop("The very same file was recorded as %(number)s."), number=earlier.number)]


def discard_findings(thing: FindingImport, *, by: Account, at: datetime, version: int | None = None) -> FindingImport:
    """Give a file up before anything of it is recorded."""
    with FINDING_IMPORT.step("discard", thing, by=by, at=at, version=version):
        pass
    return thing


# ---- recording


def commit_findings(
    thing: FindingImport, *, by: Account, at: datetime, version: int | None = None, at_once: bool | None = None,
    progress: Progress | None = None,
) -> FindingImport:  # fmt: skip
    """Record what is new: at once if it is little or so wished, by the worker if it is much.

    In pieces it is one transaction a piece; a job waits behind it, in case that this process dies in between.
    """
    with transaction.atomic():
        with FINDING_IMPORT.step("commit", thing, by=by, at=at, version=version) as held:
            held.committed_by = by
        if thing.counts.get("rows", 0) <= ROWS_AT_ONCE and at_once is not False:
            return carry_out_findings(thing, by=by, at=at)
        after = at + timedelta(minutes=10) if at_once else at
        jobs.enqueue("rectify.import.commit", by=by, at=at, after=after, dedup=thing.number, number=thing.number)
    return carry_out_findings(thing, by=by, at=at, progress=progress) if at_once else thing


def carry_out_findings(
    thing: FindingImport, *, by: Account, at: datetime, progress: Progress | None = None
) -> FindingImport:
    """Record what has no outcome yet, a piece a transaction. Begun again after a crash it goes on where it stopped."""
    thing.rows.filter(verdict=V.BAD, outcome="").update(outcome=Became.QUARANTINED)
    thing.rows.filter(verdict__in=[V.KNOWN, V.REPEATED], outcome="").update(outcome=Became.SKIPPED)
    waiting = list(thing.rows.filter(outcome="").order_by("position").values_list("pk", flat=True))
    register, total = _register(thing, by), thing.counts.get("rows", len(waiting))
    for start in range(0, len(waiting), PIECE):
        register = _record_piece(thing, waiting[start : start + PIECE], register, by=by, at=at)
        if progress:
            progress(total - len(waiting) + min(start + PIECE, len(waiting)), total, thing.file_name)
    thing.refresh_from_db()
    if thing.state == S.COMMITTED:  # somebody else brought the last piece
        return thing
    with FINDING_IMPORT.step("finish", thing, by=by, at=at) as held:
        counted = held.rows.order_by().values_list("outcome").annotate(n=Count("pk"))
        held.counts, held.committed_at = {**held.counts, **dict(counted)}, at
    return thing


def _register(thing: FindingImport, by: Account) -> intake.Register:
    """What the rows without an outcome are compared with, as it stands now."""
    named = thing.rows.filter(outcome="").values_list("line", "cells")
    return intake.Register(by, [intake.Line(line, cells) for line, cells in named.iterator(chunk_size=5000)])


def _record_piece(
    thing: FindingImport, rows: list[int], register: intake.Register, *, by: Account, at: datetime
) -> intake.Register:
    """One piece. Where somebody else recorded one of its findings this moment, all is compared anew."""
    for _attempt in range(3):
        try:
            with transaction.atomic():
                _record(thing, rows, register, by=by, at=at)
            return register
        except IntegrityError:
            register = _register(thing, by)
    raise Refused(_("Others keep recording the same findings. Try again later."))


def _record(thing: FindingImport, rows: list[int], register: intake.Register, *, by: Account, at: datetime) -> None:
    # Asked again under the lock: a job begun twice records no row twice.
    FindingImport.objects.select_for_update(of=("self",)).get(pk=thing.pk, state=S.COMMITTING)
    rest = thing.rows.filter(pk__in=rows, outcome="").order_by("position")
    findings, recorded = [], []
    for pk, position, number, cells in rest.values_list("pk", "position", "line", "cells"):
        judged = register.judge(intake.Line(number, cells), defaults=thing.defaults, at=at)
        if judged.finding is None:
            row = _told(FindingImportRow.objects.get(pk=pk), judged)
            row.outcome = Became.QUARANTINED if judged.verdict == V.BAD else Became.SKIPPED
            row.save()
            continue
        judged.finding.source_key = FindingImportRow.key_of(thing.pk, position)
        findings.append(judged.finding)
        recorded.append(pk)
    if findings:
        FINDING.begin_many("record", findings, by=by, at=at, note=thing.number)
    thing.rows.filter(pk__in=recorded).update(outcome=Became.RECORDED)
