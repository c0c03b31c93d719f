"""Markup, invisible signs and harmful files: shown as text, named safely, or refused with words."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import reverse

from bastide.base.people.models import Account, Organisation
from bastide.base.vault.models import EvidenceFile
from bastide.registry.models import NetworkUnit
from tests.attacks.test_doors import signed_in
from tests.attacks.test_schema import everyone
from tests.house.cast import make_all
from tests.house.test_doors import filled, routes

__all__ = ["everyone"]
pytestmark = pytest.mark.django_db
MARK = "<img src=x onerror=evil()>"
SCRIPT = "\"><script>evil()</script>'{{7*7}}"


WORDS = {"name", "name_zh", "name_en", "title", "reason", "note", "summary", "description", "trouble", "host", "place"}


def marked(things: dict[str, Any]) -> int:
    """Put markup into every free text of every thing; how many took it."""
    count = 0
    for thing in things.values():
        for field in type(thing)._meta.fields:
            held = getattr(thing, field.attname)
            is_words = isinstance(field, models.TextField) or field.name in WORDS
            if not is_words or not isinstance(held, str) or field.choices or field.unique:
                continue
            text = MARK if field.max_length and field.max_length < 60 else f"{MARK}{SCRIPT}"
            if not field.max_length or len(text) <= field.max_length:
                type(thing)._base_manager.filter(pk=thing.pk).update(**{field.attname: text})
                count += 1
    return count


@pytest.mark.slow
def test_markup_in_any_text_is_shown_and_never_run(
    telco: Organisation, everyone: Account, settings: Any, tmp_path: Any
) -> None:
    settings.BASTIDE_HOME = tmp_path
    things = make_all(telco)
    assert marked({kind: one for kind, one in things.items() if kind not in {"rule", "documents"}}) > 8
    Organisation.objects.filter(pk=telco.pk).update(name_zh=f"{MARK}{SCRIPT}"[:80], name_en=f"{MARK}{SCRIPT}"[:80])
    client, run, shown, broken = signed_in(everyone), [], 0, {}
    for route in sorted(set(routes())):
        if route.startswith("api/") or "download" in route:
            continue
        answer = client.get(filled(route, things))
        if answer.status_code >= 500:
            broken[route] = answer.status_code
        if answer.streaming or not answer.headers.get("Content-Type", "").startswith(("text/html", "image/svg")):
            continue
        text = answer.content.decode()
        shown += "&lt;img src=x onerror" in text
        if "<img src=x" in text or "<script>evil" in text or "}}49" in text:
            run.append(route)
    assert not run
    assert not broken
    assert shown > 10


UNIT = {
    "operator": "OP-A", "name_zh": "核心网", "network_type": "5g_core", "area": "110000", "lifecycle": "formal",
}  # fmt: skip


class TestNames:
    @pytest.mark.parametrize(
        "name",
        ["Core\u202etxt.exe", "Core\u200b1", "Core\u0000x", "\u2066Core\u2069", "Core\ufeff", "x\u0007"],
        ids=["turned", "zero-width", "zero", "isolate", "mark", "bell"],
    )
    def test_an_invisible_sign_in_a_code_makes_no_twin(self, name: str, telco: Organisation, operator: Account) -> None:
        """Refused, or taken without it; never kept as something a reader cannot tell apart."""
        answer = signed_in(operator).post(
            "/api/v1/registry/units/acts/enter",
            {**UNIT, "code": name},
            content_type="application/json",
        )
        assert answer.status_code in {201, 409, 422}, answer.content
        for code in NetworkUnit.objects.values_list("code", flat=True):
            assert code.isprintable()
            assert not set(code) & set("\u202e\u200b\u0000\u2066\u2069\ufeff\u0007")

    @pytest.mark.parametrize(
        ("field", "text", "told"),
        [("code", "СORE-1", "Cyrillic, Latin"), ("name_zh", "China Telecоm", "Cyrillic, Latin"),
         ("name_en", "Core\u202etxt.exe", "U+202E"), ("description", "harmless\u202d drow", "U+202D"),
         ("department", "Ops\x1b[31m", "U+001B")],
    )  # fmt: skip
    def test_a_text_that_misleads_is_refused_with_its_field(
        self, field: str, text: str, told: str, telco: Organisation, operator: Account
    ) -> None:
        answer = signed_in(operator).post(
            "/api/v1/registry/units/acts/enter", {**UNIT, "code": "N-1", field: text}, content_type="application/json"
        )
        assert answer.status_code == 422
        [fault] = answer.json()["errors"]
        assert fault["field"].removeprefix("body.") == field
        assert told in fault["message"]
        assert not NetworkUnit.objects.exists()

    def test_a_twin_of_a_code_is_the_same_code(self, telco: Organisation, operator: Account) -> None:
        told = [
            signed_in(operator).post(
                "/api/v1/registry/units/acts/enter", {**UNIT, "code": code}, content_type="application/json"
            ).status_code
            for code in ("Café-1", "Cafe\u0301-1", "Café\u200b-1", "Ｃafé-1")
        ]  # fmt: skip
        assert told == [201, 409, 409, 409]

    def test_a_name_is_found_however_its_letters_were_put_together(
        self, telco: Organisation, operator: Account
    ) -> None:
        client = signed_in(operator)
        sent = {**UNIT, "code": "N-1", "name_en": "Cafe\u0301 core"}
        answer = client.post("/api/v1/registry/units/acts/enter", sent, content_type="application/json")
        assert answer.status_code == 201
        for words in ("Café", "Cafe\u0301", "Ca\u200bfé"):
            for address in (reverse("ui:search"), "/registry/units/"):
                assert answer.json()["number"] in client.get(address, {"q": words}).content.decode(), (address, words)


def packed(**entries: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return made.getvalue()


OFFICE = {"[Content_Types].xml": b"<Types/>", "word__document.xml": b"<w/>"}
REFUSED = {
    "report.docm": packed(**OFFICE),
    "macros.docx": packed(**OFFICE, **{"word__vbaProject.bin": b"x"}),
    "program.pdf": b"MZ\x90\x00" + bytes(200),
    "page.png": b"<html><script>evil()</script></html>",
    "script.sh": b"#!/bin/sh\nrm -rf /\n",
    "hidden\u202efdp.exe": b"MZ\x90\x00" + bytes(200),
    "package.zip": packed(**{"META-INF__MANIFEST.MF": b"x"}),
    "cut.zip": packed(a=b"x" * 1000)[:60],
    "deep.json": b"[" * 100_000,
    "entities.xml": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "empty.txt": b"",
    "talkative.odt": packed(mimetype=bytes(50 << 20)),  # says at length what it is
}
ZEROS = bytes(50 << 20)
BOMBS = {
    "bomb.zip": packed(**{f"layer{n}": ZEROS for n in range(2)}),
    "nested.zip": packed(**{"inner.zip": packed(zeros=ZEROS), "again.zip": packed(zeros=ZEROS)}),
    "bomb.docx": packed(**OFFICE, **{"word__media__zeros.bin": ZEROS}),
    "bomb.gz": gzip.compress(ZEROS),
}
DOOR = "/api/v1/vault/evidence"


def hand_in(client: Client, name: str, data: bytes) -> Any:
    return client.post(DOOR, {"file": SimpleUploadedFile(name, data)})


class TestFiles:
    @pytest.fixture(autouse=True)
    def _home(self, settings: Any, tmp_path: Any) -> None:
        settings.BASTIDE_HOME = tmp_path

    @pytest.mark.parametrize(("name", "data"), REFUSED.items(), ids=REFUSED)
    def test_a_harmful_one_is_refused_with_words(
        self, name: str, data: bytes, telco: Organisation, operator: Account, at: datetime
    ) -> None:
        answer = hand_in(signed_in(operator), name, data)
        assert answer.status_code in {409, 413, 422}, answer.content
        assert len(answer.json()["detail"]) > 10
        assert not EvidenceFile.objects.exists()

    @pytest.mark.parametrize(("name", "data"), BOMBS.items(), ids=BOMBS)
    def test_an_archive_that_would_blow_up_is_kept_and_not_unpacked(
        self, name: str, data: bytes, telco: Organisation, operator: Account, at: datetime, tmp_path: Any
    ) -> None:
        """It may well be the evidence; nobody here opens it."""
        answer = hand_in(signed_in(operator), name, data)
        assert answer.status_code == 201, answer.content
        kept = EvidenceFile.objects.get()
        assert kept.size == len(data)
        assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 2 * len(data) + 100_000

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd.txt", "..\\..\\boot.txt", "a\u202etxt.txt", "con.txt", "x" * 250 + ".txt"]
    )
    def test_a_tricky_name_is_made_safe(
        self, name: str, telco: Organisation, operator: Account, at: datetime, tmp_path: Any
    ) -> None:
        answer = hand_in(signed_in(operator), name, b"a plain text\n")
        assert answer.status_code in {201, 400}, answer.content
        for file in EvidenceFile.objects.all():
            assert not set(file.name) & set("/\\\u202e\r\n")
            assert file.name.isprintable()
            assert len(file.name.encode()) <= 255
        assert not list(tmp_path.parent.glob("passwd*"))
