"""Settings with the lowest rooms only, for worker processes that start in a second."""

from bastide.settings import *  # noqa: F403
from bastide.settings import DATABASES as _DATABASES
from bastide.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [
    "bastide.base.people",
    "bastide.base.trail",
    "bastide.base.inbox",
    "bastide.base.jobs",
    "bastide.base.clock",
    "bastide.base.flow",
    "bastide.base.entry",
    "bastide.base.ui",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    *[app for app in _APPS if app.split(".")[0] == "allauth"],
]
TEMPLATES: list[object] = []
MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]
ROOT_URLCONF = "tests.base.jobs.ground"
urlpatterns: list[object] = []
DATABASES = _DATABASES
LOGGING: dict[str, object] = {"version": 1, "disable_existing_loggers": False}
