"""Returns: announced, changed, arrived, completed, cancelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from fulfillment.models import Order
from fulfillment.naming import Named, find_named, of_merchant
from inventory.errors import RestockNotSupportedForLotProduct
from inventory.locks import lock_documents, lock_skus
from inventory.models import Product, Warehouse
from inventory.queries.shipped import Shipped, shipped_units
from inventory.services.checks import check_fields
from merchants.errors import FieldError, Malformed, NotFound
from merchants.models import User
from merchants.transactions import act
from returns.disposition import Kind, RequestedAction
from returns.errors import MoreThanShipped, ReferenceTaken, UnknownLine
from returns.models import Return, ReturnLine, Status
from returns.queries import inspected_units, returned_units
from returns.requests import LineChange, LineRequest, ReturnChange, ReturnRequest
from returns.services.checks import lock, require_status, tell


@act
def create_return(*, actor: User, now: datetime, request: ReturnRequest) -> Return:
    """Announce units that are to come back.

    With an order, no product may come back more often than it was shipped, over all of the
    order's returns; the warehouse that shipped takes it unless another is named. Raises:
    Malformed, UnknownSku, UnknownLot, ReferenceTaken, MoreThanShipped,
    RestockNotSupportedForLotProduct. Locks the order, then the products where lines name lots.
    """
    warehouse, named = _check(request)
    document = Return(
        merchant=request.merchant,
        kind=request.kind,
        reference=request.reference.strip(),
        order=request.order,
        warehouse=warehouse,
        created_at=now,
        created_by=actor,
    )
    _save(document)
    ReturnLine.objects.bulk_create(
        _fill(ReturnLine(document=document), line, one)
        for line, one in zip(request.lines, named, strict=True)
    )
    tell("created", document, now, lines=_in_words(request.lines))
    return document


@act
def update_return(*, actor: User, now: datetime, return_id: int, change: ReturnChange) -> Return:
    """Change a return that is still awaited; what ``change`` leaves out stays.

    Raises: NotFound, WrongStatus, UnknownLine and what ``create_return`` raises. Locks the
    return, its order, then the products where lines name lots.
    """
    document = lock(return_id)
    require_status(document, [Status.AWAITING], "changed")
    standing = {line.pk: line for line in document.lines.select_related("product", "lot")}
    keys, lines = _merge(standing, change.get("lines"))
    order = change.get("order", document.order)
    moved = "order" in change and order != document.order
    request = ReturnRequest(
        merchant=document.merchant,
        kind=change.get("kind", document.kind),
        lines=lines,
        reference=change.get("reference", document.reference),
        order=order,
        warehouse=change.get("warehouse") or (None if moved else document.warehouse),
    )
    warehouse, named = _check(request, but=document)
    document.kind, document.reference = request.kind, request.reference.strip()
    document.order, document.warehouse = order, warehouse
    _save(document)
    document.lines.exclude(pk__in=[key for key in keys if key]).delete()
    for key, line, one in zip(keys, lines, named, strict=True):
        _fill(standing[key] if key else ReturnLine(document=document), line, one).save()
    tell("updated", document, now, lines=_in_words(lines))
    return document


@act
def cancel_return(*, actor: User, now: datetime, return_id: int) -> Return:
    """Call off a return that has not arrived. Raises: NotFound, WrongStatus. Locks the return."""
    document = lock(return_id)
    require_status(document, [Status.AWAITING], "cancelled")
    document.status, document.cancelled_at = Status.CANCELLED, now
    document.save(update_fields=["status", "cancelled_at"])
    tell("cancelled", document, now)
    return document


@act
def arrive_return(*, actor: User, now: datetime, return_id: int) -> Return:
    """Note that the parcel is in the house; its units move when they are inspected.

    Raises: NotFound, WrongStatus. Locks the return.
    """
    document = lock(return_id)
    require_status(document, [Status.AWAITING], "marked as arrived")
    document.status, document.arrived_at = Status.ARRIVED, now
    document.save(update_fields=["status", "arrived_at"])
    tell("arrived", document, now)
    return document


@act
def complete_return(*, actor: User, now: datetime, return_id: int) -> Return:
    """Close a return. Units that were announced and not found count as missing.

    Raises: NotFound, WrongStatus. Locks the return.
    """
    document = lock(return_id)
    require_status(document, [Status.ARRIVED, Status.PROCESSING], "completed")
    found = inspected_units(document.pk)
    missing = sum(max(0, line.quantity - found[line.pk]) for line in document.lines.order_by("id"))
    document.status, document.completed_at = Status.COMPLETED, now
    document.save(update_fields=["status", "completed_at"])
    tell("completed", document, now, missing=missing)
    return document


def _check(request: ReturnRequest, *, but: Return | None = None) -> tuple[Warehouse, list[Named]]:
    """Hold a return against the rules; the warehouse that takes it and what its lines name.

    A lot that is named may not be merged or deleted meanwhile: its product is locked.
    """
    shipped = _lock_and_read_shipped(request.order, request) if request.order else []
    names_lots = any(line.lot_number or line.expires_on for line in request.lines)
    read = _locked if names_lots else of_merchant
    named = find_named(request.lines, merchant_id=request.merchant.pk, read=read)
    _refuse_restocking(request, named)
    if request.order is None:
        if request.warehouse is None:
            message = "Without an order, name the warehouse to which the units come back."
            raise Malformed("required", message, field="warehouse")
        return request.warehouse, named
    _require_shipped(request.order, request, named, shipped, but)
    if request.warehouse is not None:
        return request.warehouse, named
    return Warehouse.objects.get(pk=shipped[0].warehouse_id), named


def _locked(merchant_id: int, skus: Collection[str]) -> Iterable[Product]:
    lock_skus(merchant_id, skus)
    return of_merchant(merchant_id, skus)


def _refuse_restocking(request: ReturnRequest, named: Sequence[Named]) -> None:
    if request.kind != Kind.CUSTOMER_RETURN:
        return
    for line, one in zip(request.lines, named, strict=True):
        if line.requested_action == RequestedAction.RESTOCK and one.product.is_lot_product:
            raise RestockNotSupportedForLotProduct(
                message=f"{line.sku} is a lot product: a customer return of it is never "
                "restocked. Ask for quarantine or dispose.",
                sku=line.sku,
            )


def _lock_and_read_shipped(order: Order, request: ReturnRequest) -> list[Shipped]:
    """Lock the order, so that two returns of it are counted one after the other."""
    orders = Order.objects.for_merchant(request.merchant)
    if order.pk not in lock_documents(orders, [order.pk]):
        raise NotFound()
    return shipped_units(merchant_id=order.merchant_id, order_number=order.number)


def _require_shipped(
    order: Order,
    request: ReturnRequest,
    named: Sequence[Named],
    shipped: Sequence[Shipped],
    but: Return | None,
) -> None:
    """No product comes back more often than it left, over all returns of the order."""
    left: Counter[int] = Counter()
    for row in shipped:
        left[row.product_id] += row.quantity
    back = returned_units(order.pk, but=but.pk if but else None)
    asked: Counter[int] = Counter()
    for line, one in zip(request.lines, named, strict=True):
        key = one.product.pk
        asked[key] += line.quantity
        if asked[key] + back[key] > left[key]:
            raise MoreThanShipped(
                message=f"{order.number} shipped {left[key]} units of {line.sku}, of which "
                f"{back[key]} are on other returns: {asked[key]} cannot come back.",
                sku=line.sku,
                requested=asked[key],
                shipped=left[key],
                returned=back[key],
            )


def _save(document: Return) -> None:
    """Raises: Malformed, ReferenceTaken. The database alone knows that a reference is free."""
    check_fields(document)
    try:
        with transaction.atomic():
            document.save()
    except IntegrityError as error:  # of all its constraints only this one is checked at once
        message = f"There is already a return with the reference {document.reference}."
        raise ReferenceTaken(message=message, reference=document.reference) from error


def _merge(
    standing: dict[int, ReturnLine], changes: Sequence[LineChange] | None
) -> tuple[list[int | None], list[LineRequest]]:
    """The lines after a change, each with the id of the line that it was (None: a new one)."""
    if changes is None:
        changes = [{"id": key} for key in standing]
    errors: list[FieldError] = []
    keys: list[int | None] = []
    lines: list[LineRequest] = []
    for place, change in enumerate(changes):
        key = change.get("id")
        if key is not None and (key not in standing or key in keys):
            message = f"The return has no line {key}." if key not in standing else "Named twice."
            errors.append(
                {"field": f"lines[{place}].id", "code": "unknown_line", "message": message}
            )
            continue
        missing = [] if key else [name for name in ("sku", "quantity") if name not in change]
        errors += [
            {"field": f"lines[{place}].{name}", "code": "required", "message": "Required."}
            for name in missing
        ]
        if not missing:
            keys.append(key)
            lines.append(_merged(standing[key] if key else None, change))
    if errors:
        codes = {error["code"] for error in errors}
        raise UnknownLine(
            codes.pop() if len(codes) == 1 else "invalid", errors[0]["message"], errors=errors
        )
    return keys, lines


def _merged(line: ReturnLine | None, change: LineChange) -> LineRequest:
    """A line as it stands with a change on top."""
    before: LineChange = {}
    if line is not None:
        before = {
            "sku": line.product.sku,
            "quantity": line.quantity,
            "requested_action": line.requested_action,
        }
        names_lot = "lot_number" in change or "expires_on" in change or "sku" in change
        if line.lot is not None and not names_lot:
            before["lot_number"], before["expires_on"] = line.lot.number, line.lot.expires_on
    after: LineChange = before | change
    return LineRequest(
        sku=after["sku"],
        quantity=after["quantity"],
        lot_number=after.get("lot_number", ""),
        expires_on=after.get("expires_on"),
        requested_action=after.get("requested_action", RequestedAction.DEFAULT),
    )


def _fill(line: ReturnLine, request: LineRequest, named: Named) -> ReturnLine:
    line.merchant_id = line.document.merchant_id
    line.product, line.lot = named.product, named.lot
    line.quantity, line.requested_action = request.quantity, request.requested_action
    return line


def _in_words(lines: Sequence[LineRequest]) -> list[dict[str, object]]:
    return [
        {
            "sku": line.sku,
            "quantity": line.quantity,
            "lot_number": line.lot_number,
            "requested_action": str(line.requested_action),
        }
        for line in lines
    ]
