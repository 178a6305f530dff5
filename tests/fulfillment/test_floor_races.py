"""Units kept, swapped or missed while others want them, on PostgreSQL.

Each race is seen with the locks off first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from fulfillment.models import LotSwap, Shipment
from fulfillment.requests import Find, LineRequest, OrderRequest, PackedLine, Swap
from fulfillment.services import create_order, ship_order, short_pick, swap_and_ship, swap_lot
from inventory.errors import InsufficientStock, SetAsideEnded
from inventory.locks import lock_products
from inventory.models import Balance, Demand, Product, SetAside
from inventory.queries.audit import differences
from inventory.services.set_asides import Wish, end_set_aside, set_aside
from tests.builders import World, acting, make_world, put
from tests.clock import CLOCK
from tests.fulfillment.orders import line, make_order
from tests.fulfillment.test_races import CLIENTS, at_once, refused_without_locks
from tests.merchants.races import Thread, until_one_waits
from tests.races.clients import Act

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ROUNDS = 20
numbers = count(1)


@pytest.fixture
def world() -> World:
    return make_world()


def soap_of(world: World, units: int) -> Product:
    """A product of its own with so many units in A-01."""
    soap = world.product(f"SOAP-{next(numbers)}")
    put(soap, world.bins[0], units)
    return soap


def keep(world: World, soap: Product, units: int) -> Callable[[], SetAside]:
    wish = Wish(soap, units, world.warehouse, "Fair", channel="b2b")
    return partial(set_aside, wish=wish, **acting())


def order(world: World, soap: Product, units: int) -> Callable[[], Any]:
    request = OrderRequest(world.merchant, [LineRequest(soap.sku, units)])
    return partial(create_order, request=request, **acting())


def keep_and_buy(world: World) -> list[Act]:
    """Both want the only two units, for a set-aside or for an order."""
    soap = soap_of(world, 2)
    return [keep(world, soap, 2), order(world, soap, 2)]


def ship_and_miss(world: World) -> list[Act]:
    """Units are shipped by one and missed by another."""
    soap = soap_of(world, 5)
    made = make_order(world.merchant, line(soap, 5))
    find = Find(soap.pk, None, world.bins[0].pk, 2)
    who = {"order_id": made.pk, **acting()}
    return [partial(ship_order, **who), partial(short_pick, find=find, **who)]


@pytest.mark.parametrize("two", [keep_and_buy, ship_and_miss])
def test_without_locks_the_database_has_to_refuse(world: World, two: Any) -> None:
    """The negative control: who is second decided on what is no longer so."""
    assert refused_without_locks(world, two(world)) == [IntegrityError]


def test_units_are_kept_or_promised_once(world: World) -> None:
    for _ in range(ROUNDS):
        got = at_once(*keep_and_buy(world) * (CLIENTS // 2))
        assert IntegrityError not in got
        soap = Product.objects.order_by("-id")[0]
        assert Balance.objects.get(product=soap, location=world.bins[0]).committed == 2
        kept = SetAside.objects.filter(product=soap).count()
        assert got.count(InsufficientStock) == CLIENTS // 2 - kept
    assert list(differences()) == []


def test_units_are_shipped_or_missed(world: World) -> None:
    for _ in range(ROUNDS):
        assert IntegrityError not in at_once(*ship_and_miss(world) * (CLIENTS // 2))
        demand = Demand.objects.order_by("-id")[0]
        left = Shipment.objects.get(order=demand.order_line.order)
        assert sum(one.quantity for one in left.posting.movements.all()) == demand.shipped
        assert demand.shipped in (2, 5)
    assert list(differences()) == []


def test_a_set_aside_ends_once(world: World) -> None:
    soap = soap_of(world, 5)
    made = keep(world, soap, 5)()
    waiting = make_order(world.merchant, line(soap, 3))
    got = at_once(*[partial(end_set_aside, set_aside_id=made.pk, **acting())] * CLIENTS)
    assert got.count(SetAsideEnded) == CLIENTS - 1
    assert waiting.lines.get().demand.allocated == 3


def test_the_lot_in_hand_is_swapped_for_as_often_as_it_is_free(world: World) -> None:
    vitamin = world.lot_product()
    early = world.stock_lot(vitamin, "EARLY", CLOCK.now.date().replace(year=2027), 8, 0)
    late = world.stock_lot(vitamin, "LATE", CLOCK.now.date().replace(year=2028), 5, 1)
    orders = [make_order(world.merchant, line(vitamin, 2)) for _ in range(4)]
    swaps = []
    for one in orders:
        wish = Swap(one.lines.get().pk, early.pk, late.pk, 2, "In hand")
        swaps.append(partial(swap_lot, order_id=one.pk, swap=wish, **acting()))
    got = at_once(*swaps)
    assert got.count(InsufficientStock) == 2
    assert LotSwap.objects.count() == 2
    assert Balance.objects.get(lot=late, location=world.bins[1]).committed == 4
    assert list(differences()) == []


def test_swaps_of_several_products_lock_them_in_their_order(world: World) -> None:
    """Somebody has the first product and wants the last, which is swapped first."""
    first, last = (world.lot_product(sku) for sku in ("FIRST", "LAST"))
    lots = [
        (
            world.stock_lot(one, "EARLY", date(2027, 1, 1), 5, place),
            world.stock_lot(one, "LATE", date(2027, 6, 1), 5, place + 1),
        )
        for place, one in ((0, first), (2, last))
    ]
    made = make_order(world.merchant, line(first, 5), line(last, 5))
    rows = list(made.lines.order_by("-position"))
    swaps = [
        Swap(row.pk, early.pk, late.pk, 5, "In hand")
        for row, (early, late) in zip(rows, reversed(lots), strict=True)
    ]
    packed = [PackedLine(one.sku, 5, "LATE") for one in (first, last)]

    def swap_once() -> Shipment:
        with transaction.atomic():  # within another act it is not tried again
            return swap_and_ship(order_id=made.pk, swaps=swaps, lines=packed, **acting())

    with Thread() as other, transaction.atomic():
        lock_products([first.pk])
        waiting = other.submit(swap_once)
        until_one_waits()
        lock_products([last.pk])
    assert waiting.result().posting.movements.count() == 2
