"""kill -9 of what `bastide serve` runs, while programs and a person hand in: each act is there once, whoever died when.

Unlike test_kills, nothing is in one process here: supervisor, web server, the processes that answer and the worker are
the real ones, and are killed by the clock. Programs and a person at the console repeat what was not answered, with the
same request key, and some of what was. BASTIDE_KILL_SEED plays the order of acts and victims again; when they meet is
up to the machine. BASTIDE_KILLS says how many kills.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.home.test_serve import descendants, is_running, is_up, wait_for
from tests.kills.ground import PASSWORD
from tests.kills.test_kills import SEED
from tests.paths.conftest import EVERYTHING, ROOT, database, server  # noqa: F401 - fixture

pytestmark = [
    pytest.mark.slow, pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]  # fmt: skip
KILLS = int(os.environ.get("BASTIDE_KILLS") or (16 if EVERYTHING else 4))
PROGRAMS = 3  # at once, and a person
AWAY = 60 if EVERYTHING else 6  # seconds
REPEATED = 0.2  # of the acts, those after which an earlier one is sent again, answered or not


class Site:
    """One installation that is served, killed and served again."""

    def __init__(self, home: Path, address: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.home, self.process = home / "home", None
        self.address = f"http://127.0.0.1:{self.port}"
        self.faults: list[str] = []
        self.home.mkdir()
        self.environment = {
            **os.environ, "BASTIDE_HOME": str(self.home), "DATABASE_URL": address, "BASTIDE_PORT": str(self.port),
            "BASTIDE_MFA": "nobody", "BASTIDE_STEP_UP_MINUTES": "0", "BASTIDE_DEMO": "0",
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "DJANGO_SETTINGS_MODULE": "bastide.settings",
        }  # fmt: skip
        self.run("-m", "tests.kills.ground")
        self.secrets: dict[str, str] = json.loads((self.home / "programs.json").read_text())

    process: subprocess.Popen[bytes] | None

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self) -> None:
        words = [sys.executable, "-m", "bastide.cli", "serve"]
        with (self.home / "served.log").open("ab") as log:
            self.process = subprocess.Popen(words, env=self.environment, cwd=ROOT, stdout=log, stderr=log)
        wait_for(lambda: is_up(self.port), 60)

    def stop(self) -> None:
        """As an administrator stops it; what was killed before may take its children's time to end."""
        assert self.process is not None
        if self.process.poll() is None:
            family = descendants(self.process.pid)
            self.process.terminate()
            self.process.wait(60)
            wait_for(lambda: not any(map(is_running, family)), 60)
        self.process = None

    def kill(self, chance: random.Random) -> str:
        """One of the processes, drawn; the supervisor is started again. Says which one it was."""
        assert self.process is not None
        family = {pid: _role_of(pid) for pid in [self.process.pid, *descendants(self.process.pid)]}
        role = chance.choice(sorted({*family.values()} - {""}))
        victim = chance.choice(sorted(pid for pid, known in family.items() if known == role))
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: not is_running(victim) or victim == self.pid, 20)
        wait_for(lambda: self._gave_up() or len(descendants(self.pid)) >= 3, 60)
        if self._gave_up():
            wait_for(lambda: not any(map(is_running, family)), 60)
            self.start()
        wait_for(lambda: self._gave_up() or is_up(self.port), 60)
        return role

    def said(self) -> str:
        """The last the servers wrote."""
        return (self.home / "served.log").read_text(errors="replace")[-3000:]

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def _gave_up(self) -> bool:
        """Is the supervisor gone? It goes by itself where its children die too often."""
        return self.process is None or self.process.poll() is not None

    def revive(self) -> None:
        if self._gave_up():
            self.start()


