"""What a file is, by its content; and what may not come in."""

from __future__ import annotations

import io
import zipfile

import pytest

from bastide.base.flow.refusals import Refused
from bastide.base.vault import sniff

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def zipped(**entries: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return out.getvalue()


def office(folder: str, *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", f"{folder}/document.xml", *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


def judge(content: bytes, name: str) -> str:
    return sniff.media_type(io.BytesIO(content), name)


class TestKinds:
    @pytest.mark.parametrize(
        ("content", "name", "kind"),
        [
            (PDF, "order.pdf", "application/pdf"),
            (PNG, "screen.png", "image/png"),
            (office("word"), "plan.docx", sniff.DOCX),
            (office("xl"), "assets.xlsx", sniff.XLSX),
            (zipped(a="1"), "logs.zip", "application/zip"),
            (OLE, "old.doc", sniff.OLE),
            (b'{"a": 1}', "facts.json", "application/json"),
            (b'{"a": 1}\n{"a": 2}\n', "events.ndjson", "application/x-ndjson"),
            (b"<?xml version='1.0'?><a/>", "scan.xml", "application/xml"),
            (b"host,port\na,1\n", "hosts.csv", "text/csv"),
            ("登录失败\n".encode("gb18030") * 9, "auth.log", "text/plain"),
            ("登录失败\n".encode("utf-16"), "auth.txt", "text/plain"),
            (b"\xd4\xc3\xb2\xa1" + b"\x02\0\x04\0" * 5, "traffic.pcap", "application/vnd.tcpdump.pcap"),
            (b"ElfFile\x00" + b"\0" * 50, "security.evtx", "application/x-ms-evtx"),
            (bytes(range(256)) * 3, "memory.dmp", "application/octet-stream"),
            (b"MZ is how this note begins", "note.txt", "text/plain"),
        ],
    )  # fmt: skip
    def test_the_content_decides(self, content: bytes, name: str, kind: str) -> None:
        assert judge(content, name) == kind


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "name", "words"),
        [
            (PNG, "order.pdf", "named .pdf but its content is image/png"),
            (b"hello", "order.pdf", "named .pdf but its content is text/plain"),
            (PDF, "screen.png", "named .png but its content is application/pdf"),
            (bytes(range(256)) * 3, "table.xlsx", "of no known type"),
            (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00", "photo.jpg", "is a program"),
            (b"\x7fELF\x02\x01\x01\x00" + b"\0" * 20, "tool", "is a program"),
            (b"#!/bin/sh\nrm -rf /\n", "notes.txt", "is a program"),
            (b"hello", "run.ps1", "is a program"),
            (b"hello", "invoice.pdf.exe", "is a program"),
            (zipped(META_INF__MANIFEST_dot_MF="x").replace(b"META_INF", b"META-INF"), "x.zip", "is a program"),
            (office("word", "word/vbaProject.bin"), "plan.docx", "contains Office macros"),
            (b"", "plan.docm", "with macros"),
            (OLE + "_VBA_PROJECT".encode("utf-16-le"), "old.xls", "contains Office macros"),
            (b"", "empty.pdf", "is empty"),
            (b'{"a": 1', "facts.json", "is not JSON"),
            (b'{"a": 1}\nnot json\n', "events.ndjson", "line 2: not JSON"),
            (b"<a><b></a>", "scan.xml", "not well-formed XML"),
            (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "bomb.xml", "not well-formed XML"),
            (b"PK\x03\x04 broken", "logs.zip", "damaged archive"),
        ],
    )  # fmt: skip
    def test_it_says_what_is_wrong(self, content: bytes, name: str, words: str) -> None:
        with pytest.raises(Refused, match=words):
            judge(content, name)

    def test_macros_far_behind_the_head_are_found(self) -> None:
        content = OLE + b"\0" * ((1 << 20) - len(OLE) - 5) + "_VBA_PROJECT".encode("utf-16-le") + b"\0" * 100
        with pytest.raises(Refused, match="macros"):
            judge(content, "old.doc")
