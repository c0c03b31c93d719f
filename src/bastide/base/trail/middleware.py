"""Keeps address, request identifier and purpose at hand while a request is answered."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bastide.base.trail.request import Whence, current


class WhoAndWhenceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        token = current.set(
            Whence(
                address=request.META.get("REMOTE_ADDR", "") or "",
                request_id=request_id,
                purpose=request.headers.get("X-Purpose", "")[:300],
            )
        )
        try:
            response = self.get_response(request)
        finally:
            current.reset(token)
        response.headers["X-Request-Id"] = request_id
        return response
