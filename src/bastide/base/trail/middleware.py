"""Keeps address and purpose at hand while a request is answered."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bastide.base.trail.request import Whence, address_of, current, request_id


class WhoAndWhenceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = current.set(
            Whence(
                address=address_of(request),
                request_id=request_id.get(),
                purpose=request.headers.get("X-Purpose", "")[:300],
            )
        )
        try:
            return self.get_response(request)
        finally:
            current.reset(token)
