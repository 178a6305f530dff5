"""Orders: made, allocated, cancelled. Units move in ``shipping`` only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import IntegrityError

from fulfillment.errors import AlreadyCancelled, AlreadyShipped, ReferenceTaken
from fulfillment.models import Order
from fulfillment.naming import Named, Reader, find_named, of_merchant
from fulfillment.requests import OrderRequest
from inventory.locks import lock_documents, lock_products, lock_skus
from inventory.models import Demand
from inventory.services.checks import check_fields
from inventory.services.demands import (
    DemandRequest,
    OrderTerms,
    cancel_demands,
    open_demands,
    place_demands,
    product_ids,
    release_demands,
)
from inventory.services.planning import reallocate
from merchants.columns import execute, insert, values
from merchants.errors import FieldError, Malformed, NotFound
from merchants.events import Happening, record_many
from merchants.models import User
from merchants.transactions import act

INSERT_LINES = """
INSERT INTO fulfillment_orderline (merchant_id, order_id, position, product_id, demand_id)
SELECT %s, %s, v.n, v.product_id, v.demand_id FROM {values} ORDER BY v.n
"""


def create_order(*, request: OrderRequest, actor: User, now: datetime) -> Order:
    """Take an order and allocate it at once; what cannot be covered is backordered.

    All or nothing. Records `order.created`, then `order.allocated` or `order.backordered`. Locks
    the products. Raises: Malformed, UnknownSku, UnknownLot, ReferenceTaken.
    """
    return _refusing_a_taken_reference(_create, request, actor, now)


def open_order(*, request: OrderRequest, actor: User, now: datetime) -> Order:
    """Take an order and leave it open: it claims no stock until it is allocated.

    Records `order.created`. Locks the products where lines name lots. Raises: Malformed,
    UnknownSku, UnknownLot, ReferenceTaken.
    """
    return _refusing_a_taken_reference(_open, request, actor, now)


@act
def allocate_order(*, order_id: int, actor: User, now: datetime) -> Order:
    """Promise units to what the order still misses, first expired first.

    Where the order names no warehouse and nothing of it is promised or shipped, the house chooses
    (again) the one that can cover most. Promises that may no longer ship are replaced. Locks the
    order, then its products. Raises: NotFound, AlreadyCancelled, AlreadyShipped.
    """
    order, demands = lock_order(order_id)
    if all(demand.shipped == demand.quantity for demand in demands):
        raise AlreadyShipped(message=f"{order.number} is shipped: nothing is left to allocate.")
    products = product_ids(demands)
    lock_products(products)
    demands = demands_of(order_id)
    if _is_touched(demands):
        reallocate(products, now=now)
        demands = demands_of(order_id)
    if not _is_touched(demands):
        ids = [demand.pk for demand in demands]
        release_demands(demand_ids=ids, now=now, may_choose=order.warehouse_id is None)
    return order


@act
def cancel_order(*, order_id: int, actor: User, now: datetime) -> Order:
    """Cancel an order of which nothing is shipped; its units are offered to others at once.

    Records `order.cancelled`. Locks the order, then its products. Raises: NotFound,
    AlreadyCancelled, AlreadyShipped.
    """
    order, demands = lock_order(order_id)
    if any(demand.shipped for demand in demands):
        raise AlreadyShipped(
            message=f"Units of {order.number} are shipped: it can no longer be cancelled."
        )
    lock_products(product_ids(demands))
    cancel_demands(demands=demands, now=now)
    record_many([_happening("order.cancelled", order, now)])
    return order


def lock_order(order_id: int) -> tuple[Order, list[Demand]]:
    """The order, locked, and its demands; not cancelled. Raises: NotFound, AlreadyCancelled.

    Under this lock nothing ships and nothing is cancelled; what is promised may still change,
    until the products are locked too.
    """
    order: Order | None = lock_documents(Order.objects, [order_id]).get(order_id)
    if order is None:
        raise NotFound()
    demands = demands_of(order_id)
    if any(demand.is_cancelled for demand in demands):
        raise AlreadyCancelled(message=f"{order.number} is cancelled.")
    return order, demands


def demands_of(order_id: int) -> list[Demand]:
    """The demands of the order's lines, in their order. One query."""
    rows = Demand.objects.filter(order_line__order_id=order_id)
    return list(rows.order_by("order_line__position"))


