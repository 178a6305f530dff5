"""Units that the books promise and the picker did not find."""

from __future__ import annotations

from datetime import date

import pytest

from fulfillment.models import Order
from fulfillment.requests import Find
from fulfillment.services import short_pick
from inventory.models import CaseSource, Lot, Posting, PostingKind, Product, QuarantineCase
from inventory.queries.places import todays
from inventory.queries.status import inventory_by_product
from inventory.services.quarantine import (
    Decision,
    dispose_case,
    release_case,
    return_case_to_merchant,
)
from inventory.services.set_asides import Wish, set_aside
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    balance,
    house,
    make_warehouse,
    place,
    put,
    stands,
)
from tests.clock import CLOCK
from tests.fulfillment.orders import line, make_order, promised, ship, status, topics
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


@pytest.fixture
def vitamin(world: World) -> Product:
    """EARLY has 10 units in A-01, LATE 10 in A-02."""
    product = world.lot_product()
    world.stock_lot(product, "EARLY", date(2026, 10, 1), 10, 0)
    world.stock_lot(product, "LATE", date(2027, 3, 1), 10, 1)
    return product


def lot(product: Product, number: str = "EARLY") -> Lot:
    return Lot.objects.get(product=product, number=number)


def find(
    order: Order, product: Product, world: World, found: int, of: Lot | None = None, bin: int = 0
) -> Posting:
    """So many of lot EARLY in A-01, unless said otherwise."""
    lot_id = (of or lot(product)).pk
    here = Find(product.pk, lot_id, world.bins[bin].pk, found)
    return short_pick(order_id=order.pk, find=here, **acting())


def test_it_works(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 8), reference="S-1")
    posting = find(order, vitamin, world, 5)
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 5), ("VITAMIN", "LATE", "A-02", 3)]
    assert stands(vitamin) == {
        ("A-01", "EARLY"): (5, 5),
        ("A-02", "LATE"): (10, 3),
        ("QUARANTINE", "EARLY"): (5, 0),
    }
    case = QuarantineCase.objects.get()
    assert (case.source, case.reason, case.reference) == (
        CaseSource.SHORT_PICK,
        "Not found at A-01",
        order.number,
    )
    assert (case.opened_quantity, case.quantity, case.opened_at) == (5, 5, CLOCK.now)
    assert (posting.kind, posting.reference, posting.reason, posting.actor) == (
        PostingKind.QUARANTINE,
        order.number,
        "Not found at A-01",
        house(),
    )
    assert status(order) == "allocated"
    assert topics(order) == [
        "order.created",
        "order.allocated",
        "order.allocated",
        "order.short_picked",
    ]
    event = Event.objects.get(topic="order.short_picked")
    assert event.payload == {
        "reference": "S-1",
        "sku": "VITAMIN",
        "lot_number": "EARLY",
        "expires_on": "2026-10-01",
        "location": "A-01",
        "found": 5,
        "quarantined": 5,
    }


def test_they_are_an_exception_until_counted(world: World, vitamin: Product) -> None:
    find(make_order(world.merchant, line(vitamin, 8)), vitamin, world, 5)
    figures = inventory_by_product([vitamin.pk], todays=todays(CLOCK.now))[vitamin.pk]
    assert (figures.on_hand, figures.committed, figures.fulfillable) == (20, 8, 7)
    assert (figures.exception, figures.reasons) == (5, {"quarantine": 5})


def test_what_other_orders_are_promised_there_stays(world: World, vitamin: Product) -> None:
    """Their pickers may have it in their boxes."""
    other = make_order(world.merchant, line(vitamin, 3))
    order = make_order(world.merchant, line(vitamin, 5))
    find(order, vitamin, world, 0)
    assert promised(other) == [("VITAMIN", "EARLY", "A-01", 3)]
    assert promised(order) == [("VITAMIN", "LATE", "A-02", 5)]
    assert stands(vitamin)["A-01", "EARLY"] == (3, 3)
    assert stands(vitamin)["QUARANTINE", "EARLY"] == (7, 0)


def test_what_is_set_aside_there_was_not_found_either(world: World, vitamin: Product) -> None:
    wish = Wish(vitamin, 4, world.warehouse, "Fair", lot=None, channel="b2b")
    kept = set_aside(wish=wish, **acting())
    order = make_order(world.merchant, line(vitamin, 6))
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 6)]
    find(order, vitamin, world, 2)
    # The set-aside is older, and is served first of what is left.
    assert {one.balance.location.name: one.quantity for one in kept.demand.allocations.all()} == {
        "A-02": 4
    }
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 2), ("VITAMIN", "LATE", "A-02", 4)]
    assert stands(vitamin)["QUARANTINE", "EARLY"] == (8, 0)


def test_without_other_units_the_line_is_backordered(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 8, lot(vitamin)))
    find(order, vitamin, world, 6)
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 6)]
    assert status(order) == "backordered"
    put(vitamin, world.bins[0], 1, lot(vitamin))
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 7)]


