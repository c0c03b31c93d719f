"""An encrypted backup opens with its key alone, is what the format of age says, and is whole though others write meanwhile."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pyrage
import pytest
import zstandard

from tests.paths.conftest import ROOT, Installation

pytestmark = pytest.mark.slow
PASSPHRASE = "four plain words here"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation after `bastide init`, with evidence of 20 MB that does not compress."""
    there = Installation(tmp_path_factory.mktemp("made"))
    os.environ["BASTIDE_INIT_PASSWORD"] = "correct-horse-77"
    done = there.run("-m", "bastide.cli", "init", "--name-zh", "测试部")
    assert done.returncode == 0, done.stderr
    (there.home / "vault").mkdir(exist_ok=True)
    (there.home / "vault" / "large").write_bytes(os.urandom(20_000_000))
    return there


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("key") / "key.txt"
    secret = pyrage.x25519.Identity.generate()
    file.write_text(f"# made for a test\n{secret}\n")
    return file


def public(identity: Path) -> str:
    return str(pyrage.x25519.Identity.from_str(identity.read_text().split()[-1]).to_public())


@pytest.fixture(scope="module")
def passphrase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("word") / "word.txt"
    file.write_text(f"{PASSPHRASE}\n")
    return file


def bastide(installation: Installation, *words: object) -> subprocess.CompletedProcess[str]:
    return installation.run("-m", "bastide.cli", *map(str, words))


