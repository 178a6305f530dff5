"""Promising stock: what every act that changes what may ship ends in.

All of it runs under the locks of the products concerned, which the caller holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from inventory import ledger
from inventory.ledger import DemandRequest, OrderTerms
from inventory.models import Allocation, Balance, Demand
from inventory.queries import planning
from inventory.queries.places import todays
from inventory.queries.planning import Covered, Waiting
from inventory.rotation import Pick
from inventory.services.stockroom import Order, Stockroom, by_order
from merchants.columns import among
from merchants.events import Happening, record_many


def reallocate(product_ids: Collection[int], *, now: datetime, lost: Collection[int] = ()) -> None:
    """Plan these products anew: promises that may not ship go, backorders are offered what is free.

    A standing promise that may still ship is never moved. Who is served first: priority, then
    age, then id. Writes one `order.allocated` or `order.backordered` event per order whose
    promises changed; ``lost`` names demands whose promises the act has taken back already. The
    caller holds the product locks; constant number of queries, and as many again whenever an order
    comes behind a set-aside that got units.
    """
    broken = planning.broken_allocations(product_ids, todays(now))
    take_back(broken)
    backorders = Demand.objects.filter(product_id__in=among(product_ids)).backordered()
    demands = planning.waiting(backorders)
    picks = _promise_what_is_free(demands, now)
    touched = {*lost, *(one.demand_id for one in broken), *(pick.demand_id for pick in picks)}
    announce(touched, now=now)


def _promise_what_is_free(demands: Sequence[Waiting], now: datetime) -> list[Pick]:
    """Fill these demands, the first first; what was promised.

    What a set-aside gets is free at once for those behind it for whom it is kept.
    """
    if not demands:
        return []
    stockroom = Stockroom(demands, now)
    promised: list[Pick] = []
    drawn: list[Pick] = []
    is_kept = False
    for one in demands:
        if is_kept and not one.is_set_aside:
            ledger.promise(drawn)
            stockroom, drawn, is_kept = Stockroom(demands, now), [], False
        picks = stockroom.draw(one, _warehouse_of(one))
        is_kept = is_kept or (one.is_set_aside and bool(picks))
        drawn += picks
        promised += picks
    ledger.promise(drawn)
    return promised


def release(
    demand_ids: Collection[int], *, now: datetime, may_choose: Collection[int] = ()
) -> None:
    """Release the demands of whole orders and promise them what is free, each in one warehouse.

    Orders are served by priority, then age, then id. The house chooses the warehouse of an order
    that has none; of the demands in ``may_choose`` it chooses again while nothing of their order
    is promised or shipped. Demands released before are served again for what they miss, those
    cancelled are passed over. Writes one event per order whose promises changed. The caller holds
    the orders' locks and the product locks; constant number of statements.
    """
    asked = Demand.objects.filter(pk__in=among(demand_ids), is_cancelled=False)
    demands = planning.waiting(asked)
    stockroom = Stockroom(demands, now)
    picks: list[Pick] = []
    warehouses: dict[int, int] = {}
    happenings: list[Happening] = []
    again = frozenset(may_choose)
    for order in by_order(demands):
        warehouse_id, drawn = stockroom.serve(order, may_choose=order[0].id in again)
        if not drawn and all(one.is_released and one.warehouse_id == warehouse_id for one in order):
            continue
        warehouses.update((one.id, warehouse_id) for one in order)
        picks.extend(drawn)
        if not order[0].is_set_aside:
            happenings.append(_happening(order, drawn, now))
    ledger.release(warehouses, picks)
    record_many(happenings)


def place(
    terms: OrderTerms, requests: Sequence[DemandRequest], *, now: datetime
) -> tuple[list[int], Happening]:
    """Write the demands of a new order, released and promised what is free, in one warehouse.

    Where the terms name no warehouse the house chooses. Returns the ids of the demands in the
    order of the requests, and the order's event, which the caller records behind its own. The
    caller holds the product locks; 7 statements, 2 more where it has to be found out which
    warehouse carries what.
    """
    order = [_as_waiting(place, terms, request) for place, request in enumerate(requests)]
    stockroom = Stockroom(order, now)
    warehouse_id, drawn = stockroom.serve(order, may_choose=False)
    ids = ledger.open_demands(replace(terms, warehouse_id=warehouse_id), requests, drawn)
    return ids, _happening(order, drawn, now)


def take_back(allocations: Iterable[Allocation]) -> None:
    """Release whole promises; the units stay where they are, unpromised."""
    ledger.take_back([_promise(one, one.quantity) for one in allocations])


def free_units(balance: Balance, quantity: int) -> set[int]:
    """Release the newest promises of a balance until ``quantity`` of its units are unpromised.

    A line that asked for a single lot is released whole, also where the rest of it stands on
    another balance, from which no other has to be released for it then: what is promised is read
    here. Returns the ids of the demands that lost units, to be announced by the re-allocation that
    the caller ends in. At most 6 statements.
    """
    promised = planning.newest_allocations(balance.pk)
    missing = quantity - (balance.on_hand - sum(one.quantity for one in promised))
    freed: list[ledger.Promise] = []
    whole: set[int] = set()
    for one in promised:
        if missing <= 0:
            break
        if one.demand.single_lot:
            whole.add(one.demand_id)
        units = one.quantity if one.demand.single_lot else min(missing, one.quantity)
        freed.append(_promise(one, units))
        missing -= units
    if whole:
        elsewhere = Allocation.objects.filter(demand_id__in=whole).exclude(balance=balance)
        freed.extend(_promise(one, one.quantity) for one in elsewhere.order_by("id"))
    ledger.take_back(freed)
    return {one.demand_id for one in freed}


def announce(demand_ids: Collection[int], *, now: datetime) -> None:
    """One event per order of these demands: `order.allocated`, or `order.backordered`."""
    if demand_ids:
        record_many(_cover(one, now) for one in planning.covers(demand_ids))


def _warehouse_of(one: Waiting) -> int:
    return one.warehouse_id  # type: ignore[return-value]  # released demand has one


def _as_waiting(place: int, terms: OrderTerms, request: DemandRequest) -> Waiting:
    """A demand that is not written yet; its place in the order stands for its id."""
    return Waiting(
        id=place,
        merchant_id=terms.merchant_id,
        order_number=terms.order_number,
        product_id=request.product_id,
        warehouse_id=terms.warehouse_id,
        quantity=request.quantity,
        shipped=0,
        allocated=0,
        is_released=False,
        lot_id=request.lot_id,
        single_lot=request.single_lot,
        min_shelf_life_days=request.min_shelf_life_days,
        channel=terms.channel,
        country=terms.country,
        customer=terms.customer,
        is_set_aside=terms.is_set_aside,
    )


def _happening(order: Order, drawn: Sequence[Pick], now: datetime) -> Happening:
    picked = sum(pick.quantity for pick in drawn)
    covered = Covered(
        order[0].merchant_id,
        order[0].order_number,
        promised=sum(one.allocated for one in order) + picked,
        missing=sum(one.uncovered for one in order) - picked,
    )
    return _cover(covered, now)


def _cover(one: Covered, now: datetime) -> Happening:
    return Happening(
        topic="order.allocated" if one.missing == 0 else "order.backordered",
        merchant_id=one.merchant_id,
        object=one.order_number,
        at=now,
        payload={"allocated": one.promised, "backordered": one.missing},
    )


def _promise(one: Allocation, quantity: int) -> ledger.Promise:
    return ledger.Promise(one.pk, one.demand_id, one.balance_id, quantity)
