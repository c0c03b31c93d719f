"""Sets up what the tests need beyond Python packages: front end, languages, Chromium, PostgreSQL, a CJK font.

On Debian as root missing parts are installed through apt; elsewhere it says loudly what is missing and what is skipped.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EVERYTHING = os.environ.get("BASTIDE_TEST_ALL") == "1"
# What the tests need: how to see that it is there, and Debian's packages that bring it.
PARTS = {
    "Chromium": (lambda: shutil.which("chromium") is not None, ["chromium"], "browser tests"),
    "a CJK font": (
        lambda: any(Path("/usr/share/fonts").rglob("NotoSansCJK*")),
        ["fonts-noto-cjk"],
        "Chinese in screenshots and documents",
    ),
    "PostgreSQL": (lambda: bool(_clusters() or _listens()), ["postgresql"], "tests on PostgreSQL"),
}


def _clusters() -> list[str]:
    if shutil.which("pg_lsclusters") is None:
        return []
    listed = subprocess.run(["pg_lsclusters", "-h"], capture_output=True, text=True, check=False).stdout
    return [line for line in listed.splitlines() if line.strip()]


def _listens() -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", 5432)) == 0


def run(*command: str, quiet: bool = True) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=quiet, text=True, check=False)
    if done.returncode:
        sys.exit(f"prepare: {' '.join(command)} failed\n{done.stdout or ''}{done.stderr or ''}")


def install(packages: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def may_install() -> bool:
    return shutil.which("apt-get") is not None and hasattr(os, "geteuid") and os.geteuid() == 0


def start_postgresql() -> None:
    """Start Debian's cluster if nothing listens, and give this user a way in."""
    if _listens() or shutil.which("pg_ctlcluster") is None or os.geteuid() != 0:
        return
    for line in _clusters():
        version, name = line.split()[:2]
        subprocess.run(
            ["pg_ctlcluster", "--skip-systemctl-redirect", version, name, "start"], capture_output=True, check=False
        )


def make_role() -> None:
    """A role of our own for the tests, so that they need no password file."""
    if (
        os.environ.get("BASTIDE_TEST_DATABASE_URL")
        or not _listens()
        or os.geteuid() != 0
        or shutil.which("runuser") is None
    ):
        return
    sql = (
        "DO $$ BEGIN CREATE ROLE bastide_test LOGIN CREATEDB PASSWORD 'bastide_test'; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
    )
    subprocess.run(["runuser", "-u", "postgres", "--", "psql", "-qc", sql], capture_output=True, check=False)


def add_scale() -> None:
    """Spark and Java for the tests on a cluster; without them those are skipped and say why."""
    if shutil.which("java") is None and may_install():
        install(["openjdk-17-jre-headless"])
    if importlib.util.find_spec("pyspark") and importlib.util.find_spec("pyspark.sql"):
        return
    print("Installing Spark (once)…", flush=True)
    pip = f"{sys.executable} -m pip install -q --disable-pip-version-check --require-hashes -r requirements-scale.lock"
    done = subprocess.run(pip.split(), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"MISSING: Spark. Skipped: tests on a cluster. {done.stderr[-500:]}", flush=True)


def main() -> None:
    run(sys.executable, "tools/bundle.py")
    run(sys.executable, "tools/messages.py", "compile")
    missing = [name for name, (is_there, _packages, _use) in PARTS.items() if not is_there()]
    if missing and may_install():
        print(f"Installing through apt what the tests need: {', '.join(missing)}…", flush=True)
        install([package for name in missing for package in PARTS[name][1]])
        missing = [name for name in missing if not PARTS[name][0]()]
    if EVERYTHING:
        add_scale()
    else:
        print("Left out: tests on a Spark cluster (BASTIDE_TEST_ALL=1 installs Spark and runs them)", flush=True)
    start_postgresql()
    make_role()
    for name in missing:
        print(
            f"MISSING: {name}. Skipped: {PARTS[name][2]}. On Debian: apt-get install {' '.join(PARTS[name][1])}",
            flush=True,
        )
    if missing and EVERYTHING:
        sys.exit("prepare: BASTIDE_TEST_ALL=1 asks for everything, and parts are missing (see above)")


if __name__ == "__main__":
    main()
