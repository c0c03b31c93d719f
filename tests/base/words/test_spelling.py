"""Texts and names as they are kept."""

from __future__ import annotations

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.words.fields import NameField, TextField
from bastide.base.words.spelling import SpellingError, named, sought, spelt

TURNED = "Core\u202etxt.exe"


class TestSpelt:
    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("Cafe\u0301", "Café"),
            ("Cafe\u200b\u0301", "Café"),
            ("核心\u200b网", "核心网"),
            ("\ufeff\u202aC:\\logs\u202c", "C:\\logs"),  # as Windows copies a path
            ("one\r\ntwo\rthree\tfour", "one\ntwo\nthree\tfour"),
            ("👩\u200d💻", "👩\u200d💻"),
            ("\uf900", "\u8c48"),  # a compatibility ideograph and the character it doubles
            ("\U00031350", "\U00031350"),  # newer than this Python's Unicode, and in use in names
        ],
    )
    def test_what_is_seen_is_kept(self, written: str, kept: str) -> None:
        assert spelt(written) == kept

    @pytest.mark.parametrize(
        "sign", ["\u202e", "\u202d", "\u2067", "\x07", "\x00", "\x1b", "\ufff9", "\U000e0041", "\ud800"]
    )
    def test_what_misleads_is_refused_with_its_place(self, sign: str) -> None:
        with pytest.raises(SpellingError, match=rf"Sign 3 \(U\+{ord(sign):04X}\)"):
            spelt(f"ab{sign}c")

    @given(st.text())
    def test_what_is_kept_is_kept_again(self, text: str) -> None:
        try:
            once = spelt(text)
        except SpellingError:
            return
        assert spelt(once) == once


class TestNamed:
    @pytest.mark.parametrize(
        "twin", ["China\u00a0 Telecom", " China\u200bTelecom".replace("\u200b", " \u200b"), "China\tTelecom"]
    )
    def test_twins_become_one(self, twin: str) -> None:
        assert named(twin) == "China Telecom"

    @pytest.mark.parametrize("twin", ["Сhina Telecom", "China Teleсom", "Αlpha", "СТO"])
    def test_letters_that_look_alike_are_refused(self, twin: str) -> None:
        with pytest.raises(SpellingError, match="look alike"):
            named(twin)

    @pytest.mark.parametrize(
        "name", ["5G核心网 A-1（一期）", "Δ-Grid 5µs", "Москва Telecom", "Zoë Ōtani", "Ωmega 核心"[1:]]
    )
    def test_an_honest_name_is_taken(self, name: str) -> None:
        assert named(name) == name


def test_what_stands_between_a_letter_and_its_accent_makes_no_twin() -> None:
    assert named("Cafe\u200d\u0301") == "Café"
    assert sought("Cafe\u200b\u0301") == "Café"


class TestFields:
    class Form(forms.Form):
        name = NameField(max_length=20)
        line = TextField(required=False)
        lines = TextField(required=False, widget=forms.Textarea)

    def test_a_form_keeps_texts_as_they_are_seen(self) -> None:
        form = self.Form({"name": " Core  1", "line": "a\r\nb", "lines": "a\r\nb\u200b"})
        assert form.is_valid(), form.errors
        assert form.cleaned_data == {"name": "Core 1", "line": "a b", "lines": "a\nb"}

    def test_a_form_says_what_to_take_out(self) -> None:
        form = self.Form({"name": TURNED, "lines": TURNED})
        assert not form.is_valid()
        assert "U+202E" in form.errors["name"][0]
        assert "U+202E" in form.errors["lines"][0]


def test_no_form_asks_for_a_text_any_other_way() -> None:
    """Passwords, what a form carries along itself and choices aside."""
    from importlib import import_module
    from importlib.util import find_spec

    from django.conf import settings

    places = [f"bastide.base.{room}.{kind}" for room in settings.ROOMS for kind in ("forms", "acts")]
    places += [f"bastide.{context}.forms" for context in settings.CONTEXTS]
    places += ["bastide.base.ui.insight", "bastide.base.ui.purpose"]
    bare, asked = [], 0
    for place in places:
        if not find_spec(place):
            continue
        for form in vars(import_module(place)).values():
            for name, field in getattr(form, "base_fields", {}).items():
                asked += isinstance(field, TextField)
                if type(field) is forms.CharField and not isinstance(
                    field.widget, forms.PasswordInput | forms.HiddenInput
                ):
                    bare.append(f"{place}.{form.__name__}.{name}")
    assert not bare
    assert asked > 100
