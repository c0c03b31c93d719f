"""Settings with the rooms below papers only, for processes that start in a second."""

from tests.base.jobs.ground import *  # noqa: F403
from tests.base.jobs.ground import INSTALLED_APPS as _ROOMS

INSTALLED_APPS = [*_ROOMS, "bastide.base.vault", "bastide.base.papers"]
