"""Promising units of a balance to a demand, and taking promises back."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from inventory.ledger.acts import Promise
from inventory.ledger.values import execute, values
from inventory.rotation import Pick

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
END = """
DELETE FROM inventory_allocation WHERE (id, quantity) IN (SELECT v.id, v.quantity FROM {values})
"""
REDUCE = """
UPDATE inventory_allocation SET quantity = inventory_allocation.quantity - v.quantity
FROM {values} WHERE inventory_allocation.id = v.id
"""


def promise(picks: Sequence[Pick]) -> None:
    """Commit the picked units; 3 statements however many there are.

    The caller holds the product locks and has just read that the units are free: the database
    refuses to promise more than is present.
    """
    if not picks:
        return
    commit(_units((pick.balance_id, pick.quantity) for pick in picks))
    _run(
        ALLOCATE,
        demand_id=[pick.demand_id for pick in picks],
        balance_id=[pick.balance_id for pick in picks],
        quantity=[pick.quantity for pick in picks],
    )
    progress_demands(allocated=_units((pick.demand_id, pick.quantity) for pick in picks))


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


def _units(pairs: Iterable[tuple[int, int]]) -> Counter[int]:
    total: Counter[int] = Counter()
    for key, quantity in pairs:
        total[key] += quantity
    return total


def _run(statement: str, **columns: Sequence[int]) -> int:
    fragment, params = values(columns)
    return execute(statement.format(values=fragment), params)
