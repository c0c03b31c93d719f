"""Putting in a year that was published after this release."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bastide.base import terms
from bastide.base.clock import flows
from bastide.base.people.models import Account, Organisation
from bastide.base.terms import CHINA
from bastide.base.terms.calendars import _folders

YEAR = "calendar: cn\nyear: 2027\nsource: a notice made up for this test\nrest: [2027-01-01]\n"
pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.BASTIDE_HOME = tmp_path
    terms.look_in(tmp_path / "calendars")
    yield tmp_path
    _folders.remove(tmp_path / "calendars")
    terms.calendar("cn")


def run(*args: object) -> str:
    out = StringIO()
    call_command("working_days", *map(str, args), stdout=out)
    return out.getvalue()


class TestWorkingDays:
    def test_it_shows_which_years_are_known(self, home: Path) -> None:
        assert "cn: 2004 to 2026 (23 years); chinesecalendar-" in run()
        assert "eu: no year; empty" in run()

    def test_a_year_is_kept_and_the_clocks_it_moves_are_listed(
        self, home: Path, telco: Organisation, operator: Account
    ) -> None:
        flows.start(telco, "CK-09", at=datetime(2026, 12, 25, tzinfo=CHINA), by=operator, bearer=telco)
        (home / "notice.yaml").write_text(YEAR)
        said = run(home / "notice.yaml")
        assert "Clocks that moved: 1" in said
        assert "CK-09: 2027-01-11 24:00 (UTC+0800)" in said
        assert terms.calendar("cn").knows(2027)

    def test_a_wrong_list_is_refused_and_nothing_is_kept(self, home: Path) -> None:
        (home / "notice.yaml").write_text(YEAR.replace("cn", "xx"))
        with pytest.raises(CommandError, match="there are cn, eu"):
            run(home / "notice.yaml")
        assert not (home / "calendars").exists()

    def test_a_year_is_not_replaced_by_mistake(self, home: Path) -> None:
        (home / "notice.yaml").write_text(YEAR)
        run(home / "notice.yaml")
        with pytest.raises(CommandError, match="--replace"):
            run(home / "notice.yaml")
        run(home / "notice.yaml", "--replace")
