"""One thing of every kind for two operators in two provinces, for the tests that walk every door."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.db import models

from bastide.base.people.models import Organisation

Maker = Callable[..., models.Model]


def makers() -> dict[str, Maker]:
    """Kind → maker, from tests/<context>/makers.py of every context, and those of the vault and the webhooks."""
    found: dict[str, Maker] = {}
    for place in [*settings.CONTEXTS, "base.vault", "base.hooks"]:
        name = f"tests.{place}.makers"
        if find_spec(f"tests.{place}") and find_spec(name):
            found.update(import_module(name).MAKERS)
    return found


def make_all(operator: Organisation) -> dict[str, Any]:
    """One of every kind, owned by this operator."""
    return {kind: make(operator) for kind, make in makers().items()}
