"""Units moved, adjusted and stamped with a lot, inside one warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inventory import ledger
from inventory.errors import (
    InsufficientStock,
    LotOrExpiryRequired,
    NotAStockLocation,
    OtherLotInLocation,
    ProductNotInWarehouse,
)
from inventory.kinds import ON_HAND, LocationKind
from inventory.ledger import Act, CaseEntry, Place, Transfer
from inventory.locks import lock_products, share_locations
from inventory.models import (
    Balance,
    CaseSource,
    Location,
    Lot,
    Posting,
    PostingKind,
    Product,
    QuarantineCase,
)
from inventory.queries.places import carried, house_places
from inventory.services import planning
from inventory.services.case_units import out_of_cases, whole_cases
from inventory.services.lots import own_lot
from inventory.services.room import Entering, require_room
from merchants.errors import Malformed, NotFound
from merchants.events import record
from merchants.models import User
from merchants.transactions import act

APART = (LocationKind.QUARANTINE, LocationKind.DAMAGED)


@dataclass(frozen=True, slots=True)
class Units:
    """Which units an act is about: of a product, of a lot (None: without one), so many."""

    product_id: int
    lot_id: int | None
    quantity: int


@act
def move(
    *, actor: User, now: datetime, units: Units, source_id: int, target_id: int, reason: str = ""
) -> Posting:
    """Move units to another location of the same warehouse.

    Unpromised units only; a move to quarantine or a damaged area instead releases the newest
    promises first and re-plans. Without a ``reason`` no bin is filled above its capacity. Raises:
    NotFound, NotAStockLocation, InsufficientStock, UnitsCommitted, OtherLotInLocation,
    BinTooSmall, Malformed. Locks the locations, then the product.
    """
    _require_units(units.quantity)
    places = _share(source_id, target_id)
    source, target = places[source_id], places[target_id]
    _require_movable(source, target)
    product = _lock(units.product_id)
    require_room([Entering(target, product, units.quantity)], reason=reason)
    lost: set[int] = set()
    if target.kind in APART:
        lost = _free_at(units, source)
    entering = target.kind == LocationKind.QUARANTINE
    kind = PostingKind.QUARANTINE if entering else PostingKind.RELOCATE
    case = CaseEntry(CaseSource.MOVE, reason or f"Moved from {source.name}") if entering else None
    transfer = Transfer(
        product_id=units.product_id,
        source=Place(source_id, units.lot_id),
        target=Place(target_id, units.lot_id),
        quantity=units.quantity,
        case=case,
    )
    header = Act(kind, product.merchant_id, actor, now, reason=reason)
    posting = ledger.post(header, [transfer])
    planning.reallocate([product.pk], now=now, lost=lost)
    _record("stock.moved", product, units, now, source=source.name, target=target.name)
    return posting


@act
def adjust(*, actor: User, now: datetime, units: Units, location_id: int, reason: str) -> Posting:
    """Correct the units at a location by a signed ``quantity``; found units come in, lost ones go.

    Below what is promised, the newest promises are released first and re-planned. Raises:
    NotFound, NotAStockLocation, InsufficientStock, OtherLotInLocation, LotOrExpiryRequired (found
    units of a lot product, but in quarantine), LotMerged, Malformed. Locks the location, then the
    product.
    """
    _require_units(abs(units.quantity))
    location = _share(location_id)[location_id]
    _require_stock_location(location)
    product = _lock(units.product_id)
    if units.lot_id is not None:
        own_lot(units.lot_id)
    if units.quantity > 0:
        _require_lot(product, units, location)
        lost: set[int] = set()
    else:
        lost = _free_at(Units(product.pk, units.lot_id, -units.quantity), location)
    outside = house_places(location.warehouse_id)[LocationKind.ADJUSTMENT]
    here, there = Place(location_id, units.lot_id), Place(outside.pk, units.lot_id)
    if units.quantity > 0:
        in_quarantine = location.kind == LocationKind.QUARANTINE
        case = CaseEntry(CaseSource.ADJUSTMENT, reason) if in_quarantine else None
        transfers = [Transfer(product.pk, there, here, units.quantity, case=case)]
    else:
        transfers = taken_from(location, Transfer(product.pk, here, there, -units.quantity))
    header = Act(PostingKind.ADJUST, product.merchant_id, actor, now, reason=reason)
    posting = ledger.post(header, transfers)
    planning.reallocate([product.pk], now=now, lost=lost)
    _record("stock.adjusted", product, units, now, location=location.name, reason=reason)
    return posting


@act
def assign_lot(
    *, actor: User, now: datetime, lot_id: int, location_id: int, quantity: int | None = None
) -> Posting | None:
    """Stamp units without a lot at a location with a lot: all of them, or so many.

    Where nothing stands, the lot gets a balance of 0 there and no posting is made (None). Promises
    on the stamped units are released and re-planned. Raises: NotFound, ProductNotInWarehouse,
    OtherLotInLocation, InsufficientStock, NotAStockLocation, LotMerged, Malformed. Locks the
    location, then the product.
    """
    if quantity is not None:
        _require_units(quantity)
    location = _share(location_id)[location_id]
    _require_stock_location(location)
    named = Lot.objects.filter(pk=lot_id).first()
    if named is None:
        raise NotFound()
    product = _lock(named.product_id)
    lot = own_lot(lot_id)
    if not carried([product.pk], [location.warehouse_id]):
        raise ProductNotInWarehouse(
            message=f"{product.sku} has never been in warehouse {location.warehouse.code}."
        )
    _refuse_other_lots(product, lot, location)
    units = _without_lot(product, location, quantity)
    if not units:
        ledger.open_balances([(product.pk, Place(location_id, lot.pk))])
        return None
    stamped = Units(product.pk, None, units)
    lost = _free_at(stamped, location)
    transfer = Transfer(product.pk, Place(location_id), Place(location_id, lot.pk), units)
    reason = f"{units} unit{'' if units == 1 else 's'} without a lot → {lot}"
    header = Act(PostingKind.ASSIGN_LOT, product.merchant_id, actor, now, reason=reason)
    posting = ledger.post(header, taken_from(location, transfer, stays=True))
    planning.reallocate([product.pk], now=now, lost=lost)
    _record("stock.lot_assigned", product, stamped, now, location=location.name, lot=lot.pk)
    return posting


def taken_from(location: Location, whole: Transfer, *, stays: bool = False) -> list[Transfer]:
    """The transfer, split over the oldest quarantine cases where the units leave quarantine.

    ``stays``: they stay in quarantine under another lot, and each case with them.
    """
    if location.kind != LocationKind.QUARANTINE:
        return [whole]
    cases = QuarantineCase.objects.open().filter(
        balance__location=location,
        balance__product_id=whole.product_id,
        balance__lot_id=whole.source.lot_id,
    )
    parts = out_of_cases(whole, whole_cases(cases.order_by("id")), stays=stays)
    missing = whole.quantity - sum(one.quantity for one in parts)
    if missing:
        raise InsufficientStock(
            message=f"{whole.quantity} units are asked for at {location.name}, "
            f"where {whole.quantity - missing} stand.",
            requested=whole.quantity,
            available=whole.quantity - missing,
        )
    return parts


def _require_units(quantity: int) -> None:
    if quantity < 1:
        raise Malformed("min_value", "Say how many units: at least one.", field="quantity")


def _share(*location_ids: int) -> dict[int, Location]:
    places = share_locations(location_ids)
    if any(pk not in places or places[pk].is_virtual for pk in location_ids):
        raise NotFound(message="There is no such location.")
    return places


def _lock(product_id: int) -> Product:
    product = lock_products([product_id]).get(product_id)
    if product is None:
        raise NotFound()
    return product


def _free_at(units: Units, location: Location) -> set[int]:
    """Release the newest promises there until the units are free; ids of demands that lost some."""
    balance = Balance.objects.filter(
        product_id=units.product_id, lot_key=units.lot_id or 0, location=location
    ).first()
    if balance is None or balance.on_hand < units.quantity:
        return set()  # the ledger refuses it, with the figures
    return planning.free_units(balance, units.quantity)


def _require_stock_location(*locations: Location) -> None:
    for location in locations:
        if location.kind not in ON_HAND:
            raise NotAStockLocation(
                message=f"{location.name} is a {location.get_kind_display().lower()}: units there "
                "come in and leave by receiving and stowing only."
            )


def _require_movable(source: Location, target: Location) -> None:
    _require_stock_location(source, target)
    if source.pk == target.pk:
        raise NotAStockLocation(message="Source and target are the same location.")
    if source.warehouse_id != target.warehouse_id:
        raise NotAStockLocation(message=f"{target.name} is in another warehouse.")
    if source.kind == LocationKind.QUARANTINE:
        raise NotAStockLocation(
            message=f"Units leave {source.name} through the quarantine queue only."
        )


def _require_lot(product: Product, units: Units, location: Location) -> None:
    known = units.lot_id is not None or location.kind == LocationKind.QUARANTINE
    if product.is_tracked and not known:
        raise LotOrExpiryRequired(
            message=f"{product.sku} is a lot product: name the lot or its expiry date.",
            field="lot_number",
        )


def _refuse_other_lots(product: Product, lot: Lot, location: Location) -> None:
    others = Balance.objects.filter(product=product, location=location, on_hand__gt=0)
    other = others.exclude(lot=None).exclude(lot=lot).select_related("lot").first()
    if other and not location.mixed:
        raise OtherLotInLocation(
            message=f"{location.name} holds lot {other.lot} of {product.sku}. Lots are kept apart."
        )


def _without_lot(product: Product, location: Location, wanted: int | None) -> int:
    """So many of the units without a lot there; None wants all of them."""
    standing = Balance.objects.filter(product=product, lot=None, location=location).first()
    here = standing.on_hand if standing else 0
    units = here if wanted is None else wanted
    if units > here:
        raise InsufficientStock(
            message=f"{units} units are to be stamped, but {here} without a lot stand there.",
            requested=units,
            available=here,
        )
    return units


def _record(topic: str, product: Product, units: Units, now: datetime, **facts: object) -> None:
    record(
        topic=topic,
        merchant_id=product.merchant_id,
        object=str(product.pk),
        payload={"sku": product.sku, "lot": units.lot_id, "quantity": units.quantity, **facts},
        at=now,
    )
