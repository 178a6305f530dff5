"""Who has to know that a job ended in the failed list, or is put back from there.

Jobs stand above what they work on, so it is told from here, in the transaction of the job's own
end: a document whose job failed never looks as if somebody went on with it. The arguments of the
job name it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fulfillment.services import fail_wave, take_up_wave
from jobs.errors import last_line
from jobs.models import Job
from merchants.clock import read_clock


@dataclass(frozen=True)
class Cause:
    """The verbs of a document for the end and the return of its job."""

    fail: Callable[..., None]
    take_up: Callable[..., None]


CAUSES = {"fulfillment.tasks.run_wave": Cause(fail=fail_wave, take_up=take_up_wave)}


def tell_failed(job: Job) -> None:
    """Tell what the job worked on that nobody goes on, and why."""
    if cause := CAUSES.get(job.task_path):
        failure = last_line(job.traceback)
        cause.fail(**job.args_kwargs["kwargs"], job_id=job.pk, failure=failure, now=read_clock())


def tell_put_back(job: Job) -> None:
    """Tell what the job worked on that a worker goes on with it."""
    if cause := CAUSES.get(job.task_path):
        cause.take_up(**job.args_kwargs["kwargs"], job_id=job.pk, now=read_clock())
