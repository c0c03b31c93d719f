"""What a document says, as plain values: frozen for the record, hashed, and read out in one language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import translation
from django.utils.functional import Promise

from bastide.base.packs import Text
from bastide.base.people.models import Organisation

LANGUAGES = {"zh": "zh-hans", "en": "en"}


class Unprintable(TypeError):
    """A value no document can say; `field` tells where it stands."""

    def __init__(self, field: str, value: object) -> None:
        super().__init__(f"{field}: {type(value).__name__} cannot be printed")
        self.field = field


def plain(value: Any, zone: ZoneInfo, field: str = "data") -> Any:
    """A value as it is frozen: JSON, times in the zone of the pack, everything translatable in both languages."""
    if isinstance(value, models.Choices):
        return _both(value.label)
    if isinstance(value, Enum):
        return plain(value.value, zone, field)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Unprintable(f"{field} (a time without zone)", value)
        return value.astimezone(zone).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Promise):
        return _both(value)
    if isinstance(value, Organisation):
        return names(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item, zone, f"{field}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, zone, f"{field}.{n}") for n, item in enumerate(value, 1)]
    number = getattr(value, "number", None)
    if isinstance(number, str):
        return number
    raise Unprintable(field, value)


def _both(value: Any) -> dict[str, str]:
    said = {}
    for code, language in LANGUAGES.items():
        with translation.override(language):
            said[code] = str(value)
    return said


def names(organisation: Organisation) -> dict[str, str]:
    return {"zh": organisation.name_zh, "en": organisation.name_en or organisation.name_zh}


def spoken(value: Any, language: str) -> Any:
    """The frozen value in one language: every {"zh", "en"} pair becomes its text."""
    if isinstance(value, dict):
        if value.keys() == {"zh", "en"}:
            return value[language] or value["en" if language == "zh" else "zh"]
        return {key: spoken(item, language) for key, item in value.items()}
    if isinstance(value, list):
        return [spoken(item, language) for item in value]
    return value


def digest(statement: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a statement; printed in the foot of every page."""
    canonical = json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def is_blank(value: Any) -> bool:
    """Does a field say nothing? False and 0 say something."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict) and value.keys() == {"zh", "en"}:
        return is_blank(value["zh"]) and is_blank(value["en"])
    return value is None or value == [] or value == {}
