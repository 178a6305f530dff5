from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from fulfillment.errors import ReferenceTaken, UnknownSku
from fulfillment.models import Order, OrderLine
from fulfillment.requests import LineRequest
from inventory.errors import UnknownLot
from inventory.models import Demand
from merchants.errors import Malformed
from merchants.models import Event
from tests.builders import (
    World,
    house,
    make_bin,
    make_merchant,
    make_product,
    make_warehouse,
    put,
)
from tests.clock import CLOCK
from tests.fulfillment.orders import (
    demands,
    line,
    make_open_order,
    make_order,
    promised,
    status,
    topics,
)

EARLY, LATE = date(2026, 10, 1), date(2027, 3, 1)


def counts() -> tuple[int, int, int, int]:
    return (
        Order.objects.count(),
        OrderLine.objects.count(),
        Demand.objects.count(),
        Event.objects.filter(topic__startswith="order.").count(),
    )


def test_it_takes_the_lot_that_expires_first(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "LATE", LATE, 10, 0)
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    order = make_order(world.merchant, line(vitamin, 6), reference="S-1")
    assert promised(order) == [
        ("VITAMIN", "EARLY", "A-02", 4),
        ("VITAMIN", "LATE", "A-01", 2),
    ]
    assert status(order) == "allocated"
    assert order.number == f"ORD-{order.pk:06d}"
    assert (order.created_by, order.created_at) == (house(), CLOCK.now)
    assert topics(order) == ["order.created", "order.allocated"]


def test_the_lines_keep_their_order_and_what_they_ask_for(world: World) -> None:
    soap, vitamin = world.product("SOAP"), world.lot_product()
    lot = world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    order = make_order(
        world.merchant,
        line(vitamin, 3, lot, single_lot=True, min_shelf_life_days=30),
        line(soap, 2),
        line(vitamin, 1),
        channel="b2b",
        priority=5,
        ship_to={"name": "Ada", "country": "us"},
    )
    assert [one.position for one in order.lines.all()] == [1, 2, 3]
    first, second, third = demands(order)
    assert (first.product, first.quantity, first.lot) == (vitamin, 3, lot)
    assert (first.single_lot, first.min_shelf_life_days) == (True, 30)
    assert (second.product, second.lot, second.single_lot) == (soap, None, False)
    assert (third.quantity, third.min_shelf_life_days) == (1, None)
    for one in (first, second, third):
        assert (one.order_number, one.channel, one.country) == (order.number, "b2b", "US")
        assert (one.priority, one.ordered_at, one.is_released) == (5, CLOCK.now, True)
        assert one.warehouse == world.warehouse


