"""Who sees what: one rule, used as a filter over tables and as a question about one thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from bastide.base import terms
from bastide.base.people import roles
from bastide.base.people.bounds import Scope
from bastide.base.people.models import Account, Assignment, Membership, Organisation

M = TypeVar("M", bound=Model)

__all__ = ["Scope", "covers", "overheard", "parts", "reaches", "scope_of", "scoped", "scoped_by_any", "sight"]


@dataclass(frozen=True)
class Asked:
    """A bound that a read asked for: which right, over which rows."""

    right: str
    rows: QuerySet[Any]


_listener: ContextVar[list[Asked] | None] = ContextVar("listener", default=None)


@contextmanager
def overheard() -> Iterator[list[Asked]]:
    """What reads ask of this file meanwhile, so that an explanation follows the very rules a page follows."""
    asked: list[Asked] = []
    token = _listener.set(asked)
    try:
        yield asked
    finally:
        _listener.reset(token)


def _hear(right: str, rows: QuerySet[Any]) -> None:
    if (asked := _listener.get()) is not None:
        asked.append(Asked(right, rows))


def scope_of(model: type[Model]) -> Scope:
    """The declared scope. A model without one cannot be asked for: closed by default."""
    scope = getattr(model, "SCOPE", None)
    if not isinstance(scope, Scope):
        raise LookupError(f"{model.__name__} declares no SCOPE, so nobody may see it")
    return scope


def _managed(account: Account, organisation: Organisation) -> list[int]:
    """The organisations an operator's person answers for, read once per account instance."""
    cache: dict[int, list[int]] = account.__dict__.setdefault("_managed", {})
    if organisation.pk not in cache:
        cache[organisation.pk] = organisation.managed()
    return cache[organisation.pk]


def _kind(model: type[Model]) -> str:
    return f"{model._meta.app_label}.{model._meta.model_name}"


def _membership_q(account: Account, membership: Membership, scope: Scope, model: type[Model]) -> Q | None:
    """What one membership opens; None means everything."""
    organisation = membership.organisation
    if scope.open_to_all:
        return None
    if membership.role in roles.BY_ASSIGNMENT:
        now = terms.now()
        given = Assignment.objects.filter(account=account, kind=_kind(model), since__lte=now, until__gt=now)
        return Q(pk__in=given.values("thing_id"))
    if organisation.is_national:
        return None
    if organisation.kind == Organisation.Kind.PROVINCIAL:
        return _of_province(organisation, scope)
    found = Q(pk__in=[])
    for path in scope.organisations:
        found |= Q(**{f"{path}__in": _managed(account, organisation)})
    return found


def _of_province(office: Organisation, scope: Scope) -> Q:
    """What lies in an office's area or belongs to it.

    The owners of both kinds as one set of keys where it can be: an index of the owner then leads to their rows, which
    an "or" over two tables would keep any database from.
    """
    found, areas = Q(pk__in=[]), set(scope.areas)
    for path in scope.organisations:
        if f"{path}__area" in areas:
            areas.discard(f"{path}__area")
            owners = Organisation.objects.filter(Q(area=office.area) | Q(pk=office.pk))
            found |= Q(**{f"{path}__in": owners.values("pk")})
        else:
            found |= Q(**{f"{path}__in": [office.pk]})
    return reduce(or_, (Q(**{path: office.area}) for path in sorted(areas)), found)


def parts(account: Account, right: str, model: type[Model]) -> Iterator[tuple[Membership, Q | None]]:
    """What each membership with the right opens; None means everything. Together they are the sight."""
    scope = scope_of(model)
    for membership in account.standing() if account.is_active else ():
        if account.holds_right(membership, right):
            yield membership, _membership_q(account, membership, scope, model)


def sight(account: Account, right: str, model: type[Model]) -> Q | None:
    """The filter that bounds what an account may reach with a right; None: no bound."""
    _hear(right, model._default_manager.all())
    return _bound(account, right, model)


