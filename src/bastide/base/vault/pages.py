"""Evidence as pages: the list, one file with its custody, the download, the check, holds and deletions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bastide.base import terms
from bastide.base.ui import purpose
from bastide.base.ui.pages import account_of, ask_purpose, page
from bastide.base.ui.tables import list_page
from bastide.base.vault import acts, disposal, flows, keeping, reads, tables
from bastide.base.vault.access import Can
from bastide.base.vault.models import EvidenceFile
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
    stated, kept = purpose.stated(request, purpose.key_of(evidence), at), evidence.disposed_at is None
    if not evidence.is_classified or stated:
        flows.view(account, evidence, at=at, purpose=stated)
    return {
        "title": evidence.name, "thing": evidence, "evidence": evidence, "custody": reads.custody_of(evidence),
        "soundness": tables.soundness(evidence), "may_download": kept and account.can(Can.DOWNLOAD),
        "may_verify": kept and account.may(Can.VERIFY, evidence),
        "kept_until": keeping.until(evidence), "holds": keeping.holds_on(evidence),
        "disposals": evidence.disposals.all(),
        "may_hold": kept and account.may(Can.HOLD, evidence),
        "may_lift": account.may(Can.LIFT, evidence),
        "may_propose": kept and account.may(Can.DISPOSE, evidence),
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


# ---- holds and deletions


@page("vault/form.html", can=Can.HOLD)
def evidence_hold(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    evidence = reads.evidence_for(account, number)
    form = acts.HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        disposal.hold(evidence, by=account, at=terms.now(), **form.cleaned_data)
        messages.success(request, _("The hold stands: nothing is deleted until it is lifted."))
        return redirect(evidence.get_absolute_url())
    return _asked(_("Put %(number)s under a hold"), _("Set the hold"), form, evidence)


@page("vault/form.html", can=Can.LIFT)
def hold_lift(request: HttpRequest, pk: int) -> Any:
    account = account_of(request)
    held = reads.hold_for(account, pk)
    form = acts.LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        disposal.lift(held, by=account, at=terms.now(), reason=form.cleaned_data["reason"])
        messages.success(request, _("The hold was lifted."))
        return redirect(held.evidence.get_absolute_url())
    return _asked(_("Lift the hold on %(number)s"), _("Lift the hold"), form, held.evidence)


def _asked(title: str, submit: str, form: Form, evidence: EvidenceFile) -> dict[str, Any]:
    return {
        "title": title % {"number": evidence.number}, "submit": submit, "form": form,
        "back": evidence.get_absolute_url(), "status": 422 if form.errors else 200,
    }  # fmt: skip


@page("ui/list.html", can=Can.SEE)
def disposal_list(request: HttpRequest) -> Any:
    return list_page(
        request, tables.DisposalTable, reads.disposals(account_of(request)), title=_("Deletions of evidence"),
        intro=_("Each was proposed by one person and decided by another; what was deleted has a signed certificate."),
        empty=_("No deletion was proposed. It begins on the page of a file."),
    )  # fmt: skip


@require_safe
@page("vault/disposal_detail.html", can=Can.SEE)
def disposal_detail(request: HttpRequest, number: str) -> dict[str, Any]:
    account = account_of(request)
    found = reads.disposal_for(account, number)
    return {
        "title": found.number, "disposal": found, "evidence": found.evidence,
        "acts": acts.DISPOSALS.next_acts(found, account),
        "against": keeping.obstacles(found.evidence, at=terms.now()) if found.state == found.State.PROPOSED else (),
    }  # fmt: skip


@require_safe
@page("vault/disposal_detail.html", can=Can.SEE)
def disposal_certificate(request: HttpRequest, number: str) -> HttpResponseBase:
    """The signed certificate as a file."""
    found = reads.disposal_for(account_of(request), number)
    if found.state != found.State.DONE:
        raise Http404
    response = JsonResponse(
        {"certificate": found.certificate, "signature": found.signature},
        json_dumps_params={"indent": 1, "sort_keys": True},
    )
    response["Content-Disposition"] = f'attachment; filename="{found.number}.json"'
    return response


def disposal_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    return acts.DISPOSALS.page(request, number, act)


disposal_propose = acts.DISPOSALS.create_page("propose")
