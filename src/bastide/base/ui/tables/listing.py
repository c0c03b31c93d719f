"""`list_page`: everything a list page does, out of a table and a scoped queryset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from bastide.base.flow.models import Thing
from bastide.base.trail import ledger
from bastide.base.ui import purpose
from bastide.base.ui.pages import account_of, ask_purpose
from bastide.base.ui.tables import bulk as bulk_acts
from bastide.base.ui.tables import export, stamp
from bastide.base.ui.tables.bulk import Bulk
from bastide.base.ui.tables.columns import Words
from bastide.base.ui.tables.table import BoundTable, Table


def list_page(
    request: HttpRequest,
    table: type[Table],
    queryset: QuerySet[Any],
    *,
    title: Words,
    create: tuple[Words, str] | None = None,
    empty: Words = "",
    bulk: Sequence[Bulk] = (),
    intro: Words = "",
    **more: Any,
) -> dict[str, Any] | HttpResponseBase:
    """Values for `ui/list.html`, or a file, or the answer of a bulk act.

    `queryset` is already bounded to what the account may see. `create` is (label, address) of the act that makes a new
    one; `empty` says what to do when there is nothing yet. `more` goes to the template.
    """
    account = account_of(request)
    bound = BoundTable(request, table, queryset, account)
    offered = bulk_acts.open_to(account, tuple(bulk))
    if request.method == "POST":
        return bulk_acts.answer(bound, offered)
    kind = request.GET.get("export", "")
    if kind in export.FORMATS:
        return _export(bound, kind)
    return {
        "title": title, "table": bound, "create": create, "empty": empty, "intro": intro, "bulk": offered,
        "bulk_result": bulk_acts.result_of(request), **more,
    }  # fmt: skip


def _export(bound: BoundTable, kind: str) -> HttpResponseBase:
    """The file, after its purpose was stated if a guarded row is in it. Every export leaves an entry."""
    if not bound.may_export:
        raise PermissionDenied
    noun, note = bound.rows.model._meta.label_lower, export.note(bound, kind)
    if not (bound.table.guarded or _holds_classified(bound.rows)):
        ledger.saw(at=bound.now, by=bound.account, act=stamp.ACT, kind=noun, number=bound.table.name, note=note)
        return export.answer(bound, kind)
    key = purpose.key_of_list(noun)
    stated = purpose.stated(bound.request, key, bound.now)
    if not stated:
        return ask_purpose(bound.request, key, str(bound.rows.model._meta.verbose_name_plural))
    made = stamp.stamped(by=bound.account, at=bound.now, kind=noun, rows=len(bound.keys), purpose=stated, note=note)
    return export.answer(bound, kind, made)


def _holds_classified(rows: QuerySet[Any]) -> bool:
    """Is a classified row among them? Asked of the database, however many rows there are."""
    model: type[Model] = rows.model
    return issubclass(model, Thing) and model.classified(rows).exists()


def small_table(
    request: HttpRequest, table: type[Table], queryset: QuerySet[Any], *, limit: int = 8, more_url: str = ""
) -> dict[str, Any]:
    """The first rows of a table for a panel or a card: `{% include "ui/_table_small.html" %}`."""
    bound = BoundTable(request, table, queryset, account_of(request))
    bound.__dict__["given"] = type(request.GET)("", mutable=False)
    bound.__dict__["per_page"] = limit
    bound.__dict__["choice"] = None
    return {"table": bound, "more_url": more_url if bound.total > limit else ""}
