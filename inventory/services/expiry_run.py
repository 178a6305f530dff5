"""The daily run of each warehouse: what expired in the night leaves its orders.

Nothing depends on it for being right: units are not allocated and not shipped from the moment on
which the date of the warehouse is past theirs. The run sees to it that the orders that wait for
such units get others, or are known as backordered, before somebody stands before the bin.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import F

from inventory.errors import DayNotBegun
from inventory.locks import lock_products
from inventory.models import ExpiryRun, Warehouse
from inventory.queries import expiry_runs, planning
from inventory.queries.places import todays
from inventory.services.planning import reallocate, take_back
from merchants.errors import NotFound
from merchants.events import record
from merchants.transactions import act

BATCH = 100  # products that are locked at a time


def run_due(*, now: datetime) -> list[ExpiryRun]:
    """Run every warehouse whose day has begun and has no run; a day that was missed is made up for.

    Returns the runs, by warehouse. A second call finds none.
    """
    return [
        run_expiry(warehouse_id=warehouse_id, day=day, now=now)
        for warehouse_id, day in expiry_runs.due(now)
    ]


def run_expiry(*, warehouse_id: int, day: date, now: datetime) -> ExpiryRun:
    """Take back what is promised of units that may not ship, and plan their products anew.

    By batches of products, each in its own transaction, in the order of their ids; a run that was
    interrupted goes on where it stopped, one that is finished is returned as it is. Days without a
    run since the last one count as run with this. Raises: NotFound, DayNotBegun. Locks, for each
    batch, the run and the products.
    """
    run = _begin(warehouse_id=warehouse_id, day=day, now=now)
    if run.finished_at is not None:
        return run
    over = expiry_runs.promised_and_over(warehouse_id, day, after=run.done_to)
    for first in range(0, len(over), BATCH):
        _plan_anew(run_id=run.pk, product_ids=over[first : first + BATCH], now=now)
    return _finish(run_id=run.pk, now=now)


@act
def _begin(*, warehouse_id: int, day: date, now: datetime) -> ExpiryRun:
    warehouse = Warehouse.objects.filter(pk=warehouse_id).first()
    if warehouse is None:
        raise NotFound()
    if day > warehouse.today(now):
        raise DayNotBegun(message=f"{day} has not begun in {warehouse.code}.")
    facts = {
        "first_day": expiry_runs.first_day_of(warehouse_id, day),
        "newest_posting": expiry_runs.newest_posting(),
        "started_at": now,
    }
    run, _ = ExpiryRun.objects.get_or_create(warehouse=warehouse, day=day, defaults=facts)
    return run


@act
def _plan_anew(*, run_id: int, product_ids: Sequence[int], now: datetime) -> None:
    """One batch. Of two workers on one run the second finds it done, and does nothing."""
    run = ExpiryRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.done_to >= product_ids[-1]:
        return
    lock_products(product_ids)
    broken = planning.broken_allocations(product_ids, todays(now))
    take_back(broken)
    reallocate(product_ids, now=now, lost={one.demand_id for one in broken})
    ExpiryRun.objects.filter(pk=run_id).update(
        done_to=product_ids[-1],
        products=F("products") + len({one.product_id for one in broken}),
        units=F("units") + sum(one.quantity for one in broken),
    )


@act
def _finish(*, run_id: int, now: datetime) -> ExpiryRun:
    run = ExpiryRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run_id)
    if run.finished_at is not None:
        return run
    run.finished_at = now
    run.save(update_fields=["finished_at"])
    record(
        topic="expiry.run",
        merchant_id=None,
        object=run.warehouse.code,
        payload={"day": run.day.isoformat(), "products": run.products, "units": run.units},
        at=now,
    )
    return run
