"""The pages of files of findings: template, upload, dry run, receipt, quarantined rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bastide.base import terms
from bastide.base.flow.refusals import Refused
from bastide.base.jobs.models import Job
from bastide.base.ui.pages import account_of, page
from bastide.base.ui.tables import list_page, small_table
from bastide.base.ui.tables.export import safe_text
from bastide.rectify import acts, flows, forms, intake, reads, tables
from bastide.rectify.access import Can
from bastide.rectify.models import FindingImport, FindingImportRow

V = FindingImportRow.Verdict
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSS = {"ok": "is-ok", "info": "is-info", "bad": "is-bad"}
SHOWN = 10  # rows of a dry run that would be recorded


@page("ui/list.html", can=Can.RECORD_FINDING)
def import_list(request: HttpRequest) -> Any:
    return list_page(
        request, tables.FindingImportTable, reads.finding_imports(account_of(request)), title=_("Imports of findings"),
        create=(_("Upload a file"), reverse("rectify:findingimport_upload")),
        empty=_("Nothing was imported yet. Download a template, fill it in and upload it."),
    )  # fmt: skip


@page("rectify/findingimport_upload.html", can=Can.RECORD_FINDING)
def import_upload(request: HttpRequest) -> Any:
    form = forms.UploadFindings(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        file = given.pop("file")
        try:
            thing = flows.upload_findings(
                by=account_of(request), at=terms.now(), file_name=file.name, data=file.read(), **given
            )
            return redirect(thing.get_absolute_url())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return {
        "title": _("Upload findings"), "form": form, "cancel": reverse("rectify:findingimport_list"),
        "columns": [(column.name, column.label, column.required) for column in intake.COLUMNS],
        "status": 422 if form.errors else 200,
    }  # fmt: skip


@page("rectify/findingimport_detail.html")
def import_detail(request: HttpRequest, number: str) -> Any:
    account = account_of(request)
    thing = reads.finding_import_for(account, number)
    job = Job.objects.filter(kind__startswith="rectify.import.", args__number=thing.number).order_by("-pk").first()
    rows = reads.rows_of(account, thing)
    is_open = thing.state == FindingImport.State.CHECKED
    return {
        "title": thing.file_name, "thing": thing, "acts": _offered(thing, account), "tiles": _tiles(thing),
        "faults": [tables.told([fault]) for fault in thing.faults], "job": job if job and not job.is_over else None,
        "may_see_job": job is not None and job.by_id == account.pk,
        "has_quarantine": bool(thing.counts.get("bad") or thing.counts.get("quarantined")),
        "first": thing.rows.filter(verdict=V.NEW).order_by("position")[:SHOWN] if is_open else [],
        **small_table(request, tables.FindingRowTable, rows.exclude(verdict=V.NEW), limit=20,
                      more_url=reverse("rectify:findingimport_rows", args=[thing.number])),
    }  # fmt: skip


def _offered(thing: FindingImport, account: Any) -> list[dict[str, Any]]:
    """The buttons, what brings it on first; none to record where nothing is new."""
    order = ("commit", "check", "discard")
    found = sorted(acts.FINDING_IMPORTS.next_acts(thing, account), key=lambda act: order.index(act["name"]))
    return [act for act in found if act["name"] != "commit" or thing.counts.get("new")]


def _tiles(thing: FindingImport) -> list[tuple[Any, int, str, str]]:
    """(label, count, CSS class, query) of the dry run's or the receipt's numbers."""
    done = thing.state == FindingImport.State.COMMITTED
    words = FindingImportRow.Outcome.choices if done else V.choices
    tones, name = (tables.OUTCOMES, "outcome") if done else (tables.VERDICTS, "verdict")
    return [
        (label, thing.counts[key], CSS.get(tones[key], ""), f"?{name}={key}")
        for key, label in words
        if thing.counts.get(key)
    ]


@page("ui/list.html")
def import_rows(request: HttpRequest, number: str) -> Any:
    """Every row of a file with its verdict and outcome."""
    account = account_of(request)
    thing = reads.finding_import_for(account, number)
    return list_page(
        request, tables.FindingRowTable, reads.rows_of(account, thing),
        title=_("Rows of %(number)s") % {"number": thing.number},
    )  # fmt: skip


def import_act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """The page of one act on one file."""
    return acts.FINDING_IMPORTS.page(request, number, act)


@page("")
def quarantine(request: HttpRequest, number: str) -> HttpResponse:
    """The rows that were not taken, with their line and what is wrong; corrected, the same file can be sent again."""
    thing = reads.finding_import_for(account_of(request), number)
    wrong = thing.rows.filter(verdict=V.BAD).order_by("position")
    lines = (
        [*(row.cells.get(column.name, "") for column in intake.COLUMNS), str(row.line), tables.told(row.problems)]
        for row in wrong.iterator(chunk_size=2000)
    )
    return _file(_csv([[*_heads(), _("Row"), _("What is wrong")], *lines]), f"{thing.number}-quarantined.csv")


@page("", can=Can.RECORD_FINDING)
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """A file to fill in, in the reader's language."""
    if kind == "csv":
        return _file(_csv([_heads()]), "bastide-findings.csv")
    if kind != "xlsx":
        raise Http404
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet, text = book.add_worksheet(_("Findings")[:31]), book.add_format({"num_format": "@"})
    sheet.write_row(0, 0, _heads(), book.add_format({"bold": True, "bottom": 1}))
    sheet.set_column(0, len(intake.COLUMNS) - 1, 22, text)
    sheet.freeze_panes(1, 0)
    book.close()
    return _file(buffer.getvalue(), "bastide-findings.xlsx", XLSX)


def _heads() -> list[str]:
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    return [getattr(column.label, language) + " *" * column.required for column in intake.COLUMNS]


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for line in lines:
        writer.writerow([safe_text(text) for text in line])
    return ("\ufeff" + buffer.getvalue()).encode()


def _file(data: bytes, name: str, media_type: str = "text/csv; charset=utf-8") -> HttpResponse:
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
