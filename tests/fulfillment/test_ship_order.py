from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfillment.errors import (
    AlreadyCancelled,
    AlreadyShipped,
    LotMismatch,
    LotNotAllocatable,
    MoreThanAllocated,
    NothingAllocated,
    UnknownSku,
)
from fulfillment.models import Order, Shipment
from fulfillment.requests import PackedLine
from fulfillment.services import cancel_order
from inventory.errors import UnknownLot
from inventory.models import Lot, Movement, Posting, Product
from inventory.services.holds import place_hold
from inventory.services.places import update_location
from inventory.services.products import update_product
from inventory.services.settings import update_lot_tracking
from merchants.errors import DomainError, Malformed
from merchants.models import Event
from tests.builders import World, acting, balance, house, make_merchant, make_product, put
from tests.clock import CLOCK, Clock
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


@pytest.fixture
def vitamin(world: World) -> Product:
    """4 units of EARLY in A-01, 10 of LATE in A-02."""
    product = world.lot_product()
    world.stock_lot(product, "EARLY", EARLY, 4, 0)
    world.stock_lot(product, "LATE", LATE, 10, 1)
    return product


@pytest.fixture
def order(world: World, vitamin: Product) -> Order:
    """4 of EARLY and 2 of LATE are promised."""
    return make_order(world.merchant, line(vitamin, 6), reference="S-1")


def test_what_stands_where_nobody_picks_any_more_still_leaves(order: Order, world: World) -> None:
    """It is blocked, but not for a reason that stops what is promised."""
    update_location(location_id=world.bins[0].pk, fields={"pickable": False}, **acting())
    ship(order)
    assert status(order) == "shipped"


def lot(product: Product, number: str) -> Lot:
    return product.lots.get(number=number)


def left(posting: Posting) -> list[tuple[str | None, str, str, int]]:
    rows = posting.movements.order_by("id").select_related("source__lot", "target__location")
    return [
        (
            one.source.lot.number if one.source.lot else None,
            one.source.location.name,
            one.target.location.name,
            one.quantity,
        )
        for one in rows
    ]


def refuse(order: Order, error: type[DomainError], *lines: PackedLine) -> Any:
    """The shipment is refused, and nothing changes."""
    before = (promised(order), topics(order), Movement.objects.count(), Shipment.objects.count())
    with pytest.raises(error) as refused:
        ship(order, *lines)
    after = (promised(order), topics(order), Movement.objects.count(), Shipment.objects.count())
    assert after == before
    return refused.value


def test_it_ships_what_is_allocated_and_records_every_lot(
    world: World, vitamin: Product, order: Order
) -> None:
    shipment = ship(order, tracking_number="1Z")
    assert left(shipment.posting) == [
        ("EARLY", "A-01", "CUSTOMER", 4),
        ("LATE", "A-02", "CUSTOMER", 2),
    ]
    posting = shipment.posting
    assert (posting.kind, posting.reference, posting.actor) == ("ship", order.number, house())
    assert (shipment.tracking_number, shipment.shipped_at) == ("1Z", CLOCK.now)
    (demand,) = demands(order)
    assert (demand.shipped, demand.allocated) == (6, 0)
    assert (status(order), promised(order)) == ("shipped", [])
    customer = world.place("CUSTOMER")
    assert balance(vitamin, customer, lot(vitamin, "EARLY")).on_hand == 4
    here = balance(vitamin, world.bins[1], lot(vitamin, "LATE"))
    assert (here.on_hand, here.committed) == (8, 0)


def test_lines_and_shipments_are_called_by_what_people_know(order: Order) -> None:
    assert [str(one) for one in order.lines.all()] == ["Line 1"]
    some = ship(order, PackedLine("VITAMIN", 1))
    rest = ship(order, tracking_number="1Z")
    assert [str(some), str(rest), str(order)] == [f"Shipment {some.pk}", "1Z", order.number]


def test_the_event_names_the_lots(order: Order) -> None:
    ship(order, tracking_number="1Z")
    event = Event.objects.get(topic="order.shipped")
    assert (event.object, event.merchant) == (order.number, order.merchant)
    assert event.payload == {
        "reference": "S-1",
        "tracking_number": "1Z",
        "lines": [
            {"sku": "VITAMIN", "lot_number": "EARLY", "expires_on": "2026-10-01", "quantity": 4},
            {"sku": "VITAMIN", "lot_number": "LATE", "expires_on": "2027-03-01", "quantity": 2},
        ],
    }


