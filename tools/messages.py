"""Keeps the Chinese catalogues without gettext installed.

    python tools/messages.py update [app …]    extract message ids from Python and templates into the .po files
    python tools/messages.py check  [app …]    tell missing, fuzzy and obsolete entries and bare text in templates
    python tools/messages.py compile           write the .mo files Django reads

An app is named by the last part of its folder ("ui", "respond"); without names every app is meant.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polib
from babel.messages.extract import extract_python
from django.conf import settings

PACKAGE = Path(__file__).resolve().parent.parent / "src/bastide"
CATALOGUE = Path("locale/zh_Hans/LC_MESSAGES/django.po")
# Function name → which arguments are singular, plural, context.
KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "translate": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3), "npgettext_lazy": ((1, "c"), 2, 3),
}  # fmt: skip
HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "zh_Hans",
    "Plural-Forms": "nplurals=1; plural=0;",
    "Project-Id-Version": "bastide",
}


@dataclass(frozen=True, order=True)
class Message:
    """A message id found in the source."""

    msgid: str
    plural: str
    context: str
    place: str


# ---- finding


def apps(names: Iterable[str] = ()) -> dict[str, Path]:
    """Every folder of the package that is an app or has a catalogue: last part of the path → folder."""
    found = {}
    for folder in sorted([*PACKAGE.iterdir(), *(PACKAGE / "base").iterdir()]):
        is_app = (folder / "apps.py").exists() or (folder / "locale").is_dir() or (folder / "templates").is_dir()
        holds_python = folder.name in {"packs", "terms"} and folder.parent.name == "base"
        if folder.is_dir() and (is_app or holds_python):
            found[folder.name] = folder
    wanted = set(names)
    if unknown := wanted - set(found):
        sys.exit(f"messages: no such app: {', '.join(sorted(unknown))}; known: {', '.join(found)}")
    return {name: folder for name, folder in found.items() if not wanted or name in wanted}


def _files(folder: Path, suffixes: set[str]) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if (
            path.suffix in suffixes
            and path.is_file()
            and not {"migrations", "static", "static-src", "locale"} & set(inside)
        ):
            yield path


def _templates(folder: Path) -> list[Path]:
    return [path for path in _files(folder, {".html", ".txt"}) if "templates" in path.parts]


def messages_of(folder: Path) -> list[Message]:
    """Every message id of an app."""
    found: list[Message] = []
    for path in _files(folder, {".py"}):
        found += _extract(path.read_bytes(), path)
    for path in _templates(folder):
        found += _extract(_as_python(path).encode(), path)
    return found


def _as_python(path: Path) -> str:
    """A template turned into calls of gettext, as Django's own makemessages does."""
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
    return str(templatize(path.read_text(encoding="utf-8"), origin=path.name))


def _extract(source: bytes, path: Path) -> Iterator[Message]:
    place = path.relative_to(PACKAGE).as_posix()
    for line, name, arguments, _comments in extract_python(io.BytesIO(source), KEYWORDS, [], {}):
        given = [arguments] if isinstance(arguments, str) else list(arguments or [])
        texts = [text for text in given if isinstance(text, str)]
        if not texts or not texts[0]:
            continue
        has_context, has_plural = "pgettext" in str(name), str(name).startswith("n")
        context = texts.pop(0) if has_context and len(texts) > 1 else ""
        plural = texts[1] if has_plural and len(texts) > 1 else ""
        yield Message(texts[0], plural, context, f"{place}:{line}")


def place_of(folder: Path) -> Path:
    return folder / CATALOGUE


# ---- merging


def update(folder: Path) -> tuple[int, int]:
    """Merge what the source says into the catalogue; returns how many are new and how many went."""
    path = place_of(folder)
    old = polib.pofile(str(path), wrapwidth=110) if path.exists() else polib.POFile(wrapwidth=110)
    known = {(entry.msgctxt or "", entry.msgid): entry for entry in old}
    fresh = polib.POFile(wrapwidth=110)
    fresh.metadata = HEADER
    wanted: dict[tuple[str, str], polib.POEntry] = {}
    added = 0
    for message in messages_of(folder):
        key = (message.context, message.msgid)
        if key not in wanted:
            entry = _entry(message, known.get(key))
            added += key not in known
            wanted[key] = entry
            fresh.append(entry)
        file = message.place.rpartition(":")[0]
        if (file, "") not in wanted[key].occurrences:
            wanted[key].occurrences.append((file, ""))
    gone = [entry for key, entry in known.items() if key not in wanted and not entry.obsolete]
    if not wanted and not path.exists():
        return 0, 0
    path.parent.mkdir(parents=True, exist_ok=True)
    text = str(fresh)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    return added, len(gone)


