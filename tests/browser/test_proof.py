"""The root of a day and a file of findings in a real browser, in both languages and looks, on screen and on paper."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bastide.base import terms
from bastide.base.people.models import Account, Organisation
from bastide.base.trail import days, ledger, seals
from bastide.rectify import flows
from bastide.rectify.models import FindingImport
from tests.browser.conftest import Visitor

Accessible = Callable[[Page], None]
Shoot = Callable[[Page, str], Path]
LOOKS = [("en", "light", 1440), ("zh-hans", "dark", 360)]
ROW = {"operator": "OP-A", "title": "默认口令", "severity": "high", "clause": "CIIR 15", "source": "scanner-1"}


@pytest.fixture
def day(settings: Any, tmp_path: Path, auditor: Account) -> str:
    settings.BASTIDE_HOME, settings.BASTIDE_TRAIL_KEY = tmp_path, ""
    for _n in range(3):
        ledger.record(at=terms.now(), by=auditor, act="test.done", thing=auditor)
    seals.seal_waiting(at=terms.now(), after=0)
    return days.day_of(terms.now()).isoformat()


@pytest.fixture
def checked(settings: Any, tmp_path: Path, telco: Organisation, national: Account) -> FindingImport:
    settings.BASTIDE_HOME = tmp_path
    rows = [ROW, {**ROW, "title": "弱加密算法", "external_id": "S-2"}, ROW, {**ROW, "severity": "awful"}]
    data = "\n".join(json.dumps(row) for row in rows).encode()
    return flows.upload_findings(by=national, at=terms.now(), file_name="scan.ndjson", data=data)


@pytest.mark.parametrize(("language", "look", "width"), LOOKS)
def test_the_root_of_a_day(
    language: str, look: str, width: int, day: str, auditor: Account, visitor: Visitor, accessible: Accessible,
    shoot: Shoot, live_server: Any,
) -> None:  # fmt: skip
    page = visitor(auditor, language=language, theme=look, width=width)
    page.goto(live_server.url + f"/ui/trail/roots/{day}/")
    expect(page.locator(".root-digits span")).to_have_count(16)
    accessible(page)
    shoot(page, f"trail-root-{language}-{width}")
    page.emulate_media(media="print")
    expect(page.locator(".root-digits")).to_be_visible()
    expect(page.locator("a.btn-primary")).to_be_hidden()


@pytest.mark.parametrize(("language", "look", "width"), LOOKS)
def test_from_the_dry_run_to_the_receipt(
    language: str, look: str, width: int, checked: FindingImport, national: Account, visitor: Visitor,
    accessible: Accessible, shoot: Shoot, live_server: Any,
) -> None:  # fmt: skip
    page = visitor(national, language=language, theme=look, width=width)
    page.goto(live_server.url + "/rectify/imports/upload/")
    accessible(page)
    page.goto(live_server.url + checked.get_absolute_url())
    expect(page.locator(".tile")).to_have_count(3)
    accessible(page)
    shoot(page, f"findings-dry-run-{language}-{width}")
    page.goto(live_server.url + f"{checked.get_absolute_url()}acts/commit/")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url(f"**{checked.get_absolute_url()}")
    checked.refresh_from_db()
    assert checked.state == "committed"
    accessible(page)
    shoot(page, f"findings-receipt-{language}-{width}")
