"""What people see of background work."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from bastide.base.jobs import kinds, leases, work
from bastide.base.jobs.models import Job
from bastide.base.people.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def count() -> object:
    @kinds.job("test.count", title="Count the sheep", max_attempts=1)
    def body(held: Job, fail: bool = False) -> None:
        held.progress(3, 10, "three sheep")
        if fail:
            raise RuntimeError("the fence is open")

    yield "test.count"
    del kinds._kinds["test.count"]


def sign_in(client: Client, account: Account) -> Client:
    client.force_login(account)
    return client


class TestJobDetail:
    def test_a_waiting_job_asks_again_every_second_and_without_javascript_reloads(
        self, client: Client, count: str, operator: Account, at: datetime
    ) -> None:
        job = leases.enqueue(count, by=operator, at=at)
        page = sign_in(client, operator).get(reverse("jobs:job_detail", args=[job.pk])).content.decode()
        assert 'hx-trigger="every 1s"' in page
        assert 'http-equiv="refresh"' in page
        assert "Count the sheep" in page

    def test_htmx_gets_the_fragment_which_stops_asking_when_the_job_is_over(
        self, client: Client, count: str, operator: Account, at: datetime
    ) -> None:
        job = leases.enqueue(count, by=operator, at=at)
        work.work_once(at)
        answer = sign_in(client, operator).get(
            reverse("jobs:job_detail", args=[job.pk]), headers={"HX-Request": "true"}
        )
        fragment = answer.content.decode()
        assert fragment.lstrip().startswith("<section")
        assert "hx-trigger" not in fragment

    def test_another_persons_job_is_not_found(
        self, client: Client, count: str, operator: Account, other_operator: Account, at: datetime
    ) -> None:
        job = leases.enqueue(count, by=operator, at=at)
        assert sign_in(client, other_operator).get(reverse("jobs:job_detail", args=[job.pk])).status_code == 404

    def test_an_administrator_sees_every_job(
        self, client: Client, count: str, operator: Account, administrator: Account, at: datetime
    ) -> None:
        job = leases.enqueue(count, by=operator, at=at)
        assert sign_in(client, administrator).get(reverse("jobs:job_detail", args=[job.pk])).status_code == 200


class TestJobList:
    def test_one_sees_ones_own(
        self, client: Client, count: str, operator: Account, other_operator: Account, at: datetime
    ) -> None:
        leases.enqueue(count, by=operator, at=at)
        assert "Count the sheep" in sign_in(client, operator).get(reverse("jobs:job_list")).content.decode()
        assert "Count the sheep" not in sign_in(client, other_operator).get(reverse("jobs:job_list")).content.decode()


class TestJobAgain:
    @pytest.fixture
    def failed(self, count: str, operator: Account, administrator: Account, at: datetime) -> Job:
        leases.enqueue(count, by=operator, at=at, fail=True)
        job = work.work_once(at)
        assert job is not None
        assert job.state == "failed"
        return job

    def test_an_administrator_begins_it_again(self, client: Client, failed: Job, administrator: Account) -> None:
        page = sign_in(client, administrator).get(reverse("jobs:job_detail", args=[failed.pk])).content.decode()
        assert "the fence is open" in page
        assert reverse("jobs:job_again", args=[failed.pk]) in page
        answer = client.post(reverse("jobs:job_again", args=[failed.pk]), follow=True)
        failed.refresh_from_db()
        assert (answer.status_code, failed.state) == (200, "waiting")

    def test_whoever_asked_for_it_may_not(self, client: Client, failed: Job, operator: Account) -> None:
        assert sign_in(client, operator).post(reverse("jobs:job_again", args=[failed.pk])).status_code == 404
        failed.refresh_from_db()
        assert failed.state == "failed"
