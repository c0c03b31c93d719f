"""The bundle: every icon named in the sources exists, and the lock names no addresses."""

from __future__ import annotations

import importlib.util
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

from bastide.base.ui.badges import ICONS

ROOT = Path(__file__).resolve().parents[3]
DIST = ROOT / "src/bastide/base/ui/static/ui/dist"


def bundle() -> ModuleType:
    """The tool as a module."""
    spec = importlib.util.spec_from_file_location("bundle_tool", ROOT / "tools/bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lock_has_hashes_and_no_addresses() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert all(package.get("integrity") for name, package in packages.items() if name)


@pytest.fixture
def drawings() -> Path:
    folder = ROOT / "node_modules/@tabler/icons/icons"
    if not folder.is_dir():
        pytest.skip("no icons: run python tools/bundle.py")
    return folder


def test_every_icon_that_is_named_exists(drawings: Path) -> None:
    named = bundle().icon_names()
    assert len(named) > 50
    unknown = {
        name: str(path)
        for name, path in named.items()
        if not (drawings / "outline" / f"{name}.svg").exists()
        and not (drawings / "filled" / f"{name.removesuffix('-filled')}.svg").exists()
    }
    assert unknown == {}


def test_every_tone_has_an_icon_in_the_sprite() -> None:
    if not (DIST / "icons.svg").exists():
        pytest.skip("no bundle: run python tools/bundle.py")
    sprite = ET.fromstring((DIST / "icons.svg").read_text(encoding="utf-8"))
    assert set(ICONS.values()) <= {symbol.get("id") for symbol in sprite}


def test_scripts_do_not_make_code_from_text() -> None:
    assert '"allowEval": false' in (ROOT / "src/bastide/base/ui/templates/ui/base.html").read_text(encoding="utf-8")
