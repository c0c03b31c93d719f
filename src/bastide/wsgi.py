"""The door for web servers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bastide.settings")
application = get_wsgi_application()
# What was loaded stays: the collector of garbage need not walk through it again at every page.
gc.collect()
gc.freeze()
