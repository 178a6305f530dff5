"""Shipping: the only act of fulfillment that moves units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fulfillment.errors import AlreadyShipped, LotNotAllocatable
from fulfillment.models import Order, Shipment
from fulfillment.naming import find_named
from fulfillment.packing import Packed, Promised, take_all, take_packed
from fulfillment.queries import allocations_of
from fulfillment.requests import PackedLine
from fulfillment.services.orders import lock_order
from inventory import ledger
from inventory.availability import STOPS_SHIPPING, Reason, Todays, allocatable_until, reason
from inventory.kinds import LocationKind
from inventory.locks import lock_products
from inventory.models import Allocation, Balance, Demand, PostingKind, Product
from inventory.queries.places import house_places, todays
from inventory.services.demands import product_ids, tie_to_lots
from merchants.events import record
from merchants.models import User
from merchants.transactions import act


@act
def ship_order(
    *,
    order_id: int,
    actor: User,
    now: datetime,
    tracking_number: str = "",
    lines: Sequence[PackedLine] | None = None,
) -> Shipment:
    """Ship what was packed, by lot; where no lines are given, all that is allocated.

    Posts the movements with the lot of every unit; what is not shipped stays allocated or
    backordered. Units whose lot expired (by the warehouse's day), was held or was deactivated
    since do not leave. Records `order.shipped`. Locks the order, then its products.

    Raises: NotFound, AlreadyCancelled, AlreadyShipped, NothingAllocated, MoreThanAllocated,
    LotMismatch, LotNotAllocatable, UnknownSku, UnknownLot.
    """
    order, demands = lock_order(order_id)
    if all(demand.shipped == demand.quantity for demand in demands):
        raise AlreadyShipped(message=f"{order.number} is shipped: nothing is left.")
    packed = None if lines is None else _as_packed(lines, order)
    products = lock_products(product_ids(demands))
    verify_lot = any(product.merchant.verify_lot for product in products.values())
    allocations = _allocations(demands, products)
    promised = [_as_promised(one) for one in allocations.values()]
    if packed is None:
        takes = take_all(promised, verify_lot=verify_lot)
    else:
        takes = take_packed(promised, packed, verify_lot=verify_lot)
    leaving = [(allocations[take.promised.allocation_id], take.quantity) for take in takes]
    _require_allocatable([one for one, _ in leaving], now)
    posting = _post(order, leaving, actor, now)
    tie_to_lots(one for one, _ in leaving)
    shipment = Shipment.objects.create(
        merchant_id=order.merchant_id,
        order=order,
        tracking_number=tracking_number,
        posting=posting,
        shipped_at=now,
        shipped_by=actor,
    )
    _record(shipment, leaving, now)
    return shipment


Leaving = Sequence[tuple[Allocation, int]]


def _as_packed(lines: Sequence[PackedLine], order: Order) -> list[Packed]:
    named = find_named(lines, merchant_id=order.merchant_id)
    return [
        Packed(product.sku, lot.pk if lot else None, str(lot or ""), line.quantity)
        for line, (product, lot) in zip(lines, named, strict=True)
    ]


def _allocations(
    demands: Sequence[Demand], products: Mapping[int, Product]
) -> dict[int, Allocation]:
    """By id, in the order of the lines, each in rotation order: so they are used up."""
    for demand in demands:
        demand.product = products[demand.product_id]
    by_demand = allocations_of(demands)
    return {one.pk: one for demand in demands for one in by_demand.get(demand.pk, [])}


def _as_promised(one: Allocation) -> Promised:
    lot = one.balance.lot
    return Promised(
        allocation_id=one.pk,
        sku=one.demand.product.sku,
        lot_id=one.balance.lot_id,
        lot=str(lot or ""),
        quantity=one.quantity,
    )


def _require_allocatable(leaving: Sequence[Allocation], now: datetime) -> None:
    """Why units may not leave is asked only of those that are blocked or expired."""
    days = todays(now)
    suspects = {one.balance_id for one in leaving if _is_suspect(one.balance, days)}
    if not suspects:
        return
    stopped = (
        Balance.objects.filter(pk__in=suspects)
        .annotate(allocatable_until=allocatable_until(), reason=reason(days))
        .filter(reason__in=[one.value for one in STOPS_SHIPPING])
        .select_related("product", "lot")
        .order_by("id")
        .first()
    )
    if stopped is None:
        return
    why = Reason(stopped.reason)
    what = f"Lot {stopped.lot} of" if stopped.lot else "Units of"
    since = f"expired {stopped.expires_on}" if why is Reason.EXPIRED else str(why.label).lower()
    raise LotNotAllocatable(
        message=f"{what} {stopped.product.sku} may not leave ({since}): allocate the order again.",
        reason=why.value,
        sku=stopped.product.sku,
        lot_id=stopped.lot_id,
    )


def _is_suspect(balance: Balance, days: Todays) -> bool:
    is_expired = balance.expires_on and balance.expires_on < days.at(balance.warehouse_id)
    return balance.is_blocked or bool(is_expired)


def _post(order: Order, leaving: Leaving, actor: User, now: datetime) -> Any:
    customer = house_places(leaving[0][0].balance.warehouse_id)[LocationKind.CUSTOMER]
    header = ledger.Act(
        kind=PostingKind.SHIP,
        merchant_id=order.merchant_id,
        actor=actor,
        now=now,
        reference=order.number,
    )
    return ledger.post(header, [_transfer(one, units, customer.pk) for one, units in leaving])


def _transfer(one: Allocation, units: int, customer_id: int) -> ledger.Transfer:
    return ledger.Transfer(
        product_id=one.product_id,
        source=ledger.Place(one.balance.location_id, one.balance.lot_id),
        target=ledger.Place(customer_id, one.balance.lot_id),
        quantity=units,
        fulfils=ledger.Promise(one.pk, one.demand_id, one.balance_id, units),
    )


def _record(shipment: Shipment, leaving: Leaving, now: datetime) -> None:
    units: Counter[tuple[str, str | None, str | None]] = Counter()
    for one, quantity in leaving:
        lot = one.balance.lot
        expiry = lot.expires_on.isoformat() if lot and lot.expires_on else None
        units[one.demand.product.sku, lot.number if lot else None, expiry] += quantity
    lines = [
        {"sku": sku, "lot_number": number, "expires_on": expiry, "quantity": quantity}
        for (sku, number, expiry), quantity in units.items()
    ]
    record(
        topic="order.shipped",
        merchant_id=shipment.merchant_id,
        object=shipment.order.number,
        payload={
            "reference": shipment.order.reference,
            "tracking_number": shipment.tracking_number,
            "lines": lines,
        },
        at=now,
    )
