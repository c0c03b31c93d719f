"""Whom a warning concerns, and who has the power to approve it."""

from __future__ import annotations

import pytest

from bastide.share.criteria import Hit, Runs, Seat, Targets, concerned, has_power, is_second_person

A = Runs("A", "110000", (("dns", "110000"), ("core", "310000")))
B = Runs("B", "310000", (("dns", "310000"),))
C = Runs("C", "440000")


def codes(targets: Targets, *hits: Hit) -> list[str]:
    return list(concerned(targets, [A, B, C], hits))


class TestConcerned:
    def test_nobody_is_concerned_by_nothing(self) -> None:
        assert codes(Targets()) == []

    def test_everybody(self) -> None:
        assert codes(Targets(everybody=True)) == ["A", "B", "C"]

    def test_a_province_means_seat_or_networks_there(self) -> None:
        assert codes(Targets(areas=("310000",))) == ["A", "B"]

    def test_a_network_type_means_whoever_runs_one(self) -> None:
        assert codes(Targets(network_types=("core",))) == ["A"]

    def test_province_and_type_together_mean_both(self) -> None:
        assert codes(Targets(areas=("310000",), network_types=("dns",))) == ["B"]

    def test_a_name_adds_to_a_province(self) -> None:
        assert codes(Targets(areas=("310000",), operators=("C",))) == ["A", "B", "C"]

    def test_a_unit_and_what_depends_on_it(self) -> None:
        found = concerned(Targets(units=("NU-1",)), [A, B, C], [Hit("A", "NU-1"), Hit("C", "NU-9", "NU-1")])
        assert {code: [reason.kind for reason in reasons] for code, reasons in found.items()} == {
            "A": ["unit"],
            "C": ["dependant"],
        }

    def test_it_says_every_reason(self) -> None:
        reasons = concerned(Targets(areas=("110000",), operators=("A",)), [A])["A"]
        assert [reason.kind for reason in reasons] == ["area", "operator"]

    def test_targets_survive_being_kept(self) -> None:
        targets = Targets(areas=("110000",), units=("NU-1",), dependants=False)
        assert Targets.of(targets.plain()) == targets


ISSUER = 7


class TestPower:
    @pytest.mark.parametrize(
        ("office", "seat", "may"),
        [
            ("national", Seat("national", "leader", 1), True),
            ("national", Seat("national", "duty_officer", 1), False),
            ("national", Seat("provincial", "leader", ISSUER), False),
            ("provincial", Seat("provincial", "leader", ISSUER), True),
            ("provincial", Seat("provincial", "duty_officer", ISSUER), True),
            ("provincial", Seat("provincial", "officer", ISSUER), False),
            ("provincial", Seat("provincial", "leader", 8), False),
            ("provincial", Seat("national", "leader", 1), True),
            ("provincial", Seat("national", "duty_officer", 1), True),
        ],
    )
    def test_the_matrix(self, office: str, seat: Seat, may: bool) -> None:
        assert has_power(office, ISSUER, [seat]) is may

    def test_no_seat_no_power(self) -> None:
        assert not has_power("provincial", ISSUER, [])

    def test_national_colours_take_two_people(self) -> None:
        assert not is_second_person("national", proposer=1, approver=1)
        assert is_second_person("national", proposer=1, approver=2)
        assert is_second_person("provincial", proposer=1, approver=1)
