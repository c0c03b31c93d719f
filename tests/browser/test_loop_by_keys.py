"""The loop with the keyboard alone, in both languages: a unit is entered, an incident at it reported, the shortcoming it
showed recorded, ordered, planned, put right, verified and closed. Every stop on the way is seen, marked and uncovered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from bastide.base.people.models import Account, Organisation
from bastide.base.people.roles import Role
from bastide.rectify.models import Finding, Order
from bastide.registry.models import NetworkUnit
from bastide.respond.models import Incident
from tests.browser.conftest import Visitor
from tests.conftest import make_account

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
Given = dict[str, str]
# The stop that has the focus: what it is, whether its mark can be seen, and whether something lies over it (WCAG 2.4.11).
STOP = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const looks = [at, at.parentElement].map((one) => getComputedStyle(one));
  const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 12)];
  const above = document.elementFromPoint(x, y);
  const label = at.labels && at.labels[0];
  return {
    tag: at.tagName, type: at.type || '', name: at.name || '', value: at.value || '', href: at.getAttribute('href') || '',
    options: at.tagName === 'SELECT' ? [...at.options].map((one) => one.value) : [], chosen: at.selectedIndex,
    marked: looks.some((look) => look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) > 0),
    uncovered: !!above && (at.contains(above) || above.contains(at) || !!(label && label.contains(above))),
    sends: at.tagName === 'BUTTON' && at.type === 'submit' && !!at.closest('main form[data-form]'),
    html: at.outerHTML.slice(0, 120), over: above ? above.outerHTML.slice(0, 80) : `nothing at ${x}, ${y}`,
  };
}"""


def stops(page: Page, most: int = 200) -> Any:
    """Tab on, stop by stop."""
    before = ""
    for _stop in range(most):
        page.keyboard.press("Tab")
        at: dict[str, Any] = page.evaluate(STOP)
        for frame in range(60):  # until it has scrolled into sight
            if at["uncovered"]:
                break
            if frame == 30:  # the jump into the content came late and took it away: back and here again
                page.keyboard.press("Shift+Tab")
                page.keyboard.press("Tab")
            page.wait_for_timeout(50)
            at = page.evaluate(STOP)
        if at["tag"] in {"BODY", "HTML"}:
            continue
        # The small calendar within a date is a stop of its own, marked by the browser out of our sight.
        is_calendar = at["html"] == before and at["type"] in {"date", "datetime-local"}
        before = at["html"]
        assert at["marked"] or is_calendar, f"{page.url}: the focus cannot be seen at {at['html']}"
        assert at["uncovered"], f"{page.url}: {at['over']} lies over {at['html']}"
        yield at
    raise AssertionError(f"{page.url}: not reached with {most} tabs")


def into_content(page: Page) -> None:
    """Past the menu by the link that is there for it."""
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'content'")
    page.wait_for_timeout(300)  # the jump itself


def fill_in(page: Page, given: Given) -> None:
    """Fill the form in from top to bottom and send it."""
    into_content(page)
    open_yet = dict(given)
    for at in stops(page):
        if at["sends"]:
            assert not open_yet, f"{page.url}: no stop for {sorted(open_yet)}"
            with page.expect_navigation():
                page.keyboard.press("Enter")
            refusals = page.locator("main .is-invalid, main .errorlist").all_inner_texts()
            assert not refusals, f"{page.url}: {refusals}"
            page.wait_for_load_state("networkidle")
            page.close()  # what it asks for by itself would meet the test's own queries in one SQLite in memory
            return
        if at["name"] in open_yet and _put(page, at, open_yet[at["name"]]):
            open_yet.pop(at["name"])


def _put(page: Page, at: dict[str, Any], wanted: str) -> bool:
    """Give the control that has the focus its value with keys; False if another stop of the same name takes it."""
    if at["tag"] == "SELECT":
        steps = at["options"].index(wanted) - at["chosen"]
        for _step in range(abs(steps)):
            page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")
    elif at["type"] == "checkbox":
        if wanted != "on" and at["value"] not in wanted:
            return False
        page.keyboard.press("Space")
    elif at["type"] == "radio":
        for _step in range(20):
            if page.evaluate("document.activeElement.value") == wanted:
                break
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        assert page.evaluate("document.activeElement.checked")
        return True
    elif at["type"] == "file":
        _choose(page, wanted)
    elif at["type"] in {"date", "datetime-local"}:
        _put_moment(page, wanted)
    else:
        page.keyboard.press("Control+a")
        page.keyboard.type(wanted)
    return True


