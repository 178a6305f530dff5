"""Background entry points."""

from django_tasks import task

from jobs import services
from merchants.clock import read_clock
from merchants.services import forget_idempotency_keys


@task
def prune() -> None:
    """Forget old jobs and old answers."""
    services.prune(now=read_clock())
    forget_idempotency_keys(now=read_clock())
