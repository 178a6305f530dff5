"""What an order or a shipment asks for, as people write it: SKUs and lots by their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from inventory.models import Channel, Warehouse
from merchants.models import Merchant


@dataclass(frozen=True, slots=True)
class LineRequest:
    """Units of a product for an order; naming a lot picks by lot."""

    sku: str
    quantity: int
    lot_number: str = ""
    expires_on: date | None = None
    single_lot: bool = False
    min_shelf_life_days: int | None = None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as the merchant sends it. Without a warehouse the house chooses."""

    merchant: Merchant
    lines: Sequence[LineRequest]
    reference: str = ""
    warehouse: Warehouse | None = None
    channel: str = Channel.DTC
    customer: str = ""
    ship_to: Mapping[str, Any] = field(default_factory=dict)
    ship_by: date | None = None
    priority: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Swap:
    """So many units of a line of another lot (``target``) than the one allocated (``source``)."""

    line_id: int
    source_lot_id: int | None
    target_lot_id: int
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Find:
    """How many units of a lot (None: without one) a picker found at a bin for an order."""

    product_id: int
    lot_id: int | None
    location_id: int
    found: int


@dataclass(frozen=True, slots=True)
class PackedLine:
    """Units that were packed; the lot is the one read at packing, none where nobody read one."""

    sku: str
    quantity: int
    lot_number: str = ""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class WaveRequest:
    """Which open orders to release together: those that pass every filter that is given.

    ``warehouse`` is the one that an order names; ``ship_by`` takes in all that is due until then.
    """

    merchant: Merchant | None = None
    warehouse: Warehouse | None = None
    channel: str = ""
    ship_by: date | None = None
    min_priority: int | None = None
    order_ids: Collection[int] | None = None
