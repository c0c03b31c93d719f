"""A table over organisations, and requests as the cast makes them."""

from __future__ import annotations

from typing import Any

from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import RequestFactory

from bastide.base.people.models import Account, Organisation
from bastide.base.ui.tables import Boolean, Choice, Column, DateRange, Search, Table


class OrganisationTable(Table):
    name = "tests.organisation"
    columns = (
        Column("code", "Code", kind="code", link=lambda row: f"/o/{row.code}/"),
        Column("name", "Name", sort="name_zh"),
        Column("kind", "Kind", kind="badge"),
        Column("children", "Children", kind="number", value=lambda row: len(row.code)),
        Column("created_at", "Created", kind="moment"),
        Column("is_active", "Active"),
        Column("licence", "Licence", shown=False),
        Column("secret", "Secret", value="area", can="nobody.may.this"),
    )
    filters = (
        Search("code", "name_zh", "name_en"),
        Choice("kind", "Kind", choices=Organisation.Kind.choices),
        Boolean("active", "Active", path="is_active"),
        DateRange("created", "Created", path="created_at"),
    )
    sort = "code"
    per_page = 20


def a_request(
    account: Account, path: str = "/list/", *, post: dict[str, Any] | None = None, **headers: str
) -> HttpRequest:
    """A request of a signed-in person, with session and messages."""
    factory = RequestFactory()
    request = factory.get(path, **headers) if post is None else factory.post(path, post, **headers)
    request.user, request.session = account, SessionStore()
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    return request


def organisations(count: int, **fields: Any) -> None:
    """So many operators, named by their number."""
    Organisation.objects.bulk_create(
        Organisation(code=f"ORG-{i:03d}", kind="operator", name_zh=f"单位{i}", name_en=f"Unit {i}", **fields)
        for i in range(count)
    )
