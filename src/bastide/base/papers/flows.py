"""What happens to documents: issued within the act that needs them, voided with a reason, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.utils.translation import gettext as _

from bastide.base import packs
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.packs import DocumentType, Pack
from bastide.base.papers import printing, series
from bastide.base.papers.access import Can
from bastide.base.papers.citing import cited
from bastide.base.papers.models import Document, Edition
from bastide.base.papers.statement import Unprintable, digest, is_blank, names, plain, spoken
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger
from bastide.base.vault import store
from bastide.base.vault.flows import keep_content

# Minimum fields that the act of issuing itself supplies: who, to whom, when, and lines to sign on.
BY_ISSUING = frozenset({"issuer", "issued_at", "signatures", "signature"})
BY_ADDRESSING = frozenset({"addressee", "to"})
UNNUMBERED = {"number": "–", "reference": "–"}


def issue(
    type_id: str,
    thing: models.Model,
    *,
    by: Account,
    at: datetime,
    data: Mapping[str, Any],
    issuer: Organisation,
    addressee: Organisation | None = None,
    copies: Iterable[Organisation] = (),
    classified: bool | None = None,
    supersedes: Document | None = None,
) -> Document:
    """Issue a document about a thing, in the transaction of the act that needs it.

    `type_id` is a document type of the pack ("DOC-16") or a purpose ("rectify.order"). What is missing, and what does
    not print, is refused before a number is spent.
    """
    pack = packs.active()
    kind, copied = document_type(pack, type_id), list(copies)
    said = _statement(pack, kind, data, at=at, issuer=issuer, addressee=addressee, copies=copied)
    # A trial: faults show before a number is given.
    _print_all(pack, kind, {**said, **UNNUMBERED}, at=at)
    with transaction.atomic():
        year = at.astimezone(ZoneInfo(pack.manifest.zone)).year
        ordinal = series.give(kind.series, year)
        number = f"{kind.series}-{year}-{ordinal:06d}"
        reference = kind.reference.format(year=year, n=ordinal) if kind.reference else number
        said |= {"number": number, "reference": reference}
        printed = _print_all(pack, kind, said, at=at)
        document = Document.objects.create(
            number=number, series=kind.series, year=year, ordinal=ordinal, reference=reference, type_id=kind.id,
            title_zh=kind.name.zh, title_en=kind.name.en, thing_kind=ledger.kind_of(thing), thing_id=thing.pk,
            thing_number=str(getattr(thing, "number", "") or thing.pk), issuer=issuer, addressee=addressee,
            pack_id=pack.id, pack_version=pack.version, statement=said, digest=digest(said),
            missing=sorted({char for copy in printed.values() for char in copy.missing}), issued_at=at, issued_by=by,
            is_classified=bool(getattr(thing, "is_classified", False)) if classified is None else classified,
            supersedes=supersedes,
        )  # fmt: skip
        document.recipients.set(copied)
        for language, copy in printed.items():
            _keep_edition(pack, kind, document, language, copy, at=at)
        ledger.record(
            at=at, by=by, act="papers.document.issue", thing=thing, note=document.reference,
            changes={"document": [None, document.number], "digest": [None, document.digest]},
        )  # fmt: skip
    return document


def preview(
    type_id: str,
    *,
    at: datetime,
    data: Mapping[str, Any],
    issuer: Organisation,
    addressee: Organisation | None = None,
    copies: Iterable[Organisation] = (),
    language: str,
) -> bytes:
    """The document as it would be printed, across it the word draft. Nothing is kept and no number given."""
    pack = packs.active()
    kind = document_type(pack, type_id)
    said = _statement(pack, kind, data, at=at, issuer=issuer, addressee=addressee, copies=list(copies))
    return _print(pack, kind, {**said, **UNNUMBERED}, language, at=at, draft=True).pdf


def void(document: Document, *, by: Account, at: datetime, reason: str) -> Document:
    """Declare a document void. It keeps its number and stays readable, with the reason on its page."""
    with transaction.atomic():
        held = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
        if not by.is_house and held.issuer not in by.organisations_with(Can.VOID):
            raise Forbidden(_("Only the issuer may declare a document void."))
        if held.is_void:
            raise Refused(_("%(number)s is void already.") % {"number": held.reference})
        if not reason.strip():
            raise Refused(_("Say why the document is void."), field="reason")
        reason = reason.strip()
        held.voided_at, held.voided_by, held.void_reason = at, by, reason
        held.save(update_fields=["voided_at", "voided_by", "void_reason"])
        ledger.record(at=at, by=by, act="papers.document.void", thing=held, was="issued", now="void", note=reason)
    document.refresh_from_db()
    return document


def may_void(document: Document, account: Account) -> bool:
    """Is this document still in force, and the account of its issuer?"""
    return not document.is_void and document.issuer in account.organisations_with(Can.VOID)


def document_type(pack: Pack, type_id: str) -> DocumentType:
    """By the pack's own id, or by what the platform needs it for."""
    return pack.document_for(type_id) if "." in type_id else pack.document_type(type_id)


