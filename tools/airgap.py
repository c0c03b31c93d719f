"""Makes the bundle from which Bastide is installed where no network is: `python tools/airgap.py` (`make bundle`).

dist/bastide-VERSION-PYTHON-PLATFORM.tar.zst holds the wheels of requirements.lock for this Python and platform, the
wheel of Bastide with front end, languages and fonts built, install.sh and SHA256SUMS. Only making it needs a network.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from pathlib import Path

import zstandard

ROOT = Path(__file__).resolve().parents[1]
GOAL = ROOT / "dist"
# What git does not keep and the wheel must hold, and what would be missed late.
NEEDED = (
    r"bastide/base/ui/static/ui/dist/[^/]+\.js", r"bastide/base/ui/static/ui/dist/[^/]+\.css",
    r"bastide/content/fonts/[^/]+\.ttf", r"bastide/content/packs/cn-telecom/manifest\.yaml",
    r"bastide/content/sigma/.+\.yml",
    r"bastide/base/ui/templates/ui/base\.html", r"bastide/respond/locale/zh_Hans/LC_MESSAGES/django\.mo",
    r"bastide/base/trail/migrations/0001_initial\.py",
)  # fmt: skip


def main() -> None:
    has_fonts = any((ROOT / "src/bastide/content/fonts").glob("*.ttf"))
    for tool, *words in (
        ["bundle.py"],
        ["fonts.py", "" if has_fonts else "--always"],
        ["messages.py", "compile"],
        ["kernel.py"],
    ):
        run(sys.executable, str(ROOT / "tools" / tool), *filter(None, words))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bastide"
        wheels = folder / "wheels"
        pip = (sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "-w", str(wheels))
        print("Fetching the wheels of the lock…", flush=True)
        run(*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock"))
        print("Building the wheel of Bastide…", flush=True)
        run(*pip, "--no-deps", str(ROOT))
        (own,) = wheels.glob("bastide-*.whl")
        check(own)
        (folder / "PYTHON").write_text(f"{sys.version_info.major}.{sys.version_info.minor}\n")
        (folder / "install.sh").write_bytes((ROOT / "tools" / "install.sh").read_bytes())
        (folder / "install.sh").chmod(0o755)
        (folder / "LICENSE").write_bytes((ROOT / "LICENSE").read_bytes())
        write_sums(folder)
        target = GOAL / f"{own.name.split('-py3')[0]}-{tag()}.tar.zst"
        pack(folder, target)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size:,} bytes")


def tag() -> str:
    platform = re.sub(r"\W", "_", sysconfig.get_platform())
    return f"cp{sys.version_info.major}{sys.version_info.minor}-{platform}"


def check(wheel: Path) -> None:
    """Refuse a wheel that would not run."""
    names = zipfile.ZipFile(wheel).namelist()
    missing = [needed for needed in NEEDED if not any(re.fullmatch(needed, name) for name in names)]
    if missing:
        raise SystemExit(f"airgap: {wheel.name} lacks {', '.join(missing)}")


def write_sums(folder: Path) -> None:
    """In the words of sha256sum, for every file but the list itself."""
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with open(path, "rb") as file:
                lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.relative_to(folder)}\n")
    (folder / "SHA256SUMS").write_text("".join(lines))


def pack(folder: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with (
        open(part, "wb") as file,
        zstandard.ZstdCompressor(level=3).stream_writer(file) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        archive.add(folder, folder.name, filter=nobody)
    part.rename(target)


def nobody(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def run(*words: str) -> None:
    done = subprocess.run(words, cwd=ROOT, env=os.environ, check=False)
    if done.returncode:
        raise SystemExit(f"airgap: {' '.join(words[:4])} … failed; its reason stands above")


if __name__ == "__main__":
    main()
