"""What workers do again and again. Nobody else has to call it; the commands remain for the hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from inventory.tasks import lift_holds, run_expiry
from jobs.models import Chore
from jobs.tasks import prune
from merchants.transactions import act

SCHEDULE: dict[str, tuple[Any, timedelta]] = {
    "lift_holds": (lift_holds, timedelta(minutes=2)),
    "run_expiry": (run_expiry, timedelta(minutes=10)),  # some zones begin their day at a quarter
    "prune": (prune, timedelta(days=1)),
}


def prepare() -> None:
    """Enter the chores that are new; each is due at once."""
    known = set(Chore.objects.values_list("name", flat=True))
    new = [Chore(name=name) for name in SCHEDULE if name not in known]
    Chore.objects.bulk_create(new, ignore_conflicts=True)


def enqueue_what_is_due() -> None:
    """Enqueue each chore that is due, once, however many workers ask at the same time."""
    for name in Chore.objects.filter(due_at__lte=Now()).values_list("name", flat=True):
        if name in SCHEDULE:
            enqueue(name=name)


@act
def enqueue(*, name: str) -> None:
    task, period = SCHEDULE[name]
    if Chore.objects.filter(name=name, due_at__lte=Now()).update(due_at=Now() + period):
        task.enqueue()
