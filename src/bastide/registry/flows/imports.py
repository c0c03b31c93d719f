"""What happens to an import: uploaded, checked in a dry run, committed row by row, undone."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bastide.base import jobs
from bastide.base.flow.machine import Flow, Step
from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, Organisation
from bastide.registry import reads
from bastide.registry.access import Can
from bastide.registry.criteria import Problem, gettext_noop
from bastide.registry.dryrun import Judging, Reading, Register, kept
from bastide.registry.flows import rows
from bastide.registry.intake.sheets import UnreadableError
from bastide.registry.models import Import, ImportContent, ImportRow

S, M, Became = Import.State, Import.Mode, ImportRow.Outcome
Progress = Callable[[int, int, str], None]

# Larger files and longer imports are left to the worker.
CHECK_AT_ONCE = 128 * 1024
ROWS_AT_ONCE = 100
PIECE = 50  # rows written in one transaction


def _mode_fits(thing: Import, given: dict[str, Any]) -> Any:
    """“Stop” writes all or nothing, so nothing may be wrong or exist."""
    if given.get("mode") not in M.values:
        return gettext_lazy("Choose what to do with entries that exist already.")
    counts = thing.counts
    if given["mode"] == M.STOP and (counts.get("bad", 0) or counts.get("change", 0) or counts.get("same", 0)):
        return _(
            "The mode is “stop”, but %(bad)s rows are wrong and %(known)s exist already. "
            "Correct the file, or choose “skip” or “update”."
        ) % {"bad": counts.get("bad", 0), "known": counts.get("change", 0) + counts.get("same", 0)}  # fmt: skip
    return None


def _something_good(thing: Import, given: dict[str, Any]) -> Any:
    if sum(thing.counts.get(key, 0) for key in ("new", "change", "same")):
        return None
    return gettext_lazy("No row of this file can be taken. Correct the file and upload it again.")


IMPORT = Flow(
    Import,
    # Uploading has a door of its own, because a file comes with it.
    Step("upload", (), S.UPLOADED, can=Can.IMPORT, title=gettext_lazy("Upload a file"), by_hand=False),
    Step("check", (S.UPLOADED, S.CHECKED), S.CHECKED, can=Can.IMPORT, title=gettext_lazy("Check again")),
    Step("reject", (S.UPLOADED, S.CHECKED), S.UNREADABLE, can=Can.IMPORT, title=gettext_lazy("Cannot be read"),
         by_hand=False),
    Step("commit", (S.CHECKED,), S.COMMITTING, can=Can.IMPORT, title=gettext_lazy("Commit the import"),
         needs=(_something_good, _mode_fits)),
    Step("finish", (S.COMMITTING,), S.COMMITTED, can=Can.IMPORT, title=gettext_lazy("Committed"), by_hand=False),
    Step("give_back", (S.COMMITTING,), S.CHECKED, can=Can.IMPORT, title=gettext_lazy("Stopped, nothing was written"),
         by_hand=False),
    Step("undo", (S.COMMITTED,), S.UNDONE, can=Can.IMPORT, title=gettext_lazy("Undo the import"), deciding=True),
    Step("discard", (S.UPLOADED, S.CHECKED, S.UNREADABLE), S.DISCARDED, can=Can.IMPORT, title=gettext_lazy("Discard")),
)  # fmt: skip


# ---- upload and dry run


def upload_import(
    *, by: Account, at: datetime, subject: str, file_name: str, data: bytes, owner: Organisation | None = None,
    at_once: bool | None = None, **options: Any,
) -> Import:  # fmt: skip
    """Take a file in and check it: at once if it is small, by the worker if it is large.

    A network map is told `operator` (code), `network_type`, and if wished `area`, `prefix` of the unit codes and `kind`
    of dependency its edges stand for.
    """
    if subject not in Import.Subject.values:
        raise Refused(_("“%(subject)s” cannot be imported.") % {"subject": subject}, field="subject")
    if not data:
        raise Refused(_("The file is empty."), field="file")
    given = Import(
        owner=owner or _owner(by), subject=subject, file_name=plain_name(file_name), size=len(data),
        sha256=hashlib.sha256(data).hexdigest(), options=_options(subject, by, file_name, options),
    )  # fmt: skip
    with transaction.atomic():
        given.content = ImportContent.objects.create(data=data)
        with IMPORT.begin("upload", given, by=by, at=at) as thing:
            pass
        checks_now = at_once if at_once is not None else len(data) <= CHECK_AT_ONCE
        if not checks_now:
            jobs.enqueue("registry.import.check", by=by, at=at, dedup=thing.number, number=thing.number)
    return check_import(thing, by=by, at=at) if checks_now else thing


def _owner(by: Account) -> Organisation:
    found = by.organisations_with(Can.IMPORT)
    if not found:
        raise Refused(_("You may not import for any organisation."))
    return found[0]


def plain_name(file_name: str) -> str:
    """The name of a file without folders and control characters; it is shown, never opened."""
    last = re.split(r"[\\/]", file_name)[-1]
    return "".join(sign for sign in last if sign.isprintable()).strip(" .")[:200] or "file"


def _options(subject: str, by: Account, file_name: str, given: dict[str, Any]) -> dict[str, str]:
    if subject != Import.Subject.MAP:
        return {}
    operator = given.get("operator")
    code = operator.code if isinstance(operator, Organisation) else str(operator or "")
    if not reads.operators_where(by, Can.ENTER_UNIT).filter(code=code).exists():
        words = _("There is no operator “%(code)s” for which you may enter units.") % {"code": code}
        raise Refused(words, field="operator")
    prefix = given.get("prefix")
    if prefix is None:
        prefix = re.sub(r"[^\w.-]+", "-", plain_name(file_name).rpartition(".")[0] or "map")[:30] + "-"
    keys = {key: str(given.get(key) or "") for key in ("network_type", "area", "kind")}
    return {"operator": code, "prefix": str(prefix)[:40], **keys}


def check_import(thing: Import, *, by: Account, at: datetime, version: int | None = None) -> Import:
    """The dry run: read the file, judge every row, write the report and nothing else."""
    try:
        reading = Reading(thing.subject, bytes(thing.content.data), thing.options)
    except UnreadableError as error:
        with IMPORT.step("reject", thing, by=by, at=at) as held:
            held.faults, held.counts = kept([error.problem]), {}
            held.rows.all().delete()
        return thing
    judging = Judging(Register(by, reading.lines))
    with IMPORT.step("check", thing, by=by, at=at, version=version) as held:
        held.rows.all().delete()
        fresh = [_judged(held, judging, place, line) for place, line in enumerate(reading.lines)]
        ImportRow.objects.bulk_create(fresh, batch_size=1000)
        held.encoding, held.header, held.checked_at = reading.encoding, reading.header, at
        held.faults = kept([*reading.hints, *_sent_before(held)])
        held.counts = {"rows": len(fresh), **Counter(row.verdict for row in fresh)}
    return thing


def _judged(thing: Import, judging: Judging, place: int, line: Any) -> ImportRow:
    verdict, problems, _values = judging.judge(line)
    number, noun, cells, _shape = line
    return ImportRow(
        source=thing, position=place, line=number, noun=noun, cells=cells, verdict=verdict, problems=kept(problems)
    )


def _sent_before(thing: Import) -> list[Problem]:
    """A hint if the very same file was committed before."""
    same = Import.objects.filter(owner=thing.owner, sha256=thing.sha256, subject=thing.subject, state=S.COMMITTED)
    earlier = same.exclude(pk=thing.pk).first()
    if earlier is None:
        return []
    return [Problem("", gettext_noop("The very same file was committed as %(number)s."), {"number": earlier.number})]


def discard_import(thing: Import, *, by: Account, at: datetime, version: int | None = None) -> Import:
    """Give an import up before it is committed."""
    with IMPORT.step("discard", thing, by=by, at=at, version=version):
        pass
    return thing


# ---- commit


def commit_import(
    thing: Import, *, by: Account, at: datetime, mode: str, version: int | None = None, at_once: bool | None = None
) -> Import:
    """Write the good rows into the register: at once if they are few, by the worker if they are many.

    One transaction holds the step and the rows, or the step and the wish for the job: nobody finds an import that is
    being committed by no one.
    """
    with transaction.atomic():
        with IMPORT.step("commit", thing, by=by, at=at, version=version, mode=mode) as held:
            held.mode, held.committed_by = mode, by
        if at_once if at_once is not None else thing.counts.get("rows", 0) <= ROWS_AT_ONCE:
            return carry_out(thing, by=by, at=at)
        jobs.enqueue("registry.import.commit", by=by, at=at, dedup=thing.number, number=thing.number)
    return thing


def carry_out(thing: Import, *, by: Account, at: datetime, progress: Progress | None = None) -> Import:
    """Write what is not written yet. Begun again after a crash it goes on where it stopped."""
    if thing.mode == M.STOP:
        return _all_or_nothing(thing, by=by, at=at, progress=progress)
    waiting = list(thing.rows.filter(outcome="").order_by("position").values_list("pk", flat=True))
    total, done = thing.counts.get("rows", len(waiting)), thing.counts.get("rows", len(waiting)) - len(waiting)
    for start in range(0, len(waiting), PIECE):
        piece = waiting[start : start + PIECE]
        with transaction.atomic():
            # Asked again under the lock: a job begun twice writes no row twice.
            rest = thing.rows.filter(pk__in=piece, outcome="").select_for_update(of=("self",))
            for row in rest.select_related("source").order_by("position"):
                _write_or_quarantine(row, mode=thing.mode, by=by, at=at)
        done += len(piece)
        if progress:
            progress(done, total, thing.file_name)
    return _finish(thing, by=by, at=at)


def _write_or_quarantine(row: ImportRow, *, mode: str, by: Account, at: datetime) -> None:
    """One row: written, or kept with its reason. A wrong row never harms the others."""
    if row.verdict == ImportRow.Verdict.BAD:
        row.outcome = Became.QUARANTINED
    else:
        try:
            with transaction.atomic():
                rows.write(row, mode=mode, by=by, at=at)
        except rows.BadRowError as bad:
            row.outcome, row.problems = Became.QUARANTINED, kept(bad.problems)
        except Refused as refusal:
            row.outcome, row.problems = Became.QUARANTINED, kept([Problem(refusal.field, str(refusal))])
    row.save()


def _all_or_nothing(thing: Import, *, by: Account, at: datetime, progress: Progress | None) -> Import:
    """Mode “stop”: one transaction; the first row that cannot be written takes everything back."""
    failed: tuple[int, list[Problem]] | None = None
    try:
        with transaction.atomic():
            total = thing.counts.get("rows", 0)
            for place, row in enumerate(thing.rows.select_related("source").order_by("position"), start=1):
                try:
                    rows.write(row, mode=M.STOP, by=by, at=at)
                except rows.BadRowError as bad:
                    failed = row.pk, bad.problems
                except Refused as refusal:
                    failed = row.pk, [Problem(refusal.field, str(refusal))]
                if failed:
                    raise _StoppedError
                row.save()
                if progress and place % PIECE == 0:
                    progress(place, total, thing.file_name)
            return _finish(thing, by=by, at=at)
    except _StoppedError:
        assert failed is not None
    with IMPORT.step("give_back", thing, by=by, at=at) as held:
        ImportRow.objects.filter(pk=failed[0]).update(verdict=ImportRow.Verdict.BAD, problems=kept(failed[1]))
        counted = Counter(held.rows.values_list("verdict", flat=True))
        held.counts, held.mode, held.committed_by = {"rows": sum(counted.values()), **counted}, "", None
    return thing


class _StoppedError(Exception):
    """Unwinds the transaction of mode “stop”."""


def _finish(thing: Import, *, by: Account, at: datetime) -> Import:
    """The receipt: how many rows became what."""
    with IMPORT.step("finish", thing, by=by, at=at) as held:
        _note_versions(held)
        held.counts = {**held.counts, **Counter(held.rows.values_list("outcome", flat=True))}
        held.committed_at = at
    return thing


def _note_versions(thing: Import) -> None:
    """Later rows of the same import may have touched a unit again (its dependencies): note how it stands at the end."""
    written = thing.rows.filter(noun=ImportRow.Noun.UNIT, outcome__in=[Became.CREATED, Became.UPDATED])
    held = {row.thing_id: row for row in written if row.thing_id is not None}
    for pk, version in _versions(list(held)):
        if held[pk].wrote.get("version") != version:
            held[pk].wrote = {"version": version}
            held[pk].save(update_fields=["wrote"])


def _versions(pks: list[int]) -> list[tuple[int, int]]:
    from bastide.registry.models import NetworkUnit

    return list(NetworkUnit.objects.filter(pk__in=pks).values_list("pk", "version"))


# ---- undo


def undo_import(
    thing: Import, *, by: Account, at: datetime, version: int | None = None, at_once: bool | None = None
) -> Import:
    """Take back what nobody touched since; rows that must stay say why. Large ones are left to the worker."""
    written = thing.counts.get("created", 0) + thing.counts.get("updated", 0)
    if at_once if at_once is not None else written <= ROWS_AT_ONCE:
        return take_back(thing, by=by, at=at, version=version)
    if thing.state != S.COMMITTED or not by.may(Can.IMPORT, thing):
        return take_back(thing, by=by, at=at, version=version)  # refuses with the usual words
    jobs.enqueue("registry.import.undo", by=by, at=at, dedup=f"{thing.number}:undo", number=thing.number)
    return thing


def take_back(
    thing: Import, *, by: Account, at: datetime, version: int | None = None, progress: Progress | None = None
) -> Import:
    """Undo in one transaction, last row first."""
    with IMPORT.step("undo", thing, by=by, at=at, version=version) as held:
        written = list(
            held.rows.filter(outcome__in=[Became.CREATED, Became.UPDATED])
            .select_related("source")
            .order_by("-position")
        )
        ours = {
            row.thing_id for row in written if row.noun == ImportRow.Noun.DEPENDENCY and row.outcome == Became.CREATED
        }
        stuck = {row.pk: rows.why_stuck(row, ours) for row in written}  # type: ignore[arg-type]
        if written and all(stuck.values()):
            raise Refused(_("No row can be taken back: every entry was changed or is used since."))
        for place, row in enumerate(written, start=1):
            _take_back_one(row, stuck[row.pk], by=by, at=at)
            if progress and place % PIECE == 0:
                progress(place, len(written), held.file_name)
        left = sum(1 for row in written if row.stuck)
        held.counts = {**held.counts, "undone": len(written) - left, "stuck": left}
        held.undone_at = at
    return thing


def _take_back_one(row: ImportRow, reasons: list[Problem], *, by: Account, at: datetime) -> None:
    if not reasons:
        try:
            with transaction.atomic():
                rows.take_back(row, by=by, at=at)
        except Refused as refusal:
            reasons = [Problem(refusal.field, str(refusal))]
        except ProtectedError:
            reasons = [Problem("", gettext_noop("Something else refers to this entry now."))]
    row.stuck = kept(reasons)
    row.save()
