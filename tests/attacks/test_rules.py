"""Detection rules made to harm: left out with a reason, the good ones beside them kept, and no object built."""

from __future__ import annotations

from pathlib import Path

import pytest

from bastide.engines.detect import load_rules, match
from tests.engines.detect.makers import rule_text

GOOD = rule_text("s: {A: x}\ncondition: s")
TAGS = {
    "a call": "!!python/object/apply:os.system ['touch made']",
    "a new object": "!!python/object/new:os.system ['touch made']",
    "a module": "!!python/module:os",
    "a name": "!!python/name:os.system",
    "a tag of its own": "!evil x",
}
ENDLESS = ["(a{1000}){1000}{1000}", "((a{100}){100}){100}", "(?:x{0,1000}){0,1000}"]
SLOW = ["(a+)+$", "(a|aa)+$", "(.*a){12}$", "([a-z]+)*[0-9]$"]


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
def test_a_tag_builds_nothing(tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yml").write_text(rule_text(f"s: {{A: {tag}}}\ncondition: s"))
    (tmp_path / "good.yml").write_text(GOOD)
    found = load_rules([tmp_path])
    assert [rule.path.rsplit("/", 1)[-1] for rule in found.rules] == ["good.yml"]
    (left,) = found.rejected
    assert left.reason
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("expression", ENDLESS)
def test_an_expression_too_large_to_build_is_left_out(expression: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(rule_text(f"s: {{A|re: '{expression}'}}\ncondition: s"))
    (tmp_path / "good.yml").write_text(GOOD)
    found = load_rules([tmp_path])
    assert len(found.rules) == 1
    assert found.rejected[0].reason


@pytest.mark.parametrize("expression", SLOW)
def test_an_expression_that_would_not_end_ends(expression: str, tmp_path: Path) -> None:
    """With a backtracking engine this text would take longer than the world has."""
    (tmp_path / "slow.yml").write_text(rule_text(f"s: {{A|re: '{expression}'}}\ncondition: s"))
    found = load_rules([tmp_path])
    assert len(found.rules) == 1
    assert not list(match(found, [{"sigma_product": "linux", "A": "a" * 5_000 + "!"}]))
