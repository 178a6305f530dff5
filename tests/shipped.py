"""Units that left for customers, for tests of how stock sells."""

from __future__ import annotations

from fulfillment.services import ship_order
from inventory.models import Product
from tests.builders import World, acting
from tests.fulfillment.orders import line, make_order


def ship_units(world: World, product: Product, quantity: int) -> None:
    """An order of so many units is placed and shipped now."""
    order = make_order(world.merchant, line(product, quantity))
    ship_order(order_id=order.pk, **acting())
