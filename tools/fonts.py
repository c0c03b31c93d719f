"""Builds the Chinese font of documents where the system has none: web slices from npm, merged into two TTF files.

    python tools/fonts.py            build what is missing; does nothing where Debian's fonts-noto-cjk is installed
    python tools/fonts.py --always   build in any case
    python tools/fonts.py --check    say which font documents are set in and which characters of GB 2312 it lacks

The package is pinned by version and by the hash of its archive; nothing of it is kept but the two fonts.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTCollection, TTFont

PACKAGE, VERSION = "@fontsource/noto-serif-sc", "5.3.0"
INTEGRITY = "sha512-0/zaEFkidiWldE62rTeD74x8ygUsQvejiSNtO0LQxQk3qpaHnlMZ3w4C7yH80B4KTIg8VKeFP4oSgwWMchY9+g=="
WEIGHTS = {400: "Regular", 700: "Bold"}
FAMILY = "Noto Serif SC"
# Tables that differ from slice to slice and that documents do without.
UNMERGED = frozenset({"GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "STAT", "avar", "fvar", "gvar", "HVAR", "MVAR"})

TARGET = Path(__file__).resolve().parent.parent / "src/bastide/content/fonts"
SYSTEM = [Path(part) for part in os.environ.get("BASTIDE_FONTS", "/usr/share/fonts/opentype/noto").split(":") if part]


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        return check()
    if "--always" not in arguments:
        if found := system_fonts():
            print(f"fonts: documents are set in {found[0].name}; nothing to build")
            return 0
        if all(font_path(weight).exists() for weight in WEIGHTS):
            print("fonts: built already")
            return 0
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        slices = unpack(fetch(Path(folder)))
        for weight, style in WEIGHTS.items():
            build(slices[weight], weight, style)
    return check()


def system_fonts() -> list[Path]:
    """Fonts with Chinese that the installation already has."""
    names = re.compile(r"(Noto(Serif|Sans)(CJK|SC)|SourceHan).*\.(ttc|otf|ttf)$")
    return sorted(path for folder in SYSTEM if folder.is_dir() for path in folder.iterdir() if names.match(path.name))


def font_path(weight: int) -> Path:
    return TARGET / f"NotoSerifSC-{WEIGHTS[weight]}.ttf"


def fetch(folder: Path) -> Path:
    """The package's archive through npm, refused unless it has the hash written above."""
    npm = Path(sys.executable).parent / "npm"
    done = subprocess.run(
        [str(npm), "pack", f"{PACKAGE}@{VERSION}", "--json", "--ignore-scripts", "--pack-destination", str(folder)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    archive = folder / json.loads(done.stdout)[0]["filename"]
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise SystemExit(f"fonts: {PACKAGE} {VERSION} has hash {found}, expected {INTEGRITY}; not used")
    return archive


def unpack(archive: Path) -> dict[int, list[bytes]]:
    """The slices of each weight, in the order of their numbers; Latin first, so that it wins."""
    slices: dict[int, list[tuple[int, bytes]]] = {weight: [] for weight in WEIGHTS}
    name = re.compile(r"package/files/noto-serif-sc-(?P<part>[a-z-]+|\d+)-(?P<weight>\d+)-normal\.woff2$")
    with tarfile.open(archive) as tar:
        for member in tar:
            match = name.match(member.name)
            if match and int(match["weight"]) in WEIGHTS and match["part"] != "chinese-simplified":
                order = int(match["part"]) if match["part"].isdigit() else -1
                content = tar.extractfile(member)
                assert content is not None
                slices[int(match["weight"])].append((order, content.read()))
    return {weight: [raw for _order, raw in sorted(found, key=lambda one: one[0])] for weight, found in slices.items()}


def build(slices: list[bytes], weight: int, style: str) -> None:
    """One font out of many slices."""
    with tempfile.TemporaryDirectory() as folder:
        paths, seen = [], set()
        for number, raw in enumerate(slices):
            font = TTFont(BytesIO(raw))
            font.flavor = None
            for table in UNMERGED & set(font.keys()):
                del font[table]
            if not set(font.getBestCmap()) - seen:
                continue
            seen |= set(font.getBestCmap())
            path = Path(folder) / f"{number:03d}.ttf"
            font.save(path)
            paths.append(str(path))
        merged = Merger().merge(paths)
        rename(merged, weight, style)
        merged.save(font_path(weight))
    print(f"fonts: {font_path(weight).name}, {font_path(weight).stat().st_size // 1024} kB, {len(seen)} characters")


def rename(font: TTFont, weight: int, style: str) -> None:
    """The name under which documents ask for the font."""
    for record in list(font["name"].names):
        font["name"].removeNames(nameID=record.nameID)
    said = {
        1: FAMILY, 2: style, 3: f"{FAMILY} {style} {VERSION}", 4: f"{FAMILY} {style}", 5: f"Version {VERSION}",
        6: f"NotoSerifSC-{style}", 13: "SIL Open Font License 1.1",
    }  # fmt: skip
    for number, text in said.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font["head"].created = font["head"].modified = 0


def check() -> int:
    """What the fonts at hand can show of GB 2312, the set every official text needs."""
    paths = system_fonts() or sorted(TARGET.glob("*.ttf"))
    if not paths:
        print("fonts: none with Chinese; install fonts-noto-cjk or run tools/fonts.py")
        return 1
    path = next((one for one in paths if "Serif" in one.name and "Regular" in one.name), paths[0])
    font = TTCollection(str(path), lazy=True).fonts[0] if path.suffix == ".ttc" else TTFont(str(path), lazy=True)
    known = font.getBestCmap()
    missing = [char for char in gb2312() if ord(char) not in known]
    print(f"fonts: {path.name} lacks {len(missing)} of {len(gb2312())} characters of GB 2312 {''.join(missing)[:80]}")
    return 0


def gb2312() -> list[str]:
    """Its 6,763 Chinese characters."""
    return [
        char
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
        if (char := bytes((row, cell)).decode("gb2312", errors="ignore"))
    ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
