"""How many queries each page takes: the same with few rows and many, and no more than the budget file says.

`BASTIDE_UPDATE=1 pytest tests/house/test_queries.py` writes the budget anew; the diff is reviewed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.house.cast import make_all
from tests.house.test_doors import routes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BUDGET = Path(__file__).with_name("queries.json")


def lists() -> list[str]:
    """Every page without a place in its route that is not an act: lists, rooms, desks."""
    closed = ("new", "acts", "welcome", "logout", "openapi", "docs")
    return sorted(
        route
        for route in set(routes())
        if "<" not in route and "^" not in route and not set(route.split("/")) & set(closed)
    )


def counted(client: Client, address: str) -> int | None:
    """Queries of one GET; None if it is no page of this person."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address, HTTP_X_PURPOSE="budget")
    return len(captured) if response.status_code == 200 else None


def test_a_page_takes_the_same_queries_whatever_it_lists(national, telco, other_telco, tmp_path, settings) -> None:
    settings.BASTIDE_HOME = tmp_path
    client = Client(raise_request_exception=False)
    client.force_login(national, backend=settings.AUTHENTICATION_BACKENDS[0])
    make_all(telco)
    client.get("/desk/")
    few = {route: counted(client, "/" + route) for route in lists()}
    for operator in (telco, other_telco, telco, other_telco):
        make_all(operator)
    many = {route: counted(client, "/" + route) for route in lists()}
    grown = {route: (few[route], many[route]) for route in few if few[route] != many[route]}
    assert not grown, f"queries grow with rows (few, many): {grown}"
    found = {route: number for route, number in many.items() if number is not None}
    if os.environ.get("BASTIDE_UPDATE"):
        BUDGET.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
        return
    budget = json.loads(BUDGET.read_text())
    over = {route: (number, budget.get(route)) for route, number in found.items() if number > budget.get(route, 0)}
    assert not over, f"pages over their budget (now, budget): {over}"
