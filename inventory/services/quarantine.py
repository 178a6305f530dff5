"""Working off quarantine cases: back to stock, destroyed, or sent back to the merchant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inventory import ledger
from inventory.errors import (
    InsufficientStock,
    NotAStockLocation,
    NotReleasable,
    UnitsNotFound,
)
from inventory.kinds import BINS, LocationKind
from inventory.ledger import Act, Place, Transfer
from inventory.locks import lock_products, share_locations
from inventory.models import Location, PostingKind, QuarantineCase
from inventory.queries.cases import bar_to_release, is_not_found
from inventory.queries.places import house_places
from inventory.services.case_units import entry_of
from inventory.services.lots import own_lot
from inventory.services.planning import reallocate
from merchants.errors import Malformed, NotFound
from merchants.events import record
from merchants.models import User
from merchants.transactions import act


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of how many units of a case (None: all that are open), and why."""

    case_id: int
    reason: str
    quantity: int | None = None


@act
def release_case(
    *, actor: User, now: datetime, decision: Decision, location_id: int
) -> QuarantineCase:
    """Put units of a case back to stock at a bin of the same warehouse.

    Raises: NotFound, NotReleasable (a customer return of a lot product; units without a lot of a
    lot product), NotAStockLocation, OtherLotInLocation, InsufficientStock, Malformed. Locks the
    location, then the product.
    """
    target = share_locations([location_id]).get(location_id)
    case = _lock(decision)
    if bar := bar_to_release(case):
        raise NotReleasable(message=bar)
    target = _require_bin(target, case)
    return _work_off(actor, now, decision, case, target, PostingKind.RELEASE)


@act
def dispose_case(*, actor: User, now: datetime, decision: Decision) -> QuarantineCase:
    """Destroy units of a case; those of a short pick are written off, for there are none.

    Raises: NotFound, InsufficientStock, Malformed. Locks the product.
    """
    case = _lock(decision)
    kind, place = PostingKind.DISPOSE, LocationKind.DISPOSED
    if is_not_found(case):
        kind, place = PostingKind.ADJUST, LocationKind.ADJUSTMENT
    target = house_places(case.balance.warehouse_id)[place]
    return _work_off(actor, now, decision, case, target, kind)


@act
def return_case_to_merchant(*, actor: User, now: datetime, decision: Decision) -> QuarantineCase:
    """Send units of a case back to the merchant. Raises and locks as ``dispose_case``.

    Raises also: UnitsNotFound (a short pick).
    """
    case = _lock(decision)
    if is_not_found(case):
        raise UnitsNotFound(
            message="These units were not found: release them where they turn up, or dispose of "
            "them, which writes them off."
        )
    target = house_places(case.balance.warehouse_id)[LocationKind.MERCHANT]
    return _work_off(actor, now, decision, case, target, PostingKind.RETURN_TO_MERCHANT)


@act
def restamp_case(*, actor: User, now: datetime, decision: Decision, lot_id: int) -> QuarantineCase:
    """Give units of a case another lot; they stay in quarantine. Returns the case they are in now.

    Raises: NotFound, LotMerged, InsufficientStock, Malformed. Locks the product, whose areas the
    caller keeps as they are.
    """
    case = _lock(decision)
    if own_lot(lot_id).product_id != case.product_id:
        raise NotFound()
    quantity = _units(decision, case)
    place = case.balance.location_id
    transfer = Transfer(
        product_id=case.product_id,
        source=Place(place, case.balance.lot_id),
        target=Place(place, lot_id),
        quantity=quantity,
        case_id=case.pk,
        case=entry_of(case),
    )
    kind = PostingKind.ASSIGN_LOT
    header = Act(kind, case.merchant_id, actor, now, case.reference, decision.reason)
    ledger.post(header, [transfer])
    record(
        topic="quarantine.lot_assigned",
        merchant_id=case.merchant_id,
        object=str(case.pk),
        payload={"quantity": quantity, "reason": decision.reason, "lot": lot_id},
        at=now,
    )
    return QuarantineCase.objects.filter(product_id=case.product_id).latest("id")


def _lock(decision: Decision) -> QuarantineCase:
    found = QuarantineCase.objects.filter(pk=decision.case_id)
    product_id = found.values_list("product_id", flat=True).first()
    if product_id is None:
        raise NotFound()
    lock_products([product_id])
    return found.select_related("balance__location", "product__merchant").get()


def _require_bin(target: Location | None, case: QuarantineCase) -> Location:
    if target is None or target.is_virtual:
        raise NotFound(message="There is no such location.")
    same_house = target.warehouse_id == case.balance.warehouse_id
    if target.kind not in BINS or not same_house:
        raise NotAStockLocation(
            message=f"{target.name} is not a storage location of the case's warehouse."
        )
    return target


def _units(decision: Decision, case: QuarantineCase) -> int:
    """How many units of the case are decided about. Raises: Malformed, InsufficientStock."""
    quantity = case.quantity if decision.quantity is None else decision.quantity
    if not decision.reason.strip():
        raise Malformed("required", "Say why.", field="reason")
    if not case.quantity:
        raise InsufficientStock(
            message="The case is worked off: none of its units are open.", available=0
        )
    if not 0 < quantity <= case.quantity:
        raise InsufficientStock(
            message=f"The case has {case.quantity} open units, not {quantity}.",
            requested=quantity,
            available=case.quantity,
        )
    return quantity


def _work_off(
    actor: User,
    now: datetime,
    decision: Decision,
    case: QuarantineCase,
    target: Location,
    kind: PostingKind,
) -> QuarantineCase:
    quantity = _units(decision, case)
    lot_id = case.balance.lot_id
    transfer = Transfer(
        product_id=case.product_id,
        source=Place(case.balance.location_id, lot_id),
        target=Place(target.pk, lot_id),
        quantity=quantity,
        case_id=case.pk,
    )
    header = Act(kind, case.merchant_id, actor, now, case.reference, decision.reason)
    ledger.post(header, [transfer])
    reallocate([case.product_id], now=now)
    record(
        topic=f"quarantine.{kind.value}",
        merchant_id=case.merchant_id,
        object=str(case.pk),
        payload={"quantity": quantity, "reason": decision.reason},
        at=now,
    )
    case.refresh_from_db(fields=["quantity"])
    return case
