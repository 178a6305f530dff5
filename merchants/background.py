"""Giving work to a worker from within an act, and taking back what failed."""

from __future__ import annotations

from uuid import UUID

from django.utils.module_loading import import_string
from django_tasks_db.models import DBTaskResult


def enqueue(task: str, **arguments: int | str) -> UUID:
    """Have a worker run this task: `enqueue("fulfillment.tasks.run_wave", wave_id=7)`.

    It is enqueued in the caller's transaction, so that there is no job without its cause and no
    cause without its job. Tasks stand above the services, which they call: a service names one by
    its path, as the row of the job does. The arguments are plain JSON. Returns the id of the job.
    """
    return UUID(import_string(task).enqueue(**arguments).id)


def forget_failed(job_id: UUID) -> None:
    """Take a job off the failed list: what it was for is seen to in another way.

    One that somebody tries again at this moment has that row locked, and locks what the caller has
    locked: it is not waited for, and stays.
    """
    failed = DBTaskResult.objects.failed().filter(pk=job_id)
    for job in failed.select_for_update(skip_locked=True):
        job.delete()
