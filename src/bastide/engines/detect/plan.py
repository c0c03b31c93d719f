"""How a batch meets the rules: routes by channel, event id and declared log source, each with its own small index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final, NamedTuple

from .event import Texts, lowered, text
from .leaves import Test, test_of
from .rules import Rule
from .tree import FALSE, TRUE, Kind, Leaf, Node, allowed, conjunction, fields, fold, leaves
from .witness import FieldIndex, Sample, witness, words_of

CHANNEL: Final = "Channel"
EVENT_ID: Final = "EventID"
_MOST_ROUTES: Final = 4096
_TRAINED: Final = 256
_OTHER: Final = "\uffff"


class Key(NamedTuple):
    """What decides which rules an event can meet. A value no rule names is replaced by one that stands for all."""

    channel: str | None
    event_id: str | None
    product: str
    category: str
    service: str


@dataclass(slots=True)
class Route:
    """The rules for events of one key."""

    rules: list[int]
    trees: list[Node]
    fields: frozenset[str] | None
    trained_on: int = 0
    always: tuple[int, ...] = ()
    index: dict[str | None, FieldIndex] = field(default_factory=dict)
    tests: dict[int, Test] = field(default_factory=dict)
    names: dict[int, tuple[str, ...]] = field(default_factory=dict)
    at: dict[int, int] | None = None

    @classmethod
    def of(cls, members: Iterable[tuple[int, Node]]) -> Route:
        """A route over (rule, what is left of its tree), not yet trained."""
        pairs = list(members)
        trees = [tree for _, tree in pairs]
        keywords = any(leaf.field is None for tree in trees for leaf in leaves(tree))
        names = None if keywords else frozenset(name for tree in trees for name in fields(tree))
        return cls([rule for rule, _ in pairs], trees, names)

    def train(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Chooses probes that are rare among these events. Answers do not depend on it, speed does."""
        sample = Sample()
        step = max(1, len(events) // _TRAINED)
        for event in events[::step][:_TRAINED]:
            sample.add(lowered(event, self.fields), keywords=self.fields is None)
        self.trained_on, self.index, always = len(events), {}, []
        for member, tree in enumerate(self.trees):
            found = witness(tree, sample)
            if found is None:
                always.append(member)
                continue
            for probe in found[1]:
                self.index.setdefault(probe.field, FieldIndex()).add(probe, member)
        for name, index in self.index.items():
            index.close(sample.text(name))
        self.always = tuple(always)

    def matches(self, event: Mapping[str, Any]) -> list[int]:
        """The rules that match one event, in order."""
        low = lowered(event, self.fields)
        candidates = set(self.always)
        for name, index in self.index.items():
            value = words_of(low) if name is None else low.get(name)
            if value is None:
                continue
            if type(value) is str:
                candidates.update(index.rules(value))
            else:
                candidates.update(*map(index.rules, value))
        return sorted(self.rules[member] for member in candidates if self._test(member)(low, event))

    def which(self, wanted: Iterable[int], event: Mapping[str, Any]) -> list[int]:
        """Those of some rules of this route that match the event."""
        if self.at is None:
            self.at = {rule: member for member, rule in enumerate(self.rules)}
        members = [(rule, self.at[rule]) for rule in wanted]
        names = {name for _, member in members for name in self._names(member)}
        low = lowered(event, None if self.fields is None else names)
        return [rule for rule, member in members if self._test(member)(low, event)]

    def _names(self, member: int) -> tuple[str, ...]:
        names = self.names.get(member)
        if names is None:
            names = self.names[member] = fields(self.trees[member])
        return names

    def _test(self, member: int) -> Test:
        test = self.tests.get(member)
        if test is None:
            test = self.tests[member] = test_of(self.trees[member])
        return test


class Plan:
    """All routes of a set of rules, built as events ask for them."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self._routes: dict[Key, Route] = {}
        self._windows = [at for at, rule in enumerate(rules) if rule.logsource.product == "windows"]
        self._declared: dict[tuple[str, str, str], list[int]] = {}
        for at, rule in enumerate(rules):
            source = rule.logsource
            self._declared.setdefault((source.product, source.category, source.service), []).append(at)
        self._channels = _named(rules, CHANNEL)
        self._ids: dict[str | None, frozenset[str] | None] = {None: _named(rules, EVENT_ID)}
        self._limits = {
            at: tuple(allowed(conjunction((rules[at].gate, rules[at].tree)), name) for name in (CHANNEL, EVENT_ID))
            for at in self._windows
        }

    def key(self, event: Mapping[str, Any], declared: Key) -> Key:
        """The route of an event; what the event does not declare of its source is taken from `declared`."""
        get = event.get
        channel = _known(get(CHANNEL), self._channels)
        if channel not in self._ids:
            self._ids[channel] = self._ids_of(channel)
        return Key(
            channel,
            _known(get(EVENT_ID), self._ids[channel]),
            get("sigma_product") or declared.product,
            get("sigma_category") or declared.category,
            get("sigma_service") or declared.service,
        )

    def _ids_of(self, channel: str | None) -> frozenset[str] | None:
        """Event ids that rules name which can meet the channel."""
        if len(self._ids) > _MOST_ROUTES:
            self._ids = {None: self._ids[None]}
        near = [at for at in self._windows if (named := self._limits[at][0]) is None or channel in named]
        declared = (at for at, rule in enumerate(self.rules) if rule.logsource.product != "windows")
        return _named([self.rules[at] for at in (*near, *declared)], EVENT_ID)

    def route(self, key: Key, events: Sequence[Mapping[str, Any]]) -> Route:
        """The route of a key, trained on events like these."""
        route = self._routes.get(key)
        if route is None:
            if len(self._routes) >= _MOST_ROUTES:
                self._routes.clear()
            route = self._routes[key] = Route.of(self._members(key))
            route.train(events)
        elif self.outgrown(key, len(events)):
            route.train(events)
        return route

    def outgrown(self, key: Key, events: int) -> bool:
        """Whether a route was trained on few events and has met so many that training it again is worth the time."""
        route = self._routes.get(key)
        return route is None or (route.trained_on < _TRAINED and events > 4 * route.trained_on)

    def _members(self, key: Key) -> list[tuple[int, Node]]:
        """Rules whose gate opens for the key, with everything the key already answers folded away."""
        event = {name: value for name, value in ((CHANNEL, key.channel), (EVENT_ID, key.event_id)) if value is not None}
        low: Texts = dict(event)

        def known(leaf: Leaf) -> bool | None:
            return test_of(leaf)(low, event) if leaf.field in (CHANNEL, EVENT_ID) and _is_own(leaf) else None

        members = []
        for at in sorted({*self._by_channel(key), *self._by_declaration(key)}):
            rule = self.rules[at]
            gated = key.channel is not None and rule.gate != TRUE
            rest = fold(conjunction((rule.gate, rule.tree)) if gated else rule.tree, known)
            if rest != FALSE:
                members.append((at, rest))
        return members

    def _by_channel(self, key: Key) -> Iterable[int]:
        """Windows rules that can meet an event of this channel and id; those without a gate meet every channel."""
        if key.channel is None:
            return
        for at in self._windows:
            channels, ids = self._limits[at]
            if (channels is None or key.channel in channels) and (ids is None or key.event_id in ids):
                yield at

    def _by_declaration(self, key: Key) -> Iterable[int]:
        """Rules all of whose log source keys the event declares. A gate is for events that have a channel.

        A rule that names no log source at all, which no Sigma rule may but a hunt does, meets every event."""
        for named in product({"", key.product}, {"", key.category}, {"", key.service}):
            for at in self._declared.get(named, ()):
                rule = self.rules[at]
                if key.channel is None or rule.gate == TRUE:
                    yield at


def _known(value: object, named: frozenset[str] | None) -> str | None:
    """The lower-case text of a value that decides the route; of a list the first member."""
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None or isinstance(value, dict):
        return None
    lower = text(value).lower()
    return lower if named is None or lower in named else _OTHER


def _is_own(leaf: Leaf) -> bool:
    """Whether the leaf asks its own field alone."""
    return leaf.kind is not Kind.FIELD


def _named(rules: Sequence[Rule], name: str) -> frozenset[str] | None:
    """Values of a field that rules name, lower-case; None where a rule asks more than whether it equals one."""
    values: set[str] = set()
    for rule in rules:
        for tree in (rule.gate, rule.tree):
            for leaf in leaves(tree):
                if leaf.kind is Kind.FIELD and name in (leaf.field, *leaf.values):
                    return None
                if leaf.field != name or leaf.kind in (Kind.NULL, Kind.EXISTS, Kind.ANY):
                    continue
                if leaf.kind is not Kind.EQUALS or leaf.cased:
                    return None
                values.update(map(str.lower, leaf.values))
    return frozenset(values)
