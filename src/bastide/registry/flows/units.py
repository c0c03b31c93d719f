"""What happens to a network unit: entered, changed, graded, marked as CII, tied to others, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bastide.base import packs
from bastide.base.flow.machine import Flow, Step
from bastide.base.flow.refusals import Forbidden, Refused
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import ledger, outbox
from bastide.registry import criteria, facts, reads
from bastide.registry.access import Can
from bastide.registry.models import Dependency, NetworkUnit, UnitHost

S = NetworkUnit.State
IN_SERVICE = (S.REGISTERED.value, S.GRADED.value)


def _is_cii(unit: NetworkUnit, given: dict[str, Any]) -> Any:
    return None if unit.is_cii else gettext_lazy("This unit carries no CII mark.")


def _is_not_cii(unit: NetworkUnit, given: dict[str, Any]) -> Any:
    return gettext_lazy("This unit carries the CII mark already.") if unit.is_cii else None


def _reason_given(unit: NetworkUnit, given: dict[str, Any]) -> Any:
    return None if str(given.get("reason", "")).strip() else gettext_lazy("Give a reason.")


def _grade_known(unit: NetworkUnit, given: dict[str, Any]) -> Any:
    known = [grade.code for grade in packs.active().grades]
    if given.get("grade") in known:
        return None
    return _("The grade “%(grade)s” is not known; use one of %(known)s.") % {
        "grade": given.get("grade", ""), "known": ", ".join(known),
    }  # fmt: skip


def _no_cii_left(unit: NetworkUnit, given: dict[str, Any]) -> Any:
    return gettext_lazy("Take the CII mark away first.") if unit.is_cii else None


UNIT = Flow(
    NetworkUnit,
    Step("enter", (), S.REGISTERED, can=Can.ENTER_UNIT, title=gettext_lazy("Enter a network unit")),
    Step("change", IN_SERVICE, None, can=Can.CHANGE_UNIT, title=gettext_lazy("Change the entry")),
    Step("set_grade", IN_SERVICE, S.GRADED, can=Can.GRADE_UNIT, title=gettext_lazy("Set the grade"),
         needs=(_grade_known, _reason_given), deciding=True),
    Step("set_cii", IN_SERVICE, None, can=Can.SET_CII, title=gettext_lazy("Mark as CII"),
         needs=(_is_not_cii, _reason_given), deciding=True),
    Step("unset_cii", IN_SERVICE, None, can=Can.SET_CII, title=gettext_lazy("Take the CII mark away"),
         needs=(_is_cii, _reason_given), deciding=True),
    Step("add_dependency", IN_SERVICE, None, can=Can.CHANGE_UNIT, title=gettext_lazy("Add a dependency")),
    Step("remove_dependency", IN_SERVICE, None, can=Can.CHANGE_UNIT, title=gettext_lazy("Remove a dependency")),
    # What only an import does: it corrects notes, and undoing it takes grades and whole entries back.
    Step("note_dependency", IN_SERVICE, None, can=Can.CHANGE_UNIT, title=gettext_lazy("Note of a dependency changed"),
         by_hand=False),
    Step("clear_grade", (S.GRADED,), S.REGISTERED, can=Can.GRADE_UNIT, title=gettext_lazy("Grade taken back"),
         by_hand=False, needs=(_reason_given,)),
    Step("withdraw", IN_SERVICE, S.WITHDRAWN, can=Can.WITHDRAW_UNIT, title=gettext_lazy("Withdraw the unit"),
         needs=(_no_cii_left, _reason_given), deciding=True),
)  # fmt: skip

PLAIN = (
    "name_zh", "name_en", "network_type", "area", "lifecycle", "description", "department", "head_name", "head_phone",
    "contact_name", "contact_phone", "latitude", "longitude",
)  # fmt: skip


def enter_unit(
    *, by: Account, at: datetime, operator: Organisation | str, code: str = "", hosts: str | Iterable[str] = "",
    **fields: Any,
) -> NetworkUnit:  # fmt: skip
    """Enter a unit of an operator. Without a code of its own its number serves; without a province, the operator's."""
    owner = _operator(by, operator)
    unit = NetworkUnit(operator=owner, code=_code(code) if code else "", area=owner.area)
    _fill(unit, {key: value for key, value in fields.items() if key != "area" or value})
    try:
        with UNIT.begin("enter", unit, by=by, at=at) as unit:
            unit.code = unit.code or unit.number
            _set_hosts(unit, hosts)
    except IntegrityError:
        raise _taken(owner, code) from None
    return unit


