"""A real browser on the live server: one Chromium for the run, one clean window per visit.

`visitor(account, …)` gives a signed-in page that fails the test on script errors and on anything the content security
policy refused; `accessible(page)` runs axe; `shoot(page, name)` leaves a picture in var/screenshots.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from bastide.base.people.models import Account

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("BASTIDE_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
AXE = ROOT / "node_modules/axe-core/axe.min.js"
BUNDLE = ROOT / "src/bastide/base/ui/static/ui/dist/main.js"
PICTURES = ROOT / "var/screenshots"
EVERYTHING = os.environ.get("BASTIDE_TEST_ALL") == "1"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Visitor = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            # On a loaded machine a browser now and then loses a key or a reply; what fails twice is a fault of ours.
            item.add_marker(pytest.mark.flaky(reruns=1))


def _lacking() -> str:
    """What is missing for browser tests, in words; empty if nothing."""
    if not Path(CHROMIUM).exists():
        return f"no Chromium at {CHROMIUM}: apt install chromium, or set BASTIDE_CHROMIUM"
    if not BUNDLE.exists() or not AXE.exists():
        return "no front-end bundle: python tools/bundle.py"
    return ""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    if lacking := _lacking():
        (pytest.fail if EVERYTHING else pytest.skip)(f"browser tests cannot run: {lacking}")
    # Playwright keeps an event loop in this thread; Django would refuse the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


def sign_in(context: BrowserContext, account: Account, address: str) -> None:
    """Give a window the session of an account, as a sign-in would."""
    session = SessionStore()
    session[SESSION_KEY] = str(account.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = account.get_session_auth_hash()
    session.save()
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key), "url": address}])


@pytest.fixture
def visitor(browser: Browser, live_server: Any) -> Iterator[Visitor]:
    """`visitor(account, "/desk/", language="en", theme="dark", width=360)` → the page, open there.

    Without an account nobody is signed in. Pages asked for later with `page.goto(live_server.url + …)` are watched too.
    """
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def visit(
        account: Account | None,
        path: str = "/",
        *,
        language: str = "zh-hans",
        theme: str = "light",
        width: int = 1440,
        scripts: bool = True,
        expect: tuple[int, ...] = (200,),
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900 if width > 500 else 780},
            locale="zh-CN" if language.startswith("zh") else "en-GB",
            timezone_id="Asia/Shanghai",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        address = live_server.url
        context.add_cookies(
            [
                {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address},
                {"name": "bastide_theme", "value": theme, "url": address},
            ]
        )
        if account is not None:
            sign_in(context, account, address)
        page = context.new_page()
        page.set_default_timeout(15000)
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _heed(message, page, troubles, expect))
        response = page.goto(address + path)
        assert response is not None
        assert response.status in expect, f"{path}: {response.status}"
        return page

    yield visit
    for context in contexts:
        context.close()
    assert troubles == []


def _heed(message: ConsoleMessage, page: Page, troubles: list[str], expect: tuple[int, ...]) -> None:
    """Errors on the console fail the test; answers of 4xx, and those expected, are the business of the test itself.

    A page that is left breaks off what it still asks for, which htmx tells as a request that could not be sent.
    """
    broken_off = message.text.startswith(("htmx:afterRequest,", "htmx:sendAbort,", "htmx:sendError,"))
    answered = any(f"the server responded with a status of {code}" in message.text for code in (4, *expect))
    if message.type == "error" and not answered and not broken_off:
        troubles.append(f"{page.url}: {message.text}")


@pytest.fixture
def accessible() -> Callable[..., None]:
    """Fails with every violation that axe finds on the page as it stands, `but` those of some rules."""

    def check(page: Page, *, but: Sequence[str] = ()) -> None:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        left_out = {rule: {"enabled": False} for rule in but}
        found = page.evaluate("options => axe.run(options)", {"runOnly": AXE_RULES, "rules": left_out})
        told = [
            f"{v['id']}: {v['help']} – {v['nodes'][0]['html'][:200]} ({len(v['nodes'])})" for v in found["violations"]
        ]
        assert told == [], f"{page.url}\n" + "\n".join(told)
        fits(page)

    return check


def fits(page: Page) -> None:
    """Fails if the page has to be scrolled sideways."""
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{page.url}: {wider} px wider than a window of {page.viewport_size}"


def settled(page: Page) -> None:
    """Wait until what the page asked for by itself has come."""
    page.evaluate(
        """async () => {
            await document.fonts.ready;
            const pause = () => new Promise((go) => setTimeout(go, 25));
            for (let turn = 0; turn < 400 && document.querySelector(".htmx-request"); turn++) await pause();
        }"""
    )


@pytest.fixture
def shoot() -> Callable[[Page, str], Path]:
    """Leaves a picture of the whole page in var/screenshots."""

    def take(page: Page, name: str) -> Path:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        return path

    return take
