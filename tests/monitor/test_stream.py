"""The stream job finds what the embedded evaluation finds, each batch once, also when it is killed and begun again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engines.detect.test_spark import ROOT, pytestmark  # noqa: F401 – the same needs

SCRIPT = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from bastide.base.people.models import Account, Organisation
from bastide.monitor import detect, flows, lake
from bastide.monitor.jobs import scan_waiting
from bastide.monitor.models import Alert, Batch, Source
from tests.monitor.makers import RULE, event, make_source, ndjson
house, at = Account.objects.house, datetime.now(UTC)
what = sys.argv[1]
if what == "make":
    call_command("migrate", verbosity=0)
    path = Path(settings.BASTIDE_HOME) / "rule.yml"
    path.write_text(RULE)
    flows.add_rules([path], by=house(), at=at)
    telco = Organisation.objects.create(code="OP-A", name_zh="甲", name_en="A", kind="operator", area="110000", operator_kind="basic_telecom")
    make_source(telco, name="edge-a")
source = Source.objects.get(name="edge-a")
if what in ("make", "more"):
    begin = Batch.objects.count()
    for number in range(begin, begin + 6):
        events = [event(host=f"WS{number}-{row}") if row % 3 == 0 else event(image="x") for row in range(2000)]
        flows.take_batch(source, ndjson(*events), by=house(), at=at)
if what == "check":
    digest = detect.active_rules().digest
    for batch in Batch.objects.order_by("pk"):
        assert lake.evaluated_by("edge-a", batch.sha256) == digest, batch
        streamed = lake.matches_of("edge-a", batch.sha256)
        lake.matches_path("edge-a", batch.sha256).unlink()
        flows.scan(batch, by=house(), at=at)
        assert lake.matches_of("edge-a", batch.sha256) == streamed
        assert len(streamed) == 667
    print(Batch.objects.count())
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "BASTIDE_HOME": str(home / "home"), "BASTIDE_EVALUATION": "stream",
        "DJANGO_SETTINGS_MODULE": "bastide.settings", "SPARK_LOCAL_IP": "127.0.0.1",
    }  # fmt: skip


def script(home: Path, what: str) -> str:
    (home / "home").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, str(home / "script.py"), what],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def stream(home: Path, *more: str) -> subprocess.Popen[str]:
    words = ["monitor", "stream", "--master", "local[2]", *more]
    return subprocess.Popen(
        [sys.executable, "-c", "from bastide.cli import app; app()", *words],
        env=environment(home), cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def test_every_batch_once_whatever_is_killed(home: Path) -> None:
    script(home, "make")
    kept = home / "home/lake/matches/source=edge-a"
    running = stream(home, "--every", "1")
    try:
        wait(lambda: len(list(kept.glob("*.parquet"))) == 6, running)
        script(home, "more")
        wait(lambda: len(list(kept.glob("*.parquet"))) > 6, running)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
    before = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.parquet")}
    script(home, "more")
    again = stream(home, "--once")
    out, _none = again.communicate(timeout=300)
    assert again.returncode == 0, out[-3000:]
    first = list(before)[:6]
    assert {name: (kept / name).stat().st_mtime_ns for name in first} == {name: before[name] for name in first}
    assert script(home, "check").strip() == "18"


def wait(until: Any, running: subprocess.Popen[str], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert running.poll() is None, (running.stdout.read() if running.stdout else "")[-3000:]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.3)
