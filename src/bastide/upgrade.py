"""Bringing an installation to this version: back up, migrate, load packs, check; if anything fails, all of it back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import bastide
from bastide import backup as backups
from bastide import install, running
from bastide.base.jobs import upkeep
from bastide.base.people.models import Account
from bastide.base.trail import ledger

Say = Callable[[str], None]
MARK = "upgrade-mark.json"
APPEND_ONLY = ("trail_entry", "trail_seal", "trail_leaf", "vault_custody")  # never fewer rows than before


class NotUpgraded(Exception):
    """The installation is not at this version; how it was left, the kind says."""

    exit_code = 1


class CannotUpgrade(NotUpgraded):
    """Nothing was changed; the message says what must be mended first."""


class RolledBack(NotUpgraded):
    """It failed, and the installation is as it was before."""

    exit_code = 3


class LeftHalfDone(NotUpgraded):
    """It failed and could not be taken back; the installation does not start until it is mended."""

    exit_code = 4


class Wrong(Exception):
    """What the check after the migrations found."""


# ---- may it serve?


def is_new() -> bool:
    """No migration was ever made here."""
    return "django_migrations" not in connection.introspection.table_names()


def check_ready() -> None:
    """Refuse to serve what is not at this version, or was left half done.

    Raises install.CannotStart.
    """
    if _mark_path().exists():
        raise install.CannotStart(
            "An upgrade was cut off or failed. Run `bastide upgrade`: it puts the backup back and tries again."
        )
    waiting, unknown = _difference()
    if unknown:
        raise install.CannotStart(
            f"The database is of a later version: it has {', '.join(unknown[:3])}. "
            "Start that version, or restore a backup into a new data folder."
        )
    if waiting:
        raise install.CannotStart(
            f"The database is of an earlier version ({len(waiting)} migrations wait). Run `bastide upgrade`."
        )


def _difference() -> tuple[list[str], list[str]]:
    """Migrations this version has and the database does not, and the other way round."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    known, apps = set(executor.loader.disk_migrations), executor.loader.migrated_apps
    unknown = [key for key in executor.loader.applied_migrations if key not in known and key[0] in apps]
    return [f"{step.app_label}.{step.name}" for step, _back in plan], sorted(".".join(key) for key in unknown)


# ---- the upgrade


def upgrade(*, at: datetime, say: Say, file: Path | None = None, has_backup: bool = False) -> Path | None:
    """Bring the installation to this version; returns the backup made before, None if the caller has one.

    Raises CannotUpgrade, RolledBack or LeftHalfDone. Cut off in the middle, the next one puts the backup back first.
    """
    target = file or settings.BASTIDE_HOME / "backups" / f"before-upgrade-{at:%Y%m%dT%H%M%SZ}.tar.zst"
    try:
        with running.alone():
            _take_up(say)
            if is_new():
                raise CannotUpgrade("There is nothing to upgrade: this installation is empty. Run `bastide init`.")
            waiting, unknown = _difference()
            if unknown:
                raise CannotUpgrade(f"The database is of a later version: it has {', '.join(unknown[:3])}.")
            if not has_backup:
                _write_backup(target, say)
            _run(waiting, at=at, kept=None if has_backup else target, say=say)
    except running.InUse as problem:
        raise CannotUpgrade(str(problem)) from problem
    return None if has_backup else target


def _write_backup(target: Path, say: Say) -> None:
    """The file alone: to record it in the trail, the tables would have to be those of this version."""
    if target.exists():
        raise CannotUpgrade(f"{target} exists; a backup is never written over another file.")
    try:
        backups.write(target, say=say)
    except (backups.CannotBackUp, OSError) as problem:
        raise CannotUpgrade(f"No backup could be made: {problem}") from problem


def _run(waiting: list[str], *, at: datetime, kept: Path | None, say: Say) -> None:
    _set_mark(kept)
    try:
        before = _counts()
        install.prepare(say)
        upkeep.measure_tables()
        say("Checking…")
        _check(before)
        ledger.record(
            at=at, by=Account.objects.house(), act="install.upgrade", thing=Account.objects.house(),
            changes={
                "version": [None, bastide.__version__], "migrations": [None, waiting],
                "backup": [None, kept.name if kept else ""],
            },
        )  # fmt: skip
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        if kept is None:
            raise LeftHalfDone(
                f"The upgrade failed ({reason}). Restore your own backup with the version before."
            ) from error
        _put_back(kept, reason, say)
        raise RolledBack(
            f"The upgrade failed ({reason}). Everything is as it was; start the version before."
        ) from error
    _mark_path().unlink()


def _take_up(say: Say) -> None:
    """Put back what an upgrade that was cut off had changed; without a backup of its own it is gone on with."""
    if _mark_path().exists() and (kept := json.loads(_mark_path().read_text())["backup"]):
        say("An earlier upgrade was cut off.")
        _put_back(Path(kept), "cut off", say)


def _put_back(kept: Path, reason: str, say: Say) -> None:
    say(f"Putting everything back from {kept}…")
    try:
        backups.put_back(kept, say=say)
    except (backups.CannotRestore, OSError) as error:
        raise LeftHalfDone(
            f"The upgrade failed ({reason}), and {kept} could not be put back: {error} "
            "Mend that and run `bastide upgrade` again, or restore into a new data folder."
        ) from error
    _mark_path().unlink()


def _mark_path() -> Path:
    return Path(settings.BASTIDE_HOME) / MARK


def _set_mark(kept: Path | None) -> None:
    """On disk before anything is changed."""
    part = _mark_path().with_suffix(".part")
    with open(part, "w") as file:
        json.dump({"backup": str(kept.resolve()) if kept else "", "to": bastide.__version__}, file)
        file.flush()
        os.fsync(file.fileno())
    part.rename(_mark_path())


# ---- the check


def _check(before: dict[str, int]) -> None:
    """What must hold before the installation serves again; raises Wrong or Django's own errors."""
    call_command("check", verbosity=0)
    waiting, _unknown = _difference()
    if waiting:
        raise Wrong(f"not migrated: {', '.join(waiting[:3])}")
    connection.check_constraints()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            found = cursor.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            raise Wrong(f"the database file is damaged: {found}")
    after = _counts()
    for table, count in before.items():
        if after.get(table, 0) < count:
            raise Wrong(f"{table} had {count} rows and has {after.get(table, 0)}")


def _counts() -> dict[str, int]:
    there = set(connection.introspection.table_names())
    counts = {}
    with connection.cursor() as cursor:
        for table in APPEND_ONLY:
            if table in there:
                cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 – our own names
                counts[table] = cursor.fetchone()[0]
    return counts
