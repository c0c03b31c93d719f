"""How a text people write is kept, so that what a reader sees is what is kept, and equal looks are equal letters.

Composed (Unicode NFC, UAX 15); signs that show nothing are left out; signs that would show a text otherwise than it is
kept are refused (UTR 36, 2.7; CVE-2021-42574). Names further mix no alphabets whose letters look alike (UTS 39, 5.2).
"""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext_noop

# Zero width space, word joiner, byte order mark, soft hyphen, Mongolian vowel separator; marks, embeddings and isolates
# that follow the direction of Chinese and English anyway.
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad\u180e\u200e\u200f\u061c\u202a\u202c\u2066\u2068\u2069"))
_JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))  # emoji and some scripts need them; no name of ours does
# Controls, what turns the order around, interlinear notes, tags, half characters and what is no character.
_REFUSED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202b\u202d\u202e\u2067\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK")


class SpellingError(ValueError):
    """A text that cannot be kept. `text` is the message id with `args_of`, so that it reads in any language."""

    def __init__(self, text: str, **args: object) -> None:
        super().__init__(text % args)
        self.text, self.args_of = text, args


def spelt(text: str) -> str:
    """The text as it is kept; `SpellingError` names the first sign that it may not hold, and its place (from 1).

    >>> spelt("Cafe\\u0301\\u200b")
    'Café'
    """
    kept = unicodedata.normalize("NFC", text)
    if kept.isprintable():
        return kept
    # Again: what was left out may have stood between a letter and its accent.
    kept = unicodedata.normalize("NFC", kept.replace("\r\n", "\n").replace("\r", "\n").translate(_UNSEEN))
    if found := _REFUSED.search(kept):
        raise SpellingError(
            gettext_noop("Sign %(place)s (%(code)s) cannot be seen or changes how the text reads; take it out."),
            place=found.start() + 1, code=f"U+{ord(found[0]):04X}",
        )  # fmt: skip
    return kept


def named(text: str) -> str:
    """A name as it is kept: in one line, and none that merely looks like another.

    >>> named("  China   Telecom ")
    'China Telecom'
    """
    kept = " ".join(unicodedata.normalize("NFC", spelt(text).translate(_JOINERS)).split())
    for word in re.split(r"[\W\d_]+", kept):
        if len(used := {found for sign in word if (found := _alphabet(sign))}) > 1:
            raise SpellingError(
                gettext_noop("“%(word)s” mixes letters of %(alphabets)s that look alike; write it in one alphabet."),
                word=word[:40], alphabets=", ".join(sorted(one.title() for one in used)),
            )  # fmt: skip
    return kept


def sought(text: str) -> str:
    """Words to look for, as the texts that hold them are kept; what no text can hold is left as it is.

    >>> sought("Cafe\\u0301\\u200b")
    'Café'
    """
    return unicodedata.normalize("NFC", text.translate(_UNSEEN))


def _alphabet(sign: str) -> str:
    if sign.isascii():
        return "LATIN" if sign.isalpha() else ""
    if unicodedata.category(sign)[0] != "L" or sign == "\N{MICRO SIGN}":
        return ""
    return next((one for one in _ALPHABETS if unicodedata.name(sign, "").startswith(one)), "")
