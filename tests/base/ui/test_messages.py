"""The tool that keeps the catalogues: what it finds, merges and complains about."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import polib
import pytest

TOOL = Path(__file__).resolve().parents[3] / "tools" / "messages.py"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool, looking at a package of one app."""
    spec = importlib.util.spec_from_file_location("messages_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "messages_tool", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    (tmp_path / "base").mkdir()
    app = tmp_path / "shop"
    (app / "templates/shop").mkdir(parents=True)
    (app / "apps.py").write_text("", encoding="utf-8")
    (app / "models.py").write_text(
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
        'a = _("Order")\nb = ngettext("%(n)s day", "%(n)s days", 2)\nc = pgettext("verb", "Order")\n',
        encoding="utf-8",
    )
    (app / "templates/shop/list.html").write_text(
        '{% load i18n %}<h1>{% translate "Orders" %}</h1>\n<p>{% blocktranslate with n=x %}Due {{ n }}{% endblocktranslate %}</p>\n',
        encoding="utf-8",
    )
    return module


def test_it_finds_words_in_python_and_templates(tool: ModuleType, tmp_path: Path) -> None:
    found = {(m.context, m.msgid, m.plural) for m in tool.messages_of(tmp_path / "shop")}
    assert found == {
        ("", "Order", ""), ("", "%(n)s day", "%(n)s days"), ("verb", "Order", ""), ("", "Orders", ""), ("", "Due %(n)s", ""),
    }  # fmt: skip


def test_merging_keeps_what_was_translated_and_drops_what_went(tool: ModuleType, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    assert tool.update(shop) == (5, 0)
    catalogue = polib.pofile(str(tool.place_of(shop)))
    for entry in catalogue:
        if entry.msgid == "Orders":
            entry.msgstr = "订单"
    catalogue.save()
    (shop / "models.py").write_text("", encoding="utf-8")
    assert tool.update(shop) == (0, 3)
    assert {e.msgid: e.msgstr for e in polib.pofile(str(tool.place_of(shop)))} == {"Orders": "订单", "Due %(n)s": ""}


def test_updating_twice_changes_nothing(tool: ModuleType, tmp_path: Path) -> None:
    tool.update(tmp_path / "shop")
    before = tool.place_of(tmp_path / "shop").read_bytes()
    assert tool.update(tmp_path / "shop") == (0, 0)
    assert tool.place_of(tmp_path / "shop").read_bytes() == before


def test_it_tells_what_is_missing_untranslated_or_wrong(tool: ModuleType, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    assert any("not in the catalogue" in fault for fault in tool.faults())
    tool.update(shop)
    assert any("not translated: 'Order'" in fault for fault in tool.faults())
    catalogue = polib.pofile(str(tool.place_of(shop)))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "天"}
        else:
            entry.msgstr = "到期 %(m)s" if "Due" in entry.msgid else "订单"
    catalogue.save()
    (fault,) = tool.faults()
    assert "values differ" in fault


def test_bare_text_is_told_with_its_line(tool: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "shop/templates/shop/bad.html"
    path.write_text(
        '<p>{% translate "Fine" %}</p>\n<p>Bare words</p>\n<input placeholder="Name here">', encoding="utf-8"
    )
    first, second = tool.bare_text(path)
    assert ":2:" in first
    assert "Bare words" in first
    assert "Name here" in second


def test_compiling_writes_what_django_reads(tool: ModuleType, tmp_path: Path) -> None:
    tool.update(tmp_path / "shop")
    assert tool.compile_all() == 1
    assert tool.place_of(tmp_path / "shop").with_suffix(".mo").exists()
    assert tool.compile_all() == 0