def _bound(account: Account, right: str, model: type[Model]) -> Q | None:
    found = Q(pk__in=[])
    if account.is_house:
        return None if account.can(right) else found
    for _membership, part in parts(account, right, model):
        if part is None:
            return None
        found |= part
    return found


def scoped(queryset: QuerySet[M], account: Account, right: str) -> QuerySet[M]:
    """The rows of a queryset that the account may reach with this right. No keyword skips it."""
    _hear(right, queryset)
    return _bounded(queryset, _bound(account, right, queryset.model))


def scoped_by_any(queryset: QuerySet[M], account: Account, ways: Mapping[str, Q]) -> QuerySet[M]:
    """The rows that the account may reach with one of several rights, each right with what else must hold then."""
    found = Q(pk__in=[])
    for right, also in ways.items():
        _hear(right, queryset.filter(also) if also else queryset)
        bound = _bound(account, right, queryset.model)
        if bound is None and not also:
            return queryset
        found |= also if bound is None else bound & also
    return _bounded(queryset, found)


def _bounded(queryset: QuerySet[M], bound: Q | None) -> QuerySet[M]:
    """One join along indexed keys where the scope leads to one owner; else a set of keys: no row comes twice."""
    if bound is None:
        return queryset
    if _has_one_owner(queryset.model):
        return queryset.filter(bound)
    return queryset.filter(pk__in=queryset.model._default_manager.filter(bound).values("pk"))


@cache
def _has_one_owner(model: type[Model]) -> bool:
    """Do all paths of the scope lead over to-one relations? What is open to all is reached over none."""
    scope = scope_of(model)
    return scope.open_to_all or not any(_branches(model, path) for path in (*scope.organisations, *scope.areas))


def _branches(model: type[Model], path: str) -> bool:
    current: Any = model
    for part in path.split("__"):
        field = current._meta.pk if part == "pk" else current._meta.get_field(part)
        if field.one_to_many or field.many_to_many:
            return True
        current = field.related_model
    return False


def _values(thing: Any, path: str) -> list[Any]:
    """The values behind a lookup path of one thing, following to-many relations."""
    front = [thing]
    for part in path.split("__"):
        reached: list[Any] = []
        for item in front:
            value = getattr(item, part, None)
            if value is None:
                continue
            reached += list(value.all()) if hasattr(value, "all") else [value]
        front = reached
    return front


def covers(account: Account, right: str, thing: Model) -> bool:
    """May the account use the right on this thing? The same rule as `sight`, for one row."""
    model, scope = type(thing), scope_of(type(thing))
    for membership in account.standing():
        if not account.holds_right(membership, right):
            continue
        if scope.open_to_all:
            return True
        if membership.role in roles.BY_ASSIGNMENT:
            now = terms.now()
            if Assignment.objects.filter(
                account=account, kind=_kind(model), thing_id=thing.pk, since__lte=now, until__gt=now
            ).exists():
                return True
            continue
        if membership.organisation.is_national:
            return True
        owners = {getattr(owner, "pk", owner) for path in scope.organisations for owner in _values(thing, path)}
        if membership.organisation.kind == Organisation.Kind.PROVINCIAL:
            areas = [area for path in scope.areas for area in _values(thing, path)]
            if membership.organisation.area in areas or membership.organisation_id in owners:
                return True
        elif owners & set(_managed(account, membership.organisation)):
            return True
    return False


def reaches(organisation: Organisation, thing: Model) -> bool:
    """Does a thing lie in what an organisation as a whole may see, whoever its people are?"""
    scope = scope_of(type(thing))
    if not organisation.is_active:
        return False
    if scope.open_to_all or organisation.is_national:
        return True
    owners = {getattr(owner, "pk", owner) for path in scope.organisations for owner in _values(thing, path)}
    if organisation.kind == Organisation.Kind.PROVINCIAL:
        areas = [area for path in scope.areas for area in _values(thing, path)]
        return organisation.area in areas or organisation.pk in owners
    return bool(owners & set(organisation.managed()))
