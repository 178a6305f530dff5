"""What stands with the jobs now."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django_tasks.base import TaskResultStatus

from jobs.models import Job, Worker


@dataclass(frozen=True)
class Crew:
    """How many workers live, and how many jobs there are for them."""

    workers: int
    waiting: int
    running: int
    failed: int

    @property
    def is_missed(self) -> bool:
        """Jobs wait, and nobody is there to do them."""
        return bool(self.waiting) and not self.workers


def crew() -> Crew:
    """The workers that beat and the jobs that are not done. Two queries."""
    jobs = Job.objects.order_by().aggregate(
        waiting=Count("pk", filter=Q(status=TaskResultStatus.READY)),
        running=Count("pk", filter=Q(status=TaskResultStatus.RUNNING)),
        failed=Count("pk", filter=Q(status=TaskResultStatus.FAILED)),
    )
    return Crew(workers=Worker.objects.alive().count(), **jobs)
