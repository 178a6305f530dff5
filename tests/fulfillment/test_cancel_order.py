from datetime import date

import pytest

from fulfillment.errors import AlreadyCancelled, AlreadyShipped
from fulfillment.models import Order
from fulfillment.requests import PackedLine
from fulfillment.services import cancel_order
from tests.builders import World, acting, balance, put
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

EARLY = date(2026, 10, 1)


def cancel(order: Order) -> Order:
    return cancel_order(order_id=order.pk, **acting())


def test_it_offers_its_units_to_the_oldest_backorder(world: World) -> None:
    vitamin = world.lot_product()
    lot = world.stock_lot(vitamin, "EARLY", EARLY, 5, 0)
    first = make_order(world.merchant, line(vitamin, 5))
    second = make_order(world.merchant, line(vitamin, 3))
    third = make_order(world.merchant, line(vitamin, 3))
    assert cancel(first) == first
    assert (promised(first), status(first)) == ([], "cancelled")
    assert promised(second) == [("VITAMIN", "EARLY", "A-01", 3)]
    assert promised(third) == [("VITAMIN", "EARLY", "A-01", 2)]
    here = balance(vitamin, world.bins[0], lot)
    assert (here.on_hand, here.committed) == (5, 5)
    assert topics(first) == ["order.created", "order.allocated", "order.cancelled"]
    assert topics(second) == ["order.created", "order.backordered", "order.allocated"]
    assert topics(third)[-1] == "order.backordered"


def test_an_open_order_is_cancelled(world: World) -> None:
    order = make_open_order(world.merchant, line(world.product("SOAP"), 2))
    cancel(order)
    assert status(order) == "cancelled"
    assert [one.backordered for one in demands(order)] == [0]


def test_a_second_cancel_is_refused(world: World) -> None:
    order = make_order(world.merchant, line(world.product("SOAP"), 2))
    cancel(order)
    before = topics(order)
    with pytest.raises(AlreadyCancelled) as refused:
        cancel(order)
    assert refused.value.code == "already_cancelled"
    assert topics(order) == before


def test_an_order_with_a_unit_shipped_is_refused(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 3)
    order = make_order(world.merchant, line(soap, 3))
    ship(order, PackedLine("SOAP", 1))
    before = topics(order)
    with pytest.raises(AlreadyShipped) as refused:
        cancel(order)
    assert refused.value.code == "already_shipped"
    assert promised(order) == [("SOAP", None, "A-01", 2)]
    assert (status(order), topics(order)) == ("allocated", before)
