"""Reads over several tables; each says its row shape and its number of queries."""

from fulfillment.queries.orders import (
    LineFacts,
    OrderFacts,
    ShipmentFacts,
    allocations_of,
    for_list,
    line_facts,
    lines_of,
    order_facts,
    shipments_of,
)
from fulfillment.queries.waves import (
    Choice,
    PickStop,
    Results,
    Share,
    WaveOrderFacts,
    choice,
    pick_list,
    shares,
    short_lines,
    wave_orders,
    wave_results,
)

__all__ = [
    "Choice",
    "LineFacts",
    "OrderFacts",
    "PickStop",
    "Results",
    "Share",
    "ShipmentFacts",
    "WaveOrderFacts",
    "allocations_of",
    "choice",
    "for_list",
    "line_facts",
    "lines_of",
    "order_facts",
    "pick_list",
    "shares",
    "shipments_of",
    "short_lines",
    "wave_orders",
    "wave_results",
]
