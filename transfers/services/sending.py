"""Sending: units leave the bins of the source and are in transit, counted at the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from inventory import ledger
from inventory.errors import InsufficientStock, UnitsCommitted
from inventory.kinds import BINS, LocationKind
from inventory.locks import lock_products
from inventory.models import Balance, PostingKind, Product
from inventory.queries.places import house_places, todays
from merchants.errors import Malformed
from merchants.models import User
from merchants.transactions import act
from transfers.choosing import choose
from transfers.errors import MoreThanAsked
from transfers.models import Line, Transfer
from transfers.queries import free_in_bins, lines_of
from transfers.services.documents import lock_transfer, tell
from transfers.services.naming import find_lines, share_named


@dataclass(frozen=True, slots=True)
class Taken:
    """Units of a line that leave the bin of this name."""

    product: Product
    quantity: int
    location: str
    lot_number: str = ""
    expires_on: date | None = None


Leaving = list[tuple[Line, int, int]]  # line, id of the bin, units


@act
def send_transfer(
    *,
    actor: User,
    now: datetime,
    transfer_id: int,
    tracking_number: str = "",
    lines: Sequence[Taken] | None = None,
) -> Transfer:
    """Take the units out of their bins; from now on they are in transit, counted at the target.

    Where no lines are given, all that is asked for, from each lot's bins in rotation order; given
    lines may send less. Unpromised units only; a lot on hold may be sent and stays on hold. It is
    sent once: what stays behind is another transfer's. Records `transfer.sent`. Locks the
    transfer, the named bins, then the products.

    Raises: NotFound, WrongStatus, Malformed, UnknownLot, NotAStockLocation, MoreThanAsked,
    InsufficientStock, UnitsCommitted.
    """
    transfer = lock_transfer(actor, transfer_id, Transfer.Status.AWAITING, to="sent")
    bins = share_named(transfer.source, [one.location for one in lines or ()], BINS)
    lock_products(transfer.lines.order_by().values_list("product_id", flat=True))
    rows = lines_of(transfer)
    if lines is None:
        leaving = _all(transfer, rows, now)
    else:
        found = find_lines(transfer, rows, lines)
        leaving = [
            (line, bins[one.location].pk, one.quantity)
            for line, one in zip(found, lines, strict=True)
        ]
        _refuse_more_than_asked(leaving)
    _post(transfer, leaving, actor, now)
    for line, _, units in leaving:
        line.sent += units
    transfer.lines.exclude(pk__in=[line.pk for line in rows]).delete()  # joined with another one
    Line.objects.bulk_update(rows, ["lot", "quantity", "sent"])
    transfer.status, transfer.sent_at = Transfer.Status.IN_TRANSIT, now
    transfer.tracking_number = tracking_number.strip()
    transfer.save(update_fields=["status", "sent_at", "tracking_number"])
    tell(
        "sent",
        transfer,
        now,
        tracking_number=transfer.tracking_number,
        units=sum(units for _, _, units in leaving),
    )
    return transfer


def _all(transfer: Transfer, rows: Sequence[Line], now: datetime) -> Leaving:
    """Every line whole, from its lot's bins in rotation order."""
    free = free_in_bins({line.product_id for line in rows}, transfer.source_id, todays(now))
    wanted = [((line.product_id, line.lot_id), line.quantity) for line in rows]
    leaving: Leaving = []
    for line, picks in zip(rows, choose(wanted, free), strict=True):
        found = sum(pick.quantity for pick in picks)
        if found < line.quantity:
            raise _too_few(transfer, line, found)
        leaving.extend((line, pick.free.location_id, pick.quantity) for pick in picks)
    return leaving


def _too_few(transfer: Transfer, line: Line, found: int) -> InsufficientStock | UnitsCommitted:
    standing = Balance.objects.filter(
        product_id=line.product_id,
        lot_key=line.lot_id or 0,
        warehouse_id=transfer.source_id,
        location_kind__in=BINS,
    )
    there = sum(standing.values_list("on_hand", flat=True))
    lot = f", lot {line.lot}," if line.lot else ""
    refuse = UnitsCommitted if there >= line.quantity else InsufficientStock
    return refuse(
        message=f"{line.quantity} units of {line.product.sku}{lot} are to be sent; {there} stand "
        f"in the bins of {transfer.source.code}, {found} of them are not promised to orders.",
        sku=line.product.sku,
        requested=line.quantity,
        available=found,
    )


def _refuse_more_than_asked(leaving: Leaving) -> None:
    sent: Counter[int] = Counter()
    for line, _, units in leaving:
        sent[line.pk] += units
        if sent[line.pk] > line.quantity:
            raise MoreThanAsked(
                message=f"{sent[line.pk]} units of {line.product.sku} are to be sent, where "
                f"{line.quantity} are asked for.",
                requested=sent[line.pk],
                asked=line.quantity,
            )


def _post(transfer: Transfer, leaving: Leaving, actor: User, now: datetime) -> None:
    if not leaving:
        raise Malformed("required", "Say what is sent: at least one unit.", field="lines")
    road = house_places(transfer.target_id)[LocationKind.IN_TRANSIT].pk
    header = ledger.Act(
        PostingKind.TRANSFER, transfer.merchant_id, actor, now, reference=transfer.number
    )
    ledger.post(
        header,
        [
            ledger.Transfer(
                product_id=line.product_id,
                source=ledger.Place(location_id, line.lot_id),
                target=ledger.Place(road, line.lot_id),
                quantity=units,
            )
            for line, location_id, units in leaving
        ],
    )
