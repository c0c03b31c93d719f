"""The one way out to addresses that others typed: checked name, checked address, that very address, no redirect.

A name is resolved once. If any of its addresses is not public (or in a network the installation names), nothing is
called; otherwise the connection goes to the address that was checked, so a name that changes its mind in between
(DNS rebinding) leads nowhere. Of an answer only the status and the headers are read.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx
from django.conf import settings

from bastide.base.hooks.models import Fault

LIMIT = 10.0  # seconds for everything after the name is known
TRIED = 2  # addresses of one name
LONGEST_REST = timedelta(hours=24)
USER_AGENT = "Bastide-Webhooks/1"
# Global unicast and nothing else; of it these lead back into IPv4 or are for examples.
UNICAST = IPv6Network("2000::/3")
TUNNELS = (IPv6Network("2001::/23"), IPv6Network("2001:db8::/32"), IPv6Network("2002::/16"), IPv6Network("3fff::/20"))
NAME = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,251}[a-z0-9])?\.?")

Address = IPv4Address | IPv6Address


class BadAddress(ValueError):
    """An address that is not called; its text says why: form, scheme, credentials, port, network or name."""


@dataclass(frozen=True)
class Answer:
    """What came of one call."""

    took_ms: int
    code: int | None = None
    fault: str = ""
    rest: timedelta | None = None

    @property
    def is_success(self) -> bool:
        return not self.fault


def parsed(text: str) -> httpx.URL:
    """A URL whose form allows a call; the name is not resolved here. Raises BadAddress with the reason's name."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise BadAddress("form") from error
    if url.scheme != "https" and not (url.scheme == "http" and settings.BASTIDE_WEBHOOK_HTTP):
        raise BadAddress("scheme")
    if not url.host or url.fragment:
        raise BadAddress("form")
    if url.userinfo:
        raise BadAddress("credentials")
    if (url.port or {"http": 80, "https": 443}[url.scheme]) not in settings.BASTIDE_WEBHOOK_PORTS:
        raise BadAddress("port")
    try:
        literal = ip_address(url.host)
    except ValueError:
        if not NAME.fullmatch(url.raw_host.decode("ascii", "replace")):
            raise BadAddress("form") from None
        return url
    if not is_allowed(literal):
        raise BadAddress("network")
    return url


def is_allowed(address: Address) -> bool:
    """May this address be called: public, or in a network the installation names?"""
    if isinstance(address, IPv6Address) and (address.ipv4_mapped or address.scope_id):
        return False
    if any(address.version == network.version and address in network for network in settings.BASTIDE_WEBHOOK_NETWORKS):
        return True
    if isinstance(address, IPv6Address):
        return address in UNICAST and not any(address in tunnel for tunnel in TUNNELS)
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolved(host: str, port: int) -> list[Address]:
    """The addresses of a name, all of them allowed; else BadAddress."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadAddress("name") from error
    addresses = list(dict.fromkeys(ip_address(str(entry[4][0])) for entry in found))
    if not addresses or not all(is_allowed(address) for address in addresses):
        raise BadAddress("network")
    return addresses


def post(text: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send once. Whatever happens comes back as an Answer."""
    begun = time.monotonic()

    def answer(**values: object) -> Answer:
        return Answer(took_ms=round((time.monotonic() - begun) * 1000), **values)  # type: ignore[arg-type]

    try:
        url = parsed(text)
        host = url.raw_host.decode("ascii")
        addresses = resolved(host, url.port or {"http": 80, "https": 443}[url.scheme])
        code, rest = asyncio.run(_within_limit(url, host, addresses, body, headers))
    except BadAddress:
        return answer(fault=Fault.ADDRESS)
    except (TimeoutError, httpx.TimeoutException):
        return answer(fault=Fault.SLOW)
    except httpx.ConnectError as error:
        return answer(fault=Fault.TLS if _is_tls(error) else Fault.CONNECTION)
    except (httpx.RemoteProtocolError, httpx.DecodingError):
        return answer(fault=Fault.ANSWER)
    except httpx.HTTPError:
        return answer(fault=Fault.CONNECTION)
    if 200 <= code < 300:
        return answer(code=code)
    return answer(code=code, fault=Fault.REDIRECT if 300 <= code < 400 else Fault.STATUS, rest=rest)


async def _within_limit(
    url: httpx.URL, host: str, addresses: list[Address], body: bytes, headers: Mapping[str, str]
) -> tuple[int, timedelta | None]:
    """The whole exchange under one deadline, which slow drops cannot stretch."""
    async with asyncio.timeout(LIMIT):
        for place, address in enumerate(addresses[:TRIED], 1):
            try:
                return await _call(url, host, address, body, headers)
            except httpx.ConnectError as error:
                if place == min(len(addresses), TRIED) or _is_tls(error):
                    raise
    raise TimeoutError


async def _call(
    url: httpx.URL, host: str, address: Address, body: bytes, headers: Mapping[str, str]
) -> tuple[int, timedelta | None]:
    """To the checked address itself; the name goes into Host and into the check of the certificate."""
    named = {**headers, "Host": url.netloc.decode("ascii"), "Content-Type": "application/json",
             "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}  # fmt: skip
    client = httpx.AsyncClient(
        trust_env=False, follow_redirects=False, timeout=LIMIT, verify=ssl.create_default_context()
    )  # no proxy of the environment, which would resolve the name again
    async with (
        client,
        client.stream(
            "POST", url.copy_with(host=str(address)), content=body, headers=named, extensions={"sni_hostname": host}
        ) as response,
    ):
        return response.status_code, _rest(response.headers.get("retry-after", ""))


def _is_tls(error: Exception) -> bool:
    """Did the encryption fail, somewhere in the chain of causes?"""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _rest(text: str) -> timedelta | None:
    """Retry-After, in seconds or as a date (RFC 9110 10.2.3), at most a day."""
    try:
        wait = timedelta(seconds=int(text)) if text.isdigit() else _until(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_REST)


def _until(moment: datetime) -> timedelta:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)