def test_what_is_not_shipped_stays_allocated(order: Order) -> None:
    ship(order, PackedLine("VITAMIN", 3, "EARLY"), PackedLine("VITAMIN", 1, "LATE"))
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 1), ("VITAMIN", "LATE", "A-02", 1)]
    assert status(order) == "allocated"
    ship(order)
    assert status(order) == "shipped"
    assert order.shipments.count() == 2


def test_what_is_backordered_stays_backordered(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 16))
    ship(order)
    (demand,) = demands(order)
    assert (demand.shipped, demand.backordered) == (14, 2)
    assert status(order) == "backordered"
    put(vitamin, world.bins[0], 5, lot(vitamin, "EARLY"))
    ship(order)
    assert status(order) == "shipped"


def test_a_line_without_a_lot_takes_them_in_rotation(order: Order) -> None:
    ship(order, PackedLine("VITAMIN", 5))
    assert promised(order) == [("VITAMIN", "LATE", "A-02", 1)]


def test_a_named_lot_is_kept_from_the_lines_without_one(order: Order) -> None:
    shipment = ship(order, PackedLine("VITAMIN", 2), PackedLine("VITAMIN", 3, "EARLY"))
    assert left(shipment.posting) == [
        ("EARLY", "A-01", "CUSTOMER", 3),
        ("EARLY", "A-01", "CUSTOMER", 1),
        ("LATE", "A-02", "CUSTOMER", 1),
    ]
    assert promised(order) == [("VITAMIN", "LATE", "A-02", 1)]


def test_two_lines_of_a_product_ship_together(world: World, vitamin: Product) -> None:
    late = lot(vitamin, "LATE")
    order = make_order(world.merchant, line(vitamin, 2), line(vitamin, 3, late))
    ship(order, PackedLine("VITAMIN", 3, "LATE"), PackedLine("VITAMIN", 1, "EARLY"))
    assert [one.shipped for one in demands(order)] == [1, 3]


def test_a_lot_that_is_not_allocated_is_refused(
    world: World, vitamin: Product, order: Order
) -> None:
    world.stock_lot(vitamin, "OTHER", LATE, 5, 2)
    refused = refuse(order, LotMismatch, PackedLine("VITAMIN", 1, "OTHER"))
    assert refused.code == "lot_mismatch"
    assert refused.message == (
        "VITAMIN: packed 1 of lot OTHER; allocated 4 of lot EARLY, 2 of lot LATE."
    )


def test_more_of_a_lot_than_is_allocated_is_refused(order: Order) -> None:
    refuse(order, LotMismatch, PackedLine("VITAMIN", 5, "EARLY"))
    refused = refuse(order, MoreThanAllocated, PackedLine("VITAMIN", 7))
    assert (refused.code, refused.requested, refused.allocated) == ("more_than_allocated", 7, 6)


def test_a_product_that_is_not_ordered_is_refused(world: World, order: Order) -> None:
    put(world.product("SOAP"), world.bins[4], 5)
    refused = refuse(order, NothingAllocated, PackedLine("SOAP", 1))
    assert refused.code == "nothing_allocated"


def test_nothing_allocated_is_refused(world: World) -> None:
    soap = world.product("SOAP")
    refuse(make_order(world.merchant, line(soap, 1)), NothingAllocated)
    refuse(make_open_order(world.merchant, line(soap, 1)), NothingAllocated)


def test_a_shipped_order_is_refused(order: Order) -> None:
    ship(order)
    assert refuse(order, AlreadyShipped).code == "already_shipped"
    refuse(order, AlreadyShipped, PackedLine("VITAMIN", 1, "EARLY"))


def test_a_cancelled_order_is_refused(order: Order) -> None:
    cancel_order(order_id=order.pk, **acting())
    refuse(order, AlreadyCancelled)


def test_the_last_good_day_still_ships(order: Order, clock: Clock) -> None:
    clock.set(datetime(2026, 10, 2, 4, 59, tzinfo=UTC))  # 23:59 on the day before in Chicago
    ship(order)
    assert status(order) == "shipped"


