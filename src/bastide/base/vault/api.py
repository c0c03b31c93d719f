"""Evidence for programs: hand a file in, get its id, name the id in an act; read, download, check."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, File, Form, Router, Schema, Status
from ninja.errors import HttpError
from ninja.files import UploadedFile
from ninja.pagination import paginate

from bastide.base import terms
from bastide.base.trail.request import whence
from bastide.base.ui.doors import mount
from bastide.base.ui.pages import account_of
from bastide.base.ui.purpose import saw_by_program
from bastide.base.vault import acts, flows, reads
from bastide.base.vault.access import Can
from bastide.base.vault.models import EvidenceFile
from bastide.base.vault.sending import download

router = Router(tags=["vault"])


class EvidenceOut(Schema):
    id: int = Field(description="What acts take in their field `evidence`.")
    number: str
    name: str
    media_type: str
    size: int
    sha256: str
    received_at: datetime
    received_by: str
    effective_on: date | None
    thing: str = Field(description="Number of the thing it belongs to; empty until attached.")
    is_classified: bool
    is_damaged: bool
    verified_at: datetime | None


class CustodyOut(Schema):
    act: str
    at: datetime
    by: str
    address: str
    purpose: str
    sha256: str


class EvidenceWhole(EvidenceOut):
    custody: list[CustodyOut]


def _out(evidence: EvidenceFile) -> dict[str, Any]:
    return {
        "id": evidence.pk, "number": evidence.number, "name": evidence.name, "media_type": evidence.media_type,
        "size": evidence.size, "sha256": evidence.sha256, "received_at": evidence.received_at,
        "received_by": str(evidence.received_by), "effective_on": evidence.effective_on, "thing": evidence.thing_number,
        "is_classified": evidence.is_classified, "is_damaged": evidence.is_damaged, "verified_at": evidence.verified_at,
    }  # fmt: skip


@router.post("/evidence", response={201: EvidenceOut}, summary="Hand in a file")
def evidence_receive(request: HttpRequest, file: File[UploadedFile], effective_on: Form[date | None] = None) -> Status:
    """The file is hashed as it arrives and waits, seen by you alone, until an act of yours names its id."""
    account = account_of(request)
    return Status(201, _out(flows.receive(file, by=account, at=terms.now(), effective_on=effective_on)))


@router.get("/evidence", response=list[EvidenceOut], summary="Evidence I may see")
@paginate
def evidence_list(request: HttpRequest, thing: str = "", sha256: str = "") -> list[dict[str, Any]]:
    files = reads.visible(account_of(request))
    files = files.filter(thing_number=thing) if thing else files
    return [_out(one) for one in (files.filter(content_id=sha256) if sha256 else files)]


@router.get("/evidence/{number}", response=EvidenceWhole, summary="One file with its custody")
def evidence_detail(request: HttpRequest, number: str) -> dict[str, Any]:
    account = account_of(request)
    evidence = reads.evidence_for(account, number)
    saw_by_program(account, evidence)
    flows.view(account, evidence, at=terms.now())
    custody = [
        {"act": c.act, "at": c.at, "by": str(c.account), "address": c.address, "purpose": c.purpose, "sha256": c.sha256}
        for c in reads.custody_of(evidence)
    ]
    return {**_out(evidence), "custody": custody}


@router.get("/evidence/{number}/download", summary="Download a file")
def evidence_download(request: HttpRequest, number: str) -> HttpResponseBase:
    """The bytes, with their SHA-256 in `Content-Digest`. Classified evidence asks for the header X-Purpose."""
    account = account_of(request)
    evidence = reads.evidence_for(account, number)
    if evidence.is_classified and not whence().purpose.strip():
        raise HttpError(428, "this record is classified: state your purpose in the header X-Purpose")
    file = flows.take_out(account, evidence, at=terms.now())
    return download(file, name=evidence.name, media_type=evidence.media_type, sha256=evidence.sha256)


@router.post("/evidence/{number}/verify", response=EvidenceOut, summary="Hash a file again")
def evidence_verify(request: HttpRequest, number: str) -> dict[str, Any]:
    account = account_of(request)
    evidence = reads.evidence_for(account, number)
    if not account.may(Can.VERIFY, evidence):
        raise Http404
    flows.verify(evidence, by=account, at=terms.now())
    return _out(evidence)


mount(router, "/disposals", acts.DISPOSALS)
