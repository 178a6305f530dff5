"""Promising stock: what every act that changes what may ship ends in.

All of it runs under the locks of the products concerned, which the caller holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from inventory import ledger
from inventory.availability import Todays
from inventory.errors import ProductNotInWarehouse
from inventory.models import Allocation, Balance, Demand, Warehouse
from inventory.queries import planning
from inventory.queries.places import carried, todays
from inventory.rotation import Pick, Stock, WarehouseOption, choose_warehouse, plan
from merchants.events import Happening, record_many

Group = tuple[int, int]  # product id, warehouse id
Shelves = Mapping[Group, Sequence[Stock]]


def reallocate(product_ids: Collection[int], *, now: datetime, lost: Collection[int] = ()) -> None:
    """Plan these products anew: promises that may not ship go, backorders are offered what is free.

    A standing promise that may still ship is never moved. Who is served first: priority, then
    age, then id. Writes one `order.allocated` or `order.backordered` event per order whose
    promises changed; ``lost`` names demands whose promises the act has taken back already. The
    caller holds the product locks; constant number of queries.
    """
    days = todays(now)
    broken = planning.broken_allocations(product_ids, days)
    take_back(broken)
    waiting = Demand.objects.filter(product_id__in=product_ids).backordered().by_rank()
    demands = list(waiting.select_related("product__merchant"))
    stock = planning.free_stock({demand.product_id for demand in demands}) if demands else {}
    picks = _plan(demands, stock, days)
    ledger.promise(picks)
    touched = {*lost, *(one.demand_id for one in broken), *(pick.demand_id for pick in picks)}
    announce(touched, now=now)


def allocate(demands: Sequence[Demand], *, now: datetime, may_choose: bool) -> None:
    """Release the demands of one order and promise them what is free, in one warehouse.

    ``may_choose``: the house chooses the warehouse, among all. Writes the order's event. The
    caller holds the product locks.
    """
    days = todays(now)
    ids = [demand.pk for demand in demands]
    rows = list(Demand.objects.filter(pk__in=ids).by_rank().select_related("product__merchant"))
    stock = planning.free_stock({demand.product_id for demand in rows})
    if may_choose:
        _choose_warehouse(rows, stock, days)
    Demand.objects.filter(pk__in=ids).update(is_released=True, warehouse_id=rows[0].warehouse_id)
    ledger.promise(_plan([demand for demand in rows if demand.uncovered], stock, days))
    announce(ids, now=now)


def take_back(allocations: Iterable[Allocation]) -> None:
    """Release whole promises; the units stay where they are, unpromised."""
    ledger.take_back([_promise(one, one.quantity) for one in allocations])


def free_units(balance: Balance, quantity: int) -> set[int]:
    """Release the newest promises of a balance until ``quantity`` of its units are unpromised.

    A line that asked for a single lot is released whole, also where the rest of it stands on
    another balance. Returns the ids of the demands that lost units, to be announced by the
    re-allocation that the caller ends in. At most 6 statements.
    """
    missing = quantity - (balance.on_hand - balance.committed)
    freed: list[ledger.Promise] = []
    whole: set[int] = set()
    for one in planning.newest_allocations(balance.pk):
        if missing <= 0:
            break
        if one.demand.single_lot:
            whole.add(one.demand_id)
        units = one.quantity if one.demand.single_lot else min(missing, one.quantity)
        freed.append(_promise(one, units))
        missing -= units
    if whole:
        elsewhere = Allocation.objects.filter(demand_id__in=whole).exclude(balance=balance)
        freed.extend(_promise(one, one.quantity) for one in elsewhere.order_by("id"))
    ledger.take_back(freed)
    return {one.demand_id for one in freed}


def announce(demand_ids: Collection[int], *, now: datetime) -> None:
    """One event per order of these demands: `order.allocated`, or `order.backordered`."""
    if not demand_ids:
        return
    record_many(
        Happening(
            topic="order.allocated" if row["missing"] == 0 else "order.backordered",
            merchant_id=row["merchant_id"],
            object=row["order_number"],
            at=now,
            payload={"allocated": row["promised"], "backordered": row["missing"]},
        )
        for row in planning.covers(demand_ids)
    )


def _promise(one: Allocation, quantity: int) -> ledger.Promise:
    return ledger.Promise(one.pk, one.demand_id, one.balance_id, quantity)


def _plan(demands: Iterable[Demand], stock: Shelves, days: Todays) -> list[Pick]:
    """Free units for these demands, first come first served, each in its warehouse."""
    return [
        pick
        for group, members in _by_group(demands).items()
        for pick in _plan_group(members, stock.get(group, []), days.at(group[1]))
    ]


def _by_group(demands: Iterable[Demand]) -> dict[Group, list[Demand]]:
    groups: dict[Group, list[Demand]] = {}
    for demand in demands:
        warehouse_id: int = demand.warehouse_id  # type: ignore[assignment]  # released demand has one
        groups.setdefault((demand.product_id, warehouse_id), []).append(demand)
    return groups


def _plan_group(demands: Sequence[Demand], stock: Sequence[Stock], today: date) -> list[Pick]:
    product = demands[0].product
    rotation = product.rotation or product.merchant.rotation
    return plan(planning.claims(demands), stock, rotation=rotation, today=today)


def _choose_warehouse(demands: Sequence[Demand], stock: Shelves, days: Todays) -> None:
    """Give the demands of one order the warehouse that can do most for it; see ``rotation``."""
    products = {demand.product_id for demand in demands}
    carries = carried(products, list(days.dates))
    options = []
    for warehouse in Warehouse.objects.filter(pk__in=days.dates):
        for demand in demands:
            demand.warehouse_id = warehouse.pk
        covered = sum(pick.quantity for pick in _plan(demands, stock, days))
        carried_here = sum((product_id, warehouse.pk) in carries for product_id in products)
        options.append(WarehouseOption(warehouse.pk, warehouse.code, covered, carried_here))
    chosen = choose_warehouse(options)
    if chosen is None:
        raise ProductNotInWarehouse(message="There is no warehouse yet: create one first.")
    for demand in demands:
        demand.warehouse_id = chosen
