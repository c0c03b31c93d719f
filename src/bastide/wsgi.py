"""The door for web servers."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bastide.settings")
application = get_wsgi_application()


def _get_ready() -> None:
    """Do what the first visitor in either language would wait for: read all pages, their addresses and the pack."""
    from django.conf import settings
    from django.urls import reverse
    from django.utils import translation

    from bastide.base import packs

    packs.active()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            reverse("home:situation")


_get_ready()
# Threads take turns in smaller slices, so that an export in one makes the pages of the others wait less.
sys.setswitchinterval(0.001)
# What was loaded stays: the collector of garbage need not walk through it again at every page.
gc.collect()
gc.freeze()
