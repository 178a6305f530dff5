"""Stowing: received units leave the dock for their bins."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from inventory import ledger
from inventory.errors import NotAStockLocation, UnknownLot
from inventory.kinds import BINS, VIRTUAL, LocationKind
from inventory.ledger import Act, Place, Progress, Transfer
from inventory.locks import lock_products, share_locations
from inventory.models import Balance, Location, PostingKind, Product
from inventory.queries.lots import LotRef, agrees, find_lots
from inventory.services import planning
from inventory.services.room import Entering, require_room
from merchants.errors import FieldError, Malformed
from merchants.models import User
from merchants.transactions import act
from receiving.errors import MoreThanReceived
from receiving.models import WRO
from receiving.queries import AtDock, at_dock
from receiving.services.documents import lock_wro, tell
from receiving.sorting import LotKey


@dataclass(frozen=True, slots=True)
class StowLine:
    """Units of a product and lot to be put into the location of that name."""

    product: Product
    quantity: int
    location: str
    lot_number: str = ""
    expires_on: date | None = None

    @property
    def ref(self) -> LotRef:
        return LotRef(self.product.pk, self.lot_number.strip(), self.expires_on)


@act
def stow(
    *, actor: User, now: datetime, wro_id: int, lines: Sequence[StowLine], reason: str = ""
) -> WRO:
    """Put units of a WRO from the dock into bins, all or nothing, and offer them to backorders.

    Lots are kept apart. A ``reason`` says why they go elsewhere than suggested; without one no bin
    is filled above its capacity. Raises: NotFound, WrongStatus, Malformed (unknown location),
    UnknownLot, NotAStockLocation, MoreThanReceived, BinTooSmall, OtherLotInLocation. Locks the WRO,
    the locations, then the products. Statements do not grow with the lines.
    """
    wro = lock_wro(actor, wro_id, WRO.Status.PROCESSING, to="stowed")
    _check(wro, lines)
    bins = _share_bins(wro, lines)
    lock_products({line.product.pk for line in lines})
    waiting = _waiting(wro, lines)
    _refuse_more_than_received(lines, waiting)
    require_room(
        (Entering(bins[line.location], line.product, line.quantity) for line in lines),
        reason=reason,
    )
    header = Act(PostingKind.STOW, wro.merchant_id, actor, now, reference=wro.number, reason=reason)
    ledger.post(
        header,
        _from_docks(wro, lines, waiting, bins),
        progress=[
            Progress(supply.supply_id, stowed=line.quantity)
            for line, supply in zip(lines, waiting, strict=True)
        ],
    )
    planning.reallocate(sorted({line.product.pk for line in lines}), now=now)
    said = {"reason": reason} if reason else {}
    tell("stowed", wro, now, (), units=sum(line.quantity for line in lines), **said)
    return wro


def _check(wro: WRO, lines: Sequence[StowLine]) -> None:
    if not lines:
        raise Malformed("required", "Say what goes where.", field="lines")
    for place, line in enumerate(lines):
        if line.product.merchant_id != wro.merchant_id:
            message = f"There is no product {line.product.sku}."
            raise Malformed("unknown_sku", message, field=f"lines[{place}].sku")
        if line.quantity < 1:
            message = "Stow at least one unit, or leave the line out."
            raise Malformed("min_value", message, field=f"lines[{place}].quantity")


def _share_bins(wro: WRO, lines: Sequence[StowLine]) -> dict[str, Location]:
    """The bins by name, kept as they are until the end of the act."""
    names = {line.location for line in lines}
    found = Location.objects.filter(warehouse_id=wro.warehouse_id, name__in=names)
    ids = found.exclude(kind__in=VIRTUAL).order_by().values_list("id", flat=True)
    bins = {location.name: location for location in share_locations(ids).values()}
    unknown = [
        FieldError(
            field=f"lines[{place}].location",
            code="unknown_location",
            message=f"There is no location {line.location} in the warehouse of {wro.number}.",
        )
        for place, line in enumerate(lines)
        if line.location not in bins
    ]
    if unknown:
        raise Malformed(message=unknown[0]["message"], errors=unknown)
    for location in bins.values():
        if location.kind not in BINS:
            raise NotAStockLocation(
                message=f"{location.name} is a {location.get_kind_display().lower()} area: stow "
                "into a storage or staging location."
            )
    return bins


def _waiting(wro: WRO, lines: Sequence[StowLine]) -> list[AtDock]:
    """For each line the announced lot whose units it takes from the dock."""
    lots = find_lots(line.ref for line in lines)
    by_lot = at_dock(wro)
    waiting = []
    for place, line in enumerate(lines):
        lot = lots.get(line.ref)
        if not line.ref.is_blank and (lot is None or not agrees(lot, line.ref)):
            raise UnknownLot(
                message=f"{line.product.sku} has no lot {line.ref}.",
                field=f"lines[{place}].lot_number",
            )
        found = by_lot.get((line.product.pk, lot.pk if lot else None))
        if found is None:
            raise _more_than_received(line, 0)
        waiting.append(found)
    return waiting


def _refuse_more_than_received(lines: Sequence[StowLine], waiting: Sequence[AtDock]) -> None:
    asked: Counter[int] = Counter()
    for line, supply in zip(lines, waiting, strict=True):
        asked[supply.supply_id] += line.quantity
        if asked[supply.supply_id] > supply.units:
            raise _more_than_received(line, supply.units)


def _more_than_received(line: StowLine, available: int) -> MoreThanReceived:
    lot = "" if line.ref.is_blank else f", lot {line.ref},"
    return MoreThanReceived(
        message=f"{available} units of {line.product.sku}{lot} wait at the dock for this WRO: "
        "no more can be stowed.",
        requested=line.quantity,
        available=available,
    )


def _from_docks(
    wro: WRO, lines: Sequence[StowLine], waiting: Sequence[AtDock], bins: dict[str, Location]
) -> list[Transfer]:
    """The movements of each line: one, or several where its units wait at more than one dock.

    A warehouse may begin to use another dock while units still wait at the one before. One query.
    """
    docks = Balance.objects.filter(
        warehouse_id=wro.warehouse_id,
        location_kind=LocationKind.DOCK,
        product__in={line.product.pk for line in lines},
        on_hand__gt=0,
    )
    left: defaultdict[LotKey, dict[int, int]] = defaultdict(dict)
    for one in docks.order_by("id"):
        left[one.product_id, one.lot_id][one.location_id] = one.on_hand
    transfers = []
    for line, supply in zip(lines, waiting, strict=True):
        target = Place(bins[line.location].pk, supply.lot_id)
        here = left[line.product.pk, supply.lot_id]
        missing = line.quantity
        for dock_id in here:
            units = min(missing, here[dock_id])
            here[dock_id] -= units
            missing -= units
            source = Place(dock_id, supply.lot_id)
            transfers.append(Transfer(line.product.pk, source, target, units))
    return [one for one in transfers if one.quantity]
