"""Sealing the trail: entries get gap-free numbers in order, a Merkle root, and a signature that names the seal before.

A seal and its leaves are one transaction. The last seal is then marked in the data folder, outside the database; a
crash before that leaves an older mark, which the next sealing brings up to date.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from bastide.base.trail import proof
from bastide.base.trail.models import Entry, Leaf, Seal

BATCH = 1000


class NotWhole(Exception):
    """The database is not the one that was sealed last; nothing is sealed over it."""


def signing_key() -> Ed25519PrivateKey:
    """The key of this installation, made at its first use and readable by its owner alone."""
    path = Path(settings.BASTIDE_TRAIL_KEY or settings.BASTIDE_HOME / "trail.key")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        part = _write_apart(path, made)
        try:
            os.link(part, path)  # whole or not at all, and never over another's
        except FileExistsError:
            pass
        finally:
            part.unlink()
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path} holds no Ed25519 key")
    return key


def public_key() -> str:
    return signing_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def seal_waiting(*, at: datetime) -> int:
    """Seal everything that waits, batch by batch; returns how many entries were sealed."""
    _check_mark()
    count = 0
    while batch := _seal_batch(at=at):
        _mark()
        count += batch
    _mark()
    return count


def _seal_batch(*, at: datetime) -> int:
    """One seal. Of two sealers at once, one gets the number and the other begins again behind it."""
    key = signing_key()
    try:
        with transaction.atomic():
            last = Seal.objects.order_by("-number").first()
            entries = list(unsealed().order_by("pk")[:BATCH])
            if not entries:
                return 0
            first = last.last + 1 if last else 1
            seal = Seal(
                number=last.number + 1 if last else 1, first=first, last=first + len(entries) - 1, sealed_at=at,
                previous=proof.seal_hash(last.signed) if last else proof.GENESIS,
                key=key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex(),
            )  # fmt: skip
            leaves = [
                Leaf(sequence=sequence, entry=entry, hash=proof.leaf_hash(plain_entry(entry, sequence)))
                for sequence, entry in enumerate(entries, first)
            ]
            seal.root = proof.merkle_root([leaf.hash for leaf in leaves])
            seal.signature = key.sign(proof.signed_bytes(seal.signed)).hex()
            seal.save(force_insert=True)
            Leaf.objects.bulk_create(leaves)
    except IntegrityError:
        if last is not None and Seal.objects.order_by("-number").values_list("number", flat=True)[0] == last.number:
            raise
        return _seal_batch(at=at)
    return len(entries)


def unsealed() -> QuerySet[Entry]:
    """Entries without a number. Asked by absence, not by a highest id: an id may be committed after a higher one."""
    return Entry.objects.filter(leaf=None)


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
    yield {"format": proof.FORMAT, "key": public_key(), "entries": sealed.count(), "seals": len(seals), "last": tip}
    leaves = iter(sealed.select_related("entry").order_by("sequence").iterator(chunk_size=1000))
    leaf = next(leaves, None)
    for seal in seals:
        while leaf is not None and leaf.sequence <= seal.last:
            yield _line(leaf)
            leaf = next(leaves, None)
        yield {"seal": seal.signed, "signature": seal.signature}
    newest = Seal.objects.order_by("-number").values("last")[:1]
    stray = Leaf.objects.filter(sequence__gt=Coalesce(Subquery(newest), 0))
    yield from map(_line, stray.select_related("entry").order_by("sequence"))


def _line(leaf: Leaf) -> dict[str, Any]:
    return {"entry": plain_entry(leaf.entry, leaf.sequence), "leaf": leaf.hash}


def verify() -> proof.Check:
    """Check the database against its seals, the key, and the mark outside it."""
    return proof.check_lines(lines(), key=public_key(), last=marked())


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
    _write_apart(_mark_path(), json.dumps({"last": tip}).encode()).replace(_mark_path())


def _write_apart(path: Path, data: bytes) -> Path:
    part = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return part