def change_unit(
    unit: NetworkUnit, *, by: Account, at: datetime, version: int | None = None, code: str | None = None,
    hosts: str | Iterable[str] | None = None, **fields: Any,
) -> NetworkUnit:  # fmt: skip
    """Change what the register says of a unit; grade and CII mark have steps of their own."""
    try:
        with UNIT.step("change", unit, by=by, at=at, version=version) as held:
            if code:
                held.code = _code(code)
            _fill(held, fields)
            if hosts is not None:
                _set_hosts(held, hosts)
            if not by.may(Can.CHANGE_UNIT, held):
                raise Refused(_("You may not move a unit out of your own area."), field="area")
    except IntegrityError:
        raise _taken(unit.operator, code or "") from None
    return unit


def set_grade(
    unit: NetworkUnit, *, by: Account, at: datetime, grade: str, reason: str, version: int | None = None
) -> NetworkUnit:
    """Give a unit its grade, or another one."""
    with UNIT.step("set_grade", unit, by=by, at=at, version=version, note=reason, grade=grade, reason=reason) as held:
        was, held.grade, held.graded_at = held.grade, grade, at
        outbox.announce(facts.UnitGraded(held.number, held.operator_id, was, grade, at), at=at)
    return unit


def set_cii(unit: NetworkUnit, *, by: Account, at: datetime, reason: str, version: int | None = None) -> NetworkUnit:
    """Mark a unit as critical information infrastructure. From now on it opens for a stated purpose only."""
    with UNIT.step("set_cii", unit, by=by, at=at, version=version, note=reason, reason=reason) as held:
        held.is_cii, held.cii_reason, held.cii_since = True, reason.strip(), at
        outbox.announce(facts.CiiSet(held.number, held.operator_id, True, at), at=at)
    return unit


def unset_cii(unit: NetworkUnit, *, by: Account, at: datetime, reason: str, version: int | None = None) -> NetworkUnit:
    """Take the CII mark from a unit."""
    with UNIT.step("unset_cii", unit, by=by, at=at, version=version, note=reason, reason=reason) as held:
        held.is_cii, held.cii_reason, held.cii_since = False, "", None
        outbox.announce(facts.CiiSet(held.number, held.operator_id, False, at), at=at)
    return unit


def withdraw_unit(
    unit: NetworkUnit, *, by: Account, at: datetime, reason: str, version: int | None = None
) -> NetworkUnit:
    """Take a unit out of service. It stays in the register; its hosts become free for others."""
    with UNIT.step("withdraw", unit, by=by, at=at, version=version, note=reason, reason=reason) as held:
        held.withdrawn_reason = reason.strip()
        held.hosts.all().delete()
    return unit


def add_dependency(
    unit: NetworkUnit, *, by: Account, at: datetime, depends_on: NetworkUnit | str, kind: str, note: str = "",
    version: int | None = None,
) -> NetworkUnit:  # fmt: skip
    """State that a unit needs another one. Both must be in the person's sight."""
    other = _other(by, depends_on)
    if kind not in Dependency.Kind.values:
        raise Refused(_("The kind of dependency “%(kind)s” is not known.") % {"kind": kind}, field="kind")
    if other.pk == unit.pk:
        raise Refused(_("A unit cannot depend on itself."), field="depends_on")
    words = f"{Dependency.Kind(kind).value} → {other.number}" + (f": {note}" if note else "")
    with UNIT.step("add_dependency", unit, by=by, at=at, version=version, note=words) as held:
        _made, is_new = Dependency.objects.get_or_create(
            unit=held, depends_on=other, kind=kind, defaults={"note": note[:300]}
        )
        if not is_new:
            raise Refused(_("This dependency is stated already."), field="depends_on")
    return unit


def remove_dependency(
    unit: NetworkUnit, *, by: Account, at: datetime, dependency: int | str, version: int | None = None
) -> NetworkUnit:
    """Take a stated dependency back; `dependency` is its id."""
    gone = Dependency.objects.filter(unit=unit, pk=dependency).select_related("depends_on").first()
    if gone is None:
        raise Refused(_("This unit states no such dependency."), field="dependency")
    words = f"{gone.kind} → {gone.depends_on.number}"
    with UNIT.step("remove_dependency", unit, by=by, at=at, version=version, note=words):
        gone.delete()
    return unit


def note_dependency(unit: NetworkUnit, *, by: Account, at: datetime, dependency: int, note: str) -> NetworkUnit:
    """Change the note of a stated dependency."""
    with UNIT.step("note_dependency", unit, by=by, at=at, note=note) as held:
        Dependency.objects.filter(unit=held, pk=dependency).update(note=note[:300])
    return unit


