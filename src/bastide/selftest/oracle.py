"""Who sees what, worked out row by row: the plain reading of the rules, against which the reads of the rooms are held.

Nothing here filters in the database. Every row is loaded and asked about with `covers`, and what a room adds to the
scope (an operator learns of a visit with its notice) is written here once more, in plain Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import ForeignKey, Model

from bastide.base.entry.access import Can as EntryCan
from bastide.base.papers.access import Can as PapersCan
from bastide.base.papers.models import Document
from bastide.base.people.models import Account, Organisation
from bastide.base.people.scope import scope_of
from bastide.base.vault.access import Can as VaultCan
from bastide.base.vault.models import Disposal, EvidenceFile
from bastide.inspection.access import Can as InspectionCan
from bastide.inspection.models import Answer, Observation, Visit
from bastide.monitor.access import Can as MonitorCan
from bastide.monitor.models import Alert, Batch, RuleRecord, Source
from bastide.norms.models import Clause, Instrument
from bastide.rectify.access import Can as RectifyCan
from bastide.rectify.models import Finding, Order, OrderLine, Verification
from bastide.registry.access import Can as RegistryCan
from bastide.registry.models import Dependency, Import, NetworkUnit, UnitHost
from bastide.respond.access import Can as RespondCan
from bastide.respond.models import Incident
from bastide.share.access import Can as ShareCan
from bastide.share.models import Delivery, EarlyWarning

Asks = Callable[["Sight", Any], bool]

# What an identifying text is: the fields that hold one, by any model.
WORDS = ("title", "name_zh", "name_en", "name", "host", "reference", "email", "code")
# Reference that everyone shares: what a rule is called gives nobody away.
SHARED: tuple[type[Model], ...] = (RuleRecord, Clause, Instrument)
HIDDEN_VISIT = {"draft", "approved"}
HIDDEN_OBSERVATION = {"draft", "withdrawn"}
TOLD_WARNING = {"published", "lifted"}


@dataclass(frozen=True)
class Kind:
    """A kind of thing: who sees one, and where its pages are (empty: it has none of its own)."""

    noun: str
    model: type[Model]
    asks: Asks
    at: str = ""
    key: str = "number"
    # The right without which the list is not open at all.
    can: str = ""
    # What the list for programs leaves out, as a purpose is asked for it one by one.
    one_by_one: Callable[[Any], bool] = lambda thing: False

    @property
    def api(self) -> str:
        return f"/api/v1{self.at.rstrip('/')}"


def _may(right: str) -> Asks:
    return lambda sight, thing: sight.may(right, thing)


def _operator(sight: Sight, one: Organisation) -> bool:
    """Its own, its province's, and whoever runs a unit in sight."""
    if not sight.account.can(RegistryCan.SEE_OPERATOR):
        return False
    units = sight.world.units_of(one.pk)
    if one.kind != Organisation.Kind.OPERATOR or not (one.is_active or units):
        return False
    return sight.may(RegistryCan.SEE_OPERATOR, one) or any(sight.may(RegistryCan.SEE_UNIT, unit) for unit in units)


def _dependency(sight: Sight, one: Dependency) -> bool:
    return sight.may(RegistryCan.SEE_UNIT, one.unit) and sight.may(RegistryCan.SEE_UNIT, one.depends_on)


def _warning(sight: Sight, one: EarlyWarning) -> bool:
    if sight.may(ShareCan.SEE, one):
        return True
    if one.state not in TOLD_WARNING:
        return False
    if sight.may(ShareCan.SEE_RECEIVED, one):
        return True
    given = sight.world.rows["share.delivery"]
    return sight.account.can(ShareCan.SEE) and any(
        sight.may(ShareCan.SEE_DELIVERY, delivery) for delivery in given if delivery.warning_id == one.pk
    )


def _visit(sight: Sight, one: Visit) -> bool:
    told = one.state not in HIDDEN_VISIT and one.noticed_at is not None
    return sight.may(InspectionCan.SEE, one) or (told and sight.may(InspectionCan.SEE_OWN, one))


def _observation(sight: Sight, one: Observation) -> bool:
    told = one.state not in HIDDEN_OBSERVATION
    return sight.may(InspectionCan.SEE, one) or (told and sight.may(InspectionCan.SEE_OWN, one))


def _answer(sight: Sight, one: Answer) -> bool:
    return sight.may(InspectionCan.SEE, one.visit)


def _finding(sight: Sight, one: Finding) -> bool:
    told = one.source_kind == Finding.Source.INSPECTION or one.state not in {"open", "withdrawn"}
    return sight.may(RectifyCan.SEE_FINDING, one) or (told and sight.may(RectifyCan.SEE_OWN_FINDING, one))


def _order(sight: Sight, one: Order) -> bool:
    told = one.state not in Order.HIDDEN
    return sight.may(RectifyCan.SEE_ORDER, one) or (told and sight.may(RectifyCan.SEE_OWN_ORDER, one))


def _of_order(sight: Sight, one: OrderLine | Verification) -> bool:
    return _order(sight, one.order)