def test_units_that_expired_since_are_refused(order: Order, clock: Clock) -> None:
    clock.set(datetime(2026, 10, 2, 5, 0, tzinfo=UTC))  # midnight in Chicago
    refused = refuse(order, LotNotAllocatable)
    assert refused.code == "lot_not_allocatable"
    assert refused.reason == "expired"
    assert refused.message == (
        "Lot EARLY of VITAMIN may not leave (expired 2026-10-01): allocate the order again."
    )
    ship(order, PackedLine("VITAMIN", 2, "LATE"))
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 4)]


def test_a_minimum_set_later_takes_no_promise_back(vitamin: Product, order: Order) -> None:
    update_product(product_id=vitamin.pk, fields={"min_shelf_life_days": 400}, **acting())
    ship(order)
    assert status(order) == "shipped"


@pytest.mark.parametrize(
    ("wrong", "error", "field"),
    [
        (PackedLine("TYPO", 1), UnknownSku, "lines[0].sku"),
        (PackedLine("THEIRS", 1), UnknownSku, "lines[0].sku"),
        (PackedLine("VITAMIN", 1, "TYPO"), UnknownLot, "lines[0].lot_number"),
        (PackedLine("VITAMIN", 1, "EARLY", LATE), UnknownLot, "lines[0].expires_on"),
        (PackedLine("VITAMIN", -1, "EARLY"), Malformed, "lines[0].quantity"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(
    order: Order, wrong: PackedLine, error: type[Malformed], field: str
) -> None:
    make_product(make_merchant("OTHER"), "THEIRS")
    assert refuse(order, error, wrong).errors[0]["field"] == field


def test_verified_lots_must_be_named(world: World, vitamin: Product, order: Order) -> None:
    verify(world)
    refused = refuse(order, LotMismatch)
    assert refused.message == (
        "The lot of every unit is to be verified at packing: name the lot of VITAMIN "
        "(lot EARLY is allocated)."
    )
    refuse(order, LotMismatch, PackedLine("VITAMIN", 1))
    ship(order, PackedLine("VITAMIN", 4, "EARLY", EARLY), PackedLine("VITAMIN", 2, "LATE"))
    assert status(order) == "shipped"


def test_verified_lots_ask_nothing_of_units_without_one(world: World) -> None:
    verify(world)
    soap = world.product("SOAP")
    put(soap, world.bins[4], 5)
    order = make_order(world.merchant, line(soap, 3))
    ship(order, PackedLine("SOAP", 1))
    ship(order)
    assert status(order) == "shipped"


def verify(world: World) -> None:
    update_lot_tracking(merchant_id=world.merchant.pk, fields={"verify_lot": True}, **acting())


def test_the_rest_of_a_single_lot_line_stays_with_its_lot(world: World) -> None:
    product = world.lot_product()
    first = world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    world.stock_lot(product, "B", date(2027, 2, 1), 5, 1)
    order = make_order(world.merchant, line(product, 5, single_lot=True))
    ship(order, PackedLine(product.sku, 2, "A"))
    place_hold(target=first, reason="recall", **acting())
    demand = order.lines.get().demand
    assert (demand.shipped, demand.allocated, demand.lot) == (2, 0, first)


def test_many_single_lot_lines_are_tied_in_one_statement(world: World) -> None:
    """Each to its own lot; a line that was served without one is tied to none."""
    needed = []
    for many in (1, 4):
        products = [world.lot_product(f"SINGLE-{many}-{n}") for n in range(many)]
        for product in products:
            world.stock_lot(product, "EARLY", EARLY, 3, 0)
        soap = make_product(world.merchant, f"SOAP-{many}")
        put(soap, world.bins[0], 3)
        wished = [line(one, 3, single_lot=True) for one in (*products, soap)]
        made = make_order(world.merchant, *wished)
        packed = [PackedLine(one.sku, 1) for one in (*products, soap)]
        with CaptureQueriesContext(connection) as statements:
            ship(made, *packed)
        needed.append(len(statements))
        assert [one.lot for one in demands(made)] == [*(one.lots.get() for one in products), None]
    assert needed[0] == needed[1]
