"""People at work, for the volume bench: each signs in, thinks, and does what people of their role do."""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

NATIONAL = ("national-officer", "national-leader", "analyst", "national-duty")
PROVINCIAL = ("beijing-officer", "shanghai-officer", "beijing-leader", "beijing-duty")
LISTS = {
    "findings": (
        "/rectify/findings/?state=open&severity=high&sort=-found_at", "/rectify/findings/?area=310000&sort=-found_at",
        "/rectify/findings/?state=closed&sort=found_at", "/rectify/findings/?severity=critical&page=3",
    ),
    "units": (
        "/registry/units/?grade=3.1&sort=-number", "/registry/units/?area=440000&state=graded",
        "/registry/units/?network_type=cloud&area=110000",
    ),
    "alerts": ("/monitor/alerts/?open=yes&level=high", "/monitor/alerts/?state=false_positive&sort=-last_seen"),
    "orders": ("/rectify/orders/?state=in_progress", "/rectify/orders/?overdue=yes&sort=limit_at"),
    "operators": ("/registry/operators/?area=330000&sort=name", "/registry/operators/?kind=value_added"),
}  # fmt: skip
WORDS = ("弱口令", "上海云平台", "数据有限公司", "异地备份", "通信", "NU-2026-0001", "FND-2026-00012", "端口")
LINKS = {
    "finding": ("/rectify/findings/?state=open", r'href="(/rectify/findings/FND[^"/]*/)"'),
    "unit": ("/registry/units/?state=graded", r'href="(/registry/units/NU[^"/]*/)"'),
    "alert": ("/monitor/alerts/", r'href="(/monitor/alerts/ALR[^"/]*/)"'),
    "order": ("/rectify/orders/", r'href="(/rectify/orders/ORD[^"/]*/)"'),
}
TRIAGERS = {"analyst", "national-duty", "beijing-duty"}


