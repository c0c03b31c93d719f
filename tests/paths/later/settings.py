"""The settings of the later version."""

from bastide.settings import *  # noqa: F403
from bastide.settings import INSTALLED_APPS as EARLIER

INSTALLED_APPS = [*EARLIER, "tests.paths.later"]
