"""Orders for tests, taken by the service."""

from __future__ import annotations

from typing import Any

from fulfillment.models import Order
from fulfillment.requests import LineRequest, OrderRequest, PackedLine
from fulfillment.services import create_order, open_order, ship_order
from inventory.models import Allocation, Demand, Lot, Product
from merchants.models import Event, Merchant
from tests.builders import acting


def line(product: Product, quantity: int, lot: Lot | None = None, **fields: Any) -> LineRequest:
    if lot is not None:
        fields |= {"lot_number": lot.number, "expires_on": lot.expires_on}
    return LineRequest(product.sku, quantity, **fields)


def make_order(merchant: Merchant, *lines: LineRequest, **fields: Any) -> Order:
    """An order, allocated at once."""
    return create_order(request=OrderRequest(merchant, lines, **fields), **acting())


def make_open_order(merchant: Merchant, *lines: LineRequest, **fields: Any) -> Order:
    return open_order(request=OrderRequest(merchant, lines, **fields), **acting())


def ship(order: Order, *lines: PackedLine, **fields: Any) -> Any:
    """As allocated where no lines are given."""
    return ship_order(order_id=order.pk, lines=lines or None, **fields, **acting())


def demands(order: Order) -> list[Demand]:
    rows = Demand.objects.filter(order_line__order=order)
    return list(rows.order_by("order_line__position"))


def promised(order: Order) -> list[tuple[str, str | None, str, int]]:
    """(sku, lot, location, units) of every promise, by lot."""
    rows = Allocation.objects.filter(demand__order_line__order=order)
    return sorted(
        (
            one.product.sku,
            one.balance.lot.number if one.balance.lot else None,
            one.balance.location.name,
            one.quantity,
        )
        for one in rows.select_related("product", "balance__lot", "balance__location")
    )


def status(order: Order) -> str:
    return Order.objects.with_status().get(pk=order.pk).status


def topics(order: Order) -> list[str]:
    rows = Event.objects.filter(object=order.number).order_by("id")
    return list(rows.values_list("topic", flat=True))
