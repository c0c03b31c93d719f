"""Writing the trail: what was done (`record`) and what classified thing was seen (`saw`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import QuerySet

from bastide.base import terms
from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import Scope
from bastide.base.trail.models import Entry
from bastide.base.trail.pouring import pour
from bastide.base.trail.request import whence

SIMPLE = frozenset({bool, int, float, str, type(None)})


def plain(value: Any) -> Any:
    """A value as the trail keeps it: JSON, with times in ISO 8601 and things by their label."""
    if type(value) in SIMPLE or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, models.Model):
        return str(getattr(value, "number", "") or value.pk)
    if isinstance(value, Mapping):
        return {str(key): item if type(item) in SIMPLE else plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | QuerySet):
        return [item if type(item) in SIMPLE else plain(item) for item in value]
    return str(value)


def kind_of(thing: models.Model) -> str:
    """The kind of a thing as every room writes it: "respond.incident"."""
    return f"{thing._meta.app_label}.{thing._meta.model_name}"


def place_of(thing: models.Model) -> tuple[Organisation | None, str]:
    """The first organisation and province in a thing's scope: whom the entry concerns."""
    from bastide.base.people.scope import _values

    if isinstance(thing, Organisation):
        return thing, thing.area
    scope = getattr(type(thing), "SCOPE", None)
    if not isinstance(scope, Scope):
        return None, ""
    organisation = next((o for path in scope.organisations for o in _values(thing, path)), None)
    area = next((a for path in scope.areas for a in _values(thing, path) if a), "")
    return organisation, area


def record(
    *,
    at: datetime,
    by: Account | None,
    act: str,
    thing: models.Model,
    was: str = "",
    now: str = "",
    changes: Mapping[str, Any] | None = None,
    note: str = "",
    purpose: str = "",
) -> Entry:
    """Write that `by` did `act` to `thing`. Called in the transaction of the change itself."""
    organisation, area = place_of(thing)
    return _write(
        at=at,
        by=by,
        act=act,
        kind=kind_of(thing),
        thing_id=thing.pk,
        number=str(getattr(thing, "number", "") or ""),
        organisation=organisation,
        area=area,
        was=was,
        now=now,
        changes=plain(changes or {}),
        note=note,
        purpose=purpose,
    )


def record_many(
    *, at: datetime, by: Account | None, act: str, things: Iterable[tuple[models.Model, Mapping[str, Any]]],
    now: str = "", note: str = "",
) -> None:  # fmt: skip
    """Write that `by` did `act` to each of many things, each with its changes. In the transaction of the change."""
    shared = {"at": at, "act": act, "now": now, "note": note, **_actor(by)}
    entries = []
    for thing, changes in things:
        organisation, area = place_of(thing)
        told = {"kind": kind_of(thing), "thing_id": thing.pk, "number": str(getattr(thing, "number", "") or "")}
        entries.append(Entry(organisation=organisation, area=area, changes=plain(changes), **told, **shared))
    pour(entries)


def saw(
    *,
    at: datetime,
    by: Account,
    act: str = "read",
    thing: models.Model | None = None,
    kind: str = "",
    number: str = "",
    purpose: str = "",
    note: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Entry:
    """Write that `by` read or exported a classified thing, or a list of a kind."""
    organisation, area = place_of(thing) if thing is not None else (None, "")
    return _write(
        at=at,
        by=by,
        act=act,
        kind=kind or (kind_of(thing) if thing is not None else ""),
        thing_id=thing.pk if thing is not None else None,
        number=number or str(getattr(thing, "number", "") or ""),
        organisation=organisation,
        area=area,
        purpose=purpose or whence().purpose,
        note=note,
        changes=plain(changes or {}),
        is_read=True,
    )


def _write(*, by: Account | None, at: datetime, **fields: Any) -> Entry:
    return Entry.objects.create(at=at, **_actor(by), **fields)


def _actor(by: Account | None) -> dict[str, Any]:
    """Who acts, in whose name, from where, and when this is written."""
    here, actor = whence(), by or Account.objects.house()
    behalf = actor.organisation
    return {
        "known_at": terms.now(), "account": actor, "account_name": str(actor),
        "on_behalf": behalf.name_zh if behalf else "", "address": here.address, "request_id": here.request_id,
    }  # fmt: skip


def of(thing: models.Model) -> QuerySet[Entry]:
    """Everything done to a thing, newest first, without who merely looked."""
    return Entry.objects.filter(kind=kind_of(thing), thing_id=thing.pk, is_read=False).select_related("account")


def readers_of(thing: models.Model) -> QuerySet[Entry]:
    """Who looked at a classified thing."""
    return Entry.objects.filter(kind=kind_of(thing), thing_id=thing.pk, is_read=True).select_related("account")