def _evidence(sight: Sight, one: EvidenceFile) -> bool:
    if not sight.account.can(VaultCan.SEE):
        return False
    if one.attached_at is None:
        return one.received_by_id == sight.account.pk
    return sight.may(VaultCan.SEE, one) or sight.sees_kind(one.thing_kind, one.thing_id, whole=True)


def _document(sight: Sight, one: Document) -> bool:
    if not sight.account.can(PapersCan.SEE):
        return False
    return sight.may(PapersCan.SEE, one) or sight.sees_kind(one.thing_kind, one.thing_id, whole=True)


KINDS = (
    Kind("registry.operator", Organisation, _operator, "/registry/operators/", "code", RegistryCan.SEE_OPERATOR),
    Kind("registry.unit", NetworkUnit, _may(RegistryCan.SEE_UNIT), "/registry/units/", can=RegistryCan.SEE_UNIT),
    Kind("registry.dependency", Dependency, _dependency, "/registry/dependencies/", "", RegistryCan.SEE_UNIT),
    Kind("registry.import", Import, _may(RegistryCan.SEE_IMPORT), "/registry/imports/", can=RegistryCan.SEE_IMPORT),
    Kind("monitor.source", Source, _may(MonitorCan.SEE_SOURCE), "/monitor/sources/", can=MonitorCan.SEE_SOURCE),
    Kind("monitor.batch", Batch, _may(MonitorCan.SEE_BATCH), "/monitor/batches/", can=MonitorCan.SEE_BATCH),
    Kind("monitor.alert", Alert, _may(MonitorCan.SEE_ALERT), "/monitor/alerts/", can=MonitorCan.SEE_ALERT),
    Kind("respond.incident", Incident, _may(RespondCan.SEE), "/respond/incidents/", can=RespondCan.SEE),
    Kind("share.delivery", Delivery, _may(ShareCan.SEE_DELIVERY), "/share/deliveries/", can=ShareCan.SEE_DELIVERY),
    Kind("share.earlywarning", EarlyWarning, _warning, "/share/warnings/", can=ShareCan.SEE),
    Kind("inspection.visit", Visit, _visit, "/inspection/visits/"),
    Kind("inspection.observation", Observation, _observation, "/inspection/observations/",
         one_by_one=lambda one: one.visit.concerns_cii),
    Kind("inspection.answer", Answer, _answer, key=""),
    Kind("rectify.finding", Finding, _finding, "/rectify/findings/"),
    Kind("rectify.order", Order, _order, "/rectify/orders/"),
    Kind("rectify.orderline", OrderLine, _of_order, key=""),
    Kind("rectify.verification", Verification, _of_order),
    Kind("vault.evidencefile", EvidenceFile, _evidence, "/vault/evidence/", can=VaultCan.SEE),
    Kind("vault.disposal", Disposal, _may(VaultCan.SEE), "/vault/disposals/", can=VaultCan.SEE),
    Kind("papers.document", Document, _document, "/papers/documents/", can=PapersCan.SEE),
    Kind("people.organisation", Organisation, _may(EntryCan.SEE_ORGANISATION), "/entry/organisations/", "code",
         EntryCan.SEE_ORGANISATION),
    Kind("people.account", Account, _may(EntryCan.SEE_ACCOUNT), "/entry/accounts/", "username", EntryCan.SEE_ACCOUNT),
)  # fmt: skip
# The rights that open a kind to a role, where there are several or the list is open without.
_VISIT = (InspectionCan.SEE, InspectionCan.SEE_OWN)
_ORDER = (RectifyCan.SEE_ORDER, RectifyCan.SEE_OWN_ORDER)
OPENS: dict[str, tuple[str, ...]] = {
    **{kind.noun: (kind.can,) for kind in KINDS if kind.can},
    "share.earlywarning": (ShareCan.SEE, ShareCan.SEE_RECEIVED),
    "inspection.visit": _VISIT, "inspection.observation": _VISIT, "inspection.answer": (InspectionCan.SEE,),
    "rectify.finding": (RectifyCan.SEE_FINDING, RectifyCan.SEE_OWN_FINDING),
    "rectify.order": _ORDER, "rectify.orderline": _ORDER, "rectify.verification": _ORDER,
}  # fmt: skip
BY_NOUN = {kind.noun: kind for kind in KINDS}


class TooMany(Exception):
    """More rows than are asked about one by one."""


class World:
    """Every row of every kind, loaded once."""

    def __init__(self, *, rows: int) -> None:
        self.rows: dict[str, list[Any]] = {}
        for kind in KINDS:
            found = list(_loaded(kind.model)[: rows + 1])
            if len(found) > rows:
                raise TooMany(f"{kind.noun}: more than {rows:,} rows; allow more with --rows")
            self.rows[kind.noun] = [row for row in found if not getattr(row, "is_house", False)]
        self.by_pk = {noun: {row.pk: row for row in rows} for noun, rows in self.rows.items()}
        self._units: dict[int, list[NetworkUnit]] = {}
        for unit in self.rows["registry.unit"]:
            self._units.setdefault(unit.operator_id, []).append(unit)

    def units_of(self, operator: int) -> list[NetworkUnit]:
        return self._units.get(operator, [])


