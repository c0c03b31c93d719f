"""The story: three weeks of a sector, played by flows, the same for the same end; the end-to-end test plays it too."""

from __future__ import annotations

import shutil
import time
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import connection
from django.utils import translation

from bastide.base import terms
from bastide.base.people.models import Account, Organisation
from bastide.demo.cast import CAST
from bastide.demo.play import Play, Say
from bastide.demo.scenes import registering, responding, supervising, warning, watching

# Lies in the data folder while the story is played; found at a start, the story was cut off.
PLAYING = "story-playing"
ATTACK = 6  # the morning on which the great incident is found


def play_if_empty(say: Say, *, at: datetime | None = None) -> bool:
    """Play the story into an empty installation; a second start keeps what is there."""
    if Organisation.objects.exists():
        return False
    say("Playing the demonstration story (once)…")
    began = time.monotonic()
    mark = settings.BASTIDE_HOME / PLAYING
    mark.touch()
    play(Play.ending(at or terms.now(), say), at or terms.now())
    mark.unlink()
    say(f"  done in {time.monotonic() - began:.0f} s")
    return True


def clear_cut_off(say: Say) -> None:
    """If the last start was cut off while the story was played, put what it left aside and begin anew.

    Raises RuntimeError where that is not ours to do: on a PostgreSQL database.
    """
    home = settings.BASTIDE_HOME
    if not (home / PLAYING).exists():
        return
    if connection.vendor != "sqlite":
        raise RuntimeError("the story was cut off: drop and create the database, remove the data folder, start again")
    say("The last start was cut off while the story was played: beginning anew.")
    connection.close()
    for name in ("bastide.sqlite3", "bastide.sqlite3-wal", "bastide.sqlite3-shm", "trail-mark.json"):
        (home / name).unlink(missing_ok=True)
    for name in ("lake", "vault", "papers", "mail"):
        shutil.rmtree(home / name, ignore_errors=True)
    (home / PLAYING).unlink()


def play(stage: Play, end: datetime) -> None:
    """First the register, then everything that goes on over it, side by side."""
    stage.perform([registering.filled(stage)])
    stage.say("  three weeks pass")
    stage.perform(
        [
            watching.watched(stage, end),
            responding.core_attacked(stage, ATTACK),
            warning.after_the_attack(stage, ATTACK),
            supervising.inspected(stage, ATTACK + 2),
            supervising.late(stage, 12),
            supervising.asking_for_time(stage, 13),
            warning.in_force(stage, end),
            responding.leak_running(stage, end),
            responding.call_taken(stage, end),
        ]
    )


def welcome(password: str) -> str:
    """What is printed when the demonstration starts: one account per role, and the password they share."""
    lines = ["", "Demonstration accounts (all with this password):", f"  password             {password}"]
    with translation.override("en"):
        for name, (title, code, roles) in CAST.items():
            lines.append(f"  {name:<20} {', '.join(str(role.label) for role in roles)} – {title}（{code}）")
    lines.append("  <code>-security      each operator's security officer, such as op-d02-security")
    return "\n".join(lines)


def open_doors(password: str) -> None:
    """Give every demonstration account the password of this installation."""
    shut = Account.objects.filter(is_demo=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if shut.exists():
        shut.update(password=make_password(password))
