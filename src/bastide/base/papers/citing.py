"""The law cited in full: "O11 22" becomes the name of the instrument with its article, in both languages."""

from __future__ import annotations

import re
from typing import Any

from bastide.base.packs import Pack

CITING = frozenset({"basis", "clause"})
_ARTICLE = re.compile(r"(?P<number>\d+)(?P<more>(?:\(\w+\))*)")
_DIGITS = "零一二三四五六七八九"


def cited(value: Any, pack: Pack, key: str = "") -> Any:
    """A frozen value with every citation under `basis` or `clause` written out; other text stays as it is."""
    if isinstance(value, dict) and value.keys() != {"zh", "en"}:
        return {
            name: cited(one, pack, key if name == "text" and key in CITING else name) for name, one in value.items()
        }
    if isinstance(value, list):
        return [cited(one, pack, key) for one in value]
    if isinstance(value, str) and key in CITING:
        return _written_out(value, pack)
    return value


def _written_out(text: str, pack: Pack) -> Any:
    """Every part of "CIIR 26; APL 28" in full, or the text itself when the pack knows none of it."""
    parts = [_one(part.strip(), pack) for part in text.split(";") if part.strip()]
    if not any(isinstance(part, dict) for part in parts):
        return text
    both = [part if isinstance(part, dict) else {"zh": part, "en": part} for part in parts]
    return {"zh": "、".join(part["zh"] for part in both), "en": "; ".join(part["en"] for part in both)}


def _one(part: str, pack: Pack) -> str | dict[str, str]:
    code, _, article = part.partition(" ")
    instrument = next((one for one in pack.instruments if one.id == code), None)
    if instrument is None:
        return part
    zh, en = instrument.name.zh.strip("《》"), instrument.name.en
    if not article:
        return {"zh": f"《{zh}》", "en": en}
    found = _ARTICLE.fullmatch(article)
    if found is None or int(found["number"]) >= 1000:  # a standard's own number, as in "YDT 1728", is no article
        return {"zh": f"《{zh}》{article}", "en": f"{en}, {article}"}
    more = found["more"].replace("(", "\uff08").replace(")", "\uff09")
    return {"zh": f"《{zh}》第{chinese(int(found['number']))}条{more}", "en": f"{en}, article {article}"}


def chinese(number: int) -> str:
    """A number below a thousand as articles are counted: 二十二, 一百零五."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    said = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        said += "十" if tens == 1 and not hundreds else f"{_DIGITS[tens]}十"
    elif hundreds and ones:
        said += "零"
    return said + (_DIGITS[ones] if ones or not number else "")
