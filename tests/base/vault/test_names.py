"""Names of files: what tricks they can play, and what becomes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bastide.base.vault.names import LONGEST, extension_of, safe_name


class TestSafeName:
    @pytest.mark.parametrize(
        ("raw", "shown"),
        [
            ("report.pdf", "report.pdf"),
            ("整改证明 材料.docx", "整改证明 材料.docx"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\登录日志.csv", "登录日志.csv"),
            ("invoice\u202efdp.exe", "invoicefdp.exe"),
            ("a\u200bb\u2066c.txt", "abc.txt"),
            ("line\nbreak.txt", "line break.txt"),
            ("nul.txt", "_nul.txt"),
            ("...", "file"),
            ("", "file"),
            (" .hidden", "hidden"),
            ('what?"<>|*.txt', "what______.txt"),
            ("cafe\u0301.txt", "caf\u00e9.txt"),
        ],
    )
    def test_it_keeps_what_is_harmless_and_drops_the_tricks(self, raw: str, shown: str) -> None:
        assert safe_name(raw) == shown

    def test_it_shortens_the_stem_and_keeps_the_extension(self) -> None:
        shown = safe_name("证" * 300 + ".pdf")
        assert len(shown.encode()) <= LONGEST
        assert shown.endswith(".pdf")

    @given(st.text())
    def test_it_never_fails_and_is_settled_after_one_turn(self, raw: str) -> None:
        shown = safe_name(raw)
        assert shown
        assert not set(shown) & set('/\\\0\n\r"')
        assert len(shown.encode()) <= LONGEST + 1
        assert safe_name(shown) == shown


class TestExtension:
    def test_it_is_the_last_one_in_small_letters(self) -> None:
        assert extension_of("a.tar.GZ") == "gz"
        assert extension_of("README") == ""