def _role_of(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
        mother = Path(f"/proc/{parent}/cmdline").read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return ""
    if "granian" in words:
        return "process that answers" if "granian" in mother else "web server"
    return {"serve": "supervisor", "work": "worker"}.get(words.strip("\0").split("\0")[-1], "")


class Program:
    """Hands in one thing after the other until told to stop; repeats each until it is answered, and some of them then."""

    def __init__(self, site: Site, name: str, seed: int) -> None:
        self.site, self.name, self.chance = site, name, random.Random(seed)
        self.stop = threading.Event()
        self.acts: list[dict[str, Any]] = []
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            self.acts.append(self.new(f"{self.name}{number:04d}"))
            for _try in range(5):
                if self.hand_in(self.acts[-1]) or self.stop.wait(0.3):
                    break
            if self.chance.random() < REPEATED:
                self.hand_in(self.chance.choice(self.acts))

    def new(self, tag: str) -> dict[str, Any]:
        return {"script": self.chance.choice(sorted(HANDED_IN)), "tag": tag, "answer": None, "last": ""}

    def send(self, act: dict[str, Any]) -> httpx.Response:
        who, path, more = HANDED_IN[act["script"]](act["tag"])
        headers = {"Authorization": f"Bearer {self.site.secrets[who]}", "Idempotency-Key": act["tag"]}
        headers |= more.pop("headers", {})
        return httpx.post(f"{self.site.address}/api/v1/{path}", headers=headers, timeout=30, **more)

    def hand_in(self, act: dict[str, Any]) -> bool:
        """Send one act with its key, perhaps again. Is it acknowledged? What may not be answered is noted as a fault.

        503 and 409 (sent before, and not yet known to be lost) are for later; whoever was answered once is answered the
        same.
        """
        try:
            answer = self.send(act)
        except httpx.TransportError as fault:
            act["last"] = repr(fault)
            return False
        act["last"] = f"{answer.status_code} {answer.text[:200]}"
        if answer.status_code not in {200, 201, 302}:
            if answer.status_code not in {409, 503} or (answer.status_code == 409 and act["answer"]):
                self.site.faults.append(f"{act['script']} {act['tag']}: {act['last']}")
            return False
        told = answer.headers.get("Location") or answer.text
        if act["answer"] not in {None, told}:
            self.site.faults.append(f"{act['script']} {act['tag']}: {told[:200]}, before: {act['answer'][:200]}")
        act["answer"] = told
        return True


class Person(Program):
    """Signs in and reports by the form of the console; sends the form again as it was filled in, after signing in anew."""

    browser: httpx.Client | None = None

    def new(self, tag: str) -> dict[str, Any]:
        return {"script": "incident", "tag": tag, "answer": None, "last": "", "form": None}

    def send(self, act: dict[str, Any]) -> httpx.Response:
        if self.browser is None:
            browser = httpx.Client(base_url=self.site.address, timeout=30)
            given = {"login": "operator", "password": PASSWORD}
            entered = browser.post("/account/login/", data=self._filled(browser.get("/account/login/"), given))
            if entered.status_code != 302:
                return entered
            self.browser = browser
        if act["form"] is None:
            page = self.browser.get(REPORT)
            if page.status_code != 200:
                return page
            act["form"] = self._filled(page, {
                "title": act["tag"], "nature": "fault", "found_at": "2026-06-16T12:00", "source": "own_monitoring",
                "users_offline_scope": "city",
            })  # fmt: skip
        return self.browser.post(REPORT, data=act["form"])

    def _filled(self, page: httpx.Response, given: dict[str, str]) -> dict[str, str]:
        hidden = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', page.text)
        return {**{name: value for name, value in hidden if name in {"csrfmiddlewaretoken", "_key"}}, **given}


REPORT = "/respond/incidents/report/"
HANDED_IN: dict[str, Callable[[str], tuple[str, str, dict[str, Any]]]] = {
    "batch": lambda tag: (
        "operator", "monitor/batches?source=edge-a",
        {"content": _lines(tag), "headers": {"Content-Type": "application/x-ndjson"}},
    ),
    "evidence": lambda tag: (
        "operator", "vault/evidence", {"files": {"file": (f"{tag}.txt", f"retest {tag} passed\n".encode() * 50)}},
    ),
    "incident": lambda tag: (
        "operator", "respond/incidents/acts/report", {"json": {
            "title": tag, "nature": "fault", "found_at": "2026-06-16T04:00:00Z", "source": "own_monitoring",
            "users_offline_scope": "city", "crime_suspected": False,
        }},
    ),
}  # fmt: skip


def _lines(tag: str) -> bytes:
    from tests.kills.scripts import lines

    return lines(tag)


Trouble = Callable[["Site", random.Random], None]


def served(home: Path, address: str, trouble: Trouble) -> None:
    """Programs and a person hand in while there is trouble; afterwards each act is there once, however often it was sent."""
    print(f"BASTIDE_KILL_SEED={SEED}")
    chance, site = random.Random(SEED), Site(home, address)
    site.start()
    programs = [Program(site, name, SEED + place) for place, name in enumerate("abc"[:PROGRAMS])]
    programs.append(Person(site, "p", SEED + PROGRAMS))
    try:
        for program in programs:
            program.thread.start()
        trouble(site, chance)
        time.sleep(1)
    finally:
        for program in programs:
            program.stop.set()
        for program in programs:
            program.thread.join(60)
    acts = [(program, act) for program in programs for act in program.acts]
    assert sum(act["answer"] is not None for _who, act in acts) > KILLS, "hardly anything was handed in"
    assert all(any(act["answer"] for act in program.acts) for program in programs), "one of them handed in nothing"

    # What died with its process may be sent again at once, and what was answered is answered the same.
    site.revive()
    lost = [(who, act) for who, act in acts if act["answer"] is None]
    left = [f"{act['script']} {act['tag']}: {act['last']}" for who, act in lost if not insist(who, act)]
    again = chance.sample(acts, min(len(acts), 5 * KILLS))
    left += [f"{act['script']} {act['tag']}, again: {act['last']}" for who, act in again if not insist(who, act)]
    site.stop()
    assert not site.faults, f"seed {SEED}: {site.faults[:5]}, not taken: {left[:3]}\n{site.said()}"
    assert not left, f"seed {SEED}: not taken when sent again: {left[:3]}\n{site.said()}"
    told = [[act["script"], act["tag"], {}] for _who, act in acts]
    (site.home / "acts.json").write_text(json.dumps(told))
    faults = json.loads(site.run("-m", "tests.kills.later", str(site.home / "acts.json")).splitlines()[-1])
    print(f"{len(acts)} acts, {len(lost)} sent again until answered, {len(again)} after that")
    assert not faults, f"seed {SEED}: {faults[:5]}"


def insist(who: Program, act: dict[str, Any]) -> bool:
    """Hand in until answered, for a minute at most."""
    end = time.monotonic() + 60
    while not (done := who.hand_in(act)) and time.monotonic() < end:
        time.sleep(0.5)
        who.site.revive()
    return done


def kills(site: Site, chance: random.Random) -> None:
    killed = Counter[str]()
    while killed.total() < KILLS:
        time.sleep(chance.uniform(0.5, 3))
        site.revive()
        killed[site.kill(chance)] += 1
    site.revive()
    print(dict(killed))


def test_on_sqlite(tmp_path: Path) -> None:
    served(tmp_path, "", kills)


@pytest.mark.postgres
@pytest.mark.everything
def test_on_postgresql(tmp_path: Path, server: psycopg.Connection[tuple[object, ...]]) -> None:  # noqa: F811
    with database(server) as address:
        served(tmp_path, address, kills)


@pytest.mark.postgres
def test_while_postgresql_is_away(tmp_path: Path, server: psycopg.Connection[tuple[object, ...]]) -> None:  # noqa: F811
    """Whoever asks meanwhile is told to come back; every process lives and goes on by itself."""
    with database(server) as address:
        name = address.rsplit("/", 1)[1]

        def away(site: Site, chance: random.Random) -> None:
            time.sleep(3)
            family = sorted(descendants(site.pid))
            server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            time.sleep(AWAY)
            key = {"Authorization": f"Bearer {site.secrets['operator']}"}
            for path in ("/readyz", "/account/login/", "/api/v1/registry/units"):
                assert httpx.get(f"{site.address}{path}", headers=key, timeout=30).status_code == 503, path
            server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
            wait_for(lambda: httpx.get(f"{site.address}/readyz").status_code == 200, 60)
            time.sleep(3)
            assert sorted(descendants(site.pid)) == family, site.said()

        served(tmp_path, address, away)
