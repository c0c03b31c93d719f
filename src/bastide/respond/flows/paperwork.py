"""What the documents of an incident say: the data of first, progress, onward and summary reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bastide.base import packs
from bastide.base.people.models import Account
from bastide.respond import criteria
from bastide.respond.models import Incident, Report, Submission

Kind = Submission.Kind
# Item of the report (pack) → key of the document.
LATER = {
    "trend": "trend", "cause": "cause", "clues": "tracing", "next_measures": "next_steps", "support": "support",
    "scene": "scene", "other": "other",
}  # fmt: skip


def of(sent: Submission, *, by: Account, lines: Iterable[Report] = ()) -> tuple[str, dict[str, Any]] | None:
    """The document of a submission and its data; None where the pack knows no paper for it."""
    match sent.kind:
        case Kind.FIRST | Kind.SUPPLEMENT:
            return "incident.report", first_report(sent, by)
        case Kind.PROGRESS:
            return "incident.progress", progress(sent, by)
        case Kind.ONWARD:
            return "incident.onward", onward(sent, by, lines)
        case Kind.SUMMARY:
            return "incident.summary", summary(sent, by)
        case Kind.AUTHORITY:
            return authority_report(sent, lines)
    return None


def authority_report(sent: Submission, lines: Iterable[Report]) -> tuple[str, dict[str, Any]] | None:
    """The authority's own report, in the document that the pack names with the duty."""
    named = [packs.active().duty(line.duty).document for line in lines]
    if not any(named):
        return None
    return next(filter(None, named)), {**_head(sent.incident, sent), **sent.content}


def first_report(sent: Submission, by: Account) -> dict[str, Any]:
    """Items 1 and 2 at once, the rest as far as known; a partial report says so."""
    incident, said = sent.incident, sent.content
    data = {
        **_head(incident, sent), "facility": said.get("facility"), "place": said.get("place"),
        "found_at": incident.found_at,
        "kind": incident.Nature(incident.nature).label, "impact": said.get("impact"), "measures": said.get("measures"),
        "found_how": _source(incident), "cii": incident.is_cii, "partial": sent.is_partial, "basis": _basis(incident),
        "contact": _contact(by),
    }  # fmt: skip
    data["unit"] = said.get("unit") or data["unit"]
    data.update({key: said[item] for item, key in LATER.items() if item in said})
    if any(item in said for item in ("ransom_amount", "ransom_method", "ransom_date")):
        data["ransom"] = {
            "amount": said.get("ransom_amount", "–"), "method": said.get("ransom_method", "–"),
            "date": said.get("ransom_date", "")[:10],
        }  # fmt: skip
    return data


def progress(sent: Submission, by: Account) -> dict[str, Any]:
    said = sent.content
    later = {"impact": "impact", "measures": "measures", "next_measures": "next_steps", "support": "support"}
    return {
        **_head(sent.incident, sent), "progress": said["progress"], "first_report": _first_number(sent.incident),
        "contact": _contact(by), **{key: said[item] for item, key in later.items() if item in said},
    }  # fmt: skip


def onward(sent: Submission, by: Account, lines: Iterable[Report]) -> dict[str, Any]:
    """What the authority passes on: the operator's last report and its own opinion."""
    incident = sent.incident
    told = incident.submissions.filter(kind__in=[Kind.FIRST, Kind.SUPPLEMENT]).order_by("-sequence").first()
    said = told.content if told else {}
    names = [(name.zh, name.en) for line in lines for name in line.to]
    return {
        **_head(incident, sent), "received_at": incident.received_at, "summary": sent.content["summary"],
        "impact": said.get("impact"), "measures": said.get("measures"), "first_report": _first_number(incident),
        "found_at": incident.found_at, "opinion": sent.content.get("opinion"),
        "addressee": {"zh": "、".join(zh for zh, _en in names), "en": ", ".join(en for _zh, en in names)},
        "basis": sorted({line.basis for line in lines}), "contact": _contact(by),
    }  # fmt: skip


def summary(sent: Submission, by: Account) -> dict[str, Any]:
    """The six items, with the course of events as the platform knows it."""
    incident = sent.incident
    return {
        **_head(incident, sent), **{item: sent.content[item] for item in criteria.SUMMARY_ITEMS},
        "found_at": incident.found_at, "ended_at": incident.ended_at, "course": _course(incident),
        "basis": _basis(incident), "contact": _contact(by),
    }  # fmt: skip


def _head(incident: Incident, sent: Submission) -> dict[str, Any]:
    """What every paper of an incident begins with."""
    scales = packs.active().scales
    named = [(scale, scale.level(sent.levels[scale.id])) for scale in scales if scale.id in sent.levels]
    none = {"zh": "未达到任何级别", "en": "No threshold reached"}
    top = max((level for _scale, level in named), key=lambda level: level.rank, default=None)
    units = list(incident.units.all())
    return {
        "incident": incident.number,
        "unit": {
            "zh": "、".join([incident.operator.name_zh, *(unit.name_zh for unit in units)]),
            "en": ", ".join(
                [incident.operator.name_en or incident.operator.name_zh, *(u.name_en or u.name_zh for u in units)]
            ),
        },
        "level": _both(top.name, top.code) if top else none,
        "levels": [{"scale": scale.name, "level": _both(level.name, level.code)} for scale, level in named],
    }


def _both(name: packs.Text, code: str) -> dict[str, str]:
    return {"zh": f"{name.zh}（{code}）" if code else name.zh, "en": f"{name.en} ({code})" if code else name.en}


def _source(incident: Incident) -> Any:
    return next((kind.name for kind in packs.active().source_kinds if kind.id == incident.source), incident.source)


def _basis(incident: Incident) -> list[dict[str, str]]:
    """The clauses of the lines that are open or met, each with how sure the pack is of it."""
    rows = incident.reports.filter(cancelled_at=None).exclude(basis="").values_list("basis", "mark").distinct()
    return [{"text": basis, "mark": mark} for basis, mark in rows.order_by("basis")]


def _contact(by: Account) -> dict[str, str]:
    return {"name": str(by), "phone": by.phone or "–"}


def _first_number(incident: Incident) -> str:
    first = incident.submissions.filter(kind=Kind.FIRST).first()
    return first.document if first else ""


def _course(incident: Incident) -> list[dict[str, Any]]:
    """The stations of the incident, in order."""
    stations: list[tuple[datetime | None, str, str]] = [
        (incident.occurred_at, "事件发生", "It happened"),
        (incident.found_at, "发现或获知", "Found or learned"),
        (incident.judged_at, "研判定级", "Level judged"),
        (incident.reported_at, "首次报告", "First report"),
        (incident.confirmed_at, "级别核定", "Level confirmed"),
        (incident.response_at, "启动应急响应", "Response started"),
        (incident.contained_at, "事态得到控制", "Harm contained"),
        (incident.ended_at, "处置结束", "Handling ended"),
    ]
    known = sorted((at, zh, en) for at, zh, en in stations if at is not None)
    return [{"at": at, "text": {"zh": zh, "en": en}} for at, zh, en in known]
