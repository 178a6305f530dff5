"""Demand: an order line's claim on stock, opened, released, cancelled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from inventory import ledger
from inventory.ledger import DemandRequest, OrderTerms
from inventory.models import Allocation, Demand
from inventory.services import planning
from merchants.columns import execute, values
from merchants.events import Happening

__all__ = [
    "DemandRequest",
    "OrderTerms",
    "cancel_demands",
    "open_demands",
    "place_demands",
    "product_ids",
    "release_demands",
    "tie_to_lots",
]


TIE = """
UPDATE inventory_demand SET lot_id = v.lot_id FROM {values} WHERE inventory_demand.id = v.id
"""


def open_demands(*, terms: OrderTerms, requests: Sequence[DemandRequest]) -> list[int]:
    """Write the demands of an order, unreleased; their ids in the order of the requests.

    One statement.
    """
    return ledger.open_demands(terms, requests)


def place_demands(
    *, terms: OrderTerms, requests: Sequence[DemandRequest], now: datetime
) -> tuple[list[int], Happening]:
    """Write the demands of an order, released and promised what is free; see ``planning.place``.

    Their ids in the order of the requests. The caller holds the product locks and records the
    event.
    """
    return planning.place(terms, requests, now=now)


def release_demands(*, demand_ids: Sequence[int], now: datetime, may_choose: bool) -> None:
    """Release an order's demands and promise them stock; see ``planning.release``.

    The caller holds the product locks.
    """
    planning.release(demand_ids, now=now, may_choose=demand_ids if may_choose else ())


def cancel_demands(*, demands: Sequence[Demand], now: datetime) -> None:
    """Take the promises of these demands back, end them, and offer their units to others.

    The caller holds the product locks and has checked that nothing is shipped.
    """
    ids = [demand.pk for demand in demands]
    planning.take_back(Allocation.objects.filter(demand_id__in=ids).order_by("id"))
    Demand.objects.filter(pk__in=ids).update(is_cancelled=True)
    planning.reallocate(product_ids(demands), now=now)


def tie_to_lots(kept: Iterable[Allocation]) -> None:
    """Part of a single-lot line left in this lot: the rest of the line comes from it or waits.

    ``kept`` are the promises that a shipment keeps, with demand and balance loaded. The caller
    holds the product locks. One statement at most.
    """
    lots = {
        one.demand_id: one.balance.lot_id
        for one in kept
        if one.demand.single_lot and one.demand.lot_id is None and one.balance.lot_id is not None
    }
    if lots:
        fragment, params = values({"id": list(lots), "lot_id": list(lots.values())})
        execute(TIE.format(values=fragment), params)


def product_ids(demands: Collection[Demand]) -> list[int]:
    return sorted({demand.product_id for demand in demands})