def _refusing_a_taken_reference(
    verb: Callable[..., Order], request: OrderRequest, actor: User, now: datetime
) -> Order:
    """The database alone knows that a reference is free, also against an order being made now."""
    try:
        return verb(request=request, actor=actor, now=now)
    except IntegrityError as error:
        same = Order.objects.for_merchant(request.merchant).filter(reference=request.reference)
        if not request.reference or not same.exists():
            raise
        message = f"There is already an order with the reference {request.reference}."
        raise ReferenceTaken(message=message, reference=request.reference) from error


@act
def _create(*, request: OrderRequest, actor: User, now: datetime) -> Order:
    """The products are locked when their SKUs are read, so nothing has to be read twice."""
    order, asked = _insert(request, actor, now, read=lock_skus)
    demand_ids, cover = place_demands(terms=_terms(order), requests=asked, now=now)
    _insert_lines(order, asked, demand_ids)
    record_many([_happening("order.created", order, now), cover])
    return order


@act
def _open(*, request: OrderRequest, actor: User, now: datetime) -> Order:
    """A lot that is named may not be merged or deleted meanwhile: its product is locked."""
    names_lots = any(line.lot_number or line.expires_on for line in request.lines)
    order, asked = _insert(request, actor, now, read=lock_skus if names_lots else of_merchant)
    _insert_lines(order, asked, open_demands(terms=_terms(order), requests=asked))
    record_many([_happening("order.created", order, now)])
    return order


def _is_touched(demands: Sequence[Demand]) -> bool:
    """Anything of the order is promised or shipped, which ties it to its warehouse."""
    return any(demand.allocated or demand.shipped for demand in demands)


def _insert(
    request: OrderRequest, actor: User, now: datetime, *, read: Reader
) -> tuple[Order, list[DemandRequest]]:
    """The order without its lines, and what they ask for."""
    _check_minimums(request)
    named = find_named(request.lines, merchant_id=request.merchant.pk, read=read)
    order = Order(
        merchant=request.merchant,
        reference=request.reference,
        warehouse=request.warehouse,
        channel=request.channel,
        customer=request.customer,
        ship_to=dict(request.ship_to),
        ship_by=request.ship_by,
        priority=request.priority,
        note=request.note,
        created_at=now,
        created_by=actor,
    )
    check_fields(order)
    insert(order)
    return order, _demands(request, named)


def _insert_lines(
    order: Order, requests: Sequence[DemandRequest], demand_ids: Sequence[int]
) -> None:
    """The place of each demand in the order. One statement."""
    columns = {"product_id": [one.product_id for one in requests], "demand_id": demand_ids}
    fragment, params = values(columns)
    execute(INSERT_LINES.format(values=fragment), [order.merchant_id, order.pk, *params])


def _check_minimums(request: OrderRequest) -> None:
    errors: list[FieldError] = [
        {
            "field": f"lines[{place}].min_shelf_life_days",
            "code": "min_value",
            "message": f"{line.min_shelf_life_days} is no number of days: give 0 or more.",
        }
        for place, line in enumerate(request.lines)
        if (line.min_shelf_life_days or 0) < 0
    ]
    if errors:
        raise Malformed("min_value", errors[0]["message"], errors=errors)


def _terms(order: Order) -> OrderTerms:
    return OrderTerms(
        merchant_id=order.merchant_id,
        order_number=order.number,
        ordered_at=order.created_at,
        warehouse_id=order.warehouse_id,
        channel=order.channel,
        country=(order.ship_to.get("country") or "").upper(),
        customer=order.customer,
        priority=order.priority,
    )


def _demands(request: OrderRequest, named: Sequence[Named]) -> list[DemandRequest]:
    return [
        DemandRequest(
            product_id=product.pk,
            quantity=line.quantity,
            lot_id=lot.pk if lot else None,
            single_lot=line.single_lot,
            min_shelf_life_days=line.min_shelf_life_days,
        )
        for line, (product, lot) in zip(request.lines, named, strict=True)
    ]


def _happening(topic: str, order: Order, now: datetime) -> Happening:
    return Happening(
        topic=topic,
        merchant_id=order.merchant_id,
        object=order.number,
        payload={"reference": order.reference},
        at=now,
    )