def clear_grade(unit: NetworkUnit, *, by: Account, at: datetime, reason: str) -> NetworkUnit:
    """Take a grade back that an import had given; the unit is as it was before."""
    with UNIT.step("clear_grade", unit, by=by, at=at, note=reason, reason=reason) as held:
        was, held.grade, held.graded_at = held.grade, "", None
        outbox.announce(facts.UnitGraded(held.number, held.operator_id, was, "", at), at=at)
    return unit


def remove_unit(unit: NetworkUnit, *, by: Account, at: datetime, note: str) -> None:
    """Take a unit out of the register as if it had never been entered: only for undoing an import."""
    if not by.may(Can.CHANGE_UNIT, unit):
        raise Forbidden(_("You may not change this unit."))
    with transaction.atomic():
        gone = {key: [value, None] for key, value in unit.values().items() if value not in (None, "", [], {})}
        ledger.record(
            at=at, by=by, act="registry.networkunit.remove", thing=unit, was=unit.state, changes=gone, note=note
        )
        unit.delete()


# ---- what the acts share


def _operator(by: Account, operator: Organisation | str) -> Organisation:
    if isinstance(operator, Organisation):
        found: Organisation | None = operator
    else:
        found = reads.operators_where(by, Can.ENTER_UNIT).filter(code=operator).first()
    if found is None or found.kind != Organisation.Kind.OPERATOR:
        raise Refused(
            _("There is no operator “%(code)s” for which you may enter units.") % {"code": operator}, field="operator"
        )
    return found


def _other(by: Account, depends_on: NetworkUnit | str) -> NetworkUnit:
    if isinstance(depends_on, NetworkUnit):
        return depends_on
    try:
        return reads.unit_for(by, depends_on.strip())
    except Http404:
        raise Refused(
            _("There is no unit “%(number)s” in your sight.") % {"number": depends_on}, field="depends_on"
        ) from None


def _code(code: str) -> str:
    try:
        return criteria.code_of(code)
    except criteria.WrongError as wrong:
        raise Refused(_(wrong.text) % wrong.args_of, field="code") from None


def _taken(operator: Organisation, code: str) -> Refused:
    words = _("%(operator)s has a unit with the code “%(code)s” already.") % {"operator": operator.name, "code": code}
    return Refused(words, field="code")


def _fill(unit: NetworkUnit, fields: dict[str, Any]) -> None:
    """Set plain fields after looking whether the pack in force knows their codes."""
    unknown = set(fields) - set(PLAIN)
    if unknown:
        raise TypeError(f"a network unit has no {sorted(unknown)}")
    pack = packs.active()
    kind, area = fields.get("network_type"), fields.get("area")
    if kind and kind not in {known.id for known in pack.network_types}:
        raise Refused(_("The network type “%(code)s” is not known.") % {"code": kind}, field="network_type")
    if area and area not in {known.code for known in pack.areas}:
        raise Refused(_("The province code “%(code)s” is not known.") % {"code": area}, field="area")
    if "lifecycle" in fields and fields["lifecycle"] not in NetworkUnit.Lifecycle.values:
        raise Refused(_("The lifecycle “%(code)s” is not known.") % {"code": fields["lifecycle"]}, field="lifecycle")
    for key, value in fields.items():
        setattr(unit, key, value)
    if not unit.name_zh:
        raise Refused(_("A unit needs a Chinese name."), field="name_zh")


def _set_hosts(unit: NetworkUnit, hosts: str | Iterable[str]) -> None:
    """Make these, and only these, the hosts of a unit. A host of another unit of the operator is refused."""
    try:
        wanted = criteria.hosts_of(hosts if isinstance(hosts, str) else "\n".join(hosts))
    except criteria.WrongError as wrong:
        raise Refused(_(wrong.text) % wrong.args_of, field="hosts") from None
    values = [host.value for host in wanted]
    if values == unit.host_names:
        return
    held = (
        UnitHost.objects.filter(operator=unit.operator_id, value__in=values)
        .exclude(unit=unit)
        .select_related("unit")
        .first()
    )
    if held is not None:
        words = _("The host %(host)s belongs to %(unit)s already.") % {"host": held.value, "unit": held.unit.number}
        raise Refused(words, field="hosts")
    with transaction.atomic():
        unit.hosts.exclude(value__in=values).delete()
        known = set(unit.hosts.values_list("value", flat=True))
        UnitHost.objects.bulk_create(
            [
                UnitHost(unit=unit, operator_id=unit.operator_id, kind=h.kind, value=h.value)
                for h in wanted
                if h.value not in known
            ]
        )
    unit.host_names = values
