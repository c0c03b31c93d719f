"""What is known of the request being answered: address, identifier, stated purpose."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


@dataclass
class Whence:
    """Where an act comes from. Empty for jobs and the command line."""

    address: str = ""
    request_id: str = ""
    purpose: str = ""


current: ContextVar[Whence | None] = ContextVar("whence", default=None)
# By this the answer, the log lines and the trail of one request are found together.
request_id: ContextVar[str] = ContextVar("request_id", default="")


def whence() -> Whence:
    return current.get() or Whence()


def address_of(request: HttpRequest) -> str:
    """The address of the person, past as many proxies as the installation has (`BASTIDE_PROXIES`).

    Each proxy appends the address it was called from to `X-Forwarded-For`; what stands before those was written by
    whoever called and is not believed.
    """
    direct = request.META.get("REMOTE_ADDR", "") or ""
    told = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if not settings.BASTIDE_PROXIES or len(told) < settings.BASTIDE_PROXIES:
        return direct
    try:
        return str(ip_address(told[-settings.BASTIDE_PROXIES]))
    except ValueError:
        return direct
