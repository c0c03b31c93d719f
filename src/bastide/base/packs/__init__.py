"""Regime packs: the law of a jurisdiction as versioned, checked data. Ask `active()`, `pack(id)`, `available()`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .clocks import ClockKind, ClockType, ReminderRule, Told, Unit
from .documents import ClockPurpose, DocumentField, DocumentPurpose, DocumentType
from .duties import FieldKind, ReportDuty, ReportField, Stage, Starts
from .faults import Fault, PackError
from .inspecting import Checklist, ChecklistItem, InspectionItem, InspectionLimit, Severity
from .law import Clause, Instrument, Sanction
from .levels import Criterion, Edition, FactKind, FactType, Judgement, Level, Scale, Value
from .loader import load
from .pack import Pack, UnknownName
from .register import Area, Colour, Grade, NetworkType, Office, OperatorKind, Party, RoleName
from .text import Basis, Mark, Text

__all__ = [
    "Area", "Basis", "Checklist", "ChecklistItem", "Clause", "ClockKind", "ClockPurpose", "ClockType", "Colour",
    "Criterion", "DocumentField", "DocumentPurpose", "DocumentType", "Edition", "FactKind", "FactType", "Fault",
    "FieldKind", "Grade", "InspectionItem", "InspectionLimit", "Instrument", "Judgement", "Level", "Mark",
    "NetworkType", "Office", "OperatorKind", "Pack", "PackError", "Party", "ReminderRule", "ReportDuty",
    "ReportField", "RoleName", "Sanction", "Scale", "Severity", "Stage", "Starts", "Text", "Told", "Unit",
    "UnknownName", "Value", "active", "available", "load", "pack",
]  # fmt: skip

SHELF = Path(__file__).resolve().parents[2] / "content" / "packs"


def available() -> list[str]:
    """Ids of the packs that are on the shelf."""
    return sorted(path.parent.name for path in SHELF.glob("*/manifest.yaml"))


@cache
def pack(id: str) -> Pack:
    """The pack of that id, read once."""
    if id not in available():
        remedy = f"Set BASTIDE_PACK to one of: {', '.join(available())}"
        raise PackError(id, (Fault("content/packs", 0, "id", f"there is no pack '{id}'", remedy),))
    return load(SHELF / id)


def active(id: str = "") -> Pack:
    """The pack in force: `id` if given, otherwise the setting BASTIDE_PACK."""
    if id:
        return pack(id)
    from django.conf import settings

    return pack(getattr(settings, "BASTIDE_PACK", "cn-telecom"))