def _entry(message: Message, known: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(msgid=message.msgid, msgctxt=message.context or None)
    if "%(" in message.msgid:
        entry.flags = ["python-format"]
    if message.plural:
        entry.msgid_plural = message.plural
        kept = known.msgstr_plural.get(0, "") or known.msgstr if known else ""
        entry.msgstr_plural = {0: kept}
    else:
        entry.msgstr = (known.msgstr or known.msgstr_plural.get(0, "")) if known else ""
    return entry


# ---- checking


def faults(names: Iterable[str] = ()) -> list[str]:
    """Everything that would show a reader the wrong language, one sentence each."""
    found: list[str] = []
    chosen = apps(names)
    for name, folder in chosen.items():
        found += _catalogue_faults(name, folder)
        for path in _templates(folder):
            found += bare_text(path)
    return found


def _catalogue_faults(name: str, folder: Path) -> Iterator[str]:
    path, wanted = place_of(folder), {(m.context, m.msgid): m for m in messages_of(folder)}
    entries = {(e.msgctxt or "", e.msgid): e for e in polib.pofile(str(path))} if path.exists() else {}
    for key, message in wanted.items():
        entry = entries.get(key)
        if entry is None:
            hint = f"run tools/messages.py update {name}"
            yield f"{name}: not in the catalogue: {message.msgid!r} ({message.place}); {hint}"
        elif not (entry.msgstr or entry.msgstr_plural.get(0)):
            yield f"{name}: not translated: {message.msgid!r} ({message.place})"
        elif "fuzzy" in entry.flags:
            yield f"{name}: fuzzy: {message.msgid!r} ({message.place})"
        else:
            yield from _place_faults(name, entry)
    for key, entry in entries.items():
        if key not in wanted and not entry.obsolete:
            yield f"{name}: no longer used: {entry.msgid!r}; run tools/messages.py update {name}"


PLACES = re.compile(r"%\((\w+)\)[sd]|(?<!\{)\{(\w+)\}(?!\})")


def _place_faults(name: str, entry: polib.POEntry) -> Iterator[str]:
    """A translation must fill in the values that the text fills in."""
    said = entry.msgstr or entry.msgstr_plural.get(0, "")
    wanted = {a or b for a, b in PLACES.findall(entry.msgid)} | {
        a or b for a, b in PLACES.findall(entry.msgid_plural or "")
    }
    given = {a or b for a, b in PLACES.findall(said)}
    if given - wanted or (wanted - given and not entry.msgid_plural):
        yield f"{name}: values differ: {entry.msgid!r} → {said!r}"


TAGS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.S)
BLOCKS = re.compile(r"\{%\s*(blocktrans(?:late)?|comment)\b.*?\{%\s*end\1\s*%\}", re.S)
LETTERS = re.compile(r"[A-Za-z\u4e00-\u9fff]{2,}")
READ_ALOUD = {"aria-label", "title", "alt", "placeholder", "label"}
# Words that are the same in every language.
NAMES = re.compile(
    r"\b(Bastide|CSV|XLSX|API|URL|SHA-?256|PDF|Ctrl|Esc|Enter|UTC|HTTP|ATT|CK|STIX|TAXII|JSON|Excel|English)\b|中文|简体中文"
)


class _Text(HTMLParser):
    """Collects the text a reader would see, with its line."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in {"script", "style", "code", "kbd"}
        for name, value in attrs:
            if name in READ_ALOUD and value:
                self.found.append((self.getpos()[0], value))

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"script", "style", "code", "kbd"}

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append((self.getpos()[0], data))


def bare_text(path: Path) -> list[str]:
    """Text of a template that no translate tag holds."""
    if path.suffix != ".html":
        return []
    source = path.read_text(encoding="utf-8")
    for pattern in (BLOCKS, TAGS):
        source = pattern.sub(lambda match: " " + "\n" * match.group().count("\n"), source)
    reader = _Text()
    reader.feed(source)
    return [
        f"{path.relative_to(PACKAGE)}:{line}: text outside translate: {' '.join(text.split())[:60]!r}"
        for line, text in reader.found
        if LETTERS.search(NAMES.sub("", text))
    ]


# ---- compiling


def compile_all() -> int:
    """Write every .mo beside its .po where it is older; returns how many."""
    written = 0
    for folder in apps().values():
        path = place_of(folder)
        goal = path.with_suffix(".mo")
        if path.exists() and (not goal.exists() or goal.stat().st_mtime < path.stat().st_mtime):
            polib.pofile(str(path)).save_as_mofile(str(goal))
            written += 1
    return written


def main(arguments: list[str]) -> int:
    match arguments:
        case ["update", *names]:
            for name, folder in apps(names).items():
                added, gone = update(folder)
                print(f"{name}: {added} new, {gone} gone")
        case ["check", *names]:
            found = faults(names)
            print("\n".join(found) or "messages: complete")
            return 1 if found else 0
        case ["compile"]:
            print(f"messages: {compile_all()} catalogues compiled")
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
