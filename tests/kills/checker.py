"""Reads an installation by plain SQL and from its folder, and lists every half state it finds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

# What must give no row: a half state each, by plain SQL.
HALF = {
    "job that runs though nobody works": "select id, kind from jobs_job where state = 'running'",
    "job that nobody takes": "select id, kind from jobs_job where state = 'waiting' and not_before <= %(at)s",
    "job given up without its worker having died": (
        "select id, kind, error from jobs_job where state = 'failed' and error not like 'The worker %%'"
    ),
    "job given up before its last attempt": (
        "select id, kind from jobs_job where state = 'failed' and attempts < max_attempts"
    ),
    "job given up and nobody told": (
        "select j.id, j.kind from jobs_job j where j.state = 'failed' and not exists"
        " (select 1 from inbox_notification n where n.key like 'job-failed-' || j.id || '-%%')"
    ),
    "evidence without content": (
        "select e.number from vault_evidencefile e left join vault_content c on c.sha256 = e.content_id"
        " where c.sha256 is null"
    ),
    "evidence without custody": (
        "select e.number from vault_evidencefile e where (select count(*) from trail_entry t"
        " where t.act = 'vault.evidence.receive' and t.number = e.number) <> 1"
    ),
    "document without editions": (
        "select d.number from papers_document d where (select count(*) from papers_edition e"
        " where e.document_id = d.id) = 0"
    ),
    "document that is not in the trail once": (
        "select d.number from papers_document d where (select count(*) from trail_entry t where"
        " t.act = 'papers.document.issue' and t.note = d.reference) <> 1"
    ),
    "order served without its document, clocks or trail": (
        "select o.number from rectify_order o where o.state <> 'draft' and ("
        " (select count(*) from papers_document d where d.thing_number = o.number and d.type_id ="
        "  (select min(type_id) from papers_document)) <> 1"
        " or (select count(*) from clock_clock c where c.thing_number = o.number) < 2"
        " or (select count(*) from trail_entry t where t.act = 'rectify.order.issue' and t.number = o.number) <> 1)"
    ),
    "finding ordered without an order": (
        "select f.number from rectify_finding f where f.state = 'ordered' and (select count(*) from rectify_orderline l"
        " where l.finding_id = f.id and not l.released) <> 1"
    ),
    "batch not evaluated": "select number, state, trouble from monitor_batch where state <> 'scanned'",
    "alert raised twice or counted twice": "select number, host, count from monitor_alert where count <> 1",
    "import not finished": "select number, state from registry_import where state <> 'committed'",
    "row of an import without outcome": "select id from registry_importrow where outcome = ''",
    "fact not heard": "select id, hearer, error from trail_hearing where heard_at is null",
    "request without answer": "select id, key from flow_remembered where status = 0",
    "reminder due and not settled": (
        "select id from clock_reminder where state = 'waiting' and send_at <= %(at)s"
    ),
    "reminder planned for an open clock and lost": (
        "select c.id, c.type_id from clock_clock c where c.state = 'running' and c.due_at is not null and not exists"
        " (select 1 from clock_reminder r where r.clock_id = c.id)"
        " and exists (select 1 from clock_reminder r2 join clock_clock c2 on c2.id = r2.clock_id"
        " where c2.type_id = c.type_id)"
    ),
    "person told a thing twice": (
        "select account_id, key from inbox_notification where key <> '' group by account_id, key having count(*) > 1"
    ),
    "mail stuck": "select id, mail, mail_error from clock_reminder where mail in ('waiting', 'tried', 'failed')",
    "entry sealed twice or not at all": (
        "select t.id from trail_entry t left join trail_leaf l on l.entry_id = t.id"
        " where l.sequence is null and t.id <= (select max(entry_id) from trail_leaf)"
    ),
    "gap in the sequence": (
        "select n from (select count(*) n, max(sequence) last, min(sequence) first from trail_leaf) s"
        " where last <> n or first <> 1"
    ),
    "number given twice": (
        "select number from papers_document group by number having count(*) > 1"
    ),
    "unit counted wrongly": (
        "select number from registry_networkunit group by number having count(*) > 1"
    ),
}  # fmt: skip


def rows(query: str, **given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, given if "%(" in query else None)
        return list(cursor.fetchall())


def faults(at: datetime, acts: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
    """Everything that is not as it must be; `acts` are those that were acknowledged: script, tag, answer."""
    connection.check_constraints()
    moment = at if connection.vendor == "postgresql" else at.strftime("%Y-%m-%d %H:%M:%S.%f")
    found = [f"{name}: {left[:3]}" for name, query in HALF.items() if (left := rows(query, at=moment))]
    for script, tag, answer in acts:
        found += [f"{script} {tag}: {words}" for words in _not_once(script, tag, answer)]
    return [*found, *_files(), *_reminders(), *_numbers(), *_trail()]


ONCE = {
    "batch": [("select count(*) from monitor_alert where host = '{}'", 1)],
    "ingest_command": [("select count(*) from monitor_alert where host = '{}'", 1)],
    "evidence": [("select count(*) from vault_evidencefile where name = '{}.txt'", 1)],
    "order": [
        ("select count(*) from rectify_finding where title = '{}' and state = 'ordered'", 1),
        ("select count(*) from rectify_orderline l join rectify_finding f on f.id = l.finding_id where title = '{}'", 1),
    ],
    "incident": [
        ("select count(*) from respond_incident where title = '{}'", 1),
        (
            "select count(*) from trail_entry t join respond_incident i on i.number = t.number where i.title = '{}'"
            " and t.act = 'respond.incident.report'", 1,
        ),
    ],
    "register": [
        ("select count(*) from registry_import where file_name = '{}.csv'", 1),
        ("select count(*) from registry_networkunit where code in ('{0}-1', '{0}-2')", 2),
    ],
    "people_command": [("select count(*) from people_invitation where email like '{}%'", 2)],
}  # fmt: skip


def _not_once(script: str, tag: str, answer: dict[str, Any]) -> Iterator[str]:
    for query, wanted in ONCE.get(script, []):
        if (counted := rows(query.format(tag))[0][0]) != wanted:
            yield f"{counted} instead of {wanted} ({query[:60]}…)"
    if "size" in answer and "number" in answer and script == "evidence":
        name = rows(f"select name from vault_evidencefile where number = '{answer['number']}'")
        if name != [(f"{tag}.txt",)]:
            yield f"{answer['number']} was acknowledged and is not there"


def _files() -> Iterator[str]:
    home = Path(settings.BASTIDE_HOME)
    kept = {path.name: path for path in home.glob("vault/??/??/*")}
    known = {sha256 for (sha256,) in rows("select sha256 from vault_content")}
    for sha256 in known - set(kept):
        yield f"content {sha256} has no file"
    for sha256 in set(kept) - known:
        yield f"file {sha256} of the vault belongs to nothing, though the sweep has run"
    for name, path in kept.items():
        if hashlib.sha256(path.read_bytes()).hexdigest() != name:
            yield f"file {name} of the vault is damaged"
    editions = {sha256 for (sha256,) in rows("select content_id from papers_edition")}
    if lost := editions - set(kept):
        yield f"documents without bytes: {lost}"
    for left in [*home.glob("vault/incoming/*"), *home.glob("lake/**/.*.draft"), *home.glob("**/*.part")]:
        yield f"{left.relative_to(home)} was left behind"
    import pyarrow.parquet as pq

    for sha256, accepted, place in rows("select sha256, accepted, place from monitor_batch"):
        table = pq.read_table(home / "lake/events" / place, partitioning=None)
        own = table.column("batch").to_pylist().count(sha256) if "batch" in table.schema.names else table.num_rows
        if own != accepted:
            yield f"{place} does not hold what the receipt of {sha256} says"
        matches = home / "lake/matches/source=edge-a" / f"{sha256}.parquet"
        if pq.read_metadata(matches).num_rows != 1:
            yield f"{matches.name} of matches does not hold what its receipt says"


def _reminders() -> Iterator[str]:
    """A reminder that was sent told each person once; its mail went out once, or not at all where it says “unknown”."""
    told = dict(rows("select key, count(*) from inbox_notification where key like 'clock-reminder-%' group by key"))
    mails = "".join(path.read_text() for path in (Path(settings.BASTIDE_HOME) / "mail").glob("*")).count("\nSubject: ")
    least = most = 0
    for pk, state, sent_to, mail in rows("select id, state, sent_to, mail from clock_reminder"):
        people = sent_to if isinstance(sent_to, list) else json.loads(sent_to)
        if told.get(f"clock-reminder-{pk}", 0) != (len(people) if state == "sent" else 0):
            yield f"reminder {pk} ({state}) told {told.get(f'clock-reminder-{pk}', 0)} people instead of {len(people)}"
        least += len(people) if mail == "sent" else 0
        most += len(people) if mail in {"sent", "unknown"} else 0
    letters = dict(rows("select state, count(*) from inbox_letter group by state"))
    least += letters.get("sent", 0)
    most += sum(letters.get(state, 0) for state in ("sent", "tried", "unknown"))
    invited = rows("select count(*) from people_invitation")[0][0]
    if not least <= mails <= most + invited * 4:
        yield f"{mails} mails lie there, expected {least} to {most + invited}"


def _numbers() -> Iterator[str]:
    """A number between two given ones is either a document, or was spent by an act that died: never above the mark."""
    home = Path(settings.BASTIDE_HOME)
    for series, year, last in rows("select series, year, max(ordinal) from papers_document group by series, year"):
        if int((home / "papers" / f"{series}-{year}").read_text()) < last:
            yield f"the mark of {series}-{year} is below {last}"


def _trail() -> Iterator[str]:
    from bastide.base.trail import seals

    yield from (f"trail: {fault}" for fault in seals.verify().faults)
