"""Background entry points."""

from django_tasks import task

from inventory.services.holds import lift_overdue_holds
from merchants.clock import read_clock


@task
def lift_holds() -> int:
    """Lift the holds whose time is over; a second run finds none."""
    return lift_overdue_holds(now=read_clock())