def look(installation: Installation) -> dict[str, Any]:
    done = installation.run(str(Path(__file__).with_name("look_after.py")))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def for_one(made: Installation, identity: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("encrypted") / "all.age"
    other = pyrage.x25519.Identity.generate().to_public()
    done = bastide(made, "backup", file, "--recipient", public(identity), "--recipient", other)
    assert done.returncode == 0, done.stderr
    assert "not encrypted" not in done.stdout
    return file


@pytest.fixture(scope="module")
def by_word(made: Installation, passphrase: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("encrypted") / "all.age"
    done = bastide(made, "backup", file, "--passphrase-file", passphrase)
    assert done.returncode == 0, done.stderr
    return file


class TestForRecipients:
    def test_it_is_an_age_file_with_the_tar_inside(self, for_one: Path, identity: Path, made: Installation) -> None:
        secret = pyrage.x25519.Identity.from_str(identity.read_text().split()[-1])
        packed = pyrage.decrypt(for_one.read_bytes(), [secret])
        with tarfile.open(fileobj=io.BytesIO(zstandard.ZstdDecompressor().stream_reader(packed).read())) as archive:
            assert {"database.sqlite3", "home/secret.key", "home/vault/large", "manifest.json"} <= set(
                archive.getnames()
            )
        assert (made.home / "secret.key").read_bytes() not in for_one.read_bytes()

    def test_what_is_restored_is_the_same(
        self, for_one: Path, identity: Path, made: Installation, tmp_path: Path
    ) -> None:
        there = Installation(tmp_path / "there")
        done = bastide(there, "restore", for_one, "--identity", identity)
        assert done.returncode == 0, done.stderr
        for name in ("secret.key", "vault/large"):
            assert (there.home / name).read_bytes() == (made.home / name).read_bytes()
        assert look(there)["faults"] == []

    def test_without_a_key_it_says_which_option(self, for_one: Path, tmp_path: Path) -> None:
        done = bastide(Installation(tmp_path / "there"), "restore", for_one)
        assert (done.returncode, "--identity" in done.stderr) == (1, True)

    def test_another_key_is_named_as_the_reason(self, for_one: Path, tmp_path: Path) -> None:
        (tmp_path / "other").write_text(str(pyrage.x25519.Identity.generate()))
        done = bastide(Installation(tmp_path / "there"), "restore", for_one, "--identity", tmp_path / "other")
        assert done.returncode == 1
        assert "encrypted for others" in done.stderr
        assert not (tmp_path / "there" / "bastide.sqlite3").exists()

    def test_a_word_that_is_no_recipient_is_refused(self, made: Installation, tmp_path: Path) -> None:
        done = bastide(made, "backup", tmp_path / "x", "--recipient", "age1nobody")
        assert (done.returncode, "no recipient" in done.stderr) == (1, True)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("where", [0.3, 0.9])
    def test_a_flipped_bit_is_found(self, for_one: Path, identity: Path, tmp_path: Path, where: float) -> None:
        content = bytearray(for_one.read_bytes())
        content[int(len(content) * where)] ^= 1
        (tmp_path / "bad").write_bytes(content)
        done = bastide(Installation(tmp_path / "there"), "backup", "--check", tmp_path / "bad", "--identity", identity)
        assert done.returncode == 1
        assert "changed or cut off" in done.stderr

    def test_a_cut_off_file_is_found(self, for_one: Path, identity: Path, tmp_path: Path) -> None:
        (tmp_path / "short").write_bytes(for_one.read_bytes()[:-1])
        done = bastide(Installation(tmp_path / "t"), "backup", "--check", tmp_path / "short", "--identity", identity)
        assert (done.returncode, "Take another copy" in done.stderr) == (1, True)


class TestWithAPassphrase:
    def test_its_head_is_a_key_that_the_passphrase_opens(self, by_word: Path) -> None:
        head, end, rest = by_word.read_bytes().partition(b"-----END AGE ENCRYPTED FILE-----\n")
        key = pyrage.passphrase.decrypt(head + end, PASSPHRASE).decode().strip()
        packed = pyrage.decrypt(rest, [pyrage.x25519.Identity.from_str(key)])
        assert packed.startswith(b"\x28\xb5\x2f\xfd"), "Zstandard"

    def test_it_is_checked_and_restored(
        self, by_word: Path, passphrase: Path, made: Installation, tmp_path: Path
    ) -> None:
        there = Installation(tmp_path / "there")
        assert bastide(there, "backup", "--check", by_word, "--passphrase-file", passphrase).returncode == 0
        done = bastide(there, "restore", by_word, "--passphrase-file", passphrase)
        assert done.returncode == 0, done.stderr
        assert (there.home / "vault/large").read_bytes() == (made.home / "vault/large").read_bytes()

    def test_another_passphrase_is_named_as_the_reason(self, by_word: Path, tmp_path: Path) -> None:
        (tmp_path / "word").write_text("four other words here")
        done = bastide(Installation(tmp_path / "there"), "restore", by_word, "--passphrase-file", tmp_path / "word")
        assert (done.returncode, "passphrase does not open" in done.stderr) == (1, True)


def test_a_backup_while_evidence_is_handed_in_is_whole(made: Installation, tmp_path: Path) -> None:
    """Everything acknowledged before it began is in it; whatever is in it has its bytes and its entry."""
    environment = {**os.environ, "BASTIDE_HOME": str(made.home), "DATABASE_URL": "", "PYTHONPATH": str(ROOT / "src")}
    words = [sys.executable, str(Path(__file__).with_name("hand_in.py")), str(tmp_path / "enough")]
    log = tmp_path / "acknowledged"
    with open(log, "w") as out, subprocess.Popen(words, env=environment, stdout=out) as writer:
        acknowledged(log, 10)
        before = log.read_text().split()
        done = bastide(made, "backup", tmp_path / "all.tar.zst")
        acknowledged(log, len(before) + 1)
        (tmp_path / "enough").touch()
        assert writer.wait(60) == 0
    after = log.read_text().split()
    assert done.returncode == 0, done.stderr

    there = Installation(tmp_path / "there")
    assert bastide(there, "restore", tmp_path / "all.tar.zst").returncode == 0
    found = look(there)
    assert set(before) <= set(found["evidence"]) <= set(after)
    assert found["evidence"] == after[: len(found["evidence"])], "one moment: nothing left out in between"
    assert found["in_the_trail"] == found["evidence"]
    assert (found["broken"], found["faults"]) == ([], [])
    assert found["seals"] > 0


def acknowledged(log: Path, count: int) -> None:
    end = time.monotonic() + 120
    while len(log.read_text().split()) < count:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_memory_stays_the_same_however_large_the_folder(made: Installation, identity: Path, tmp_path: Path) -> None:
    """The most memory of a process that encrypts and checks 400 MB more differs by less than 40 MB."""
    measured = []
    for megabytes in (0, 400):
        with open(made.home / "vault" / "larger", "wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(1 << 20))
        done = made.run(
            "-c",
            "import resource, sys\n"
            "from bastide.cli import app\n"
            f"app(['backup', '{tmp_path}/{megabytes}', '-r', '{public(identity)}'], standalone_mode=False)\n"
            f"app(['backup', '--check', '{tmp_path}/{megabytes}', '-i', '{identity}'], standalone_mode=False)\n"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)",
        )
        assert done.returncode == 0, done.stderr
        measured.append(int(done.stdout.split()[-1]))
    (made.home / "vault" / "larger").unlink()
    assert (tmp_path / "400").stat().st_size > 400_000_000
    assert measured[1] - measured[0] < 40_000, measured
