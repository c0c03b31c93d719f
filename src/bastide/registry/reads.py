"""What is seen of the register: operators, units, dependencies, imports, always within the account's sight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.http import Http404

from bastide.base import packs
from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import overheard, scoped, sight
from bastide.registry import criteria
from bastide.registry.access import Can
from bastide.registry.intake import sheets
from bastide.registry.intake.sheets import UnreadableError as UnreadableError
from bastide.registry.models import Dependency, Import, NetworkUnit, UnitHost, UnitTally

W = NetworkUnit.State.WITHDRAWN


# ---- operators


def operators(account: Account) -> QuerySet[Organisation]:
    """Operators in sight: by their own organisation or province, and those with a unit in sight.

    An operator that is out of use and has no unit is left out: its entry was undone.
    """
    has_units = Exists(NetworkUnit.objects.filter(operator=OuterRef("pk")))
    everyone = Organisation.objects.filter(Q(is_active=True) | has_units, kind=Organisation.Kind.OPERATOR)
    bound = sight(account, Can.SEE_OPERATOR, Organisation)
    if bound is None:
        return everyone.select_related("parent")
    if not account.can(Can.SEE_OPERATOR):
        return everyone.none()
    through_units = scoped(NetworkUnit.objects.all(), account, Can.SEE_UNIT).order_by().values("operator")
    own = Organisation.objects.filter(bound).values("pk")
    return everyone.filter(Q(pk__in=own) | Q(pk__in=through_units)).select_related("parent")


def with_unit_counts(rows: QuerySet[Organisation], account: Account) -> QuerySet[Organisation]:
    """The same operators with `unit_count` and `graded_count`, of the units in service that are in sight."""
    seen = scoped(NetworkUnit.objects.filter(operator=OuterRef("pk")).exclude(state=W), account, Can.SEE_UNIT)

    def counted(units: QuerySet[NetworkUnit]) -> Coalesce:
        per = units.order_by().values("operator").annotate(n=Count("pk")).values("n")
        return Coalesce(Subquery(per), 0)

    return rows.annotate(unit_count=counted(seen), graded_count=counted(seen.exclude(grade="")))


def operator_for(account: Account, code: str) -> Organisation:
    """One operator by its code; out of sight is 404."""
    found = operators(account).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def operators_where(account: Account, right: str) -> QuerySet[Organisation]:
    """Operators for which the account may use a right: the choices of forms."""
    return scoped(Organisation.objects.filter(kind=Organisation.Kind.OPERATOR, is_active=True), account, right)


# ---- units


def units(account: Account, *, with_cii: bool = True) -> QuerySet[NetworkUnit]:
    """Units in sight. CII marks the account may not see (or asks not to see) look as if they were not there."""
    visible = scoped(NetworkUnit.objects.select_related("operator"), account, Can.SEE_UNIT)
    return _hide_cii(visible, account, with_cii=with_cii)


def _hide_cii(rows: QuerySet[NetworkUnit], account: Account, *, with_cii: bool) -> QuerySet[NetworkUnit]:
    with overheard():  # decides what of a row is shown, not which rows: no reason for seeing a unit
        bound = sight(account, Can.SEE_CII, NetworkUnit)
    if with_cii and bound is None:
        return rows
    if not with_cii or not account.can(Can.SEE_CII):
        return rows.annotate(hidden_cii=Value(True, output_field=BooleanField()))
    seen = NetworkUnit.objects.filter(bound).order_by().values("pk")  # type: ignore[arg-type]
    return rows.annotate(
        hidden_cii=Case(When(pk__in=seen, then=Value(False)), default=Value(True), output_field=BooleanField())
    )


def unit_for(account: Account, number: str) -> NetworkUnit:
    """One unit by its number; out of sight is 404."""
    found = units(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def may_see_cii(account: Account, unit: NetworkUnit) -> bool:
    return account.may(Can.SEE_CII, unit)


def units_of(operator_id: int) -> list[NetworkUnit]:
    """Every unit of an operator that is in service, for flows and engines (not bounded by an account)."""
    return list(NetworkUnit.objects.filter(operator_id=operator_id).exclude(state=W).order_by("pk"))


def unit_of_host(operator_id: int, host: str) -> NetworkUnit | None:
    """The unit a host belongs to: by name or address, else by the narrowest network that holds the address."""
    return units_of_hosts(operator_id, [host]).get(host)


def units_of_hosts(operator_id: int, hosts: Iterable[str]) -> dict[str, NetworkUnit]:
    """The same for many hosts with two queries; hosts without a unit are left out."""
    wanted: dict[str, str] = {}
    for host in hosts:
        try:
            wanted[host] = criteria.host_of(host).value
        except criteria.WrongError:
            continue
    rows = (
        UnitHost.objects.filter(operator_id=operator_id).exclude(unit__state=W).select_related("unit", "unit__operator")
    )
    exact = {row.value: row.unit for row in rows.filter(value__in=set(wanted.values()))}
    missing = {host: value for host, value in wanted.items() if value not in exact}
    found = {host: exact[value] for host, value in wanted.items() if value in exact}
    if missing:
        nets = {row.value: row.unit for row in rows.filter(kind=UnitHost.Kind.NETWORK)}
        for host, value in missing.items():
            net = criteria.nearest_network(value, list(nets))
            if net is not None:
                found[host] = nets[net]
    return found


# ---- dependencies


def dependencies(account: Account) -> QuerySet[Dependency]:
    """Dependencies both of whose ends are in sight."""
    seen = scoped(NetworkUnit.objects.all(), account, Can.SEE_UNIT).order_by().values("pk")
    return Dependency.objects.filter(unit__in=seen, depends_on__in=seen).select_related(
        "unit", "unit__operator", "depends_on", "depends_on__operator"
    )


def dependants_of(unit: NetworkUnit) -> list[NetworkUnit]:
    """All units that fail, directly or through others, when this one does. Links are no need and do not count."""
    return _reach(unit, "depends_on", "unit")


def needs_of(unit: NetworkUnit) -> list[NetworkUnit]:
    """All units this one needs, directly or through others."""
    return _reach(unit, "unit", "depends_on")


def _reach(unit: NetworkUnit, here: str, there: str) -> list[NetworkUnit]:
    seen, front, order = {unit.pk}, {unit.pk}, []
    while front:
        edges = Dependency.objects.filter(**{f"{here}__in": front}).exclude(kind=Dependency.Kind.LINK)
        front = set(edges.exclude(**{f"{there}__state": W}).values_list(there, flat=True)) - seen
        order += sorted(front)
        seen |= front
    found = NetworkUnit.objects.select_related("operator").in_bulk(order)
    return [found[pk] for pk in order]


@dataclass(frozen=True)
class Neighbourhood:
    """Units within some steps of a unit, and the dependencies among them."""

    units: list[NetworkUnit]
    edges: list[Dependency]
    steps: dict[int, int] = field(default_factory=dict)  # unit id → distance
    is_cut: bool = False  # there were more than can be drawn


def neighbourhood(account: Account, unit: NetworkUnit, *, steps: int, limit: int = 250) -> Neighbourhood:
    """What lies around a unit, both ways, up to so many steps; only what the account may see."""
    steps_of, front, is_cut = {unit.pk: 0}, {unit.pk}, False
    edges = dependencies(account).exclude(unit__state=W).exclude(depends_on__state=W)
    for step in range(1, steps + 1):
        pairs = (
            edges.filter(Q(unit__in=front) | Q(depends_on__in=front)).order_by("pk").values_list("unit", "depends_on")
        )
        reached = [pk for pair in pairs for pk in pair if pk not in steps_of]
        room = limit - len(steps_of)
        reached = list(dict.fromkeys(reached))
        is_cut = is_cut or len(reached) > room
        front = set(reached[:room])
        steps_of.update(dict.fromkeys(front, step))
        if not front:
            break
    drawn = list(edges.filter(unit__in=steps_of, depends_on__in=steps_of))
    shown = sorted(units(account, with_cii=False).filter(pk__in=steps_of), key=lambda u: (steps_of[u.pk], u.number))
    return Neighbourhood(shown, drawn, steps_of, is_cut)


def operator_web(account: Account) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The picture of the sector: operators with their number of units, and the dependencies between each two."""
    sizes = dict(
        units(account, with_cii=False).exclude(state=W).order_by().values("operator").annotate(n=Count("pk"))
        .values_list("operator", "n")
    )  # fmt: skip
    nodes = [
        {"operator": operator, "units": sizes.get(operator.pk, 0)} for operator in operators(account).order_by("code")
    ]
    pairs: dict[tuple[int, int], int] = defaultdict(int)
    rows = dependencies(account).order_by().values_list("unit__operator", "depends_on__operator")
    for one, other, count in rows.annotate(n=Count("pk")):
        if one != other:
            pairs[one, other] += count
    edges = [{"unit": one, "depends_on": other, "count": count} for (one, other), count in sorted(pairs.items())]
    return nodes, edges


