"""What happens to the norms: a regime pack is loaded. Nothing is ever deleted; a changed text is a new wording."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bastide.base import packs
from bastide.base.flow.refusals import Forbidden
from bastide.base.people.models import Account
from bastide.base.trail import ledger, outbox
from bastide.norms import facts
from bastide.norms.access import Can
from bastide.norms.models import Clause, Instrument, PackLoad


def load_pack(pack: packs.Pack, *, by: Account, at: datetime) -> PackLoad:
    """Take in a pack. The same bytes again change nothing and give the earlier load."""
    if not by.can(Can.LOAD):
        raise Forbidden(_("You may not load norms."))
    with transaction.atomic():
        last = PackLoad.objects.select_for_update().filter(pack=pack.id).order_by("-pk").first()
        if last is not None and last.digest == pack.digest:
            return last
        load = PackLoad.objects.create(pack=pack.id, version=pack.version, digest=pack.digest, at=at, by=by)
        _load_instruments(pack)
        added, changed, gone = _load_clauses(pack, load, at)
        load.counts = {
            "instruments": len(pack.instruments),
            "added": len(added),
            "changed": len(changed),
            "gone": len(gone),
        }
        load.save()
        ledger.record(
            at=at, by=by, act="norms.pack.load", thing=load, now=pack.version, changes={"counts": [None, load.counts]}
        )
        if last is not None and (added or changed or gone):
            outbox.announce(
                facts.NormsRevised(pack.id, pack.version, tuple(added), tuple(changed), tuple(gone), at), at=at
            )
    return load


def _load_instruments(pack: packs.Pack) -> None:
    for position, one in enumerate(pack.instruments):
        values = {
            "position": position, "name_zh": one.name.zh, "name_en": one.name.en, "identifier": one.identifier,
            "issuer_zh": one.issuer.zh, "issuer_en": one.issuer.en, "rank": one.rank.value, "issued": one.issued,
            "in_force": one.in_force, "status": one.status.value, "mark": one.mark.value, "sources": list(one.source),
            "status_note_zh": one.status_note.zh if one.status_note else "",
            "status_note_en": one.status_note.en if one.status_note else "", "is_listed": True,
        }  # fmt: skip
        Instrument.objects.update_or_create(pack=pack.id, code=one.id, defaults=values)
    Instrument.objects.filter(pack=pack.id).exclude(code__in=[one.id for one in pack.instruments]).update(
        is_listed=False
    )


def _load_clauses(pack: packs.Pack, load: PackLoad, at: datetime) -> tuple[list[str], list[str], list[str]]:
    """Add new wordings and close those that changed or left; returns the anchors added, changed and gone."""
    rows = Clause.objects.filter(instrument__pack=pack.id, valid_to=None).select_related("instrument")
    current = {row.anchor: row for row in rows}
    added: list[str] = []
    changed: list[str] = []
    fresh: list[Clause] = []
    moved: list[Clause] = []
    seen: set[str] = set()
    instruments = {row.code: row for row in Instrument.objects.filter(pack=pack.id)}
    for listed in pack.clause_lists:
        for position, one in enumerate(listed.clauses):
            anchor = f"{listed.instrument} {one.article}".strip()
            values, held = _values(one, listed.edition), current.get(anchor)
            seen.add(anchor)
            if held is not None and all(getattr(held, key) == value for key, value in values.items()):
                if held.position != position:
                    held.position = position
                    moved.append(held)
                continue
            (changed if held is not None else added).append(anchor)
            instrument = instruments[listed.instrument]
            fresh.append(
                Clause(instrument=instrument, anchor=anchor, position=position, valid_from=at, load=load, **values)
            )
    gone = sorted(set(current) - seen)
    Clause.objects.filter(pk__in=[current[anchor].pk for anchor in [*changed, *gone]]).update(valid_to=at)
    Clause.objects.bulk_update(moved, ["position"], batch_size=500)
    Clause.objects.bulk_create(fresh)
    return added, changed, gone


def _values(one: packs.Clause, edition: str) -> dict[str, Any]:
    """The columns of a clause out of the pack."""
    values: dict[str, Any] = {
        "article": one.article, "who": list(one.who), "clock": one.clock, "mark": one.mark.value,
        "sources": list(one.source), "edition": edition,
    }  # fmt: skip
    for name in ("text", "deadline", "sanction", "note"):
        words = getattr(one, name)
        values[f"{name}_zh"], values[f"{name}_en"] = (words.zh, words.en) if words else ("", "")
    return values