def test_of_several_lines_the_last_loses_first(world: World, vitamin: Product) -> None:
    early = lot(vitamin)
    order = make_order(world.merchant, line(vitamin, 4, early), line(vitamin, 5, early))
    first, second = order.lines.order_by("position")
    find(order, vitamin, world, 6)
    for one, units in ((first, 4), (second, 2)):
        one.demand.refresh_from_db()
        assert one.demand.allocated == units
    find(order, vitamin, world, 3)
    first.demand.refresh_from_db()
    assert first.demand.allocated == 3


def test_a_line_from_a_single_lot_is_planned_anew_as_a_whole(
    world: World, vitamin: Product
) -> None:
    early = lot(vitamin)
    put(vitamin, world.bins[4], 3, early)
    order = make_order(world.merchant, line(vitamin, 9, single_lot=True))
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 6), ("VITAMIN", "EARLY", "A-05", 3)]
    find(order, vitamin, world, 4)
    assert promised(order) == [("VITAMIN", "LATE", "A-02", 9)]
    assert stands(vitamin)["A-01", "EARLY"] == (4, 0)
    assert stands(vitamin)["A-05", "EARLY"] == (3, 0)
    assert stands(vitamin)["QUARANTINE", "EARLY"] == (6, 0)


def test_units_without_a_lot(world: World) -> None:
    soap = world.product("SOAP")
    put(soap, world.bins[3], 5)
    order = make_order(world.merchant, line(soap, 5))
    here = Find(soap.pk, None, world.bins[3].pk, 1)
    short_pick(order_id=order.pk, find=here, **acting())
    assert promised(order) == [("SOAP", None, "A-04", 1)]
    assert stands(soap) == {("A-04", None): (1, 1), ("QUARANTINE", None): (4, 0)}
    event = Event.objects.get(topic="order.short_picked")
    assert (event.payload["lot_number"], event.payload["expires_on"]) == (None, None)


# Refused ------------------------------------------------------------------------------------------


def test_what_cannot_be_reported(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    with refused("min_value") as error:
        find(order, vitamin, world, -1)
    assert error.value.errors[0]["field"] == "found"
    for found in (6, 7):
        with refused("nothing_missing") as refusal:
            find(order, vitamin, world, found)
        assert (refusal.value.allocated, refusal.value.found) == (6, found)
    with refused("nothing_allocated"):
        find(order, vitamin, world, 0, bin=5)
    with refused("nothing_allocated"):
        find(order, vitamin, world, 0, of=lot(vitamin, "LATE"), bin=1)


def test_where_nothing_can_be_allocated(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    lot_id = lot(vitamin).pk
    customer = world.place("CUSTOMER")
    for location_id in (0, customer.pk):
        with refused("not_found"):
            here = Find(vitamin.pk, lot_id, location_id, 0)
            short_pick(order_id=order.pk, find=here, **acting())
    elsewhere = place(make_warehouse("EAST"), "DOCK")
    with refused("nothing_allocated"):
        here = Find(vitamin.pk, lot_id, elsewhere.pk, 0)
        short_pick(order_id=order.pk, find=here, **acting())


def test_a_shipped_order_has_nothing_to_pick(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 6))
    ship(order)
    with refused("nothing_allocated"):
        find(order, vitamin, world, 0)


# Counted ------------------------------------------------------------------------------------------


def test_found_again(world: World, vitamin: Product) -> None:
    order = make_order(world.merchant, line(vitamin, 8, lot(vitamin)))
    find(order, vitamin, world, 5)
    case = QuarantineCase.objects.get()
    decision = Decision(case.pk, "Behind the rack", 4)
    release_case(decision=decision, location_id=world.bins[0].pk, **acting())
    assert promised(order) == [("VITAMIN", "EARLY", "A-01", 8)]
    assert stands(vitamin)["A-01", "EARLY"] == (9, 8)


def test_lost_units_are_written_off_and_not_destroyed(world: World, vitamin: Product) -> None:
    find(make_order(world.merchant, line(vitamin, 8)), vitamin, world, 5)
    case = QuarantineCase.objects.get()
    early = lot(vitamin)
    outside = balance(vitamin, world.place("ADJUSTMENT"), early).on_hand
    dispose_case(decision=Decision(case.pk, "Counted: not there"), **acting())
    assert balance(vitamin, world.place("ADJUSTMENT"), early).on_hand == outside + 5
    assert not vitamin.balances.filter(location=world.place("DISPOSED")).exists()
    posting = Posting.objects.get(kind=PostingKind.ADJUST, reason="Counted: not there")
    assert posting.reference == case.reference
    assert ("QUARANTINE", "EARLY") not in stands(vitamin)


def test_nobody_can_send_them_to_the_merchant(world: World, vitamin: Product) -> None:
    find(make_order(world.merchant, line(vitamin, 8)), vitamin, world, 5)
    case = QuarantineCase.objects.get()
    with refused("units_not_found"):
        return_case_to_merchant(decision=Decision(case.pk, "Please"), **acting())
