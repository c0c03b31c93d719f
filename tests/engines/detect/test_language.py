"""What each word of the Sigma language means here, one sentence at a time."""

from __future__ import annotations

import base64

import pytest

from .makers import asks, fires


class TestText:
    def test_it_is_compared_without_regard_to_case(self) -> None:
        assert asks("Image: CMD.exe", Image="cmd.EXE")

    def test_it_is_compared_without_regard_to_case_beyond_ascii(self) -> None:
        assert asks("Name: ÄRGER", Name="ärger")

    def test_it_must_be_the_whole_value(self) -> None:
        assert not asks("Image: cmd.exe", Image="xcmd.exe")

    def test_a_list_asks_for_one_of_its_values(self) -> None:
        assert asks("Image: [a, b]", Image="b")
        assert not asks("Image: [a, b]", Image="c")

    def test_several_fields_are_all_asked(self) -> None:
        assert fires("s: {A: 1, B: 2}\ncondition: s", A="1", B="2")
        assert not fires("s: {A: 1, B: 2}\ncondition: s", A="1", B="3")

    def test_a_list_of_maps_asks_for_one_of_them(self) -> None:
        assert fires("s:\n  - A: 1\n  - B: 2\ncondition: s", B="2")

    def test_field_names_keep_their_case(self) -> None:
        assert not asks("image: x", Image="x")

    def test_a_field_name_with_spaces_is_found_without(self) -> None:
        assert asks("ThreatName: x", **{"Threat Name": "x"})

    def test_the_exact_name_goes_before_the_one_without_spaces(self) -> None:
        assert not asks("ThreatName: x", **{"Threat Name": "x", "ThreatName": "y"})

    def test_a_dotted_name_reaches_into_objects(self) -> None:
        assert asks("user.name: root", user={"name": "root"})
        assert asks("user.name: root", **{"user.name": "root"})

    def test_a_list_in_the_event_fits_if_one_member_does(self) -> None:
        assert asks("answers: b", answers=["a", "b"])
        assert asks("answers|contains: [x, zz]", answers=["a", "fizz fizz zz"])
        assert not asks("answers: c", answers=["a", "b"])

    def test_objects_in_a_list_are_reached_by_name(self) -> None:
        assert asks("rules.port: 22", rules=[{"port": 80}, {"port": 22}])


class TestOtherValues:
    def test_a_number_equals_its_text(self) -> None:
        assert asks("EventID: 4688", EventID="4688")
        assert asks("EventID: '4688'", EventID=4688)
        assert not asks("EventID: 4688", EventID="04688")

    def test_a_boolean_equals_its_text_in_any_case(self) -> None:
        assert asks("Initiated: 'true'", Initiated=True)
        assert asks("Initiated: true", Initiated="True")
        assert not asks("Initiated: true", Initiated=1)

    def test_null_means_absent_or_null(self) -> None:
        assert asks("Gone: null")
        assert asks("Gone: null", Gone=None)
        assert not asks("Gone: null", Gone="")

    def test_the_empty_text_is_not_null(self) -> None:
        assert asks("Field: ''", Field="")
        assert not asks("Field: ''")
        assert not asks("Field: ''", Field=None)
        assert not asks("Field: ''", Field=" ")

    def test_null_in_a_list_is_one_of_the_values(self) -> None:
        assert asks("Field: ['', null]")
        assert asks("Field: ['', null]", Field="")
        assert not asks("Field: ['', null]", Field="x")

    def test_an_object_is_not_null(self) -> None:
        assert not asks("Field: null", Field={"a": 1})


class TestWildcards:
    def test_a_star_stands_for_any_run(self) -> None:
        assert asks("A: a*c", A="abbbc")
        assert asks("A: a*c", A="ac")
        assert not asks("A: a*c", A="acd")

    def test_a_star_spans_line_breaks(self) -> None:
        assert asks("A: a*c", A="a\n\nc")

    def test_a_question_mark_stands_for_one_character(self) -> None:
        assert asks("A: a?c", A="abc")
        assert asks("A: a?c", A="a\nc")
        assert asks("A: a?c", A="a码c")
        assert not asks("A: a?c", A="ac")

    def test_a_lone_star_asks_for_any_value(self) -> None:
        assert asks("A: '*'", A="")
        assert asks("A: '*'", A=0)
        assert not asks("A: '*'", A=None)

    def test_parts_may_not_overlap(self) -> None:
        assert not asks("A: aba*ba", A="aba")
        assert not asks("A: a*ab*b", A="aab")
        assert asks("A: a*ab*b", A="aabb")

    def test_a_backslash_makes_a_wildcard_plain(self) -> None:
        assert asks(r"A: 'what\?'", A="what?")
        assert not asks(r"A: 'what\?'", A="what1")
        assert asks(r"A|contains: '\*'", A="2 * 3")
        assert not asks(r"A|contains: '\*'", A="23")

    def test_a_backslash_before_anything_else_is_a_backslash(self) -> None:
        assert asks(r"A: 'C:\Windows'", A="C:\\Windows")

    def test_two_backslashes_before_a_star_are_one_and_a_wildcard(self) -> None:
        assert asks(r"A: 'C:\\*'", A="C:\\temp")
        assert not asks(r"A: 'C:\\*'", A="C:temp")


