"""Transfers: made, called off, and what every verb of them begins and ends with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from inventory.errors import InsufficientStock
from inventory.locks import lock_documents, lock_stock
from inventory.models import Lot, Product, Warehouse
from inventory.queries.lots import LotRef, agrees, find_lots, unknown_lot
from inventory.queries.places import todays
from inventory.services.checks import check_fields
from merchants.errors import FieldError, Malformed, NotFound
from merchants.events import record
from merchants.models import Merchant, User
from merchants.transactions import act
from transfers.choosing import Free, Units, lots_by_rotation
from transfers.errors import ReferenceTaken, SameWarehouse, WrongStatus
from transfers.models import Line, Transfer
from transfers.queries import free_in_bins


@dataclass(frozen=True, slots=True)
class LineRequest:
    """Units of a product and lot; a lot product's line without a lot takes lots by rotation."""

    product: Product
    quantity: int
    lot_number: str = ""
    expires_on: date | None = None

    @property
    def ref(self) -> LotRef:
        return LotRef(self.product.pk, self.lot_number.strip(), self.expires_on)

    @property
    def is_open(self) -> bool:
        """Leaves it to the rotation which lots go."""
        return self.ref.is_blank and self.product.is_lot_product


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """What is to be taken from one warehouse to another."""

    merchant: Merchant
    source: Warehouse
    target: Warehouse
    lines: Sequence[LineRequest]
    reference: str = ""


@act
def create_transfer(*, actor: User, now: datetime, request: TransferRequest) -> Transfer:
    """Plan a transfer; nothing moves and nothing is promised to it before it is sent.

    A lot product's line that names no lot becomes one line for each lot that an order would get
    now: unpromised units that may ship. Records `transfer.created`. Locks the products with lots,
    so that none of these is merged or deleted meanwhile. Raises: SameWarehouse, Malformed,
    UnknownLot, InsufficientStock, ReferenceTaken.
    """
    if request.source == request.target:
        message = "Choose two warehouses: units move within one without a transfer."
        raise SameWarehouse(message=message, field="target")
    _check_lines(request)
    has_lots = [line for line in request.lines if line.is_open or not line.ref.is_blank]
    lock_stock(line.product.pk for line in has_lots)
    units = _by_lot(request, now)
    transfer = Transfer(
        merchant=request.merchant,
        reference=request.reference.strip(),
        source=request.source,
        target=request.target,
        created_at=now,
        created_by=actor,
    )
    _save(transfer)
    Line.objects.bulk_create(
        Line(
            merchant=request.merchant,
            transfer=transfer,
            position=position,
            product_id=product_id,
            lot_id=lot_id,
            quantity=quantity,
        )
        for position, ((product_id, lot_id), quantity) in enumerate(units.items(), start=1)
    )
    tell("created", transfer, now, units=units.total())
    return transfer


@act
def cancel_transfer(*, actor: User, now: datetime, transfer_id: int) -> Transfer:
    """Call a transfer off before it is sent. Records `transfer.cancelled`.

    Raises: NotFound, WrongStatus. Locks the transfer.
    """
    transfer = lock_transfer(actor, transfer_id, Transfer.Status.AWAITING, to="cancelled")
    transfer.status, transfer.cancelled_at = Transfer.Status.CANCELLED, now
    transfer.save(update_fields=["status", "cancelled_at"])
    tell("cancelled", transfer, now)
    return transfer


def lock_transfer(actor: User, transfer_id: int, status: Transfer.Status, *, to: str) -> Transfer:
    """Lock a transfer that the actor may see and that is in this state.

    ``to`` says what for, in words. Raises: NotFound, WrongStatus.
    """
    rows = Transfer.objects.for_user(actor)
    transfer: Transfer | None = lock_documents(rows, [transfer_id]).get(transfer_id)
    if transfer is None:
        raise NotFound()
    if transfer.status != status:
        raise WrongStatus(
            message=f"{transfer.number} is {transfer.get_status_display().lower()}: only while "
            f"{status.label.lower()} can it be {to}.",
            status=transfer.status,
        )
    return transfer


def tell(verb: str, transfer: Transfer, now: datetime, **payload: object) -> None:
    """Record the event `transfer.<verb>`."""
    facts = {"reference": transfer.reference, "status": transfer.status, **payload}
    record(
        topic=f"transfer.{verb}",
        merchant_id=transfer.merchant_id,
        object=transfer.number,
        payload=facts,
        at=now,
    )


def _check_lines(request: TransferRequest) -> None:
    """Raises: Malformed with every line that cannot be meant."""
    if not request.lines:
        raise Malformed("required", "Say what is to be transferred.", field="lines")
    errors: list[FieldError] = []
    for place, line in enumerate(request.lines):
        if line.product.merchant_id != request.merchant.pk:
            message = f"There is no product {line.product.sku}."
            errors.append(
                FieldError(field=f"lines[{place}].sku", code="unknown_sku", message=message)
            )
        if line.quantity < 1:
            message = "Transfer at least one unit."
            errors.append(
                FieldError(field=f"lines[{place}].quantity", code="min_value", message=message)
            )
    if errors:
        raise Malformed(message=errors[0]["message"], errors=errors)


def _by_lot(request: TransferRequest, now: datetime) -> Counter[Units]:
    """Units by product and lot, in the order of the lines; lots that are left open by rotation."""
    lots = find_lots(line.ref for line in request.lines)
    open_lines = [line for line in request.lines if line.is_open]
    free = free_in_bins({one.product.pk for one in open_lines}, request.source.pk, todays(now))
    units: Counter[Units] = Counter()
    for place, line in enumerate(request.lines):
        if not line.is_open:
            lot = _named_lot(line, lots, place)
            units[line.product.pk, lot.pk if lot else None] += line.quantity
    for line in open_lines:
        units.update(dict(_rotated(line, request.source, free, units)))
    return units


def _named_lot(line: LineRequest, lots: dict[LotRef, Lot], place: int) -> Lot | None:
    lot = lots.get(line.ref)
    if line.ref.is_blank or (lot and agrees(lot, line.ref)):
        return lot
    raise unknown_lot(line.product.sku, line.ref, lot, path=f"lines[{place}].")


def _rotated(
    line: LineRequest, source: Warehouse, free: Sequence[Free], taken: Counter[Units]
) -> list[tuple[Units, int]]:
    chosen = lots_by_rotation(line.product.pk, line.quantity, free, taken)
    found = sum(units for _, units in chosen)
    if found < line.quantity:
        raise InsufficientStock(
            message=f"{line.quantity} units of {line.product.sku} are asked for, but {found} in "
            f"{source.code} may ship and are not promised. Name the lots to send others.",
            sku=line.product.sku,
            requested=line.quantity,
            available=found,
        )
    return chosen


def _save(transfer: Transfer) -> None:
    check_fields(transfer)
    same = Transfer.objects.filter(merchant=transfer.merchant, reference=transfer.reference)
    if transfer.reference and same.exists():
        raise _taken(transfer)
    try:
        with transaction.atomic():
            transfer.save()
    except IntegrityError as error:  # another request took it since
        raise _taken(transfer) from error


def _taken(transfer: Transfer) -> ReferenceTaken:
    message = f"There is already a transfer with the reference {transfer.reference}."
    return ReferenceTaken(message=message)
