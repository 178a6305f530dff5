"""What a service asks the ledger to do, as plain values."""

from dataclasses import dataclass
from datetime import datetime

from inventory.models import CaseSource, Channel, PostingKind
from merchants.models import User


@dataclass(frozen=True, slots=True)
class Act:
    """The header of a posting: one act of one merchant's stock."""

    kind: PostingKind
    merchant_id: int
    actor: User
    now: datetime
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a transfer: a location, and the lot that the units have there (None: no lot)."""

    location_id: int
    lot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """Units of an open allocation: ``quantity`` of them, all or a part."""

    allocation_id: int
    demand_id: int
    balance_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """Why units enter quarantine, and whether they may go back to stock.

    ``opened_at`` where they were in quarantine before, under another lot, and ``origin_id`` the
    case with which they came in.
    """

    source: CaseSource
    reason: str
    reference: str = ""
    may_be_released: bool = True
    opened_at: datetime | None = None
    origin_id: int | None = None


@dataclass(frozen=True, slots=True)
class Transfer:
    """``quantity`` units of a product from one place to another.

    ``fulfils`` names the promise that a shipment keeps. ``case_id`` names the quarantine case
    that the units leave, ``case`` the one that they open; both are needed exactly where that end
    is a quarantine location.
    """

    product_id: int
    source: Place
    target: Place
    quantity: int
    fulfils: Promise | None = None
    case_id: int | None = None
    case: CaseEntry | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Units of a supply counted at the dock and put on a shelf by this act."""

    supply_id: int
    received: int = 0
    stowed: int = 0


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What all lines of one order share."""

    merchant_id: int
    order_number: str
    ordered_at: datetime
    warehouse_id: int | None = None
    channel: str = Channel.DTC
    country: str = ""
    customer: str = ""
    priority: int = 0
    is_set_aside: bool = False


@dataclass(frozen=True, slots=True)
class DemandRequest:
    """What one line asks for."""

    product_id: int
    quantity: int
    lot_id: int | None = None
    single_lot: bool = False
    min_shelf_life_days: int | None = None
