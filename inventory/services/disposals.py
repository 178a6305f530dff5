"""Requests that units of a lot be destroyed or sent back: made, carried out, refused, cancelled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from inventory import ledger
from inventory.errors import AlreadyRequested, DisposalEnded, InsufficientStock
from inventory.kinds import LocationKind
from inventory.ledger import Act, Place, Transfer
from inventory.locks import lock_documents, lock_products
from inventory.models import (
    Balance,
    DisposalAction,
    DisposalRequest,
    DisposalStatus,
    Lot,
    PostingKind,
)
from inventory.queries.disposals import found_cases, open_requests_of, to_take
from inventory.queries.places import house_places
from inventory.services import planning
from inventory.services.case_units import out_of_cases, whole_cases
from inventory.services.checks import check_fields
from inventory.services.lots import own_lot
from merchants.errors import FieldError, Malformed, NotFound
from merchants.events import record
from merchants.models import User
from merchants.transactions import act

LEAVES_FOR = {
    DisposalAction.DISPOSE: (PostingKind.DISPOSE, LocationKind.DISPOSED),
    DisposalAction.RETURN_TO_MERCHANT: (PostingKind.RETURN_TO_MERCHANT, LocationKind.MERCHANT),
}


class Take(NamedTuple):
    """Units of the lot that leave from a location."""

    location_id: int
    quantity: int


@act
def request_disposal(
    *,
    actor: User,
    now: datetime,
    lot: Lot,
    action: str,
    reason: str,
    quantity: int | None = None,
) -> DisposalRequest:
    """Ask that units of a lot (None: all that there are) be destroyed or sent back.

    Nothing moves before staff carry it out. Records `disposal.requested`. Raises: NotFound,
    LotMerged, InsufficientStock (more than stand in the house, or none), AlreadyRequested (more
    than open requests leave), Malformed. Locks the product.
    """
    _check(action, reason, quantity)
    lock_products([lot.product_id])
    found = Lot.objects.for_user(actor).filter(pk=lot.pk).select_related("product").first()
    if found is None:
        raise NotFound()
    own_lot(found.pk)
    _require_left(found, quantity)
    made = DisposalRequest(
        merchant_id=found.merchant_id,
        product=found.product,
        lot=found,
        action=action,
        quantity=quantity,
        reason=reason.strip(),
        requested_at=now,
        requested_by=actor,
    )
    check_fields(made)
    made.save(force_insert=True)
    _record("disposal.requested", made, now)
    return made


@act
def carry_out_disposal(
    *,
    actor: User,
    now: datetime,
    request_id: int,
    takes: Sequence[Take],
    note: str = "",
) -> DisposalRequest:
    """Take units of the lot out of these places, all of them or none.

    Unpromised units leave first; where more are taken, the newest promises on them are released
    and re-planned. Units in quarantine leave with their oldest cases. The request stays open while
    units are missing, and is done with the last of them (`disposal.done`). Raises: NotFound,
    DisposalEnded, InsufficientStock, Malformed. Locks the request, then the product.
    """
    made = _open(request_id, actor)
    units = _units_by_place(takes)
    lock_products([made.product_id])
    taken = sum(units.values())
    _require_asked(made, taken)
    places = {one.location_id: one for one in to_take(made.lot)}
    _require_standing(made, units, places)
    lost = set().union(*(_free(places[pk], quantity) for pk, quantity in units.items()))
    action = DisposalAction(made.action)
    kind, _ = LEAVES_FOR[action]
    header = Act(kind, made.merchant_id, actor, now, made.number, note.strip() or made.reason)
    ledger.post(header, _transfers(made, units, places))
    planning.reallocate([made.product_id], now=now, lost=lost)
    made.done += taken
    left = sum(one.free_to_take for one in to_take(made.lot))
    if not left if made.missing is None else made.missing == 0:
        _end(made, DisposalStatus.DONE, actor, now, note)
        _record("disposal.done", made, now)
    made.save(update_fields=["done", "status", "note", "ended_at", "ended_by"])
    return made


@act
def refuse_disposal(*, actor: User, now: datetime, request_id: int, reason: str) -> DisposalRequest:
    """Say no to what is still open of a request; where a part was carried out, it is done with it.

    Records `disposal.refused`, or `disposal.done`. Raises: NotFound, DisposalEnded, Malformed.
    Locks the request.
    """
    if not reason.strip():
        raise Malformed("required", "Say why.", field="reason")
    made = _open(request_id, actor)
    status = DisposalStatus.DONE if made.done else DisposalStatus.REFUSED
    _end(made, status, actor, now, reason)
    made.save(update_fields=["status", "note", "ended_at", "ended_by"])
    _record(f"disposal.{status.value}", made, now)
    return made


@act
def cancel_disposal(*, actor: User, now: datetime, request_id: int) -> DisposalRequest:
    """Take a request back; what was carried out of it stays so.

    Records `disposal.cancelled`. Raises: NotFound, DisposalEnded. Locks the request.
    """
    made = _open(request_id, actor)
    _end(made, DisposalStatus.CANCELLED, actor, now, "")
    made.save(update_fields=["status", "note", "ended_at", "ended_by"])
    _record("disposal.cancelled", made, now)
    return made


def _check(action: str, reason: str, quantity: int | None) -> None:
    errors: list[FieldError] = []
    if action not in DisposalAction.values:
        message = f"Choose {' or '.join(DisposalAction.values)}."
        errors.append({"field": "action", "code": "invalid_choice", "message": message})
    if quantity is not None and quantity < 1:
        message = "Say how many units: at least one; nothing for all."
        errors.append({"field": "quantity", "code": "min_value", "message": message})
    if not reason.strip():
        errors.append({"field": "reason", "code": "required", "message": "Say why."})
    if errors:
        raise Malformed(errors[0]["code"], errors[0]["message"], errors=errors)


def _require_left(lot: Lot, quantity: int | None) -> None:
    """So many units stand in the house, and open requests leave them to be asked for."""
    available = sum(one.free_to_take for one in to_take(lot))
    if not 0 < (quantity or 1) <= available:
        raise InsufficientStock(
            message=f"{available} units of lot {lot} stand in the house"
            + ("." if quantity is None else f", not {quantity}."),
            requested=quantity,
            available=available,
        )
    earlier = open_requests_of(lot)
    asked = sum(available if one.missing is None else one.missing for one in earlier)
    if asked + (quantity or available) > available:
        numbers = ", ".join(one.number for one in earlier)
        left = max(available - asked, 0)
        raise AlreadyRequested(
            message=f"Of {available} units of lot {lot} {available - left} are asked for already "
            f"({numbers}): {left or 'none'} can be asked for.",
            requested=quantity,
            available=left,
            already_requested=available - left,
            requests=[one.number for one in earlier],
        )


def _open(request_id: int, actor: User) -> DisposalRequest:
    rows = DisposalRequest.objects.for_user(actor).select_related("lot", "product")
    made: DisposalRequest | None = lock_documents(rows, [request_id]).get(request_id)
    if made is None:
        raise NotFound()
    if not made.is_open:
        status = made.get_status_display().lower()
        raise DisposalEnded(message=f"{made.number} is {status} already.", status=made.status)
    return made


def _units_by_place(takes: Sequence[Take]) -> dict[int, int]:
    units: defaultdict[int, int] = defaultdict(int)
    for one in takes:
        if one.quantity < 1:
            raise Malformed("min_value", "Say how many units: at least one.", field="quantity")
        units[one.location_id] += one.quantity
    if not units:
        raise Malformed("required", "Say how many units leave from where.", field="quantity")
    return dict(units)


def _require_asked(made: DisposalRequest, taken: int) -> None:
    if made.missing is not None and taken > made.missing:
        raise InsufficientStock(
            message=f"{made.number} asks for {made.missing} more units, not {taken}.",
            requested=taken,
            available=made.missing,
        )


def _require_standing(
    made: DisposalRequest, units: Mapping[int, int], places: Mapping[int, Any]
) -> None:
    for location_id, quantity in units.items():
        place = places.get(location_id)
        here = place.free_to_take if place else 0
        if quantity > here:
            name = place.location.name if place else "that location"
            raise InsufficientStock(
                message=f"{quantity} units of lot {made.lot} are to leave from {name}, "
                f"where {here} can be taken.",
                requested=quantity,
                available=here,
            )


def _free(balance: Balance, quantity: int) -> set[int]:
    return planning.free_units(balance, quantity) if balance.committed else set()


def _transfers(
    made: DisposalRequest, units: Mapping[int, int], places: Mapping[int, Any]
) -> list[Transfer]:
    """Out of the house, each place's units to the outside of its own warehouse."""
    _, outside = LEAVES_FOR[DisposalAction(made.action)]
    targets = {
        pk: house_places(pk)[outside].pk for pk in {places[one].warehouse_id for one in units}
    }
    cases = found_cases(places[pk].pk for pk in units)
    transfers: list[Transfer] = []
    for location_id, quantity in units.items():
        balance = places[location_id]
        whole = Transfer(
            made.product_id,
            Place(location_id, made.lot_id),
            Place(targets[balance.warehouse_id], made.lot_id),
            quantity,
        )
        if balance.location_kind == LocationKind.QUARANTINE:
            transfers += out_of_cases(whole, whole_cases(cases[balance.pk]))
        else:
            transfers.append(whole)
    return transfers


def _end(
    made: DisposalRequest, status: DisposalStatus, actor: User, now: datetime, note: str
) -> None:
    made.status, made.ended_at, made.ended_by = status, now, actor
    made.note = note.strip()
    check_fields(made)


def _record(topic: str, made: DisposalRequest, now: datetime) -> None:
    record(
        topic=topic,
        merchant_id=made.merchant_id,
        object=made.number,
        payload={
            "sku": made.product.sku,
            "lot": made.lot_id,
            "action": made.action,
            "quantity": made.quantity,
            "done": made.done,
            "note": made.note,
        },
        at=now,
    )
