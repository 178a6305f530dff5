"""The failed list: what went wrong, and another try."""

import pytest
from django.urls import reverse

from jobs import services
from jobs.models import Job
from merchants.errors import Refusal
from tests.inventory.admin import browser, member_of
from tests.jobs import tasks

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"


def failed(*arguments, **named) -> Job:
    """A job that ended in the failed list."""
    services.beat(worker_id="ada")
    job = Job.objects.get(pk=tasks.stumble.enqueue(*arguments, **named).id)
    job.claim("ada")
    services.fail(job=job, error=Refusal("no_paper", "There is no paper."))
    services.leave(worker_id="ada")
    return Job.objects.get(pk=job.pk)


def text(response) -> str:
    return " ".join(response.content.decode().split())


def again(job: Job) -> str:
    return reverse("admin:jobs_job_try_again", args=[job.pk])


def test_it_works():
    job = failed("tries", succeed_at=3)
    client = browser()

    shown = text(client.get(LIST))
    for words in (
        "stumble",
        "Failed",
        "&quot;tries&quot;, succeed_at=3",
        "Refusal: There is no paper.",
    ):
        assert words in shown
    assert "merchants.errors" not in shown
    assert "0 workers · 0 waiting · 0 running · 1 failed" in shown

    page = text(client.get(reverse("admin:jobs_job_change", args=[job.pk])))
    for words in ("tests.jobs.tasks.stumble", "1 of 5", "There is no paper.", "Try again"):
        assert words in page

    response = client.post(again(job), follow=True)
    assert "Stumble is to be tried again." in text(response)
    assert "What went wrong last time" in text(response)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("READY", 0)
    assert "no worker is there" in text(client.get(LIST))


def test_many_are_tried_again_at_once():
    jobs = [failed("a", succeed_at=1), failed("b", succeed_at=1)]
    waiting = Job.objects.get(pk=tasks.refuse.enqueue().id)
    chosen = [*(job.pk for job in jobs), waiting.pk]

    response = browser().post(
        LIST, {"action": "try_selected_again", "_selected_action": chosen}, follow=True
    )

    assert text(response).count("Stumble is to be tried again.") == 2
    assert "Refuse: This job did not fail" in text(response)
    assert Job.objects.ready().count() == 3


def test_the_index_tells_of_failed_jobs_and_leads_to_them():
    failed("tries", succeed_at=3)

    shown = text(browser().get("/admin/"))

    assert "background job failed" in shown
    assert "/admin/jobs/job/?status__exact=FAILED" in shown


def test_who_may_not_see_jobs_is_refused():
    job = failed("tries", succeed_at=3)
    client = member_of("associate")

    page = reverse("admin:jobs_job_change", args=[job.pk])
    answers = [client.get(LIST), client.get(page), client.post(again(job))]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    job.refresh_from_db()
    assert job.status == "FAILED"


def test_a_manager_may_try_again():
    job = failed("tries", succeed_at=3)

    assert member_of("manager").post(again(job)).status_code == 302

    job.refresh_from_db()
    assert job.status == "READY"


def test_nothing_is_tried_again_by_following_a_link():
    job = failed("tries", succeed_at=3)

    assert browser().get(again(job)).status_code == 405

    job.refresh_from_db()
    assert job.status == "FAILED"


def test_a_job_that_is_gone_leads_back_to_the_list():
    missing = reverse("admin:jobs_job_change", args=["0" * 32])

    assert browser().get(missing).status_code == 302
