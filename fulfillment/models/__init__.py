"""The tables of fulfillment. What an order claims and holds stands in `inventory.Demand`."""

from fulfillment.models.orders import Order, OrderLine, Shipment
from fulfillment.models.swaps import LotSwap
from fulfillment.models.waves import Wave, WaveOrder, WaveStatus

__all__ = ["LotSwap", "Order", "OrderLine", "Shipment", "Wave", "WaveOrder", "WaveStatus"]
