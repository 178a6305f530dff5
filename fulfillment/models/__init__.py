"""The tables of fulfillment. What an order claims and holds stands in `inventory.Demand`."""

from fulfillment.models.orders import Order, OrderLine, Shipment

__all__ = ["Order", "OrderLine", "Shipment"]
