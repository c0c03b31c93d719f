"""A request sent twice is carried out once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory

from bastide.base import terms
from bastide.base.flow import carriers, idempotence, jobs
from bastide.base.flow.idempotence import carry_out_once
from bastide.base.flow.models import Remembered
from bastide.base.people.models import Account


def post(content: bytes = b"{}") -> HttpRequest:
    return RequestFactory().post("/x", content, content_type="application/json")


class TestCarryOutOnce:
    def test_the_second_time_gets_the_first_answer(self, national: Account) -> None:
        calls: list[int] = []

        def act() -> HttpResponse:
            calls.append(1)
            return JsonResponse({"n": len(calls)}, status=201)

        first = carry_out_once(post(), national, "k", act)
        second = carry_out_once(post(), national, "k", act)
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert second["Idempotency-Replayed"] == "true"
        assert calls == [1]

    def test_the_same_key_with_other_content_is_refused(self, national: Account) -> None:
        carry_out_once(post(), national, "k", lambda: HttpResponse(status=201))
        assert carry_out_once(post(b'{"a":1}'), national, "k", lambda: HttpResponse(status=201)).status_code == 422

    def test_a_refused_request_may_be_sent_again(self, national: Account) -> None:
        assert carry_out_once(post(), national, "k", lambda: HttpResponse(status=409)).status_code == 409
        assert carry_out_once(post(), national, "k", lambda: HttpResponse(status=201)).status_code == 201

    def test_a_crash_leaves_no_mark(self, national: Account) -> None:
        def crash() -> HttpResponse:
            raise RuntimeError

        with pytest.raises(RuntimeError):
            carry_out_once(post(), national, "k", crash)
        assert not Remembered.objects.exists()

    def test_while_the_first_runs_the_second_waits_outside(self, national: Account) -> None:
        def act() -> HttpResponse:
            again = carry_out_once(post(), national, "k", lambda: HttpResponse(status=201))
            assert again.status_code == 409
            return HttpResponse(status=201)

        assert carry_out_once(post(), national, "k", act).status_code == 201

    def test_one_persons_key_is_not_anothers(self, national: Account, operator: Account) -> None:
        carry_out_once(post(), national, "k", lambda: HttpResponse(b"a", status=201))
        assert carry_out_once(post(), operator, "k", lambda: HttpResponse(b"b", status=201)).content == b"b"

    def test_what_is_told_once_is_not_kept(self, national: Account) -> None:
        request = post()
        request.told_once = True
        carry_out_once(request, national, "k", lambda: JsonResponse({"key": "secret"}))
        assert b"secret" not in bytes(Remembered.objects.get().body)


@contextmanager
def another_process() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """One that carries requests out, and its name."""
    words = (
        "import sys\nfrom django.conf import settings\nsettings.configure(BASTIDE_HOME=sys.argv[1])\n"
        "from bastide.base.flow import carriers\nprint(carriers.own(), flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", words, str(settings.BASTIDE_HOME)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait()


class TestCarrier:
    """A request whose process died is carried out when it is sent again, at once."""

    def under_way(self, account: Account, carrier: str) -> None:
        carry_out_once(post(), account, "k", lambda: HttpResponse(b"undone", status=201))
        Remembered.objects.update(status=0, carrier=carrier)

    def test_that_lives_is_waited_for_and_that_died_is_not(self, national: Account) -> None:
        with another_process() as (name, process):
            self.under_way(national, name)
            assert carry_out_once(post(), national, "k", lambda: HttpResponse(status=201)).status_code == 409
            process.kill()
            process.wait()
            assert carry_out_once(post(), national, "k", lambda: HttpResponse(b"done", status=201)).content == b"done"
        assert carry_out_once(post(), national, "k", lambda: HttpResponse(status=500)).content == b"done"

    def test_that_is_unknown_here_is_waited_for(self, national: Account, at) -> None:
        self.under_way(national, "0" * 32)
        assert carry_out_once(post(), national, "k", lambda: HttpResponse(status=201)).status_code == 409
        with terms.frozen(at + timedelta(minutes=11)):
            assert carry_out_once(post(), national, "k", lambda: HttpResponse(status=201)).status_code == 201

    def test_a_key_that_could_not_be_freed_is_freed_with_the_next_request(self, national: Account) -> None:
        def away(*_args: object) -> None:
            raise OperationalError("the database is away")

        with patch.object(idempotence, "_ours", away), pytest.raises(OperationalError):
            carry_out_once(post(), national, "k", lambda: away() or HttpResponse())
        assert Remembered.objects.get().status == 0
        assert carry_out_once(post(), national, "k", lambda: HttpResponse(status=201)).status_code == 201

    def test_locks_of_the_dead_are_swept_after_a_day(self) -> None:
        with another_process() as (name, process):
            lock: Path = carriers._lock(name)
            with patch.object(carriers, "KEPT", -1.0):
                carriers.sweep()
                assert lock.exists()
                process.kill()
                process.wait()
                carriers.sweep()
                assert not lock.exists()


class TestForget:
    def test_a_week_later_the_key_is_free(self, national: Account, at) -> None:
        carry_out_once(post(), national, "k", lambda: HttpResponse(status=201))
        with terms.frozen(at + timedelta(days=8)):
            assert jobs.forget(None)["forgotten"] == 1
