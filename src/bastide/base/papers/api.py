"""Documents for programs: the list, one document with what it says, its PDFs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from bastide.base import terms
from bastide.base.papers import flows, reads, word
from bastide.base.papers.access import Can
from bastide.base.papers.models import Document, Edition
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.base.ui.pages import account_of
from bastide.base.ui.purpose import saw_by_program
from bastide.base.vault.sending import download, download_bytes

router = Router(tags=["papers"])


class EditionOut(Schema):
    language: str
    is_authentic: bool
    sha256: str
    size: int
    pages: int
    url: str
    word_url: str = Field("", description="The Word copy to edit; empty when the document was issued without.")


class DocumentOut(Schema):
    number: str
    reference: str = Field(description="The number as printed.")
    type: str
    title: str
    about: str = Field(description="Number of the thing the document is about.")
    issuer: str
    addressee: str | None
    issued_at: datetime
    digest: str = Field(description="SHA-256 of what the document says, printed on every page.")
    missing: list[str] = Field(description="Characters no installed font has; their codes stand in the text.")
    voided_at: datetime | None
    void_reason: str
    editions: list[EditionOut]


class DocumentWhole(DocumentOut):
    statement: dict[str, Any]


class VoidIn(Schema):
    reason: str = Field(max_length=500)


def _out(document: Document) -> dict[str, Any]:
    return {
        "number": document.number, "reference": document.reference, "type": document.type_id, "title": document.title,
        "about": document.thing_number, "issuer": document.issuer.code,
        "addressee": document.addressee.code if document.addressee else None, "issued_at": document.issued_at,
        "digest": document.digest, "missing": document.missing, "voided_at": document.voided_at,
        "void_reason": document.void_reason,
        "editions": [
            {"language": one.language, "is_authentic": one.is_authentic, "sha256": one.sha256, "size": one.size,
             "pages": one.pages, "url": f"/api/v1/papers/documents/{document.number}/{one.language}.pdf",
             "word_url": f"/api/v1/papers/documents/{document.number}/{one.language}.docx" if one.has_word else ""}
            for one in document.editions.all()
        ],
    }  # fmt: skip


@router.get("/documents", response=list[DocumentOut], summary="Documents I may see")
@paginate
def document_list(request: HttpRequest, about: str = "", type: str = "") -> list[dict[str, Any]]:
    documents = reads.visible(account_of(request))
    documents = documents.filter(thing_number=about) if about else documents
    return [_out(one) for one in (documents.filter(type_id=type) if type else documents)]


@router.get("/documents/{number}", response=DocumentWhole, summary="One document and what it says")
def document_detail(request: HttpRequest, number: str) -> dict[str, Any]:
    account = account_of(request)
    document = reads.document_for(account, number)
    saw_by_program(account, document)
    return {**_out(document), "statement": document.statement}


@router.get("/documents/{number}/{language}.pdf", summary="The PDF in one language")
def document_download(request: HttpRequest, number: str, language: str) -> HttpResponseBase:
    edition = _edition(account_of(request), number, language)
    saw_by_program(account_of(request), edition.document)
    return download(edition.content.open(), name=edition.file_name, media_type="application/pdf", sha256=edition.sha256)


@router.get("/documents/{number}/{language}.docx", summary="The Word copy in one language, to edit")
def document_word(request: HttpRequest, number: str, language: str) -> HttpResponseBase:
    account = account_of(request)
    edition = _edition(account, number, language)
    if not edition.has_word:
        raise Http404
    saw_by_program(account, edition.document)
    if not edition.document.is_classified:
        ledger.saw(at=terms.now(), by=account, thing=edition.document, act="export", note=edition.word_name)
    return download_bytes(reads.word_copy(edition), name=edition.word_name, media_type=word.MEDIA_TYPE)


def _edition(account: Account, number: str, language: str) -> Edition:
    document = reads.document_for(account, number)
    edition = next((one for one in document.editions.all() if one.language == language), None)
    if edition is None or not account.can(Can.DOWNLOAD):
        raise Http404
    return edition


@router.post("/documents/{number}/void", response=DocumentOut, summary="Declare a document void")
def document_void(request: HttpRequest, number: str, body: VoidIn) -> dict[str, Any]:
    account = account_of(request)
    document = reads.document_for(account, number)
    if not flows.may_void(document, account) and not document.is_void:
        raise Http404
    return _out(flows.void(document, by=account, at=terms.now(), reason=body.reason))
