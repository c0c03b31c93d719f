"""`bastide selftest leaks`: nothing that a person may not see comes out of any door of this installation.

For accounts that stand for every role in every organisation it calls every door of the console and the API in-process,
with things inside and outside their sight as `oracle` works it out, and holds the answers against that:

- a thing out of sight answers exactly as one that does not exist, and is never shown;
- no number and no identifying text of a thing out of sight stands in any answer, file or fragment – but a record in
  sight may name a thing of its own place to a role that opens no such things: an order names the visit it came from;
- lists, exports and figures count what the oracle counts;
- a door for writing that is closed refuses, and nothing is done.

Every call is rolled back, sign-in and reads included (`calls`), so the trail holds no look that nobody took. One entry
stays: that the self-test ran, when, with which seed and with what result.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import trans_real

from bastide.base import terms
from bastide.base.flow.machine import flows
from bastide.base.people.models import Account, Membership
from bastide.base.trail import ledger
from bastide.base.ui import panels
from bastide.monitor.access import Can as MonitorCan
from bastide.registry.access import Can as RegistryCan
from bastide.selftest.calls import Answer, Caller, quiet
from bastide.selftest.oracle import BY_NOUN, KINDS, Kind, Sight, World, key_of

ACT = "selftest.leaks"
NUMBER = re.compile(r"\b[A-Z]{2,4}-\d{4}-\d{4,}\b")
PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
CLOSED = {403, 404, 405}
# Doors of the sign-in library and of those who watch the processes: they show no record.
NOT_OURS = ("account/", "healthz", "readyz", "metrics")
# Ends the session that asks, or changes nothing but the asker's own settings.
NOT_CALLED = ("entry/welcome/",)
# A number that was never given, with what the addresses of accounts and codes allow.
NEVER = "never-given-0"
# Says the same to everyone, with examples that are nobody's.
SAME_TO_ALL = {"api/v1/openapi.json"}
# Acts of the console tried on one thing, drawn anew for each; programs have a door for each act, and all are tried.
ACTS_AT_MOST = 3
WORDS_AT_MOST = 400
LISTED_FIGURES = 12

Say = Callable[[str], None]


@dataclass(frozen=True)
class Leak:
    """What came out, to whom and where."""

    role: str
    account: str
    door: str
    thing: str
    what: str


@dataclass
class Tried:
    """What was tried for one role."""

    accounts: int = 0
    doors: set[str] = field(default_factory=set)
    things: int = 0
    answers: int = 0
    counts: int = 0
    leaks: int = 0


@dataclass
class Report:
    """The outcome of a run."""

    seed: int
    tried: dict[str, Tried] = field(default_factory=lambda: defaultdict(Tried))
    leaks: list[Leak] = field(default_factory=list)
    accounts: int = 0
    standing: int = 0
    doors: int = 0
    # Doors no thing of this installation leads to.
    unreached: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The table by role, and each leak."""
        yield f"{'role':18} accounts  doors  things  answers  counts  leaks"
        for role, one in sorted(self.tried.items()):
            yield (
                f"{role:18} {one.accounts:8} {len(one.doors):6} {one.things:7} {one.answers:8} {one.counts:7} "
                f"{one.leaks:6}"
            )
        for leak in self.leaks:
            yield f"LEAK  {leak.role} {leak.account}: {leak.door}: {leak.thing}: {leak.what}"
        if self.unreached:
            yield f"not reached, as nothing lies behind them here: {', '.join(self.unreached)}"

    def words(self) -> str:
        answers = sum(one.answers for one in self.tried.values())
        return (
            f"{len(self.leaks)} leaks; {self.accounts} of {self.standing} accounts, {self.doors} doors, "
            f"{answers:,} answers, seed {self.seed}"
        )

    def as_json(self) -> str:
        return json.dumps(
            {
                "seed": self.seed, "accounts": self.accounts, "standing": self.standing, "doors": self.doors,
                "unreached": self.unreached, "leaks": [asdict(leak) for leak in self.leaks],
                "roles": {role: {**asdict(one), "doors": len(one.doors)} for role, one in self.tried.items()},
            }, ensure_ascii=False, indent=1,
        )  # fmt: skip


