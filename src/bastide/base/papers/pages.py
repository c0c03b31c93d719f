"""Documents as pages: the list, one document, its PDF, voiding, and the check of a PDF somebody holds."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bastide.base import terms
from bastide.base.papers import flows, forms, reads, tables, word
from bastide.base.papers.access import Can
from bastide.base.papers.models import Document, Edition
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.base.ui import purpose
from bastide.base.ui.pages import account_of, ask_purpose, page
from bastide.base.ui.tables import list_page
from bastide.base.vault.sending import download, download_bytes


@page("ui/list.html", can=Can.SEE)
def document_list(request: HttpRequest) -> Any:
    return list_page(
        request, tables.DocumentTable, reads.visible(account_of(request)), title=_("Documents"),
        empty=_("No documents yet. Warnings, inspections, orders and reports issue them."),
        create=(_("Check a paper"), reverse("papers:document_check")),
    )  # fmt: skip


@require_safe
@page("papers/document_detail.html", can=Can.SEE)
def document_detail(request: HttpRequest, number: str) -> dict[str, Any]:
    account = account_of(request)
    document = reads.document_for(account, number)
    return {
        "title": document.title, "thing": document, "document": document, "standing": tables.standing(document),
        "fields": reads.fields_of(document, "zh" if (get_language() or "zh").startswith("zh") else "en"),
        "may_download": account.can(Can.DOWNLOAD), "may_void": flows.may_void(document, account),
        "replaced_by": document.superseded_by.first(),
    }  # fmt: skip


@require_safe
@page("ui/refused.html", can=Can.DOWNLOAD)
def document_download(request: HttpRequest, number: str, language: str) -> HttpResponseBase:
    edition = _edition(reads.document_for(account_of(request), number), language)
    if edition.document.is_classified and (asked := _note_copy(request, edition.document, edition.file_name)):
        return asked
    return download(edition.content.open(), name=edition.file_name, media_type="application/pdf", sha256=edition.sha256)


@require_safe
@page("ui/refused.html", can=Can.DOWNLOAD)
def document_word(request: HttpRequest, number: str, language: str) -> HttpResponseBase:
    """The copy to edit, for whoever may take the PDF. Each taking stands in the trail."""
    edition = _edition(reads.document_for(account_of(request), number), language)
    if not edition.has_word:
        raise Http404
    if asked := _note_copy(request, edition.document, edition.word_name):
        return asked
    return download_bytes(reads.word_copy(edition), name=edition.word_name, media_type=word.MEDIA_TYPE)


def _note_copy(request: HttpRequest, document: Document, name: str) -> HttpResponseBase | None:
    """Write into the trail that a copy goes out; a classified one asks for its purpose first."""
    at, stated = terms.now(), ""
    if document.is_classified:
        key = purpose.key_of(document)
        stated = purpose.stated(request, key, at)
        if not stated:
            return ask_purpose(request, key, str(document))
    ledger.saw(at=at, by=account_of(request), thing=document, act="export", purpose=stated, note=name)
    return None


def _edition(document: Document, language: str) -> Edition:
    found = next((one for one in document.editions.all() if one.language == language), None)
    if found is None:
        raise Http404
    return found


@page("papers/document_void.html", can=Can.VOID)
def document_void(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    document = reads.document_for(account, number)
    if not flows.may_void(document, account):
        raise Http404
    form = forms.VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        flows.void(document, by=account, at=terms.now(), **form.cleaned_data)
        messages.success(request, _("The document is void."))
        return redirect(document.get_absolute_url())
    return {
        "title": _("Declare %(number)s void") % {"number": document.reference}, "document": document, "form": form,
        "submit": _("Declare void"), "back": document.get_absolute_url(), "status": 422 if form.errors else 200,
    }  # fmt: skip


@page("papers/document_check.html", can=Can.SEE)
def document_check(request: HttpRequest) -> Any:
    form = forms.CheckForm(request.POST or None, request.FILES or None)
    found: Edition | None = None
    asked = request.method == "POST" and form.is_valid()
    if asked:
        found = _known(account_of(request), form)
    return {
        "title": _("Check a paper"), "form": form, "asked": asked, "edition": found, "submit": _("Check"),
        "back": reverse("papers:document_list"), "status": 422 if form.errors else 200,
    }  # fmt: skip


def _known(account: Account, form: forms.CheckForm) -> Edition | None:
    """The edition with exactly these bytes, if the person may see its document."""
    digest = hashlib.sha256()
    for chunk in form.cleaned_data["file"].chunks():
        digest.update(chunk)
    return (
        Edition.objects.filter(content_id=digest.hexdigest(), document__in=reads.visible(account))
        .select_related("document")
        .first()
    )
