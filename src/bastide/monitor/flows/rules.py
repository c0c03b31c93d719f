"""What happens to detection rules: added from files, switched on and off."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from bastide.base.flow.refusals import Forbidden
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.monitor import detect
from bastide.monitor.access import Can
from bastide.monitor.models import RuleRecord


@dataclass
class Loaded:
    """What adding rules did, rule by rule."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[detect.Rejected] = field(default_factory=list)


def add_rules(paths: Sequence[Path], *, by: Account, at: datetime) -> Loaded:
    """Add the rules of files, folders or archives; a known rule id is brought up to date.

    A rule that cannot be compiled is kept with its reason, so that nobody believes it watches.
    Raises engines.detect.NoRules if there is no rule file at all.
    """
    if not by.can(Can.KEEP_RULES):
        raise Forbidden(_("You may not change the detection rules."))
    texts = detect.texts_of(paths)
    rules = detect.compile_texts(texts)
    by_path, loaded = dict(texts), Loaded(rejected=list(rules.rejected))
    with transaction.atomic():
        known = {row.rule_id: row for row in RuleRecord.objects.filter(rule_id__in=[rule.id for rule in rules.rules])}
        new: list[RuleRecord] = []
        for rule in rules.rules:
            _enter(rule, by_path[rule.path], known.get(rule.id), at, loaded, new)
        RuleRecord.objects.bulk_create(new, batch_size=500)
        _forget_mended(rules.rejected, by_path)
        _enter_rejected(rules.rejected, by_path, at)
        if loaded.added or loaded.changed or loaded.rejected:
            _record(by, at, loaded)
    return loaded


def _record(by: Account, at: datetime, loaded: Loaded) -> None:
    one = RuleRecord.objects.order_by("-changed_at", "-pk").first()
    assert one is not None
    note = (
        f"added {loaded.added}, changed {loaded.changed}, unchanged {loaded.unchanged}, rejected {len(loaded.rejected)}"
    )
    ledger.record(at=at, by=by, act="monitor.rulerecord.add", thing=one, note=note)


def _enter(
    rule: detect.Rule, text: str, row: RuleRecord | None, at: datetime, loaded: Loaded, new: list[RuleRecord]
) -> None:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    if row is not None and row.sha256 == sha256 and not row.rejected:
        loaded.unchanged += 1
        return
    fields = {
        "path": rule.path[:300], "line": rule.line, "title": rule.title[:300], "level": rule.level,
        "status": rule.status[:20],
        "product": rule.logsource.product[:60], "category": rule.logsource.category[:60],
        "service": rule.logsource.service[:60], "techniques": list(rule.techniques), "text": text, "sha256": sha256,
        "rejected": "", "changed_at": at,
    }  # fmt: skip
    if row is None:
        new.append(RuleRecord(rule_id=rule.id, added_at=at, **fields))
        loaded.added += 1
        return
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    loaded.changed += 1


def _forget_mended(rejected: Sequence[detect.Rejected], texts: dict[str, str]) -> None:
    """What was left out of these files before and is not any more needs no row of its own."""
    still = {(one.path[:300], one.line) for one in rejected}
    paths = [path[:300] for path in texts]
    for start in range(0, len(paths), 500):
        for row in RuleRecord.objects.filter(rule_id="", path__in=paths[start : start + 500]).defer("text"):
            if (row.path, row.line) not in still:
                row.delete()


def _enter_rejected(rejected: Sequence[detect.Rejected], texts: dict[str, str], at: datetime) -> None:
    """Keep what could not be compiled, one row a file and line."""
    for one in rejected:
        text = texts.get(one.path, "")
        RuleRecord.objects.update_or_create(
            rule_id="", path=one.path[:300], line=one.line,
            defaults={"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest(), "changed_at": at,
                      "rejected": f"{one.code}: {one.reason}"[:500]},
            create_defaults={"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest(), "changed_at": at,
                             "rejected": f"{one.code}: {one.reason}"[:500], "added_at": at},
        )  # fmt: skip


def enable_rule(rule: RuleRecord, *, by: Account, at: datetime, reason: str = "") -> RuleRecord:
    """Take a rule back into evaluation."""
    return switch_rule(rule, by=by, at=at, on=True, reason=reason)


def disable_rule(rule: RuleRecord, *, by: Account, at: datetime, reason: str) -> RuleRecord:
    """Take a rule out of evaluation, with the reason."""
    return switch_rule(rule, by=by, at=at, on=False, reason=reason)


def switch_rule(rule: RuleRecord, *, by: Account, at: datetime, on: bool, reason: str = "") -> RuleRecord:
    """Take a rule out of evaluation, or back in."""
    if not by.can(Can.KEEP_RULES):
        raise Forbidden(_("You may not change the detection rules."))
    with transaction.atomic():
        held = RuleRecord.objects.select_for_update().get(pk=rule.pk)
        if held.is_enabled != on:
            held.is_enabled, held.changed_at = on, at
            held.save(update_fields=["is_enabled", "changed_at"])
            act = "enable" if on else "disable"
            ledger.record(
                at=at,
                by=by,
                act=f"monitor.rulerecord.{act}",
                thing=held,
                note=reason,
                changes={"is_enabled": [not on, on]},
            )
    return held
