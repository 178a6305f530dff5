import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from fulfillment.models import Order
from fulfillment.requests import PackedLine
from fulfillment.services import allocate_order, cancel_order
from fulfillment.status import OrderStatus, status_of
from tests.builders import World, acting, put
from tests.fulfillment.orders import demands, line, make_open_order, make_order, ship, status


def claim(
    quantity: int = 2, shipped: int = 0, allocated: int = 0, **flags: bool
) -> SimpleNamespace:
    facts = {"is_released": True, "is_cancelled": False} | flags
    return SimpleNamespace(quantity=quantity, shipped=shipped, allocated=allocated, **facts)


OPEN = claim(is_released=False)
ALLOCATED = claim(allocated=2)
BACKORDERED = claim(allocated=1)
SHIPPED = claim(shipped=2)
CANCELLED = claim(is_cancelled=True)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([OPEN], "open"),
        ([ALLOCATED], "allocated"),
        ([BACKORDERED], "backordered"),
        ([SHIPPED], "shipped"),
        ([CANCELLED], "cancelled"),
        ([ALLOCATED, BACKORDERED], "backordered"),
        ([SHIPPED, ALLOCATED], "allocated"),
        ([SHIPPED, BACKORDERED], "backordered"),
        ([claim(shipped=1, allocated=1)], "allocated"),
        ([claim(shipped=1)], "backordered"),
    ],
)
def test_the_status_is_read_off_the_demands(claims: list[SimpleNamespace], expected: str) -> None:
    assert status_of(claims) == expected


def test_the_database_says_the_same(world: World) -> None:
    """Two lines, each with no, too little or enough stock, through every act."""
    seen = set()
    for first, second in itertools.product((0, 1, 2), repeat=2):
        for then in (None, "ship", "ship one", "cancel", "open", "open, allocate"):
            seen.add(same_status(world, first, second, then))
    assert seen == {"open", "allocated", "backordered", "shipped", "cancelled"}


def same_status(world: World, first: int, second: int, then: str | None) -> str:
    name = f"{first}{second}{then}"
    products = [world.product(f"{name}-{place}") for place in (1, 2)]
    for product, units in zip(products, (first, second), strict=True):
        if units:
            put(product, world.bins[0], units)
    lines = [line(product, 2) for product in products]
    make = make_open_order if then and then.startswith("open") else make_order
    order = make(world.merchant, *lines)
    if then == "cancel":
        cancel_order(order_id=order.pk, **acting())
    elif then == "open, allocate":
        allocate_order(order_id=order.pk, **acting())
    elif then == "ship" and first + second:
        ship(order)
    elif then == "ship one" and first:
        ship(order, PackedLine(products[0].sku, 1))
    assert status(order) == status_of(demands(order))
    return status(order)


def test_orders_are_filtered_by_status_in_one_query(
    world: World, django_assert_num_queries: Any
) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 2)
    allocated = make_order(world.merchant, line(soap, 2))
    backordered = make_order(world.merchant, line(soap, 2))
    with django_assert_num_queries(1):
        assert list(Order.objects.with_status().filter(status="allocated")) == [allocated]
    assert list(Order.objects.with_status().filter(status="backordered")) == [backordered]


def test_a_list_finds_orders_in_their_status(world: World) -> None:
    first, second = world.product("SOAP"), world.product("TEA")
    put(first, world.bins[0], 9)
    make_open_order(world.merchant, line(first, 1))
    make_order(world.merchant, line(first, 1))
    make_order(world.merchant, line(first, 1), line(second, 1))
    ship(make_order(world.merchant, line(first, 1)))
    ship(make_order(world.merchant, line(first, 2), line(second, 1)))
    cancel_order(order_id=make_order(world.merchant, line(first, 1)).pk, **acting())
    told = {order.pk: order.status for order in Order.objects.with_status()}
    assert sorted(told.values()) == [
        "allocated", "backordered", "backordered", "cancelled", "open", "shipped",
    ]  # fmt: skip
    for one in OrderStatus:
        found = {order.pk for order in Order.objects.in_status(one)}
        assert found == {pk for pk, status in told.items() if status == one}, one


def test_search_finds_number_reference_and_recipient(world: World) -> None:
    soap = world.product("SOAP")
    one = make_order(world.merchant, line(soap, 2), reference="S-A", ship_to={"name": "Ada King"})
    other = make_order(world.merchant, line(soap, 2), reference="T-B")
    for words in ("s-a", "S-A", "ada", one.number, str(one.pk)):
        assert list(Order.objects.search(words)) == [one], words
    assert set(Order.objects.search("-")) == {one, other}
    assert list(Order.objects.search("nobody")) == []
