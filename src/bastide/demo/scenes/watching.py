"""Monitoring begins: sources are registered, rules added, batches come every day, attacks hide in some."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import bastide
from bastide.base.people.models import Account
from bastide.demo.makers import events
from bastide.demo.makers.events import Planted
from bastide.demo.play import DAYS, Play, Scenes
from bastide.monitor import flows, reads

RULES = Path(bastide.__file__).parent / "content" / "sigma"
# Operators that never sent anything, and one that fell silent: the coverage statement names them.
NEVER = {"OP-C02", "OP-C05", "OP-N04"}
FELL_SILENT = ("OP-C03", 12)
EVENTS_A_DAY, EVENTS_AN_HOUR = 40, 5
LAST_ROUND = timedelta(minutes=75)  # how long before the end everybody sends once more
FIRST_DAY = 3
PACE = 4  # days between two batches while nothing happens
WHAT = "主机、域名解析与网元配置日志"


def planted(play: Play) -> list[Planted]:
    """The attacks, by host and moment."""

    def host(operator: str, code: str, name: str) -> str:
        return next(h for u in play.sector.units_of(operator) if u.code == code for h in u.hosts if h.startswith(name))

    moment = play.moment
    return [
        Planted(host("OP-HX-BJ", "5G-CORE-01", "mgmt"), moment(5, "02:10"), events.ransom, events.RANSOM),
        Planted(host("OP-D01", "DNS-01", "srv"), moment(9, "03:40"), events.survey, events.SURVEY),
        Planted(host("OP-I02", "IDC-01", "gw"), moment(12, "22:05"), events.spray, events.SPRAY),
        Planted(host("OP-D02", "DNS-01", "srv"), moment(DAYS - 2, "04:20"), events.tunnel, events.TUNNEL),
        Planted(host("OP-LT-SH", "SUPPORT-01", "srv") if _has(play, "OP-LT-SH", "SUPPORT-01") else host("OP-LT-SH", "IDC-01", "srv"),
                moment(DAYS - 1, "01:30"), events.intrusion, events.INTRUSION),
    ]  # fmt: skip


def _has(play: Play, operator: str, code: str) -> bool:
    return any(unit.code == code for unit in play.sector.units_of(operator))


def watched(play: Play, end: datetime) -> Scenes:
    """Rules are added, each operator registers its collector, and every morning the day before is sent and looked at."""
    at = yield play.moment(2, "09:00")
    flows.add_rules([RULES], by=play.account("analyst"), at=at)
    for code in play.sector.operators:
        if code not in NEVER:
            name = f"{code.lower()}-collector"
            flows.register_source(
                by=play.officer_of(code), at=at, operator=play.operator(code), name=name, description=WHAT
            )
    sent = dict.fromkeys(play.sector.operators, FIRST_DAY - 1)
    for day in range(FIRST_DAY, DAYS + 1):
        morning = play.moment(day, "06:00")
        if morning > end - timedelta(hours=3):
            break
        at = yield morning
        for code in play.sector.operators:
            if (
                code not in NEVER
                and not _is_silent(code, day)
                and (_is_due(play, code, day) or day - sent[code] >= PACE)
            ):
                _send(play, code, sent[code], day, at)
                sent[code] = day
        at = yield play.moment(day, "08:00")
        triage(play, at)
    at = yield end - LAST_ROUND
    for code in play.sector.operators:
        if code not in NEVER and not _is_silent(code, DAYS):
            _send_last_hour(play, code, at)


def _is_silent(code: str, day: int) -> bool:
    return code == FELL_SILENT[0] and day > FELL_SILENT[1]


def _is_due(play: Play, code: str, day: int) -> bool:
    """On the last morning everybody sends; an attacked operator sends the morning after."""
    hosts = {host for unit in play.sector.units_of(code) for host in unit.hosts}
    start = play.moment(day - 1, "00:00")
    return day == DAYS or any(a.host in hosts and start <= a.at < start + timedelta(days=1) for a in planted(play))


def _send(play: Play, code: str, since: int, until: int, at: datetime) -> None:
    """The events of some days as one batch; on the way some lines are damaged."""
    hosts = [host for unit in play.sector.units_of(code) for host in unit.hosts]
    rows = []
    for day in range(since, until):
        start = play.moment(day, "00:00")
        rows += list(events.plain(hosts, start, EVENTS_A_DAY, play.chance))
        for attack in planted(play):
            if attack.host in hosts and start <= attack.at < start + timedelta(days=1):
                rows += attack.attack(attack.host, attack.at)
    damaged = 2 if play.chance.random() < 0.08 else 0
    _hand_in(play, code, events.batch(rows, damaged=damaged), f"{code.lower()}-{until:02d}.ndjson", at)


def _send_last_hour(play: Play, code: str, at: datetime) -> None:
    """The last thing before the curtain: what happened in the hour before."""
    hosts = [host for unit in play.sector.units_of(code) for host in unit.hosts]
    hour = timedelta(hours=1)
    rows = list(events.plain(hosts, at - hour, EVENTS_AN_HOUR, play.chance, lasting=hour))
    _hand_in(play, code, events.batch(rows), f"{code.lower()}-last.ndjson", at)


def _hand_in(play: Play, code: str, data: bytes, file: str, at: datetime) -> None:
    by = play.officer_of(code)
    receipt = flows.take_batch(reads.source_to_send(by, f"{code.lower()}-collector"), data, by=by, at=at, file=file)
    flows.scan(receipt.batch, by=Account.objects.house(), at=at)


def triage(play: Play, at: datetime) -> None:
    """The analyst looks at what is new: noise is dismissed with a reason, the rest kept under watch."""
    analyst = play.account("analyst")
    waiting = list(reads.alerts(analyst).filter(state="new").order_by("pk"))
    for alert in waiting:
        if alert.title == "Account looked up with whoami":
            flows.mark_false(alert, by=analyst, at=at, reason="运维人员例行核对账号")
        elif alert.level == "medium":
            flows.triage(alert, by=analyst, at=at, reason="持续观察")
