"""Builds the detection kernel with the C++ compiler of this machine: `python tools/kernel.py` (or skips it).

Without a compiler Bastide runs all the same: detection is then evaluated in Python, with the same answers.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src/bastide/engines/detect/native"
LIBRARY = FOLDER / "_kernel.so"
FLAGS = ["-std=c++20", "-O3", "-fPIC", "-shared", "-fvisibility=default", "-Wall", "-Wextra", "-Wno-psabi"]


def compiler() -> str | None:
    """The compiler to use: $CXX, else the first of those usually there."""
    for name in (os.environ.get("CXX"), "c++", "g++", "clang++"):
        if name and (found := shutil.which(name)):
            return found
    return None


def build(goal: Path = LIBRARY, *, force: bool = False) -> bool:
    """Builds the library beside its sources; whether it is there afterwards."""
    program = compiler()
    sources = sorted(FOLDER.glob("*.cpp"))
    known = hashlib.sha256(" ".join([program or "", *FLAGS]).encode())
    for path in sorted(FOLDER.glob("*.[ch]pp")):
        known.update(path.read_bytes())
    stamp = goal.with_suffix(".stamp")
    if not force and goal.exists() and stamp.exists() and stamp.read_text() == known.hexdigest():
        return True
    if program is None:
        print("kernel: no C++ compiler (c++, g++, clang++): detection runs in Python, with the same answers but slower")
        return goal.exists()
    print("kernel: compiling", flush=True)
    draft = goal.with_suffix(f".{os.getpid()}.so")
    done = subprocess.run([program, *FLAGS, "-o", str(draft), *map(str, sources)], capture_output=True, text=True)
    if done.returncode:
        draft.unlink(missing_ok=True)
        print(f"kernel: {program} failed, detection runs in Python\n{done.stderr[-3000:]}")
        return goal.exists()
    os.replace(draft, goal)
    stamp.write_text(known.hexdigest())
    return True


if __name__ == "__main__":
    build(force="--force" in sys.argv)
