"""Units kept for the orders of a channel or customer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from inventory.models import Demand, Lot, Product, SetAside
from inventory.queries.places import todays
from inventory.queries.status import inventory_by_product
from inventory.services.holds import place_hold
from inventory.services.lots import update_lot
from inventory.services.set_asides import Wish, end_set_aside, set_aside
from inventory.services.settings import update_lot_tracking
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    house,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_warehouse,
    promised,
    put,
    stands,
)
from tests.clock import CLOCK
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("sound")

SOON, LATE = date(2027, 1, 1), date(2027, 2, 1)


def keep(product: Product, quantity: int, world: World, **fields: Any) -> SetAside:
    """Set aside for B2B, unless said otherwise."""
    named = {"channel": "b2b", "reason": "Trade fair"} | fields
    wish = Wish(product=product, quantity=quantity, warehouse=world.warehouse, **named)
    return set_aside(wish=wish, **acting())


def end(made: SetAside) -> SetAside:
    return end_set_aside(set_aside_id=made.pk, **acting())


def kept(made: SetAside) -> dict[str, int]:
    return promised(made.demand)


def counters(made: SetAside) -> tuple[int, int]:
    """Units that it keeps, and those that it handed on."""
    demand = Demand.objects.get(pk=made.demand_id)
    return demand.allocated, demand.shipped


@pytest.fixture
def vitamin(world: World) -> Product:
    """SOON has 10 units in A-01, LATE 10 in A-02."""
    product = world.lot_product()
    world.stock_lot(product, "SOON", SOON, 10, 0)
    world.stock_lot(product, "LATE", LATE, 10, 1)
    return product


# Made ---------------------------------------------------------------------------------------------


def test_it_works(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 12, world, customer=" Nord AG ", reason=" Promised by phone ")
    assert made.number == f"SET-{made.pk:06d}"
    assert (made.merchant, made.product) == (world.merchant, vitamin)
    assert (made.reason, made.created_at, made.created_by) == (
        "Promised by phone",
        CLOCK.now,
        house(),
    )
    demand = Demand.objects.get(set_aside=made)
    assert (demand.order_number, demand.is_set_aside) == (made.number, True)
    assert (demand.channel, demand.customer, demand.country) == ("b2b", "Nord AG", "")
    assert (demand.quantity, demand.allocated, demand.shipped) == (12, 12, 0)
    assert kept(made) == {"A-01": 10, "A-02": 2}
    event = Event.objects.get(topic="set_aside.created")
    assert (event.object, event.merchant) == (made.number, world.merchant)
    assert event.payload == {
        "sku": "VITAMIN",
        "lot": None,
        "channel": "b2b",
        "customer": "Nord AG",
        "units": 12,
    }
    assert not Event.objects.filter(topic__startswith="order.").exists()


def test_its_units_are_committed(world: World, vitamin: Product) -> None:
    keep(vitamin, 12, world)
    figures = inventory_by_product([vitamin.pk], todays=todays(CLOCK.now))[vitamin.pk]
    assert (figures.on_hand, figures.committed, figures.fulfillable) == (20, 12, 8)
    assert (figures.exception, figures.backordered) == (0, 0)


def test_of_one_lot_and_for_a_customer_alone(world: World, vitamin: Product) -> None:
    lot = vitamin.lots.get(number="LATE")
    made = keep(vitamin, 4, world, lot=lot, channel="", customer="Nord")
    assert kept(made) == {"A-02": 4}
    assert made.demand.channel == ""


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"quantity": 0}, "quantity", "min_value"),
        ({"reason": " "}, "reason", "required"),
        ({"channel": "web"}, "channel", "invalid_choice"),
        ({"channel": "", "customer": " "}, "channel", "required"),
        ({"customer": "x" * 65}, "customer", "max_length"),
    ],
)
def test_what_cannot_be_meant(
    world: World, vitamin: Product, fields: dict[str, Any], field: str, code: str
) -> None:
    with refused(code) as error:
        keep(vitamin, **({"quantity": 1, "world": world} | fields))
    assert [one["field"] for one in error.value.errors] == [field]


def test_a_lot_of_another_product(world: World, vitamin: Product) -> None:
    other = make_lot(world.lot_product("OTHER"), "A", SOON)
    with refused("unknown_lot"):
        keep(vitamin, 1, world, lot=other)


def test_all_of_them_or_none(world: World, vitamin: Product) -> None:
    make_demand(vitamin, 5, world.warehouse)
    with refused("insufficient_stock") as error:
        keep(vitamin, 16, world)
    assert (error.value.requested, error.value.available) == (16, 15)
    lot = vitamin.lots.get(number="SOON")
    with refused("insufficient_stock") as error:
        keep(vitamin, 6, world, lot=lot)
    assert str(error.value) == (
        "6 units of lot SOON of VITAMIN are to be set aside, but only 5 in CHI are free and may "
        "ship."
    )
    keep(vitamin, 15, world)


def test_units_that_may_not_ship_are_not_set_aside(world: World, vitamin: Product) -> None:
    place_hold(target=vitamin.lots.get(number="SOON"), reason="Recall", **acting())
    with refused("insufficient_stock") as error:
        keep(vitamin, 11, world)
    assert error.value.available == 10


def test_the_channels_minimum_and_the_lots_restriction_count(
    world: World, vitamin: Product
) -> None:
    days = (SOON - CLOCK.now.date()).days + 1
    fields = {"b2b_min_shelf_life_days": days}
    update_lot_tracking(merchant_id=world.merchant.pk, fields=fields, **acting())
    late = vitamin.lots.get(number="LATE")
    assert kept(keep(vitamin, 2, world)) == {"A-02": 2}
    update_lot(lot_id=late.pk, fields={"only_channels": "dtc"}, **acting())
    with refused("insufficient_stock"):
        keep(vitamin, 1, world)
    assert kept(keep(vitamin, 1, world, channel="dtc")) == {"A-01": 1}


def test_a_lot_restricted_by_country_may_be_kept(world: World, vitamin: Product) -> None:
    """Where its units go is settled when an order gets them."""
    soon = vitamin.lots.get(number="SOON")
    update_lot(lot_id=soon.pk, fields={"only_countries": "DE"}, **acting())
    made = keep(vitamin, 3, world)
    assert kept(made) == {"A-01": 3}
    abroad = make_demand(vitamin, 2, world.warehouse, channel="b2b", country="US")
    assert promised(abroad) == {"A-02": 2}
    at_home = make_demand(vitamin, 2, world.warehouse, channel="b2b", country="DE")
    assert promised(at_home) == {"A-01": 2}
    assert counters(made) == (1, 2)


def test_one_set_aside_takes_nothing_from_another(world: World, vitamin: Product) -> None:
    keep(vitamin, 15, world, channel="", customer="Nord")
    with refused("insufficient_stock") as error:
        keep(vitamin, 6, world, channel="b2b", customer="Nord")
    assert error.value.available == 5


def test_another_warehouse_has_none(world: World, vitamin: Product) -> None:
    wish = Wish(vitamin, 1, make_warehouse("EAST"), "Fair", channel="b2b")
    with refused("insufficient_stock"):
        set_aside(wish=wish, **acting())


# Handed on ----------------------------------------------------------------------------------------


def test_only_those_for_whom_they_are_kept_get_them(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 15, world, channel="b2b", customer="Nord")
    for fields in (
        {"channel": "dtc", "customer": "Nord"},
        {"channel": "b2b", "customer": "Sued"},
        {"channel": "b2b"},
    ):
        assert promised(make_demand(vitamin, 6, world.warehouse, **fields)) in (
            {"A-02": 5},
            {},
        )
    theirs = make_demand(vitamin, 12, world.warehouse, channel="b2b", customer="nord")
    assert promised(theirs) == {"A-01": 10, "A-02": 2}
    assert counters(made) == (3, 12)
    assert stands(vitamin) == {("A-01", "SOON"): (10, 10), ("A-02", "LATE"): (10, 10)}


def test_when_it_keeps_nothing_any_more_they_take_what_is_free(
    world: World, vitamin: Product
) -> None:
    made = keep(vitamin, 2, world)
    assert promised(make_demand(vitamin, 5, world.warehouse, channel="b2b")) == {"A-01": 5}
    assert counters(made) == (0, 2)


# What happens to it -------------------------------------------------------------------------------


def test_a_hold_takes_its_units_and_it_gets_others(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 8, world)
    place_hold(target=vitamin.lots.get(number="SOON"), reason="Recall", **acting())
    assert kept(made) == {"A-02": 8}
    place_hold(target=vitamin.lots.get(number="LATE"), reason="Recall", **acting())
    assert counters(made) == (0, 0)
    assert not Event.objects.filter(topic__startswith="order.").exists()
    figures = inventory_by_product([vitamin.pk], todays=todays(CLOCK.now))[vitamin.pk]
    assert (figures.committed, figures.exception, figures.backordered) == (0, 20, 0)
    world.stock_lot(vitamin, "NEW", LATE + timedelta(days=9), 5, 2)
    assert kept(made) == {"A-03": 5}


def test_a_channel_that_a_lot_may_no_longer_go_through(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 8, world)
    anybody = keep(vitamin, 2, world, channel="", customer="Nord")
    soon = vitamin.lots.get(number="SOON")
    update_lot(lot_id=soon.pk, fields={"only_channels": "dtc"}, **acting())
    assert kept(made) == {"A-02": 8}
    assert kept(anybody) == {"A-01": 2}


# Ended --------------------------------------------------------------------------------------------


def test_ending_it_offers_the_units(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 15, world)
    theirs = make_demand(vitamin, 1, world.warehouse, channel="b2b", number="ORD-1")
    waiting = make_demand(vitamin, 9, world.warehouse, number="ORD-2")
    assert promised(waiting) == {"A-02": 5}
    CLOCK.advance(hours=1)
    ended = end(made)
    made.refresh_from_db()
    assert (made.ended_at, made.ended_by, made) == (CLOCK.now, house(), ended)
    assert promised(waiting) == {"A-02": 5, "A-01": 4}
    assert promised(theirs) == {"A-01": 1}
    assert counters(made) == (0, 1)
    event = Event.objects.get(topic="set_aside.ended")
    assert (event.object, event.payload["units"]) == (made.number, 14)
    assert Event.objects.filter(topic="order.allocated", object="ORD-2").count() == 1


def test_it_ends_once(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 1, world)
    end(made)
    with refused("already_ended"):
        end(made)
    with refused("not_found"):
        end_set_aside(set_aside_id=0, **acting())


def test_an_ended_one_asks_for_nothing(world: World, vitamin: Product) -> None:
    made = keep(vitamin, 20, world)
    end(made)
    put(vitamin, world.bins[0], 5, vitamin.lots.get(number="SOON"))
    assert counters(made) == (0, 0)


def test_it_is_its_merchants_own(world: World, vitamin: Product) -> None:
    nord = make_merchant("NORD")
    theirs = make_product(nord, "SOAP")
    put(theirs, world.bins[5], 9)
    keep(theirs, 4, world)
    assert promised(make_demand(vitamin, 2, world.warehouse, channel="b2b")) == {"A-01": 2}
    assert Lot.objects.filter(product=theirs).count() == 0


def test_what_a_set_aside_gets_back_is_free_at_once_for_whom_it_is_kept(world: World) -> None:
    product = world.lot_product()
    early = world.stock_lot(product, "EARLY", SOON, 6, 0)
    wide, narrow = keep(product, 4, world), keep(product, 2, world, channel="", customer="Nord")
    place_hold(target=early, reason="Recall", **acting())
    assert (kept(wide), kept(narrow)) == ({}, {})
    ours = make_demand(product, 5, world.warehouse, number="ORD-000001", channel="b2b")
    other = make_demand(product, 6, world.warehouse, number="ORD-000002", channel="dtc")
    world.stock_lot(product, "LATE", LATE, 8, 1)
    assert (promised(ours), counters(wide)) == ({"A-02": 5}, (0, 4))
    assert (promised(other), counters(narrow)) == ({"A-02": 1}, (2, 0))
