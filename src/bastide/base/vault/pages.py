"""Evidence as pages: the list, one file with its custody, the download, the check."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bastide.base import terms
from bastide.base.ui import purpose
from bastide.base.ui.pages import account_of, ask_purpose, page
from bastide.base.ui.tables import list_page
from bastide.base.vault import flows, reads, tables
from bastide.base.vault.access import Can
from bastide.base.vault.sending import download


@page("ui/list.html", can=Can.SEE)
def evidence_list(request: HttpRequest) -> Any:
    return list_page(
        request, tables.EvidenceTable, reads.visible(account_of(request)), title=_("Evidence"),
        empty=_("No evidence yet. Files are handed in with a report, a finding or a proof of rectification."),
    )  # fmt: skip


@require_safe
@page("vault/evidence_detail.html", can=Can.SEE)
def evidence_detail(request: HttpRequest, number: str) -> dict[str, Any]:
    account, at = account_of(request), terms.now()
    evidence = reads.evidence_for(account, number)
    stated = purpose.stated(request, purpose.key_of(evidence), at)
    if not evidence.is_classified or stated:
        flows.view(account, evidence, at=at, purpose=stated)
    return {
        "title": evidence.name, "thing": evidence, "evidence": evidence, "custody": reads.custody_of(evidence),
        "soundness": tables.soundness(evidence), "may_download": account.can(Can.DOWNLOAD),
        "may_verify": account.may(Can.VERIFY, evidence),
    }  # fmt: skip


@require_safe
@page("ui/refused.html", can=Can.DOWNLOAD)
def evidence_download(request: HttpRequest, number: str) -> HttpResponseBase:
    account, at = account_of(request), terms.now()
    evidence = reads.evidence_for(account, number)
    key = purpose.key_of(evidence)
    stated = purpose.stated(request, key, at)
    if evidence.is_classified and not stated:
        return ask_purpose(request, key, str(evidence))
    file = flows.take_out(account, evidence, at=at, purpose=stated)
    return download(file, name=evidence.name, media_type=evidence.media_type, sha256=evidence.sha256)


@require_POST
@page("ui/refused.html", can=Can.VERIFY)
def evidence_verify(request: HttpRequest, number: str) -> HttpResponseBase:
    account = account_of(request)
    evidence = reads.evidence_for(account, number)
    if not account.may(Can.VERIFY, evidence):
        raise Http404
    if flows.verify(evidence, by=account, at=terms.now()):
        messages.success(request, _("Checked: the content is what was received."))
    else:
        messages.error(request, _("DAMAGED: the content is not what was received."))
    return redirect(evidence.get_absolute_url())
