"""Demand: an order line's claim on stock, opened, released, cancelled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory.models import Allocation, Demand
from inventory.services import planning
from merchants.events import Happening


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What all lines of one order share."""

    merchant_id: int
    order_number: str
    ordered_at: datetime
    warehouse_id: int | None = None
    channel: str = "dtc"
    country: str = ""
    customer: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class DemandRequest:
    """What one line asks for."""

    product_id: int
    quantity: int
    lot_id: int | None = None
    single_lot: bool = False
    min_shelf_life_days: int | None = None


def open_demands(*, terms: OrderTerms, requests: Sequence[DemandRequest]) -> list[Demand]:
    """Write the demands of an order, unreleased, in the order of the requests. One statement."""
    return Demand.objects.bulk_create(_demands(terms, requests))


def place_demands(
    *, terms: OrderTerms, requests: Sequence[DemandRequest], now: datetime
) -> tuple[list[Demand], Happening]:
    """Write the demands of an order, released and promised what is free; see ``planning.place``.

    In the order of the requests. The caller holds the product locks and records the event.
    """
    return planning.place(_demands(terms, requests), now=now)


def release_demands(*, demands: Sequence[Demand], now: datetime, may_choose: bool) -> None:
    """Release an order's demands and promise them stock; see ``planning.release``.

    The caller holds the product locks. The given rows are not refreshed.
    """
    ids = [demand.pk for demand in demands]
    planning.release(ids, now=now, may_choose=ids if may_choose else ())


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
    holds the product locks.
    """
    for one in kept:
        if one.demand.single_lot and one.demand.lot_id is None:
            Demand.objects.filter(pk=one.demand_id).update(lot_id=one.balance.lot_id)


def product_ids(demands: Collection[Demand]) -> list[int]:
    return sorted({demand.product_id for demand in demands})


def _demands(terms: OrderTerms, requests: Sequence[DemandRequest]) -> list[Demand]:
    return [
        Demand(
            merchant_id=terms.merchant_id,
            order_number=terms.order_number,
            ordered_at=terms.ordered_at,
            warehouse_id=terms.warehouse_id,
            channel=terms.channel,
            country=terms.country,
            customer=terms.customer,
            priority=terms.priority,
            product_id=request.product_id,
            quantity=request.quantity,
            lot_id=request.lot_id,
            single_lot=request.single_lot,
            min_shelf_life_days=request.min_shelf_life_days,
        )
        for request in requests
    ]
