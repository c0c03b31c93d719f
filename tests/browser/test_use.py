"""Used without a mouse, without motion, on paper and on a telephone: the ways that a glance at a page does not show."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from bastide.base.flow.refusals import Refused
from bastide.base.people.models import Account, Organisation
from bastide.home import pages as home
from tests.browser.conftest import PICTURES, Visitor, fits
from tests.house.cast import make_all

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Shoot = Callable[[Page, str], Path]
FOCUS = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  // The mark stands on the stop itself or on the frame around a bare field.
  const looks = [at, at.parentElement].map((one) => getComputedStyle(one));
  return {tag: at.tagName, text: (at.getAttribute('aria-label') || at.innerText || at.name || '').trim().slice(0, 60),
    name: at.name || '', href: at.getAttribute('href') || '',
    marked: looks.some((look) => look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) > 0),
    seen: box.width > 0 && box.height > 0};
}"""
SMALL = """() => [...document.querySelectorAll('main a, main button, main summary, main input, main select, .head a, .head summary')]
  .filter((one) => {
    const box = one.getBoundingClientRect();
    if (!box.width || !box.height || one.type === 'hidden' || one.closest('.visually-hidden, .skip')) return false;
    if (box.width >= 24 && box.height >= 24) return false;
    const inLine = one.tagName === 'A' && getComputedStyle(one).display === 'inline';
    const labelled = one.closest('label') && one.closest('label').getBoundingClientRect().height >= 24;
    return !inLine && !labelled;
  }).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def sector(telco: Organisation, tmp_path: Path, settings: Any) -> dict[str, Any]:
    """One thing of every kind, so that pages have something to show."""
    settings.BASTIDE_HOME = tmp_path
    return make_all(telco)


def tab_to(page: Page, wanted: Callable[[dict[str, Any]], bool], most: int = 150) -> dict[str, Any]:
    """Press Tab until the wanted stop; every stop on the way is seen and marked."""
    for _stop in range(most):
        page.keyboard.press("Tab")
        at: dict[str, Any] = page.evaluate(FOCUS)
        if at["tag"] == "BODY":
            continue
        assert at["marked"], f"{page.url}: focus cannot be seen at {at}"
        if wanted(at):
            return at
    raise AssertionError(f"{page.url}: not reached with {most} tabs")


class TestKeyboardAlone:
    def test_a_day_goes_without_a_mouse(
        self, visitor: Visitor, national: Account, sector: dict[str, Any], live_server: Any
    ) -> None:
        national.set_password("correct horse battery")
        national.save()
        page = visitor(None, "/account/login/?next=/desk/", language="en")
        # Sign in.
        tab_to(page, lambda at: at["name"] == "login")
        page.keyboard.type("national")
        tab_to(page, lambda at: at["name"] == "password")
        page.keyboard.type("correct horse battery")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{live_server.url}/desk/")
        # Past the menu, to the first task of the desk.
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
        first = tab_to(page, lambda at: at["tag"] == "A" and at["href"].count("/") > 3)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{first['href'].partition('#')[0]}*")
        # To the list of findings by the palette; filter it, open a row.
        page.wait_for_load_state("networkidle")
        page.keyboard.press("Control+k")
        with page.expect_response(lambda answer: "q=findings" in answer.url):
            page.keyboard.type("findings")
        expect(page.locator("#hits [role=option]").first).to_contain_text("Findings")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{live_server.url}/rectify/findings/")
        page.wait_for_load_state("networkidle")
        tab_to(page, lambda at: at["name"] == "q")
        page.keyboard.type("FND")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=FND**")
        row = tab_to(page, lambda at: "/rectify/findings/FND" in at["href"])
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{row['href']}")
        page.wait_for_load_state("networkidle")
        # Sign out from the account menu.
        tab_to(page, lambda at: at["tag"] == "SUMMARY" and "My account" in at["text"])
        page.keyboard.press("Enter")
        tab_to(page, lambda at: at["text"] == "Sign out")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(f"{live_server.url}/desk/")
        assert "/account/login/" in page.url

    def test_an_act_is_done_with_the_keyboard(
        self, visitor: Visitor, national: Account, sector: dict[str, Any]
    ) -> None:
        page = visitor(national, sector["respond.incident"].get_absolute_url(), language="en")
        act = tab_to(page, lambda at: "/acts/" in at["href"])
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{act['href']}")
        tab_to(
            page, lambda at: at["tag"] == "BUTTON" and page.evaluate("!!document.activeElement.closest('main form')")
        )
        page.keyboard.press("Enter")
        page.wait_for_load_state()
        # Sent as it was: either done, or told in words what is missing.
        expect(page.locator("main [role=alert]:visible, main [role=status]:visible").first).to_be_visible()

    def test_no_stop_holds_the_focus(self, visitor: Visitor, national: Account, sector: dict[str, Any]) -> None:
        for path in ("/rectify/findings/", sector["registry.networkunit"].get_absolute_url()):
            page = visitor(national, path, language="en")
            stops: list[str] = []
            for _stop in range(250):
                page.keyboard.press("Tab")
                if page.evaluate("document.activeElement === document.body"):
                    break
                stops.append(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
            else:
                pytest.fail(f"{path}: the focus never leaves the page; last at {stops[-3:]}")
            assert len(stops) > 20


class TestTargets:
    @pytest.mark.parametrize("width", [1440, 360])
    def test_what_one_presses_is_24_pixels_or_stands_in_a_line_of_text(
        self, visitor: Visitor, national: Account, sector: dict[str, Any], width: int, live_server: Any
    ) -> None:
        page = visitor(national, "/desk/", language="en", width=width)
        small: dict[str, list[str]] = {}
        for path in ("/desk/", "/rectify/findings/", sector["respond.incident"].get_absolute_url(), "/ui/trail/"):
            page.goto(live_server.url + path)
            page.wait_for_load_state("networkidle")
            if found := page.evaluate(SMALL):
                small[path] = found
        assert not small, "\n".join(f"{path}: {one}" for path, found in small.items() for one in found)


class TestTroubles:
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    @pytest.mark.parametrize(
        ("trouble", "status"),
        [(RuntimeError("a fault of ours"), 500), (OperationalError("server closed the connection"), 503),
         (Refused("It is closed already."), 409)],
    )  # fmt: skip
    def test_what_went_wrong_is_said_and_where_to_go(
        self, trouble: Exception, status: int, language: str, visitor: Visitor, shoot: Shoot, national: Account,
        accessible: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        def fails(*_given: Any, **_named: Any) -> None:
            raise trouble

        monkeypatch.setattr(home.reads, "situation", fails)
        page = visitor(national, "/", language=language, width=320, expect=(status,))
        assert "a fault of ours" not in page.inner_text("body")
        assert "server closed" not in page.inner_text("body")
        assert len(page.inner_text("main")) > 40
        assert page.locator("main a, main button").count() > 0
        accessible(page)
        fits(page)
        shoot(page, f"trouble-{status}-{language}")


class TestMotion:
    def test_whoever_asks_for_none_gets_none(self, visitor: Visitor, national: Account) -> None:
        page = visitor(national, "/desk/", language="en", width=360)
        moving = "getComputedStyle(document.querySelector('.side')).transitionDuration"
        assert page.evaluate(moving) != "0s"
        page.emulate_media(reduced_motion="reduce")
        slowest = page.evaluate(
            "Math.max(...[...document.querySelectorAll('*')].flatMap((one) => { const look = getComputedStyle(one);"
            " return [...look.transitionDuration.split(','), ...look.animationDuration.split(',')].map(parseFloat) }))"
        )
        assert slowest <= 0.001


class TestPaper:
    def test_the_page_alone_is_printed_with_its_mark_and_source(
        self, visitor: Visitor, shoot: Shoot, national: Account, sector: dict[str, Any]
    ) -> None:
        page = visitor(national, sector["rectify.finding"].get_absolute_url(), language="en", theme="dark")
        expect(page.locator(".print-line")).to_be_hidden()
        page.emulate_media(media="print")
        for gone in (".side", ".head", ".foot", ".skip", "#next-acts"):
            assert not page.locator(gone).first.is_visible(), gone
        assert page.locator("h1").is_visible()
        assert "Printed by" in page.locator(".print-line").inner_text()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        shoot(page, "print-finding-en")

    def test_a_list_is_printed_whole(self, visitor: Visitor, national: Account, sector: dict[str, Any]) -> None:
        page = visitor(national, "/rectify/findings/", language="zh-hans")
        heads = [words.strip() for words in page.locator("table.rows thead th").all_inner_texts() if words.strip()]
        PICTURES.mkdir(parents=True, exist_ok=True)
        printed = page.pdf(path=PICTURES / "print-findings-zh.pdf", prefer_css_page_size=True)
        words = "".join(part.extract_text() for part in PdfReader(io.BytesIO(printed)).pages)
        words = unicodedata.normalize("NFKC", words)  # fonts give some characters as radicals
        squeezed = "".join(words.split())
        assert [head for head in heads if "".join(head.split()) not in squeezed] == []
        assert "筛选" not in words
        assert "打印人" in words
        page.emulate_media(media="print")
        assert page.evaluate(
            "[...document.querySelectorAll('.table-box')].every((box) => getComputedStyle(box).overflowX === 'visible')"
        )


class TestFold:
    def test_filters_leave_the_first_screen_of_a_telephone_to_the_list(
        self, visitor: Visitor, shoot: Shoot, national: Account, sector: dict[str, Any]
    ) -> None:
        page = visitor(national, "/rectify/findings/?q=FND", language="en", width=360)
        button = page.get_by_role("button", name="Filters 1 in use")
        expect(page.locator("#f-q")).to_be_hidden()
        assert page.locator("#table").bounding_box()["y"] < 400  # type: ignore[index]
        shoot(page, "filters-folded-en-360")
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#f-q")).to_be_visible()
        expect(button).to_have_attribute("aria-expanded", "true")
        shoot(page, "filters-open-en-360")

    def test_wide_screens_and_pages_without_scripts_show_them(
        self, visitor: Visitor, national: Account, sector: dict[str, Any]
    ) -> None:
        expect(visitor(national, "/rectify/findings/", language="en").locator("#f-q")).to_be_visible()
        still = visitor(national, "/rectify/findings/", language="en", width=360, scripts=False)
        expect(still.locator("#f-q")).to_be_visible()


class TestPictures:
    def test_every_chart_and_graph_says_the_same_in_words(
        self, visitor: Visitor, national: Account, sector: dict[str, Any], live_server: Any
    ) -> None:
        page = visitor(national, "/", language="en")
        found = 0
        for path in ("/", sector["registry.networkunit"].get_absolute_url(), "/registry/sector/"):
            page.goto(live_server.url + path)
            page.wait_for_load_state("networkidle")
            for picture in page.locator("[data-chart], [data-graph]").all():
                found += 1
                around = picture.locator("xpath=ancestor::*[self::figure or contains(@class, 'card')][1]")
                assert around.locator("table, ul, ol, dl").count() > 0, f"{path}: a picture without words"
        assert found > 0
