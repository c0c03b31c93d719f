"""Units counted as they change: whatever happens to units by whichever way, the kept counts equal a recount."""

from __future__ import annotations

import random

import pytest
from django.db import connection, transaction

from bastide.registry import reads, tally
from bastide.registry.models import NetworkUnit, UnitTally

pytestmark = pytest.mark.django_db
GRADES = ("2", "3.1", "4")


def _make(chance: random.Random, operators: list, n: int) -> list[NetworkUnit]:
    made = []
    for at in range(n):
        number = f"NU-T-{chance.getrandbits(40):x}-{at}"
        grade = chance.choice(GRADES)
        made.append(
            NetworkUnit(
                number=number, code=number, operator=chance.choice(operators), name_zh="单元", grade=grade, state="graded",
                area=chance.choice(("110000", "310000")),
            )
        )  # fmt: skip
    return made


def _change(chance: random.Random, operators: list) -> None:
    """One change of any kind: by the model, in bulk, by update, in raw SQL; or one that is taken back."""
    units = list(NetworkUnit.objects.all())
    some = chance.sample(units, min(len(units), 3))
    keys = [unit.pk for unit in some]
    match chance.randrange(7):
        case 0:
            _make(chance, operators, 1)[0].save()
        case 1:
            NetworkUnit.objects.bulk_create(_make(chance, operators, 4))
        case 2:
            NetworkUnit.objects.filter(pk__in=keys).update(grade=chance.choice(GRADES))
        case 3:
            NetworkUnit.objects.filter(pk__in=keys).update(state="withdrawn", withdrawn_reason="停用")
        case 4 if some:
            some[0].area, some[0].name_zh = "440000", "新名"
            some[0].save()
        case 5 if some:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM registry_networkunit WHERE id = %s", [keys[0]])
        case _:
            with transaction.atomic():
                NetworkUnit.objects.bulk_create(_make(chance, operators, 2))
                transaction.set_rollback(True)


@pytest.mark.parametrize("seed", range(8))
def test_the_kept_counts_equal_a_recount(telco, other_telco, seed: int) -> None:
    chance = random.Random(seed)
    NetworkUnit.objects.bulk_create(_make(chance, [telco, other_telco], 6))
    for step in range(25):
        _change(chance, [telco, other_telco])
        assert tally.differences() == [], f"seed {seed}, step {step}"
    assert sum(tally.kept().values()) == NetworkUnit.objects.count()


def test_a_recount_finds_and_mends_what_was_changed_behind_its_back(telco) -> None:
    NetworkUnit.objects.bulk_create(_make(random.Random(1), [telco], 5))
    UnitTally.objects.filter(n__gt=0).update(n=99)
    assert tally.differences()
    tally.count_anew()
    assert tally.differences() == []


def test_each_sees_the_counts_of_what_it_sees(national, provincial, telco, other_telco) -> None:
    NetworkUnit.objects.bulk_create(_make(random.Random(2), [telco, other_telco], 30))
    for account in (national, provincial):
        listed = reads.units(account).exclude(state="withdrawn")
        assert sum(reads.units_per_grade(account).values()) == listed.count()
        assert reads.operators_with_units(account) == set(listed.values_list("operator", flat=True))
