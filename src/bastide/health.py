"""What a supervisor of processes asks: is the web server up, and can the installation do its work?

Both answers are open to anyone who reaches the server, so they name the part that is wrong and nothing else.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bastide.base import terms
from bastide.base.jobs.models import Schedule

WORKER_LATE = timedelta(minutes=5)
LEAST_FREE = 256 * 1024 * 1024  # bytes; below it uploads and batches would soon fail


@require_safe
@never_cache
@login_not_required
def alive(request: HttpRequest) -> JsonResponse:
    """/healthz: the process answers. Nothing else is asked, so that a slow database does not get it killed."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
@login_not_required
def ready(request: HttpRequest) -> JsonResponse:
    """/readyz: 200 if every part works, else 503; the answer names each part."""
    parts = {name: _state(check) for name, check in CHECKS.items()}
    sound = set(parts.values()) == {"ok"}
    return JsonResponse({"status": "ok" if sound else "failing", "parts": parts}, status=200 if sound else 503)


def _state(check: Callable[[], bool]) -> str:
    try:
        return "ok" if check() else "failing"
    except (DatabaseError, OSError):
        return "failing"


def database() -> bool:
    """The database answers and is at this version's last migration."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def worker() -> bool:
    """No schedule waits longer than a busy worker would let it."""
    turns = Schedule.objects.order_by("next_at").values_list("next_at", flat=True)
    first = turns.first()
    return first is not None and first > terms.now() - WORKER_LATE


def disk() -> bool:
    """The data folder can be written to and has room."""
    home = settings.BASTIDE_HOME
    return os.access(home, os.W_OK) and shutil.disk_usage(home).free > LEAST_FREE


CHECKS: dict[str, Callable[[], bool]] = {"database": database, "worker": worker, "disk": disk}
