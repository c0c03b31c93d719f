"""The one clock on the wall."""

from datetime import UTC, datetime, timedelta

import pytest

from bastide.base.terms import CHINA, frozen, now

NOON = datetime(2026, 11, 22, 12, tzinfo=CHINA)


class TestNow:
    def test_it_is_aware_and_in_utc(self):
        assert now().tzinfo is UTC

    def test_it_can_be_held_and_let_go(self):
        with frozen(NOON):
            assert now() == NOON
            with frozen(NOON + timedelta(hours=1)):
                assert now() == NOON + timedelta(hours=1)
            assert now() == NOON
        assert now() != NOON

    def test_a_time_without_zone_is_refused(self):
        with pytest.raises(ValueError, match="has no zone"), frozen(datetime(2026, 1, 1)):
            pass
