"""The plan of the house is kept by a machine: layers, faces, floors, templates."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from django.apps import apps
from django.db.models import ForeignKey

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "bastide"
FLOORS = [
    {"norms"}, {"registry"}, {"monitor", "contest", "foster"}, {"respond"}, {"inspection", "share"}, {"rectify"}, {"risk"},
]  # fmt: skip
FLOOR = {name: floor for floor, names in enumerate(FLOORS, start=1) for name in names}
FACE = {"flows", "reads", "facts"}


def context_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOOR else ""


def word_of(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 else ""


@pytest.mark.slow
def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout


def test_a_context_is_entered_by_its_face() -> None:
    graph = grimp.build_graph("bastide", cache_dir=None)
    wrong = []
    for importer in sorted(graph.modules):
        for imported in graph.find_modules_directly_imported_by(importer):
            inside, outside = context_of(imported), context_of(importer)
            types_only = word_of(importer) == word_of(imported) == "models"  # a foreign key names its type
            if inside and outside and inside != outside and word_of(imported) not in FACE and not types_only:
                wrong.append(f"{importer} imports {imported}: enter a context by {', '.join(sorted(FACE))}")
            if inside and importer.startswith("bastide.home.") and word_of(imported) not in {"reads", "facts"}:
                wrong.append(f"{importer} imports {imported}: the situation room only reads")
    assert not wrong, "\n".join(wrong)


def test_no_foreign_key_climbs() -> None:
    wrong = []
    for model in apps.get_models():
        here = context_of(model.__module__)
        for field in model._meta.get_fields():
            if not isinstance(field, ForeignKey) or not model.__module__.startswith("bastide."):
                continue
            there = context_of(field.related_model.__module__)
            base_climbs = not here and there
            if base_climbs or (there and here and there != here and FLOOR[there] >= FLOOR[here]):
                wrong.append(f"{model.__name__}.{field.name} points up to {field.related_model.__name__}")
    assert not wrong, "\n".join(wrong)


def test_no_template_reaches_into_another_context() -> None:
    wrong = []
    for path in SOURCE.rglob("templates/**/*.html"):
        room = path.parts[path.parts.index("templates") + 1]
        for name in re.findall(r"{%\s*(?:extends|include)\s+['\"]([^'\"]+)", path.read_text()):
            other = name.split("/")[0]
            if other not in {room, "ui", "account", "mfa", "allauth"}:
                wrong.append(f"{path.relative_to(SOURCE)} uses {name}")
    assert not wrong, "\n".join(wrong)


def test_every_model_that_pages_show_declares_its_scope() -> None:
    from bastide.base.flow import flows
    from bastide.base.people.bounds import Scope

    for flow in flows().values():
        assert isinstance(getattr(flow.model, "SCOPE", None), Scope), flow.kind


def test_each_file_says_what_one_finds_in_it() -> None:
    mute = []
    for path in SOURCE.rglob("*.py"):
        text = path.read_text()
        if "migrations" not in path.parts and text.strip() and not text.startswith(('"""', "#!")):
            mute.append(str(path.relative_to(SOURCE)))
    assert not mute, mute
