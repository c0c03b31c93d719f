"""Every request: its identifier, one line in the log, its place in the counts; nothing of who asked for what."""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

from bastide.base.trail.request import request_id

log = logging.getLogger(__name__)
# What a proxy or a client may call its request; anything else gets a name of ours.
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,40}")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10)

ANSWERS = Counter("bastide_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram("bastide_request_seconds", "Seconds until the answer began.", ["route", "method"], buckets=BUCKETS)

_under_way, _counting = 0, threading.Lock()
PATIENCE = 0.1  # seconds


def step_aside() -> None:
    """Let pages that are being made go first; for long work that sends its answer piece by piece, between two pieces.

    Threads of one process share one interpreter: a long export would make every page wait at each of its turns. It
    waits a tenth of a second at most, so that it comes to an end on the busiest day too.
    """
    until = time.monotonic() + PATIENCE
    while _under_way and time.monotonic() < until:
        time.sleep(0.005)


def _enter(number: int) -> None:
    global _under_way  # one count for the process
    with _counting:
        _under_way += number


class MeasureMiddleware:
    """Stands outermost, so that what others refuse is counted too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.headers.get("X-Request-Id", "")
        known = asked if WELL_FORMED.fullmatch(asked) else uuid.uuid4().hex
        token, started = request_id.set(known), time.monotonic()
        _enter(1)
        try:
            response = self.get_response(request)
            response.headers["X-Request-Id"] = known
            self._tell(request, response, time.monotonic() - started)
        finally:
            _enter(-1)
            request_id.reset(token)
        return response

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        route, status = route_of(request), response.status_code
        method = request.method if request.method in METHODS else "other"
        ANSWERS.labels(route, method, status).inc()
        SECONDS.labels(route, method).observe(seconds)
        extra = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000, 1)}
        log.info("request", extra=extra)


def route_of(request: HttpRequest) -> str:
    """The door by its name, never the path: paths hold user names and the secrets of invitations."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or match.route
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"
