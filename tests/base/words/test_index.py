"""The index of words: kept by the database whoever writes, made anew where it is missing, right against a plain look."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import connection, transaction

from bastide.base import words
from bastide.base.people.models import Organisation
from bastide.base.words import keeping, looking, pairs
from bastide.registry.models import NetworkUnit

pytestmark = pytest.mark.django_db
LETTERS = "云平台数据网上海北京核心路由 Aa-9'\"%_\\😀"


@pytest.fixture
def operator() -> Organisation:
    return Organisation.objects.create(code="OP-W", kind="operator", name_zh="词")


def unit(operator: Organisation, number: int, name: str, **more: Any) -> NetworkUnit:
    return NetworkUnit(
        number=f"NU-2026-{number:06d}", operator=operator, code=f"W-{number}", name_zh=name, network_type="ip_bearer",
        area="110000", **more,
    )  # fmt: skip


def found(text: str) -> set[int]:
    keys = words.keys(NetworkUnit, text)
    assert keys is not None
    return set(keys)


class TestPairs:
    def test_neighbours_in_small_letters_without_white_space(self) -> None:
        assert pairs.of("云平台 A1\nB") == {"云平", "平台", "a1"}

    @pytest.mark.parametrize("text", ["", "云", " 云 ", "a b"])
    def test_a_single_letter_has_none(self, text: str) -> None:
        assert pairs.of(text) == set()


class TestKeys:
    def test_they_hold_every_row_with_the_words_and_hardly_others(self, operator: Organisation) -> None:
        chance = random.Random(20261123)
        names = ["".join(chance.choices(LETTERS, k=chance.randint(1, 9))) for _ in range(300)]
        rows = NetworkUnit.objects.bulk_create([unit(operator, n, name) for n, name in enumerate(names, start=1)])
        for _ in range(300):
            text = "".join(chance.choices(LETTERS, k=2))
            if pairs.of(text):
                holding = {row.pk for row in rows if text.lower() in row.name_zh.lower()}
                assert found(text) == holding, text

    def test_a_row_follows_its_change_and_its_end(self, operator: Organisation) -> None:
        one = unit(operator, 1, "旧名称")
        one.save()
        NetworkUnit.objects.filter(pk=one.pk).update(name_zh="新名称")  # no save() of ours is called
        assert found("旧名") == set()
        assert found("新名") == {one.pk}
        NetworkUnit.objects.filter(pk=one.pk).delete()
        assert found("新名") == set()

    def test_what_is_rolled_back_leaves_nothing(self, operator: Organisation) -> None:
        with transaction.atomic():
            unit(operator, 1, "撤回的").save()
            transaction.set_rollback(True)
        assert found("撤回") == set()

    def test_words_in_very_many_rows_are_not_told(self, operator: Organisation, monkeypatch: Any) -> None:
        monkeypatch.setattr(looking, "MANY", 3)
        NetworkUnit.objects.bulk_create([unit(operator, n, "多处") for n in range(1, 5)])
        assert words.keys(NetworkUnit, "多处") is None

    def test_nor_a_single_letter_nor_a_model_without_index(self) -> None:
        assert words.keys(NetworkUnit, "云") is None
        assert words.keys(Organisation, "云平台") is None

    @pytest.mark.parametrize("text", ['" OR "', "pairs:*", "NEAR(云平", "')--", "云平 AND 平台", "\x00\x00"])
    def test_nothing_in_the_words_is_an_order_to_the_index(self, text: str, operator: Organisation) -> None:
        unit(operator, 1, "云平台").save()
        if (
            "\x00" not in text or connection.vendor == "sqlite"
        ):  # PostgreSQL has no text with NUL; doors refuse it before
            assert found(text) == set()


class TestKeeping:
    def test_it_is_made_anew_where_a_rebuilt_table_lost_it(self, operator: Organisation) -> None:
        one = keeping.of_table("registry_networkunit")
        assert one is not None
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP INDEX {one.fingerprinted}")
            else:
                cursor.execute(f"DROP TRIGGER {one.name}_entered")
        late = unit(operator, 1, "迟到的")
        late.save()
        connection.check_constraints()  # PostgreSQL makes no index while they wait
        keeping.put_up(connection, one)
        assert found("迟到") == {late.pk}

    def test_one_that_is_right_is_left_alone(self, django_assert_max_num_queries: Any) -> None:
        one = keeping.of_table("registry_networkunit")
        assert one is not None
        with django_assert_max_num_queries(5) as asked:
            keeping.put_up(connection, one)
        assert not [query["sql"] for query in asked if query["sql"].startswith(("CREATE", "DROP", "INSERT"))]
