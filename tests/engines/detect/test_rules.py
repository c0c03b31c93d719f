"""How rules are loaded, which are left out and why, and that a kept set is the set."""

from __future__ import annotations

import tarfile
import time
from pathlib import Path

import pytest

from bastide.engines.detect import NoRules, Rejected, RuleSet, load_rules, match

from .makers import rule_text

GOOD = rule_text("s: {A: x}\ncondition: s", more="tags: [attack.t1003.001, attack.execution]\nauthor: Somebody\n")
EVENT = {"sigma_product": "linux", "A": "x"}


def rejected(text: str) -> Rejected:
    """The one reason why a file gives no rule."""
    loaded = RuleSet.from_texts([("rule.yml", text)])
    assert loaded.rules == ()
    (only,) = loaded.rejected
    return only


class TestLoad:
    def test_it_knows_what_people_read_of_a_rule(self) -> None:
        (rule,) = RuleSet.from_texts([("a.yml", GOOD)]).rules
        assert (rule.title, rule.level, rule.author, rule.path, rule.line) == ("A test", "high", "Somebody", "a.yml", 1)
        assert rule.techniques == ("T1003.001",)
        assert rule.fields == ("A",)

    def test_it_reads_files_folders_and_archives(self, tmp_path: Path) -> None:
        folder = tmp_path / "rules" / "deep"
        folder.mkdir(parents=True)
        (folder / "a.yml").write_text(GOOD)
        (folder / "README.md").write_text("no rule")
        with tarfile.open(tmp_path / "rules.tar.gz", "w:gz") as archive:
            archive.add(tmp_path / "rules", "sigma")
        for place in (folder / "a.yml", tmp_path / "rules", tmp_path / "rules.tar.gz"):
            assert len(load_rules([place]).rules) == 1

    def test_it_says_when_there_is_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(NoRules, match=r"no rule files \(.yml, .yaml\)"):
            load_rules([tmp_path])

    def test_several_documents_in_a_file_are_several_rules(self) -> None:
        other = rule_text("s: {A: y}\ncondition: s")
        assert [rule.line for rule in RuleSet.from_texts([("a.yml", f"{GOOD}---\n{other}")]).rules] == [1, 12]

    def test_a_rule_without_id_gets_one_that_stays(self) -> None:
        bare = "".join(line for line in GOOD.splitlines(keepends=True) if not line.startswith("id:"))
        first, second = (RuleSet.from_texts([("a.yml", bare)]).rules[0].id for _ in range(2))
        assert first == second != ""

    def test_placeholders_take_the_values_given(self) -> None:
        text = rule_text("s: {A|expand: 'x-%admins%'}\ncondition: s")
        loaded = RuleSet.from_texts([("a.yml", text)], placeholders={"admins": ["root", "adm"]})
        events = [{"sigma_product": "linux", "A": value} for value in ("x-root", "x-adm", "x-%admins%")]
        assert [event for event, _ in match(loaded, events)] == [0, 1]

    def test_global_parts_of_a_file_are_merged(self) -> None:
        head = "action: global\ntitle: Both\nlogsource: {product: linux}\ndetection: {condition: s}\n"
        parts = "---\nid: 00000000-0000-4000-8000-000000000001\ndetection: {s: {A: 1}}\n"
        parts += "---\nid: 00000000-0000-4000-8000-000000000002\ndetection: {s: {A: 2}}\n"
        assert [rule.title for rule in RuleSet.from_texts([("a.yml", head + parts)]).rules] == ["Both", "Both"]


