"""Alerts, batches, sources and rules, as pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bastide.base import terms
from bastide.base.flow.refusals import Refused
from bastide.base.ui.doors import told_once
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import Bulk, list_page, small_table
from bastide.monitor import acts, charts, detect, flows, forms, lake, overviews, reads, reasons, tables
from bastide.monitor.access import Can
from bastide.monitor.jobs import evaluate_again, evaluate_later
from bastide.monitor.models import RuleRecord, Source

# Lines put aside that the page of a batch shows; all of them are in the lake.
QUARANTINED = 50
# Lines of a preview that are shown.
PREVIEWED = 20
# Rules that cannot fire which the page of coverage names; all of them are counted.
BLIND = 100


@page("monitor/alert_list.html", can=Can.SEE_ALERT)
def alert_list(request: HttpRequest) -> Any:
    account = account_of(request)
    answer = list_page(
        request, tables.AlertTable, reads.alerts(account), title=_("Alerts"),
        empty=_("No alert yet. Alerts appear when detection rules match events that sources send."),
        bulk=[
            Bulk.of(acts.ALERTS, "take"),
            Bulk.of(acts.ALERTS, "triage"),
            Bulk.of(acts.ALERTS, "mark_false"),
        ],
    )  # fmt: skip
    if isinstance(answer, dict):
        answer["chart"] = charts.alerts_over_time(account, answer["table"].rows, at=terms.now())
    return answer


@page("monitor/alert_detail.html", can=Can.SEE_ALERT)
def alert_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    alert = reads.alert_for(account, number)
    return {
        "title": alert.title, "alert": alert, "acts": acts.ALERTS.next_acts(alert, account),
        "watches": reasons.watch_meaning(alert.rule.rule_id) if alert.rule.kind == RuleRecord.Kind.WATCH else "",
        "evidence": detect.evidence_of(alert), "sees_rule": account.can(Can.SEE_RULE),
        "beside": small_table(request, tables.AlertsOfHost, reads.alerts_beside(account, alert), limit=6,
                              more_url=f"{reverse('monitor:alert_list')}?{urlencode({'q': alert.host})}"),
    }  # fmt: skip


@page("ui/list.html", can=Can.SEE_BATCH)
def batch_list(request: HttpRequest) -> Any:
    account = account_of(request)
    create = (_("Send a file of events"), reverse("monitor:batch_new")) if account.can(Can.SEND) else None
    return list_page(
        request, tables.BatchTable, reads.batches(account), title=_("Event batches"), create=create,
        empty=_("No batch yet. A registered source sends its events through the API, or send a file by hand."),
    )  # fmt: skip


@page("monitor/batch_detail.html", can=Can.SEE_BATCH)
def batch_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    batch = reads.batch_for(account, number)
    aside = lake.quarantine_of(batch.source.name, batch.sha256, limit=QUARANTINED)
    alerts = reads.alerts(account).filter(counted__has_key=batch.number)
    lines = [(one, reasons.of_line(one.code, one.reason)) for one in aside]
    return {
        "title": batch.number, "aside": lines, "batch": batch, "may_scan": account.may(Can.SCAN, batch),
        "hidden": batch.quarantined - len(aside), "alerts": small_table(request, tables.AlertLines, alerts, limit=20),
    }  # fmt: skip


@page("monitor/batch_new.html", can=Can.SEND)
def batch_new(request: HttpRequest) -> Any:
    """A file of events sent by hand; answered with its receipt."""
    account = account_of(request)
    form = forms.Upload(request.POST or None, request.FILES or None)
    names = reads.sources_to_send(account)
    form.fields["source"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        upload, source = form.cleaned_data["file"], reads.source_to_send(account, form.cleaned_data["source"])
        try:
            receipt = flows.take_batch(source, upload.read(), by=account, at=terms.now(), file=upload.name)
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            evaluate_later(receipt, by=account, at=terms.now())
            messages.success(
                request, _("Received.") if receipt.is_new else _("This batch was here before; nothing changed.")
            )
            return redirect(receipt.batch.get_absolute_url())
    return {
        "title": _("Send a file of events"),
        "form": form,
        "has_sources": bool(names),
        "status": 422 if form.errors else 200,
    }


@page("monitor/preview.html", can=Can.SEND)
def preview(request: HttpRequest) -> Any:
    """How pasted lines would be read: nothing is kept."""
    account = account_of(request)
    form = forms.Lines(request.POST or None)
    lines, read_as = [], ""
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        text = given.pop("text").encode()
        try:
            lines, read_as = detect.preview(text, Source(**given), most=PREVIEWED), detect.format_of(text)
        except detect.Unreadable as problem:
            form.add_error("text", str(problem))
    named = reads.titles(account, {rule for line in lines for rule in line.rules})
    return {
        "title": _("How lines are read"), "form": form, "read_as": read_as, "most": PREVIEWED,
        "lines": [(line, [named[rule] for rule in line.rules if rule in named],
                   reasons.of_line(line.trouble.code, line.trouble.reason) if line.trouble else "") for line in lines],
        "status": 422 if form.errors else 200,
    }  # fmt: skip


@require_POST
@page("ui/list.html", can=Can.SCAN)
def batch_scan(request: HttpRequest, number: str) -> HttpResponse:
    """Evaluate a batch again, with the rules in force now."""
    account = account_of(request)
    batch = reads.batch_for(account, number)
    if not account.may(Can.SCAN, batch):
        raise Http404
    evaluate_again(batch, by=account, at=terms.now())
    messages.success(request, _("The batch is evaluated in the background."))
    return redirect(batch.get_absolute_url())


@page("ui/list.html", can=Can.SEE_SOURCE)
def source_list(request: HttpRequest) -> Any:
    account = account_of(request)
    create = (_("Register a source"), reverse("monitor:source_new")) if account.can(Can.REGISTER_SOURCE) else None
    return list_page(
        request, tables.SourceTable, reads.sources(account), title=_("Sources"), create=create,
        empty=_("No source yet. Register the collector from which an operator's events come."),
    )  # fmt: skip


@page("monitor/source_detail.html", can=Can.SEE_SOURCE)
def source_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    source = reads.source_for(account, number)
    return {
        "title": source.name, "source": source, "acts": acts.SOURCES.next_acts(source, account),
        "batches": small_table(request, tables.BatchLines, reads.batches(account).filter(source=source), limit=10,
                               more_url=f"{reverse('monitor:batch_list')}?{urlencode({'q': source.name})}"),
        "key": told_once(request, source).get("key", ""),
        "endpoint": request.build_absolute_uri("/api/v1/monitor/batches"),
    }  # fmt: skip


@page("ui/list.html", can=Can.SEE_RULE)
def rule_list(request: HttpRequest) -> Any:
    account = account_of(request)
    create = (_("Write a rule"), reverse("monitor:rule_new")) if account.can(Can.KEEP_RULES) else None
    return list_page(
        request, tables.RuleTable, reads.rules(account), title=_("Detection rules"), create=create,
        empty=_("No rule yet. Write one here, or add many with: bastide rules add PATH"),
        bulk=[
            Bulk("enable", _("Enable"), flows.enable_rule, can=Can.KEEP_RULES),
            Bulk("disable", _("Disable"), flows.disable_rule, can=Can.KEEP_RULES, form=forms.Reason),
        ],
    )  # fmt: skip


@page("monitor/rule_detail.html", can=Can.SEE_RULE)
def rule_detail(request: HttpRequest, pk: int) -> Any:
    account = account_of(request)
    rule = reads.rule_for(account, pk)
    alerts = reads.alerts(account).filter(rule=rule)
    more = f"{reverse('monitor:alert_list')}?{urlencode({'q': rule.rule_id})}"
    is_sigma = rule.kind == RuleRecord.Kind.SIGMA
    return {
        "title": str(rule), "rule": rule, "level": tables.level_badge(rule), "why": reasons.of_rule(rule.rejected),
        "detail": reasons.detail_of(rule.rejected), "may_keep": account.can(Can.KEEP_RULES) and not rule.rejected,
        "may_edit": account.can(Can.KEEP_RULES) and is_sigma,
        "may_test": account.can(Can.HUNT) and is_sigma and not rule.rejected,
        "watches": "" if is_sigma else reasons.watch_meaning(rule.rule_id),
        "exceptions": small_table(request, tables.ExceptionLines, reads.exceptions(account).filter(rule=rule), limit=5,
                                  more_url=f"{reverse('monitor:ruleexception_list')}?{urlencode({'q': rule.rule_id})}"),
        "tests": small_table(request, tables.HuntLines, reads.hunts(account).filter(rule=rule), limit=5),
        "alerts": small_table(request, tables.AlertLines, alerts, limit=10, more_url=more),
    }  # fmt: skip


@page("ui/list.html", can=Can.SEE_RULE)
def exception_list(request: HttpRequest) -> Any:
    account = account_of(request)
    create = (_("Make an exception"), reverse("monitor:ruleexception_new")) if account.can(Can.KEEP_RULES) else None
    return list_page(
        request, tables.ExceptionTable, reads.exceptions(account), title=_("Exceptions of rules"), create=create,
        empty=_("No exception. Make one on the page of a rule whose alerts are harmless under known circumstances."),
    )  # fmt: skip


@page("monitor/ruleexception_detail.html")
def exception_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    exception = reads.exception_for(account, number)
    return {"title": exception.number, "exception": exception, "acts": acts.EXCEPTIONS.next_acts(exception, account)}


@page("monitor/across.html", can=Can.SEE_RULE)
def across(request: HttpRequest) -> Any:
    """The same rule at several operators: what one sees may be under way at all."""
    found = overviews.across(account_of(request), at=terms.now())
    return {"title": _("Across operators"), "patterns": found, "days": overviews.ACROSS.days}


@page("monitor/coverage.html", can=Can.SEE_RULE)
def coverage(request: HttpRequest) -> Any:
    """What the rules in force cover of ATT&CK, and those that cannot fire for want of fields."""
    found = overviews.covered(account_of(request), tuple(reasons.TACTIC), at=terms.now())
    columns = [(reasons.TACTIC[tactic], techniques) for tactic, techniques in found.tactics]
    return {"title": _("Coverage of the rules"), "found": found, "columns": columns, "blind": found.blind[:BLIND]}


@page("monitor/rule_switch.html", can=Can.KEEP_RULES)
def rule_switch(request: HttpRequest, pk: int) -> Any:
    """Take a rule out of evaluation, or back in, with the reason."""
    account = account_of(request)
    rule = reads.rule_for(account, pk)
    form = forms.Reason(request.POST or None, by=account)
    if request.method == "POST" and form.is_valid():
        flows.switch_rule(rule, by=account, at=terms.now(), on=not rule.is_enabled, **form.cleaned_data)
        return redirect(rule.get_absolute_url())
    title = _("Switch the rule off") if rule.is_enabled else _("Switch the rule on")
    return {"title": title, "rule": rule, "form": form, "status": 422 if form.errors else 200}
