"""How the lists of the API are cut: at most so many rows a call, and no place beyond what a database can count."""

from __future__ import annotations

from ninja import Field, Schema
from ninja.pagination import LimitOffsetPagination

MOST = 1000
FURTHEST = 2**31 - 1


class Pages(LimitOffsetPagination):
    """`limit` and `offset`; named by NINJA_PAGINATION_CLASS for every list."""

    class Input(Schema):
        limit: int = Field(50, ge=1, le=MOST)
        offset: int = Field(0, ge=0, le=FURTHEST)
