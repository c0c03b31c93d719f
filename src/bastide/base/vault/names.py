"""File names made safe: no paths, no invisible or reversing characters, no reserved names, no endless ones."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 180  # bytes in UTF-8; most file systems take 255

_RESERVED = {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
_FORBIDDEN = re.compile(r'[<>:"|?*\\/]')
_SPACES = re.compile(r"\s+")


def safe_name(raw: str) -> str:
    """The name a file is shown and downloaded under. What it cannot keep it drops; it never fails."""
    last = re.split(r"[\\/]", raw.replace("\0", ""))[-1]
    composed = unicodedata.normalize("NFC", last)
    # Cc control, Cf format (bidi overrides, zero-width), Cs surrogate, Co private use, Cn unassigned
    seen = "".join(
        c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"} else " " * c.isspace() for c in composed
    )
    tidy = _SPACES.sub(" ", _FORBIDDEN.sub("_", seen)).strip(" .")
    if not tidy.strip("_. "):
        tidy = "file"
    stem, dot, extension = tidy.rpartition(".")
    if not dot:
        stem, extension = tidy, ""
    if stem.split(".")[0].strip().lower() in _RESERVED:
        stem = f"_{stem}"
    return _shorten(stem.rstrip(" ."), f".{extension}" if extension else "")


def extension_of(name: str) -> str:
    """The last extension in small letters, without its dot: "log" for "Auth.LOG"."""
    _stem, dot, extension = name.rpartition(".")
    return extension.lower().strip() if dot else ""


def _shorten(stem: str, suffix: str) -> str:
    """Cut the stem, never the extension, and never through the middle of a character."""
    suffix = suffix if len(suffix.encode()) <= 20 else suffix.encode()[:20].decode(errors="ignore")
    room = LONGEST - len(suffix.encode())
    return stem.encode()[:room].decode(errors="ignore") + suffix
