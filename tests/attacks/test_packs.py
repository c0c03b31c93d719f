"""Packs made to harm: each fault is told with its file and line, nothing is built and nothing blows up."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from bastide.base.packs.faults import PackError
from bastide.base.packs.loader import load

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip(string.ascii_lowercase, string.ascii_lowercase[1:13], strict=False)
)
HARMFUL = {
    "a call": ("manifest: !!python/object/apply:os.system ['touch made']", 1),
    "a new object": ("manifest:\n  id: !!python/object/new:os.system ['touch made']", 2),
    "aliases of aliases": (BOMB, 5),
    "the same within": ("manifest:\n" + "".join(f"  {line}\n" for line in BOMB.splitlines()), 6),
    "an alias of itself": ("manifest: &a\n  b: *a\n", 2),
    "lists without end": (f"manifest: {'[' * 20_000}{']' * 20_000}", 1),
    "mappings without end": (f"manifest: {'{a: ' * 5_000}1{'}' * 5_000}", 1),
    "a name twice": ("manifest: {id: x, id: y}", 1),
    "no UTF-8": (b"\n\nmanifest: \xff\xfe", 3),
    "zeros": ("\nmanifest: \0", 1),
    "a day that is none": ("manifest: {id: 2026-99-99}", 1),
    "a list at the top": ("- manifest", 1),
}


@pytest.mark.parametrize(("text", "line"), HARMFUL.values(), ids=HARMFUL)
def test_it_is_refused_with_its_place(
    text: str | bytes, line: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "all.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PackError) as found:
        load(pack)
    assert f"pack/all.yaml:{line}:" in str(found.value)
    assert not (tmp_path / "made").exists()
