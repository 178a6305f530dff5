"""Another lot at packing: the promise moves to the lot in hand, and it is written down why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fulfillment.errors import LotMismatch, LotNotAllocatable, MoreThanAllocated
from fulfillment.models import LotSwap, Order, OrderLine, Shipment
from fulfillment.queries import allocations_of
from fulfillment.requests import PackedLine, Swap
from fulfillment.services.orders import lock_order
from fulfillment.services.shipping import ship_order
from inventory import ledger
from inventory.errors import InsufficientStock, UnknownLot
from inventory.locks import lock_products
from inventory.models import Demand, Lot
from inventory.queries.skipped import skipped_lots
from inventory.services.demands import product_ids
from inventory.services.planning import reallocate
from inventory.services.swaps import promise_lot
from inventory.skips import SINGLE_LOT
from merchants.errors import Malformed, NotFound
from merchants.events import record
from merchants.models import User
from merchants.transactions import act


@act
def swap_lot(*, order_id: int, swap: Swap, actor: User, now: datetime) -> LotSwap:
    """Promise units of another lot to a line instead of those that are promised to it.

    The other lot must be one that could be allocated to the line: its date, the minimums, its
    restrictions, and free units. A line that names its lot never swaps; one from a single lot swaps
    all of its units. What is let go is offered to backorders. Records `order.lot_swapped`. Locks
    the order, then the product.

    Raises: NotFound, AlreadyCancelled, Malformed, UnknownLot, LotMismatch, MoreThanAllocated,
    LotNotAllocatable, InsufficientStock.
    """
    order, _ = lock_order(order_id)
    line = OrderLine.objects.filter(order=order, pk=swap.line_id).first()
    if line is None:
        raise NotFound(message=f"{order.number} has no such line.")
    lock_products([line.product_id])
    demand = _demand_of(line)
    target = Lot.objects.filter(product_id=line.product_id, pk=swap.target_lot_id).first()
    if target is None:
        raise UnknownLot(message=f"{demand.product.sku} has no such lot.", field="target")
    _check(swap)
    let_go = _promises_on(demand, swap)
    ledger.take_back(let_go)
    _promise(demand, target, swap.quantity, now)
    reallocate([line.product_id], now=now, lost=[demand.pk])
    made = LotSwap.objects.create(
        merchant_id=order.merchant_id,
        line=line,
        product_id=line.product_id,
        source_id=swap.source_lot_id,
        target=target,
        quantity=swap.quantity,
        reason=swap.reason.strip(),
        swapped_at=now,
        swapped_by=actor,
    )
    _record(order, made, now)
    return made


@act
def swap_and_ship(
    *,
    order_id: int,
    swaps: Sequence[Swap],
    lines: Sequence[PackedLine],
    actor: User,
    now: datetime,
    tracking_number: str = "",
) -> Shipment:
    """Swap lots and ship what was packed, together or not at all. Raises as these.

    Locks the order, then all of its products at once: swap by swap they would come in any order.
    """
    _, demands = lock_order(order_id)
    lock_products(product_ids(demands))
    for swap in swaps:
        swap_lot(order_id=order_id, swap=swap, actor=actor, now=now)
    shipment: Shipment = ship_order(
        order_id=order_id, actor=actor, now=now, tracking_number=tracking_number, lines=lines
    )
    return shipment


def _demand_of(line: OrderLine) -> Demand:
    """The line's demand as it is under the lock of its product."""
    rows = Demand.objects.select_related("product__merchant", "lot")
    demand: Demand = rows.get(pk=line.demand_id)
    return demand


def _check(swap: Swap) -> None:
    if swap.quantity < 1:
        raise Malformed("min_value", "Say how many units: at least one.", field="quantity")
    if not swap.reason.strip():
        raise Malformed("required", "Say why.", field="reason")
    if swap.source_lot_id == swap.target_lot_id:
        raise Malformed("same_lot", "This is the lot that is allocated.", field="target")


def _promises_on(demand: Demand, swap: Swap) -> list[ledger.Promise]:
    """The promises that are let go: of the source lot, so many units, last in rotation first."""
    if demand.lot is not None:
        message = f"The line names lot {demand.lot}: it gets that lot and no other."
        raise LotMismatch(message=message, sku=demand.product.sku)
    promised = allocations_of([demand]).get(demand.pk, [])
    of_source = [one for one in promised if one.balance.lot_id == swap.source_lot_id]
    units = sum(one.quantity for one in of_source)
    if not units:
        message = f"Nothing of that lot of {demand.product.sku} is allocated to the line."
        raise LotMismatch(message=message, sku=demand.product.sku)
    if swap.quantity > units:
        raise MoreThanAllocated(
            message=f"{swap.quantity} units are to be swapped, but {units} are allocated.",
            requested=swap.quantity,
            allocated=units,
        )
    if demand.single_lot and swap.quantity < units:
        message = f"The line is to come from a single lot: swap all of its {units} units."
        raise LotMismatch(message=message, sku=demand.product.sku)
    return _so_many(reversed(of_source), swap.quantity)


def _so_many(promised: Any, quantity: int) -> list[ledger.Promise]:
    taken: list[ledger.Promise] = []
    for one in promised:
        units = min(quantity, one.quantity)
        if units:
            taken.append(ledger.Promise(one.pk, one.demand_id, one.balance_id, units))
        quantity -= units
    return taken


def _promise(demand: Demand, target: Lot, quantity: int, now: datetime) -> None:
    """All of the units, or the reason why not."""
    available = promise_lot(demand_id=demand.pk, lot_id=target.pk, quantity=quantity, now=now)
    if available == quantity:
        return
    sku, name = demand.product.sku, (target.number, target.expires_on)
    for skip in skipped_lots([demand], now=now)[demand.pk]:
        if (skip.lot_number, skip.expires_on) == name and skip.reason != SINGLE_LOT:
            why = skip.explanation.removesuffix(".")
            raise LotNotAllocatable(
                message=f"Lot {target} of {sku} may not go to this order: {why}.",
                reason=skip.reason,
                sku=sku,
                lot_id=target.pk,
            )
    raise InsufficientStock(
        message=f"{quantity} units of lot {target} of {sku} are asked for; {available} are free.",
        requested=quantity,
        available=available,
    )


def _record(order: Order, made: LotSwap, now: datetime) -> None:
    record(
        topic="order.lot_swapped",
        merchant_id=order.merchant_id,
        object=order.number,
        payload={
            "reference": order.reference,
            "sku": made.line.product.sku,
            "source": _told(made.source),
            "target": _told(made.target),
            "quantity": made.quantity,
            "reason": made.reason,
        },
        at=now,
    )


def _told(lot: Lot | None) -> dict[str, str | None]:
    if lot is None:
        return {"lot_number": None, "expires_on": None}
    return {
        "lot_number": lot.number,
        "expires_on": lot.expires_on.isoformat() if lot.expires_on else None,
    }
