"""A short pick: units that the books promise and the picker did not find."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fulfillment.errors import NothingAllocated, NothingMissing
from fulfillment.models import Order
from fulfillment.requests import Find
from fulfillment.services.orders import lock_order
from inventory import ledger
from inventory.kinds import LocationKind
from inventory.locks import lock_products, share_locations
from inventory.models import Allocation, Balance, CaseSource, Demand, Location, Posting, PostingKind
from inventory.queries.places import house_places
from inventory.services.planning import reallocate
from merchants.errors import Malformed, NotFound
from merchants.events import record
from merchants.models import User
from merchants.transactions import act


@act
def short_pick(*, order_id: int, find: Find, actor: User, now: datetime) -> Posting:
    """Report how many of the units promised to an order at a bin were found there.

    Who finds too few has emptied the bin but for what other orders are promised and may have
    picked already: all the rest of that lot there goes to quarantine as a case `short_pick`, where
    a count decides (found again: release; lost: write off). The order keeps what was found and gets
    other units as far as there are any. A line from a single lot, and a set-aside there, are
    planned anew as a whole. Records `order.short_picked`. Locks the order, the locations, then the
    product.

    Raises: NotFound, AlreadyCancelled, Malformed, NothingAllocated, NothingMissing.
    """
    order, demands = lock_order(order_id)
    source, quarantine = _lock_places(find.location_id)
    lock_products([find.product_id])
    promised = _promised(demands, find)
    _check(find, promised, source)
    balance = promised[0].balance
    missing = balance.on_hand - find.found - _of_other_orders(balance, demands)
    lost = _let_go(promised, find.found)
    lost |= _let_go_set_asides(balance)
    transfer = ledger.Transfer(
        product_id=find.product_id,
        source=ledger.Place(source.pk, find.lot_id),
        target=ledger.Place(quarantine.pk, find.lot_id),
        quantity=missing,
        case=ledger.CaseEntry(CaseSource.SHORT_PICK, f"Not found at {source.name}"),
    )
    header = ledger.Act(
        PostingKind.QUARANTINE,
        order.merchant_id,
        actor,
        now,
        reference=order.number,
        reason=f"Not found at {source.name}",
    )
    posting = ledger.post(header, [transfer])
    reallocate([find.product_id], now=now, lost=lost)
    _record(order, balance, find, missing, now)
    return posting


def _lock_places(location_id: int) -> tuple[Location, Location]:
    """The bin and the quarantine of its warehouse, kept as they are."""
    place = Location.objects.real().filter(pk=location_id).first()
    if place is None:
        raise NotFound(message="There is no such location.")
    quarantine = house_places(place.warehouse_id)[LocationKind.QUARANTINE]
    places = share_locations([place.pk, quarantine.pk])
    return places[place.pk], places[quarantine.pk]


def _promised(demands: Sequence[Demand], find: Find) -> list[Allocation]:
    """The promises to the order on that balance, by line."""
    ours = [demand.pk for demand in demands if demand.product_id == find.product_id]
    rows = Allocation.objects.filter(
        demand_id__in=ours,
        balance__location_id=find.location_id,
        balance__lot_key=find.lot_id or 0,
    )
    return list(rows.select_related("balance__lot", "demand__product").order_by("demand_id"))


def _check(find: Find, promised: Sequence[Allocation], source: Location) -> None:
    if find.found < 0:
        raise Malformed("min_value", "Say how many were found: 0 or more.", field="found")
    units = sum(one.quantity for one in promised)
    if not units:
        raise NothingAllocated(message=f"Nothing is allocated there: {source.name}.")
    if find.found >= units:
        raise NothingMissing(
            message=f"{units} units are allocated at {source.name}, {find.found} are found: "
            "nothing is missing.",
            allocated=units,
            found=find.found,
        )


def _of_other_orders(balance: Balance, demands: Sequence[Demand]) -> int:
    """Units of the balance that other orders are promised; their pickers may have them already."""
    rows = Allocation.objects.filter(balance=balance, demand__is_set_aside=False)
    others = rows.exclude(demand_id__in=[demand.pk for demand in demands])
    return sum(others.values_list("quantity", flat=True))


def _let_go(promised: Sequence[Allocation], found: int) -> set[int]:
    """Release what was not found, the last line first; the demands that lost units."""
    missing = sum(one.quantity for one in promised) - found
    gone: list[ledger.Promise] = []
    whole: set[int] = set()
    for one in reversed(promised):
        units = min(missing, one.quantity)
        missing -= units
        if units and one.demand.single_lot:
            whole.add(one.demand_id)
        elif units:
            gone.append(ledger.Promise(one.pk, one.demand_id, one.balance_id, units))
    rows = Allocation.objects.filter(demand_id__in=whole).order_by("id")
    gone += [ledger.Promise(one.pk, one.demand_id, one.balance_id, one.quantity) for one in rows]
    ledger.take_back(gone)
    return {one.demand_id for one in gone}


def _let_go_set_asides(balance: Balance) -> set[int]:
    """Nobody has picked them: they are not there either."""
    rows = Allocation.objects.filter(balance=balance, demand__is_set_aside=True).order_by("id")
    kept = [ledger.Promise(one.pk, one.demand_id, one.balance_id, one.quantity) for one in rows]
    ledger.take_back(kept)
    return {one.demand_id for one in kept}


def _record(order: Order, balance: Balance, find: Find, missing: int, now: datetime) -> None:
    lot = balance.lot
    record(
        topic="order.short_picked",
        merchant_id=order.merchant_id,
        object=order.number,
        payload={
            "reference": order.reference,
            "sku": balance.product.sku,
            "lot_number": lot.number if lot else None,
            "expires_on": lot.expires_on.isoformat() if lot and lot.expires_on else None,
            "location": balance.location.name,
            "found": find.found,
            "quarantined": missing,
        },
        at=now,
    )
