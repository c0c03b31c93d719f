"""What the documents of a visit say: the notice, the on-site record, the sheet of one finding."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from bastide.base import packs, vault
from bastide.inspection.models import Observation, TeamMember, Visit

RIGHTS = (
    _("To see the officers' certificates, and to refuse an inspection without them."),
    _("To ask that an officer with an interest in the matter be replaced."),
    _("To state your view, to defend yourself, and to have both recorded."),
    _("To read the record, to have it corrected, and to say why if you do not sign it."),
)


def notice(visit: Visit, *, contact: str) -> dict[str, Any]:
    """For `inspection.notice`."""
    from bastide.inspection import reads

    pack, item, cap = packs.pack(visit.pack), visit.inspection_item, reads.cap_of(visit)
    said = {
        "inspection": visit.number, "item": item.name, "basis": [str(basis) for basis in item.basis],
        "object": objects(visit), "reason": visit.reason,
        "content": [item.content, visit.inspection_checklist.name], "method": visit.Method(visit.method),
        "start_at": visit.starts_at, "end_at": visit.ends_at, "place": visit.place, "officers": officers(visit),
        "support": support(visit), "rights": list(RIGHTS), "bans": [x.text for x in pack.inspection_limits if x.is_ban],
        "cap": {"year": cap.year, "used": cap.used, "limit": cap.limit} if cap else None, "contact": contact,
    }  # fmt: skip
    return _said(said)


def record(visit: Visit) -> dict[str, Any]:
    """For `inspection.record`."""
    team = officers(visit)
    present = persons(visit.present) or [{"name": _("nobody of the operator"), "post": ""}]
    said = {
        "inspection": visit.number, "object": objects(visit), "started_at": visit.opened_at, "ended_at": visit.ended_at,
        "place": visit.place or visit.Method(visit.method), "officers": team, "present": present,
        "certificates_shown": visit.certificates_shown, "recusal": visit.recusal, "facts": visit.record_facts,
        "evidence": [row for answer in visit.answers.all() for row in files(answer)],
        "statement": visit.statement, "refusal": visit.refusal,
        "signatures": [person["name"] for person in [*team, *present]],
    }  # fmt: skip
    return _said(said)


def sheet(observation: Observation) -> dict[str, Any]:
    """For `inspection.finding`."""
    visit = observation.visit
    said = {
        "finding": observation.number, "inspection": visit.number, "found_at": observation.created_at,
        "object": place_of(observation), "clause": observation.clause, "severity": severity(visit.pack,
        observation.severity),
        "description": f"{observation.title}\n{observation.text}", "reproduce": observation.reproduce,
        "evidence": files(observation) or [{"number": "–", "name": _("as recorded on site"), "sha256": ""}],
        "officers": officers(visit),
    }  # fmt: skip
    return _said(said)


def objects(visit: Visit) -> dict[str, str]:
    """Operator and units, in both languages."""
    units = list(visit.units.all())
    zh = visit.operator.name_zh + ("（" + "、".join(u.name_zh for u in units) + "）" if units else "")
    en = (visit.operator.name_en or visit.operator.name_zh) + (
        " (" + ", ".join(u.name_en or u.name_zh for u in units) + ")" if units else ""
    )
    return {"zh": zh, "en": en}


def place_of(observation: Observation) -> dict[str, str]:
    """The unit a finding is about, or the operator as a whole."""
    about = observation.unit or observation.visit.operator
    return {"zh": about.name_zh, "en": about.name_en or about.name_zh}


def officers(visit: Visit) -> list[dict[str, Any]]:
    """Who inspects, with certificate and part."""
    inspecting = visit.team.exclude(part=TeamMember.Part.ASSISTANT).select_related("account", "organisation")
    return [
        {"name": str(m.account), "certificate": m.certificate, "role": TeamMember.Part(m.part), "post": m.certificate}
        for m in inspecting
    ]


def support(visit: Visit) -> list[dict[str, str]]:
    """Bodies that assist, named as such."""
    assisting = visit.team.filter(part=TeamMember.Part.ASSISTANT).select_related("organisation")
    bodies = {m.organisation_id: m.organisation for m in assisting}
    return [{"zh": o.name_zh, "en": o.name_en or o.name_zh} for o in bodies.values()]


def persons(text: str) -> list[dict[str, Any]]:
    """Lines like "Name, post" as persons."""
    found = []
    for line in text.splitlines():
        name, _comma, post = [*re.split(r"([,，、])", line.strip(), maxsplit=1), "", ""][:3]
        if name.strip():
            found.append({"name": name.strip(), "post": post.strip()})
    return found


def files(thing: Any) -> list[dict[str, Any]]:
    """Evidence with its hashes."""
    return [{"number": f.number, "name": f.name, "sha256": f.sha256} for f in vault.of(thing)]


def severity(pack: str, code: str) -> Any:
    return packs.pack(pack).severity(code).name


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is not said."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
