"""A thing to hang clocks on, and the law they come from."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import settings

from bastide.base.clock import flows
from bastide.base.clock.models import Clock
from bastide.base.people.models import Account, Organisation
from bastide.base.terms import CHINA

settings.register_profile("calm", deadline=None)
settings.load_profile("calm")

# A Monday in a plain month: 09:00 in Beijing.
START = datetime(2026, 3, 2, 9, tzinfo=CHINA)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def hour_clock(telco: Organisation, operator: Account) -> Clock:
    """CK-01: one hour to report a CII incident."""
    return flows.start(telco, "CK-01", at=START, by=operator, bearer=telco, fact="found by the duty officer")


@pytest.fixture
def workday_clock(telco: Organisation, operator: Account) -> Clock:
    """CK-09: ten working days for the summary."""
    return flows.start(telco, "CK-09", at=START, by=operator, bearer=telco)
