"""The shell in a real browser: sign-in, keyboard, palette, themes, small screens, without scripts; axe on every page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bastide.base.people.models import Account, Organisation
from tests.browser.conftest import Visitor

Accessible = Callable[[Page], None]
Shoot = Callable[[Page, str], Path]
PAGES = [
    "/desk/",
    "/entry/organisations/",
    "/ui/trail/",
    "/ui/notifications/",
    "/ui/search/?q=1",
    "/account/password/change/",
]


class TestSignIn:
    def test_a_person_signs_in_and_out(
        self, visitor: Visitor, accessible: Accessible, national: Account, live_server: Any
    ) -> None:
        national.set_password("correct horse battery")
        national.save()
        page = visitor(None, "/account/login/", language="en")
        accessible(page)
        page.get_by_label("User name or e-mail").fill("national")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.goto(f"{live_server.url}/desk/")
        expect(page.get_by_role("heading", name="My desk", level=1)).to_be_visible()
        page.locator("summary", has_text="national").click()
        page.get_by_role("button", name="Sign out").click()
        page.goto(f"{live_server.url}/desk/")
        assert "/account/login/" in page.url


class TestEveryPage:
    @pytest.mark.parametrize("path", PAGES)
    @pytest.mark.parametrize(("language", "theme", "width"), [("zh-hans", "light", 1440), ("en", "dark", 360)])
    def test_it_is_accessible_and_fits(
        self, visitor: Visitor, accessible: Accessible, shoot: Shoot, national: Account, telco: Organisation,
        path: str, language: str, theme: str, width: int,
    ) -> None:  # fmt: skip
        page = visitor(national, path, language=language, theme=theme, width=width)
        shoot(page, f"{path.strip('/').split('?')[0].replace('/', '-')}-{language[:2]}-{theme}-{width}")
        accessible(page)


class TestKeyboard:
    def test_the_first_stop_is_the_way_to_the_content(self, visitor: Visitor, national: Account) -> None:
        page = visitor(national, "/desk/", language="en")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"

    def test_the_palette_opens_finds_and_goes(self, visitor: Visitor, national: Account) -> None:
        page = visitor(national, "/desk/", language="en")
        page.keyboard.press("Control+k")
        page.keyboard.type("organi")
        expect(page.locator("#hits [role=option]").first).to_contain_text("Organisations")
        page.keyboard.press("Enter")
        page.wait_for_url("**/entry/organisations/")

    def test_escape_closes_it(self, visitor: Visitor, national: Account) -> None:
        page = visitor(national, "/desk/", language="en")
        page.keyboard.press("/")
        expect(page.locator("#palette")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#palette")).to_be_hidden()

    def test_a_menu_closes_on_escape_and_gives_focus_back(self, visitor: Visitor, national: Account) -> None:
        page = visitor(national, "/entry/organisations/", language="en")
        summary = page.locator("summary", has_text="Columns")
        summary.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Usual columns")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Usual columns")).to_be_hidden()
        expect(summary).to_be_focused()


class TestSmallScreen:
    def test_the_menu_slides_in(self, visitor: Visitor, accessible: Accessible, national: Account) -> None:
        page = visitor(national, "/desk/", language="en", width=360)
        link = page.get_by_role("link", name="Organisations")
        expect(link).to_be_hidden()
        page.get_by_role("link", name="Open the menu").click()
        expect(link).to_be_visible()
        accessible(page)
        page.keyboard.press("Escape")
        expect(link).to_be_hidden()


class TestWithoutScripts:
    def test_lists_filter_and_choose_columns(self, visitor: Visitor, national: Account, telco: Organisation) -> None:
        page = visitor(national, "/entry/organisations/", language="en", scripts=False)
        page.locator("#f-q").fill("OP-A")
        page.get_by_role("button", name="Apply").first.click()
        expect(page.get_by_role("status").first).to_contain_text("1–1 of 1")
        page.locator("summary", has_text="Columns").click()
        page.locator("input[name=columns][value=code]").uncheck()
        page.locator("form[action='/ui/columns/']").get_by_role("button", name="Apply").click()
        expect(page.get_by_role("columnheader", name="Code")).to_have_count(0)

    def test_the_menu_opens_on_a_small_screen(self, visitor: Visitor, national: Account) -> None:
        page = visitor(national, "/desk/", language="en", scripts=False, width=360)
        page.get_by_role("link", name="Open the menu").click()
        expect(page.get_by_role("link", name="Organisations")).to_be_visible()


class TestSwitches:
    def test_language_and_theme_change_in_place(self, visitor: Visitor, national: Account) -> None:
        page = visitor(national, "/ui/notifications/", language="en")
        page.get_by_role("button", name="中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        assert page.url.endswith("/ui/notifications/")
        page.locator("summary[aria-label='外观']").click()
        page.get_by_role("button", name="深色").click()
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
