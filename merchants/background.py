"""Giving work to a worker from within an act."""

from __future__ import annotations

from uuid import UUID

from django.utils.module_loading import import_string


def enqueue(task: str, **arguments: int | str) -> UUID:
    """Have a worker run this task: `enqueue("fulfillment.tasks.run_wave", wave_id=7)`.

    It is enqueued in the caller's transaction, so that there is no job without its cause and no
    cause without its job. Tasks stand above the services, which they call: a service names one by
    its path, as the row of the job does. The arguments are plain JSON. Returns the id of the job.
    """
    return UUID(import_string(task).enqueue(**arguments).id)
