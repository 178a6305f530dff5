"""What workers know of each other, and the jobs as our screens see them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet

from jobs.limits import DEAD_AFTER


class WorkerQuerySet(models.QuerySet["Worker"]):
    """All times are the database's own, so that machines need not agree on theirs."""

    def alive(self) -> WorkerQuerySet:
        return self.filter(beat_at__gte=Now() - DEAD_AFTER)

    def dead(self) -> WorkerQuerySet:
        return self.filter(beat_at__lt=Now() - DEAD_AFTER)


class Worker(models.Model):
    """A process that works on jobs, and when it last said so.

    A job that runs belongs to the worker that took it last; without this row, or with an old one,
    that worker is dead and its job is given to another. Written by `jobs.services`.
    """

    id = models.CharField(primary_key=True, max_length=64)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.pid} on {self.host}"


class Chore(models.Model):
    """When a recurring job is due next. Whichever worker moves `due_at` on enqueues it: one does.

    Written by `jobs.schedule`.
    """

    name = models.CharField(primary_key=True, max_length=64)
    due_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Job(DBTaskResult):
    """A row of the task backend, under the name and with the rights of this house.

    Inserted by `enqueue` in the transaction of the act that wants it; changed by workers only,
    and by `try_again`. Each worker that takes it adds itself to `worker_ids`.
    """

    objects: ClassVar[Any] = DBTaskResultQuerySet.as_manager()

    class Meta:
        proxy = True
        verbose_name = "job"

    def __str__(self) -> str:
        return self.task_name.replace("_", " ")

    @property
    def attempts(self) -> int:
        return len(self.worker_ids)
