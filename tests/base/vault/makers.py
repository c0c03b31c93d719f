"""Evidence of an operator, and deletions in any state."""

from __future__ import annotations

import hashlib
import itertools
from datetime import UTC, datetime
from typing import Any

from bastide.base.people.models import Account, Organisation
from bastide.base.vault.models import Content, Disposal, EvidenceFile

THEN = datetime(2020, 6, 1, 1, 0, tzinfo=UTC)
_count = itertools.count(1)


def make_evidence(operator_org: Organisation, **fields: Any) -> EvidenceFile:
    """An old file of an organisation, belonging to nothing; its bytes are not in the vault."""
    place = next(_count)
    sha256 = hashlib.sha256(str(place).encode()).hexdigest()
    content = Content.objects.create(sha256=sha256, size=3, kept_at=THEN)
    values: dict[str, Any] = {
        "number": f"EVI-2020-{900000 + place}", "content": content, "name": f"old file {place}.txt",
        "media_type": "text/plain", "size": 3, "received_at": THEN, "received_by": Account.objects.house(),
        "organisation": operator_org, "area": operator_org.area,
    }  # fmt: skip
    return EvidenceFile.objects.create(**{**values, **fields})


def make_disposal(operator_org: Organisation, *, state: str = "proposed", **fields: Any) -> Disposal:
    place = next(_count)
    values: dict[str, Any] = {
        "number": f"DEL-2026-{900000 + place}", "evidence": make_evidence(operator_org), "state": state,
        "reason": "no longer needed", "basis": "retention schedule", "created_by": Account.objects.house(),
    }  # fmt: skip
    if state != "proposed":
        decided, _made = Account.objects.get_or_create(username="decider", defaults={"name": "decider"})
        values |= {"decided_at": THEN, "decided_by": decided}
    if state == "done":
        values |= {"signature": "00"}
    return Disposal.objects.create(**{**values, **fields})


MAKERS = {"vault.disposal": make_disposal}
