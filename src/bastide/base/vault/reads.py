"""Evidence as an account may see it."""

from __future__ import annotations

from collections.abc import Callable

from django.db import models
from django.db.models import Q, QuerySet
from django.http import Http404

from bastide.base.people.models import Account
from bastide.base.people.scope import scoped
from bastide.base.trail.ledger import kind_of
from bastide.base.vault.access import Can
from bastide.base.vault.models import Custody, Disposal, EvidenceFile, Hold

# The owner of a kind says which of its things an account sees: whoever sees the thing sees its evidence.
_sights: dict[str, Callable[[Account], QuerySet]] = {}


def shown_with(kind: str, visible: Callable[[Account], QuerySet]) -> None:
    """`shown_with("respond.incident", reads.incidents)`, from the AppConfig.ready of the owner."""
    _sights[kind] = visible


def of(thing: models.Model) -> QuerySet[EvidenceFile]:
    """The evidence of a thing, newest first. The reader has been let in to the thing already."""
    return EvidenceFile.objects.filter(thing_kind=kind_of(thing), thing_id=thing.pk).select_related(
        "received_by", "content"
    )


def visible(account: Account) -> QuerySet[EvidenceFile]:
    """What an account may see: attached files in its scope, and what it handed in itself and has not attached yet."""
    files = EvidenceFile.objects.select_related("received_by", "organisation", "content")
    if not account.can(Can.SEE):
        return files.none()
    inside = scoped(EvidenceFile.objects.filter(attached_at__isnull=False), account, Can.SEE).values("pk")
    seen = Q(pk__in=inside) | Q(attached_at=None, received_by=account)
    for kind, things in _sights.items():
        seen |= Q(thing_kind=kind, thing_id__in=things(account).order_by().values("pk"))
    return files.filter(seen)


def evidence_for(account: Account, number: str) -> EvidenceFile:
    """One file in the sight of an account; 404 otherwise."""
    found = visible(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def custody_of(evidence: EvidenceFile) -> QuerySet[Custody]:
    """Every touch of a file, first to last."""
    return evidence.custody.select_related("account")


def disposals(account: Account) -> QuerySet[Disposal]:
    """Deletions proposed, done and refused, of files in the account's scope."""
    return scoped(Disposal.objects.select_related("evidence", "created_by", "decided_by"), account, Can.SEE)


def disposal_for(account: Account, number: str) -> Disposal:
    found = disposals(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def hold_for(account: Account, pk: int) -> Hold:
    """A hold on a file in sight."""
    found = Hold.objects.select_related("evidence").filter(pk=pk, evidence__in=visible(account).order_by().values("pk"))
    hold = found.first()
    if hold is None:
        raise Http404
    return hold
