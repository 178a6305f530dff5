"""Background entry points."""

from django_tasks import task

from inventory.services import digests
from inventory.services.expiry_run import run_due
from inventory.services.holds import lift_overdue_holds
from merchants.clock import read_clock


@task
def lift_holds() -> int:
    """Lift the holds whose time is over; a second run finds none."""
    return lift_overdue_holds(now=read_clock())


@task
def run_expiry() -> int:
    """Begin the day in the warehouses where it began, and tell the merchants once it did in all.

    Returns the number of warehouses; a second run finds none, and tells nobody twice.
    """
    now = read_clock()
    runs = run_due(now=now)
    digests.write_digests(now=now)
    digests.deliver(clock=read_clock)
    return len(runs)
