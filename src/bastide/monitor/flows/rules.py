"""What happens to detection rules: added from files, switched on and off."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.people.models import Account
from bastide.base.trail import ledger
from bastide.monitor import detect, reasons
from bastide.monitor.access import Can
from bastide.monitor.models import RuleRecord


@dataclass
class Loaded:
    """What adding rules did, rule by rule."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[detect.Rejected] = field(default_factory=list)


def add_rules(paths: Sequence[Path], *, by: Account, at: datetime, licence: str = "") -> Loaded:
    """Add the rules of files, folders or archives; a known rule id is brought up to date. `licence` is theirs.

    A rule that cannot be compiled is kept with its reason, so that nobody believes it watches.
    Raises engines.detect.NoRules if there is no rule file at all.
    """
    if not by.can(Can.KEEP_RULES):
        raise Forbidden(_("You may not change the detection rules."))
    texts = detect.texts_of(paths)
    rules = detect.compile_texts(texts)
    left_out = [*rules.rejected, *detect.not_over_batches(rules)]
    by_path, loaded = dict(texts), Loaded(rejected=left_out)
    with transaction.atomic():
        known = {row.rule_id: row for row in RuleRecord.objects.filter(rule_id__in=[rule.id for rule in rules.rules])}
        new: list[RuleRecord] = []
        for rule in rules.rules:
            _enter(rule, by_path[rule.path], known.get(rule.id), at, loaded, new, licence)
        RuleRecord.objects.bulk_create(new, batch_size=500)
        _forget_mended(left_out, by_path)
        _enter_rejected(left_out, by_path, at)
        if loaded.added or loaded.changed or loaded.rejected:
            _record(by, at, loaded)
    return loaded


def write_rule(text: str, *, by: Account, at: datetime, rule: RuleRecord | None = None) -> RuleRecord:
    """Write a rule, or another text for one. A new one is switched off: try it on the past first, then switch it on.

    Raises Refused, with what is wrong in which line, where the text cannot be made into exactly one rule.
    """
    if not by.can(Can.KEEP_RULES):
        raise Forbidden(_("You may not change the detection rules."))
    if rule is not None and rule.kind != RuleRecord.Kind.SIGMA:
        raise Refused(_("A watch over sources has no text to change."))
    text, path = _with_id(text), rule.path if rule else "console"
    compiled = detect.compile_texts([(path, text)], kept=False)
    for one in [*compiled.rejected, *detect.not_over_batches(compiled)]:
        raise Refused(f"{reasons.RULE.get(one.code, one.code)} ({one.line}): {one.reason}", field="text")
    if len(compiled.rules) != 1:
        raise Refused(_("Write exactly one rule."), field="text")
    new, same = compiled.rules[0], rule is None or compiled.rules[0].id == rule.rule_id
    if not same:
        raise Refused(_("The id is what alerts hold on to: it cannot be changed."), field="text")
    with transaction.atomic():
        held = RuleRecord.objects.select_for_update().filter(pk=rule.pk).first() if rule else None
        if held is None and RuleRecord.objects.filter(rule_id=new.id).exists():
            raise Refused(_("A rule of this id exists."), field="text")
        was = held.text if held else None
        fields = _fields(new, text, at)
        if held is None:
            held = RuleRecord(
                rule_id=new.id, added_at=at, is_enabled=False, **{**fields, "path": f"console/{new.id}.yml"}
            )
        for name, value in fields.items():
            setattr(held, name, value if name != "path" else held.path)
        held.save()
        ledger.record(
            at=at, by=by, act=f"monitor.rulerecord.{'change' if rule else 'write'}", thing=held,
            changes={"text": [was, text]},
        )  # fmt: skip
    return held


def _with_id(text: str) -> str:
    """The text of a rule, with an id of its own if it has none."""
    return text if re.search(r"^id\s*:", text, re.M) else f"id: {uuid4()}\n{text}"


def _record(by: Account, at: datetime, loaded: Loaded) -> None:
    one = RuleRecord.objects.order_by("-changed_at", "-pk").first()
    assert one is not None
    note = (
        f"added {loaded.added}, changed {loaded.changed}, unchanged {loaded.unchanged}, rejected {len(loaded.rejected)}"
    )
    ledger.record(at=at, by=by, act="monitor.rulerecord.add", thing=one, note=note)


def _enter(
    rule: detect.Rule,
    text: str,
    row: RuleRecord | None,
    at: datetime,
    loaded: Loaded,
    new: list[RuleRecord],
    licence: str,
) -> None:
    fields = _fields(rule, text, at)
    if licence:
        fields["licence"] = licence[:60]
    if row is not None and row.sha256 == fields["sha256"] and not row.rejected:
        loaded.unchanged += 1
        return
    if row is None:
        new.append(RuleRecord(rule_id=rule.id, added_at=at, **fields))
        loaded.added += 1
        return
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    loaded.changed += 1


def _fields(rule: detect.Rule, text: str, at: datetime) -> dict[str, Any]:
    """What the register says of a rule."""
    return {
        "path": rule.path[:300], "line": rule.line, "title": rule.title[:300], "level": rule.level,
        "status": rule.status[:20], "author": rule.author[:300],
        "product": rule.logsource.product[:60], "category": rule.logsource.category[:60],
        "service": rule.logsource.service[:60], "techniques": list(rule.techniques),
        "tactics": list(rule.tactics), "fields": detect.looked_at(rule), "text": text,
        "sha256": hashlib.sha256(text.encode()).hexdigest(), "rejected": "", "changed_at": at,
    }  # fmt: skip


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