# ---- posture, for the situation room


@dataclass(frozen=True)
class Posture:
    """How an operator stands: its units by grade, and how many are CII (None: not for this reader)."""

    operator: Organisation
    units: int
    graded: int
    by_grade: dict[str, int]
    cii: int | None


def posture(account: Account) -> list[Posture]:
    """One line per operator in sight, with three queries whatever their number."""
    counted, cii = _grade_counts(account), _cii_counts(account)
    return [_posture(operator, counted, cii) for operator in operators(account).order_by("code")]


def operator_ids(account: Account) -> list[int]:
    """The operators in sight, in the order of their codes."""
    return list(operators(account).order_by("code").values_list("pk", flat=True))


def operators_by_id(ids: Iterable[int]) -> dict[int, Organisation]:
    """The operators behind ids that came out of a read in someone's sight."""
    return Organisation.objects.in_bulk(list(ids))


def operators_with_units(account: Account) -> set[int]:
    """Ids of the operators of which units in service are in sight."""
    return set(_tallies(account, Can.SEE_UNIT).values_list("operator", flat=True).distinct())


def posture_of(account: Account, operator: Organisation) -> Posture:
    """The same for one operator."""
    return _posture(operator, _grade_counts(account, operator), _cii_counts(account))


def _grade_counts(account: Account, operator: Organisation | None = None) -> dict[int, dict[str, int]]:
    rows = _tallies(account, Can.SEE_UNIT)
    rows = rows.filter(operator=operator) if operator is not None else rows
    counted: dict[int, dict[str, int]] = defaultdict(dict)
    for operator_id, grade, count in rows.values_list("operator", "grade").annotate(count=Sum("n")):
        counted[operator_id][grade] = count
    return counted


