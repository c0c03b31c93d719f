"""Looking into the lake: hunts, back-tests of rules, and SQL, as pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bastide.base import terms
from bastide.base.flow.refusals import Refused
from bastide.base.jobs.models import Job
from bastide.base.trail import ledger
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page
from bastide.monitor import acts, charts, detect, flows, forms, hunting, lake, reads, sql, tables
from bastide.monitor.access import Can
from bastide.monitor.flows.hunts import RUN
from bastide.monitor.models import Hunt, RuleRecord

# Files one query opens at most; a narrower time needs fewer.
FILES = 5_000


@page("ui/list.html", can=Can.HUNT)
def hunt_list(request: HttpRequest) -> Any:
    return list_page(
        request, tables.HuntTable, reads.hunts(account_of(request)), title=_("Hunts"),
        create=(_("New hunt"), reverse("monitor:hunt_new")),
        empty=_("No hunt yet. Ask for words, fields or a Sigma rule over the events of some days."),
    )  # fmt: skip


@page("monitor/hunt_detail.html", can=Can.HUNT, fragment="monitor/_hunt.html")
def hunt_detail(request: HttpRequest, number: str) -> Any:
    """What a hunt found; while it runs, htmx asks again every second."""
    account = account_of(request)
    hunt = reads.hunt_for(account, number)
    job = Job.objects.filter(kind=RUN, args__number=hunt.number).order_by("-pk").first()
    found = hunting.Found.of(hunt) if hunt.state == Hunt.State.DONE else None
    rule = hunt.rule
    return {
        "title": hunt.name, "hunt": hunt, "acts": acts.HUNTS.next_acts(hunt, account), "found": found,
        "job": job if hunt.state == Hunt.State.WAITING else None,
        "chart": charts.matches_by_day(found.days) if found and found.days else None,
        "may_switch": rule is not None and not rule.is_enabled and account.can(Can.KEEP_RULES),
        "may_write": rule is None and account.can(Can.KEEP_RULES),
    }  # fmt: skip


@page("monitor/rule_test.html", can=Can.HUNT)
def rule_test(request: HttpRequest, pk: int) -> Any:
    """Ask for a back-test of a rule: what it would have found in some days."""
    account = account_of(request)
    rule = reads.rule_for(account, pk)
    form = forms.Span(request.POST or None, by=account)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(flows.back_test(rule, by=account, at=terms.now(), **form.cleaned_data).get_absolute_url())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return {"title": _("Try on the past"), "rule": rule, "form": form, "status": 422 if form.errors else 200}


@page("monitor/rule_text.html", can=Can.KEEP_RULES)
def rule_new(request: HttpRequest) -> Any:
    """Write a rule; `?hunt=` begins with what that hunt looked for."""
    account = account_of(request)
    begun = reads.hunt_for(account, request.GET["hunt"]).text if "hunt" in request.GET else ""
    text = detect.draft(begun) if begun else detect.EXAMPLE
    return _written(request, None, text)


@page("monitor/rule_text.html", can=Can.KEEP_RULES)
def rule_edit(request: HttpRequest, pk: int) -> Any:
    """Another text for a rule; its id stays."""
    rule = reads.rule_for(account_of(request), pk)
    return _written(request, rule, rule.text)


def _written(request: HttpRequest, rule: RuleRecord | None, text: str) -> dict[str, Any] | HttpResponseBase:
    form = forms.RuleText(request.POST or None, initial={"text": text})
    if request.method == "POST" and form.is_valid():
        try:
            written = flows.write_rule(form.cleaned_data["text"], by=account_of(request), at=terms.now(), rule=rule)
            return redirect(written.get_absolute_url())
        except Refused as refusal:
            form.add_error("text", str(refusal))
    title = _("Change the text of a rule") if rule else _("Write a rule")
    return {"title": title, "rule": rule, "form": form, "status": 422 if form.errors else 200}


@page("monitor/query.html", can=Can.HUNT)
def query(request: HttpRequest) -> Any:
    """SQL for experts, over the batches in sight. Every query goes into the trail."""
    account = account_of(request)
    form = forms.Query(request.POST or None)
    answer = None
    if request.method == "POST" and form.is_valid():
        since, until = form.cleaned_data["since"], form.cleaned_data["until"]
        span = Hunt(since=since, until=until)
        rows = list(hunting.reached(reads.batches_to_hunt(account), span)[: FILES + 1])
        if len(rows) > FILES:
            form.add_error("since", _("More than %(most)s batches: ask for less time.") % {"most": FILES})
        else:
            text = form.cleaned_data["query"]
            ledger.saw(at=terms.now(), by=account, act="monitor.query", kind="monitor.batch", note=text[:1000])
            batches = [
                sql.Batched(row.number, row.sha256, str(lake.events_path(row.lies_at)), row.created_at) for row in rows
            ]
            try:
                answer = sql.ask(text, batches, since, until)
            except sql.WrongQuery as problem:
                form.add_error("query", str(problem))
    return {"title": _("Query events"), "form": form, "answer": answer, "status": 422 if form.errors else 200}