def test_what_is_missing_is_backordered(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    order = make_order(world.merchant, line(vitamin, 6))
    assert [(one.allocated, one.backordered) for one in demands(order)] == [(4, 2)]
    assert status(order) == "backordered"
    assert topics(order) == ["order.created", "order.backordered"]


def test_an_open_order_claims_nothing(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    order = make_open_order(world.merchant, line(vitamin, 6))
    (demand,) = demands(order)
    assert (demand.allocated, demand.backordered, demand.warehouse) == (0, 0, None)
    assert status(order) == "open"
    assert topics(order) == ["order.created"]


def test_a_named_lot_is_never_silently_another(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    late = world.stock_lot(vitamin, "LATE", LATE, 2, 0)
    order = make_order(world.merchant, line(vitamin, 3, late))
    assert promised(order) == [("VITAMIN", "LATE", "A-01", 2)]
    assert status(order) == "backordered"


def test_a_lot_without_a_number_is_named_by_its_expiry(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "", EARLY, 4, 1)
    order = make_order(world.merchant, LineRequest("VITAMIN", 3, expires_on=EARLY))
    assert promised(order) == [("VITAMIN", "", "A-02", 3)]


def test_a_single_lot_covers_the_line_or_none_does(world: World) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    world.stock_lot(vitamin, "LATE", LATE, 6, 0)
    order = make_order(
        world.merchant,
        line(vitamin, 5, single_lot=True),
        line(vitamin, 5, single_lot=True),
    )
    assert promised(order) == [("VITAMIN", "LATE", "A-01", 5)]
    assert [one.allocated for one in demands(order)] == [5, 0]


def test_the_house_chooses_the_warehouse_that_covers_most(world: World) -> None:
    soap = world.product("SOAP")
    east = make_warehouse("EAST")
    assert make_order(world.merchant, line(soap, 1)).lines.get().demand.warehouse == world.warehouse
    put(soap, world.bins[0], 2)
    put(soap, make_bin(east), 5)
    order = make_order(world.merchant, line(soap, 4))
    assert demands(order)[0].warehouse == east
    assert order.warehouse is None


def test_the_named_warehouse_is_kept(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, make_bin(make_warehouse("EAST")), 5)
    order = make_order(world.merchant, line(soap, 4), warehouse=world.warehouse)
    (demand,) = demands(order)
    assert (demand.warehouse, demand.allocated) == (world.warehouse, 0)


def test_references_are_unique_per_merchant(world: World) -> None:
    soap = world.product("SOAP")
    make_order(world.merchant, line(soap, 1), reference="S-1")
    before = counts()
    with pytest.raises(ReferenceTaken) as refused:
        make_order(world.merchant, line(soap, 1), reference="S-1")
    assert refused.value.code == "reference_taken"
    assert counts() == before
    make_order(world.merchant, line(soap, 1))
    make_order(world.merchant, line(soap, 1))
    other = make_merchant("OTHER")
    make_order(other, line(make_product(other, "SOAP"), 1), reference="S-1")


@pytest.mark.parametrize(
    ("wrong", "error", "field", "code"),
    [
        ({"sku": "TYPO"}, UnknownSku, "lines[1].sku", "unknown_sku"),
        ({"sku": "THEIRS"}, UnknownSku, "lines[1].sku", "unknown_sku"),
        ({"lot_number": "TYPO"}, UnknownLot, "lines[1].lot_number", "unknown_lot"),
        ({"expires_on": LATE}, UnknownLot, "lines[1].expires_on", "unknown_lot"),
        (
            {"lot_number": "EARLY", "expires_on": LATE},
            UnknownLot,
            "lines[1].expires_on",
            "unknown_lot",
        ),
        (
            {"lot_number": "UNDATED", "expires_on": LATE},
            UnknownLot,
            "lines[1].expires_on",
            "unknown_lot",
        ),
        ({"quantity": 0}, Malformed, "lines[1].quantity", "min_value"),
        (
            {"min_shelf_life_days": -1},
            Malformed,
            "lines[1].min_shelf_life_days",
            "min_value",
        ),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(
    world: World, wrong: dict[str, Any], error: type[Malformed], field: str, code: str
) -> None:
    vitamin = world.lot_product()
    world.stock_lot(vitamin, "EARLY", EARLY, 4, 1)
    world.stock_lot(vitamin, "UNDATED", None, 4, 2)
    make_product(make_merchant("OTHER"), "THEIRS")
    before = counts()
    bad = LineRequest(**{"sku": "VITAMIN", "quantity": 1} | wrong)
    with pytest.raises(error) as refused:
        make_order(world.merchant, line(vitamin, 1), bad)
    assert [(one["field"], one["code"]) for one in refused.value.errors] == [(field, code)]
    assert refused.value.errors[0]["message"]
    assert counts() == before


def test_another_conflict_is_not_taken_for_the_reference(world: World) -> None:
    broken = line(world.product("SOAP"), 1, single_lot=None)
    for reference in ("", "S-1"):
        with pytest.raises(IntegrityError):
            make_order(world.merchant, broken, reference=reference)
    assert counts() == (0, 0, 0, 0)


def test_an_order_without_lines_is_refused(world: World) -> None:
    with pytest.raises(Malformed) as refused:
        make_order(world.merchant)
    assert refused.value.errors[0]["field"] == "lines"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ship_to": {"country": "Germany"}}, "ship_to"),
        ({"reference": "x" * 65}, "reference"),
        ({"channel": "fax"}, "channel"),
    ],
)
def test_a_field_that_cannot_be_meant_is_refused(
    world: World, fields: dict[str, Any], field: str
) -> None:
    before = counts()
    with pytest.raises(Malformed) as refused:
        make_order(world.merchant, line(world.product("SOAP"), 1), **fields)
    assert refused.value.errors[0]["field"] == field
    assert counts() == before


def test_statements_do_not_grow_with_lines(world: World) -> None:
    products = [world.lot_product(f"V-{place}") for place in range(9)]
    for place, product in enumerate(products):
        world.stock_lot(product, "EARLY", EARLY, 10, place)
    nine = [line(product, 2) for product in products]
    with CaptureQueriesContext(connection) as for_three:
        make_order(world.merchant, *nine[:3], reference="S-1")
    with CaptureQueriesContext(connection) as for_nine:
        make_order(world.merchant, *nine, reference="S-2")
    assert len(for_nine) == len(for_three) <= 22
