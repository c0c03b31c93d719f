"""A data folder of its own for every test of the vault."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: LazySettings) -> Path:
    settings.BASTIDE_HOME = tmp_path
    return tmp_path
