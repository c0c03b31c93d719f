"""Every page, opened in a browser: no violation that axe finds (WCAG 2.2 AA), nothing wider than the window, a silent console.

The ministry sees it all in both languages, the other roles see their own desks and lists, by turns; each page is then made as
narrow as a telephone, or as wide as a desk. With BASTIDE_TEST_ALL=1 the ministry looks in both themes, too, and the others also
look in their other language at what the ministry cannot open. What one page looks like to two roles differs in what stands on
it, not in how it is made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import resolve
from playwright.sync_api import Page, expect

from bastide.base import packs, papers, terms, vault
from bastide.base.entry import flows as entry_flows
from bastide.base.jobs.models import Job
from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.base.vault.models import Hold
from bastide.monitor.models import RuleRecord
from bastide.norms import flows as norm_flows
from bastide.norms import reads as norm_reads
from tests.base.papers.conftest import ORDER
from tests.browser.conftest import EVERYTHING, Visitor, fits, settled
from tests.conftest import make_account
from tests.house.cast import make_all
from tests.house.test_doors import TABLE, filled, routes
from tests.house.test_queries import lists

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Accessible = Callable[..., None]
WIDE, NARROW = 1440, 320  # what 1280 pixels are at 400 % (WCAG 1.4.10)
WAYS = [("zh-hans", "light", WIDE), ("en", "dark", NARROW)]
MORE_WAYS = [("zh-hans", "dark", NARROW), ("en", "light", WIDE)]
OTHERS = ["provincial", "operator", "inspector", "expert", "contestant", "auditor", "stranger"]
# Whose pages, in which language and theme, and how wide at first.
PLAN = (
    [*(("national", way) for way in (*WAYS, *MORE_WAYS)), *((role, way) for role in OTHERS for way in WAYS)]
    if EVERYTHING
    else [*(("national", way) for way in WAYS), *((role, WAYS[n % 2]) for n, role in enumerate(OTHERS))]
)
# Answers that are no pages: for programs, counters, files.
NO_PAGES = (
    "api/", "ui/counts", "template", "quarantined", ".csv", ".ics", ".pdf", ".docx", "/download/", "/export/", "certificate/",
)  # fmt: skip
# Doors that no path below goes through, and why.
SHUT = {
    "entry/welcome/<str:secret>/": "TestStates opens a valid invitation and a wrong one",
    "entry/organisations/new/": "TestStates opens it as the administrator",
    "metrics": "for programs",
    "monitor/rules/<int:pk>/switch/": "TestStates opens it as an analyst",
    "monitor/rules/<int:pk>/text/": "TestStates opens it as an analyst",
    "monitor/rules/new/": "TestStates opens it as an analyst",
    "monitor/exceptions/new/": "TestStates opens it as an analyst",
    "ui/notifications/<int:pk>/": "leads on to the thing",
    "ui/panels/<str:noun>/<str:name>/<int:pk>/": "a part of a page, seen on it",
    "ui/trail/roots/<str:day>/": "tests/browser/test_proof.py",
}
# Pages of one's own entry, which no list leads to.
ENTRY = [
    "/entry/me/",
    "/account/password/change/",
    "/account/sessions/",
    "/account/email/",
    "/account/logout/",
    "/account/3rdparty/",
    "/account/3rdparty/login/cancelled/",
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/2fa/webauthn/",
    "/account/2fa/webauthn/add/",
    "/account/2fa/recovery-codes/generate/",
]


@pytest.fixture
def things(
    telco: Organisation, ministry: Organisation, operator: Account, tmp_path: Path, settings: Any
) -> dict[str, Any]:
    """One of every kind, and the person whose account the others look at."""
    settings.BASTIDE_HOME = tmp_path
    house, at = Account.objects.house(), terms.now()
    norm_flows.load_pack(packs.active(), by=house, at=at)
    made = make_all(telco)
    evidence = vault.receive("日志".encode(), name="日志.txt", by=operator, at=at, thing=telco)
    hold = Hold.objects.create(evidence=evidence, reason="court", set_at=at, set_by=house)
    order = papers.issue("DOC-16", telco, by=house, at=at, data=ORDER, issuer=ministry, addressee=telco)
    clause = norm_reads.clauses().order_by("pk").first()
    rule, job = RuleRecord.objects.first(), Job.objects.first()
    assert clause is not None
    assert rule is not None
    assert job is not None
    return made | {
        "vault.evidence": evidence, "vault.hold": hold, "papers.document": order, "monitor.rule": rule, "jobs.job": job,
        "norms.clause": clause, "norms.instrument": clause.instrument,
    }  # fmt: skip


def is_page(route: str) -> bool:
    return not any(part in route for part in NO_PAGES)


def opening(role: str, things: dict[str, Any]) -> list[str]:
    """Whatever opens to this role by the table of doors, and to the ministry not: each page is opened by somebody."""
    table: dict[str, dict[str, int]] = json.loads(TABLE.read_text())
    return [
        filled(route, things)
        for route, answers in table.items()
        if is_page(route) and answers[role] == 200 and (role == "national" or answers["national"] != 200)
    ]


def addresses(things: dict[str, Any], role: str) -> list[str]:
    """Every list and all that opens to this role; by the ministry the page of one thing of each kind and the own entry, too."""
    found = ["/" + route for route in lists() if is_page(route)] + opening(role, things)
    if role == "national":
        own = (thing.get_absolute_url() for thing in things.values() if hasattr(thing, "get_absolute_url"))
        found += [address.partition("#")[0] for address in own]
        found += [
            f"/norms/checklists/{packs.active().checklists[0].id}/",
            f"{things['vault.evidence'].get_absolute_url()}hold/",
            f"/vault/holds/{things['vault.hold'].pk}/lift/",
            f"{things['papers.document'].get_absolute_url()}void/",
            *ENTRY,
        ]
    return list(dict.fromkeys(found))


@contextmanager
def other_width(page: Page) -> Iterator[None]:
    """The same page on a telephone, or on a desk."""
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": NARROW if before["width"] == WIDE else WIDE, "height": before["height"]})
    page.evaluate("new Promise(go => requestAnimationFrame(() => setTimeout(go, 100)))")  # what listens to the size
    yield
    page.set_viewport_size(before)


def faults(page: Page, paths: list[str], accessible: Accessible) -> Iterator[str]:
    """What is wrong on each of the pages; 403 and 404 are pages too, and looked at once each."""
    base, seen = page.url.split("/", 3), set()
    for path in paths:
        response = page.goto("/".join(base[:3]) + path)
        if response is None or "text/html" not in response.headers.get("content-type", ""):
            continue
        if response.status >= 400 and response.status in seen:
            continue
        seen.add(response.status)
        settled(page)
        try:
            accessible(page)
            with other_width(page):
                fits(page)
        except AssertionError as fault:
            yield f"{path}: {str(fault)[:600]}"


def test_no_page_is_left_out(things: dict[str, Any], request: pytest.FixtureRequest) -> None:
    """Whatever route is added is opened below, answers to POST alone, is an act (see TestStates), or stands in SHUT."""
    opened = set()
    for role in ("national", *OTHERS):
        client = Client()
        client.force_login(request.getfixturevalue(role))
        for path in addresses(things, role):
            if client.get(path).status_code == 200:
                opened.add(resolve(unquote(path)).route)
    table: dict[str, dict[str, int]] = json.loads(TABLE.read_text())
    asked = {
        route
        for route in routes()
        if is_page(route) and "/acts/" not in route and {405} != set(table[route].values()) - {302}
    }
    assert asked - opened == set(SHUT)


@pytest.mark.parametrize(
    ("role", "way"), PLAN, ids=lambda part: part if isinstance(part, str) else "-".join(map(str, part))
)
def test_each_page_is_in_order(
    role: str, way: tuple[str, str, int], visitor: Visitor, accessible: Accessible, things: dict[str, Any],
    request: pytest.FixtureRequest, national: Account,
) -> None:  # fmt: skip
    account: Account = request.getfixturevalue(role)
    language, theme, width = way
    paths = addresses(things, role)
    if role in OTHERS and way != WAYS[OTHERS.index(role) % 2]:
        paths = [path for path in paths if path == "/desk/" or not opens(national, path)]
    page = visitor(account, "/desk/", language=language, theme=theme, width=width, expect=(200, 403))
    wrong = list(faults(page, paths, accessible))
    assert not wrong, "\n".join(wrong)


def opens(account: Account, path: str) -> bool:
    client = Client()
    client.force_login(account)
    return client.get(path).status_code == 200


@pytest.mark.parametrize(("language", "theme", "width"), WAYS)
class TestStates:
    """What a page looks like in between: empty, refused, with faults in its form, with its menus open."""

    def test_empty_lists_say_what_to_do(
        self, visitor: Visitor, accessible: Accessible, national: Account, language: str, theme: str, width: int
    ) -> None:
        page = visitor(national, "/desk/", language=language, theme=theme, width=width)
        paths = [
            "/desk/",
            "/rectify/findings/",
            "/respond/incidents/",
            "/registry/units/",
            "/rectify/findings/?q=nothing",
        ]
        wrong = list(faults(page, paths, accessible))
        assert not wrong, "\n".join(wrong)

    def test_forms_of_acts_and_their_faults(
        self, visitor: Visitor, accessible: Accessible, national: Account, things: dict[str, Any], language: str,
        theme: str, width: int, live_server: Any,
    ) -> None:  # fmt: skip
        page = visitor(national, "/desk/", language=language, theme=theme, width=width)
        forms = 0
        for kind in (
            "respond.incident",
            "rectify.finding",
            "inspection.visit",
            "registry.networkunit",
            "monitor.alert",
        ):
            page.goto(live_server.url + things[kind].get_absolute_url())
            page.wait_for_load_state("networkidle")
            acts = [link.get_attribute("href") for link in page.locator("#next-acts a").all()]
            for act in acts:
                page.goto(f"{live_server.url}{act}")
                accessible(page)
                page.evaluate("document.querySelector('main form').noValidate = true")
                required = page.locator("main form [required]")
                for field in required.all():
                    if field.evaluate("one => one.type === 'text' || one.tagName === 'TEXTAREA'"):
                        field.fill("")
                if required.count() == 0:
                    continue  # it would be carried out
                page.locator("main form button[type=submit]").first.click()
                page.wait_for_load_state("networkidle")
                accessible(page)
                forms += 1
        assert forms > 3

    def test_open_menus_and_the_palette(
        self, visitor: Visitor, accessible: Accessible, national: Account, things: dict[str, Any], language: str,
        theme: str, width: int,
    ) -> None:  # fmt: skip
        page = visitor(national, "/rectify/findings/", language=language, theme=theme, width=width)
        for menu in page.locator("details.menu > summary").all():
            if menu.is_visible():
                menu.click()
                accessible(page, but=["target-size"])  # an open menu lies over what is below, which is no target now
                page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        page.keyboard.type("FND")
        expect(page.locator("#hits [role=option]").first).to_be_visible()
        accessible(page)

    def test_entry_before_anybody_is_signed_in(
        self, visitor: Visitor, accessible: Accessible, db: None, language: str, theme: str, width: int
    ) -> None:
        page = visitor(None, "/account/login/", language=language, theme=theme, width=width)
        accessible(page)
        page.locator("[name=login]").fill("nobody")
        page.locator("[name=password]").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert").first).to_be_visible()
        accessible(page)
        wrong = list(faults(page, ["/account/password/reset/", "/no/such/page/", "/entry/welcome/none/"], accessible))
        assert not wrong, "\n".join(wrong)

    def test_an_invitation_waits_for_its_owner(
        self, visitor: Visitor, accessible: Accessible, telco: Organisation, operator: Account, language: str,
        theme: str, width: int,
    ) -> None:  # fmt: skip
        given = {"email": "new@op-a.example", "name": "New", "role": Role.REPORTER}
        _made, secret = entry_flows.invite(telco, by=operator, at=terms.now(), **given)
        page = visitor(None, f"/entry/welcome/{secret}/", language=language, theme=theme, width=width)
        expect(page.locator("[name=username]")).to_be_visible()
        accessible(page)

    def test_the_administrator_enters_an_organisation(
        self, visitor: Visitor, accessible: Accessible, administrator: Account, language: str, theme: str, width: int
    ) -> None:
        accessible(visitor(administrator, "/entry/organisations/new/", language=language, theme=theme, width=width))

    def test_an_analyst_keeps_the_rules(
        self, visitor: Visitor, accessible: Accessible, ministry: Organisation, things: dict[str, Any], language: str,
        theme: str, width: int,
    ) -> None:  # fmt: skip
        analyst = make_account("analyst", ministry, Role.ANALYST)
        rule = f"/monitor/rules/{things['monitor.rule'].pk}/"
        paths = [
            rule,
            f"{rule}switch/",
            f"{rule}text/",
            f"{rule}test/",
            "/monitor/rules/new/",
            "/monitor/exceptions/new/",
        ]
        page = visitor(analyst, "/desk/", language=language, theme=theme, width=width)
        wrong = list(faults(page, paths, accessible))
        assert not wrong, "\n".join(wrong)

    def test_a_classified_record_asks_for_the_purpose(
        self, visitor: Visitor, accessible: Accessible, national: Account, things: dict[str, Any], language: str,
        theme: str, width: int,
    ) -> None:  # fmt: skip
        incident = things["respond.incident"]
        type(incident).objects.filter(pk=incident.pk).update(is_cii=True)
        page = visitor(national, incident.get_absolute_url(), language=language, theme=theme, width=width)
        expect(page.locator("[name=purpose]")).to_be_visible()
        accessible(page)