def standing_for() -> list[tuple[str, Account]]:
    """One account for each set of roles in each organisation, and one for those without any."""
    now, found = terms.now(), dict[frozenset[tuple[int, str]], tuple[str, Account]]()
    held: dict[int, list[Membership]] = defaultdict(list)
    for one in Membership.objects.select_related("organisation", "account").order_by("pk"):
        if one.holds(now):
            held[one.account_id].append(one)
    for account in Account.objects.filter(is_active=True, is_house=False).order_by("pk"):
        own = frozenset((one.organisation_id, one.role) for one in held[account.pk])
        role = "+".join(sorted({one.role for one in held[account.pk]})) or "none"
        found.setdefault(own, (role, account))
    return list(found.values())


def run(
    *,
    seed: int,
    objects: int,
    accounts: int = 0,
    rows: int = 50_000,
    say: Say = print,
    names: list[str] | None = None,
    only: tuple[str, ...] = (),
) -> Report:
    """Try every door as every account (or `accounts` of them, drawn by the seed) and write that it was done."""
    rng, report = random.Random(seed), Report(seed)  # noqa: S311 – draws a sample
    people = standing_for()
    report.standing = len(people)
    if names:
        people = [(role, one) for role, one in people if one.username in names]
    if accounts and accounts < len(people):
        people = _spread(people, accounts, rng)
    report.accounts = len(people)
    doors = [door for door in every_door() if not only or door.route.startswith(only)]
    report.doors = len(doors)
    world, bodies = World(rows=rows), Bodies()
    reached: set[str] = set()
    # What is not there answers the same to everyone of a role.
    never: dict[str, dict[tuple[str, str], Answer]] = defaultdict(dict)
    with quiet():
        for count, (role, account) in enumerate(people, start=1):
            walk = Walk(
                role, Sight(Account.objects.get(pk=account.pk), world), doors, rng, objects, report, bodies, never[role]
            )
            walk.all()
            reached |= walk.reached
            leaks = sum(leak.account == account.username for leak in report.leaks)
            say(f"{count}/{len(people)} {account.username} ({role}): {walk.caller.calls} calls, {leaks} leaks")
    report.unreached = sorted({door.route for door in doors} - reached)
    ledger.saw(
        at=terms.now(), by=Account.objects.house(), act=ACT, kind="selftest.run", number=f"seed-{seed}",
        note=report.words(), purpose="leaks found" if report.leaks else "clean",
    )  # fmt: skip
    return report


def _spread(people: list[tuple[str, Account]], wanted: int, rng: random.Random) -> list[tuple[str, Account]]:
    """A sample in which each role comes up before one comes up twice."""
    by_role: dict[str, list[tuple[str, Account]]] = defaultdict(list)
    for one in people:
        by_role[one[0]].append(one)
    for group in by_role.values():
        rng.shuffle(group)
    turns = [(turn, role) for role, group in by_role.items() for turn in range(len(group))]
    roles = sorted(by_role)
    rng.shuffle(roles)
    turns.sort(key=lambda turn: (turn[0], roles.index(turn[1])))
    return [by_role[role][turn] for turn, role in turns[:wanted]]


# ---- doors


@dataclass(frozen=True)
class Door:
    """One route of the URL tables."""

    route: str
    methods: frozenset[str] = frozenset()

    @property
    def places(self) -> list[str]:
        return PLACE.findall(self.route)

    def filled(self, *values: str) -> str:
        """The address with its places filled in their order."""
        given = iter(values)
        return "/" + PLACE.sub(lambda _place: next(given), self.route)

    @property
    def is_act_for_programs(self) -> bool:
        """Does it take POST alone?"""
        return self.route.startswith("api/") and "/acts/" in self.route

    @property
    def kind(self) -> Kind | None:
        """The kind of thing its first place stands for."""
        head = "/" + self.route.partition("<")[0]
        return next((k for k in KINDS if k.at and k.key and head in {k.at, k.api + "/"}), None)


