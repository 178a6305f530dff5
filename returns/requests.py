"""What a return and its inspection say, as people write it: SKUs, lots and bins by their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from fulfillment.models import Order
from inventory.models import Warehouse
from merchants.models import Merchant
from returns.disposition import RequestedAction


@dataclass(frozen=True, slots=True)
class LineRequest:
    """Units that are to come back; naming a lot announces which."""

    sku: str
    quantity: int
    lot_number: str = ""
    expires_on: date | None = None
    requested_action: str = RequestedAction.DEFAULT


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """A return as the merchant announces it. With an order, the warehouse may be left out."""

    merchant: Merchant
    kind: str
    lines: Sequence[LineRequest]
    reference: str = ""
    order: Order | None = None
    warehouse: Warehouse | None = None


class LineChange(TypedDict, total=False):
    """A line after a change: with ``id`` it is a line that stands, and what is absent stays."""

    id: int
    sku: str
    quantity: int
    lot_number: str
    expires_on: date | None
    requested_action: str


class ReturnChange(TypedDict, total=False):
    """What changes of a return. ``lines`` is the whole list: one that it leaves out goes."""

    kind: str
    reference: str
    order: Order | None
    warehouse: Warehouse | None
    lines: Sequence[LineChange]


@dataclass(frozen=True, slots=True)
class Finding:
    """Units of a line that were found alike at inspection; the lot as it was read.

    ``location`` is the bin in which to restock them, if they are restocked; '' lets the house
    choose.
    """

    line_id: int
    quantity: int
    passed: bool
    lot_number: str = ""
    expires_on: date | None = None
    note: str = ""
    location: str = ""
