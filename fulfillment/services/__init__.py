"""The verbs of fulfillment: typed, keyword-only, atomic, with the actor and the time passed in."""

from fulfillment.services.orders import allocate_order, cancel_order, create_order, open_order
from fulfillment.services.shipping import ship_order

__all__ = ["allocate_order", "cancel_order", "create_order", "open_order", "ship_order"]
