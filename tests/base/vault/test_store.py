"""The folder of files by hash: streaming, limits, and what is left behind."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bastide.base.flow.refusals import Refused
from bastide.base.vault import store


def keep(*chunks: bytes, limit: int | None = None) -> store.Kept:
    return store.keep(chunks, name="a.bin", judge=lambda file: "text/plain", limit=limit)


def left_behind(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


class TestKeep:
    def test_it_knows_the_hash_of_all_the_chunks(self) -> None:
        kept = keep(b"ab", b"cd")
        assert kept == store.Kept(hashlib.sha256(b"abcd").hexdigest(), 4, "text/plain")
        assert store.path_of(kept.sha256).read_bytes() == b"abcd"

    def test_it_stops_reading_at_the_limit_and_leaves_nothing(self, home: Path) -> None:
        taken = []

        def endless() -> Iterator[bytes]:
            while True:
                taken.append(1)
                yield b"x" * 100

        with pytest.raises(Refused, match="larger than"):
            store.keep(endless(), name="a.bin", judge=lambda file: "", limit=1000)
        assert len(taken) == 11
        assert left_behind(home) == []

    def test_what_is_refused_leaves_nothing(self, home: Path) -> None:
        def refuse(file: object) -> str:
            raise Refused("no")

        with pytest.raises(Refused):
            store.keep([b"x"], name="a.bin", judge=refuse)
        assert left_behind(home) == []

    def test_the_same_bytes_are_kept_once(self, home: Path) -> None:
        assert keep(b"same").sha256 == keep(b"sa", b"me").sha256
        assert len(left_behind(home)) == 1

    def test_kept_files_cannot_be_written_by_accident(self) -> None:
        path = store.path_of(keep(b"x").sha256)
        assert path.stat().st_mode & 0o222 == 0

    def test_a_path_is_made_of_a_hash_only(self) -> None:
        with pytest.raises(ValueError, match="not a SHA-256"):
            store.path_of("../../etc/passwd")


class TestRehash:
    def test_it_finds_a_changed_byte(self) -> None:
        kept = keep(b"evidence")
        path = store.path_of(kept.sha256)
        path.chmod(0o600)
        path.write_bytes(b"evidencf")
        assert store.rehash(kept.sha256)[0] != kept.sha256

    def test_it_says_when_nothing_is_there(self) -> None:
        assert store.rehash("0" * 64) == ("", 0)


class TestForget:
    def test_bytes_put_there_again_meanwhile_stay(self) -> None:
        kept = keep(b"x")
        path = store.path_of(kept.sha256)
        os.utime(path, (1000, 1000))
        keep(b"x")
        store.forget(kept.sha256, before=2000)
        assert path.exists()
