"""Which things are classified, asked for many at once, before something is said of them outside the console."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.apps import apps
from django.db import models

Named = tuple[str, int]  # kind as in the trail, and id


def classified(things: Iterable[Named]) -> set[Named]:
    """Those of the things of which nothing but the number is said: classified, gone, or of an unknown kind.

    One or two queries for each kind.
    """
    by_kind: dict[str, set[int]] = defaultdict(set)
    for kind, pk in things:
        by_kind[kind].add(pk)
    return {(kind, pk) for kind, pks in by_kind.items() for pk in pks - _plain(kind, pks)}


def _plain(kind: str, pks: set[int]) -> set[int]:
    try:
        model = apps.get_model(kind)
    except (LookupError, ValueError):
        return set()
    rows = model._default_manager.filter(pk__in=pks)
    if not hasattr(model, "is_classified"):
        return set(rows.values_list("pk", flat=True))
    if any(field.name == "is_classified" for field in model._meta.concrete_fields):
        return set(rows.filter(is_classified=False).values_list("pk", flat=True))
    return set(rows.values_list("pk", flat=True)) - _marked(model, rows)


def _marked(model: type[models.Model], rows: models.QuerySet[models.Model]) -> set[int]:
    """By the model's own rule for many rows (`flow.Thing.classified`), else one by one."""
    rule = getattr(model, "classified", None)
    if rule is not None:
        return set(rule(rows).values_list("pk", flat=True))
    return {row.pk for row in rows if row.is_classified}  # type: ignore[attr-defined]
