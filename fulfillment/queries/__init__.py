"""Reads over several tables; each says its row shape and its number of queries."""

from fulfillment.queries.orders import (
    LineFacts,
    OrderFacts,
    ShipmentFacts,
    allocations_of,
    for_list,
    lines_of,
    order_facts,
    shipments_of,
)

__all__ = [
    "LineFacts",
    "OrderFacts",
    "ShipmentFacts",
    "allocations_of",
    "for_list",
    "lines_of",
    "order_facts",
    "shipments_of",
]
