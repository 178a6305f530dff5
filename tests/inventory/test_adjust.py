from datetime import date

import pytest

from inventory.errors import InsufficientStock, LotOrExpiryRequired, OtherLotInLocation
from inventory.models import Balance, Lot, Movement, QuarantineCase
from inventory.services import stock
from inventory.services.stock import Units
from tests.builders import World, acting, balance, make_demand, make_lot, promised, put
from tests.clock import Clock
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")


def test_it_works(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    here = balance(product, world.bins[0])
    assert here.on_hand == 5
    assert balance(product, world.place("ADJUSTMENT")).on_hand == -5
    movement = Movement.objects.get()
    assert (movement.quantity, movement.target_id) == (5, here.pk)
    assert movement.posting.reason == "Opening stock"


def test_lost_units_leave(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    put(product, world.bins[0], -2)
    assert balance(product, world.bins[0]).on_hand == 3


def test_more_than_stands_there_is_refused(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    with pytest.raises(InsufficientStock) as refused:
        put(product, world.bins[0], -6)
    assert refused.value.data == {
        "sku": "SOAP",
        "location": "A-01",
        "requested": 6,
        "available": 5,
    }
    assert balance(product, world.bins[0]).on_hand == 5
    assert Movement.objects.count() == 1


def test_a_second_lot_in_a_bin_is_refused(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    with pytest.raises(OtherLotInLocation):
        world.stock_lot(product, "B", date(2027, 2, 1), 5, 0)
    assert Lot.objects.count() == 2
    assert Balance.objects.in_house().get().lot.number == "A"


def test_a_bin_that_was_emptied_takes_another_lot(world: World) -> None:
    product = world.lot_product()
    first = world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    put(product, world.bins[0], -5, first)
    second = world.stock_lot(product, "B", date(2027, 2, 1), 7, 0)
    assert balance(product, world.bins[0], second).on_hand == 7


def test_found_units_of_a_lot_product_name_their_lot(world: World) -> None:
    product = world.lot_product()
    with pytest.raises(LotOrExpiryRequired):
        put(product, world.bins[0], 5)
    assert not Balance.objects.exists()


def test_units_without_a_lot_may_stand_in_quarantine(world: World) -> None:
    product = world.lot_product()
    put(product, world.place("QUARANTINE"), 5)
    case = QuarantineCase.objects.get()
    assert (case.quantity, case.source, case.reason) == (5, "adjustment", "Opening stock")


def test_units_lost_in_quarantine_leave_the_oldest_case_first(world: World) -> None:
    product = world.product()
    put(product, world.place("QUARANTINE"), 5)
    put(product, world.place("QUARANTINE"), 4)
    put(product, world.place("QUARANTINE"), -2)
    assert [case.quantity for case in QuarantineCase.objects.order_by("id")] == [3, 4]
    put(product, world.place("QUARANTINE"), -4)
    assert [case.quantity for case in QuarantineCase.objects.order_by("id")] == [0, 3]
    with refused("insufficient_stock") as error:
        put(product, world.place("QUARANTINE"), -4)
    assert (error.value.requested, error.value.available) == (4, 3)


def test_lost_units_were_promised_last(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    first = make_demand(product, 2, world.warehouse, number="ORD-1")
    second = make_demand(product, 2, world.warehouse, number="ORD-2")
    put(product, world.bins[0], -2)
    assert (promised(first), promised(second)) == ({"A-01": 2}, {"A-01": 1})
    put(product, world.bins[0], -3)
    assert (promised(first), promised(second)) == ({}, {})


def test_no_units_are_no_adjustment(world: World) -> None:
    product = world.product()
    with refused("min_value"):
        put(product, world.bins[0], 0)


def test_the_first_receipt_is_stamped_once(world: World, clock: Clock) -> None:
    product = world.lot_product()
    lot = make_lot(product, "A")
    first = clock.now
    put(product, world.bins[0], 5, lot)
    clock.advance(days=1)
    put(product, world.bins[0], 5, lot)
    lot.refresh_from_db()
    assert lot.received_at == first


def test_a_balance_copies_what_decides(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", date(2027, 1, 1), 5, 0)
    put(product, world.place("DAMAGED"), 5, lot)
    shelf, damaged = Balance.objects.in_house().order_by("id")
    assert (shelf.expires_on, shelf.is_blocked) == (date(2027, 1, 1), False)
    assert (damaged.expires_on, damaged.is_blocked) == (date(2027, 1, 1), True)


def test_units_at_a_dock_are_not_adjusted(world: World) -> None:
    product = world.product()
    units = Units(product.pk, None, 1)
    with pytest.raises(stock.NotAStockLocation):
        stock.adjust(units=units, location_id=world.place("DOCK").pk, reason="Found", **acting())
