from datetime import date

import pytest

from fulfillment.errors import AlreadyCancelled, AlreadyShipped
from fulfillment.models import Order
from fulfillment.services import allocate_order, cancel_order
from merchants.errors import NotFound
from tests.builders import World, acting, make_bin, make_warehouse, put
from tests.clock import Clock
from tests.fulfillment.orders import (
    demands,
    line,
    make_open_order,
    make_order,
    promised,
    ship,
    status,
    topics,
)

EARLY, LATE = date(2026, 10, 1), date(2027, 3, 1)


def allocate(order: Order) -> Order:
    return allocate_order(order_id=order.pk, **acting())


def test_it_releases_an_open_order(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    order = make_open_order(world.merchant, line(vitamin, 3))
    assert allocate(order) == order
    assert promised(order) == [("VITAMIN", "EARLY", "A-02", 3)]
    assert status(order) == "allocated"
    assert topics(order) == ["order.created", "order.allocated"]


def test_the_warehouse_is_chosen_again_while_nothing_is_promised(world: World) -> None:
    soap = world.product("SOAP")
    order = make_order(world.merchant, line(soap, 3))
    assert demands(order)[0].warehouse == world.warehouse
    east = make_warehouse("EAST")
    put(soap, make_bin(east), 5)
    assert status(order) == "backordered"
    allocate(order)
    (demand,) = demands(order)
    assert (demand.warehouse, demand.allocated) == (east, 3)


def test_the_warehouse_stays_once_a_unit_is_promised(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 1)
    order = make_order(world.merchant, line(soap, 3))
    put(soap, make_bin(make_warehouse("EAST")), 5)
    allocate(order)
    (demand,) = demands(order)
    assert (demand.warehouse, demand.allocated) == (world.warehouse, 1)


def test_the_warehouse_stays_once_a_unit_is_shipped(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 1)
    order = make_order(world.merchant, line(soap, 3))
    ship(order)
    put(soap, make_bin(make_warehouse("EAST")), 5)
    allocate(order)
    (demand,) = demands(order)
    assert (demand.warehouse, demand.allocated, demand.shipped) == (world.warehouse, 0, 1)


def test_the_named_warehouse_is_never_changed(world: World) -> None:
    soap = world.product("SOAP")
    order = make_open_order(world.merchant, line(soap, 3), warehouse=world.warehouse)
    put(soap, make_bin(make_warehouse("EAST")), 5)
    allocate(order)
    (demand,) = demands(order)
    assert (demand.warehouse, demand.backordered) == (world.warehouse, 3)


def test_promises_of_expired_units_are_replaced(world: World, clock: Clock) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    world.stock_lot(vitamin, "LATE", LATE, 4, 0)
    order = make_order(world.merchant, line(vitamin, 3))
    clock.advance(days=200)
    allocate(order)
    assert promised(order) == [("VITAMIN", "LATE", "A-01", 3)]


def test_an_allocated_order_stays_as_it_is(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "LATE", LATE, 4, 1)
    order = make_order(world.merchant, line(vitamin, 3))
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 0)
    allocate(order)
    assert promised(order) == [("VITAMIN", "LATE", "A-02", 3)]
    assert topics(order) == ["order.created", "order.allocated"]


def test_a_shipped_order_is_refused(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 3)
    order = make_order(world.merchant, line(soap, 3))
    ship(order)
    before = topics(order)
    with pytest.raises(AlreadyShipped):
        allocate(order)
    assert topics(order) == before


def test_a_cancelled_order_is_refused(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 3)
    order = make_order(world.merchant, line(soap, 3))
    cancel_order(order_id=order.pk, **acting())
    with pytest.raises(AlreadyCancelled):
        allocate(order)
    assert promised(order) == []


def test_an_unknown_order_is_refused(world: World) -> None:
    with pytest.raises(NotFound):
        allocate_order(order_id=7, **acting())
