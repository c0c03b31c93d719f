"""Why a person sees a thing, or does not: the answer of the very read that pages use, and the rules it asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from bastide.base import terms
from bastide.base.people import roles
from bastide.base.people.models import Account, Assignment, Membership, Organisation
from bastide.base.people.scope import Asked, _values, overheard, parts, scope_of, scoped
from bastide.base.trail.ledger import kind_of

Visible = Callable[[Account], QuerySet[Any]]
LOOKED_AT = 200  # accounts asked for one page of the reverse view
TIED = 3  # things a thing is tied to that are told


class Rule(TextChoices):
    """How a membership reaches a thing. The verdict is the scope's; this is its name."""

    ALL = "all", _("shared reference: whoever has the right sees it")
    NATION = "nation", _("the national authority sees the whole country")
    PROVINCE = "province", _("what lies in the province of this office")
    OWN = "own", _("what belongs to this organisation")
    SUBSIDIARY = "subsidiary", _("what belongs to a subsidiary this organisation manages")
    ASSIGNED = "assigned", _("what was assigned to this person by name, while it is assigned")


class Missing(TextChoices):
    """The nearest thing that is missing where the answer is no."""

    ACCOUNT = "account", _("The account is suspended.")
    ROLE = "role", _("No role of this person is in force.")
    RIGHT = "right", _("No role of this person carries a right to see it.")
    SCOPE = "scope", _("A role carries the right, but the thing lies outside what that role reaches.")
    STATE = "state", _("It lies within reach, but in its present state it is not shown to this role.")


@dataclass(frozen=True)
class Ground:
    """What one membership with the right reaches by which rule, and whether the thing is in it."""

    membership: Membership
    rule: Rule
    opens: bool
    until: datetime | None = None


@dataclass(frozen=True)
class Way:
    """One right the read asked for, about the thing or one it hangs on; `admitted`: its state lets it be shown."""

    right: str
    thing: Model
    admitted: bool
    grounds: list[Ground]

    @property
    def opens(self) -> bool:
        return self.admitted and any(ground.opens for ground in self.grounds)

    @property
    def noun(self) -> str:
        return str(self.thing._meta.verbose_name)

    @property
    def roles(self) -> list[str]:
        """The roles that carry the right, by name."""
        return [
            str(roles.Role(role).label) for role in sorted(roles.roles_with(self.right)) if role != roles.Role.HOUSE
        ]


@dataclass(frozen=True)
class Why:
    """The answer for one person and one thing."""

    person: Account
    thing: Model
    yes: bool
    ways: list[Way]

    @property
    def needs_purpose(self) -> bool:
        return bool(getattr(self.thing, "is_classified", False))

    @property
    def opening(self) -> list[Way]:
        """The ways that lead to the thing: its own, else those through what it hangs on."""
        own = [way for way in self.ways if way.opens and way.thing == self.thing]
        return own or [way for way in self.ways if way.opens] if self.yes else []

    @property
    def is_bearer(self) -> bool:
        """Seen by whoever handed it in, before it belongs to anything."""
        return self.yes and not self.opening

    @property
    def missing(self) -> Missing | None:
        if self.yes:
            return None
        if not self.person.is_active:
            return Missing.ACCOUNT
        if not self.person.standing():
            return Missing.ROLE
        own = [way for way in self.ways if way.thing == self.thing]
        if any(ground.opens for way in own for ground in way.grounds):
            return Missing.STATE
        return Missing.SCOPE if any(way.grounds for way in own) else Missing.RIGHT


def explain(person: Account, thing: Model, visible: Visible) -> Why:
    """Run the read that shows things of this kind to this person, and tell what it asked."""
    with overheard() as asked:
        yes = visible(person).filter(pk=thing.pk).exists()
    ways: dict[tuple[str, Model, bool], Way] = {}
    for one in asked:
        for about in _about(thing, one, person):
            admitted = one.rows.filter(pk=about.pk).exists()
            ways.setdefault(
                (one.right, about, admitted), Way(one.right, about, admitted, _grounds(person, one.right, about))
            )
    return Why(person, thing, yes, list(ways.values()))


def seeing(thing: Model, visible: Visible, *, among: QuerySet[Account], after: str, size: int) -> tuple[list[Why], str]:
    """Persons who see a thing, by user name behind `after`, and the name to go on from ("" at the end)."""
    found: list[Why] = []
    looked = list(among.filter(username__gt=after, is_active=True).order_by("username")[:LOOKED_AT])
    for person in looked:
        if visible(person).filter(pk=thing.pk).exists():
            found.append(explain(person, thing, visible))
        if len(found) == size:
            return found, person.username
    return found, looked[-1].username if len(looked) == LOOKED_AT else ""


def owners_of(thing: Model) -> list[Organisation]:
    """The organisations a thing belongs to, by its declared scope."""
    if isinstance(thing, Organisation):
        return [thing]
    found = [o for path in scope_of(type(thing)).organisations for o in _values(thing, path)]
    return list(dict.fromkeys(one for one in found if isinstance(one, Organisation)))


def _grounds(person: Account, right: str, thing: Model) -> list[Ground]:
    return [
        Ground(membership, *_rule(membership, part, thing, person))
        for membership, part in parts(person, right, type(thing))
    ]


def _rule(membership: Membership, part: Q | None, thing: Model, person: Account) -> tuple[Rule, bool, datetime | None]:
    organisation = membership.organisation
    opens = part is None or type(thing)._default_manager.filter(part, pk=thing.pk).exists()
    if membership.role in roles.BY_ASSIGNMENT:
        now = terms.now()
        given = Assignment.objects.filter(
            account=person, kind=kind_of(thing), thing_id=thing.pk, since__lte=now, until__gt=now
        )
        return Rule.ASSIGNED, opens, given.order_by("-until").values_list("until", flat=True).first()
    if part is None:
        return Rule.NATION if organisation.is_national else Rule.ALL, opens, None
    is_owner = organisation in owners_of(thing)
    if organisation.kind == Organisation.Kind.PROVINCIAL:
        return Rule.OWN if is_owner else Rule.PROVINCE, opens, None
    return Rule.SUBSIDIARY if opens and not is_owner else Rule.OWN, opens, None


# ---- what a thing hangs on


def _about(thing: Model, one: Asked, person: Account) -> Iterator[Model]:
    """The thing itself where the rule is about its kind; else what of that kind it is tied to and is in reach."""
    if isinstance(thing, one.rows.model):
        yield thing
        return
    for tied in (thing, *_bearer(thing)):
        yield from scoped(one.rows.filter(_tie(tied, one.rows.model)), person, one.right).order_by("pk")[:TIED]


def _bearer(thing: Model) -> list[Model]:
    """What evidence or a document belongs to."""
    kind, pk = getattr(thing, "thing_kind", ""), getattr(thing, "thing_id", None)
    return list(apps.get_model(kind)._default_manager.filter(pk=pk)) if kind and pk is not None else []


def _tie(thing: Model, model: type[Model]) -> Q:
    """The rows of a model that are this thing, name it, or are named by it."""
    if isinstance(thing, model):
        return Q(pk=thing.pk)
    named = [getattr(thing, f.attname) for f in thing._meta.concrete_fields if f.related_model is model]
    bound = Q(pk__in=[pk for pk in named if pk is not None])
    for field in model._meta.concrete_fields:
        if field.related_model is type(thing):
            bound |= Q(**{field.name: thing})
    return bound
