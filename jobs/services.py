"""The life of workers and of the jobs in their hands.

A job runs at least once. It may run again after its worker died, and rarely twice at the same time,
when a worker was only thought dead: what a task does it must do under locks, and mark as done in
the same transaction. A worker reports on a job only while the job is still its own.
"""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from traceback import format_exception
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone
from django_tasks.base import TaskResultStatus

from jobs.causes import tell_failed, tell_put_back
from jobs.errors import JobNotFailed, WorkerDied
from jobs.limits import ATTEMPTS, pause_after
from jobs.models import Job, Worker
from merchants.errors import DomainError
from merchants.transactions import act

READY, RUNNING = TaskResultStatus.READY, TaskResultStatus.RUNNING
FAILED, SUCCESSFUL = TaskResultStatus.FAILED, TaskResultStatus.SUCCESSFUL

# Workers ---------------------------------------------------------------------------------------


def beat(*, worker_id: str) -> None:
    """Say that this worker lives; one that was given up meanwhile is entered again."""
    if not Worker.objects.filter(id=worker_id).update(beat_at=Now()):
        here = {"host": socket.gethostname(), "pid": os.getpid()}
        Worker.objects.get_or_create(id=worker_id, defaults=here)


@act
def leave(*, worker_id: str) -> None:
    """Take a worker that ends in good order off the list, after giving back what it has."""
    give_back(worker_id=worker_id)
    Worker.objects.filter(id=worker_id).delete()


@act
def bury_dead_workers() -> int:
    """Give the jobs of workers that no longer beat to others; return how many jobs.

    The jobs are read before the workers: whoever took one of them had been entered before.
    """
    Worker.objects.dead().delete()
    running = list(Job.objects.running().order_by("pk"))
    alive = set(Worker.objects.alive().values_list("id", flat=True)) if running else set()
    orphans = [job for job in running if job.worker_ids[-1] not in alive]
    died = WorkerDied("The worker ended in the middle of the job.")
    return sum(fail(job=job, error=died) for job in orphans)


# Jobs ------------------------------------------------------------------------------------------


@act
def finish(*, job: Any, value: Any) -> bool:
    """Note what a job returned; False when it is another worker's by now."""
    row = still_own(job)
    if row is None:
        return False
    row.set_successful(value)
    return True


@act
def fail(*, job: Any, error: BaseException) -> bool:
    """Note that an attempt failed: another one after a pause, or the failed list.

    A refusal would be repeated word for word, so it is not tried again; everything else has
    JOB_ATTEMPTS attempts in all. What the job worked on is told that nobody goes on. Returns False
    when the job is another worker's by now. Locks the job, then what it worked on.
    """
    row = still_own(job)
    if row is None:
        return False
    if isinstance(error, DomainError) or row.attempts >= ATTEMPTS:
        row.set_failed(error)
        tell_failed(row)
        return True
    row.status = READY
    row.run_after = timezone.now() + pause_after(row.attempts)
    row.exception_class_path = f"{type(error).__module__}.{type(error).__qualname__}"
    row.traceback = "".join(format_exception(error))
    row.save()
    return True


@act
def give_back(*, worker_id: str) -> None:
    """Let others run what this worker has in hand, as if it had never taken it."""
    for job in Job.objects.running().select_for_update().order_by("pk"):
        if job.worker_ids[-1:] == [worker_id]:
            job.status, job.worker_ids = READY, job.worker_ids[:-1]
            job.save(update_fields=["status", "worker_ids"])


@act
def drop(*, worker_id: str) -> None:
    """Count what this worker still has in hand as failed: it could not report how it ended."""
    error = WorkerDied("The worker lost its database and could not say how the job ended.")
    for job in Job.objects.running().order_by("pk"):
        if job.worker_ids[-1:] == [worker_id]:
            fail(job=job, error=error)


@act
def try_again(*, job: Job) -> Job:
    """Put a failed job back, with all its attempts; what it worked on is under way again.

    Locks the job, then what it worked on. Raises: JobNotFailed.
    """
    row: Job | None = Job.objects.select_for_update().filter(pk=job.pk, status=FAILED).first()
    if row is None:
        raise JobNotFailed(message="This job did not fail, or was taken up again already.")
    row.status, row.worker_ids = READY, []
    row.run_after, row.finished_at = timezone.now(), None
    row.save()
    tell_put_back(row)
    return row


@act
def prune(*, now: datetime) -> int:
    """Forget jobs that were done two weeks ago, or failed a quarter of a year ago."""
    done = Job.objects.successful().filter(finished_at__lt=now - timedelta(days=14))
    failed = Job.objects.failed().filter(finished_at__lt=now - timedelta(days=90))
    return int(done.delete()[0] + failed.delete()[0])


def still_own(job: Any) -> Job | None:
    """The row of a job that is running for the worker that took it, locked; else None."""
    row: Job | None = Job.objects.select_for_update().filter(pk=job.pk, status=RUNNING).first()
    return row if row is not None and row.worker_ids == job.worker_ids else None
