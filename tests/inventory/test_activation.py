from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import Lot
from inventory.services.activation import (
    Activity,
    OrderEffect,
    Wish,
    preview_activity,
    set_activity,
)
from inventory.services.set_asides import Wish as Kept
from inventory.services.set_asides import set_aside
from merchants.models import Event
from tests.builders import World, acting, house, make_demand, make_lot, promised, put, stands
from tests.clock import CLOCK
from tests.refusals import refused, state

pytestmark = pytest.mark.usefixtures("sound")

SOON, LATER = date(2026, 9, 1), date(2027, 9, 1)


def active(*lots: Lot, reason: str = "") -> Activity:
    return set_activity(wishes={lot.pk: Wish(True, reason) for lot in lots}, **acting())


def inactive(*lots: Lot, reason: str = "Recalled") -> Activity:
    return set_activity(wishes={lot.pk: Wish(False, reason) for lot in lots}, **acting())


def test_it_works(world: World) -> None:
    """One order gets other units, one in part, one is left with nothing."""
    product = world.lot_product()
    first = world.stock_lot(product, "A", SOON, 10, 0)
    world.stock_lot(product, "B", LATER, 5, 1)
    demands = [
        make_demand(product, units, world.warehouse, number=f"ORD-00000{place}")
        for place, units in enumerate((4, 3, 3))
    ]
    done = inactive(first)
    assert done.orders == [
        OrderEffect(world.merchant.pk, "ORD-000000", False, 4, 4, 0),
        OrderEffect(world.merchant.pk, "ORD-000001", False, 3, 1, 2),
        OrderEffect(world.merchant.pk, "ORD-000002", False, 3, 0, 3),
    ]
    assert (done.changed, done.released, done.regained, done.backordered) == (1, 10, 5, 5)
    assert [promised(one) for one in demands] == [{"A-02": 4}, {"A-02": 1}, {}]
    event = Event.objects.get(topic="lot.updated")
    facts = {"number": "A", "expires_on": "2026-09-01", "is_active": False}
    assert event.payload == {**facts, "reason": "Recalled"}
    written = first.history.first()
    assert (written.is_active, written.history_change_reason) == (False, "Recalled")
    assert (written.history_user, written.history_date) == (house(), CLOCK.now)


def test_units_that_come_back_are_offered_to_backorders(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", SOON, 10, 0)
    inactive(lot)
    demand = make_demand(product, 12, world.warehouse)
    make_demand(product, 1, world.warehouse, number="ORD-000002")
    done = active(lot, reason="Cleared")
    assert done.orders == [OrderEffect(world.merchant.pk, "ORD-000001", False, 0, 10, 2)]
    assert promised(demand) == {"A-01": 10}


def test_some_go_and_others_come_back_in_one_act(world: World) -> None:
    product = world.lot_product()
    goes = world.stock_lot(product, "A", SOON, 10, 0)
    comes = world.stock_lot(product, "B", LATER, 10, 1)
    idle = world.stock_lot(world.lot_product("OTHER"), "B", LATER, 10, 2)
    inactive(comes)
    demand = make_demand(product, 8, world.warehouse)
    wishes = {goes.pk: Wish(False, "Recalled"), comes.pk: Wish(True), idle.pk: Wish(True)}
    done = set_activity(wishes=wishes, **acting())
    assert (done.changed, [one.pk for one in done.lots]) == (2, [goes.pk, comes.pk, idle.pk])
    assert done.orders == [OrderEffect(world.merchant.pk, "ORD-000001", False, 8, 8, 0)]
    assert promised(demand) == {"A-02": 8}


def test_lines_of_one_order_are_told_together_and_a_set_aside_too(world: World) -> None:
    lots = []
    for place, sku in enumerate(("ONE", "TWO")):
        product = world.lot_product(sku)
        lots.append(world.stock_lot(product, "A", SOON, 10, place))
        make_demand(product, 4, world.warehouse)
    wish = Kept(product, 3, world.warehouse, "Fair", customer="Fair")
    made = set_aside(wish=wish, **acting())
    done = inactive(*lots)
    assert done.orders == [
        OrderEffect(world.merchant.pk, "ORD-000001", False, 8, 0, 8),
        OrderEffect(world.merchant.pk, made.number, True, 3, 0, 3),
    ]


def test_a_line_from_a_single_lot_loses_all_of_it(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", SOON, 3, 0)
    put(product, world.bins[1], 3, lot)
    make_demand(product, 5, world.warehouse, single_lot=True)
    assert inactive(lot).orders == [OrderEffect(world.merchant.pk, "ORD-000001", False, 5, 0, 5)]


def test_a_preview_tells_the_same_and_changes_nothing(world: World) -> None:
    product = world.lot_product()
    lot = world.stock_lot(product, "A", SOON, 10, 0)
    make_demand(product, 4, world.warehouse)
    wishes = {lot.pk: Wish(False, "Recalled")}
    before = state()
    seen = preview_activity(wishes=wishes, **acting())
    assert state() == before
    assert stands(product) == {("A-01", "A"): (10, 4)}
    assert (seen.released, seen.backordered) == (4, 4)
    assert set_activity(wishes=wishes, **acting()).orders == seen.orders


def test_what_is_so_already_is_left_alone(world: World) -> None:
    lot = make_lot(world.lot_product(), "A")
    before = state()
    done = active(lot)
    assert (done.lots, done.changed, done.orders) == ([lot], 0, [])
    assert state() == before


def test_all_or_none(world: World) -> None:
    lot = make_lot(world.lot_product(), "A")
    wishes = {lot.pk: Wish(False), lot.pk + 1: Wish(False)}
    with refused("not_found"):
        set_activity(wishes=wishes, **acting())


def test_at_most_5_000_lots_and_100_characters(world: World) -> None:
    lot = make_lot(world.lot_product(), "A")
    with refused("too_many_lots"):
        set_activity(wishes=dict.fromkeys(range(1, 5_002), Wish(False)), **acting())
    with refused("max_length"):
        set_activity(wishes={lot.pk: Wish(False, "x" * 101)}, **acting())


def test_statements_do_not_grow_with_the_lots(world: World) -> None:
    def statements(number: int) -> int:
        product = world.lot_product(f"P{number}")
        staging = world.place("DAMAGED")
        lots = [make_lot(product, f"L{place}", SOON + timedelta(place)) for place in range(number)]
        put(product, staging, 5, lots[0])
        put(product, world.bins[number % 9], 5, lots[-1])
        make_demand(product, 3, world.warehouse, number=f"ORD-{number}")
        with CaptureQueriesContext(connection) as asked:
            assert inactive(*lots).released == 3
        return len(asked)

    statements(2)
    assert statements(1_001) == statements(3)
