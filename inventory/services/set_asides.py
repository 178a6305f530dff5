"""Stock set aside: units kept for the orders of a channel or customer, and let go again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inventory.errors import InsufficientStock, SetAsideEnded, UnknownLot
from inventory.locks import lock_documents, lock_products
from inventory.models import Channel, Demand, Lot, Product, SetAside, Warehouse
from inventory.services.checks import check_fields
from inventory.services.demands import cancel_demands, release_demands
from inventory.services.lots import own_lot
from merchants.errors import FieldError, Malformed, NotFound
from merchants.events import record
from merchants.models import User
from merchants.transactions import act

MOST_UNITS = 2**31 - 1
LONGEST_NAME = 64  # of a customer, as the column has room


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be kept, of which lot (None: of any, in rotation order), for whom, and why.

    ``channel`` '' stands for any channel, ``customer`` '' for any customer; one of them is named.
    """

    product: Product
    quantity: int
    warehouse: Warehouse
    reason: str
    lot: Lot | None = None
    channel: str = ""
    customer: str = ""


@act
def set_aside(*, actor: User, now: datetime, wish: Wish) -> SetAside:
    """Keep free units for the orders of a channel or customer, all of them or none.

    They are promised to nobody else until they are handed on to such orders or the set-aside ends.
    Units that may not ship, or not through that channel, are not set aside. Records
    `set_aside.created`. Raises: Malformed, UnknownLot, LotMerged, InsufficientStock. Locks the
    product.
    """
    _check(wish)
    lock_products([wish.product.pk])
    if wish.lot:
        own_lot(wish.lot.pk)
    made = _write(wish, actor, now)
    demand = made.demand
    release_demands(demand_ids=[demand.pk], now=now, may_choose=False)
    demand.refresh_from_db()
    if demand.uncovered:
        _refuse(wish, available=demand.allocated)
    _record("set_aside.created", made, now, units=demand.allocated)
    return made


@act
def end_set_aside(*, actor: User, now: datetime, set_aside_id: int) -> SetAside:
    """Let go of what is still kept; it is offered to backordered orders at once.

    Units that were handed on to orders stay promised to them. Records `set_aside.ended`. Raises:
    NotFound, SetAsideEnded. Locks the set-aside, then its product.
    """
    rows = SetAside.objects.for_user(actor)
    made: SetAside | None = lock_documents(rows, [set_aside_id]).get(set_aside_id)
    if made is None:
        raise NotFound()
    if made.ended_at is not None:
        raise SetAsideEnded(message=f"{made.number} was ended at {made.ended_at:%Y-%m-%d %H:%M}.")
    lock_products([made.product_id])
    kept = Demand.objects.get(pk=made.demand_id).allocated
    cancel_demands(demands=[made.demand], now=now)
    made.ended_at, made.ended_by = now, actor
    made.save(update_fields=["ended_at", "ended_by"])
    _record("set_aside.ended", made, now, units=kept)
    return made


def _check(wish: Wish) -> None:
    errors: list[FieldError] = []

    def wrong(field: str, code: str, message: str) -> None:
        errors.append({"field": field, "code": code, "message": message})

    if not 1 <= wish.quantity <= MOST_UNITS:
        wrong("quantity", "min_value", f"Say how many units: 1 to {MOST_UNITS:,}.")
    if not wish.reason.strip():
        wrong("reason", "required", "Say why.")
    if wish.channel not in ("", *Channel.values):
        wrong("channel", "invalid_choice", f"There is no channel {wish.channel}.")
    if not wish.channel and not wish.customer.strip():
        wrong("channel", "required", "Say for which channel or which customer.")
    if len(wish.customer.strip()) > LONGEST_NAME:
        wrong("customer", "max_length", f"A customer's name has {LONGEST_NAME} characters at most.")
    if errors:
        raise Malformed(errors[0]["code"], errors[0]["message"], errors=errors)
    if wish.lot is not None and wish.lot.product_id != wish.product.pk:
        message = f"Lot {wish.lot} is not a lot of {wish.product.sku}."
        raise UnknownLot(message=message, field="lot_number")


def _write(wish: Wish, actor: User, now: datetime) -> SetAside:
    demand = Demand(
        merchant_id=wish.product.merchant_id,
        product=wish.product,
        order_number="SET",  # its own as soon as it has an id
        warehouse=wish.warehouse,
        quantity=wish.quantity,
        lot=wish.lot,
        channel=wish.channel,
        customer=wish.customer.strip(),
        ordered_at=now,
        is_set_aside=True,
    )
    made = SetAside(
        merchant_id=wish.product.merchant_id,
        product=wish.product,
        demand=demand,
        reason=wish.reason.strip(),
        created_at=now,
        created_by=actor,
    )
    check_fields(made)
    demand.save(force_insert=True)
    made.demand = demand
    made.save(force_insert=True)
    demand.order_number = made.number
    demand.save(update_fields=["order_number"])
    return made


def _refuse(wish: Wish, *, available: int) -> None:
    what = f"lot {wish.lot} of {wish.product.sku}" if wish.lot else wish.product.sku
    raise InsufficientStock(
        message=(
            f"{wish.quantity} units of {what} are to be set aside, but only {available} in "
            f"{wish.warehouse.code} are free and may ship."
        ),
        requested=wish.quantity,
        available=available,
    )


def _record(topic: str, made: SetAside, now: datetime, **facts: Any) -> None:
    demand = made.demand
    record(
        topic=topic,
        merchant_id=made.merchant_id,
        object=made.number,
        payload={
            "sku": made.product.sku,
            "lot": demand.lot_id,
            "channel": demand.channel,
            "customer": demand.customer,
            **facts,
        },
        at=now,
    )