def _tallies(account: Account, right: str) -> QuerySet[UnitTally]:
    """Counts of the units in service that the account may reach with a right."""
    return scoped(UnitTally.objects.filter(n__gt=0).exclude(state=W), account, right).order_by()


def _posture(operator: Organisation, counted: dict[int, dict[str, int]], cii: dict[int, int] | None) -> Posture:
    own = counted.get(operator.pk, {})
    by_grade = {grade: n for grade, n in sorted(own.items()) if grade}
    marked = None if cii is None else cii.get(operator.pk, 0)
    return Posture(operator, sum(own.values()), sum(by_grade.values()), by_grade, marked)


def _cii_counts(account: Account) -> dict[int, int] | None:
    """CII units per operator, or None for whoever may not know."""
    if not account.can(Can.SEE_CII):
        return None
    marked = _tallies(account, Can.SEE_CII).filter(is_cii=True)
    return dict(marked.values("operator").annotate(count=Sum("n")).values_list("operator", "count"))


def units_per_grade(account: Account) -> dict[str, int]:
    """Grade code → units in service, in the order of the pack; "" counts those not graded yet."""
    rows = _tallies(account, Can.SEE_UNIT)
    counted = dict(rows.values("grade").annotate(count=Sum("n")).values_list("grade", "count"))
    known = [grade.code for grade in sorted(packs.active().grades, key=lambda g: g.rank)]
    order = [*known, *sorted(set(counted) - {*known, ""}), ""]
    return {code: counted.get(code, 0) for code in order}


def cii_count(account: Account) -> int | None:
    """CII units in sight, or None for whoever may not know."""
    counts = _cii_counts(account)
    return None if counts is None else sum(counts.values())


# ---- imports


def read_sheet(data: bytes) -> sheets.Sheet:
    """Heading and rows of a CSV or XLSX file, for the files of upper contexts; `UnreadableError` where it is none."""
    return sheets.read(data)


def imports(account: Account) -> QuerySet[Import]:
    """Imports of the account's organisation; a province also those of its operators, the nation all."""
    return scoped(Import.objects.select_related("owner", "created_by"), account, Can.SEE_IMPORT).defer(
        "faults", "header"
    )


def import_for(account: Account, number: str) -> Import:
    """One import by its number; out of sight is 404."""
    found = imports(account).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def sees_units(account: Account) -> bool:
    return account.can(Can.SEE_UNIT)


def supervised(account: Account) -> QuerySet[Organisation]:
    """Operators that are in sight themselves, and not only through a unit they run in the account's province."""
    bound = sight(account, Can.SEE_OPERATOR, Organisation)
    rows = operators(account)
    return rows if bound is None else rows.filter(pk__in=Organisation.objects.filter(bound).order_by().values("pk"))
