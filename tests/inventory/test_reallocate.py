"""What every act that changes what may ship ends in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, Self

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.locks import lock_products
from inventory.models import Allocation, Demand, Product
from inventory.services import demands, planning, supplies
from inventory.services.disposals import Take, carry_out_disposal, request_disposal
from inventory.services.holds import place_hold
from merchants.models import Event
from tests.builders import (
    World,
    acting,
    make_bin,
    make_demand,
    make_lot,
    make_merchant,
    make_product,
    make_supply,
    make_warehouse,
    promised,
    put,
    stands,
)
from tests.clock import CLOCK, Clock

pytestmark = pytest.mark.usefixtures("sound")


def plan_anew(*products: Product) -> None:
    with transaction.atomic():
        lock_products([one.pk for one in products])
        planning.reallocate([one.pk for one in products], now=CLOCK.now)


def cancel(*rows: Demand) -> None:
    with transaction.atomic():
        lock_products({one.product_id for one in rows})
        demands.cancel_demands(demands=rows, now=CLOCK.now)


def told(number: str) -> list[tuple[str, int, int]]:
    """(topic, allocated, backordered) of the events of an order, oldest first."""
    rows = Event.objects.filter(object=number).order_by("id")
    return [(one.topic, one.payload["allocated"], one.payload["backordered"]) for one in rows]


def test_it_works(world: World) -> None:
    """First expired first out, and what comes in goes to the backorder."""
    product = world.lot_product()
    world.stock_lot(product, "B", date(2027, 2, 1), 3, 0)
    world.stock_lot(product, "A", date(2027, 1, 1), 3, 1)
    demand = make_demand(product, 8, world.warehouse)
    assert promised(demand) == {"A-02": 3, "A-01": 3}
    assert stands(product) == {("A-01", "B"): (3, 3), ("A-02", "A"): (3, 3)}
    assert (demand.allocated, demand.uncovered, demand.backordered) == (6, 2, 2)
    world.stock_lot(product, "C", date(2026, 7, 1), 5, 2)
    assert promised(demand) == {"A-02": 3, "A-01": 3, "A-03": 2}
    assert told("ORD-000001") == [("order.backordered", 6, 2), ("order.allocated", 8, 0)]


def test_who_is_served_first(world: World, clock: Clock) -> None:
    """Priority, then age, then the order in which they came."""
    product = world.product()
    clock.advance(hours=1)
    younger = [make_demand(product, 1, world.warehouse, number=f"ORD-{n}") for n in (1, 2)]
    clock.advance(hours=-1)
    older = make_demand(product, 1, world.warehouse, number="ORD-3")
    clock.advance(hours=2)
    urgent = make_demand(product, 1, world.warehouse, number="ORD-4", priority=1)
    served = []
    for _ in range(4):
        put(product, world.bins[0], 1)
        served.append(Allocation.objects.latest("id").demand)
    assert served == [urgent, older, *younger]


def test_a_cancelled_line_gives_its_units_to_the_next(world: World) -> None:
    product = world.product()
    put(product, world.bins[0], 5)
    first = make_demand(product, 4, world.warehouse, number="ORD-1")
    second = make_demand(product, 4, world.warehouse, number="ORD-2")
    assert promised(second) == {"A-01": 1}
    cancel(first)
    assert (promised(first), promised(second)) == ({}, {"A-01": 4})
    first.refresh_from_db()
    assert (first.is_cancelled, first.allocated, first.backordered) == (True, 0, 0)
    assert told("ORD-1") == [("order.allocated", 4, 0)]
    assert told("ORD-2") == [("order.backordered", 1, 3), ("order.allocated", 4, 0)]
    put(product, world.bins[0], 9)
    assert promised(first) == {}


def test_what_expired_overnight_is_replaced(world: World, clock: Clock) -> None:
    """The last good day ends at midnight in Chicago, which is 5 in the morning in UTC."""
    product = world.lot_product()
    world.stock_lot(product, "A", date(2026, 6, 1), 5, 0)
    demand = make_demand(product, 4, world.warehouse)
    world.stock_lot(product, "B", date(2026, 7, 1), 3, 1)
    clock.set(clock.now.replace(day=2, hour=4, minute=59))
    plan_anew(product)
    assert promised(demand) == {"A-01": 4}
    clock.advance(minutes=1)
    plan_anew(product)
    assert promised(demand) == {"A-02": 3}
    assert told("ORD-000001")[1:] == [("order.backordered", 3, 1)]


def test_a_promise_stands_when_its_lot_falls_below_the_minimum(world: World, clock: Clock) -> None:
    product = world.lot_product(min_shelf_life_days=30)
    world.stock_lot(product, "A", date(2026, 7, 1), 9, 0)
    demand = make_demand(product, 4, world.warehouse)
    assert promised(demand) == {"A-01": 4}
    clock.advance(days=1)
    plan_anew(product)
    assert promised(demand) == {"A-01": 4}
    assert promised(make_demand(product, 4, world.warehouse, number="ORD-2")) == {}


def test_a_standing_promise_is_not_moved_to_a_lot_that_expires_earlier(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "B", date(2027, 2, 1), 5, 0)
    demand = make_demand(product, 4, world.warehouse)
    world.stock_lot(product, "A", date(2027, 1, 1), 5, 1)
    plan_anew(product)
    assert promised(demand) == {"A-01": 4}
    assert len(told("ORD-000001")) == 1


@pytest.mark.parametrize(
    ("line", "product_minimum", "account", "expected"),
    [
        (30, None, 0, {"A-01": 1}),
        (31, None, 0, {}),
        (None, 30, 0, {"A-01": 1}),
        (None, 31, 0, {}),
        (None, None, 30, {"A-01": 1}),
        (None, None, 31, {}),
        (1, 31, 2, {}),
    ],
)
def test_the_largest_minimum_counts(
    world: World,
    line: int | None,
    product_minimum: int | None,
    account: int,
    expected: dict[str, int],
) -> None:
    world.merchant.picking_disabled_days = account
    world.merchant.save()
    product = world.lot_product(min_shelf_life_days=product_minimum)
    world.stock_lot(product, "A", date(2026, 7, 1), 5, 0)  # 30 days
    demand = make_demand(product, 1, world.warehouse, min_shelf_life_days=line)
    assert promised(demand) == expected


def test_a_line_is_filled_from_its_warehouse_only(world: World) -> None:
    product = world.product()
    elsewhere = make_bin(make_warehouse("EAST"), "E-01")
    put(product, elsewhere, 5)
    demand = make_demand(product, 4, world.warehouse)
    assert promised(demand) == {}
    put(product, world.bins[0], 1)
    assert promised(demand) == {"A-01": 1}


def test_a_line_that_names_its_lot_waits_for_it(world: World) -> None:
    product = world.lot_product()
    wanted = make_lot(product, "A", date(2027, 1, 1))
    world.stock_lot(product, "B", date(2027, 2, 1), 9, 0)
    demand = make_demand(product, 4, world.warehouse, lot=wanted)
    assert promised(demand) == {}
    put(product, world.bins[1], 3, wanted)
    assert promised(demand) == {"A-02": 3}


def test_a_single_lot_line_waits_until_one_lot_covers_it(world: World) -> None:
    product = world.lot_product()
    world.stock_lot(product, "A", date(2027, 1, 1), 3, 0)
    world.stock_lot(product, "B", date(2027, 2, 1), 3, 1)
    demand = make_demand(product, 4, world.warehouse, single_lot=True)
    assert promised(demand) == {}
    world.stock_lot(product, "B", date(2027, 2, 1), 1, 2)
    assert promised(demand) == {"A-03": 1, "A-02": 3}


def test_units_at_a_dock_in_quarantine_or_damaged_are_not_promised(world: World) -> None:
    product = world.product()
    for name in ("QUARANTINE", "DAMAGED"):
        put(product, world.place(name), 5)
    assert promised(make_demand(product, 1, world.warehouse)) == {}


def test_lines_of_one_order_are_told_together(world: World) -> None:
    product = world.product()
    terms = demands.OrderTerms(product.merchant_id, "ORD-7", CLOCK.now, world.warehouse.pk)
    requests = [demands.DemandRequest(product.pk, 2), demands.DemandRequest(product.pk, 3)]
    with transaction.atomic():
        ids = demands.open_demands(terms=terms, requests=requests)
        assert [one.backordered for one in Demand.objects.filter(pk__in=ids)] == [0, 0]
        put(product, world.bins[0], 4)
        assert told("ORD-7") == []
        demands.release_demands(demand_ids=ids, now=CLOCK.now, may_choose=False)
    assert told("ORD-7") == [("order.backordered", 4, 1)]


def test_the_order_of_another_merchant_is_not_told(world: World) -> None:
    """Numbers are unique, but nothing here relies on it."""
    mine, theirs = world.product("SOAP"), make_product(make_merchant("OTHER"), "SOAP")
    make_demand(theirs, 1, world.warehouse)
    put(mine, world.bins[0], 2)
    make_demand(mine, 2, world.warehouse)
    events = Event.objects.filter(topic="order.allocated")
    assert [(one.merchant, one.payload["allocated"]) for one in events] == [(world.merchant, 2)]


def test_the_work_does_not_grow_with_the_orders(world: World) -> None:
    counts = []
    for size in (1, 10, 50):
        product = world.lot_product(f"P-{size}")
        lot = world.stock_lot(product, "A", date(2027, 1, 1), 2 * size, 0)
        world.stock_lot(product, "B", date(2027, 2, 1), 2 * size, 1)
        for number in range(size):
            make_demand(product, 2, world.warehouse, number=f"ORD-{size}-{number}")
        with CaptureQueriesContext(connection) as captured:
            place_hold(target=lot, reason="Recall", **acting())
        counts.append(len(captured))
        assert Allocation.objects.filter(balance__lot__number="B", product=product).count() == size
    assert len(set(counts)) == 1


def test_the_statements_are_those_of_one_product_whatever_breaks(
    world: World, clock: Clock
) -> None:
    """A parameter for each id would end at 65,535 of them, and plan each statement anew."""
    products = [world.lot_product(f"P-{number}") for number in range(3)]
    for place, product in enumerate(products):
        world.stock_lot(product, "A", date(2026, 6, 1), 5, 2 * place)
        world.stock_lot(product, "B", date(2026, 7, 1), 3, 2 * place + 1)
        make_demand(product, 4, world.warehouse, number=f"ORD-{place}")
    clock.advance(days=1)
    with Statements() as of_one:
        plan_anew(products[0])
    with Statements() as of_two:
        plan_anew(*products[1:])
    assert [told(f"ORD-{place}")[1:] for place in range(3)] == 3 * [[("order.backordered", 3, 1)]]
    assert of_one.texts == of_two.texts
    assert len(of_one.texts) > 10


class Statements(AbstractContextManager["Statements"]):
    """The texts of what is sent to the database, with places for the parameters."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __enter__(self) -> Self:
        connection.execute_wrappers.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        connection.execute_wrappers.remove(self)

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if "SAVEPOINT" not in sql:  # each has a name of its own
            self.texts.append(sql)
        return execute(sql, params, many, context)


