"""Arrival: units come out of transit into their places, or are written off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from inventory import ledger
from inventory.kinds import ON_HAND, LocationKind
from inventory.locks import lock_products
from inventory.models import CaseSource, Location, PostingKind, Product
from inventory.queries.places import house_places
from inventory.services import planning
from merchants.errors import Malformed
from merchants.models import User
from merchants.transactions import act
from transfers.errors import MoreThanInTransit
from transfers.models import Line, Transfer
from transfers.queries import lines_of
from transfers.services.documents import lock_transfer, tell
from transfers.services.naming import find_lines, share_named


@dataclass(frozen=True, slots=True)
class Stowed:
    """Units of a line that come into the location of this name."""

    product: Product
    quantity: int
    location: str
    lot_number: str = ""
    expires_on: date | None = None


@act
def receive_transfer(
    *, actor: User, now: datetime, transfer_id: int, lines: Sequence[Stowed]
) -> Transfer:
    """Put units that arrived into their places, by lot, and offer them to backorders.

    They go straight to a bin, or to a damaged or quarantine area (which opens a case). What is
    not counted stays in transit; with the last unit the transfer is completed. Records
    `transfer.received` and, at the end, `transfer.completed`. Locks the transfer, the locations,
    then the products.

    Raises: NotFound, WrongStatus, Malformed, UnknownLot, NotAStockLocation, MoreThanInTransit,
    OtherLotInLocation.
    """
    transfer = lock_transfer(actor, transfer_id, Transfer.Status.IN_TRANSIT, to="received")
    if not lines:
        raise Malformed("required", "Say what arrived, and where it goes.", field="lines")
    places = share_named(transfer.target, [one.location for one in lines], ON_HAND)
    rows = lines_of(transfer)
    found = find_lines(transfer, rows, lines)
    lock_products({line.product_id for line in found})
    _refuse_more_than_in_transit(lines, found)
    road = _road(transfer)
    header = ledger.Act(
        PostingKind.TRANSFER, transfer.merchant_id, actor, now, reference=transfer.number
    )
    ledger.post(
        header,
        [
            _into(places[one.location], line, one.quantity, road, transfer)
            for line, one in zip(found, lines, strict=True)
        ],
    )
    for line, one in zip(found, lines, strict=True):
        line.received += one.quantity
    Line.objects.bulk_update(rows, ["received"])
    tell("received", transfer, now, units=sum(one.quantity for one in lines))
    if not any(line.in_transit for line in rows):
        _complete(transfer, rows, now)
    planning.reallocate(sorted({line.product_id for line in found}), now=now)
    return transfer


@act
def write_off_transfer(*, actor: User, now: datetime, transfer_id: int, reason: str) -> Transfer:
    """Give up what never came: the units leave by an adjustment, and the transfer is completed.

    Records `transfer.completed` with what is missing. Raises: NotFound, WrongStatus, Malformed
    (no reason). Locks the transfer, then the products of what is missing.
    """
    transfer = lock_transfer(actor, transfer_id, Transfer.Status.IN_TRANSIT, to="written off")
    if not reason.strip():
        raise Malformed("required", "Say why.", field="reason")
    rows = lines_of(transfer)
    missing = [line for line in rows if line.in_transit]
    lock_products({line.product_id for line in missing})
    road = _road(transfer)
    gone = house_places(transfer.target_id)[LocationKind.ADJUSTMENT].pk
    header = ledger.Act(
        PostingKind.ADJUST, transfer.merchant_id, actor, now, transfer.number, reason.strip()
    )
    ledger.post(
        header,
        [
            ledger.Transfer(
                product_id=line.product_id,
                source=ledger.Place(road, line.lot_id),
                target=ledger.Place(gone, line.lot_id),
                quantity=line.in_transit,
            )
            for line in missing
        ],
    )
    for line in missing:
        line.lost += line.in_transit
    Line.objects.bulk_update(missing, ["lost"])
    _complete(transfer, rows, now, reason=reason.strip())
    return transfer


def _road(transfer: Transfer) -> int:
    """The place where units under way to the target stand."""
    return house_places(transfer.target_id)[LocationKind.IN_TRANSIT].pk


def _refuse_more_than_in_transit(lines: Sequence[Stowed], found: Sequence[Line]) -> None:
    received: Counter[int] = Counter()
    for line, one in zip(found, lines, strict=True):
        received[line.pk] += one.quantity
        if received[line.pk] > line.in_transit:
            lot = f", lot {line.lot}," if line.lot else ""
            raise MoreThanInTransit(
                message=f"{received[line.pk]} units of {line.product.sku}{lot} are to be received; "
                f"{line.in_transit} are in transit. Adjust what was found besides.",
                requested=received[line.pk],
                available=line.in_transit,
            )


def _into(
    place: Location, line: Line, units: int, road: int, transfer: Transfer
) -> ledger.Transfer:
    in_quarantine = place.kind == LocationKind.QUARANTINE
    arrived = ledger.CaseEntry(CaseSource.RECEIVING, f"Arrived with {transfer.number}")
    return ledger.Transfer(
        product_id=line.product_id,
        source=ledger.Place(road, line.lot_id),
        target=ledger.Place(place.pk, line.lot_id),
        quantity=units,
        case=arrived if in_quarantine else None,
    )


def _complete(transfer: Transfer, rows: Sequence[Line], now: datetime, **payload: object) -> None:
    lost = sum(line.lost for line in rows)
    transfer.status, transfer.completed_at = Transfer.Status.COMPLETED, now
    transfer.completed_short = bool(lost)
    transfer.save(update_fields=["status", "completed_at", "completed_short"])
    tell("completed", transfer, now, missing=lost, **payload)
