"""How far a list counts: all rows of a short list, and no further than people page through a long one."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

# Nobody pages further, and no database counts a million rows for each look at a list.
FAR = 10_000


class Pages(Paginator):
    """Pages of a queryset up to row `FAR`; `goes_on` says that more rows follow."""

    object_list: QuerySet[Any]

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by().values("pk")[: FAR + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, FAR)

    @cached_property
    def goes_on(self) -> bool:
        return self._counted > FAR
