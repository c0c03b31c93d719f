"""Sealing the trail: entries get gap-free numbers in order, a Merkle root, and a signature that names the seal before.

A seal and its leaves are one transaction. The last seal is then marked in the data folder, outside the database; a
crash before that leaves an older mark, which the next sealing brings up to date.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bastide.base.people.models import Account
from bastide.base.trail import keys, ledger, proof, stamps
from bastide.base.trail.models import Entry, Leaf, Seal, Stamp

BATCH = 1000
SETTLED = timedelta(hours=1)  # longer than any transaction runs


class NotWhole(Exception):
    """The database is not the one that was sealed last; nothing is sealed over it."""


def public_key() -> str:
    return keys.signer().public


def sign(data: bytes) -> str:
    """A signature with the key that seals the trail; callers begin their data with a byte of their own."""
    return keys.signer().sign(data)


def seal_waiting(*, at: datetime, after: int | None = None) -> int:
    """Seal what waits behind an id (without one, behind what is settled), in batches; returns how many were sealed."""
    _check_mark()
    count, after = 0, floor(at=at) if after is None else after
    while batch := _seal_batch(at=at, after=after):
        _mark()
        count, after = count + len(batch), batch[-1].pk
    _mark()
    return count


def _seal_batch(*, at: datetime, after: int, follower: keys.Signer | None = None) -> list[Entry]:
    """One seal, which may announce the key to follow. Of two sealers at once, one begins again behind the other."""
    try:
        with transaction.atomic():
            last = Seal.objects.order_by("-number").first()
            key = _key_after(last)
            entries = list(unsealed(after=after).order_by("pk")[:BATCH])
            if not entries:
                return []
            first = last.last + 1 if last else 1
            seal = Seal(
                number=last.number + 1 if last else 1, first=first, last=first + len(entries) - 1, sealed_at=at,
                previous=proof.seal_hash(last.signed) if last else proof.GENESIS, key=key.public, suite=key.suite,
                next_key=follower.public if follower else "", next_suite=follower.suite if follower else "",
            )  # fmt: skip
            leaves = [
                Leaf(sequence=sequence, entry=entry, hash=proof.leaf_hash(plain_entry(entry, sequence), key.suite))
                for sequence, entry in enumerate(entries, first)
            ]
            seal.root = proof.merkle_root([leaf.hash for leaf in leaves], key.suite)
            seal.signature = key.sign(proof.signed_bytes(seal.signed))
            seal.save(force_insert=True)
            Leaf.objects.bulk_create(leaves)
    except IntegrityError:
        if last is not None and Seal.objects.order_by("-number").values_list("number", flat=True)[0] == last.number:
            raise
        return _seal_batch(at=at, after=after, follower=follower)
    return entries


def _key_after(last: Seal | None) -> keys.Signer:
    """The key that must sign next; one that was announced takes the place of its forerunner, which is gone then."""
    held = keys.signer()
    wanted = (last.next_key or last.key) if last else held.public
    if held.public != wanted and keys.place_of_next().exists() and keys.read(keys.place_of_next()).public == wanted:
        keys.place_of_next().replace(keys.place())
        held = keys.signer()
    if held.public != wanted:
        raise NotWhole(f"{keys.place()} is not the key that sealed the trail: put back the key of this installation")
    return held


def rotate(*, at: datetime, suite: str) -> tuple[str, str]:
    """Give the trail a new key: announced in a seal of the old one, which is then deleted; (old, new) public keys."""
    seal_waiting(at=at, after=0)
    house, old, follower = Account.objects.house(), keys.signer(), keys.next_signer(suite)
    changes = {"key": [old.public, follower.public], "suite": [old.suite, follower.suite]}
    announced: list[Entry] = []
    while not announced:  # another sealer may have been quicker with this very entry
        entry = ledger.record(at=at, by=house, act="trail.key.announce", thing=house, changes=changes)
        announced = _seal_batch(at=at, after=entry.pk - 1, follower=follower)
    ledger.record(at=at, by=house, act="trail.key.begin", thing=house, changes=changes)
    seal_waiting(at=at, after=0)
    return old.public, follower.public


def floor(*, at: datetime) -> int:
    """The id up to which every entry is sealed: that of an entry sealed an hour ago.

    An id may be committed after a higher one, as long as its transaction runs; none runs for an hour.
    """
    settled = Seal.objects.filter(sealed_at__lt=at - SETTLED).order_by("-number").first()
    leaf = Leaf.objects.filter(sequence=settled.last).first() if settled else None
    return leaf.entry_id if leaf else 0


def unsealed(*, after: int = 0) -> QuerySet[Entry]:
    """Entries without a number behind an id. Asked by absence: an id may be committed after a higher one."""
    leaves = Leaf.objects.filter(entry=OuterRef("pk"), entry_id__gt=after)
    return Entry.objects.filter(~Exists(leaves), pk__gt=after)


def plain_entry(entry: Entry, sequence: int) -> dict[str, Any]:
    """An entry as it is sealed; docs/trail.md names each field."""
    return {
        "sequence": sequence, "id": entry.pk, "at": moment(entry.at), "known_at": moment(entry.known_at),
        "account": entry.account_id, "account_name": entry.account_name, "on_behalf": entry.on_behalf,
        "address": entry.address, "request_id": entry.request_id, "act": entry.act, "kind": entry.kind,
        "thing_id": entry.thing_id, "number": entry.number, "organisation": entry.organisation_id,
        "area": entry.area, "was": entry.was, "now": entry.now, "changes": entry.changes, "note": entry.note,
        "purpose": entry.purpose, "is_read": entry.is_read,
    }  # fmt: skip


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def lines() -> Iterator[dict[str, Any]]:
    """The sealed trail as lines of an export: header, then each seal after its entries.

    No transaction is held: what is read is never changed, and what is sealed meanwhile lies behind the last seal read.
    """
    seals = list(Seal.objects.order_by("number"))
    last = seals[-1].last if seals else 0
    tip = f"{seals[-1].number}:{proof.seal_hash(seals[-1].signed)}" if seals else ""
    sealed = Leaf.objects.filter(sequence__lte=last)
    newest_seal = seals[-1].number if seals else 0
    tokens = dict(Stamp.objects.filter(seal_id__lte=newest_seal).values_list("seal_id", "token"))
    begun = (seals[0].suite or proof.ED25519, seals[0].key) if seals else (keys.signer().suite, public_key())
    yield {
        "format": proof.FORMAT, "suite": begun[0], "key": begun[1], "entries": sealed.count(), "seals": len(seals),
        "last": tip, "stamps": len(tokens),
    }  # fmt: skip
    leaves = iter(sealed.select_related("entry").order_by("sequence").iterator(chunk_size=1000))
    leaf = next(leaves, None)
    for seal in seals:
        while leaf is not None and leaf.sequence <= seal.last:
            yield _line(leaf)
            leaf = next(leaves, None)
        yield {"seal": seal.signed, "signature": seal.signature}
        if seal.number in tokens:
            yield {"stamp": seal.number, "token": base64.b64encode(tokens[seal.number]).decode()}
    newest = Seal.objects.order_by("-number").values("last")[:1]
    stray = Leaf.objects.filter(sequence__gt=Coalesce(Subquery(newest), 0))
    yield from map(_line, stray.select_related("entry").order_by("sequence"))


def _line(leaf: Leaf) -> dict[str, Any]:
    return {"entry": plain_entry(leaf.entry, leaf.sequence), "leaf": leaf.hash}


def verify(*, tsa: bytes | None = None) -> proof.Check:
    """Check the database against its seals, the key, the mark outside it, and the authority that stamped the time."""
    held, last = public_key(), Seal.objects.order_by("-number").first()
    if last is not None and last.next_key == held:  # announced, and has not signed yet
        held = last.key
    return proof.check_lines(lines(), key=held, last=marked(), tsa=stamps.certificates() if tsa is None else tsa)


def export(path: Path) -> int:
    """Write the sealed trail to a file; it appears under its name only when it is whole."""
    part, count = path.with_name(f"{path.name}.part"), 0
    with open(part, "wb") as file:
        for line in lines():
            file.write(proof.canonical(line) + b"\n")
            count += "entry" in line
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    return count


# ---- the mark outside the database


def _mark_path() -> Path:
    return Path(settings.BASTIDE_HOME) / "trail-mark.json"


def marked() -> str:
    """ "NUMBER:HASH" of the last seal this data folder has seen; empty if none."""
    try:
        return str(json.loads(_mark_path().read_text())["last"])
    except FileNotFoundError:
        return ""


def _check_mark() -> None:
    mark = marked()
    if not mark:
        return
    number, _colon, known = mark.partition(":")
    seal = Seal.objects.filter(number=int(number)).first()
    if seal is None or proof.seal_hash(seal.signed) != known:
        raise NotWhole(f"seal {mark} is not in the database: an older or another copy was put in place")


def _mark() -> None:
    """Mark the last seal; never an earlier one than is marked."""
    last = Seal.objects.order_by("-number").first()
    if last is None or int(marked().partition(":")[0] or 0) >= last.number:
        return
    tip = f"{last.number}:{proof.seal_hash(last.signed)}"
    keys.write_apart(_mark_path(), json.dumps({"last": tip}).encode()).replace(_mark_path())
