"""The life of a job in the hands of workers that live and die."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from jobs import schedule, services
from jobs.errors import JobNotFailed
from jobs.models import Chore, Job, Worker
from merchants.clock import read_clock
from merchants.errors import Refusal
from merchants.models import IdempotencyKey, User
from merchants.services import forget_idempotency_keys
from tests.jobs import tasks

pytestmark = pytest.mark.django_db


def taken(worker_id: str = "ada", result=None) -> Job:
    """A job that this worker has in hand."""
    services.beat(worker_id=worker_id)
    job = Job.objects.get(pk=(result or tasks.refuse.enqueue()).id)
    job.claim(worker_id)
    return job


def let_die(worker_id: str) -> None:
    """A worker that was last heard of a minute ago."""
    Worker.objects.filter(id=worker_id).update(beat_at=Now() - timedelta(minutes=1))


def state(job: Job) -> tuple[str, list[str]]:
    job = Job.objects.get(pk=job.pk)
    return job.status, job.worker_ids


def test_it_works():
    job = taken()

    assert services.finish(job=job, value={"lifted": 2})

    job.refresh_from_db()
    assert (job.status, job.return_value, job.worker_ids) == ("SUCCESSFUL", {"lifted": 2}, ["ada"])


def test_the_jobs_of_the_living_stay_with_them():
    job = taken()

    assert services.bury_dead_workers() == 0

    assert state(job) == ("RUNNING", ["ada"])
    assert Worker.objects.get().pk == "ada"


def test_the_job_of_a_dead_worker_is_to_be_done_again_and_the_attempt_counts():
    job = taken()
    let_die("ada")

    assert services.bury_dead_workers() == 1

    assert state(job) == ("READY", ["ada"])
    job.refresh_from_db()
    assert job.exception_class_path == "jobs.errors.WorkerDied"
    assert not Worker.objects.exists()
    assert services.bury_dead_workers() == 0


def test_a_worker_given_up_too_early_reports_nothing_and_is_entered_again():
    job = taken()
    let_die("ada")
    services.bury_dead_workers()
    again = Job.objects.get(pk=job.pk)
    again.claim("bob")

    assert not services.finish(job=job, value=None)
    assert not services.fail(job=job, error=ValueError("late"))
    services.give_back(worker_id="ada")
    services.drop(worker_id="ada")
    services.beat(worker_id="ada")

    assert state(job) == ("RUNNING", ["ada", "bob"])
    assert Worker.objects.get().pk == "ada"


@pytest.mark.parametrize(("attempts", "pause"), [(1, 10), (2, 20), (4, 80)])
def test_a_failed_attempt_is_followed_by_a_longer_pause(attempts, pause):
    job = taken()
    Job.objects.update(worker_ids=["ada"] * attempts)
    job.refresh_from_db()

    before = timezone.now()
    assert services.fail(job=job, error=ValueError("no paper"))
    after = timezone.now()

    job.refresh_from_db()
    assert (job.status, job.attempts) == ("READY", attempts)
    assert job.traceback == "ValueError: no paper\n"
    assert before <= job.run_after - timedelta(seconds=pause) <= after


def test_nobody_takes_a_job_up_before_its_pause_is_over():
    job = taken()
    Job.objects.update(worker_ids=["ada"] * 4)
    job.refresh_from_db()
    services.fail(job=job, error=ValueError("no paper"))

    Job.objects.update(run_after=F("run_after") + timedelta(hours=1))
    assert not Job.objects.ready().exists()
    Job.objects.update(run_after=F("run_after") - timedelta(hours=2))
    assert Job.objects.ready().get() == job


def test_the_fifth_attempt_is_the_last():
    job = taken()
    Job.objects.update(worker_ids=["ada"] * 5)
    job.refresh_from_db()

    services.fail(job=job, error=ValueError("no paper"))

    job.refresh_from_db()
    assert (job.status, job.attempts) == ("FAILED", 5)
    assert job.finished_at


def test_a_refusal_is_not_tried_again():
    job = taken()

    services.fail(job=job, error=Refusal("nothing_to_do", "There is nothing to do."))

    assert state(job) == ("FAILED", ["ada"])


def test_a_worker_that_leaves_gives_back_what_it_has_and_nothing_else():
    mine, other = taken("ada"), taken("bob")

    services.leave(worker_id="ada")

    assert state(mine) == ("READY", [])
    assert state(other) == ("RUNNING", ["bob"])
    assert Worker.objects.get().pk == "bob"


def test_what_a_worker_could_not_report_counts_as_failed():
    mine, other = taken("ada"), taken("bob")

    services.drop(worker_id="ada")

    assert state(mine) == ("READY", ["ada"])
    assert state(other) == ("RUNNING", ["bob"])


def test_a_failed_job_is_tried_again_with_all_its_attempts():
    job = taken()
    services.fail(job=job, error=Refusal("nothing_to_do", "There is nothing to do."))

    services.try_again(job=job)

    assert state(job) == ("READY", [])
    assert Job.objects.ready().get().pk == job.pk


def test_only_a_failed_job_is_tried_again():
    job = taken()

    with pytest.raises(JobNotFailed):
        services.try_again(job=job)

    assert state(job) == ("RUNNING", ["ada"])


def test_what_was_done_long_ago_is_forgotten():
    done, failed, fresh = taken(), taken(), taken()
    services.finish(job=done, value=None)
    services.fail(job=failed, error=Refusal("nothing_to_do", "There is nothing to do."))
    services.finish(job=fresh, value=None)
    now = read_clock()
    Job.objects.filter(pk=fresh.pk).update(finished_at=now - timedelta(days=13))
    Job.objects.filter(pk=done.pk).update(finished_at=now - timedelta(days=15))
    Job.objects.filter(pk=failed.pk).update(finished_at=now - timedelta(days=15))

    assert services.prune(now=now) == 1
    assert services.prune(now=now + timedelta(days=80)) == 2

    assert not Job.objects.exists()


def test_the_answers_of_last_quarter_are_forgotten():
    user = User.objects.create_user("ada")
    for key, days in (("new", 89), ("old", 91)):
        IdempotencyKey.objects.create(
            user=user, key=key, digest="", created_at=read_clock() - timedelta(days=days)
        )

    assert forget_idempotency_keys(now=read_clock()) == 1

    assert IdempotencyKey.objects.get().key == "new"


def test_a_chore_is_enqueued_once_in_its_time():
    schedule.prepare()
    schedule.prepare()

    schedule.enqueue_what_is_due()
    schedule.enqueue_what_is_due()

    assert Job.objects.count() == Chore.objects.count() == len(schedule.SCHEDULE)
    Chore.objects.filter(name="prune").update(due_at=Now() - timedelta(seconds=1))
    schedule.enqueue_what_is_due()
    assert Job.objects.filter(task_path="jobs.tasks.prune").count() == 2


def test_of_two_workers_that_see_a_chore_due_one_enqueues_it():
    schedule.prepare()

    schedule.enqueue(name="prune")
    schedule.enqueue(name="prune")

    assert Job.objects.count() == 1


def test_a_chore_of_a_former_version_is_left_alone():
    Chore.objects.create(name="sweep the floor")

    schedule.enqueue_what_is_due()

    assert not Job.objects.exists()
