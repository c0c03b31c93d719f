"""What clients, worker and commands do in the kill test. A script that was killed is run again from its first step,
with the same request keys: what it did already must not happen twice."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.kills.ground import HOSTS, PROGRAMS
from tests.monitor.makers import event, ndjson
from tests.registry.test_imports import line, sheet


def ask(who: str, path: str, body: Any, key: str, kind: str = "application/json") -> dict[str, Any]:
    """One request of a program; anything but success ends the script."""
    client = Client(headers={"Authorization": f"Bearer {PROGRAMS.secret(who)}", "Idempotency-Key": key},
                    raise_request_exception=False, **HOSTS)  # fmt: skip
    more = {} if kind == "multipart" else {"content_type": kind}
    answer = client.post(f"/api/v1/{path}", body, **more)  # type: ignore[arg-type]
    assert answer.status_code in {200, 201}, (
        f"{path}: {answer.status_code} Retry-After {answer.headers.get('Retry-After')} {answer.content[:600]!r}"
    )
    return dict(answer.json())


def batch(tag: str, at: datetime) -> dict[str, Any]:
    return ask("operator", "monitor/batches?source=edge-a", lines(tag), f"{tag}-a", "application/x-ndjson")


def lines(tag: str) -> bytes:
    return ndjson(event(host=tag))


def evidence(tag: str, at: datetime) -> dict[str, Any]:
    file = SimpleUploadedFile(f"{tag}.txt", f"retest {tag} passed\n".encode() * 50)
    return ask("operator", "vault/evidence", {"file": file}, f"{tag}-a", "multipart")


def order(tag: str, at: datetime) -> dict[str, Any]:
    """A finding, an order over it, its service with clocks and document."""
    found = ask("provincial", "rectify/findings/acts/record", {
        "operator": "OP-A", "source_kind": "inspection", "title": tag, "clause": "CIIR 15", "severity": "high",
        "text": "y",
    }, f"{tag}-a")  # fmt: skip
    given = {"findings": [found["number"]], "legal_basis": "CIIR 26"}
    drawn = ask("provincial", "rectify/orders/acts/draft", given, f"{tag}-b")
    return ask("provincial", f"rectify/orders/{drawn['number']}/acts/issue", {}, f"{tag}-c")


def incident(tag: str, at: datetime) -> dict[str, Any]:
    return ask("operator", "respond/incidents/acts/report", {
        "title": tag, "nature": "fault", "found_at": at.isoformat(), "source": "own_monitoring",
        "users_offline_scope": "city", "crime_suspected": False,
    }, f"{tag}-a")  # fmt: skip


def register(tag: str, at: datetime) -> dict[str, Any]:
    file = SimpleUploadedFile(f"{tag}.csv", sheet(line(f"{tag}-1"), line(f"{tag}-2"), line("BAD", area="x")))
    made = ask("operator", "registry/imports", {"file": file, "subject": "units"}, f"{tag}-a", "multipart")
    done = ask("operator", f"registry/imports/{made['number']}/acts/commit", {"mode": "skip"}, f"{tag}-b")
    assert done["state"] == "committed", done
    return done


def command(*words: str) -> None:
    from bastide import cli

    said, code = io.StringIO(), 0
    with redirect_stdout(said), redirect_stderr(said), mock.patch.object(sys, "argv", ["bastide", *words]):
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
    assert not code, f"{words}: {said.getvalue()[-1000:]}"


def ingest_command(tag: str, at: datetime) -> dict[str, Any]:
    file = Path(settings.BASTIDE_HOME) / "in" / f"{tag}.ndjson"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(lines(tag))
    command("ingest", str(file), "--source", "edge-a")
    return {}


def people_command(tag: str, at: datetime) -> dict[str, Any]:
    file = Path(settings.BASTIDE_HOME) / "in" / f"{tag}.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        f"email,name,organisation,role\n{tag}@example.org,{tag},CA-11,officer\n{tag}-b@example.org,{tag},CA-11,officer\n"
    )
    command("people", "import", str(file), "--by", "administrator", "--url", "https://bastide.example.org")
    return {}


def backup_command(tag: str, at: datetime) -> dict[str, Any]:
    file = Path(settings.BASTIDE_HOME).parent / f"{tag}.tar.zst"
    if not file.exists():
        command("backup", str(file))
    command("backup", str(file), "--check")
    return {}


def worker(tag: str, at: datetime) -> dict[str, Any]:
    """One life of a worker: schedules (reminders, seals among them), facts, and every job that waits."""
    from bastide.base import terms
    from bastide.base.jobs import leases, work
    from bastide.base.trail import outbox

    leases.post_schedules(at=terms.now())
    outbox.deliver_waiting()
    while work.work_once() is not None:
        outbox.deliver_waiting()
    return {"pid": os.getpid()}


Script = Callable[[str, datetime], dict[str, Any]]
# How often each is drawn.
SCRIPTS: dict[Script, int] = {
    batch: 14, evidence: 14, order: 7, incident: 14, register: 12, ingest_command: 6, people_command: 5,
    backup_command: 2, worker: 34,
}  # fmt: skip
