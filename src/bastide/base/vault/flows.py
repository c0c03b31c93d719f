"""What happens to evidence: received, attached, opened, checked. Every touch leaves a custody row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, BinaryIO

from django.core.files.base import File
from django.db import models, transaction
from django.utils.translation import gettext as _

from bastide.base.flow.models import next_number
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.base.trail.request import whence
from bastide.base.vault import sniff, store
from bastide.base.vault.access import Can
from bastide.base.vault.models import Content, Custody, EvidenceFile
from bastide.base.vault.names import safe_name

Upload = File | bytes | Iterable[bytes]


def receive(
    upload: Upload,
    *,
    name: str = "",
    by: Account,
    at: datetime,
    thing: models.Model | None = None,
    effective_on: date | None = None,
    classified: bool = False,
) -> EvidenceFile:
    """Take a file in: hashed while it arrives, judged by content, recorded. With a `thing` it is attached at once."""
    if not by.can(Can.RECEIVE):
        raise Forbidden(_("You may not hand in evidence."))
    if effective_on is not None and effective_on > at.date():
        raise Refused(_("The effective date lies in the future."), field="effective_on")
    shown = safe_name(name or getattr(upload, "name", None) or "file")
    kept = store.keep(_chunks(upload), name=shown, judge=lambda file: sniff.media_type(file, shown))
    with transaction.atomic():
        evidence = EvidenceFile.objects.create(
            number=next_number("EVI", at.year), content=keep_content(kept, at=at), name=shown,
            media_type=kept.media_type, size=kept.size, received_at=at, received_by=by, effective_on=effective_on,
            is_classified=classified,
        )  # fmt: skip
        touch(evidence, Custody.Act.RECEIVED, by=by, at=at)
        if thing is not None:
            attach(evidence, thing, by=by, at=at)
        ledger.record(
            at=at, by=by, act="vault.evidence.receive", thing=evidence, now="received",
            changes={"name": [None, shown], "sha256": [None, kept.sha256], "size": [None, kept.size]},
        )  # fmt: skip
    return evidence


def keep_content(kept: store.Kept, *, at: datetime) -> Content:
    """The row of some kept bytes, made on first sight."""
    return Content.objects.get_or_create(sha256=kept.sha256, defaults={"size": kept.size, "kept_at": at})[0]


def attach(evidence: EvidenceFile, thing: models.Model, *, by: Account, at: datetime) -> EvidenceFile:
    """Make a received file evidence of a thing. Once attached it stays; only who handed it in may attach it."""
    with transaction.atomic():
        held = EvidenceFile.objects.select_for_update(of=("self",)).get(pk=evidence.pk)
        kind = ledger.kind_of(thing)
        if held.attached_at is not None:
            if (held.thing_kind, held.thing_id) == (kind, thing.pk):
                return evidence
            raise Refused(
                _("%(number)s already belongs to %(thing)s. Hand the file in again to use it here too.")
                % {"number": held.number, "thing": held.thing_number}
            )
        if held.received_by_id != by.pk and not by.is_house:
            raise Forbidden(_("Only the person who handed in %(number)s may attach it.") % {"number": held.number})
        if held.disposed_at is not None:
            raise Refused(_("%(number)s was deleted; its certificate is on its page.") % {"number": held.number})
        held.organisation, held.area = ledger.place_of(thing)
        held.thing_kind, held.thing_id, held.thing_number = (
            kind,
            thing.pk,
            str(getattr(thing, "number", "") or thing.pk),
        )
        held.attached_at = at
        held.is_classified = held.is_classified or bool(getattr(thing, "is_classified", False))
        held.save()
        touch(held, Custody.Act.ATTACHED, by=by, at=at, note=held.thing_number)
        ledger.record(
            at=at, by=by, act="vault.evidence.attach", thing=thing,
            changes={"evidence": [None, held.number], "name": [None, held.name], "sha256": [None, held.sha256]},
        )  # fmt: skip
    evidence.refresh_from_db()
    return evidence


def keep(
    items: Iterable[EvidenceFile | File] | None, *, thing: models.Model, by: Account, at: datetime,
    effective_on: date | None = None,
) -> list[EvidenceFile]:  # fmt: skip
    """What an EvidenceField gave, as evidence attached to a thing. Call it inside the transaction of the act.

    Bytes are on disk before the commit; if the act is undone, the bytes stay without a row until the sweep.
    """
    kept = []
    for item in items or ():
        if isinstance(item, EvidenceFile):
            kept.append(attach(item, thing, by=by, at=at))
        else:
            kept.append(receive(item, by=by, at=at, thing=thing, effective_on=effective_on))
    return kept


@contextmanager
def open_for(account: Account, evidence: EvidenceFile, *, at: datetime, purpose: str = "") -> Iterator[BinaryIO]:
    """Open a file for somebody who takes a copy. It is recorded first; for classified evidence also in the trail."""
    with take_out(account, evidence, at=at, purpose=purpose) as file:
        yield file


def take_out(account: Account, evidence: EvidenceFile, *, at: datetime, purpose: str = "") -> BinaryIO:
    """The opened file, for a response that closes it itself."""
    own = evidence.attached_at is None and evidence.received_by_id == account.pk
    if not account.can(Can.DOWNLOAD) or not (own or _sees(account, evidence)):
        raise Forbidden(_("You may not take a copy of %(number)s.") % {"number": evidence.number})
    purpose = purpose or whence().purpose
    if evidence.is_classified and not purpose.strip():
        raise Refused(
            _("%(number)s is classified: say for what purpose you open it.") % {"number": evidence.number},
            field="purpose",
        )
    if evidence.disposed_at is not None:
        raise Refused(_("%(number)s was deleted; its certificate is on its page.") % {"number": evidence.number})
    try:
        file = evidence.content.open()
    except FileNotFoundError as error:
        raise Refused(
            _("The content of %(number)s is not in the vault. Tell your administrator.") % {"number": evidence.number}
        ) from error
    with transaction.atomic():
        touch(evidence, Custody.Act.DOWNLOADED, by=account, at=at, purpose=purpose)
        if evidence.is_classified:
            ledger.saw(at=at, by=account, thing=evidence, act="export", purpose=purpose)
    return file


def _sees(account: Account, evidence: EvidenceFile) -> bool:
    from bastide.base.vault import reads

    return reads.visible(account).filter(pk=evidence.pk).exists()


def view(account: Account, evidence: EvidenceFile, *, at: datetime, purpose: str = "") -> None:
    """Record that somebody looked at the page of a file."""
    touch(evidence, Custody.Act.VIEWED, by=account, at=at, purpose=purpose or whence().purpose)


def verify(evidence: EvidenceFile, *, by: Account, at: datetime) -> bool:
    """Hash the bytes again. Damage is recorded, shown, and told to the caller; nothing is repaired in silence."""
    if evidence.disposed_at is not None:
        raise Refused(_("%(number)s was deleted; its certificate is on its page.") % {"number": evidence.number})
    found, size = store.rehash(evidence.sha256)
    sound = found == evidence.sha256 and size == evidence.size
    with transaction.atomic():
        evidence.verified_at, evidence.is_damaged = at, not sound
        evidence.save(update_fields=["verified_at", "is_damaged"])
        note = "" if sound else _("expected %(was)s") % {"was": evidence.sha256}
        touch(evidence, Custody.Act.VERIFIED if sound else Custody.Act.DAMAGED, by=by, at=at, sha256=found, note=note)
        if not sound:
            ledger.record(
                at=at, by=by, act="vault.evidence.damaged", thing=evidence, changes={"sha256": [evidence.sha256, found]}
            )
    return sound


def touch(evidence: EvidenceFile, act: Custody.Act, *, by: Account, at: datetime, **more: Any) -> Custody:
    here = whence()
    fields = {"sha256": evidence.sha256, **more}
    return Custody.objects.create(
        evidence=evidence, act=act, at=at, account=by, address=here.address, request_id=here.request_id, **fields
    )


def _chunks(upload: Upload) -> Iterable[bytes]:
    if isinstance(upload, bytes):
        return (upload,)
    if isinstance(upload, File):
        return upload.chunks(store.CHUNK)
    return upload
