"""Which rules an event meets: by channel and event id, or by the log source it declares."""

from __future__ import annotations

from typing import Any

from bastide.engines.detect import Logsource, match

from .makers import rules_of

SYSMON = "Microsoft-Windows-Sysmon/Operational"
WHOAMI = "s: {CommandLine|contains: whoami}\ncondition: s"
CREATION = rules_of(WHOAMI, logsource="product: windows, category: process_creation")
LOGON = rules_of("s: {EventID: 4625}\ncondition: s", logsource="product: windows, service: security")
SCRIPT = rules_of("s: {A: x}\ncondition: s", logsource="product: windows, category: ps_script")
ACCESS = rules_of("s: {FileName: x}\ncondition: s", logsource="product: windows, category: file_access")
ZEEK = rules_of("s: {id.resp_p: 445}\ncondition: s", logsource="product: zeek, service: conn")


def fits(rules: Any, **event: Any) -> bool:
    return len(match(rules, [event])) == 1


class TestWindows:
    def test_a_category_meets_sysmon_by_event_id(self) -> None:
        assert fits(CREATION, Channel=SYSMON, EventID=1, CommandLine="whoami /all")
        assert not fits(CREATION, Channel=SYSMON, EventID=5, CommandLine="whoami /all")
        assert not fits(CREATION, Channel="Security", EventID=4688, CommandLine="whoami /all")

    def test_a_service_meets_its_channel_in_any_case(self) -> None:
        assert fits(LOGON, Channel="security", EventID="4625")
        assert not fits(LOGON, Channel="System", EventID=4625)

    def test_a_service_of_several_channels_meets_each(self) -> None:
        for channel in ("Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational"):
            assert fits(SCRIPT, Channel=channel, EventID=4104, A="x")

    def test_without_a_channel_the_declared_source_counts(self) -> None:
        declared = {"sigma_product": "windows", "sigma_category": "process_creation"}
        assert fits(CREATION, CommandLine="whoami", **declared)
        assert not fits(CREATION, CommandLine="whoami")

    def test_a_rule_the_pipelines_give_no_channel_meets_every_channel(self) -> None:
        assert fits(ACCESS, Channel="Anything", EventID=1, FileName="x")
        assert fits(ACCESS, sigma_product="windows", sigma_category="file_access", FileName="x")
        assert not fits(ACCESS, FileName="x")

    def test_an_event_id_no_rule_names_is_still_evaluated(self) -> None:
        unnamed = rules_of(
            "s: {Provider: x}\nf: {EventID: 7}\ncondition: s and not f", logsource="product: windows, service: system"
        )
        assert fits(unnamed, Channel="System", EventID=999_999, Provider="x")
        assert not fits(unnamed, Channel="System", EventID=7, Provider="x")

    def test_an_event_id_may_be_asked_for_more_than_equality(self) -> None:
        partly = rules_of("s: {EventID|startswith: '46'}\ncondition: s", logsource="product: windows, service: system")
        assert fits(partly, Channel="System", EventID=4699)
        assert not fits(partly, Channel="System", EventID=5699)


class TestOthers:
    def test_every_key_of_the_rule_must_be_declared(self) -> None:
        assert fits(ZEEK, sigma_product="zeek", sigma_service="conn", **{"id.resp_p": 445})
        assert not fits(ZEEK, sigma_product="zeek", sigma_service="dns", **{"id.resp_p": 445})
        assert not fits(ZEEK, sigma_product="zeek", **{"id.resp_p": 445})

    def test_keys_the_rule_does_not_name_may_be_anything(self) -> None:
        product_only = rules_of("s: {A: 1}\ncondition: s", logsource="product: zeek")
        assert fits(product_only, sigma_product="zeek", sigma_service="whatever", A=1)

    def test_the_caller_may_declare_the_source(self) -> None:
        found = match(ZEEK, [{"id.resp_p": 445}], logsource=Logsource(product="zeek", service="conn"))
        assert found.pairs == ((0, 0),)


class TestOrder:
    def test_pairs_are_sorted_by_event_then_rule(self) -> None:
        rules = rules_of("s: {A: 1}\ncondition: s", "s: {A|contains: '1'}\ncondition: s")
        events = [{"sigma_product": "linux", "A": value} for value in ("2", "1", "11", "1")]
        assert match(rules, events).pairs == ((1, 0), (1, 1), (2, 1), (3, 0), (3, 1))

    def test_it_does_not_depend_on_what_came_before(self) -> None:
        rules = rules_of("s: {A|contains: [needle, 'nee?le']}\ncondition: s")
        needle, hay = {"sigma_product": "linux", "A": "a needle"}, {"sigma_product": "linux", "A": "hay " * 50}
        first = match(rules, [hay]).pairs
        second = match(rules, [needle, *[hay] * 2000, needle]).pairs
        third = match(rules, [needle]).pairs
        assert (first, second, third) == ((), ((0, 0), (2001, 0)), ((0, 0),))
