"""The documents say what the code is: commands, settings, contexts, decisions; no dead link, no foreign address."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml
from django.conf import settings

from bastide.cli import app
from bastide.settings import Environment
from tests.house.test_arrows import FLOOR

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Links, not pictures: those are taken from the running console.
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.M | re.S)
HOST = re.compile(r"https?://|\bregistry\.|\bgit\+", re.I)
# Folders of the machine something was written on. What programs use on every Linux is not meant.
MACHINE = re.compile(r"(?<![\w.])/(?:work|home/\w+|Users/\w+|root|workspace|builds)/\w")


def tracked(*patterns: str) -> list[Path]:
    """Files under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def pages() -> list[Path]:
    """Every page people read."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def commands(group: typer.Typer = app, before: str = "bastide") -> Iterator[str]:
    """Every command as it is typed."""
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{before} {command.name or command.callback.__name__.replace('_', '-')}"
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, f"{before} {inner.name}")


def test_every_command_stands_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    assert [name for name in commands() if f"`{name}" not in text] == []


def test_every_make_target_is_explained_by_make_help() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY:(.*)$", text, re.M)
    assert phony is not None
    told = set(re.findall(r'@echo "make (\w+)', text))
    assert set(phony[1].split()) - told - {"clean", "messages"} == set()


def test_every_setting_stands_in_the_settings_page() -> None:
    text = (DOCS / "settings.md").read_text()
    assert [name for name in Environment.model_fields if f"`{name.upper()}`" not in text] == []


def test_the_printed_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "print_docs.py"), "--check"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_context_has_its_page_and_its_place_in_the_house() -> None:
    house = (DOCS / "house.md").read_text()
    contexts = [name for name in settings.CONTEXTS if name in FLOOR]
    assert [name for name in contexts if not (DOCS / "contexts" / f"{name}.md").exists()] == []
    assert [name for name in settings.CONTEXTS if not re.search(rf"\b{name}\b", house)] == []


def test_every_room_of_the_ground_floor_has_its_place_in_the_house() -> None:
    house = (DOCS / "house.md").read_text()
    rooms = [path.parent.name for path in (ROOT / "src/bastide/base").glob("*/__init__.py")]
    assert [room for room in rooms if f"| `{room}` |" not in house] == []


class TestDecisions:
    def test_each_is_in_the_index(self) -> None:
        index = (DOCS / "index.md").read_text()
        assert [path.name for path in (DOCS / "decisions").glob("*.md") if path.name not in index] == []

    def test_each_has_a_number_of_its_own_and_three_parts(self) -> None:
        found = sorted((DOCS / "decisions").glob("*.md"))
        assert [path.name[:4] for path in found] == [f"{place:04d}" for place in range(1, len(found) + 1)]
        for path in found:
            text = path.read_text()
            assert text.startswith(f"# {path.name[:4]} · "), path.name
            assert all(part in text for part in ("**Question.**", "**Choice.**", "**Price.**")), path.name


def test_every_page_is_in_the_navigation_and_nothing_else() -> None:
    def leaves(nav: object) -> Iterator[str]:
        if isinstance(nav, str):
            yield nav
        elif isinstance(nav, dict):
            for value in nav.values():
                yield from leaves(value)
        elif isinstance(nav, list):
            for value in nav:
                yield from leaves(value)

    named = list(leaves(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    there = [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")]
    assert sorted(named) == sorted(there), "bring the nav of mkdocs.yml up to date"


def test_no_link_inside_the_repository_is_dead() -> None:
    dead = []
    for page in pages():
        for target in LINK.findall(FENCED.sub("", page.read_text())):
            name, _hash, anchor = target.partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            goal = (page.parent / name).resolve() if name else page
            if not goal.exists() or not goal.is_relative_to(ROOT):
                dead.append(f"{page.relative_to(ROOT)}: {target}")
            elif anchor and goal.suffix == ".md" and anchor not in anchors(goal):
                dead.append(f"{page.relative_to(ROOT)}: {target} has no such heading")
    assert dead == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_no_lock_or_toml_names_a_host() -> None:
    named = []
    for path in tracked("*.lock", "*.toml", ".npmrc", "package.json"):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if HOST.search(line):
                named.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        # Where authors ask for gifts is no place that anything is fetched from.
        if HOST.search(json.dumps({key: value for key, value in package.items() if key != "funding"})):
            named.append(f"package-lock.json: {name}")
    assert named == []


def test_no_tracked_file_names_a_path_of_a_machine() -> None:
    named = []
    for path in tracked():
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE.search(line):
                named.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert named == []


@pytest.mark.parametrize(
    "name", ["LICENSE", "README.md", "CONTRIBUTING.md", "SECURITY.md", "THREAT_MODEL.md", "CHANGELOG.md"]
)
def test_what_people_look_for_first_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 500


def test_the_threat_model_names_files_that_exist() -> None:
    named = re.findall(r"`([a-z_/]+/[a-z_]*(?:\.py)?)`", (ROOT / "THREAT_MODEL.md").read_text())
    places = [name for name in named if not name.startswith("/")]
    assert [n for n in places if not (ROOT / "src/bastide" / n).exists() and not (ROOT / n).exists()] == []
