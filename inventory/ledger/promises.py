"""Promising units of a balance to a demand, and taking promises back."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from inventory.ledger.acts import DemandRequest, OrderTerms, Promise
from inventory.rotation import Pick
from merchants.columns import Columns, execute, fetch, moment, values

Key = TypeVar("Key")

COMMIT = """
UPDATE inventory_balance SET committed = committed + v.units
FROM {values} WHERE inventory_balance.id = v.id
"""
ALLOCATE = """
INSERT INTO inventory_allocation (merchant_id, product_id, demand_id, balance_id, quantity)
SELECT d.merchant_id, d.product_id, v.demand_id, v.balance_id, v.quantity
FROM {values} JOIN inventory_demand d ON d.id = v.demand_id
WHERE v.quantity > 0 ORDER BY v.n
ON CONFLICT (demand_id, balance_id)
DO UPDATE SET quantity = inventory_allocation.quantity + excluded.quantity
"""
PROGRESS = """
UPDATE inventory_demand
SET allocated = inventory_demand.allocated + v.allocated,
    shipped = inventory_demand.shipped + v.shipped
FROM {values} WHERE inventory_demand.id = v.id
"""
OPEN = """
INSERT INTO inventory_demand (merchant_id, order_number, channel, country, customer, priority,
    ordered_at, is_set_aside, is_released, is_cancelled, shipped, product_id, quantity, lot_id,
    single_lot, min_shelf_life_days, allocated, warehouse_id)
SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, FALSE, 0, v.product_id, v.quantity, v.lot_id,
    v.single_lot, v.min_shelf_life_days, v.allocated, v.warehouse_id
FROM {values} ORDER BY v.n
RETURNING id
"""
RELEASE = """
UPDATE inventory_demand
SET is_released = TRUE, warehouse_id = v.warehouse_id,
    allocated = inventory_demand.allocated + v.allocated
FROM {values} WHERE inventory_demand.id = v.id
"""
END = """
DELETE FROM inventory_allocation WHERE (id, quantity) IN (SELECT v.id, v.quantity FROM {values})
"""
REDUCE = """
UPDATE inventory_allocation SET quantity = inventory_allocation.quantity - v.quantity
FROM {values} WHERE inventory_allocation.id = v.id
"""


def promise(picks: Sequence[Pick]) -> None:
    """Commit the picked units; 3 statements however many there are, up to 6 with set-asides.

    The caller holds the product locks and has just read that the units are free: the database
    refuses to promise more than is present.
    """
    if picks:
        _allocate(picks)
        progress_demands(allocated=_units((pick.demand_id, pick.quantity) for pick in picks))


def open_demands(
    terms: OrderTerms, requests: Sequence[DemandRequest], picks: Sequence[Pick] | None = None
) -> list[int]:
    """Write the demands of one order; their ids in the order of the requests.

    Given ``picks``, the demands are released and promised the picked units, whose ``demand_id`` is
    the place of the request; as ``promise`` otherwise. 1 statement, and 2 for picks.
    """
    allocated = _units((pick.demand_id, pick.quantity) for pick in picks or ())
    columns: Columns = {
        "product_id": [one.product_id for one in requests],
        "quantity": [one.quantity for one in requests],
        "lot_id": [one.lot_id for one in requests],
        "single_lot": [one.single_lot for one in requests],
        "min_shelf_life_days": [one.min_shelf_life_days for one in requests],
        "allocated": [allocated[place] for place in range(len(requests))],
        "warehouse_id": [terms.warehouse_id for _ in requests],
    }
    shared = [
        terms.merchant_id,
        terms.order_number,
        terms.channel,
        terms.country,
        terms.customer,
        terms.priority,
        moment(terms.ordered_at),
        terms.is_set_aside,
        picks is not None,
    ]
    fragment, params = values(columns, single_lot="boolean")
    ids = [pk for (pk,) in fetch(OPEN.format(values=fragment), [*shared, *params])]
    if picks:
        _allocate([pick._replace(demand_id=ids[pick.demand_id]) for pick in picks])
    return ids


def release(warehouses: Mapping[int, int], picks: Sequence[Pick]) -> None:
    """Release demands for allocation, each in its warehouse, and promise what is picked.

    ``warehouses`` are their warehouse ids by demand id, those of all picks among them. 3 statements
    however many there are. As ``promise`` otherwise.
    """
    if not warehouses:
        return
    units = _units((pick.demand_id, pick.quantity) for pick in picks)
    _run(
        RELEASE,
        id=list(warehouses),
        warehouse_id=list(warehouses.values()),
        allocated=[units[pk] for pk in warehouses],
    )
    if picks:
        _allocate(picks)


def _allocate(picks: Sequence[Pick]) -> None:
    """Write the allocations. Units that a set-aside kept stay committed and change their claim."""
    handed_on = [
        Promise(
            pick.reserved.allocation_id, pick.reserved.demand_id, pick.balance_id, pick.quantity
        )
        for pick in picks
        if pick.reserved
    ]
    unpromised = _units((pick.balance_id, pick.quantity) for pick in picks if not pick.reserved)
    if unpromised:
        commit(unpromised)
    if handed_on:
        end(handed_on)
        units = _units((one.demand_id, one.quantity) for one in handed_on)
        progress_demands(allocated=_units((pk, -n) for pk, n in units.items()), shipped=units)
    units_of = _units(((pick.demand_id, pick.balance_id), pick.quantity) for pick in picks)
    _run(
        ALLOCATE,
        demand_id=[demand_id for demand_id, _ in units_of],
        balance_id=[balance_id for _, balance_id in units_of],
        quantity=list(units_of.values()),
    )


def take_back(promises: Sequence[Promise]) -> None:
    """Release promised units, which stay where they are; 4 statements however many there are."""
    if not promises:
        return
    commit(_units((one.balance_id, -one.quantity) for one in promises))
    end(promises)
    progress_demands(allocated=_units((one.demand_id, -one.quantity) for one in promises))


def commit(units: Counter[int]) -> None:
    """Change ``committed`` by so many units, by balance id."""
    _run(COMMIT, id=list(units), units=list(units.values()))


def end(promises: Collection[Promise]) -> None:
    """Lower allocations by what was shipped or released; those that reach 0 are gone."""
    units = _units((one.allocation_id, one.quantity) for one in promises)
    columns = {"id": list(units), "quantity": list(units.values())}
    if _run(END, **columns) < len(units):
        _run(REDUCE, **columns)


def progress_demands(*, allocated: Counter[int], shipped: Counter[int] | None = None) -> None:
    """Raise (or lower) the counters of demands, by demand id."""
    shipped = shipped or Counter()
    ids = sorted({*allocated, *shipped})
    _run(
        PROGRESS,
        id=ids,
        allocated=[allocated[pk] for pk in ids],
        shipped=[shipped[pk] for pk in ids],
    )


def _units(pairs: Iterable[tuple[Key, int]]) -> Counter[Key]:
    total: Counter[Key] = Counter()
    for key, quantity in pairs:
        total[key] += quantity
    return total


def _run(statement: str, **columns: Sequence[int]) -> int:
    fragment, params = values(columns)
    return execute(statement.format(values=fragment), params)
