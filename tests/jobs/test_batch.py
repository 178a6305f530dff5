"""A worker in this process, which ends when nothing is left to do."""

import logging
import signal
from datetime import timedelta

import pytest
from django.core.management import call_command

from inventory.tasks import lift_holds
from jobs import limits
from jobs.models import Job, Worker
from tests.jobs import tasks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _long_pauses(monkeypatch):
    """However busy the machine, what failed rests until the worker has ended."""
    monkeypatch.setattr(limits, "FIRST_PAUSE", timedelta(hours=1))


def run() -> None:
    call_command("worker", batch=True, interval=0.0)


def test_it_works(tmp_path, caplog):
    told = tasks.tell_attempt.enqueue()
    stumbled = tasks.stumble.enqueue(str(tmp_path / "tries"), succeed_at=2)
    refused = tasks.refuse.enqueue()
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    run()

    by_id = {str(job.pk): job for job in Job.objects.all()}
    assert by_id[told.id].return_value == 1
    assert (by_id[stumbled.id].status, by_id[refused.id].status) == ("READY", "FAILED")
    assert not Worker.objects.exists()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert "Attempt 1 of tests.jobs.tasks.stumble failed" in caplog.messages


def test_an_answer_that_cannot_be_kept_is_a_failure(caplog):
    result = tasks.answer_badly.enqueue()

    with caplog.at_level(logging.CRITICAL):
        run()

    job = Job.objects.get(pk=result.id)
    assert (job.status, job.exception_class_path) == ("READY", "builtins.TypeError")


def test_a_task_that_is_no_more_is_a_failure():
    result = tasks.refuse.enqueue()
    Job.objects.filter(pk=result.id).update(task_path="tests.jobs.tasks.gone")

    run()

    assert Job.objects.get(pk=result.id).exception_class_path == "builtins.ImportError"


def test_lifting_holds_in_the_background_lifts_none_that_is_not_due():
    result = lift_holds.enqueue()

    run()

    assert Job.objects.get(pk=result.id).return_value == 0
