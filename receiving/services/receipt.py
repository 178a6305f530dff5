"""Arrival and receipt: counted units enter the house."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from inventory import ledger
from inventory.kinds import LocationKind
from inventory.ledger import Act, CaseEntry, Place, Progress, Transfer
from inventory.locks import lock_products, share_locations
from inventory.models import CaseSource, Lot, PostingKind, Product, QuarantineCase
from inventory.queries.lots import LotRef, agrees, find_lots
from inventory.queries.places import house_places
from inventory.services.lots import create_lots
from merchants.errors import Malformed
from merchants.models import User
from merchants.transactions import act
from receiving.errors import ReceivedMeanwhile
from receiving.models import WRO, Discrepancy
from receiving.queries import expected_lots, receipts_of, with_rules
from receiving.services.documents import lock_wro, open_discrepancies, set_status, tell
from receiving.sorting import Counted, Expected, LotKey, Placement, Tolerance, sort_units

AREAS = (
    LocationKind.SUPPLIER,
    LocationKind.DOCK,
    LocationKind.DAMAGED,
    LocationKind.QUARANTINE,
)
Type = Discrepancy.Type


@dataclass(frozen=True, slots=True)
class Count:
    """Units of one product as counted, with the lot as it was read: nothing where it was not."""

    product: Product
    quantity: int
    lot_number: str = ""
    expires_on: date | None = None
    is_damaged: bool = False

    @property
    def ref(self) -> LotRef:
        return LotRef(self.product.pk, self.lot_number.strip(), self.expires_on)


@act
def arrive_wro(*, actor: User, now: datetime, wro_id: int) -> WRO:
    """Note that a WRO stands at the door. Raises: NotFound, WrongStatus. Locks the WRO."""
    wro = lock_wro(actor, wro_id, WRO.Status.AWAITING, to="marked as arrived")
    set_status(wro, WRO.Status.ARRIVED, actor=actor, now=now)
    tell("arrived", wro, now)
    return wro


@act
def receive(
    *,
    actor: User,
    now: datetime,
    wro_id: int,
    counts: Sequence[Count],
    knows: str | None = None,
) -> WRO:
    """Add counted units to what a WRO brought; may be called as often as there are counts.

    Good units go to the dock, damaged ones to the damaged area, a surplus beyond the tolerance and
    whatever was not announced like that to quarantine, each difference with a discrepancy. A lot
    that nobody knew is made. ``knows`` are the receipts that the person has seen (``receipts_of``),
    where the counts were made in view of them. Raises: NotFound, WrongStatus, ReceivedMeanwhile,
    Malformed. Locks the WRO, the areas, then the products. Statements do not grow with the counts.
    """
    wro = lock_wro(actor, wro_id, WRO.Status.ARRIVED, WRO.Status.PROCESSING, to="received")
    if knows is not None and knows != receipts_of(wro):
        raise ReceivedMeanwhile(
            message=f"Units of {wro.number} were received since this page was opened, and nothing "
            "of yours was added to them. Look at the counts again, then press Receive."
        )
    check_counts(counts, wro.merchant_id)
    places = house_places(wro.warehouse_id)
    share_locations(places[kind].pk for kind in AREAS)
    products = lock_products({count.product.pk for count in counts})
    expected = with_rules(expected_lots(wro), wro.merchant_id)
    counted = _recognise(wro, counts, products, expected, actor, now)
    today = places[LocationKind.DOCK].warehouse.today(now)
    placements, findings = sort_units(counted, expected, today=today, tolerance=tolerance())
    header = Act(PostingKind.RECEIVE, wro.merchant_id, actor, now, reference=wro.number)
    area_ids = {kind: places[kind].pk for kind in AREAS}
    ledger.post(
        header,
        [_transfer(one, area_ids) for one in placements],
        progress=[_progress(one) for one in placements if one.supply_id],
    )
    cases = cases_opened(wro.number, placements)
    discrepancies = open_discrepancies(wro, findings, actor=actor, now=now, cases=cases)
    set_status(wro, WRO.Status.PROCESSING, actor=actor, now=now)
    units = sum(count.quantity for count in counts)
    tell("received", wro, now, discrepancies, units=units)
    return wro


def tolerance() -> Tolerance:
    """The surplus that the house receives as good, from the settings."""
    return Tolerance(
        percent=settings.RECEIVING_OVERAGE_PERCENT, units=settings.RECEIVING_OVERAGE_UNITS
    )


def check_counts(counts: Sequence[Count], merchant_id: int) -> None:
    """Something is counted, and all of it is of this merchant. Raises: Malformed."""
    if not counts:
        raise Malformed("required", "Count at least one unit.", field="lines")
    for place, count in enumerate(counts):
        path = f"lines[{place}]"
        if count.product.merchant_id != merchant_id:
            message = f"There is no product {count.product.sku}."
            raise Malformed("unknown_sku", message, field=f"{path}.sku")
        if count.quantity < 1:
            message = "Count at least one unit, or leave the line out."
            raise Malformed("min_value", message, field=f"{path}.quantity")


def _recognise(
    wro: WRO,
    counts: Sequence[Count],
    products: dict[int, Product],
    expected: dict[LotKey, Expected],
    actor: User,
    now: datetime,
) -> list[Counted]:
    """Each count with the lot that it is of, and why it is not what was announced."""
    lots = lots_of(counts, wro.merchant_id, actor=actor, now=now)
    listed = {product_id for product_id, _ in expected}
    return [
        _recognised(count, products[count.product.pk], lots.get(count.ref), expected, listed)
        for count in counts
    ]


def lots_of(
    counts: Sequence[Count], merchant_id: int, *, actor: User, now: datetime
) -> dict[LotRef, Lot]:
    """The lots that the counts name; those that nobody knew are made."""
    lots = find_lots(count.ref for count in counts)
    unheard = [count.ref for count in counts if not count.ref.is_blank and count.ref not in lots]
    if unheard:
        lots |= create_lots(actor=actor, now=now, refs=unheard, merchant_id=merchant_id)
    return lots


def cases_opened(reference: str, placements: Sequence[Placement]) -> dict[int, int]:
    """The quarantine case of each placement that has just opened one, by its place. One query.

    The newest cases of the document, one for each in the same order: its lock and those of the
    products keep out whoever else would open any.
    """
    apart = [place for place, one in enumerate(placements) if one.area == LocationKind.QUARANTINE]
    if not apart:
        return {}
    rows = QuarantineCase.objects.filter(
        reference=reference,
        source=CaseSource.RECEIVING,
        product_id__in={placements[place].product_id for place in apart},
    )
    newest = rows.order_by("-id").values_list("id", flat=True)[: len(apart)]
    return dict(zip(apart, reversed(newest), strict=True))


def _recognised(
    count: Count,
    product: Product,
    lot: Lot | None,
    expected: dict[LotKey, Expected],
    listed: Collection[int],
) -> Counted:
    """Units of a known number with another expiry stand without a lot until a person decides."""
    conflict = lot is not None and not agrees(lot, count.ref)
    lot_id = None if lot is None or conflict else lot.pk
    mismatch = None
    if product.pk not in listed:
        mismatch = Type.UNLISTED_PRODUCT
    elif conflict:
        mismatch = Type.EXPIRY_MISMATCH
    elif lot_id is None and (product.is_tracked or (product.pk, None) not in expected):
        mismatch = Type.UNREADABLE_BARCODE
    elif (product.pk, lot_id) not in expected:
        mismatch = Type.LOT_MISMATCH
    return Counted(
        product_id=product.pk,
        lot_id=lot_id,
        quantity=count.quantity,
        is_damaged=count.is_damaged,
        mismatch=mismatch,
        lot_number=count.ref.number,
        expires_on=count.expires_on,
        known_lot_id=lot.pk if lot else None,
    )


def _transfer(one: Placement, areas: dict[LocationKind, int]) -> Transfer:
    case = CaseEntry(CaseSource.RECEIVING, one.reason)
    return Transfer(
        product_id=one.product_id,
        source=Place(areas[LocationKind.SUPPLIER], one.lot_id),
        target=Place(areas[one.area], one.lot_id),
        quantity=one.quantity,
        case=case if one.area == LocationKind.QUARANTINE else None,
    )


def _progress(one: Placement) -> Progress:
    """Units that went straight to their area are stowed with their receipt."""
    stowed = 0 if one.area == LocationKind.DOCK else one.quantity
    return Progress(one.supply_id or 0, received=one.quantity, stowed=stowed)
