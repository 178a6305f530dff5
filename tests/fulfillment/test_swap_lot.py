"""Another lot at packing: the promise moves to the lot in hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fulfillment.models import LotSwap, Order
from fulfillment.packing import Promised, Reading, offered_swaps
from fulfillment.requests import PackedLine, Swap
from fulfillment.services import swap_and_ship, swap_lot
from inventory.models import Lot, Product
from inventory.services.holds import place_hold
from inventory.services.lots import update_lot
from inventory.services.set_asides import Wish, set_aside
from inventory.services.settings import update_lot_tracking
from merchants.models import Event
from tests.builders import World, acting, house, make_lot, make_merchant, put
from tests.clock import CLOCK
from tests.fulfillment.orders import line, make_open_order, make_order, promised, ship
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def vitamin(world: World) -> Product:
    """EARLY has 10 units in A-01, LATE 10 in A-02."""
    product = world.lot_product()
    world.stock_lot(product, "EARLY", date(2026, 10, 1), 10, 0)
    world.stock_lot(product, "LATE", date(2027, 3, 1), 10, 1)
    return product


def lot(product: Product, number: str) -> Lot:
    return Lot.objects.get(product=product, number=number)


def swap(order: Order, product: Product, quantity: int, **changes: Any) -> LotSwap:
    """EARLY for LATE, unless said otherwise."""
    fields = {
        "line_id": order.lines.get().pk,
        "source_lot_id": lot(product, "EARLY").pk,
        "target_lot_id": lot(product, "LATE").pk,
        "quantity": quantity,
        "reason": "EARLY stands behind LATE",
    }
    return swap_lot(order_id=order.pk, swap=Swap(**fields | changes), **acting())


def test_it_works(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6), reference="S-1")
    waiting = make_order(world.merchant, line(vitamin, 6, lot(vitamin, "EARLY")))
    assert promised(waiting) == [("VITAMIN", "EARLY", "A-01", 4)]
    made = swap(order, vitamin, 6)
    assert promised(order) == [("VITAMIN", "LATE", "A-02", 6)]
    assert promised(waiting) == [("VITAMIN", "EARLY", "A-01", 6)]
    assert (made.merchant, made.line, made.product) == (
        world.merchant,
        order.lines.get(),
        vitamin,
    )
    assert (made.source, made.target) == (lot(vitamin, "EARLY"), lot(vitamin, "LATE"))
    assert (made.quantity, made.reason) == (6, "EARLY stands behind LATE")
    assert (made.swapped_at, made.swapped_by) == (CLOCK.now, house())
    event = Event.objects.get(topic="order.lot_swapped")
    assert (event.object, event.merchant) == (order.number, world.merchant)
    assert event.payload == {
        "reference": "S-1",
        "sku": "VITAMIN",
        "source": {"lot_number": "EARLY", "expires_on": "2026-10-01"},
        "target": {"lot_number": "LATE", "expires_on": "2027-03-01"},
        "quantity": 6,
        "reason": "EARLY stands behind LATE",
    }


def test_part_of_what_is_promised(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    swap(order, vitamin, 2)
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 4), ("VITAMIN", "LATE", "A-02", 2)]


def test_of_several_bins_the_last_in_rotation_is_let_go_first(
    world: World, vitamin: Product
) -> None:
    early = lot(vitamin, "EARLY")
    put(vitamin, world.bins[4], 3, early)  # fewer units: picked before A-01
    order = make_order(world.merchant, line(vitamin, 5))
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 2), ("VITAMIN", "EARLY", "A-05", 3)]
    swap(order, vitamin, 3)
    assert promised(order) == [
        ("VITAMIN", "EARLY", "A-01", 2),
        ("VITAMIN", "LATE", "A-02", 3),
    ]


def test_units_without_a_lot_become_those_of_a_lot(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[0], 5)
    found = make_lot(soap, "FOUND", date(2026, 12, 1))
    order = make_order(world.merchant, line(soap, 5))
    put(soap, world.bins[1], 5, found)
    made = swap_lot(
        order_id=order.pk,
        swap=Swap(order.lines.get().pk, None, found.pk, 5, "Labelled"),
        **acting(),
    )
    assert promised(order) == [("SOAP", "FOUND", "A-02", 5)]
    assert made.source is None
    event = Event.objects.get(topic="order.lot_swapped")
    assert event.payload["source"] == {"lot_number": None, "expires_on": None}


# Refused ------------------------------------------------------------------------------------------


def test_a_line_that_names_its_lot_never_swaps(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6, lot(vitamin, "EARLY")))
    with refused("lot_mismatch"):
        swap(order, vitamin, 6)


def test_a_line_from_a_single_lot_swaps_as_a_whole(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6, single_lot=True))
    with refused("lot_mismatch") as error:
        swap(order, vitamin, 5)
    assert "swap all of its 6 units" in str(error.value)
    swap(order, vitamin, 6)
    assert promised(order) == [("VITAMIN", "LATE", "A-02", 6)]


def test_nothing_of_that_lot_is_promised(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    early, late = lot(vitamin, "EARLY").pk, lot(vitamin, "LATE").pk
    with refused("lot_mismatch"):
        swap(order, vitamin, 1, source_lot_id=late, target_lot_id=early)
    waiting = make_open_order(world.merchant, line(vitamin, 1))
    with refused("lot_mismatch"):
        swap(waiting, vitamin, 1)
    with refused("more_than_allocated") as error:
        swap(order, vitamin, 7)
    assert (error.value.requested, error.value.allocated) == (7, 6)


def test_too_few_units_are_free(world: World, vitamin: Product) -> None:
    """Whatever keeps other lots from going there."""
    world.stock_lot(vitamin, "OLD", date(2026, 5, 1), 5, 5)
    make_order(world.merchant, line(vitamin, 7, lot(vitamin, "LATE")))
    order = make_order(world.merchant, line(vitamin, 6))
    with refused("insufficient_stock") as error:
        swap(order, vitamin, 4)
    assert (error.value.requested, error.value.available) == (4, 3)
    whole = make_order(world.merchant, line(vitamin, 4, single_lot=True))
    with refused("insufficient_stock"):
        swap(whole, vitamin, 4)
    none = make_lot(vitamin, "NONE", date(2027, 4, 1))
    with refused("insufficient_stock"):
        swap(order, vitamin, 1, target_lot_id=none.pk)


def test_a_lot_that_may_not_go_to_the_order(world: World, vitamin: Product) -> None:
    late = lot(vitamin, "LATE")
    order = make_order(world.merchant, line(vitamin, 6), ship_to={"country": "US"})
    update_lot(lot_id=late.pk, fields={"only_countries": "DE"}, **acting())
    with refused("lot_not_allocatable") as error:
        swap(order, vitamin, 6)
    assert (error.value.reason, error.value.lot_id) == ("restricted", late.pk)
    update_lot(lot_id=late.pk, fields={"only_countries": ""}, **acting())
    hold = place_hold(target=late, reason="Recall.", **acting())  # people end what they write
    with refused("lot_not_allocatable") as error:
        swap(order, vitamin, 6)
    assert error.value.reason == "hold"
    assert str(error.value) == ("Lot LATE of VITAMIN may not go to this order: on hold: Recall.")
    assert hold.released_at is None


def test_a_lot_below_the_lines_or_the_channels_minimum(world: World, vitamin: Product) -> None:
    short = world.stock_lot(vitamin, "SHORT", date(2026, 7, 1), 5, 2)  # 30 days
    for asked, wanted in (({"min_shelf_life_days": 31}, {}), ({}, {"channel": "b2b"})):
        fields = {"b2b_min_shelf_life_days": 31}
        update_lot_tracking(merchant_id=world.merchant.pk, fields=fields, **acting())
        order = make_order(world.merchant, line(vitamin, 2, **asked), **wanted)
        with refused("lot_not_allocatable") as error:
            swap(order, vitamin, 2, target_lot_id=short.pk)
        assert error.value.reason == "short_dated"
    update_lot_tracking(
        merchant_id=world.merchant.pk, fields={"b2b_min_shelf_life_days": 30}, **acting()
    )
    swap(order, vitamin, 2, target_lot_id=short.pk)
    assert promised(order) == [("VITAMIN", "SHORT", "A-03", 2)]


def test_what_is_set_aside_goes_to_whom_it_is_kept_for(world: World, vitamin: Product) -> None:
    late = lot(vitamin, "LATE")
    wish = Wish(vitamin, 10, world.warehouse, "Fair", lot=late, channel="b2b")
    order = make_order(world.merchant, line(vitamin, 2))
    theirs = make_order(world.merchant, line(vitamin, 2), channel="b2b")
    kept = set_aside(wish=wish, **acting())
    with refused("insufficient_stock"):
        swap(order, vitamin, 2)
    swap(theirs, vitamin, 2)
    kept.demand.refresh_from_db()
    assert promised(theirs) == [("VITAMIN", "LATE", "A-02", 2)]
    assert (kept.demand.allocated, kept.demand.shipped) == (8, 2)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"quantity": 0}, "min_value", "quantity"),
        ({"reason": "  "}, "required", "reason"),
    ],
)
def test_what_cannot_be_meant(
    world: World, vitamin: Product, changes: dict[str, Any], code: str, field: str
) -> None:
    order = make_order(world.merchant, line(vitamin, 2))
    with refused(code) as error:
        swap(order, vitamin, **{"quantity": 1, **changes})
    assert [one["field"] for one in error.value.errors] == [field]


def test_the_same_lot_another_products_lot_and_another_orders_line(
    world: World, vitamin: Product
) -> None:
    order = make_order(world.merchant, line(vitamin, 2))
    other = make_order(world.merchant, line(vitamin, 2))
    foreign = make_lot(world.lot_product("OTHER"), "LATE", date(2027, 3, 1))
    with refused("same_lot"):
        swap(order, vitamin, 1, target_lot_id=lot(vitamin, "EARLY").pk)
    with refused("unknown_lot"):
        swap(order, vitamin, 1, target_lot_id=foreign.pk)
    with refused("not_found"):
        swap(order, vitamin, 1, line_id=other.lines.get().pk)


def test_a_shipped_order_has_nothing_to_swap(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 2))
    ship(order)
    with refused("lot_mismatch"):
        swap(order, vitamin, 1)


# Swapped and shipped ------------------------------------------------------------------------------


def test_swapped_and_shipped_together(world: World, vitamin: Product) -> None:
    update_lot_tracking(merchant_id=world.merchant.pk, fields={"verify_lot": True}, **acting())
    order = make_order(world.merchant, line(vitamin, 6))
    packed = [PackedLine("VITAMIN", 4, "EARLY"), PackedLine("VITAMIN", 2, "LATE")]
    with refused("lot_mismatch"):
        ship(order, *packed)
    early, late = lot(vitamin, "EARLY").pk, lot(vitamin, "LATE").pk
    wish = Swap(order.lines.get().pk, early, late, 2, "Box was open")
    shipment = swap_and_ship(
        order_id=order.pk, swaps=[wish], lines=packed, tracking_number="1Z", **acting()
    )
    left = {one.source.lot.number: one.quantity for one in shipment.posting.movements.all()}
    assert left == {"EARLY": 4, "LATE": 2}
    assert shipment.tracking_number == "1Z"


def test_where_shipping_is_refused_nothing_is_swapped(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    early, late = lot(vitamin, "EARLY").pk, lot(vitamin, "LATE").pk
    wish = Swap(order.lines.get().pk, early, late, 2, "Box was open")
    with refused("more_than_allocated"):
        swap_and_ship(
            order_id=order.pk, swaps=[wish], lines=[PackedLine("VITAMIN", 3, "LATE"), PackedLine(
                "VITAMIN", 5, "EARLY")], **acting(),
        )  # fmt: skip


# What is offered ----------------------------------------------------------------------------------


def reading(promised_lot: int | None, read: int | None, quantity: int, **fields: Any) -> Reading:
    """Five units of a lot are promised; lots are called by their ids."""
    was = Promised(1, "VITAMIN", promised_lot, str(promised_lot or ""), 5)
    return Reading(was, 1, fields.get("may_swap", True), read, str(read or ""), quantity)


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([reading(1, 1, 5)], []),
        ([reading(1, 2, 5)], [5]),
        ([reading(1, 2, 3)], [3]),
        ([reading(1, None, 5)], []),
        ([reading(None, 2, 5)], [5]),
        ([reading(1, 2, 5, may_swap=False)], []),
        ([reading(1, 2, 5), reading(2, 1, 5)], []),  # the rows are mixed up, the lots are right
        ([reading(1, 2, 5), reading(2, 2, 4)], [4]),
        ([reading(1, 3, 5), reading(2, 3, 5)], [5, 5]),
    ],
)
def test_swaps_are_offered_for_what_is_packed_beyond_the_promises(
    readings: list[Reading], expected: list[int]
) -> None:
    assert [offer.quantity for offer in offered_swaps(readings)] == expected


def test_another_merchants_lot_is_unknown(world: World, vitamin: Product) -> None:
    other = make_merchant("OTHER")
    foreign = make_lot(
        World(world.warehouse, other, world.bins).lot_product(), "LATE", date(2027, 3, 1)
    )
    order = make_order(world.merchant, line(vitamin, 2))
    with refused("unknown_lot"):
        swap(order, vitamin, 1, target_lot_id=foreign.pk)
