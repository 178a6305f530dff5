"""Workers as they are in a warehouse: processes of their own, on the database of the test."""

import os
import signal
from pathlib import Path

import pytest
from django.db import transaction

from jobs.models import Chore, Job, Worker
from merchants.models import Merchant
from tests.builders import make_merchant
from tests.jobs import tasks
from tests.processes import PATIENCE_SECONDS, until


def job_of(result) -> Job:
    return Job.objects.get(pk=result.id)


def ended(result):
    """The job, when it is no longer waiting nor running."""

    def find():
        job = job_of(result)
        return job if job.status in ("SUCCESSFUL", "FAILED") else None

    return until(find, what="the end of the job")


@pytest.fixture
def files(tmp_path):
    return {"reached": str(tmp_path / "reached"), "go": str(tmp_path / "go")}


def reached(files) -> int:
    """Wait until a worker is in the middle of the job; its process id."""
    path = Path(files["reached"])
    return int(until(lambda: path.exists() and path.read_text(), what="the middle of the job"))


def test_it_works(start_worker, files, tmp_path):
    make_merchant("GLOW")
    (tmp_path / "go").touch()
    result = tasks.rename.enqueue("GLOW", "Glow & Co", **files)

    start_worker()
    job = ended(result)

    assert (job.status, job.return_value, job.attempts) == ("SUCCESSFUL", "Glow & Co", 1)
    assert Merchant.objects.get().name == "Glow & Co"
    assert Worker.objects.get().host


def test_a_job_is_enqueued_with_the_act_that_wants_it_or_not_at_all(transactional_db):
    with transaction.atomic():
        tasks.refuse.enqueue()
        transaction.set_rollback(True)

    assert not Job.objects.exists()


def test_a_killed_worker_leaves_nothing_half_done_and_another_takes_the_job_up(
    start_worker, files, tmp_path
):
    make_merchant("GLOW")
    result = tasks.rename.enqueue("GLOW", "Glow & Co", **files)
    first = start_worker()
    assert reached(files) == first.pid

    first.kill()
    first.wait()
    assert Merchant.objects.get().name == "Glow"
    assert job_of(result).status == "RUNNING"  # for ever, if nobody looked after it

    (tmp_path / "go").touch()
    second = start_worker()
    job = ended(result)

    assert (job.status, job.attempts) == ("SUCCESSFUL", 2)
    assert reached(files) == second.pid
    assert Merchant.objects.get().name == "Glow & Co"
    assert job.worker_ids == [job.worker_ids[0], Worker.objects.get().pk]


def test_a_job_that_keeps_failing_ends_in_the_failed_list(start_worker, tmp_path):
    tries = tmp_path / "tries"
    result = tasks.stumble.enqueue(str(tries), succeed_at=99)

    start_worker()
    job = ended(result)

    assert (job.status, job.attempts, tries.read_text()) == ("FAILED", 5, "xxxxx")
    assert job.traceback.strip().endswith("ValueError: the printer is on fire")


def test_a_job_that_kills_its_workers_ends_in_the_failed_list(start_worker, tmp_path):
    tries = tmp_path / "tries"
    result = tasks.kill_worker.enqueue(str(tries))

    def down() -> Job | None:
        worker = start_worker(beat=0.2, attempts=2)
        until(lambda: worker.poll() is not None or not is_open(result), what="a dead worker")
        return None if is_open(result) else job_of(result)

    job = until(down, what="the failed list")

    assert (job.status, job.attempts, tries.read_text()) == ("FAILED", 2, "xx")
    assert job.exception_class_path == "jobs.errors.WorkerDied"


def is_open(result) -> bool:
    return job_of(result).status in ("READY", "RUNNING")


def test_told_to_stop_it_ends_the_job_in_hand(start_worker, files, tmp_path):
    result = tasks.wait.enqueue(**files)
    other = tasks.refuse.enqueue()
    worker = start_worker()
    reached(files)

    worker.terminate()
    (tmp_path / "go").touch()

    assert worker.wait(timeout=PATIENCE_SECONDS) == 0
    assert job_of(result).status == "SUCCESSFUL"
    assert job_of(other).status == "READY"
    assert not Worker.objects.exists()


def test_told_twice_it_gives_the_job_back(start_worker, files):
    result = tasks.wait.enqueue(**files)
    worker = start_worker()
    reached(files)

    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGINT)  # another one: equal signals are not counted

    assert worker.wait(timeout=PATIENCE_SECONDS) == 1
    job = job_of(result)
    assert (job.status, job.attempts) == ("READY", 0)
    assert not Worker.objects.exists()


def test_several_workers_share_the_jobs_and_none_is_done_twice(start_worker, tmp_path):
    files = [tmp_path / f"tries-{number}" for number in range(40)]
    for file in files:
        tasks.stumble.enqueue(str(file), succeed_at=1)

    for _ in range(3):
        start_worker(beat=5)  # however busy the machine, nobody is thought dead
    until(lambda: Job.objects.filter(task_path__contains="stumble").successful().count() == 40)

    assert [file.read_text() for file in files] == ["x"] * 40


def test_it_does_not_outlive_the_process_that_wants_it_gone(start_worker):
    worker = start_worker(f"--parent={os.getppid()}")  # not the process that started it

    assert worker.wait(timeout=PATIENCE_SECONDS) == 0


def test_it_does_its_chores_by_itself(start_worker):
    start_worker()

    done = until(lambda: Job.objects.successful().count() >= 3, what="the chores")

    assert done
    assert set(Job.objects.values_list("task_path", flat=True)) == {
        "inventory.tasks.lift_holds",
        "inventory.tasks.run_expiry",
        "jobs.tasks.prune",
    }
    assert Chore.objects.count() == 3
