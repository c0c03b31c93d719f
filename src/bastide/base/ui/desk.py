"""What waits for a person: decisions, acknowledgements owed, files assigned. Shown on My desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.functional import Promise

from bastide.base.people.models import Account

Words = str | Promise


@dataclass(frozen=True)
class DeskItem:
    """One thing to do: `what` says the act wanted ("Acknowledge"), `title` the thing."""

    what: Words
    title: Words
    url: str
    number: str = ""
    due_at: datetime | None = None
    organisation: Words = ""
    urgency: str = "normal"
    icon: str = "checkbox"


Provider = Callable[[Account], list[DeskItem]]
_providers: list[Provider] = []
_FAR = datetime.max.replace(tzinfo=UTC)


def register(provider: Provider) -> Provider:
    """Add a provider; it must look through scoped reads only, with a fixed number of queries."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def waiting_for(account: Account) -> list[DeskItem]:
    """Everything that waits: high urgency first, then by due time; without a due time last."""
    found = [item for provider in _providers for item in provider(account)]
    return sorted(found, key=lambda item: (item.urgency != "high", item.due_at or _FAR, str(item.title)))
