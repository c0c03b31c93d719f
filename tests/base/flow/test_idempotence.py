"""A request sent twice is carried out once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory

from bastide.base import terms
from bastide.base.flow import jobs
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


class TestForget:
    def test_a_week_later_the_key_is_free(self, national: Account, at) -> None:
        carry_out_once(post(), national, "k", lambda: HttpResponse(status=201))
        with terms.frozen(at + timedelta(days=8)):
            assert jobs.forget(None) == {"forgotten": 1}
