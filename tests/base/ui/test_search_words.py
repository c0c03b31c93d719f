"""What words lead to: names by the index, numbers by their beginning or a part, the newest where all begin so."""

from __future__ import annotations

import pytest

from bastide.base.people.models import Account, Organisation
from bastide.base.ui import search
from bastide.registry.models import NetworkUnit

pytestmark = pytest.mark.django_db


@pytest.fixture
def units(telco: Organisation) -> list[NetworkUnit]:
    names = {"云核心一号": "Edge one", "上海云平台": "Cloud", "数据中心": "NU-like house"}
    return [
        NetworkUnit.objects.create(
            number=f"NU-2026-{n:06d}", operator=telco, code=f"SW-{n}", name_zh=zh, name_en=en, network_type="ip_bearer",
            area="110000",
        )
        for n, (zh, en) in enumerate(names.items(), start=900123)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("云平", [1]), ("云", []), ("EDGE", [0]), ("sw-900123", [0]), ("900124", [1]), ("NU-2026-9001", [2, 1, 0]),
        ("nu", [2, 1, 0]), ("NU-", [2, 1, 0]), ("平台云", []), ("%", []), ("__", []),
    ],
)  # fmt: skip
def test_units_are_found(words: str, wanted: list[int], units: list[NetworkUnit], national: Account) -> None:
    found = [hit.url for hit in search.find(national, words) if "/registry/units/" in hit.url and "/NU" in hit.url]
    assert found == [units[place].get_absolute_url() for place in wanted]
