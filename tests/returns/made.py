"""Returns for tests, announced and inspected by the services."""

from __future__ import annotations

from typing import Any

from fulfillment.models import Order
from inventory.models import Balance, Lot, Product
from merchants.models import Event
from returns.models import Disposition, Return
from returns.requests import Finding, LineRequest, ReturnRequest
from returns.services import arrive_return, create_return, inspect_return
from tests.builders import World, acting
from tests.fulfillment.orders import line, make_order, ship


def announced(
    product: Product, quantity: int, lot: Lot | None = None, **fields: Any
) -> LineRequest:
    if lot is not None:
        fields |= {"lot_number": lot.number, "expires_on": lot.expires_on}
    return LineRequest(product.sku, quantity, **fields)


def make_return(world: World, *lines: LineRequest, kind: str = "rts", **fields: Any) -> Return:
    """A return to the world's warehouse, or of an order: then to the one that shipped."""
    if "order" not in fields:
        fields.setdefault("warehouse", world.warehouse)
    request = ReturnRequest(fields.pop("merchant", world.merchant), kind, lines, **fields)
    return create_return(request=request, **acting())


def make_arrived(world: World, *lines: LineRequest, kind: str = "rts", **fields: Any) -> Return:
    document = make_return(world, *lines, kind=kind, **fields)
    return arrive_return(return_id=document.pk, **acting())


def find(
    document: Return, quantity: int, lot: Lot | None = None, *, at: int = 0, **fields: Any
) -> Finding:
    """Units of the line at this place that passed inspection, of this lot."""
    named = {"lot_number": lot.number, "expires_on": lot.expires_on} if lot else {}
    key = document.lines.order_by("id")[at].pk
    return Finding(**{"line_id": key, "quantity": quantity, "passed": True, **named, **fields})


def inspect(document: Return, *findings: Finding) -> list[Disposition]:
    return inspect_return(return_id=document.pk, findings=findings, **acting())


def shipped_order(world: World, product: Product, quantity: int, lot: Lot | None = None) -> Order:
    """An order of this product that left the house."""
    order = make_order(world.merchant, line(product, quantity, lot))
    ship(order)
    return order


def done(document: Return) -> list[tuple[str, str, int, str | None, str]]:
    """(action, rule, units, lot, location) of everything that was done, in order."""
    rows = Disposition.objects.filter(line__document=document).order_by("id")
    return [
        (one.action, one.rule, one.quantity, one.lot and one.lot.number, one.location.name)
        for one in rows.select_related("lot", "location")
    ]


def stock(product: Product) -> dict[tuple[str, str | None], int]:
    """Units by (location, lot number), those of 0 left out."""
    rows = Balance.objects.filter(product=product).exclude(on_hand=0)
    return {
        (one.location.name, one.lot.number if one.lot else None): one.on_hand
        for one in rows.select_related("location", "lot")
    }


def topics(document: Return) -> list[str]:
    rows = Event.objects.filter(object=document.number).order_by("id")
    return list(rows.values_list("topic", flat=True))
