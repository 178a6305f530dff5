"""Holds: they work at once, in the transaction that places them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from inventory import ledger
from inventory.errors import HoldAlreadyReleased
from inventory.locks import lock_locations, lock_products
from inventory.models import Balance, Hold, Location, Lot, Product
from inventory.services.checks import check_fields
from inventory.services.lots import own_lot
from inventory.services.planning import reallocate
from merchants.errors import Malformed, NotFound
from merchants.events import record
from merchants.models import User
from merchants.transactions import act


@act
def place_hold(
    *,
    actor: User,
    now: datetime,
    target: Lot | Location | Product,
    reason: str,
    until: datetime | None = None,
) -> Hold:
    """Stop a lot, a location or a product from shipping, from this moment.

    Open promises that it hits are released and re-allocated in the same transaction. ``until`` is
    when the next scheduled run may lift it. Raises: LotMerged, Malformed. Locks the location, then
    products.
    """
    hold = Hold(reason=reason.strip(), until=until, placed_at=now, placed_by=actor)
    if isinstance(target, Lot):
        hold.lot, hold.merchant = target, target.merchant
    elif isinstance(target, Product):
        hold.product, hold.merchant = target, target.merchant
    else:
        hold.location = target
    check_fields(hold)
    if until is not None and until <= now:
        message = "This time is past: a hold starts now. Leave it empty to release it by hand."
        raise Malformed("in_the_past", message, field="until")
    product_ids = _lock(hold)
    if hold.lot_id:
        own_lot(hold.lot_id)
    hold.save()
    _take_effect(hold, product_ids, "hold.placed", now)
    return hold


@act
def release_hold(*, actor: User, now: datetime, hold_id: int) -> Hold:
    """Lift a hold and offer what it kept back. A merchant lifts only those it placed itself.

    Raises: NotFound, HoldAlreadyReleased. Locks the location, then the products.
    """
    hold = Hold.objects.for_user(actor).filter(pk=hold_id).first()
    if hold is None or not (actor.is_house or hold.placed_by.merchant_id == actor.merchant_id):
        raise NotFound()
    return _lift(hold, actor, now)


def lift_overdue_holds(*, now: datetime) -> int:
    """Release every hold whose ``until`` has passed, each in its own transaction; how many.

    Nobody released them: their time was over. Run by ``manage.py lift_holds``.
    """
    lifted = 0
    for hold in list(Hold.objects.overdue(now).order_by("id")):
        try:
            _lift(hold, None, now)
        except HoldAlreadyReleased:  # somebody was faster
            continue
        lifted += 1
    return lifted


@act
def _lift(hold: Hold, actor: User | None, now: datetime) -> Hold:
    product_ids = _lock(hold)
    hold = Hold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if hold.released_at is not None:
        raise HoldAlreadyReleased(message="This hold was released already.")
    hold.released_at, hold.released_by = now, actor
    hold.save(update_fields=["released_at", "released_by"])
    _take_effect(hold, product_ids, "hold.released", now)
    return hold


def _lock(hold: Hold) -> Collection[int]:
    """Lock what the hold concerns; the ids of its products."""
    if hold.location_id:
        lock_locations([hold.location_id])
        standing = Balance.objects.filter(location_id=hold.location_id)
        return lock_products(standing.order_by().values_list("product_id", flat=True).distinct())
    product_id = hold.lot.product_id if hold.lot else hold.product_id
    return lock_products(filter(None, [product_id]))


def _take_effect(hold: Hold, product_ids: Collection[int], topic: str, now: datetime) -> None:
    if hold.location_id:
        ledger.refresh_locations([hold.location_id])
    elif hold.lot_id:
        ledger.refresh_lots([hold.lot_id])
    else:
        ledger.refresh_products(list(product_ids))
    reallocate(product_ids, now=now)
    on = next(name for name in ("lot", "location", "product") if getattr(hold, f"{name}_id"))
    record(
        topic=topic,
        merchant_id=hold.merchant_id,
        object=str(hold.pk),
        payload={on: getattr(hold, f"{on}_id"), "reason": hold.reason},
        at=now,
    )