def _choose(page: Page, path: str) -> None:
    """Opens the dialogue of files with a key. A browser at work may miss one: it is pressed again, as a person would."""
    for key in ("Space", "Enter", "Space", "Enter"):
        page.locator("input[type=file]:focus").wait_for(state="attached")
        try:
            with page.expect_file_chooser(timeout=5_000) as chooser:
                page.keyboard.press(key)
        except PlaywrightTimeout:
            continue
        chooser.value.set_files(path)
        return
    raise AssertionError("no key opened the dialogue of files")


def _put_moment(page: Page, wanted: str) -> None:
    """Its parts stand in the order of the reader's language, which no page can know."""
    year, month, day, *clock = re.split(r"[-T:]", wanted)
    for parts in ([day, month, year], [month, day, year], [year, month, day]):
        for place, part in enumerate(parts):
            page.keyboard.type(part)
            if len(part) == 4 and (place < 2 or clock):
                page.keyboard.press("ArrowRight")
        for part in clock:
            page.keyboard.type(part)
        if clock and not page.evaluate("document.activeElement.value"):
            page.keyboard.press("ArrowUp")  # a clock of twelve hours: before noon
        if page.evaluate("document.activeElement.value") == wanted:
            return
        page.evaluate("document.activeElement.value = ''")  # another order: as a reader would see at once
        for _part in range(8):
            page.keyboard.press("ArrowLeft")
    raise AssertionError(f"{page.url}: {wanted} cannot be typed")


def follow(page: Page, ending: str) -> None:
    """To the link whose address ends so, and through it."""
    into_content(page)
    for at in stops(page):
        if at["href"].split("?")[0].endswith(ending):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return


@pytest.mark.parametrize("language", ["zh-hans", pytest.param("en", marks=pytest.mark.everything)])
def test_the_loop_is_gone_through_without_a_mouse(
    language: str, visitor: Visitor, operator: Account, provincial: Account, province: Organisation,
    telco: Organisation, settings: Any, tmp_path: Path, live_server: Any,
) -> None:  # fmt: skip
    settings.BASTIDE_HOME = tmp_path
    (proof := tmp_path / "proof.txt").write_text("retest passed\n")
    second = make_account("second", province, Role.OFFICER, Role.LEADER)

    def go(who: Account, path: str) -> Page:
        return visitor(who, path, language=language, width=1280)

    def act(who: Account, thing: Any, name: str, given: Given) -> None:
        page = go(who, thing.get_absolute_url())
        follow(page, f"/acts/{name}/")
        fill_in(page, given)
        thing.refresh_from_db()

    fill_in(go(operator, "/registry/units/enter/"), {
        "code": "CORE-1", "name_zh": "核心网", "network_type": "5g_core", "area": "110000",
    })  # fmt: skip
    unit = NetworkUnit.objects.get()
    fill_in(go(operator, "/respond/incidents/report/"), {
        "title": "核心网中断", "nature": "fault", "found_at": "2026-06-16T09:30", "source": "own_monitoring",
    })  # fmt: skip
    incident = Incident.objects.get()
    assert (unit.operator, incident.operator) == (telco, telco)

    page = go(provincial, f"/rectify/findings/record/?incident={incident.number}&operator=OP-A")
    fill_in(page, {"title": "默认口令", "clause": "CIIR 15", "severity": "high", "text": "网管存在默认口令"})
    finding = Finding.objects.get()
    assert finding.source_number == incident.number
    follow_to = go(provincial, f"/rectify/orders/draft/?finding={finding.number}")
    fill_in(follow_to, {"legal_basis": "CIIR 26"})
    order = Order.objects.get()
    act(second, order, "issue", {})
    act(operator, order, "receive", {"responsible": "安全负责人"})
    row = f"lines-{finding.number}"
    act(operator, order, "submit_plan", {
        f"{row}-measure": "更换口令", f"{row}-owner": "网络部", f"{row}-day": "2026-12-01",
    })  # fmt: skip
    act(provincial, order, "accept_plan", {})
    act(operator, order, "hand_in", {
        "done_what": "已更换", "done_by": "网络部", "done_on": "2026-11-20", "evidence": str(proof),
    })  # fmt: skip
    act(operator, order, "submit_evidence", {})
    third = make_account("third", province, Role.OFFICER, Role.LEADER)
    act(third, order, "verify", {"method": "retest", "opinion": "已整改", "is_independent": "on"})
    act(provincial, order, "close", {})
    finding.refresh_from_db()
    assert (order.state, finding.state) == (Order.State.CLOSED, Finding.State.CLOSED)
    page = go(operator, finding.get_absolute_url())
    expect(page.locator("main")).to_contain_text(order.number)