def _loaded(model: type[Model]) -> Any:
    """All rows with what their scope asks about, in the order they came."""
    scope = scope_of(model)
    one, many = set[str](), set[str]()
    for path in (*scope.organisations, *scope.areas):
        parts, current, is_many = path.split("__"), model, False
        for place, part in enumerate(parts):
            if part == "pk" or not (known := current._meta.get_field(part)).is_relation:
                break
            is_many = is_many or bool(known.one_to_many or known.many_to_many)
            (many if is_many else one).add("__".join(parts[: place + 1]))
            current = known.related_model  # type: ignore[assignment]
    if model is Dependency:
        one |= {"unit__operator", "depends_on__operator"}
    return model._default_manager.select_related(*sorted(one)).prefetch_related(*sorted(many)).order_by("pk")


@dataclass
class Sight:
    """What one account sees of the world."""

    account: Account
    world: World
    _known: dict[tuple[str, int], bool] = field(default_factory=dict)

    def may(self, right: str, thing: Model) -> bool:
        return bool(self.account.may(right, thing))

    def sees(self, noun: str, thing: Any) -> bool:
        if (noun, thing.pk) not in self._known:
            self._known[noun, thing.pk] = BY_NOUN[noun].asks(self, thing)
        return self._known[noun, thing.pk]

    def sees_kind(self, kind: str, pk: int | None, *, whole: bool = False) -> bool:
        """The thing behind a kind as the trail writes it; `whole`: with what was not told to all who know of it."""
        noun = {"registry.networkunit": "registry.unit"}.get(kind, kind)
        thing = self.world.by_pk.get(noun, {}).get(pk)
        return thing is not None and self.sees(noun, thing)

    def inside(self, noun: str) -> list[Any]:
        return [row for row in self.world.rows[noun] if self.sees(noun, row)]

    def outside(self, noun: str) -> list[Any]:
        return [row for row in self.world.rows[noun] if not self.sees(noun, row)]

    def named(self) -> set[int]:
        """Organisations that a thing in sight names: who issued it, whom it went to, whose subsidiary it is."""
        found: set[int] = {membership.organisation_id for membership in self.account.standing()}
        for noun in BY_NOUN:
            for row in self.inside(noun):
                for known in row._meta.concrete_fields:
                    if isinstance(known, ForeignKey) and known.related_model is Organisation:
                        found.add(getattr(row, known.attname))
        return found - {None}  # type: ignore[arg-type]

    def is_foreign(self, noun: str, thing: Model) -> bool:
        """Out of sight, and more than that: not of a kind which this role merely does not open, in its own place."""
        if self.sees(noun, thing) or (noun == "vault.evidencefile" and self._is_being_deleted(thing)):
            return False
        if any(self.account.can(right) for right in OPENS[noun]):
            return True
        return not any(self.may(right, thing) for rights in OPENS.values() for right in rights)

    def _is_being_deleted(self, file: Model) -> bool:
        """A deletion in sight names its file, also one that was never attached."""
        return any(one.evidence_id == file.pk for one in self.inside("vault.disposal"))

    def foreign_numbers(self) -> dict[str, str]:
        """Number → noun of everything foreign."""
        found: dict[bool, dict[str, str]] = {True: {}, False: {}}
        for noun, rows in self.world.rows.items():
            for row in rows:
                if number := getattr(row, "number", ""):
                    found[self.is_foreign(noun, row)][number] = noun
        # The line of an order goes by the number of its finding.
        return {number: noun for number, noun in found[True].items() if number not in found[False]}

    def foreign_words(self) -> dict[str, tuple[str, str]]:
        """Identifying text → (noun, key) of what is out of sight; texts that things in sight bear too are left out."""
        named, kept, own = self.named(), dict[str, tuple[str, str]](), list[str]()
        for noun in BY_NOUN:
            for row in self.world.rows[noun]:
                is_known = isinstance(row, Organisation) and (
                    row.pk in named or row.kind != Organisation.Kind.OPERATOR or self.sees("registry.operator", row)
                )
                if is_known or not self.is_foreign(noun, row):
                    own += _words(row)
                else:
                    kept.update({text: (noun, key_of(noun, row)) for text in _words(row)})
        seen = {unit.pk for unit in self.inside("registry.unit")}
        own += [host.value for host in UnitHost.objects.order_by("pk") if host.unit_id in seen]
        own += [text for model in SHARED for row in model._default_manager.all() for text in _words(row)]
        known = "\n".join(own)
        return {text: said for text, said in kept.items() if text not in known}


def _words(row: Any) -> Iterator[str]:
    names = WORDS if not isinstance(row, Account) else ("email",)
    for name in names:
        text = getattr(row, name, None)
        if isinstance(text, str) and len(text) >= (4 if any(ord(sign) > 0x2E80 for sign in text) else 7):
            yield text


def key_of(noun: str, row: Any) -> str:
    """How people name it."""
    return str(getattr(row, BY_NOUN[noun].key or "pk") or row.pk)