class TestReject:
    def test_one_bad_rule_does_not_spoil_the_others(self) -> None:
        loaded = RuleSet.from_texts([("bad.yml", "title: [unclosed"), ("good.yml", GOOD)])
        assert len(loaded.rules) == 1
        assert [each.path for each in loaded.rejected] == ["bad.yml"]

    def test_it_names_the_line_of_broken_yaml(self) -> None:
        problem = rejected("title: x\ndetection:\n  a: [b\nc: d\n")
        assert (problem.code, problem.line) == ("yaml", 4)

    def test_it_names_the_line_where_the_rule_starts(self) -> None:
        loaded = RuleSet.from_texts([("a.yml", f"{GOOD}---\ntitle: nothing more\n")])
        assert [(each.line, each.code) for each in loaded.rejected] == [(12, "rule")]

    @pytest.mark.parametrize(
        ("detection", "code", "words"),
        [
            ("s: {A|nosuch: x}\ncondition: s", "rule", "nosuch"),
            ("s: {A: x}\ncondition: t", "rule", "t"),
            ("s: {A: x}\ncondition: s | count() > 5", "rule", "pipe"),
            ("s: {A|expand: '%admins%'}\ncondition: s", "placeholder", "%admins%"),
            ("s: {A|re: 'a(?=b)'}\ncondition: s", "regex", "look-ahead"),
            ("s: {A|re: '(?<!a)b'}\ncondition: s", "regex", "look-behind"),
            (r"s: {A|re: '(a)\1'}" + "\ncondition: s", "regex", "back-reference"),
            ("s: {A|re: '(a'}\ncondition: s", "rule", "regular expression"),
            ("s: {A|cidr: 10.0.0.0/99}\ncondition: s", "rule", "10.0.0.0/99"),
            ("s: {A: x}\ncondition: s or", "rule", ""),
            ("s: {A|windash: ' -a -b -c -d -e -f -g -h -i'}\ncondition: s", "long", "9 dashes"),
        ],
    )
    def test_it_says_why(self, detection: str, code: str, words: str) -> None:
        problem = rejected(rule_text(detection))
        assert problem.code == code
        assert words.lower() in problem.reason.lower()

    def test_correlations_and_filters_are_named(self) -> None:
        assert rejected("title: x\ncorrelation: {type: event_count}\n").code == "correlation"
        assert rejected("title: x\nlogsource: {product: linux}\nfilter: {rules: [a]}\n").code == "filter"

    def test_an_id_that_is_taken_is_named(self) -> None:
        loaded = RuleSet.from_texts([("a.yml", GOOD), ("b.yml", GOOD)])
        assert [(each.path, each.code) for each in loaded.rejected] == [("b.yml", "duplicate")]
        assert "a.yml" in loaded.rejected[0].reason

    def test_aliases_that_multiply_are_refused(self) -> None:
        bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        for one, two in zip("abcdefg", "bcdefgh", strict=False):
            bomb += f"{two}: &{two} [{', '.join([f'*{one}'] * 10)}]\n"
        assert rejected(bomb).code == "long"

    @pytest.mark.parametrize("depth", [120, 400, 3000])
    def test_deep_nesting_is_refused(self, depth: int) -> None:
        condition = "(s and not (t or " * depth + "s" + "))" * depth
        assert rejected(rule_text(f"s: {{A: x}}\nt: {{B: x}}\ncondition: {condition}")).code in ("condition", "rule")

    def test_bytes_that_are_no_text_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_bytes(b"title: x\nlevel: \xff\xff\n")
        assert [(each.code, each.line) for each in load_rules([tmp_path]).rejected] == [("yaml", 2)]


class TestCache:
    def test_a_kept_set_is_the_set(self, tmp_path: Path) -> None:
        texts = [("a.yml", GOOD), ("bad.yml", "title: [")]
        made = RuleSet.from_texts(texts, cache=tmp_path)
        kept = RuleSet.from_texts(texts, cache=tmp_path)
        assert (kept.rules, kept.rejected, kept.digest) == (made.rules, made.rejected, made.digest)
        assert match(kept, [EVENT]).pairs == ((0, 0),)

    def test_it_is_not_taken_for_other_rules_or_placeholders(self, tmp_path: Path) -> None:
        RuleSet.from_texts([("a.yml", GOOD)], cache=tmp_path)
        RuleSet.from_texts([("a.yml", GOOD + "\n")], cache=tmp_path)
        RuleSet.from_texts([("a.yml", GOOD)], cache=tmp_path, placeholders={"x": ["y"]})
        assert len(list(tmp_path.iterdir())) == 3

    @pytest.mark.parametrize("damage", [b"", b"{}", b"abc\n{}", None])
    def test_a_damaged_one_is_made_anew(self, tmp_path: Path, damage: bytes | None) -> None:
        RuleSet.from_texts([("a.yml", GOOD)], cache=tmp_path)
        (kept,) = tmp_path.iterdir()
        kept.write_bytes(kept.read_bytes()[:-9] if damage is None else damage)
        assert match(RuleSet.from_texts([("a.yml", GOOD)], cache=tmp_path), [EVENT]).pairs == ((0, 0),)

    def test_a_folder_that_cannot_be_written_costs_only_time(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert len(RuleSet.from_texts([("a.yml", GOOD)], cache=tmp_path / "file" / "below").rules) == 1


class TestDigest:
    def test_it_changes_with_what_is_evaluated(self) -> None:
        other = RuleSet.from_texts([("a.yml", GOOD.replace("{A: x}", "{A: z}"))])
        assert RuleSet.from_texts([("a.yml", GOOD)]).digest != other.digest


def test_a_large_value_list_is_quick() -> None:
    values = "\n".join(f"      - value{at}" for at in range(5000))
    loaded = RuleSet.from_texts([("a.yml", rule_text(f"s:\n  A|contains:\n{values}\ncondition: s"))])
    events = [{"sigma_product": "linux", "A": f"some text {at}"} for at in range(2000)]
    started = time.process_time()
    assert len(match(loaded, events)) == 0
    assert time.process_time() - started < 5
