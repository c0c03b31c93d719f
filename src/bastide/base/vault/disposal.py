"""Deleting evidence: one person proposes, another approves; the bytes go, the row and a signed certificate stay."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bastide.base import terms
from bastide.base.flow.machine import Flow, Step
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.people.models import Account
from bastide.base.trail import keys, ledger, proof, seals
from bastide.base.vault import keeping, store
from bastide.base.vault.access import Can
from bastide.base.vault.flows import touch
from bastide.base.vault.models import Content, Custody, Disposal, EvidenceFile, Hold

FORMAT = "bastide-disposal 1"


def _another_person(disposal: Disposal, given: dict[str, Any]) -> str | Promise | None:
    if given.get("decided_by") in (None, disposal.created_by):
        return gettext_lazy("Another person than the one who proposed it decides.")
    return None


def _nothing_against(disposal: Disposal, given: dict[str, Any]) -> str | Promise | None:
    return next(keeping.obstacles(disposal.evidence, at=given.get("now") or terms.now()), None)


S = Disposal.State
DISPOSAL: Flow[Disposal] = Flow(
    Disposal,
    Step("propose", (), S.PROPOSED, can=Can.DISPOSE, title=gettext_lazy("Propose deletion"), needs=(_nothing_against,)),
    Step(
        "approve", (S.PROPOSED,), S.DONE, can=Can.APPROVE_DISPOSAL, title=gettext_lazy("Approve and delete"),
        needs=(_another_person, _nothing_against), deciding=True,
    ),
    Step(
        "refuse", (S.PROPOSED,), S.REFUSED, can=Can.APPROVE_DISPOSAL, title=gettext_lazy("Refuse deletion"),
        needs=(_another_person,), deciding=True,
    ),
)  # fmt: skip


def propose(*, by: Account, at: datetime, evidence: EvidenceFile, reason: str, basis: str) -> Disposal:
    """Ask for a deletion. What stands against it is told at once, and asked again when it is approved."""
    disposal = Disposal(evidence=evidence, reason=reason, basis=basis)
    with DISPOSAL.begin("propose", disposal, by=by, at=at, now=at):
        pass
    return disposal


def approve(disposal: Disposal, *, by: Account, at: datetime, version: int | None = None) -> Disposal:
    """Delete: certificate, custody and trail in one transaction; the bytes go after it, or with the next sweep."""
    began = time.time()
    with DISPOSAL.step("approve", disposal, by=by, at=at, version=version, decided_by=by, now=at) as held:
        evidence = EvidenceFile.objects.select_for_update(of=("self",)).get(pk=held.evidence_id)
        if against := next(keeping.obstacles(evidence, at=at), None):  # a hold set while this one waited
            raise Refused(against)
        held.decided_by, held.decided_at = by, at
        held.certificate = certificate_of(held, evidence)
        held.signature = seals.sign(b"\x03" + proof.canonical(held.certificate))
        evidence.disposed_at = at
        evidence.save(update_fields=["disposed_at"])
        touch(evidence, Custody.Act.DISPOSED, by=by, at=at, note=held.number)
        ledger.record(
            at=at, by=by, act="vault.evidence.dispose", thing=evidence, note=held.reason,
            changes={
                "sha256": [evidence.sha256, None], "certificate": [None, held.number], "basis": [None, held.basis]
            },
        )  # fmt: skip
        transaction.on_commit(lambda: remove_bytes(evidence.content, before=began))
    return disposal


def refuse(disposal: Disposal, *, by: Account, at: datetime, note: str, version: int | None = None) -> Disposal:
    with DISPOSAL.step("refuse", disposal, by=by, at=at, version=version, note=note, decided_by=by) as held:
        held.decided_by, held.decided_at, held.note = by, at, note
    return disposal


def certificate_of(disposal: Disposal, evidence: EvidenceFile) -> dict[str, Any]:
    """What stays of a deleted file: what it was, why and on what basis it went, and who answers for it."""
    return {
        "format": FORMAT, "number": disposal.number, "evidence": evidence.number, "name": evidence.name,
        "sha256": evidence.sha256, "size": evidence.size, "received_at": seals.moment(evidence.received_at),
        "received_by": str(evidence.received_by), "thing": evidence.thing_number,
        "kept_until": seals.moment(keeping.until(evidence)), "class": keeping.class_of(evidence) or "default",
        "reason": disposal.reason, "basis": disposal.basis, "proposed_by": str(disposal.created_by),
        "proposed_at": seals.moment(disposal.created_at), "approved_by": str(disposal.decided_by),
        "approved_at": seals.moment(disposal.decided_at or disposal.created_at), "suite": keys.signer().suite,
        "key": seals.public_key(),
    }  # fmt: skip


def remove_bytes(content: Content, *, before: float) -> bool:
    """Remove bytes that nothing refers to any more, unless they were handed in again meanwhile."""
    for relation in Content._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{relation.field.name: content})
        if rows.filter(disposed_at=None).exists() if relation.related_model is EvidenceFile else rows.exists():
            return False
    store.forget(content.sha256, before=before)
    return True


# ---- holds


def hold(evidence: EvidenceFile, *, by: Account, at: datetime, reason: str, whole: bool = False) -> Hold:
    """Forbid any deletion until it is lifted: of the file, or of the whole matter, files of it that come later too."""
    if not by.may(Can.HOLD, evidence):
        raise Forbidden(_("You may not put %(number)s under a hold.") % {"number": evidence.number})
    with transaction.atomic():
        EvidenceFile.objects.select_for_update(of=("self",)).get(pk=evidence.pk)  # a deletion waits, or was before
        evidence.refresh_from_db()
        if evidence.disposed_at is not None:
            raise Refused(_("%(number)s was deleted already.") % {"number": evidence.number})
        made = Hold.objects.create(evidence=evidence, whole=whole, reason=reason, set_by=by, set_at=at)
        touch(evidence, Custody.Act.HELD, by=by, at=at, note=reason[:300])
        ledger.record(at=at, by=by, act="vault.evidence.hold", thing=evidence, note=reason)
    return made


def lift(held: Hold, *, by: Account, at: datetime, reason: str) -> Hold:
    """End a hold, with the reason."""
    if not by.may(Can.LIFT, held.evidence):
        raise Forbidden(_("You may not lift the hold on %(number)s.") % {"number": held.evidence.number})
    with transaction.atomic():
        row = Hold.objects.select_for_update(of=("self",)).get(pk=held.pk)
        if row.lifted_at is not None:
            raise Refused(_("This hold was lifted already."))
        row.lifted_at, row.lifted_by, row.lift_reason = at, by, reason
        row.save()
        touch(row.evidence, Custody.Act.RELEASED, by=by, at=at, note=reason[:300])
        ledger.record(at=at, by=by, act="vault.evidence.lift", thing=row.evidence, note=reason)
    return row