class TestContainsStartsEnds:
    def test_contains_finds_inside(self) -> None:
        assert asks("A|contains: ELL", A="hello")
        assert not asks("A|contains: xx", A="hello")

    def test_startswith_asks_the_front(self) -> None:
        assert asks("A|startswith: He", A="hello")
        assert not asks("A|startswith: el", A="hello")

    def test_endswith_asks_the_end(self) -> None:
        assert asks("A|endswith: LO", A="hello")
        assert not asks("A|endswith: el", A="hello")

    def test_all_asks_for_every_value(self) -> None:
        assert asks("A|contains|all: [he, lo]", A="hello")
        assert not asks("A|contains|all: [he, xx]", A="hello")

    def test_wildcards_inside_keep_their_meaning(self) -> None:
        assert asks("A|contains: e*o", A="xhellox")
        assert asks("A|endswith: e?lo", A="hello")

    def test_a_value_that_is_hard_to_find_costs_little(self) -> None:
        assert not asks("A|contains: 'a*a*a*a*a*a*a*a*b'", A="a" * 50_000)


class TestCased:
    def test_it_regards_case(self) -> None:
        assert asks("A|contains|cased: Bc", A="aBcd")
        assert not asks("A|contains|cased: Bc", A="abcd")
        assert asks("A|cased: X", A="X")
        assert not asks("A|cased: X", A="x")


class TestRegex:
    def test_it_is_searched_anywhere(self) -> None:
        assert asks("A|re: 'b.d'", A="abcde")

    def test_it_regards_case(self) -> None:
        assert not asks("A|re: 'B'", A="b")

    def test_the_flag_i_takes_case_away(self) -> None:
        assert asks("A|re|i: 'B+'", A="abb")

    def test_the_flag_s_lets_the_dot_span_lines(self) -> None:
        assert not asks("A|re: 'a.b'", A="a\nb")
        assert asks("A|re|s: 'a.b'", A="a\nb")

    def test_the_flag_m_anchors_at_lines(self) -> None:
        assert not asks("A|re: '^b$'", A="a\nb\nc")
        assert asks("A|re|m: '^b$'", A="a\nb\nc")

    def test_the_end_is_also_before_a_last_line_break(self) -> None:
        assert asks("A|re: 'b$'", A="ab\n")

    def test_classes_are_those_of_unicode(self) -> None:
        assert asks(r"A|re: '^\w+$'", A="码é_1")
        assert asks(r"A|re: '^\d$'", A="٣")
        assert asks(r"A|re: 'a\sb'", A="a\u00a0b")

    def test_it_sees_numbers_as_text(self) -> None:
        assert asks("A|re: '^4[0-9]+$'", A=4688)

    def test_a_list_asks_for_one_of_them(self) -> None:
        assert asks("A|re: ['^a', '^b']", A="bcd")

    def test_a_pattern_made_to_backtrack_costs_little(self) -> None:
        assert not asks("A|re: '(a+)+$'", A="a" * 5_000 + "b")


class TestEncodings:
    def test_base64_asks_for_the_encoded_text(self) -> None:
        assert asks("A|base64|contains: ping", A="x" + base64.b64encode(b"ping").decode())

    @pytest.mark.parametrize("offset", [0, 1, 2])
    def test_base64offset_finds_it_at_any_offset(self, offset: int) -> None:
        text = base64.b64encode(b"x" * offset + b"http://evil" + b"zz").decode()
        assert asks("A|base64offset|contains: http://evil", A=text)

    def test_wide_is_utf16_little_endian(self) -> None:
        text = base64.b64encode("IEX".encode("utf-16le")).decode()
        assert asks("A|wide|base64|contains: IEX", A=text)

    @pytest.mark.parametrize("dash", ["-", "/", "\u2013", "\u2014", "\u2015"])
    def test_windash_takes_every_dash(self, dash: str) -> None:
        assert asks("A|windash|contains: ' -enc '", A=f"x {dash}ENC y")


class TestNetworks:
    def test_an_address_inside_fits(self) -> None:
        assert asks("Ip|cidr: 10.0.0.0/8", Ip="10.1.2.3")
        assert not asks("Ip|cidr: 10.0.0.0/8", Ip="11.1.2.3")
        assert asks("Ip|cidr: 'fc00::/7'", Ip="fd00::1")

    def test_what_is_no_address_never_fits(self) -> None:
        assert not asks("Ip|cidr: 10.0.0.0/8", Ip="10.1.2")
        assert not asks("Ip|cidr: 10.0.0.0/8", Ip="-")
        assert not asks("Ip|cidr: 10.0.0.0/8", Ip=10)