def authentic_language(pack: Pack) -> str:
    """The first language of the pack."""
    return pack.manifest.languages[0].split("-")[0]


def _statement(
    pack: Pack, kind: DocumentType, data: Mapping[str, Any], *, at: datetime, issuer: Organisation,
    addressee: Organisation | None, copies: list[Organisation],
) -> dict[str, Any]:  # fmt: skip
    """All that the document says besides its number, frozen."""
    zone = ZoneInfo(pack.manifest.zone)
    try:
        frozen = cited(plain(dict(data), zone), pack)
    except Unprintable as error:
        raise Refused(_("The document was not issued: %(what)s.") % {"what": error}, field=error.field) from error
    supplied = BY_ISSUING | (BY_ADDRESSING if addressee or copies else frozenset())
    missing = [
        field for field in kind.fields
        if field.required and is_blank(frozen.get(field.id)) and field.id not in supplied
    ]  # fmt: skip
    if missing:
        raise Refused(
            _("“%(document)s” was not issued. These fields are missing: %(fields)s.")
            % {"document": kind.name, "fields": _(", ").join(str(field.name) for field in missing)},
            field=missing[0].id,
        )
    local = at.astimezone(zone)
    return {
        "type": kind.id, "title": {"zh": kind.name.zh, "en": kind.name.en}, "pack": f"{pack.id} {pack.version}",
        "issuer": {"code": issuer.code, "name": names(issuer)},
        "addressee": {"code": addressee.code, "name": names(addressee)} if addressee else None,
        "copies": [names(one) for one in copies],
        "issued_on": local.date().isoformat(), "issued_at": local.isoformat(timespec="seconds"), "data": frozen,
    }  # fmt: skip


def _print_all(pack: Pack, kind: DocumentType, said: dict[str, Any], *, at: datetime) -> dict[str, printing.Printed]:
    languages = [language.split("-")[0] for language in pack.manifest.languages]
    return {language: _print(pack, kind, said, language, at=at) for language in languages}


def _print(
    pack: Pack, kind: DocumentType, said: dict[str, Any], language: str, *, at: datetime, draft: bool = False
) -> printing.Printed:
    return printing.render(_template(pack, kind), _given(pack, kind, said, language, draft=draft), at=at)


def _template(pack: Pack, kind: DocumentType) -> Path:
    return printing.template_path(pack.folder, kind.template) if kind.template else printing.PLAIN


def _given(pack: Pack, kind: DocumentType, said: dict[str, Any], language: str, *, draft: bool) -> dict[str, Any]:
    """What a template is given to print."""
    fields = [{"id": field.id, "name": field.name.into(language)} for field in kind.fields]
    return {
        **spoken(said, language), "lang": language, "authentic": language == authentic_language(pack), "draft": draft,
        "digest": digest(said), "fields": fields,
    }  # fmt: skip


def _keep_edition(
    pack: Pack, kind: DocumentType, document: Document, language: str, copy: printing.Printed, *, at: datetime
) -> Edition:
    """The PDF of one language, and the words its copies for editing are set from."""
    it = _given(pack, kind, document.statement, language, draft=False)
    name = f"{document.number}-{language}.pdf"
    kept = store.keep((copy.pdf,), name=name, judge=lambda _file: "application/pdf", limit=max(len(copy.pdf), 1))
    return Edition.objects.create(
        document=document, language=language, is_authentic=it["authentic"], content=keep_content(kept, at=at),
        size=kept.size, pages=copy.pages, has_word=True,
        html=printing.read_out(_template(pack, kind), it, missing=copy.missing),
    )  # fmt: skip
