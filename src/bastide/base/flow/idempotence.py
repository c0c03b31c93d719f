"""A request sent twice is carried out once: the second time gets the first answer.

Programs send the header `Idempotency-Key`; forms carry a hidden field `_key` made when the form was shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from bastide.base import terms
from bastide.base.flow import carriers
from bastide.base.flow.models import Remembered
from bastide.base.people.models import Account

KEPT = ("Location", "Content-Type", "HX-Redirect")
LOST = timedelta(minutes=10)  # after which a request without an answer may be sent again, whoever carries it out
_unforgotten: set[int] = set()  # rows of requests that failed with the database, to be forgotten when it is back


class IdempotenceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        """After sign-in is known and before the view: answer a repeated form from memory, else remember the answer."""
        if request.method != "POST" or not isinstance(request.user, Account):
            return None
        key = request.headers.get("Idempotency-Key") or _form_key(request)
        if not key:
            return None
        return carry_out_once(request, request.user, key, lambda: view(request, *args, **kwargs))


def _form_key(request: HttpRequest) -> str:
    """The key of a form; programs say it in the header, and their bodies are left for the view to read."""
    if request.path.startswith("/api/"):
        return ""
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return request.POST.get("_key", "")
    return ""


def carry_out_once(
    request: HttpRequest, account: Account, key: str, carry_out: Callable[[], HttpResponse]
) -> HttpResponse:
    """Run `carry_out` unless this account sent this key before; then give the remembered answer.

    The same key with another content is refused with 422, while the first is still running with 409.
    Only answers that changed something (2xx, 3xx) are remembered; a refused request may be corrected and sent again.
    What is told only once (the secret of a key: `request.told_once`) is not kept.
    """
    try:
        digest = hashlib.sha256(f"{request.path}\n".encode() + _content(request)).hexdigest()
    except RequestDataTooBig:
        return HttpResponse(_("A request this large cannot carry a request key: send it without."), status=413)
    _catch_up()
    try:
        with transaction.atomic():
            row = Remembered.objects.create(
                account=account, key=key[:80], digest=digest, at=terms.now(), carrier=carriers.own()
            )
    except IntegrityError:
        return _again(Remembered.objects.get(account=account, key=key[:80]), digest, account, request, carry_out)
    return _first(row, request, carry_out)


def _content(request: HttpRequest) -> bytes:
    """What was sent, without the CSRF token; uploads count by name and size."""
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        fields = sorted((k, v) for k, vs in request.POST.lists() if k != "csrfmiddlewaretoken" for v in vs)
        files = sorted((k, f.name or "", f.size or 0) for k, fs in request.FILES.lists() for f in fs)
        return repr((fields, files)).encode()
    return request.body


def _first(row: Remembered, request: HttpRequest, carry_out: Callable[[], HttpResponse]) -> HttpResponse:
    """The act and its answer are one transaction: a process that dies leaves both or neither."""
    try:
        with transaction.atomic():
            response = carry_out()
            if hasattr(response, "render") and not getattr(response, "is_rendered", True):
                response = response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
            elif not _is_refusal(response):
                _remember(row, request, response)
    except BaseException:
        _forget(row)
        raise
    if _is_refusal(response):
        _forget(row)
    return response


def _is_refusal(response: HttpResponse) -> bool:
    """Refused, or a form shown again with its errors."""
    return response.status_code >= 400 or (
        response.status_code == 200 and "Location" not in response and _is_page(response)
    )


def _remember(row: Remembered, request: HttpRequest, response: HttpResponse) -> None:
    """Keep the answer; if the request was taken for dead and sent again meanwhile, this one is undone."""
    kept = _ours(row).update(
        status=response.status_code,
        headers={name: response[name] for name in KEPT if name in response},
        body=b"" if response.streaming or getattr(request, "told_once", False) else response.content,
    )
    if not kept:
        raise RuntimeError(f"request key {row.key} was taken over by the same request sent again")


def _forget(row: Remembered) -> None:
    """Free the key; where the database is away, with the next request of this process."""
    try:
        _ours(row).delete()
    except (OperationalError, InterfaceError):
        _unforgotten.add(row.pk)
        raise


def _catch_up() -> None:
    while _unforgotten:
        pk = _unforgotten.pop()
        try:
            Remembered.objects.filter(pk=pk, status=0).delete()
        except BaseException:
            _unforgotten.add(pk)
            raise


def _ours(row: Remembered) -> QuerySet[Remembered]:
    """The row, while it still waits for its answer."""
    return Remembered.objects.filter(pk=row.pk, status=0)


def _is_page(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/html")


def _again(
    row: Remembered, digest: str, account: Account, request: HttpRequest, carry_out: Callable[[], HttpResponse]
) -> HttpResponse:
    if row.digest != digest:
        return HttpResponse(_("This request key was used for another request."), status=422)
    if row.status == 0:
        # With its process, what it did was undone.
        if carriers.is_gone(row.carrier) or abs(terms.now() - row.at) > LOST:
            _forget(row)
            return carry_out_once(request, account, row.key, carry_out)
        return HttpResponse(_("The same request is being carried out right now."), status=409)
    response = HttpResponse(bytes(row.body), status=row.status)
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response
