"""From YAML files to a Pack: reads a folder, joins its sections, remembers on which line each field stands."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from .crossref import misses
from .faults import Fault, PackError
from .pack import Pack

DEEPEST = 40
MOST_VALUES = 30_000  # in one file; the largest of ours has a tenth of it
Loc = tuple[int | str, ...]
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(folder: Path) -> Pack:
    """The pack in `folder`: all its YAML files, joined by section. Raises PackError with every fault."""
    reading = Reading(folder)
    for path in sorted(folder.rglob("*.yaml")):
        reading.take(path)
    reading.stop_if_wrong()
    if not reading.sections:
        reading.fault((), "no YAML file here", "Put manifest.yaml and the other sections into this folder")
        reading.stop_if_wrong()
    try:
        pack = Pack.model_validate(reading.sections)
    except ValidationError as error:
        for problem in error.errors():
            reading.fault(*_explain(problem))
        raise PackError(folder.name, tuple(reading.faults)) from None
    for loc, wrong, remedy in misses(pack, folder):
        reading.fault(loc, wrong, remedy)
    reading.stop_if_wrong()
    pack._digest, pack._folder = digest(folder), folder
    return pack


def digest(folder: Path) -> str:
    """SHA-256 over names and bytes of all files that make the pack."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in {".yaml", ".typ"}):
        name, content = path.relative_to(folder).as_posix().encode(), path.read_bytes()
        total.update(b"%d %b %d " % (len(name), name, len(content)))
        total.update(content)
    return total.hexdigest()


