"""The situation room as people open it: every number leads to its list, queries stay few, both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bastide.base.people.models import Organisation
from tests.conftest import make_organisation
from tests.home.conftest import ClientOf, opened, settle

pytestmark = pytest.mark.django_db
# Links that lead to a single thing, or say no number.
NAMES = ("incident-", "row-", "silent-", "sort-", "posture-whole")


class Links(HTMLParser):
    """Every link inside the situation, with the first number of its name."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self._open: dict[str, str | None] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open, self._text = dict(attrs), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open is not None:
            name = (self._open.get("aria-label") or self._text).split(": ")[-1]
            self.found.append((self._open.get("id") or "", str(self._open["href"]), " ".join(name.split())))
            self._open = None


def numbers(client: Client, address: str = "/") -> list[tuple[str, str, int]]:
    parser = Links()
    parser.feed(client.get(address, HTTP_HX_REQUEST="true").content.decode())
    found = []
    for place, url, name in parser.found:
        number = re.search(r"\d+", name)
        if number and not place.startswith(NAMES):
            found.append((place, url.replace("&amp;", "&"), int(number[0])))
    return found


def total(client: Client, url: str) -> int:
    """How many rows the linked list holds."""
    page: Any = opened(client, url)
    assert page.status_code == 200, url
    if "seen" in page.context:
        return int(page.context["seen"].posture.total)
    table = page.context["table"]
    assert not table.errors, (url, table.errors)
    return int(table.total)


class TestLinks:
    @pytest.mark.parametrize("who", ["national", "provincial", "operator", "analyst", "inspector", "auditor", "expert"])
    def test_every_number_leads_to_exactly_its_things(self, who, settled, elsewhere, client_of, request) -> None:
        client = client_of(request.getfixturevalue(who))
        shown = numbers(client)
        assert len(shown) > 8
        wrong = [(place, url, n) for place, url, n in shown if total(client, url) != n]
        assert wrong == []


class TestPage:
    def test_its_queries_do_not_grow_with_the_operators(self, client_of: ClientOf, national, at) -> None:
        client, counts = client_of(national), []
        for wanted in (2, 10):
            for place in range(Organisation.objects.filter(kind="operator").count(), wanted):
                settle(make_organisation(f"OP-{place:02}", Organisation.Kind.OPERATOR, "110000"), at)
            client.get("/")
            with CaptureQueriesContext(connection) as queries:
                client.get("/")
            counts.append(len(queries))
        assert counts[0] == counts[1]
        assert counts[0] <= 30

    @pytest.mark.parametrize(("language", "words"), [("en", "Posture by operator"), ("zh-hans", "各运营者态势")])
    def test_it_speaks_both_languages(self, language, words, settled, client_of, national) -> None:
        text = client_of(national, language).get("/").content.decode()
        assert words in text
        assert "OP-A" in text

    def test_an_operator_reads_nothing_of_another(self, settled, elsewhere, client_of, operator) -> None:
        text = client_of(operator).get("/?all=1").content.decode()
        assert "OP-A" in text
        assert "OP-B" not in text

    def test_a_refresh_is_the_part_alone(self, settled, client_of, national) -> None:
        text = client_of(national).get("/", HTTP_HX_REQUEST="true").content.decode()
        assert text.lstrip().startswith('<div id="situation"')
        assert 'hx-trigger="every 30s"' in text

    def test_it_may_be_held_still(self, settled, client_of, national) -> None:
        text = client_of(national).get("/?still=1").content.decode()
        assert "every 30s" not in text
        assert "still=1&amp;" in text or "still=1#" in text

    def test_overdue_is_said_in_words(self, settled, client_of, national) -> None:
        text = client_of(national).get("/").content.decode()
        assert "overdue by" in text
        assert "2 duties owed at once" not in text
        assert "1 duty owed at once" in text

    @pytest.mark.parametrize("who", ["stranger", "contestant"])
    def test_without_a_right_it_says_what_to_do(self, who, settled, client_of, request) -> None:
        text = client_of(request.getfixturevalue(who)).get("/").content.decode()
        assert "What you can do" in text
        assert "Posture by operator" not in text

    def test_odd_parameters_do_no_harm(self, settled, client_of, national) -> None:
        page = client_of(national).get("/?sort=-nonsense&standing=elsewhere&all=x")
        assert page.status_code == 200


class TestCoverage:
    def test_a_province_reads_its_own_operators(self, settled, elsewhere, client_of, provincial) -> None:
        text = client_of(provincial).get("/coverage/").content.decode()
        assert "OP-A" in text
        assert "OP-B" not in text

    def test_who_may_not_know_the_sources_reads_no_state(self, settled, client_of, inspector) -> None:
        text = client_of(inspector).get("/coverage/").content.decode()
        assert "OP-A" in text
        assert "Never heard of" not in text


class TestApi:
    def test_it_gives_the_numbers_of_the_page(self, settled, elsewhere, client_of, provincial) -> None:
        client = client_of(provincial)
        told = client.get("/api/v1/home/situation").json()
        shown = {place.removeprefix("figure-"): n for place, _url, n in numbers(client) if place.startswith("figure-")}
        assert {one["name"]: one["value"] for one in told["figures"]} == shown
        assert told["operators_in_sight"] == 1
        assert [one["code"] for one in told["operators"]] == ["OP-A"]
        assert told["incidents"]["gravest"][0]["is_overdue"] is True
        assert told["data_cut_off"]

    def test_what_may_not_be_seen_is_null(self, settled, client_of, analyst, stranger) -> None:
        assert client_of(analyst).get("/api/v1/home/situation").json()["units"]["cii"] is None
        nothing = client_of(stranger).get("/api/v1/home/situation").json()
        assert nothing["incidents"] is None
        assert nothing["operators"] == []

    def test_nobody_is_told_anything(self) -> None:
        assert Client().get("/api/v1/home/situation").status_code == 401
