"""`bastide demo --scale N`: a larger sector that keeps every constraint, counts on, and agrees with what the story's flows make."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from bastide.base import terms
from bastide.base.clock.flows import reading_of
from bastide.base.clock.models import Clock
from bastide.base.flow import flows
from bastide.base.flow.models import Series, next_number
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import seals
from bastide.base.trail.models import Entry
from bastide.demo import bulk
from bastide.demo.bulk import ground as grounds
from bastide.monitor.models import Alert, RuleRecord
from bastide.rectify.models import Finding, Order, OrderLine
from bastide.registry.models import NetworkUnit, UnitHost

pytestmark = pytest.mark.django_db
AT = datetime(2026, 6, 22, 6, 0, tzinfo=UTC)


@pytest.fixture
def small(settings, tmp_path, monkeypatch) -> None:
    """A fiftieth of scale 1."""
    settings.BASTIDE_DEMO, settings.BASTIDE_HOME = True, tmp_path
    for name, count in {"OPERATORS": 12, "UNITS": 200, "FINDINGS": 200, "ALERTS": 40, "ENTRIES": 1500}.items():
        for module in (grounds, bulk.supervision):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, count)
    Organisation.objects.create(code="MIIT", kind="national_authority", name_zh="部")
    for level in ("low", "high"):
        RuleRecord.objects.create(
            rule_id=level,
            path=f"{level}.yml",
            title=level,
            level=level,
            text="-",
            sha256="0",
            added_at=AT,
            changed_at=AT,
        )


@pytest.fixture
def enlarged(small) -> list[str]:
    said: list[str] = []
    bulk.enlarge(1, at=AT, say=said.append)
    return said


class TestEnlarge:
    def test_it_makes_as_much_as_it_says(self, enlarged) -> None:
        counts = [model.objects.count() for model in (NetworkUnit, UnitHost, Finding, Alert)]
        assert counts == [200, 200, 200, 40]
        assert Organisation.objects.filter(kind="operator").count() == 12
        assert any("registry.networkunit: 200 in" in line for line in enlarged)

    def test_numbers_are_unique_and_count_on(self, enlarged) -> None:
        with transaction.atomic():
            assert next_number("NU", 2026) == "NU-2026-000201"
        assert Series.objects.get(name="FND", year=2026).last == Finding.objects.count()
        made = Finding.objects.create(
            number="FND-X", operator=Organisation.objects.filter(kind="operator").first(), clause="-", pack="cn-telecom",
            pack_version="1", severity="low", title="-", text="-", found_at=AT, source_kind="other",
        )  # fmt: skip
        assert made.pk == max(Finding.objects.values_list("pk", flat=True))

    def test_every_state_is_one_its_flow_knows(self, enlarged) -> None:
        known = {kind: set(flow.states) for kind, flow in flows().items()}
        for model, kind in ((Finding, "rectify.finding"), (Order, "rectify.order"), (Alert, "monitor.alert")):
            states = Counter(model.objects.values_list("state", flat=True))
            assert len(states) > 1
            assert set(states) <= {value for value, _label in flows()[kind].states}, (kind, states, known[kind])

    def test_an_ordered_finding_stands_under_a_running_order_with_its_limit(self, enlarged) -> None:
        ordered = Finding.objects.filter(state="ordered")
        assert ordered.exists()
        for line in OrderLine.objects.filter(finding__in=ordered).select_related("order", "finding"):
            assert line.order.operator_id == line.finding.operator_id
            clock = Clock.objects.get(thing_kind="rectify.order", thing_id=line.order_id)
            assert clock.due_at == line.due_at == line.order.limit_at
            assert reading_of(clock) == clock.reading
            assert clock.is_overdue(AT) == (line.order.state == "overdue")

    def test_the_trail_tells_of_the_units_and_can_be_sealed(self, enlarged) -> None:
        unit = NetworkUnit.objects.exclude(state="registered").first()
        assert Entry.objects.filter(kind="registry.networkunit", thing_id=unit.pk, number=unit.number).exists()
        assert seals.seal_waiting(at=terms.now()) == Entry.objects.count()
        assert seals.verify().faults == []

    def test_the_same_seed_makes_the_same_sector(self, small) -> None:
        made = []
        for _ in range(2):
            with transaction.atomic():
                bulk.enlarge(1, at=AT, say=lambda words: None, seed=7)
                made.append(list(NetworkUnit.objects.order_by("pk").values_list("number", "name_zh", "grade", "area")))
                transaction.set_rollback(True)
        assert made[0] == made[1]


class TestRefusals:
    def test_it_refuses_outside_the_demonstration(self, small, settings) -> None:
        settings.BASTIDE_DEMO = False
        with pytest.raises(bulk.CannotEnlarge, match="BASTIDE_DEMO=1"):
            bulk.enlarge(1, at=AT, say=print)
        assert not NetworkUnit.objects.exists()

    def test_it_refuses_a_second_time(self, enlarged) -> None:
        with pytest.raises(bulk.CannotEnlarge, match="enlarged already"):
            bulk.enlarge(1, at=AT, say=print)
        assert NetworkUnit.objects.count() == 200

    def test_a_cut_off_leaves_nothing(self, small, monkeypatch) -> None:
        def broken(*_args: object, **_more: object) -> None:
            raise IntegrityError("cut off")

        monkeypatch.setattr(bulk.supervision, "alerts", broken)
        with pytest.raises(IntegrityError, match="cut off"):
            bulk.enlarge(1, at=AT, say=lambda words: None)
        assert not NetworkUnit.objects.exists()
        assert not Account.objects.filter(username__startswith="sc-").exists()