@dataclass
class Figures:
    """Milliseconds by kind of act, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: Counter[str] = field(default_factory=Counter)
    acts: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.acts / self.seconds if self.seconds else 0.0


class Person:
    """One person with a browser of their own."""

    def __init__(self, url: str, username: str, password: str, figures: Figures, chance: random.Random) -> None:
        self.username, self.password, self.figures, self.chance = username, password, figures, chance
        self.browser = httpx.Client(base_url=url, timeout=120, headers={"Accept-Language": "zh-CN"})
        self.links: dict[str, list[str]] = {}

    def _timed(self, name: str, ask: Callable[[], httpx.Response], expected: int = 200) -> httpx.Response:
        began = time.perf_counter()
        answer = ask()
        took = (time.perf_counter() - began) * 1000
        if answer.status_code != expected:
            self.figures.faults[f"{name}: {answer.status_code} {answer.request.url.path}"] += 1
        else:
            self.figures.times[name].append(took)
        self.figures.acts += 1
        return answer

    def _form(self, page: str) -> dict[str, str]:
        """The hidden fields of a form, as a browser sends them back."""
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
        return dict(fields)

    def sign_in(self) -> None:
        hidden = self._form(self.browser.get("/account/login/").text)
        given = {**hidden, "login": self.username, "password": self.password}
        self._timed("sign in", lambda: self.browser.post("/account/login/", data=given), expected=302)

    def look_around(self) -> None:
        """Find things to open later; not timed."""
        for kind, (address, link) in LINKS.items():
            found = re.findall(link, self.browser.get(address).text)
            if found:
                self.links[kind] = sorted(set(found))

    def act(self) -> None:
        acts = {"list": 40, "detail": 25, "desk": 10, "situation": 8, "search": 10, "save": 7}
        getattr(self, "_" + self.chance.choices(list(acts), list(acts.values()))[0])()

    def _list(self) -> None:
        kind = self.chance.choice(list(LISTS))
        address = self.chance.choice(LISTS[kind])
        self._timed(f"list: {kind}", lambda: self.browser.get(address))

    def _detail(self) -> None:
        if self.links:
            kind = self.chance.choice(list(self.links))
            address = self.chance.choice(self.links[kind])
            self._timed(f"detail: {kind}", lambda: self.browser.get(address))

    def _desk(self) -> None:
        self._timed("desk", lambda: self.browser.get("/desk/"))

    def _situation(self) -> None:
        self._timed("situation", lambda: self.browser.get("/"))

    def _search(self) -> None:
        words = self.chance.choice(WORDS)
        self._timed("search", lambda: self.browser.get("/ui/search/", params={"q": words}))

    def _save(self) -> None:
        """Put an alert under watch; who may not, renames nothing and looks at a list instead."""
        waiting = self.links.get("new alert")
        if waiting is None:
            page = self.browser.get("/monitor/alerts/?state=new&sort=first_seen").text
            waiting = self.links["new alert"] = sorted(set(re.findall(LINKS["alert"][1], page)))
            self.chance.shuffle(waiting)
            self.links.pop("new alert") if not waiting else None
        if self.username not in TRIAGERS and not self.username.startswith("sc-"):
            return self._list()
        if not waiting:
            return None
        address = f"{waiting.pop()}acts/triage/"
        form = self.browser.get(address)
        if form.status_code == 200:
            given = {**self._form(form.text), "note": "已查看"}
            self._timed("save", lambda: self.browser.post(address, data=given), expected=302)
        return None


def run_people(url: str, password: str, *, users: int, seconds: float, think: float, seed: int) -> Figures:
    """Let them all sign in at the same moment, then work until the time is over; one export runs beside them."""
    figures, started, threads = Figures(), threading.Barrier(users), []
    _warm_up(url, password)
    for n in range(users):
        name = (
            (NATIONAL * users)[n] if n % 5 < 2 else (PROVINCIAL * users)[n] if n % 5 < 4 else f"sc-{n + 1:05d}-security"
        )
        person = Person(url, name, password, figures, random.Random(seed * 1000 + n))
        threads.append(threading.Thread(target=_work, args=(person, started, seconds, think), daemon=True))
    began = time.monotonic()
    exporter = threading.Thread(target=_export, args=(url, password, figures, seconds), daemon=True)
    for thread in [*threads, exporter]:
        thread.start()
    for thread in [*threads, exporter]:
        thread.join()
    figures.seconds = time.monotonic() - began
    return figures


def _warm_up(url: str, password: str) -> None:
    """One person looks at everything once, untimed: a server that has run since morning is measured, not its start."""
    person = Person(url, "analyst", password, Figures(), random.Random(0))
    for _ in range(4):  # each process of the server
        person.sign_in()
        person.look_around()
        for address in ("/", "/desk/", "/ui/search/?q=%E7%AB%AF%E5%8F%A3"):
            person.browser.get(address)
        person.browser.cookies.clear()


def _work(person: Person, started: threading.Barrier, seconds: float, think: float) -> None:
    started.wait()
    person.sign_in()
    person.look_around()
    end = time.monotonic() + seconds
    time.sleep(person.chance.uniform(0, think))
    while time.monotonic() < end:
        try:
            person.act()
        except httpx.TransportError as error:
            person.figures.faults[type(error).__name__] += 1
        time.sleep(person.chance.expovariate(1 / think) if think else 0)


def _export(url: str, password: str, figures: Figures, seconds: float) -> None:
    """A list of about 100,000 rows as CSV (as many as there are, in a smaller sector), twice."""
    person = Person(url, "national-officer", password, Figures(), random.Random(0))
    time.sleep(min(10, seconds / 4))
    person.sign_in()
    for _ in range(2):
        began = time.perf_counter()
        size, first = 0, 0.0
        with person.browser.stream("GET", "/rectify/findings/?severity=high&state=closed&export=csv") as answer:
            for piece in answer.iter_bytes():
                first = first or (time.perf_counter() - began) * 1000
                size += piece.count(b"\n")
        if answer.status_code != 200:
            figures.faults[f"export: {answer.status_code}"] += 1
            return
        figures.times["export, first byte"].append(first)
        figures.times[f"export, {size - 1:,} rows"].append((time.perf_counter() - began) * 1000)
