"""The pages of imports: templates, upload, report, receipt, quarantined rows."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from bastide.base import packs, terms
from bastide.base.flow.refusals import Refused
from bastide.base.jobs.models import Job
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page, small_table
from bastide.registry import acts, flows, forms, reads, tables
from bastide.registry.access import Can
from bastide.registry.dryrun import FORM_OF
from bastide.registry.intake import blank
from bastide.registry.intake.columns import FORMS
from bastide.registry.models import Import, ImportRow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page("registry/import_list.html", can=Can.SEE_IMPORT)
def import_list(request: HttpRequest) -> Any:
    account = account_of(request)
    may = account.can(Can.IMPORT)
    return list_page(
        request, tables.ImportTable, reads.imports(account), title=_("Imports"),
        create=(_("Upload a file"), reverse("registry:import_upload")) if may else None,
        empty=_("Nothing was imported yet. Download a template, fill it in and upload it."),
        templates=[(form.title, subject) for subject, form in FORMS.items()],
    )  # fmt: skip


@page("registry/import_upload.html", can=Can.IMPORT)
def import_upload(request: HttpRequest) -> Any:
    account = account_of(request)
    form = forms.UploadForm(request.POST or None, request.FILES or None, by=account, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        file = given.pop("file")
        try:
            thing = flows.upload_import(by=account, at=terms.now(), file_name=file.name, data=file.read(), **given)
            return redirect(thing.get_absolute_url())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return {
        "title": _("Upload a file"), "form": form, "cancel": reverse("registry:import_list"),
        "templates": [(one.title, subject) for subject, one in FORMS.items()], "status": 422 if form.errors else 200,
    }  # fmt: skip


@page("registry/import_detail.html", can=Can.SEE_IMPORT)
def import_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    thing = reads.import_for(account, number)
    job = Job.objects.filter(kind__startswith="registry.import.", args__number=thing.number).order_by("-pk").first()
    wrong = thing.rows.exclude(problems=[]) if not thing.counts.get("stuck") else thing.rows.exclude(stuck=[])
    return {
        "title": thing.file_name, "thing": thing, "acts": acts.offered_import(thing, account),
        "faults": [tables.told([fault]) for fault in thing.faults], "job": job if job and not job.is_over else None,
        "may_see_job": job is not None and job.by_id == account.pk, "tiles": _tiles(thing),
        "has_quarantine": bool(thing.counts.get("bad") or thing.counts.get("quarantined")) and thing.subject != "map",
        **small_table(request, tables.RowTable, wrong.select_related("source"), limit=20,
                      more_url=reverse("registry:import_rows", args=[thing.number])),
    }  # fmt: skip


def _tiles(thing: Import) -> list[tuple[Any, int, str, str]]:
    """(label, count, CSS class, query) of the report's or the receipt's numbers."""
    css = {"ok": "is-ok", "info": "is-info", "bad": "is-bad", "warn": "is-warn"}
    done = thing.state in {Import.State.COMMITTED, Import.State.UNDONE}
    words = ImportRow.Outcome.choices if done else ImportRow.Verdict.choices
    tones, name = (tables.OUTCOMES, "outcome") if done else (tables.VERDICTS, "verdict")
    found: list[tuple[Any, int, str, str]] = [
        (label, thing.counts[key], css.get(tones[key], ""), f"?{name}={key}")
        for key, label in words
        if thing.counts.get(key)
    ]
    if thing.counts.get("stuck"):
        found.append((_("Could not be undone"), thing.counts["stuck"], "is-warn", ""))
    return found


@page("ui/list.html", can=Can.SEE_IMPORT)
def import_rows(request: HttpRequest, number: str) -> Any:
    """Every row of an import with its finding and outcome."""
    thing = reads.import_for(account_of(request), number)
    return list_page(
        request,
        tables.RowTable,
        thing.rows.select_related("source"),
        title=_("Rows of %(number)s") % {"number": thing.number},
    )


def import_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """The page of one act on one import."""
    return acts.IMPORTS.page(request, number, act)


@page("", can=Can.SEE_IMPORT)
def import_quarantine(request: HttpRequest, number: str) -> HttpResponse:
    """The rows that were not taken, with what is wrong, to be corrected and sent again."""
    thing = reads.import_for(account_of(request), number)
    if thing.subject == Import.Subject.MAP:
        raise Http404
    noun = {"operators": "operator", "units": "unit", "dependencies": "dependency"}[thing.subject]
    wrong = thing.rows.filter(verdict=ImportRow.Verdict.BAD) | thing.rows.filter(outcome=ImportRow.Outcome.QUARANTINED)
    rows = ((row.cells, tables.told(row.problems, noun)) for row in wrong.order_by("position"))
    return _file(
        blank.quarantine_csv(FORM_OF[noun], rows), f"{thing.number}-quarantined.csv", "text/csv; charset=utf-8"
    )


@page("", can=Can.SEE_IMPORT)
def template(request: HttpRequest, subject: str, kind: str) -> HttpResponse:
    """A template to fill in, in the reader's language."""
    form = FORMS.get(subject)
    if form is None or kind not in {"csv", "xlsx"}:
        raise Http404
    if kind == "csv":
        return _file(blank.template_csv(form), f"bastide-{subject}.csv", "text/csv; charset=utf-8")
    return _file(blank.template_xlsx(form, packs.active()), f"bastide-{subject}.xlsx", XLSX)


def _file(data: bytes, name: str, media_type: str) -> HttpResponse:
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
