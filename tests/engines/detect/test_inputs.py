"""Logs of every kind become the events rules ask for; what is none of the kind keeps its line and the reason."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from bastide.engines.detect import inputs
from bastide.engines.detect.inputs import Line, Unreadable, read

from ...conftest import SHARED

DATA = SHARED / "detect"
LOGS = DATA / "evtx" / "sigmahq-regression-evtx.tar.gz"
CANONICAL = DATA / "evtx" / "sigmahq-regression.ndjson.gz"

ZEEK = """#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tdns
#open\t2026-06-16-04-00-00
#fields\tts\tuid\tid.orig_h\tquery\tAA\trejected\tanswers\tqtype
#types\ttime\tstring\taddr\tstring\tbool\tbool\tvector[string]\tcount
1750046400.5\tC1\t10.0.0.1\tevil.example\tT\t-\t1.2.3.4,5.6.7.8\t1
1750046401.5\tC2\t10.0.0.2\t-\tF\tF\t(empty)\t28
#close\t2026-06-16-05-00-00
"""


def of(folder: Path, content: str | bytes, form: str | None = None) -> list[Line]:
    path = folder / "log"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read(path, form=form))


def events(folder: Path, content: str | bytes, form: str | None = None) -> list[dict[str, Any]]:
    found = of(folder, content, form)
    assert [line.trouble for line in found if line.trouble] == []
    return [line.event for line in found]


class TestZeek:
    def test_columns_are_read_by_the_header(self, tmp_path: Path) -> None:
        first, second = of(tmp_path, ZEEK)
        assert (first.number, second.number) == (8, 9)
        assert first.event == {
            "sigma_product": "zeek", "sigma_service": "dns", "ts": "1750046400.5", "uid": "C1", "id.orig_h": "10.0.0.1",
            "query": "evil.example", "AA": True, "answers": ["1.2.3.4", "5.6.7.8"], "qtype": 1,
        }  # fmt: skip
        assert (second.event["answers"], second.event["rejected"], "query" in second.event) == ([], False, False)

    def test_a_row_that_does_not_fit_is_named_and_the_others_stay(self, tmp_path: Path) -> None:
        found = of(tmp_path, ZEEK.replace("#close", "broken\trow\n1\t2\t3\t4\tT\tT\t-\t5\n#close"))
        assert [(line.number, line.trouble is None) for line in found] == [
            (8, True),
            (9, True),
            (10, False),
            (11, True),
        ]
        assert found[2].trouble is not None
        assert found[2].trouble.reason == "2 columns, the header names 8"

    def test_json_says_its_service_in_path(self, tmp_path: Path) -> None:
        (event,) = events(tmp_path, '{"_path":"conn","ts":1,"uid":"C","id.orig_h":"10.0.0.1"}\n')
        assert (event["sigma_product"], event["sigma_service"]) == ("zeek", "conn")


class TestSuricata:
    def test_the_kind_of_event_is_the_service(self, tmp_path: Path) -> None:
        line = {
            "timestamp": "2026-06-16T04:00:00+0000",
            "flow_id": 1,
            "event_type": "dns",
            "src_ip": "10.0.0.1",
            "dns": {"rrname": "x"},
        }
        (event,) = events(tmp_path, json.dumps(line))
        assert (event["sigma_product"], event["sigma_service"], event["dns"]) == ("suricata", "dns", {"rrname": "x"})


class TestAuditd:
    def test_keys_and_encoded_texts(self, tmp_path: Path) -> None:
        lines = (
            'type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=59 a0=7fffd19c5592 comm="cat" exe="/bin/cat"\n'
            'node=web type=EXECVE msg=audit(1364481363.243:24288): argc=3 a0="cat" a1=2F6574632F7061737320776F7264 a2="x"\n'
            "type=USER_LOGIN msg=audit(1364481364.000:24289): pid=1 msg='op=login acct=\"root\" res=failed'\n"
        )
        call, run, login = events(tmp_path, lines)
        assert (call["type"], call["syscall"], call["a0"], call["exe"]) == ("SYSCALL", "59", "7fffd19c5592", "/bin/cat")
        assert (run["a1"], run["node"], run["serial"]) == ("/etc/pass word", "web", 24288)
        assert (login["acct"], login["res"]) == ("root", "failed")
        assert {(event["sigma_product"], event["sigma_service"]) for event in (call, run, login)} == {
            ("linux", "auditd")
        }
        assert call["SystemTime"] == "2013-03-28T14:36:03.243000+00:00"


class TestSyslog:
    def test_rfc_5424_with_structured_data(self, tmp_path: Path) -> None:
        line = '<34>1 2026-06-16T04:00:00.003Z web.example sshd 12 ID47 [a@1 user="o\\"k" n="1"][b@1 x="y\\]"] Failed password\n'
        (event,) = events(tmp_path, line)
        assert (event["facility"], event["severity"], event["host"], event["sigma_service"]) == (
            4,
            2,
            "web.example",
            "sshd",
        )
        assert (event["a@1.user"], event["b@1.x"], event["message"]) == ('o"k', "y]", "Failed password")

    def test_the_older_form(self, tmp_path: Path) -> None:
        first, second = events(tmp_path, "<13>Jun 16 04:00:00 web su[12]: to root\nJun  6 04:00:00 web kernel: up\n")
        assert (first["app"], first["process"], first["message"]) == ("su", "12", "to root")
        assert (second["host"], second["message"], "facility" in second) == ("web", "up", False)

    def test_what_is_no_message_is_named(self, tmp_path: Path) -> None:
        good, bad = of(tmp_path, "<13>Jun 16 04:00:00 web su: x\nnonsense\n")
        assert good.trouble is None
        assert bad.trouble is not None
        assert bad.trouble.reason.startswith("not a syslog message")


class TestHostile:
    @pytest.mark.parametrize(
        ("form", "line"),
        [
            ("auditd", "type=X msg=audit(99999999999999999999.1:1): a=b"),
            ("auditd", f"type=X msg=audit(1.1:{'9' * 5000}): a=b"),
            ("zeek", "#separator \\xzz"),
            ("zeek", "#separator "),
            ("syslog", "<1>1 - h a p m [a b"),
        ],
    )
    def test_a_line_that_cannot_be_read_is_named(self, tmp_path: Path, form: str, line: str) -> None:
        (found,) = of(tmp_path, line + "\n", form)
        assert found.trouble is not None

    def test_numbers_of_any_size_are_kept(self, tmp_path: Path) -> None:
        (event,) = events(tmp_path, '{"_path":"x","n":' + "9" * 40 + "}\n", "zeek")
        assert float(event["n"]) == pytest.approx(1e40)

    def test_many_structured_elements_are_read_in_one_pass(self, tmp_path: Path) -> None:
        (event,) = events(tmp_path, "<1>1 - h a p m " + '[x y="1"]' * 100_000 + " end\n", "syslog")
        assert (event["x.y"], event["message"]) == ("1", "end")


class TestCef:
    def test_head_extension_and_escapes(self, tmp_path: Path) -> None:
        line = r"Jun 16 04:00:00 fw1 CEF:0|Huawei|USG\|6000|V5|100|scan \| found|7|src=10.0.0.1 msg=a\=b c\nd cs1Label=Rule cs1=x y"
        (event,) = events(tmp_path, line)
        assert (event["deviceProduct"], event["name"], event["severity"]) == ("USG|6000", "scan | found", "7")
        assert (event["src"], event["msg"], event["cs1Label"], event["cs1"]) == ("10.0.0.1", "a=b c\nd", "Rule", "x y")
        assert (event["host"], event["sigma_product"]) == ("fw1", "usg|6000")

    def test_too_few_parts(self, tmp_path: Path) -> None:
        (line,) = of(tmp_path, "CEF:0|a|b\n")
        assert line.trouble is not None
        assert "seven parts" in line.trouble.reason


class TestTables:
    TABLE = pa.table({"Channel": ["System", None], "EventID": [7045, 1], "At": pa.array([0, 1], pa.timestamp("us"))})
    EVENTS = [
        {"Channel": "System", "EventID": 7045, "At": "1970-01-01T00:00:00"},
        {"EventID": 1, "At": "1970-01-01T00:00:00.000001"},
    ]

    def test_parquet(self, tmp_path: Path) -> None:
        pq.write_table(self.TABLE, tmp_path / "p")
        assert [line.event for line in read(tmp_path / "p")] == self.EVENTS

    def test_arrow(self, tmp_path: Path) -> None:
        with pa.OSFile(str(tmp_path / "a"), "wb") as file, pa.ipc.new_file(file, self.TABLE.schema) as out:
            out.write_table(self.TABLE)
        assert [line.event for line in read(tmp_path / "a")] == self.EVENTS

    def test_a_damaged_one_is_unreadable(self, tmp_path: Path) -> None:
        with pytest.raises(Unreadable):
            of(tmp_path, b"PAR1" + b"\0" * 50)


class TestLines:
    def test_numbers_go_on_over_blocks(self, tmp_path: Path) -> None:
        count = 300_000
        content = b"".join(b'{"n":%d}\n' % at if at % 100 else b" \n" for at in range(count))
        for packed in (content, gzip.compress(content, 1), zstandard.compress(content)):
            found = of(tmp_path, packed)
            assert len(found) == count - count // 100
            assert all(line.event["n"] == line.number for line in found[::997])
            assert found[-1].number == count - 1

    def test_a_line_longer_than_a_block_is_left_out_alone(self, tmp_path: Path) -> None:
        found = of(tmp_path, b'{"a":1}\n{"a":"' + b"x" * (20 << 20) + b'"}\n{"a":2}\n{"a":3}')
        assert [(line.number, line.trouble.code if line.trouble else line.event["a"]) for line in found] == [
            (0, 1), (1, "long"), (2, 2), (3, 3),
        ]  # fmt: skip


class TestEvtx:
    def test_no_log_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(Unreadable, match="not an event log"):
            of(tmp_path, b"ElfFile\0nothing")

    @pytest.mark.slow
    @pytest.mark.skipif(not LOGS.exists(), reason=f"no detection data in {DATA} (set BASTIDE_SHARED_DATA)")
    def test_records_are_the_canonical_events(self) -> None:
        """113 logs of Windows, each compared with the events made of them for the oracle."""
        with gzip.open(CANONICAL) as stream:
            canonical = [orjson.loads(line) for line in stream]
        with (DATA / "MANIFEST.csv").open() as stream:
            rows = {
                row["source"].removeprefix("sigreg-"): (int(row["first_line"]), int(row["last_line"]))
                for row in csv.DictReader(stream)
                if row["dataset"] == "evtx/sigmahq-regression.ndjson.gz"
            }
        seen = Counter[str]()
        with tarfile.open(LOGS) as archive:
            for member in archive:
                source = next((name for name in rows if member.name.endswith(name)), None)
                content = archive.extractfile(member) if source else None
                if source is None or content is None:
                    continue
                log = io.BufferedReader(io.BytesIO(content.read()))  # type: ignore[type-var]
                made = [line.event for block in inputs.evtx.blocks(log) for line in block.each()]
                first, last = rows[source]
                wanted = [
                    {name: value for name, value in event.items() if name != "EvtSeq"}
                    for event in canonical[first : last + 1]
                ]
                common = [
                    {name: one[name] for name in other if name in one} for one, other in zip(made, wanted, strict=True)
                ]
                seen["same" if common == wanted else source] += 1
        assert seen == {"same": len(rows)}
