"""`bastide selftest leaks` finds what leaks: a room whose reads are not bounded, a page, an export, a counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from bastide.base.people.models import Account, Organisation
from bastide.base.trail.models import Entry
from bastide.monitor import reads as monitor
from bastide.monitor.models import Alert
from bastide.registry import reads as registry
from bastide.registry.models import NetworkUnit
from bastide.respond import reads as respond
from bastide.respond.models import Incident
from bastide.selftest import leaks, oracle
from bastide.selftest.leaks import Report
from tests.house.cast import make_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PEOPLE = ["operator"]


@pytest.fixture
def two(operator, telco, other_telco, tmp_path, settings) -> dict[str, Any]:
    """One of everything of two operators; gives what belongs to the other one."""
    settings.BASTIDE_HOME = tmp_path
    Organisation.objects.filter(pk=other_telco.pk).update(name_zh="另一家运营者公司", name_en="The other operator")
    make_all(telco)
    return make_all(other_telco)


def found(*doors: str, names: list[str] = PEOPLE) -> Report:
    report = leaks.run(seed=3, objects=2, names=names, only=doors, say=lambda words: None)
    assert report.accounts == len(names)
    return report


def told(report: Report) -> str:
    return "\n".join(report.lines())


def test_a_whole_house_is_clean_and_nothing_stays_but_one_entry(
    two, operator, other_operator, stranger, expert
) -> None:
    before = Entry.objects.count()
    report = found(names=["operator", "expert"])
    assert not report.leaks, told(report)
    assert Entry.objects.count() == before + 1
    entry = Entry.objects.latest("pk")
    assert (entry.act, entry.purpose) == ("selftest.leaks", "clean")
    assert "0 leaks; 2 of" in entry.note
    assert "seed 3" in entry.note
    assert sum(one.answers for one in report.tried.values()) > 800
    assert sum(one.counts for one in report.tried.values()) > 40


def test_reads_without_a_bound_are_found(two, monkeypatch) -> None:
    monkeypatch.setattr(respond, "incidents", lambda account: _annotated(Incident.objects.all()))
    leaked = found("api/v1/respond/incidents", "respond/incidents/<str:number>/").leaks
    number = Incident.objects.order_by("-pk")[0].number
    assert any(leak.thing == f"respond.incident {number}" and "not 404" in leak.what for leak in leaked)
    assert any(leak.door == "api/v1/respond/incidents" and "lists 2 where 1" in leak.what for leak in leaked)
    assert {leak.account for leak in leaked} == {"operator"}


def _annotated(rows: Any) -> Any:
    from django.db.models import BooleanField, DateTimeField, Value

    return rows.select_related("operator").annotate(
        due_at=Value(None, output_field=DateTimeField()), is_late=Value(False, output_field=BooleanField())
    )


def test_a_page_that_prints_a_foreign_number_is_found(two, monkeypatch, other_telco) -> None:
    foreign = NetworkUnit.objects.get(operator=other_telco)
    monkeypatch.setattr(NetworkUnit, "area_name", property(lambda unit: f"{unit.area} {foreign.number}"))
    (first, *_more) = [leak for leak in found("registry/units/").leaks if leak.door == "registry/units/"]
    assert (first.thing, first.account) == (f"registry.unit {foreign.number}", "operator")


def test_an_export_without_a_bound_is_found(two, monkeypatch) -> None:
    from bastide.base.ui.tables.table import BoundTable

    lines = BoundTable.lines
    monkeypatch.setattr(
        BoundTable, "lines", lambda self: _all_of(self) if self.table.name == "monitor.alert" else lines(self)
    )
    leaked = found("monitor/alerts/", "api/v1/monitor/alerts").leaks
    assert any(leak.door == "monitor/alerts/?export=csv" and "lists 2 where 1" in leak.what for leak in leaked)
    assert {leak.door.partition("?")[0] for leak in leaked} == {"monitor/alerts/"}


def _all_of(bound: Any) -> Any:
    for thing in Alert.objects.select_related("operator", "rule", "unit", "source").order_by("pk"):
        yield [column.plain(thing) for column in bound.columns]


@pytest.mark.parametrize(
    ("room", "name", "wrong", "door"),
    [
        (registry, "_tallies", lambda account, right: _tallies(), "api/v1/home/situation"),
        (monitor, "_grave_and_new", lambda account: Alert.objects.all(), "ui/counts/"),
    ],
)  # fmt: skip
def test_a_counter_without_a_bound_is_found(
    two, monkeypatch, room: Any, name: str, wrong: Callable[..., Any], door: str
) -> None:
    monkeypatch.setattr(room, name, wrong)
    assert [
        leak
        for leak in found("api/v1/home", "ui/counts/").leaks
        if leak.door.startswith(door) and "counts" in leak.what
    ]


def _tallies() -> Any:
    from bastide.registry.models import UnitTally

    return UnitTally.objects.filter(n__gt=0).exclude(state="withdrawn").order_by()


def test_an_act_that_asks_nobody_is_found_and_undone(two, monkeypatch, other_telco) -> None:
    from bastide.registry import acts
    from bastide.registry.models import NetworkUnit

    monkeypatch.setattr(acts.UNITS, "find", lambda account, number: NetworkUnit.objects.get(number=number))
    monkeypatch.setattr(Account, "may", lambda self, right, thing=None: True)
    before = list(NetworkUnit.objects.order_by("pk").values())
    report = leaks.Report(1)
    world = oracle.World(rows=100)
    door = next(d for d in leaks.every_door() if d.route == "api/v1/registry/units/<number>/acts/withdraw")
    monkeypatch.setattr(
        oracle.Sight, "sees", lambda self, noun, thing: getattr(thing, "operator_id", 0) != other_telco.pk
    )
    import random

    sight = oracle.Sight(Account.objects.get(username="operator"), world)
    walk = leaks.Walk("head", sight, [door], random.Random(1), 1, report, leaks.Bodies(), {})
    with leaks.quiet():
        walk._things(door, oracle.BY_NOUN["registry.unit"])
    assert [leak.what for leak in report.leaks if "did something" in leak.what]
    assert list(NetworkUnit.objects.order_by("pk").values()) == before
    assert transaction.get_connection().in_atomic_block


def test_more_rows_than_can_be_asked_about_is_no_clean_result(two) -> None:
    with pytest.raises(oracle.TooMany, match="--rows"):
        leaks.run(seed=1, objects=1, rows=0, say=lambda words: None)