class TestFieldReference:
    def test_both_must_be_there_and_equal(self) -> None:
        assert asks("A|fieldref: B", A="X", B="x")
        assert not asks("A|fieldref: B", A="X", B="y")
        assert not asks("A|fieldref: B", A="X")
        assert not asks("A|fieldref: B")

    def test_it_may_ask_for_a_part(self) -> None:
        assert asks("A|fieldref|startswith: B", A="xyz", B="XY")
        assert asks("A|fieldref|endswith: B", A="xyz", B="yz")
        assert asks("A|fieldref|contains: B", A="xyz", B="y")
        assert not asks("A|fieldref|startswith: B", A="xyz", B="yz")


class TestNumbers:
    @pytest.mark.parametrize(
        ("modifier", "below", "same", "above"),
        [
            ("lt", True, False, False),
            ("lte", True, True, False),
            ("gt", False, False, True),
            ("gte", False, True, True),
        ],
    )
    def test_they_are_compared_as_numbers(self, modifier: str, below: bool, same: bool, above: bool) -> None:
        question = f"Size|{modifier}: 100"
        assert [asks(question, Size=size) for size in ("99.5", 100, "1e3")] == [below, same, above]

    def test_what_is_no_number_is_neither_less_nor_greater(self) -> None:
        assert not asks("Size|lt: 100", Size="small")
        assert not asks("Size|lt: 100", Size=True)
        assert not asks("Size|gte: 100")


class TestPresence:
    def test_exists_asks_for_the_field_not_for_a_value(self) -> None:
        assert asks("A|exists: true", A=None)
        assert not asks("A|exists: true", B=1)
        assert asks("A|exists: false", B=1)

    def test_neq_is_true_of_an_absent_field(self) -> None:
        assert asks("A|neq: x", A="y")
        assert asks("A|neq: x")
        assert not asks("A|neq: x", A="X")


class TestTimes:
    @pytest.mark.parametrize("question", ["minute: 4", "hour: 3", "day: 2", "week: 1", "month: 1", "year: 2026"])
    def test_parts_of_a_time_are_asked(self, question: str) -> None:
        assert asks(f"At|{question}", At="2026-01-02T03:04:05Z")
        assert asks(f"At|{question}", At=1767323045)
        assert not asks(f"At|{question}", At="2031-11-22T13:14:15Z")
        assert not asks(f"At|{question}", At="soon")


class TestKeywords:
    def test_they_are_looked_for_in_every_value(self) -> None:
        assert fires("k: [mimikatz, sekurlsa]\ncondition: k", Any="run SEKURLSA::x")
        assert not fires("k: [mimikatz]\ncondition: k", Any="run")

    def test_they_see_numbers_lists_and_objects(self) -> None:
        assert fires("k: [4625]\ncondition: k", Code=14625)
        assert fires("k: [evil]\ncondition: k", A={"b": ["x", "an evil one"]})

    def test_they_do_not_see_names_or_metadata(self) -> None:
        assert not fires("k: [linux]\ncondition: k", A="x")
        assert not fires("k: [77]\ncondition: k", EvtSeq=77)
        assert not fires("k: [Image]\ncondition: k", Image="x")

    def test_they_may_hold_wildcards(self) -> None:
        assert fires("k: ['a*c d?f']\ncondition: k", A="xx abbc def xx")

    def test_keyless_all_asks_for_every_one(self) -> None:
        assert fires("k:\n  '|all': [one, two]\ncondition: k", A="one", B="two")
        assert not fires("k:\n  '|all': [one, two]\ncondition: k", A="one")

    def test_they_may_be_regular_expressions(self) -> None:
        assert fires("k:\n  '|re': 'e[vw]il'\ncondition: k", A="an ewil one")


class TestConditions:
    EVENT = {"A": "1", "B": "2", "C": "3"}

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ("yes1 and yes2", True),
            ("yes1 and no1", False),
            ("yes1 or no1", True),
            ("not no1", True),
            ("not yes1", False),
            ("yes1 and not no1", True),
            ("not (yes1 and no1)", True),
            ("no1 or yes1 and no2", False),
            ("(no1 or yes1) and yes2", True),
            ("1 of yes*", True),
            ("1 of no*", False),
            ("any of no*", False),
            ("all of yes*", True),
            ("all of them", False),
            ("1 of them", True),
            ("not 1 of no*", True),
            ("not all of yes*", False),
            ("yes1 and not 1 of no* and not 1 of yes*", False),
        ],
    )
    def test_they_combine_selections(self, condition: str, expected: bool) -> None:
        detection = f"yes1: {{A: 1}}\nyes2: {{B: 2}}\nno1: {{A: 2}}\nno2: {{D: 1}}\ncondition: {condition}"
        assert fires(detection, **self.EVENT) is expected

    def test_not_of_an_absent_field_is_true(self) -> None:
        assert fires("s: {A: 1}\nf: {Gone|contains: x}\ncondition: s and not f", A=1)

    def test_of_several_conditions_one_is_enough(self) -> None:
        assert fires("a: {A: 9}\nb: {B: 2}\ncondition: [a, b]", **self.EVENT)
