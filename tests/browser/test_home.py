"""The situation room in a real browser: axe, no overflow, focus kept over a refresh, without scripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bastide.base import terms
from bastide.base.people.models import Account
from tests.browser.conftest import Visitor
from tests.home.conftest import settle

Accessible = Callable[[Page], None]
Shoot = Callable[[Page, str], Path]


@pytest.fixture
def sector(telco: Any, other_telco: Any) -> None:
    for operator in (telco, other_telco):
        settle(operator, terms.now())


class TestSituationRoom:
    @pytest.mark.parametrize("path", ["/", "/coverage/", "/desk/"])
    @pytest.mark.parametrize(
        ("language", "theme", "width"), [("zh-hans", "light", 1440), ("en", "dark", 360), ("en", "light", 1440)]
    )
    def test_it_is_accessible_and_fits(
        self, visitor: Visitor, accessible: Accessible, shoot: Shoot, sector: None, national: Account,
        path: str, language: str, theme: str, width: int,
    ) -> None:  # fmt: skip
        page = visitor(national, path, language=language, theme=theme, width=width)
        shoot(page, f"home-{path.strip('/') or 'situation'}-{language[:2]}-{theme}-{width}")
        accessible(page)

    def test_the_page_without_rights_is_accessible(
        self, visitor: Visitor, accessible: Accessible, stranger: Account
    ) -> None:
        accessible(visitor(stranger, "/", language="en"))

    def test_a_refresh_keeps_the_focus_and_the_chart(self, visitor: Visitor, sector: None, national: Account) -> None:
        page = visitor(national, "/", language="en")
        expect(page.locator("[data-chart] canvas")).to_be_visible()
        page.locator("#figure-orders_overdue").focus()
        page.evaluate("document.querySelector('#situation').dataset.old = '1'")
        with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
            page.evaluate("htmx.ajax('GET', '/', {target: '#situation', swap: 'outerHTML'})")
        expect(page.locator("#situation[data-old]")).to_have_count(0)
        assert page.evaluate("document.activeElement.id") == "figure-orders_overdue"
        expect(page.locator("[data-chart] canvas")).to_be_visible()

    def test_it_works_without_scripts(self, visitor: Visitor, sector: None, national: Account) -> None:
        page = visitor(national, "/", language="en", scripts=False)
        page.locator("#sort-name").click()
        expect(page.locator("th[aria-sort] #sort-name")).to_be_visible()
        page.locator("#room-toggle").click()
        expect(page.get_by_text("Held still")).to_be_visible()