def test_supplies_are_closed(world: World) -> None:
    product = world.product()
    supply = make_supply(product, 5, world.warehouse)
    supplies.close([supply.pk])
    supply.refresh_from_db()
    assert (supply.is_open, supply.expected) == (False, 5)


def test_nothing_to_plan(world: World) -> None:
    before = Event.objects.count()
    plan_anew(world.product())
    planning.reallocate([], now=CLOCK.now)
    assert Event.objects.count() == before + 1  # product.created


def test_units_that_a_single_lot_line_gave_up_elsewhere_need_no_other_promise(world: World) -> None:
    """Taken from two bins: what is released for the first is free in the second by then."""
    product = world.lot_product()
    lot = world.stock_lot(product, "A", date(2027, 1, 1), 10, 0)
    old = make_demand(product, 5, world.warehouse, number="ORD-000001")
    put(product, world.bins[1], 5, lot)
    whole = make_demand(product, 10, world.warehouse, number="ORD-000002", single_lot=True)
    put(product, world.bins[1], 5, lot)
    new = make_demand(product, 5, world.warehouse, number="ORD-000003")
    urgent = make_demand(product, 5, world.warehouse, number="ORD-000004", priority=9)
    assert [promised(one) for one in (old, whole, new, urgent)] == [
        {"A-01": 5},
        {"A-01": 5, "A-02": 5},
        {"A-02": 5},
        {},
    ]
    made = request_disposal(lot=lot, action="dispose", reason="Wet", **acting())
    takes = [Take(one.pk, 5) for one in world.bins[:2]]
    carry_out_disposal(request_id=made.pk, takes=takes, **acting())
    assert [promised(one) for one in (old, whole, new, urgent)] == [
        {"A-01": 5},
        {},
        {"A-02": 5},
        {},
    ]