def every_door(resolver: URLResolver | None = None, before: str = "") -> Iterator[Door]:
    """Every route, as written in the URL tables."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern).replace("{", "<").replace("}", ">")
        if isinstance(pattern, URLResolver):
            yield from every_door(pattern, route)
        elif isinstance(pattern, URLPattern) and not route.startswith(NOT_OURS + NOT_CALLED):
            yield Door(route)


class Bodies:
    """What a program would send to an act, made up from the description of the API: else it is refused for its form."""

    def __init__(self) -> None:
        from bastide.api import api

        told = api.get_openapi_schema()
        self.schemas = told["components"]["schemas"]
        self.paths = {re.sub(r"{\w+}", "<>", path): item for path, item in told["paths"].items()}

    def of(self, route: str) -> Any:
        item = self.paths.get("/" + PLACE.sub("<>", route), {}).get("post", {})
        content = item.get("requestBody", {}).get("content", {})
        return self._made(content["application/json"]["schema"]) if "application/json" in content else {}

    def _made(self, schema: dict[str, Any]) -> Any:
        if "$ref" in schema:
            return self._made(self.schemas[schema["$ref"].rsplit("/", 1)[1]])
        if "anyOf" in schema:
            return self._made(schema["anyOf"][0])
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("type") == "object":
            known = schema.get("properties", {})
            return {name: self._made(known[name]) for name in schema.get("required", [])}
        if schema.get("format") == "date-time":
            return "2026-01-01T00:00:00Z"
        return {"integer": 1, "number": 1, "boolean": True, "array": [], "null": None}.get(schema.get("type", ""), "x")


class Walk:
    """One account before every door."""

    def __init__(
        self,
        role: str,
        sight: Sight,
        doors: list[Door],
        rng: random.Random,
        objects: int,
        report: Report,
        bodies: Bodies,
        never: dict[tuple[str, str], Answer],
    ) -> None:
        self.role, self.sight, self.doors, self.rng, self.objects, self.report = (
            role,
            sight,
            doors,
            rng,
            objects,
            report,
        )
        self.caller, self.bodies = Caller(sight.account), bodies
        self.tried = report.tried[role]
        self.tried.accounts += 1
        self.numbers = sight.foreign_numbers()
        words = sorted(sight.foreign_words().items())
        self.words = dict(rng.sample(words, min(len(words), WORDS_AT_MOST)))
        self.reached: set[str] = set()
        self._never = never

    def all(self) -> None:
        for door in self.doors:
            if not door.places:
                self._plain(door)
            elif door.route.startswith("ui/panels/"):
                self._panels(door)
            elif kind := door.kind:
                self._things(door, kind)
            else:
                self._rest(door)
        self._lists()
        if self._has("ui/search/"):
            self._searches()
        if self._has("api/v1/home/situation"):
            self._figures()
        if self._has("ui/counts/"):
            self._menu()

    def _has(self, route: str) -> bool:
        return any(door.route == route for door in self.doors)

    # ---- asking and looking

    def _get(self, path: str, door: str, *, about: Model | None = None, fragment: bool = False) -> Answer:
        answer = self.caller.get(path, about=about, fragment=fragment)
        self._count(door)
        self._look(answer, door, path)
        if answer.status >= 500:
            self._leak(door, path, f"answers {answer.status}")
        if answer.wrote:
            self._leak(door, path, f"a read wrote {answer.wrote} entries")
        return answer

    def _post(self, path: str, door: str, *, about: Model | None = None) -> Answer:
        answer = self.caller.post(path, about=about, body=self.bodies.of(door))
        self._count(door)
        self._look(answer, door, path)
        return answer

    def _count(self, door: str) -> None:
        self.tried.answers += 1
        self.tried.doors.add(door)
        self.reached.add(door)

    def _leak(self, door: str, thing: str, what: str) -> None:
        leak = Leak(self.role, self.sight.account.username, door or "/", thing, what)
        if leak not in self.report.leaks:
            self.report.leaks.append(leak)
            self.tried.leaks += 1

    def _look(self, answer: Answer, door: str, path: str) -> None:
        """Is a number or a text of something out of sight in the answer, other than what was asked for?"""
        if door in SAME_TO_ALL:
            return
        for number in set(NUMBER.findall(answer.text)) & self.numbers.keys():
            if number not in path and number not in examples():
                self._leak(door, f"{self.numbers[number]} {number}", f"its number stands in the answer to {path}")
        for words, (noun, key) in self.words.items():
            if words in answer.text and words not in path:
                self._leak(door, f"{noun} {key}", f"“{words}” stands in the answer to {path}")

    def _some(self, kind: Kind, *, inside: bool) -> list[Any]:
        rows = self.sight.inside(kind.noun) if inside else self.sight.outside(kind.noun)
        return self.rng.sample(rows, min(self.objects, len(rows)))

    # ---- doors without a place

    def _plain(self, door: Door) -> None:
        path = door.filled()
        answer = self._get(path, door.route)
        if answer.status in {403, 404}:
            self._refuses(path, door.route)
        if answer.status == 200 and not path.startswith("/api/"):
            self._get(path, door.route, fragment=True)

    def _refuses(self, path: str, door: str, about: Model | None = None) -> None:
        """A door that does not open for reading does not open for writing."""
        answer = self._post(path, door, about=about)
        # A program's door that takes files is refused for its form before it is asked who comes.
        unread = {422} if path.startswith("/api/") and not self.bodies.of(door) else set()
        if answer.status not in CLOSED | unread or answer.wrote or answer.changed:
            done = "and something was done" if answer.wrote or answer.changed else "not refused"
            self._leak(door, path, f"POST answers {answer.status}, {done}")

    # ---- doors of things

    def _things(self, door: Door, kind: Kind) -> None:
        for thing in self._some(kind, inside=False):
            self.tried.things += 1
            for rest in self._rests(door, kind, thing):
                self._foreign(door, kind, thing, rest)
        for thing in self._some(kind, inside=True):
            self.tried.things += 1
            for rest in self._rests(door, kind, thing):
                self._own(door, kind, thing, rest)

    def _rests(self, door: Door, kind: Kind, thing: Any) -> list[list[str]]:
        """What else an address asks for, behind the thing."""
        places = door.places[1:]
        if not places:
            return [[]]
        flow = flows().get(thing._meta.label_lower)
        known = {
            "act": [name for name, step in flow.steps.items() if step.by_hand and not step.creates] if flow else [],
            "language": ["zh", "en"],
            "item": [answer.item for answer in self.sight.world.rows["inspection.answer"]
                     if answer.visit_id == thing.pk][:1],
        }  # fmt: skip
        found = known.get(places[0], []) if len(places) == 1 else []
        return [[value] for value in self.rng.sample(found, min(ACTS_AT_MOST, len(found)))]

    def _foreign(self, door: Door, kind: Kind, thing: Any, rest: list[str]) -> None:
        """Out of sight is as if it were not: the answers to it and to a number that was never given are the same."""
        number, never = key_of(kind.noun, thing), NEVER
        path, other = door.filled(number, *rest), door.filled(never, *rest)
        named = f"{kind.noun} {number}"
        for ask in (self._get, self._post) if not door.is_act_for_programs else (self._post,):
            verb = "GET" if ask == self._get else "POST"
            if (verb, other) not in self._never:
                self._never[verb, other] = ask(other, door.route)
            answer, like = ask(path, door.route, about=thing), self._never[verb, other]
            if answer.status not in CLOSED:
                self._leak(door.route, named, f"{verb} answers {answer.status}, not 404")
            elif answer.status != like.status or answer.bare() != like.bare(never, number):
                self._leak(
                    door.route,
                    named,
                    f"{verb} answers {answer.status} otherwise than for what is not there ({like.status})",
                )
            if answer.wrote or answer.changed:
                self._leak(door.route, named, f"{verb} did something")

    def _own(self, door: Door, kind: Kind, thing: Any, rest: list[str]) -> None:
        path = door.filled(key_of(kind.noun, thing), *rest)
        if not door.is_act_for_programs and self._get(path, door.route, about=thing).status in {403, 404}:
            self._refuses(path, door.route, thing)
        flow = flows().get(thing._meta.label_lower)
        if flow and "/acts/" in path:
            step = flow.steps.get(path.rstrip("/").rsplit("/", 1)[1])
            if step is not None and not self.sight.may(step.can, thing):
                self._refuses(path, door.route, thing)

    def _rest(self, door: Door) -> None:
        """Places that stand for no kind of thing in the oracle: keys of others, which nobody may guess."""
        owners: dict[str, Callable[[], Any]] = {
            "ui/notifications/": lambda: _of_others("inbox", "notification", self.sight.account),
            "ui/views/": lambda: _of_others("ui", "savedview", self.sight.account),
            "entry/keys/": lambda: _of_others("people", "apitoken", self.sight.account),
        }
        for head, rows in owners.items():
            if door.route.startswith(head):
                for row in list(rows()[: self.objects]):
                    self.tried.things += 1
                    self._closed(door, row)
        if door.route.startswith("entry/roles/"):
            foreign = {row.pk for row in self.sight.outside("people.account")}
            for row in Membership.objects.filter(account__in=foreign).order_by("pk")[: self.objects]:
                self.tried.things += 1
                self._closed(door, row)

    def _closed(self, door: Door, row: Any) -> None:
        path = door.filled(str(row.pk))
        for ask in (self._get, self._post):
            answer = ask(path, door.route, about=row)
            if answer.status not in CLOSED or answer.wrote or answer.changed:
                self._leak(door.route, f"{row._meta.label_lower} {row.pk}", f"answers {answer.status}, not 404")

    def _panels(self, door: Door) -> None:
        """Fragments of upper rooms on the pages of lower ones."""
        for panel in panels.panels_of_all():
            kind = BY_NOUN.get(panel.noun)
            for thing in self._some(kind, inside=True) if kind else []:
                self._get(panel.url(thing), door.route, about=thing, fragment=True)
            for thing in self._some(kind, inside=False) if kind else []:
                answer = self._get(panel.url(thing), door.route, about=thing, fragment=True)
                if answer.status != 404:
                    named = f"{panel.noun} {key_of(panel.noun, thing)}"
                    self._leak(f"{door.route} ({panel.name})", named, f"answers {answer.status}, not 404")

    # ---- what is counted

    def _lists(self) -> None:
        """Pages, exports and the API list exactly what is in sight."""
        for kind in KINDS:
            if not kind.at:
                continue
            true = len(self.sight.inside(kind.noun))
            route, api = kind.at.lstrip("/"), kind.api.lstrip("/")
            if self._has(route):
                self._exported(route, kind, true)
            if self._has(api):
                answer = self._get(f"{kind.api}?limit=100", api)
                if answer.status == 200:
                    told = json.loads(answer.text)
                    apart = sum(kind.one_by_one(thing) for thing in self.sight.inside(kind.noun))
                    self._compare(api, kind, true - apart, told["count"] if isinstance(told, dict) else len(told))
        if self._has("api/v1/registry/posture") and self.sight.account.can(RegistryCan.SEE_UNIT):
            told = json.loads(self._get("/api/v1/registry/posture", "api/v1/registry/posture").text)
            units = self._units()
            self._figure("api/v1/registry/posture", "units", len(units), sum(row["units"] for row in told))

    def _exported(self, route: str, kind: Kind, true: int) -> None:
        answer = self._get(f"/{route}?export=csv", route)
        if answer.status == 200 and answer.kind.startswith("text/csv"):
            self._compare(f"{route}?export=csv", kind, true, csv_rows(answer.text))
            self._get(f"/{route}?export=xlsx", route)

    def _compare(self, door: str, kind: Kind, true: int, told: int) -> None:
        self.tried.counts += 1
        if true != told:
            self._leak(door, kind.noun, f"lists {told} where {true} are in sight")

    def _figure(self, door: str, name: str, true: int, told: int) -> None:
        self.tried.counts += 1
        if true != told:
            self._leak(door, name, f"counts {told} where there are {true}")

    def _units(self) -> list[Any]:
        return [unit for unit in self.sight.inside("registry.unit") if unit.state != "withdrawn"]

    def _searches(self) -> None:
        """Half of a foreign number or name must not be completed."""
        for kind in KINDS:
            for thing in self._some(kind, inside=False)[:1]:
                texts = [
                    str(getattr(thing, "number", "")),
                    *(w for w in self.words if self.words[w][1] == key_of(kind.noun, thing)),
                ]
                for text in [one for one in texts if len(one) > 4][:2]:
                    part = text[:-1]
                    self._get(_query("/ui/search/", q=part), "ui/search/", fragment=True)
                    if kind.at:
                        self._get(_query(kind.at, q=part), kind.at.lstrip("/"))
                        self._get(_query(kind.at, q=part, export="csv"), kind.at.lstrip("/"))

    def _figures(self) -> None:
        """What the situation room counts, and the lists behind its figures."""
        door = "api/v1/home/situation"
        told = json.loads(self._get("/api/v1/home/situation", door).text)
        supervised = [one for one in self.sight.inside("registry.operator")
                      if self.sight.may(RegistryCan.SEE_OPERATOR, one)]  # fmt: skip
        self._figure(door, "operators_in_sight", len(supervised), told["operators_in_sight"])
        if told["units"] is not None:
            units = self._units()
            self._figure(door, "units.total", len(units), told["units"]["total"])
            grades = Counter(unit.grade for unit in units)
            for line in told["units"]["grades"]:
                self._figure(door, f"units.grade {line['name'] or 'none'}", grades[line["name"]], line["value"])
            if told["units"]["cii"] is not None:
                running = [unit for unit in self.sight.world.rows["registry.unit"] if unit.state != "withdrawn"]
                marked = [unit for unit in running if unit.is_cii and self.sight.may(RegistryCan.SEE_CII, unit)]
                self._figure(door, "units.cii", len(marked), told["units"]["cii"])
        figures = list(_figures_of(told))
        for name, value, address in self.rng.sample(figures, min(len(figures), LISTED_FIGURES)):
            self._listed(door, name, value, address)

    def _menu(self) -> None:
        """What the menu and the bell count."""
        counts = json.loads(self._get("/ui/counts/", "ui/counts/").text)
        grave = [one for one in self.sight.world.rows["monitor.alert"] if one.state == "new" and one.rank >= _high()]
        owed = [alert for alert in grave if self.sight.may(MonitorCan.TRIAGE, alert)]
        self._figure("ui/counts/", "monitor:alert_list", len(owed), counts.get("monitor:alert_list", 0))
        unread = _own("inbox", "notification", self.sight.account).filter(read_at=None).count()
        self._figure("ui/counts/", "inbox", unread, counts["inbox"])

    def _listed(self, door: str, name: str, value: int, address: str) -> None:
        """A figure counts the rows of its list, and each row of that is looked at."""
        path, _hash, _rest = address.partition("#")
        answer = self._get(f"{path}{'&' if '?' in path else '?'}export=csv", path.partition("?")[0].lstrip("/"))
        if answer.status == 200 and answer.kind.startswith("text/csv"):
            self._figure(door, f"{name} ({path})", csv_rows(answer.text), value)


@cache
def examples() -> frozenset[str]:
    """Numbers that stand in the words of the console themselves: “such as INC-2026-000012”."""
    said = trans_real.translation("zh-hans")._catalog.items()  # type: ignore[attr-defined]
    return frozenset(number for pair in said for words in pair for number in NUMBER.findall(str(words)))


def _figures_of(told: Any) -> Iterator[tuple[str, int, str]]:
    """Every number that names its list."""
    if isinstance(told, list):
        for one in told:
            yield from _figures_of(one)
    elif isinstance(told, dict):
        if "value" in told and told.get("list"):
            yield str(told["name"]), int(told["value"]), str(told["list"])
        for one in told.values():
            yield from _figures_of(one)


def csv_rows(text: str) -> int:
    """Rows of an export, without its heading and its watermark."""
    import csv
    import io

    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))[1:]
    marked = bool(rows) and len(rows[-1]) == 1 and rows[-1][0].startswith("OUT-")
    return len(rows) - (3 if marked else 0)


def _query(path: str, **given: str) -> str:
    from urllib.parse import urlencode

    return f"{path}?{urlencode(given)}"


def _high() -> int:
    from bastide.monitor import criteria

    return criteria.level_rank("high")


def _own(app: str, model: str, account: Account) -> Any:
    return apps.get_model(app, model)._default_manager.filter(account=account)


def _of_others(app: str, model: str, account: Account) -> Any:
    return apps.get_model(app, model)._default_manager.exclude(account=account).order_by("pk")