def _measure(text: str) -> None:
    """Refuse what few lines blow up, before anything is built: deep nesting, aliases of aliases and of themselves."""
    sizes = dict[str, int]()  # values behind each anchor
    open_now = list[tuple[str, int]]()  # being read: anchor and values so far
    for event in yaml.parse(text, Loader=LOADER):
        size = 0
        if isinstance(event, yaml.CollectionStartEvent):
            open_now.append((event.anchor or "", 1))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_now.pop()
            sizes[anchor] = size
        elif isinstance(event, yaml.AliasEvent):
            anchor = event.anchor or ""
            size = MOST_VALUES if any(anchor == one for one, _ in open_now) else sizes.get(anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        if open_now:
            open_now[-1] = (open_now[-1][0], open_now[-1][1] + size)
        if len(open_now) > DEEPEST or (open_now and open_now[-1][1] > MOST_VALUES):
            wrong = f"more than {DEEPEST} levels deep, or {MOST_VALUES:,} values with aliases written out"
            raise yaml.MarkedYAMLError(problem=wrong, problem_mark=event.start_mark)  # type: ignore[arg-type]


class Reading:
    """One pass over a folder: joined sections, the place of every field, and what was wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sections: dict[str, Any] = {}
        self.places: dict[Loc, tuple[str, int]] = {}
        self.faults: list[Fault] = []

    def take(self, path: Path) -> None:
        """Join one file. Its top level is a mapping of sections; lists of the same section are put together."""
        file = path.relative_to(self.folder.parent).as_posix()
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self._at(file, line, "", f"not UTF-8 (byte {error.start})", "Save the file as UTF-8")
            return
        loader = LOADER(text)
        try:
            _measure(text)
            node = loader.get_single_node()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            wrong = str(getattr(error, "problem", "") or error)
            self._at(file, line, "", f"not YAML: {wrong}", "Correct the line or the one above it")
            return
        finally:
            loader.dispose()
        if node is None:
            return
        if not isinstance(node, yaml.MappingNode):
            self._at(file, 1, "", "the top level is no mapping", "Begin with the name of a section, such as clocks:")
            return
        for key, value in node.value:
            self._section(file, str(key.value), key, value, loader)

    def _section(self, file: str, name: str, key: yaml.Node, value: yaml.Node, loader: Any) -> None:
        had = self.sections.get(name)
        if had is None:
            self.places[(name,)] = (file, key.start_mark.line + 1)
            self.sections[name] = self._build(file, (name,), value, loader)
        elif isinstance(had, list) and isinstance(value, yaml.SequenceNode):
            for offset, item in enumerate(value.value, start=len(had)):
                had.append(self._build(file, (name, offset), item, loader))
        else:
            first, line = self.places[(name,)]
            here = key.start_mark.line + 1
            self._at(file, here, name, f"stands already in {first}:{line}", "Keep one of the two")

    def _build(self, file: str, loc: Loc, node: yaml.Node, loader: Any) -> Any:
        """Plain values from a node, noting the line of each."""
        self.places.setdefault(loc, (file, node.start_mark.line + 1))
        if isinstance(node, yaml.SequenceNode):
            return [self._build(file, (*loc, index), item, loader) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(file, loc, node, loader)
        try:
            return loader.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self.fault(loc, f"'{node.value}' cannot be read ({error})", "Put it in quotes if it is meant as text")
            return node.value

    def _mapping(self, file: str, loc: Loc, node: yaml.MappingNode, loader: Any) -> dict[Hashable, Any]:
        built: dict[Hashable, Any] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in built:
                self._at(file, key.start_mark.line + 1, dotted((*loc, name)), "is given twice", "Keep one of the two")
                continue
            self.places[(*loc, name)] = (file, key.start_mark.line + 1)
            built[name] = self._build(file, (*loc, name), value, loader)
        return built

    def fault(self, loc: Loc, wrong: str, remedy: str) -> None:
        """Note a fault at the nearest place that is known."""
        for length in range(len(loc), 0, -1):
            if place := self.places.get(loc[:length]):
                self._at(*place, self._named(loc), wrong, remedy)
                return
        self._at(self.folder.name, 0, self._named(loc), wrong, remedy)

    def stop_if_wrong(self) -> None:
        if self.faults:
            raise PackError(self.folder.name, tuple(self.faults))

    def _at(self, file: str, line: int, field: str, wrong: str, remedy: str) -> None:
        self.faults.append(Fault(file, line, field or "(file)", wrong, remedy))

    def _named(self, loc: Loc) -> str:
        """`clocks[CK-07].value`: an item is called by its id where it has one."""
        thing: Any = self.sections
        words: list[int | str] = []
        for step in loc:
            try:
                thing = thing[step]
            except (LookupError, TypeError):
                thing = None
            if isinstance(step, int) and isinstance(thing, dict):
                known = thing.get("id") or thing.get("code") or thing.get("article")
                words.append(f"[{known}]" if isinstance(known, str) else step)
            else:
                words.append(step)
        return dotted(tuple(words))


def dotted(loc: Loc) -> str:
    """A path as people write it: scales[0].criteria[2].level."""
    words = ""
    for step in loc:
        if isinstance(step, int):
            words += f"[{step}]"
        elif step.startswith("["):
            words += step
        else:
            words += f".{step}" if words else step
    return words


def _explain(problem: Any) -> tuple[Loc, str, str]:
    """One finding of the schema in plain words."""
    loc: Loc = tuple(problem["loc"])
    match problem["type"]:
        case "missing":
            return loc, "is missing", "Add it"
        case "extra_forbidden":
            known = ", ".join(sorted(_fields_at(loc[:-1])))
            return loc, "is not a known field", f"Correct its name or remove it; known here: {known}"
        case "enum":
            return loc, f"'{problem['input']}' is not allowed", f"Use {problem['ctx']['expected']}"
        case "value_error":
            return loc, str(problem["ctx"]["error"]), "Correct the value"
        case _:
            said = problem["msg"][0].lower() + problem["msg"][1:]
            return loc, f"{said} (given: {problem['input']!r})", "Correct the value"


def _fields_at(loc: Loc) -> Iterator[str]:
    """Names of the fields the schema knows at a place."""
    model: type[BaseModel] | None = Pack
    for step in loc:
        if isinstance(step, str) and model and step in model.model_fields:
            model = _model_in(model.model_fields[step].annotation)
    yield from model.model_fields if model else ()


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model inside an annotation such as tuple[ClockType, ...]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model_in(inner))), None)
