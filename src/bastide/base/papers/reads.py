"""Documents as an account may see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from bastide.base import packs
from bastide.base.flow.models import Series
from bastide.base.papers import blocks, word
from bastide.base.papers.access import Can
from bastide.base.papers.models import Document, Edition
from bastide.base.papers.statement import is_blank, spoken
from bastide.base.people.models import Account
from bastide.base.people.scope import scoped
from bastide.base.trail.ledger import kind_of

# What an edition says is long, and asked for only when a copy is set.
_EDITIONS = Prefetch("editions", Edition.objects.defer("html"))
# The owner of a kind says which of its things an account sees: whoever sees the thing sees its documents.
_sights: dict[str, Callable[[Account], QuerySet]] = {}


def shown_with(kind: str, visible: Callable[[Account], QuerySet]) -> None:
    """`shown_with("share.warning", reads.warnings)`, from the AppConfig.ready of the owner."""
    _sights[kind] = visible


def of(thing: models.Model) -> QuerySet[Document]:
    """The documents about a thing, newest first. The reader has been let in to the thing already."""
    return (
        Document.objects.filter(thing_kind=kind_of(thing), thing_id=thing.pk)
        .select_related("issuer", "addressee")
        .prefetch_related(_EDITIONS)
    )


def visible(account: Account) -> QuerySet[Document]:
    """Every document an account may see: issued by, sent to, or about what lies in its scope."""
    documents = Document.objects.select_related("issuer", "addressee").prefetch_related(_EDITIONS)
    if not account.can(Can.SEE):
        return documents.none()
    seen = Q(pk__in=scoped(Document.objects.all(), account, Can.SEE).order_by().values("pk"))
    for kind, things in _sights.items():
        seen |= Q(thing_kind=kind, thing_id__in=things(account).order_by().values("pk"))
    return documents.filter(seen)


def word_copy(edition: Edition) -> bytes:
    """The copy to edit: the words as they were read out at issue, set in Word."""
    document = edition.document
    said = {**spoken(document.statement, edition.language), "lang": edition.language, "digest": document.digest}
    return word.write(blocks.read(edition.html), said, at=document.issued_at)


def document_for(account: Account, number: str) -> Document:
    """One document in the sight of an account; 404 otherwise."""
    found = visible(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def gaps(series: str, year: int) -> list[int]:
    """Numbers that were given to an act which was then undone: explained, never used again."""
    row = Series.objects.filter(name=f"paper:{series}", year=year).first()
    used = set(Document.objects.filter(series=series, year=year).values_list("ordinal", flat=True))
    last = max([row.last if row else 0, *used])
    return [ordinal for ordinal in range(1, last + 1) if ordinal not in used]


def fields_of(document: Document, language: str) -> list[tuple[str, list[str]]]:
    """What the document says, field by field, under the names the pack gives them now."""
    try:
        kind = packs.pack(document.pack_id).document_type(document.type_id)
        named = {field.id: field.name.into(language) for field in kind.fields}
    except (packs.PackError, LookupError):
        named = {}
    said = spoken(document.data, language)
    return [(named[key], _lines(value)) for key, value in said.items() if key in named and not is_blank(value)]


def _lines(value: Any) -> list[str]:
    """A value as lines to read: one per entry of a list, the parts of an entry side by side."""
    if isinstance(value, list):
        return [" · ".join(_lines(one)) for one in value]
    if isinstance(value, dict):
        return [line for one in value.values() if not is_blank(one) for line in _lines(one)]
    if isinstance(value, bool):
        return [_("Yes") if value else _("No")]
    return [str(value)]
