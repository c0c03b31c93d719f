"""A data folder of its own for every test of papers, the fonts of this machine, and something to write about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from bastide.base.papers import fonts

ORDER: dict[str, Any] = {
    "order": "ORD-2026-000007",
    "source": "VIS-2026-000003",
    "basis": [{"zh": "《通信网络安全防护管理办法》第二十二条", "en": "O11 22"}],
    "findings": [
        {
            "number": "FND-2026-000001", "object": "BJ-CORE-01", "clause": "O11 15", "severity": {"zh": "高", "en": "high"},
            "text": {"zh": "管理接口未启用双因素认证", "en": "Management without a second factor"},
            "measure": {"zh": "启用双因素认证", "en": "Enable a second factor"}, "due_at": "2026-07-01",
        }
    ],
    "limit": "2026-07-01",
}  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: LazySettings) -> Path:
    settings.BASTIDE_HOME = tmp_path
    return tmp_path


@pytest.fixture
def order() -> dict[str, Any]:
    """What a rectification order says, at the least."""
    return dict(ORDER)


@pytest.fixture
def chinese() -> None:
    """Skips where nothing can print Chinese."""
    try:
        fonts.book(fonts.shelves())
    except fonts.NoChineseFont:
        pytest.skip("no Chinese font: install fonts-noto-cjk or run tools/fonts.py")
